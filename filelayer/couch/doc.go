// Package couch is a database that speaks the CouchDB protocol: an
// [http.Handler] on SQLite files, one file a database, which CouchDB, PouchDB
// and any of their clients can read, write and replicate with.
//
// The words are CouchDB's. A document has a *revision* ("3-b0ca…": its
// generation, and a hash of its content and its parent). All revisions that
// are known form its *rev tree*; the ends of the tree's branches are its
// *leaves*. The *winning revision* is the leaf that every replica picks alike:
// live before deleted, then the higher generation, then the greater hash. The
// other live leaves are *conflicts*; a deleted leaf is a *tombstone*. Each
// change of a tree takes a new *seq*, and the *changes feed* lists documents
// by it. Documents under _local/ have no tree and are not replicated:
// replicators keep their *checkpoints* there.
//
// An edit's revision depends on nothing but its parent, its content and
// whether it deletes, so two devices that make the same edit (say, resolve a
// conflict alike) make the same revision and have nothing left to exchange.
//
// Attachments are stored once by digest, and stream in and out: alone, inline
// in JSON, or as parts of multipart/related.
//
// Queries to _find are read and planned by the package mango. An index is a
// design document of language "query", as CouchDB makes it; its rows are made
// by the query that needs them, from the seq it last got to, so that writes do
// not pay for it, and dropped with the last design document that defines it.
//
// Only the bodies of leaves are kept: the databases are always compact. Every
// answered write is on the disk: it survives a crash of the process and of the
// machine.
package couch
