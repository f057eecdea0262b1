// Package thumb draws photos small, and keeps what it drew.
//
// A JPEG is decoded at the power of two that leaves at least twice the size
// asked for: the decoder does that part of the work in its inverse transform,
// for next to nothing. The planes of brightness and colour are resized one by
// one, turned upright when they are small, and encoded again, so that no pixel
// is ever converted to RGB. The smaller thumbnail is made from the larger.
//
// No decoder sees a file before its header was read by package meta, its
// dimensions held against the caps of [Check], and its memory reserved: many
// decoders allocate what sixty bytes tell them to, and running out of memory
// cannot be recovered from.
package thumb
