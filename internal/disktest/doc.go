// Package disktest is for tests of what a crash, a power cut or a failing disk
// leaves behind. It watches each call by which another process changes files,
// whatever library makes it, and lets the test decide what becomes of the call
// ([Watch], [Trap]); and it knows what of the changes a disk must have kept,
// what it may have kept and what not ([Disk]).
//
// The watching is by seccomp user notification (Linux 5.19, see seccomp(2) and
// seccomp_unotify(2)): the program under test is the one that is shipped, with
// no hook of its own.
package disktest

import "errors"

// ErrUnsupported is returned by [Watch] where no process can be watched.
var ErrUnsupported = errors.New("no process can be watched here")

// ErrTorn is an answer to [Watch]: it lets a Write make half of what it was asked
// for, and say so.
var ErrTorn = errors.New("half of the write was made")

// An Op is a way to change files.
type Op string

// The ops that a [Call] may have.
const (
	Write    Op = "write"
	Truncate Op = "truncate"
	Create   Op = "create" // or open to empty it
	Rename   Op = "rename"
	Link     Op = "link"
	Remove   Op = "remove"
	Mkdir    Op = "mkdir"
	Mode     Op = "mode" // or times
	Sync     Op = "sync" // of a file or a folder
)

// A Call is about to be made.
type Call struct {
	Op   Op
	Path string // absolute, of what is changed, or renamed
	To   string // its new path, of Rename and Link
}
