package imagelib

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/thumb"
)

// Thumbnail returns the picture of a file, upright, turned and cut as a person
// wants it, that fits in a square of size pixels, 256 or 512: from the cache, else
// drawn from the bytes on this device, else asked of a device that has them. It
// blocks until then or until ctx ends, which ends the work too when nobody else
// waits for it; what a person here waits for comes before what other devices ask. It
// fails with [ErrNoThumbnail] when the file cannot be drawn, [ErrNotHere] when nobody
// online has it, and [ErrNotFound] when there is no such file. The pixels belong to
// the caller.
func (l *Library) Thumbnail(ctx context.Context, d Digest, size int) (*image.RGBA, error) {
	return l.ThumbnailAs(ctx, d, l.geometry(d), size)
}

// ThumbnailAs is [Library.Thumbnail] of the file as a geometry shows it, whatever
// the present one is.
func (l *Library) ThumbnailAs(ctx context.Context, d Digest, g Geometry, size int) (*image.RGBA, error) {
	if !slices.Contains(thumb.Sizes(), size) {
		return nil, fmt.Errorf("thumbnail of %d pixels: sizes are %v", size, thumb.Sizes())
	}
	if !g.Valid() {
		return nil, ErrBadGeometry
	}
	kept, rest := drawnWith(g)
	b, err := l.cache.Get(thumb.Key(d, kept), size)
	if err == nil {
		if m, err := thumb.Decode(b, size); err == nil {
			return rest.Apply(m), nil
		}
	}
	if b, err = l.thumbnail(ctx, d, kept, size, true); err != nil {
		return nil, err
	}
	m, err := thumb.Decode(b, size)
	if err != nil {
		return nil, err
	}
	return rest.Apply(m), nil
}

// drawnWith returns with what the thumbnails of a geometry are drawn and kept, and
// what is still to do then: a quarter turn of one is as good as one of the file.
func drawnWith(g Geometry) (kept, rest Geometry) {
	if g.Cuts() {
		return g, Geometry{}
	}
	return Geometry{}, g
}

// geometry returns the present geometry of a file.
func (l *Library) geometry(d Digest) Geometry {
	if img, ok := l.index.image(d); ok {
		return img.Geometry()
	}
	return Geometry{}
}

// thumbnail returns the JPEG of a thumbnail, made or, when ask, asked for. g is
// nothing, or cuts.
func (l *Library) thumbnail(ctx context.Context, d Digest, g Geometry, size int, ask bool) ([]byte, error) {
	if b := l.cached(d, g, size); b != nil {
		return b, nil
	}
	if cause := l.cache.Failure(d); cause != "" {
		return nil, fmt.Errorf("%w: %s", ErrNoThumbnail, cause)
	}
	if l.poison.has(d) {
		return nil, fmt.Errorf("%w: %w", ErrNoThumbnail, errPoison)
	}
	e, err := l.files.Entry(d)
	if err != nil {
		return nil, fmt.Errorf("thumbnail: %w", notFound(err))
	}
	var set thumb.Set
	switch {
	case e.Here():
		key, who := flightKey{d, g, 0}, otherDevice
		if codec.Handles(e.Type) {
			key.size = size // of which the small one may be drawn alone
		}
		if ask {
			who = onScreen
		}
		set, err = l.flights.do(ctx, key, func(ctx context.Context) (thumb.Set, error) { return l.drawHere(ctx, d, g, size, who) })
	case ask:
		set, err = l.flights.do(ctx, flightKey{d, g, size}, func(ctx context.Context) (thumb.Set, error) { return l.askHolders(ctx, &e, g, size) })
	default:
		err = ErrNotHere
	}
	return set.Of(size), err
}

// cached returns a thumbnail that is kept, or nil. Whatever lies there, only a
// thumbnail leaves.
func (l *Library) cached(d Digest, g Geometry, size int) []byte {
	b, err := l.cache.Get(thumb.Key(d, g), size)
	if err != nil {
		return nil
	}
	if _, err := thumb.Decode(b, size); err != nil {
		return nil
	}
	return b
}

func notFound(err error) error {
	if errors.Is(err, filelayer.ErrNotFound) {
		return fmt.Errorf("%w (%w)", ErrNotFound, err)
	}
	return err
}

