//go:build !(darwin || freebsd || openbsd || netbsd || dragonfly)

package watch

import "math"

// entriesMax bounds the files and folders of a tree that is watched: here the
// system itself says when it is too large.
const entriesMax = math.MaxInt
