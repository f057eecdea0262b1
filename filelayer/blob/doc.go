// Package blob keeps originals: immutable bytes named by their digest, each an
// ordinary read-only file in the library folder, such as
// 2024/2024-05/IMG_0001.JPG, that any program can read.
//
// A local index (SQLite, in the state folder) knows for each digest the path,
// size and modification time, and when the bytes were last verified; besides
// it holds leases, the trash and the quarantine. What a call has acknowledged
// is on the disk. A crash at any instant leaves a file whole or not there, and
// the next [Open] puts index and folder in agreement again.
//
// Folders can be added in place: the index knows the photos in them too, and the
// store only ever reads there.
//
// The folder .paul inside the library holds what is not yet or no more a
// photo of the library:
//
//	.paul/library.json   marker: its absence means that the disk is not mounted
//	.paul/incoming/      files being written; swept on Open
//	.paul/partial/       transfers to be resumed, by digest
//	.paul/trash/         removed files, until purged
//	.paul/quarantine/    files whose bytes have rotted
package blob