// drawHere draws both thumbnails from the bytes on this device, as g shows them, into
// the cache if that can be; of the whole picture the small one alone when that is what
// is asked for, and the file has it inside. Bytes that are not the file's, since the
// disk let them rot, are [filelayer.ErrCorrupt]: nothing that they show, or do not, is
// kept.
func (l *Library) drawHere(ctx context.Context, d Digest, g Geometry, size int, who asker) (set thumb.Set, err error) {
	if err := l.local.enter(ctx, who); err != nil {
		return thumb.Set{}, err
	}
	defer l.local.leave()
	if e, err := l.files.Entry(d); err == nil && strings.HasPrefix(e.Type, "video/") {
		return l.posterHere(ctx, &e, g)
	}
	err = l.withBytes(ctx, d, func(data []byte, info *meta.Info) (err error) {
		if sha256.Sum256(data) != d {
			return fmt.Errorf("draw photo: %w", filelayer.ErrCorrupt)
		}
		if size == thumb.Small && !g.Cuts() {
			var ok bool
			if set, ok = l.renderer.Quick(ctx, data, info); ok {
				return nil
			}
		}
		set, err = l.renderer.Edited(ctx, data, info, g)
		return err
	})
	if cause := cannotDraw(err); cause != nil {
		if !errors.Is(cause, meta.ErrUnknown) { // that was seen of bytes that nobody checked
			l.keepFailure(ctx, d, g, cause)
		}
		return thumb.Set{}, fmt.Errorf("%w: %w", ErrNoThumbnail, cause)
	}
	if err == nil {
		l.keepSet(ctx, d, g, set)
	}
	return set, err
}

// keepSet keeps both thumbnails, and what those of the whole picture tell of it.
func (l *Library) keepSet(ctx context.Context, d Digest, g Geometry, set thumb.Set) {
	l.keep(ctx, d, l.poison.note(d, set.Cause))
	l.keep(ctx, d, l.cache.PutSet(thumb.Key(d, g), set))
	if !g.Cuts() {
		l.complete(ctx, d, hashesOf(set))
	}
}

// complete adds to an image's record how its picture looks, where it lacks that:
// it was made before that was looked at, or where nothing could be drawn. If it
// cannot be now, it is when the picture is drawn again.
func (l *Library) complete(ctx context.Context, d Digest, looks hashes) {
	if looks.d == 0 || !l.index.lacksDHash(d) {
		return
	}
	l.writing.RLock()
	defer l.writing.RUnlock()
	var body raw
	err := l.db.Update(ctx, d.String(), func(old raw) (raw, error) {
		if old == nil {
			return nil, ErrNotFound
		}
		body = old
		members := map[string]raw{}
		var had string
		if err := json.Unmarshal(old, &members); err != nil {
			return nil, err
		}
		if json.Unmarshal(members[memberDHash], &had) == nil && parseDHash(had) != 0 {
			return old, nil
		}
		members[memberDHash] = canonical(looks.dHash())
		body = canonical(members)
		return body, nil
	})
	if err != nil {
		if !errors.Is(err, ErrNotFound) && ctx.Err() == nil {
			l.log.WarnContext(ctx, "Could not record how a photo looks", "digest", d, "err", err)
		}
		return
	}
	l.took([]filelayer.Doc{{ID: d.String(), Body: body}})
}

// posterHere draws both thumbnails of a film on this device, into the cache if
// that can be. Its bytes are not read for that, as they are of a picture.
func (l *Library) posterHere(ctx context.Context, e *filelayer.Entry, g Geometry) (thumb.Set, error) {
	f, err := os.Open(e.Path)
	if err != nil {
		return thumb.Set{}, fmt.Errorf("open film: %w", err)
	}
	defer func() { _ = f.Close() }() // read only
	info, err := meta.Read(f, e.Size)
	if err != nil {
		return thumb.Set{}, fmt.Errorf("%w: %w", ErrNoThumbnail, err)
	}
	set, err := l.renderer.EditedPoster(ctx, e.Path, &info, g)
	switch cause := cannotDraw(err); {
	case cause != nil:
		l.keepFailure(ctx, e.Digest, g, cause)
		return thumb.Set{}, fmt.Errorf("%w: %w", ErrNoThumbnail, cause)
	case errors.Is(err, thumb.ErrNotNow):
		return thumb.Set{}, fmt.Errorf("%w: %w", ErrNoThumbnail, err)
	case err == nil:
		l.keepSet(ctx, e.Digest, g, set)
	}
	return set, err
}

