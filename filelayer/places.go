package filelayer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/internal/signal"
)

// Folders that were added in place ("places") hold photos that this device has
// and does not keep: a person, or another program, may change or remove them at
// any time. So what is there is shown, served and read again like any copy, and
// its record says {saved: false, verified: T}; but it is no promise. No lease is
// granted on it, it lets no device drop its own copy, and it does not keep bytes in
// a trash from coming back. Paul never changes anything there. Who wants a file of
// a place kept saves it, which copies it into the library.

// A Place is a folder that was added in place.
type Place struct {
	Path    string
	Files   int   // photos in it
	Bytes   int64 // of those
	Deleted int   // of Files: deleted in Paul, and still lying there
	Only    int   // of Files: not deleted, and nowhere else but in this place
	Missing int   // photos that were there before, and are not any more
	Rotten  int   // photos whose bytes are others though nobody has touched them
	Away    error // why the folder cannot be looked at now; nil when it is there
}

// Places lists the folders that were added in place, by path.
func (l *Layer) Places() ([]Place, error) {
	known, err := l.blobs.Places()
	if err != nil {
		return nil, fmt.Errorf("list the folders in place: %w", err)
	}
	out := make([]Place, len(known))
	for i, p := range known {
		out[i] = Place{Path: p.Path, Files: p.Files, Bytes: p.Bytes, Missing: p.Missing, Rotten: p.Rotten, Away: l.blobs.PlaceThere(p.Path)}
	}
	for info, err := range l.blobs.AllPlaced() {
		if err != nil {
			return nil, fmt.Errorf("list the folders in place: %w", err)
		}
		i := slices.IndexFunc(out, func(p Place) bool { return lies(info, p.Path) })
		e, ok := l.mirror.entry(info.Digest)
		switch {
		case i < 0 || !ok: // removed meanwhile
		case e.Deleted != nil:
			out[i].Deleted++
		case l.onlyIn(e, out[i].Path):
			out[i].Only++
		}
	}
	return out, nil
}

// lies says whether a file is in a place.
func lies(info blob.Info, place string) bool {
	return strings.HasPrefix(info.Path, strings.TrimSuffix(place, string(filepath.Separator))+string(filepath.Separator))
}

// onlyIn says whether a file that is not deleted has no copy but in one place
// here: none that any other device claims, or in the library.
func (l *Layer) onlyIn(e Entry, place string) bool {
	if !e.InPlace || e.Deleted != nil {
		return false
	}
	for id, h := range e.Holders.All() {
		if id != l.opts.DeviceID && h.Has() {
			return false
		}
	}
	all, err := l.blobs.PlacedIn(e.Digest)
	return err != nil || !slices.ContainsFunc(all, func(p string) bool { return p != place })
}

// AddPlace adds a folder in place, and returns its real path. Nothing in it is
// read before somebody looks through it; see [Layer.LookThrough] and
// [Layer.LookAgain]. [ErrBadPlace]: it overlaps another one, is in the library, or
// holds Paul's own data.
func (l *Layer) AddPlace(ctx context.Context, path string) (string, error) {
	if err := l.Ready(ctx); err != nil {
		return "", err
	}
	real, err := l.blobs.AddPlace(path)
	if err != nil {
		return "", err
	}
	l.lookAgain.Raise()
	l.changed.Raise()
	return real, nil
}

// RemovePlace forgets a place. Its files stay where they are, and are no longer
// photos of this device. Unless forced it fails with [ErrLastCopy] when some of
// them lie nowhere else, and changes nothing. [ErrNotFound]: there is no such place.
func (l *Layer) RemovePlace(ctx context.Context, path string, force bool) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	only := make(map[Digest]int64)
	var ds []Digest
	for info, err := range l.blobs.AllPlaced() {
		if err != nil {
			return fmt.Errorf("remove folder %s: %w", path, err)
		}
		if !lies(info, path) {
			continue
		}
		ds = append(ds, info.Digest)
		if e, ok := l.mirror.entry(info.Digest); ok && l.onlyIn(e, path) {
			only[info.Digest] = info.Size
		}
	}
	if len(only) > 0 && !force {
		var size int64
		for _, n := range only {
			size += n
		}
		return fmt.Errorf("%s stays in Paul: %d of its photos (%d bytes) have no other copy that Paul knows of: %w; save them on a device first",
			path, len(only), size, ErrLastCopy)
	}
	err := l.blobs.RemovePlace(path)
	if errors.Is(err, blob.ErrNotFound) {
		err = fmt.Errorf("%s is no folder that was added in place: %w", path, ErrNotFound)
	}
	l.notePlaced(ds)
	l.changed.Raise()
	return err
}

// LookAgain is raised when a place should be looked through: it was added, or a
// file in it is not as it was.
func (l *Layer) LookAgain() *signal.Signal { return &l.lookAgain }

// A PlacedFile is a file in a place that has to be read.
type PlacedFile = blob.PlacedFile

// A PlaceFound is what was read of a PlacedFile. With a zero Digest it is none to be
// kept, and Metadata is not used.
type PlaceFound struct {
	blob.Found
	Metadata
}

// A Look is one walk through a place; see [blob.Look].
type Look struct {
	*blob.Look
	l *Layer
}

// LookThrough begins a walk through a place. [ErrPlaceAway]: it is not there;
// nothing in it is taken for removed.
func (l *Layer) LookThrough(ctx context.Context, path string) (*Look, error) {
	if err := l.Ready(ctx); err != nil {
		return nil, err
	}
	look, err := l.blobs.Look(path)
	if err != nil {
		return nil, fmt.Errorf("look through folder: %w", err)
	}
	return &Look{look, l}, nil
}

