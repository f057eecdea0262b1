package filelayer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A plot is a folder that a person adds in place, and that other programs use. A
// device has one.
type plot struct {
	path  string
	added bool
	away  bool            // its disk is not connected
	files map[string]lain // by name, as other programs have left them
}

// lain is a file of a plot, as it must stay.
type lain struct {
	photo int
	time  time.Time
}

func (p *plot) where() string {
	if p.away {
		return p.path + "-away"
	}
	return p.path
}

// lay has another program write a photo into the folder.
func (w *world) lay(u *unit, name string, photo int) {
	path := filepath.Join(u.plot.where(), name)
	w.try(os.WriteFile(path, w.photos[photo], 0o600))
	fi, err := os.Lstat(path)
	if w.try(err) {
		u.plot.files[name] = lain{photo, fi.ModTime()}
	}
}

// place lets a person add the folder, or look through it.
func (w *world) place(u *unit, s step) {
	p := &u.plot
	if len(p.files) == 0 && !p.added {
		w.try(os.MkdirAll(p.where(), 0o700))
		w.lay(u, "a.jpg", s.File%len(w.photos))
		w.lay(u, "b.jpg", s.B%len(w.photos))
	}
	if p.away {
		return
	}
	if !p.added {
		real, err := u.AddPlace(w.ctx, p.path)
		if !w.try(err) {
			return
		}
		p.path, p.added = real, true
	}
	w.stroll(u, s)
}

// outside lets another program change the folder, or its disk come and go.
func (w *world) outside(u *unit, s step) {
	p := &u.plot
	if !p.added {
		return
	}
	name := []string{"a.jpg", "b.jpg", "c.jpg"}[s.B%3]
	switch _, there := p.files[name]; {
	case s.Size%5 == 0:
		before := p.where()
		p.away = !p.away
		w.try(os.Rename(before, p.where()))
		return
	case there && s.Size%5 < 3 && len(p.files) > 1: // an empty folder is no sign of anything
		w.try(os.Remove(filepath.Join(p.where(), name)))
		delete(p.files, name)
	default: // it is new, or has other bytes from now on
		w.lay(u, name, s.File%len(w.photos))
	}
	if s.Size%2 == 0 {
		w.stroll(u, s)
	}
}

// stroll looks through the folder.
func (w *world) stroll(u *unit, _ step) {
	if !u.plot.added {
		return
	}
	look, err := u.LookThrough(w.ctx, u.plot.path)
	if !w.try(err, ErrPlaceAway) {
		return
	}
	err = look.Walk(w.ctx, func(string) bool { return false }, func(f PlacedFile) error {
		data, err := os.ReadFile(f.Path)
		if err != nil {
			return err
		}
		n := slices.Index(w.digests, digestOf(data))
		found := PlaceFound{Metadata: Metadata{Name: filepath.Base(f.Path), Time: photoTime(n)}}
		found.PlacedFile, found.Digest, found.Stat = f, digestOf(data), f.Info
		_, _, known := u.mirror.file(found.Digest)
		err = look.Adopt(w.ctx, []PlaceFound{found})
		if !known {
			w.begun(u, found.Digest)
		}
		return err
	})
	if w.try(err, ErrPlaceAway) {
		w.try(look.Finish(), ErrPlaceAway)
	}
}

// leave takes the folder out of Paul again.
func (w *world) leave(u *unit, s step) {
	if u.plot.added && w.try(u.RemovePlace(w.ctx, u.plot.path, s.Size%2 > 0), ErrLastCopy) {
		u.plot.added = false
	}
}

// lies says whether a file is in the device's folder in place.
func (u *unit) lies(d Digest) bool {
	if u.plot.added {
		for _, f := range u.plot.files {
			if u.w.digests[f.photo] == d {
				return true
			}
		}
	}
	return false
}

// checkPlot looks whether a folder in place is as other programs have left it.
func (w *world) checkPlot(u *unit) {
	p := &u.plot
	entries, err := os.ReadDir(p.where())
	if errors.Is(err, fs.ErrNotExist) && len(p.files) == 0 {
		return
	}
	w.try(err)
	if len(entries) != len(p.files) {
		w.fail("%d: a folder in place has %d files of %d", u.n, len(entries), len(p.files))
	}
	for name, f := range p.files {
		path := filepath.Join(p.where(), name)
		data, err := os.ReadFile(path)
		fi, statErr := os.Lstat(path)
		if w.try(errors.Join(err, statErr)) &&
			(digestOf(data) != w.digests[f.photo] || !fi.ModTime().Equal(f.time) || fi.Mode().Perm() != 0o600) {
			w.fail("%d: %s is not as it was in a folder in place", u.n, name)
		}
	}
}

// checkPlaced compares what the device says of its folder in place with what is
// there, once it has looked through it.
func (w *world) checkPlaced(u *unit, d Digest) {
	r, _, known := u.mirror.file(d)
	own := r.Devices.Of(u.id)
	if u.plot.added && u.blobs.PlaceThere(u.plot.path) != nil {
		return // nothing that it knew lies there: it may be another disk, and tells nothing
	}
	switch lies := u.lies(d); {
	case u.mirror.inPlace(d) != lies:
		w.fail("%d says that %v is in place: %t", u.n, d, !lies)
	case lies && !known:
		w.fail("%d has %v in place, and no record", u.n, d)
	case !own.Saved && (own.Verified > 0) != lies:
		w.fail("%d says of %v: %+v, and has it in place: %t", u.n, d, own, lies)
	case r.Deleted != nil && own.Saved:
		w.fail("%d says of %v, which is deleted: %+v", u.n, d, own)
	}
}

// connect brings back the disk of a folder in place, and looks through it.
func (w *world) connect(u *unit) {
	if u.plot.away {
		u.plot.away = false
		w.try(os.Rename(u.plot.path+"-away", u.plot.path))
	}
	w.stroll(u, step{})
}