// keep logs what the cache could not keep: it can be made again.
func (l *Library) keep(ctx context.Context, d Digest, err error) {
	if err != nil {
		l.log.WarnContext(ctx, "Could not keep a thumbnail", "digest", d, "err", err)
	}
}

// keepFailure remembers why a file cannot be drawn. That a decoder broke down over
// it counts once it has done so twice; that a part of it cannot be drawn says nothing
// of the whole.
func (l *Library) keepFailure(ctx context.Context, d Digest, g Geometry, cause error) {
	if errors.Is(cause, codec.ErrGaveUp) {
		l.keep(ctx, d, l.poison.note(d, cause))
		return
	}
	if !g.Cuts() {
		l.keep(ctx, d, l.cache.PutFailure(d, cause))
	}
}

// cannotDraw returns err when it says that a file cannot be drawn, here or
// anywhere.
func cannotDraw(err error) error {
	for _, e := range []error{thumb.ErrUnsupported, thumb.ErrTooLarge, thumb.ErrDamaged, meta.ErrUnknown} {
		if errors.Is(err, e) {
			return err
		}
	}
	return nil
}

// withBytes reads a file whole, fetching it if need be, and calls fn with it.
func (l *Library) withBytes(ctx context.Context, d Digest, fn func(data []byte, info *meta.Info) error) error {
	f, err := l.files.Fetch(ctx, d)
	if err != nil {
		if errors.Is(err, filelayer.ErrNoHolder) {
			return fmt.Errorf("%w (%w)", ErrNotHere, err)
		}
		return fmt.Errorf("open photo: %w", notFound(err))
	}
	defer func() { _ = f.Close() }() // read only
	st, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open photo: %w", err)
	}
	info, err := meta.Read(f, st.Size())
	if err != nil {
		return err
	}
	if st.Size() > thumb.MaxBytes || info.Kind == KindVideo {
		return fmt.Errorf("%w: %s", thumb.ErrUnsupported, info.Type)
	}
	release, err := l.renderer.ReserveFile(ctx, st.Size())
	if err != nil {
		return err
	}
	defer release()
	data, err := readWhole(io.NewSectionReader(f, 0, st.Size()), st.Size(), nil)
	if err != nil {
		return fmt.Errorf("read photo: %w", err)
	}
	return fn(data, &info)
}

// readWhole reads size bytes of r into buf, or a larger one.
func readWhole(r io.Reader, size int64, buf []byte) ([]byte, error) {
	if int64(cap(buf)) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	_, err := io.ReadFull(r, buf)
	return buf, err
}

// Placeholder returns a small blurred picture from the image's thumbhash, turned
// and cut, or nil when it has none.
func (l *Library) Placeholder(img *Image) *image.RGBA {
	m := thumb.Placeholder([]byte(img.ThumbHash))
	if m == nil {
		return nil
	}
	return img.Geometry().Apply(m)
}

// Pixels returns the whole picture, upright, turned and cut as a person wants it,
// with neither side over maxSide (0 means no limit). When the bytes are not here they
// are fetched first. It fails with [ErrNoThumbnail] when the file cannot be drawn,
// [ErrNotHere] when nobody online has it, and [ErrNotFound] when there is no such file.
func (l *Library) Pixels(ctx context.Context, d Digest, maxSide int) (image.Image, error) {
	return l.PixelsAs(ctx, d, l.geometry(d), maxSide)
}

// PixelsAs is [Library.Pixels] of the file as a geometry shows it, whatever the
// present one is.
func (l *Library) PixelsAs(ctx context.Context, d Digest, g Geometry, maxSide int) (m image.Image, err error) {
	if !g.Valid() {
		return nil, ErrBadGeometry
	}
	if l.poison.has(d) {
		return nil, fmt.Errorf("%w: %w", ErrNoThumbnail, errPoison)
	}
	err = l.withBytes(ctx, d, func(data []byte, info *meta.Info) (err error) {
		m, err = l.renderer.EditedPixels(ctx, data, info, g, maxSide)
		if errors.Is(err, codec.ErrGaveUp) && sha256.Sum256(data) != d { // which says nothing of the file
			return fmt.Errorf("draw photo: %w", filelayer.ErrCorrupt)
		}
		return err
	})
	if cause := cannotDraw(err); cause != nil {
		l.keep(ctx, d, l.poison.note(d, cause))
		return nil, fmt.Errorf("%w: %w", ErrNoThumbnail, cause)
	}
	return m, err
}
