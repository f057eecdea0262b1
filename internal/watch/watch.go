// Package watch tells what changes in a folder and all below it, whoever
// changes it.
//
// The system's notices (fsnotify) make it quick and do not have to be complete:
// they are lost when many come at once, network drives send none, and a folder
// can be unmounted and come back. So the whole folder is looked through at the
// start, whenever notices may have been lost, and from time to time.
package watch

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Status is how well a [Tree] is looked after.
type Status struct {
	State State
	Err   error // why it is Away or only Scanned; nil otherwise
}

// State is what Status tells in one word.
type State int

// The states of a [Tree].
const (
	Starting State = iota // nobody has looked yet
	Watching              // changes are noticed within seconds
	Scanned               // they are noticed when all of it is looked through, from time to time
	Away                  // the folder is not there, and is waited for
)

// ErrRemote is why a folder on a network drive is only scanned: what other
// computers change there is not told to this one.
var ErrRemote = errors.New("it is on a network drive, which does not tell of changes")

// A Batch is what has changed, and was left alone since.
type Batch struct {
	Paths []string // files and folders, which may be gone again
	All   bool     // anything in the folder may have changed
}

// Options configures a [Tree]. The zero value of a field selects its default.
type Options struct {
	// Root is the folder. Required, absolute.
	Root string

	// Skip says which names are passed over, folders with all below them. If
	// nil, none are. Links are never followed, but for Root itself.
	Skip func(name string) bool

	// Quiet is how long nothing may have changed in a file before it is told of:
	// who is still writing it is waited for. Default 2 s.
	Quiet time.Duration

	// Gather is how long to wait for more files before those that are quiet are
	// told of, twelve times at most. Default: not at all.
	Gather time.Duration

	// Every is how often all is looked through while notices come, default 10
	// min; Poll how often while none do, default 1 min. Both grow to 500 times
	// what a look takes, up to a quarter of an hour if they are shorter.
	Every, Poll time.Duration

	// OnStatus, if not nil, is called when Status changes.
	OnStatus func()

	// Log receives what a person need not see. If nil, it is discarded.
	Log *slog.Logger

	open   func() (notifier, error) // tests: the source of notices
	remote func(root string) bool   // tests: whether root is on a network drive
}

// Times that a Tree keeps to.
const (
	rootEvery  = 10 * time.Second // between looks whether the folder is still there, and the same
	busyMost   = 10 * time.Minute // how long a file that does not change may be open for writing
	sparing    = 500              // see Options.Every
	stretchMax = 15 * time.Minute
	gatherMost = 12     // see Options.Gather
	pendingMax = 20_000 // files waited for; with more, all is looked through
)

// A Tree is a folder that is watched.
type Tree struct {
	opts Options

	mu     sync.Mutex // guards status
	status Status
}

// New returns a Tree. It starts nothing; see [Tree.Run].
func New(opts Options) *Tree {
	if opts.Skip == nil {
		opts.Skip = func(string) bool { return false }
	}
	if opts.OnStatus == nil {
		opts.OnStatus = func() {}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.open == nil {
		opts.open = openNotifier
	}
	if opts.remote == nil {
		opts.remote = remote
	}
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{{&opts.Quiet, 2 * time.Second}, {&opts.Every, 10 * time.Minute}, {&opts.Poll, time.Minute}} {
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	opts.Root = filepath.Clean(opts.Root)
	return &Tree{opts: opts}
}

// Status returns how well the folder is looked after now.
func (t *Tree) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

func (t *Tree) set(s State, err error) {
	t.mu.Lock()
	same := t.status.State == s && message(t.status.Err) == message(err)
	t.status = Status{s, err}
	t.mu.Unlock()
	if !same {
		t.opts.OnStatus()
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Run calls handle with what changes, one batch after the other, until ctx
// ends, and returns nil. The first batch says All, and so does the first after
// the folder was away. While it is away, handle is not called. What handle
// returns is looked at again after a while, as if it had changed.
func (t *Tree) Run(ctx context.Context, handle func(ctx context.Context, b Batch) (again []string)) error {
	for ctx.Err() == nil {
		root, err := t.root()
		if err != nil {
			t.set(Away, err)
			pause(ctx, rootEvery)
			continue
		}
		newSession(t, root).run(ctx, handle)
	}
	return nil
}

// root finds the folder that Root leads to.
func (t *Tree) root() (root, error) {
	real, err := filepath.EvalSymlinks(t.opts.Root)
	if err != nil {
		return root{}, err
	}
	fi, err := os.Stat(real)
	if err != nil {
		return root{}, err
	}
	if !fi.IsDir() {
		return root{}, &os.PathError{Op: "open", Path: t.opts.Root, Err: errors.New("not a folder")}
	}
	f, err := os.Open(real) // whether it may be read
	if err != nil {
		return root{}, err
	}
	return root{real, fi}, f.Close()
}

// root is a folder as it was found: where links lead, and which it is.
type root struct {
	real string
	info os.FileInfo
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
