package watch

import (
	"io/fs"
	"os"
	"time"
)

// pending is what has changed and is not told of yet.
type pending struct {
	quiet, gather time.Duration

	files map[string]*waiting
	swept time.Time // when files were last gone through
	wake  time.Time // no file is due before

	ready       []string // they are quiet
	first, last time.Time

	all      bool // look at everything instead
	allSince time.Time
	allDue   time.Time
}

// waiting is a file as it was when last looked at; one that is gone has no
// time.
type waiting struct {
	size  int64
	mtime time.Time
	since time.Time // it has been so
	due   time.Time // when it is looked at again
}

func newPending(quiet, gather time.Duration) *pending {
	return &pending{quiet: quiet, gather: gather, files: make(map[string]*waiting)}
}

// note takes in that path has changed, and is now what fi tells; nil: gone, or
// not a file. One that has come complete, by a rename, does not have to wait long.
func (p *pending) note(path string, fi fs.FileInfo, complete bool, now time.Time) {
	if p.all {
		p.noteAll(now, p.quiet)
		return
	}
	if len(p.files)+len(p.ready) >= pendingMax {
		p.noteAll(now, p.quiet)
		return
	}
	w := &waiting{since: now, due: now.Add(p.quiet)}
	if complete {
		w.due = now.Add(p.quiet / 4)
	}
	if fi != nil {
		w.size, w.mtime = fi.Size(), fi.ModTime()
	}
	p.files[path] = w
	p.wakeBy(w.due)
}

// wakeBy makes wake no later than at.
func (p *pending) wakeBy(at time.Time) {
	if p.wake.IsZero() || at.Before(p.wake) {
		p.wake = at
	}
}

// noteAll makes the next batch All, once nothing has changed for a while, or
// a minute after the first change.
func (p *pending) noteAll(now time.Time, after time.Duration) {
	if !p.all {
		p.all, p.allSince = true, now
	}
	p.allDue = now.Add(after)
	if latest := p.allSince.Add(time.Minute); p.allDue.After(latest) {
		p.allDue = latest
	}
	clear(p.files)
	p.ready, p.wake = nil, time.Time{}
}

// next is when take may have something; zero: not before something is noted.
func (p *pending) next() time.Time {
	if p.all {
		return p.allDue
	}
	at := time.Time{}
	if !p.wake.IsZero() {
		at = p.wake
		if soonest := p.swept.Add(p.quiet / 4); at.Before(soonest) { // many files are not gone through for each of them
			at = soonest
		}
	}
	if len(p.ready) > 0 {
		if due := p.readyDue(); at.IsZero() || due.Before(at) {
			at = due
		}
	}
	return at
}

// readyDue is when the files that are quiet are told of.
func (p *pending) readyDue() time.Time {
	due, latest := p.last.Add(p.gather), p.first.Add(gatherMost*p.gather)
	if latest.Before(due) {
		return latest
	}
	return due
}

// take returns what is to be told of now; ok is false when nothing is.
func (p *pending) take(now time.Time) (b Batch, ok bool) {
	if p.all {
		if now.Before(p.allDue) {
			return b, false
		}
		p.all = false
		return Batch{All: true}, true
	}
	if !p.wake.IsZero() && !now.Before(p.wake) {
		p.sweep(now)
	}
	if len(p.ready) == 0 || now.Before(p.readyDue()) {
		return b, false
	}
	b.Paths, p.ready = p.ready, nil
	return b, true
}

// sweep makes ready what is quiet.
func (p *pending) sweep(now time.Time) {
	p.swept, p.wake = now, time.Time{}
	for path, w := range p.files {
		if w.due.After(now) {
			p.wakeBy(w.due)
			continue
		}
		if !w.quiet(path, now) {
			w.due = now.Add(p.quiet)
			p.wakeBy(w.due)
			continue
		}
		delete(p.files, path)
		if len(p.ready) == 0 {
			p.first = now
		}
		p.ready, p.last = append(p.ready, path), now
	}
}

// quiet looks at the file again, and reports whether it is what it was, and
// nobody is writing it.
func (w *waiting) quiet(path string, now time.Time) bool {
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() {
		fi = nil
	}
	changed := false
	if fi == nil {
		changed = !w.mtime.IsZero()
		w.size, w.mtime = 0, time.Time{}
	} else {
		changed = fi.Size() != w.size || !fi.ModTime().Equal(w.mtime)
		w.size, w.mtime = fi.Size(), fi.ModTime()
	}
	if changed {
		w.since = now
		return false
	}
	return fi == nil || now.Sub(w.since) >= busyMost || !busy(path)
}
