package imagelib

import (
	"context"
	"image"
	"os"
	"slices"

	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/thumb"
)

// instantMemory bounds what decoders take for [Library.Instant], beside that of
// thumbnails: a small picture never waits for a large one.
const instantMemory = 64 << 20

// Instant returns at once what can be had of a photo on this device whose thumbnail
// of size pixels is still to be drawn, upright, turned and cut as a person wants it;
// see [Library.InstantAs].
func (l *Library) Instant(ctx context.Context, d Digest, size int) *image.RGBA {
	return l.InstantAs(ctx, d, l.geometry(d), size)
}

// InstantAs is [Library.Instant] of the file as a geometry shows it, whatever the
// present one is: the thumbnail of the other size, what the desktop's file manager has
// drawn, or the small picture inside the file, of which no more is read. It may be
// rough, and is to be shown only until [Library.Thumbnail] has an answer. It is nil
// where there is none, and where none is needed, since the thumbnail is there.
func (l *Library) InstantAs(ctx context.Context, d Digest, g Geometry, size int) *image.RGBA {
	if l.poison.has(d) || !g.Valid() || !slices.Contains(thumb.Sizes(), size) {
		return nil
	}
	kept, rest := drawnWith(g)
	if _, err := l.cache.Get(thumb.Key(d, kept), size); err == nil {
		return nil
	}
	for _, other := range thumb.Sizes() {
		if b, err := l.cache.Get(thumb.Key(d, kept), other); err == nil {
			if m, err := thumb.Decode(b, other); err == nil {
				return rest.Apply(m)
			}
		}
	}
	m, err := l.instantHere(ctx, d, size)
	if err != nil {
		return nil // what is wrong the thumbnail tells, of bytes that are checked
	}
	return g.Apply(m)
}

// instantHere draws what can be had at once of a file, as it is.
func (l *Library) instantHere(ctx context.Context, d Digest, size int) (*image.RGBA, error) {
	e, err := l.files.Entry(d)
	if err != nil {
		return nil, err
	}
	if e.Deleted != nil || !e.Here() {
		return nil, ErrNotHere
	}
	f, err := os.Open(e.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() != e.Size || !st.Mode().IsRegular() {
		return nil, ErrNotHere // another program has changed it
	}
	info, err := meta.Read(f, st.Size())
	if err != nil {
		return nil, err
	}
	if m, err := l.instants.Desktop(ctx, l.desktop, e.Path, st, size, &info); err == nil {
		return m, nil
	}
	return l.instants.Instant(ctx, f, st.Size(), &info)
}