// Adopt takes files into the library where they lie: they are noted, then
// recorded. One that is deleted stays so.
func (k *Look) Adopt(ctx context.Context, files []PlaceFound) error {
	l := k.l
	found := make([]blob.Found, len(files))
	meta := make(map[Digest]Metadata, len(files))
	var ds []Digest
	for i, f := range files {
		found[i] = f.Found
		if _, twice := meta[f.Digest]; !twice && !f.Digest.IsZero() {
			meta[f.Digest] = f.Metadata
			ds = append(ds, f.Digest)
		}
	}
	l.mirror.claim(ds...) // until the records tell more than what a file is called
	defer func() {
		l.mirror.release(ds...)
		l.stirred.add(ds...)
		l.changed.Raise()
	}()
	changed, err := k.Look.Adopt(found)
	if err != nil {
		return fmt.Errorf("note files in place: %w", err)
	}
	l.notePlaced(changed)
	return l.adoptPlaced(ctx, ds, meta)
}

// Finish notes what is gone from the place, after a Walk that has ended well, and
// what has come back.
func (k *Look) Finish() error {
	changed, err := k.Look.Finish()
	k.l.notePlaced(changed)
	if len(changed) > 0 {
		k.l.changed.Raise()
	}
	if err != nil {
		return fmt.Errorf("look through folder: %w", err)
	}
	return nil
}

// adoptPlaced writes the records of files in places that the records do not tell
// of. What is not known of one from meta is what its file is called, and its time.
func (l *Layer) adoptPlaced(ctx context.Context, ds []Digest, meta map[Digest]Metadata) error {
	if len(ds) == 0 {
		return nil
	}
	infos := make(map[Digest]blob.Info, len(ds))
	for _, d := range ds {
		if info, err := l.blobs.PlacedInfo(d); err == nil {
			infos[d] = info
		}
	}
	return l.amend(ctx, ds, func(d Digest, r *fileRecord, known bool) bool {
		info, here := infos[d]
		own := r.Devices.Of(l.opts.DeviceID)
		if !here || known && (r.Deleted != nil || own.Saved) {
			return false
		}
		if !known {
			*r = l.orphan(info)
			if md, ok := meta[d]; ok {
				md = md.withDefaults()
				r.Name, r.Type, r.Time = md.Name, md.Type, toMillis(md.Time)
				r.Added = after(l.opts.DeviceID, l.now())
			}
		}
		wrong := l.correctSize(r, info.Size)
		return own.Verified == 0 && r.set(l.opts.DeviceID, false, toMillis(info.Verified)) || wrong
	})
}

// notePlaced looks after files in places, and lets the records follow. What is in
// a place that is not there stays as it was.
func (l *Layer) notePlaced(ds []Digest) {
	for _, d := range ds {
		switch info, err := l.blobs.PlacedInfo(d); {
		case err == nil:
			l.mirror.setPlaced(info)
		case errors.Is(err, blob.ErrNotFound), errors.Is(err, ErrMissing):
			l.mirror.setUnplaced(d)
		}
	}
	l.stirred.add(ds...)
}

// loadPlaced fills the mirror with what is in places.
func (l *Layer) loadPlaced() error {
	for info, err := range l.blobs.AllPlaced() {
		if err != nil {
			return fmt.Errorf("read the index of folders in place: %w", err)
		}
		l.mirror.setPlaced(info)
	}
	return nil
}

// open opens the copy here for reading: that in the library, else one in a place.
func (l *Layer) open(d Digest) (*os.File, blob.Info, error) {
	f, info, err := l.blobs.Open(d)
	if err == nil {
		return f, info, nil
	}
	l.noteAbsent(d, err)
	if !l.mirror.inPlace(d) {
		return nil, info, err
	}
	if f, info, err = l.blobs.OpenPlaced(d); errors.Is(err, ErrMissing) {
		l.lookAgain.Raise()
	}
	return f, info, err
}

// placed is the source of a file that lies in a place.
func (l *Layer) placed(d Digest) blob.Source {
	return fromFile(func() (*os.File, error) {
		f, _, err := l.blobs.OpenPlaced(d)
		return f, err
	})
}

// verifyPlaced reads the copy in a place again, and notes what it finds.
func (l *Layer) verifyPlaced(ctx context.Context, d Digest) error {
	info, err := l.blobs.VerifyPlaced(ctx, d)
	switch {
	case err == nil:
		l.mirror.setPlaced(info)
	case errors.Is(err, ErrMissing):
		l.lookAgain.Raise()
		return fmt.Errorf("%w: %w", ErrInPlace, err)
	case errors.Is(err, ErrCorrupt):
		l.notePlaced([]Digest{d})
		return fmt.Errorf("%w: %w", ErrInPlace, err)
	}
	return err
}

// inPlace says whether a file lies in a place, as far as is known.
func (m *mirror) inPlace(d Digest) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, ok := m.placed[d]
	return ok
}

// readInPlace is when a copy in a place was last read, 0 if there is none.
func (m *mirror) readInPlace(d Digest) millis {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if c, ok := m.placed[d]; ok {
		return max(toMillis(c.verified), 1)
	}
	return 0
}

func (m *mirror) setPlaced(info blob.Info) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.placed[info.Digest] = localCopy{path: info.Path, size: info.Size, verified: info.Verified}
	m.touch(info.Digest)
}

func (m *mirror) setUnplaced(d Digest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.placed, d)
	m.touch(d)
}
