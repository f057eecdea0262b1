// Package imagelib is the photo library's own model on top of the file layer:
// what a photo is, when it was taken, what a person says about it, and how it
// looks.
//
// # Words
//
// A file is what the file layer keeps: bytes under a digest, and which devices
// hold them. An image is the record this package makes of a file that is a
// photo or a video: its capture date, size, camera and place, read from the
// bytes once, and its edits: favourite, caption, rating, tags, albums. "Image"
// always means that record; decoded data is called pixels.
//
// The capture date is the local wall clock where the photo was taken. It sorts
// images, with its offset from UTC only when the camera told it, and always
// with the source it was taken from; it is never silently the time of the file.
//
// # Data
//
// Image documents are in database "images" under the digest, and albums beside
// them; a smart album is one with a saved [Query]. Each edit carries its own hybrid logical clock, so that edits made on
// two devices while apart merge field by field, see [Merge]. The library holds
// all images in memory in date order; [Library.Snapshot] hands out an immutable
// view of them that costs nothing to take.
package imagelib
