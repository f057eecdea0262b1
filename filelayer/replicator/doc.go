// Package replicator lets a person drive replication with CouchDB's own tools:
// POST /_replicate, documents in the database _replicator, and what tells of
// both, _scheduler and _active_tasks. The copying itself is done by
// [replicate].
//
// A *job* is one replication that runs, or waits to be tried again. A job that
// a document asks for lives as long as the document, and starts again with the
// program; its *state* is shown by _scheduler/docs, and only a state that is
// final, completed or failed, is written into the document, as in CouchDB 3.
//
// Filter functions are not run, and no proxies are used: a replication that
// asks for one fails, and says so.
package replicator
