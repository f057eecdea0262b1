package blob

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/libpaul/paul/internal/durable"
)

// marker is the content of the marker file.
type marker struct {
	ID      string    `json:"id"`
	Version int       `json:"version"`
	Created time.Time `json:"created"`
}

// mount checks the marker file against the index, or makes both known to each
// other when one of them is new.
func (s *Store) mount() error {
	known, err := s.index.meta("library")
	if err != nil {
		return err
	}
	s.id = known
	if known != "" {
		fresh, err := s.index.meta("fresh")
		if err != nil {
			return err
		}
		s.fresh.Store(fresh != "")
		return s.Mounted()
	}
	m, err := s.readMarker()
	absent, damaged := errors.Is(err, fs.ErrNotExist), errors.Is(err, errMarker)
	if err != nil && !absent && !damaged {
		return err
	}
	if !absent { // the index is new, and the library is not
		s.fresh.Store(true)
		if err := s.index.setMeta("fresh", "yes"); err != nil {
			return err
		}
	}
	if absent || damaged { // nothing is known that a damaged marker could guard
		if m, err = s.writeMarker(); err != nil {
			return err
		}
	}
	s.id = m.ID
	return s.index.setMeta("library", m.ID)
}

// errMarker says that the marker file is there, and does not say which library
// it marks.
var errMarker = errors.New("marker file is damaged")

// readMarker reads the marker file, unless it is the one that was read before.
func (s *Store) readMarker() (marker, error) {
	f, err := os.Open(s.path(markerFile))
	if err != nil {
		return marker{}, err
	}
	defer func() { _ = f.Close() }() // opened for reading
	fi, err := f.Stat()
	if err != nil {
		return marker{}, err
	}
	if seen := s.marked.Load(); seen != nil && sameFile(fi, seen.fi) {
		return seen.marker, nil
	}
	now := seenMarker{fi: fi}
	data, err := io.ReadAll(f)
	if err != nil {
		return marker{}, err
	}
	if err := json.Unmarshal(data, &now.marker); err != nil || now.ID == "" {
		return now.marker, errMarker
	}
	s.marked.Store(&now)
	return now.marker, nil
}

// seenMarker is the marker file as it was read last.
type seenMarker struct {
	marker
	fi fs.FileInfo
}

// sameFile says whether a file is, as far as can be told without reading it, as it
// was.
func sameFile(fi, before fs.FileInfo) bool {
	return os.SameFile(fi, before) && fi.Size() == before.Size() && fi.ModTime().Equal(before.ModTime())
}

func (s *Store) writeMarker() (marker, error) {
	m := marker{ID: rand.Text(), Version: 1, Created: time.Now().UTC().Truncate(time.Second)}
	data, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return m, err
	}
	if err := durable.MkdirAll(s.library, 0o755); err != nil {
		return m, err
	}
	parents, err := makeDirs(s.fsys, s.library, ownDir)
	if err != nil {
		return m, err
	}
	if err := durable.WriteFile(s.path(markerFile), append(data, '\n'), 0o644); err != nil {
		return m, err
	}
	return m, s.syncDirs(parents)
}

// Mounted returns nil when the library folder is there now, with the marker
// file of the library that the index knows, and ErrNotMounted otherwise.
func (s *Store) Mounted() error {
	m, err := s.readMarker()
	if err == nil && m.ID != s.id {
		return fmt.Errorf("%w (%s has the marker of another library)", ErrNotMounted, s.library)
	}
	if errors.Is(err, errMarker) {
		return fmt.Errorf("%w, nothing else was touched: if this is the folder of the photos, make {\"id\":\"%s\"} the text of %s",
			err, s.id, s.path(markerFile))
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(classify(err), ErrIO) {
		return fmt.Errorf("%w (%w)", ErrNotMounted, err)
	}
	return explainRead(err)
}
