// Package replicate copies the changes of one CouchDB-protocol database into
// another, and keeps on copying: between the embedded database, a paired
// device's, and any CouchDB or PouchDB server, in either direction.
//
// A *session* is one run of the loop while both ends answer. It finds the
// newest point that both databases remember (their *checkpoints*, documents
// under _local/ in the form of CouchDB's own replicator), and then repeats:
// read the source's changes feed, ask the target which revisions it lacks,
// fetch those, write them in one transaction. Whatever interrupts a session,
// the next one goes on from the last checkpoint; a document that comes twice
// does no harm. How much is asked for at once follows the speed of the link.
//
// A revision that cannot be fetched or written does not stop the others. It is
// *set aside*: remembered in the target before a checkpoint passes it, and
// tried again later. So are documents with large attachments, until these are
// streamed from one end to the other beside the rest; small ones come inside
// their documents.
package replicate
