package imagelib

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/libpaul/paul/filelayer"
)

// albumInfo is an album's document.
type albumInfo struct {
	name    string
	isSmart bool
	query   Query  // of a smart one
	cover   string // digest of the image that a person chose; or empty
}

// Albums returns all albums by name, smart ones too.
func (l *Library) Albums() []Album { return l.index.albumList() }

// CreateAlbum makes an empty album. Two albums may have the same name.
func (l *Library) CreateAlbum(ctx context.Context, name string) (Album, error) {
	return l.createAlbum(ctx, name, nil)
}

// CreateSmartAlbum makes an album of all images that a query selects, now and
// later. The query's own album, if it names one, must not be a smart one.
func (l *Library) CreateSmartAlbum(ctx context.Context, name string, q Query) (Album, error) {
	if l.index.isSmart(q.Album) {
		return Album{}, fmt.Errorf("create album: of an album: %w", ErrSmartAlbum)
	}
	return l.createAlbum(ctx, name, &q)
}

func (l *Library) createAlbum(ctx context.Context, name string, q *Query) (Album, error) {
	name = cut(strings.TrimSpace(name))
	id := albumPrefix + strings.ToLower(rand.Text())
	body, err := setEdit(nil, fieldName, name, l.clock)
	if err == nil && q != nil {
		body, err = setEdit(body, fieldQuery, q.clean(), l.clock)
	}
	if err != nil {
		return Album{}, fmt.Errorf("create album: %w", err)
	}
	l.writing.RLock()
	defer l.writing.RUnlock()
	docs := []filelayer.Doc{{ID: id, Body: body}}
	errs, err := l.db.Bulk(ctx, docs)
	if err = errors.Join(append(errs, err)...); err != nil {
		return Album{}, fmt.Errorf("create album: %w", err)
	}
	l.took(docs)
	albums := l.Albums()
	if i := slices.IndexFunc(albums, func(a Album) bool { return a.ID == id }); i >= 0 {
		return albums[i], nil
	}
	return Album{ID: id, Name: name, Query: q}, nil // and gone already
}

// SetQuery changes what a smart album is of. An album that is not smart is
// [ErrNotFound].
func (l *Library) SetQuery(ctx context.Context, id string, q Query) error {
	if !l.index.isSmart(id) {
		return fmt.Errorf("edit album: %w", ErrNotFound)
	}
	if l.index.isSmart(q.Album) {
		return fmt.Errorf("edit album: of an album: %w", ErrSmartAlbum)
	}
	return l.editAlbum(ctx, id, fieldQuery, q.clean())
}

// RenameAlbum gives an album another name.
func (l *Library) RenameAlbum(ctx context.Context, id, name string) error {
	return l.editAlbum(ctx, id, fieldName, cut(strings.TrimSpace(name)))
}

// DeleteAlbum removes an album, and no image.
func (l *Library) DeleteAlbum(ctx context.Context, id string) error {
	return l.editAlbum(ctx, id, fieldDeleted, true)
}

// RestoreAlbum brings back an album that was deleted, with the images it had. An
// album that never was is [ErrNotFound].
func (l *Library) RestoreAlbum(ctx context.Context, id string) error {
	return l.writeAlbum(ctx, id, fieldDeleted, false)
}

// SetCover makes an image that is in an album its cover; the zero digest makes it
// the newest again. While the image is not in the album, the newest is.
func (l *Library) SetCover(ctx context.Context, id string, cover Digest) error {
	text := ""
	if cover != (Digest{}) {
		text = cover.String()
	}
	return l.editAlbum(ctx, id, fieldCover, text)
}

func (l *Library) editAlbum(ctx context.Context, id, field string, value any) error {
	if !l.index.hasAlbum(id) {
		return fmt.Errorf("edit album: %w", ErrNotFound)
	}
	return l.writeAlbum(ctx, id, field, value)
}

// writeAlbum edits the document of an album, which may be deleted.
func (l *Library) writeAlbum(ctx context.Context, id, field string, value any) error {
	l.writing.RLock()
	defer l.writing.RUnlock()
	body, err := l.editOne(ctx, id, l.decide(field, value))
	if err != nil {
		return fmt.Errorf("edit album: %w", err)
	}
	l.took([]filelayer.Doc{{ID: id, Body: body}})
	return nil
}

// AddToAlbum puts images into an album, which must not be smart: [ErrSmartAlbum].
func (l *Library) AddToAlbum(ctx context.Context, id string, ds []Digest) error {
	if err := l.index.takesImages(id); err != nil {
		return fmt.Errorf("add to album: %w", err)
	}
	return l.editImages(ctx, ds, id, true)
}

// RemoveFromAlbum takes images out of an album. They stay in the library.
func (l *Library) RemoveFromAlbum(ctx context.Context, id string, ds []Digest) error {
	if err := l.index.takesImages(id); err != nil {
		return fmt.Errorf("remove from album: %w", err)
	}
	return l.editImages(ctx, ds, id, false)
}

