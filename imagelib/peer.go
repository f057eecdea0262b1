package imagelib

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/thumb"
)

// thumbPath is where a device serves thumbnails to the person's other devices:
// GET /thumb/<digest>?size=256 or 512 answers with a JPEG, or with 404 when the
// bytes are not here and 422 when they cannot be drawn. With &geometry=, as
// [thumb.Geometry.String] writes it, the picture is drawn so, which the answer says
// in the header; an older device answers with the whole picture.
const (
	thumbPath      = "/thumb/"
	geometryHeader = "Paul-Geometry"
)

// Bounds on asking another device.
const (
	maxAnswer  = 1 << 20 // bytes
	maxAsked   = 3       // holders asked for one thumbnail
	askTimeout = 30 * time.Second
)

func (l *Library) thumbHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d, err := filelayer.ParseDigest(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
		size, sizeErr := strconv.Atoi(r.URL.Query().Get("size"))
		if err != nil || sizeErr != nil || !slices.Contains(thumb.Sizes(), size) {
			http.Error(w, "want /thumb/<digest>?size=256 or 512", http.StatusBadRequest)
			return
		}
		g, ok := thumb.ParseGeometry(r.URL.Query().Get("geometry"))
		if !ok || !g.Cuts() { // a later version's, or one that whoever asks applies as well
			g = Geometry{}
		}
		b, err := l.thumbnail(r.Context(), d, g, size, false)
		switch {
		case err == nil:
			if g.Cuts() {
				w.Header().Set(geometryHeader, g.String())
			}
			w.Header().Set("Content-Type", "image/jpeg")
			w.Header().Set("Content-Length", strconv.Itoa(len(b)))
			_, _ = w.Write(b) // whoever asked may have gone
		case errors.Is(err, ErrNoThumbnail):
			http.Error(w, ErrNoThumbnail.Error(), http.StatusUnprocessableEntity)
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrNotHere):
			http.Error(w, "not here", http.StatusNotFound)
		default:
			l.log.WarnContext(r.Context(), "Could not draw a thumbnail for another device", "digest", d, "err", err)
			http.Error(w, "try again later", http.StatusServiceUnavailable)
		}
	})
}

// askHolders asks devices that have the file for its thumbnail, one after the
// other, and keeps the first that is one. From who does not draw it as g shows it,
// and where nobody answers from the cache, the thumbnail of the whole picture is
// taken, and cut; that one is not kept, since it is coarse.
func (l *Library) askHolders(ctx context.Context, e *filelayer.Entry, g Geometry, size int) (set thumb.Set, err error) {
	if err := l.remote.enter(ctx, onScreen); err != nil {
		return set, err
	}
	defer l.remote.leave()
	b, drawn, err := l.askInTurn(ctx, e, g, size)
	switch {
	case err == nil:
		l.keep(ctx, e.Digest, l.cache.Put(thumb.Key(e.Digest, drawn), size, b))
	case g.Cuts() && ctx.Err() == nil:
		if b = l.cached(e.Digest, drawn, size); b != nil {
			err = nil
		}
	}
	if err == nil && drawn != g {
		b, err = thumb.Derive(b, size, g)
	}
	set.Put(size, b)
	return set, err
}

// askInTurn returns the thumbnail of the first holder that has one, and the
// geometry it was drawn with: g, or none.
func (l *Library) askInTurn(ctx context.Context, e *filelayer.Entry, g Geometry, size int) (b []byte, drawn Geometry, err error) {
	result, asked := ErrNotHere, 0
	for _, id := range e.HolderIDs() {
		if asked == maxAsked || !l.files.Online(id) {
			continue
		}
		asked++
		b, drawn, err := l.askHolder(ctx, id, e.Digest, g, size)
		if err == nil {
			return b, drawn, nil
		}
		if ctx.Err() != nil {
			return nil, drawn, ctx.Err()
		}
		if !errors.Is(err, ErrNoThumbnail) {
			l.log.InfoContext(ctx, "Could not get a thumbnail from another device", "device", id, "digest", e.Digest, "err", err)
		}
		result = err
	}
	return nil, Geometry{}, result
}

func (l *Library) askHolder(ctx context.Context, id string, d Digest, g Geometry, size int) (b []byte, drawn Geometry, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	path := fmt.Sprintf("%s%v?size=%d", thumbPath, d, size)
	if g.Cuts() {
		path += "&geometry=" + url.QueryEscape(g.String())
	}
	res, err := l.files.PeerGet(ctx, id, path)
	if err != nil {
		return nil, drawn, fmt.Errorf("ask for thumbnail: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // read only
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusUnprocessableEntity:
		return nil, drawn, ErrNoThumbnail
	default:
		return nil, drawn, fmt.Errorf("ask for thumbnail: %w: %s", ErrNotHere, res.Status)
	}
	b, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, drawn, fmt.Errorf("ask for thumbnail: %w", err)
	}
	if _, err := thumb.Decode(b, size); err != nil { // never keep what is no thumbnail
		return nil, drawn, fmt.Errorf("ask for thumbnail: %w", err)
	}
	if g.Cuts() && res.Header.Get(geometryHeader) == g.String() {
		drawn = g
	}
	return b, drawn, nil
}
