// Package filelayer keeps a person's files, and knows which of their devices
// holds which. It joins the blobs on disk (filelayer/blob), the records in a
// CouchDB-compatible database (filelayer/couch), their replication
// (filelayer/replicate) and the trust between devices (filelayer/pairing) into
// one [Layer].
//
// # Glossary
//
// blob: immutable bytes. digest: the SHA-256 that names them.
//
// record: a document that every paired device has: a File (one for each
// digest) or a Device. entry: a File record together with what is true on this
// device, see [Entry].
//
// holder: a device that has a copy whose bytes it has checked. saved: the
// person's wish that a device keeps a copy; a holder is saved and verified, a
// device that is saved and not verified still has to fetch.
//
// lifecycle: what lies between one creation of a File and its deletion. A File
// that is created again, or restored, begins a new lifecycle by a later "added"
// stamp. tombstone: a File record that says who deleted it when.
//
// lease: a holder's promise, asked for before another device drops its copy:
// "I have read these bytes at T, and will not drop them before T + 10 min". It is
// for one removal, and ends early when the other device holds the bytes again.
//
// place: a folder that was added in place. A device has what lies there, and does
// not keep it: it is verified and not saved, so it is no holder.
//
// trash: where bytes go that a device no longer keeps, for 30 days.
//
// roster: the devices that are paired. peer: one of them, other than this one.
//
// # Safety
//
// A blob is written before the record that names it, and a record is lowered
// before its blob goes to the trash: no record points at nothing, whenever the
// process dies. A record is no proof of a copy: only a lease, granted now by a
// device that has looked, lets another drop its own. Absence is never
// deletion: a file found missing is fetched again, not forgotten.
package filelayer