// AlbumsOf returns the IDs of the albums that an image is in, be it by another
// file of its shot: what is kept for an album is kept whole.
func (l *Library) AlbumsOf(d Digest) []string { return l.index.albumsOf(d) }

func (x *index) albumsOf(d Digest) (ids []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	i, ok := x.find(d)
	if !ok {
		return nil
	}
	for _, id := range itemFor(x.viewLocked().items, x.all[i]).Albums {
		if a, ok := x.albums[id]; ok && !a.isSmart { // else it was deleted
			ids = append(ids, id)
		}
	}
	return ids
}

func (x *index) hasAlbum(id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, ok := x.albums[id]
	return ok
}

// savedQuery is how the saved index has the query; empty when there is none.
func (a *albumInfo) savedQuery() string {
	if !a.isSmart {
		return ""
	}
	b, err := json.Marshal(a.query)
	if err != nil {
		return "" // never: a query was cleaned
	}
	return string(b)
}

func (a *albumInfo) readQuery(saved string) bool {
	a.isSmart = saved != ""
	return !a.isSmart || json.Unmarshal([]byte(saved), &a.query) == nil
}

func (x *index) isSmart(id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.albums[id].isSmart
}

// takesImages fails with [ErrNotFound] for an album that is not there and with
// [ErrSmartAlbum] for a smart one.
func (x *index) takesImages(id string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch a, ok := x.albums[id]; {
	case !ok:
		return ErrNotFound
	case a.isSmart:
		return ErrSmartAlbum
	}
	return nil
}

func (x *index) applyAlbum(d filelayer.Doc) bool {
	old, had := x.albums[d.ID]
	var doc document
	info, gone := albumInfo{}, d.Deleted || !readBody(d.Body, &doc)
	readEdit(doc.Edits[fieldName], &info.name)
	readEdit(doc.Edits[fieldDeleted], &gone)
	readEdit(doc.Edits[fieldCover], &info.cover)
	info.name = cut(info.name)
	if info.isSmart = readEdit(doc.Edits[fieldQuery], &info.query); info.isSmart {
		info.query = info.query.clean()
	}
	if gone {
		delete(x.albums, d.ID)
	} else {
		x.albums[d.ID] = info
	}
	changed := had == gone || old != info
	x.dirty = x.dirty || changed
	if changed && (old.isSmart || info.isSmart) {
		x.setSmart()
	}
	return changed
}

// setSmart makes the queries of smart albums those of the snapshot.
func (x *index) setSmart() {
	x.smart = make(map[string]Query)
	for id, a := range x.albums {
		if a.isSmart {
			x.smart[id] = a.query
		}
	}
	x.snapshot = &Snapshot{Images: x.snapshot.Images, all: x.snapshot.all, items: x.snapshot.items, smart: x.smart}
}

// albumList returns the albums by name.
func (x *index) albumList() []Album {
	s := x.view()
	x.mu.Lock()
	list := make([]Album, 0, len(x.albums))
	chosen := map[string]string{} // covers
	for id, info := range x.albums {
		if info.cover != "" {
			chosen[id] = info.cover
		}
		a := Album{ID: id, Name: info.name}
		if info.isSmart {
			a.Query = &info.query
		}
		list = append(list, a)
	}
	x.mu.Unlock()
	slices.SortFunc(list, func(a, b Album) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	})
	at := make(map[string]int, len(list))
	smart := s.smartCounts()
	for i := range list {
		if list[i].Query == nil {
			at[list[i].ID] = i
			continue
		}
		c := smart[list[i].ID]
		list[i].Count, list[i].Cover = c.n, c.cover
	}
	for _, img := range s.Images {
		for _, id := range img.Albums {
			if i, ok := at[id]; ok {
				if list[i].Count == 0 {
					list[i].Cover = img.Digest
				}
				list[i].Count++
			}
		}
	}
	s.chooseCovers(list, chosen)
	return list
}

// chooseCovers gives albums the covers that a person chose, where those are in them.
func (s *Snapshot) chooseCovers(list []Album, chosen map[string]string) {
	for i := range list {
		d, err := filelayer.ParseDigest(chosen[list[i].ID])
		if err != nil {
			continue
		}
		img, _, ok := s.ByDigest(d)
		if !ok {
			continue
		}
		q := list[i].Query
		if q == nil && slices.Contains(img.Albums, list[i].ID) || q != nil && newMatcher(q).selects(img) {
			list[i].Cover, list[i].Chosen = img.Digest, true
		}
	}
}

// smartCount is what there is in a smart album.
type smartCount struct {
	n     int
	cover Digest
}

// smartCounts counts what smart albums hold, once a snapshot.
func (s *Snapshot) smartCounts() map[string]smartCount {
	s.counting.Do(func() {
		s.counts = make(map[string]smartCount, len(s.smart))
		for id := range s.smart {
			var c smartCount
			if found := s.Filter(Query{Album: id}); len(found) > 0 {
				c = smartCount{len(found), s.Images[found[0]].Digest}
			}
			s.counts[id] = c
		}
	})
	return s.counts
}
