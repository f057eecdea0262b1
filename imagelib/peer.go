package imagelib

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/thumb"
)

// thumbPath is where a device serves thumbnails to the person's other devices:
// GET /thumb/<digest>?size=256 or 512 answers with a JPEG, or with 404 when the
// bytes are not here and 422 when they cannot be drawn.
const thumbPath = "/thumb/"

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
		b, err := l.thumbnail(r.Context(), d, size, false)
		switch {
		case err == nil:
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
// other, and keeps the first that is one.
func (l *Library) askHolders(ctx context.Context, e *filelayer.Entry, size int) (set thumb.Set, err error) {
	if err := l.remote.enter(ctx, onScreen); err != nil {
		return set, err
	}
	defer l.remote.leave()
	result, asked := ErrNotHere, 0
	for _, id := range e.HolderIDs() {
		if asked == maxAsked || !l.files.Online(id) {
			continue
		}
		asked++
		b, err := l.askHolder(ctx, id, e.Digest, size)
		if err == nil {
			l.keep(ctx, e.Digest, l.cache.Put(e.Digest, size, b))
			set.Put(size, b)
			return set, nil
		}
		if ctx.Err() != nil {
			return set, ctx.Err()
		}
		if !errors.Is(err, ErrNoThumbnail) {
			l.log.InfoContext(ctx, "Could not get a thumbnail from another device", "device", id, "digest", e.Digest, "err", err)
		}
		result = err
	}
	return set, result
}

func (l *Library) askHolder(ctx context.Context, id string, d Digest, size int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	res, err := l.files.PeerGet(ctx, id, fmt.Sprintf("%s%v?size=%d", thumbPath, d, size))
	if err != nil {
		return nil, fmt.Errorf("ask for thumbnail: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // read only
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusUnprocessableEntity:
		return nil, ErrNoThumbnail
	default:
		return nil, fmt.Errorf("ask for thumbnail: %w: %s", ErrNotHere, res.Status)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("ask for thumbnail: %w", err)
	}
	if _, err := thumb.Decode(b, size); err != nil { // never keep what is no thumbnail
		return nil, fmt.Errorf("ask for thumbnail: %w", err)
	}
	return b, nil
}
