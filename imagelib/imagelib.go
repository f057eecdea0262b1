package imagelib

import (
	"context"
	"errors"
	"image"
	"log/slog"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/internal/signal"
)

// Errors a caller may test for with [errors.Is].
var (
	// ErrNotFound is returned when no image or album has the given ID.
	ErrNotFound = errors.New("image not found")

	// ErrNoThumbnail is returned when a file cannot be drawn: its kind is not
	// decoded, or its bytes are damaged. The file itself is kept.
	ErrNoThumbnail = errors.New("no picture can be drawn of this file")

	// ErrNotHere is returned when a file's bytes are not on this device and no
	// device that has them is online.
	ErrNotHere = errors.New("no device with this photo is online")

	// ErrNotPhoto is the problem of a file that an import skips: it is neither
	// a photo nor a video by its bytes.
	ErrNotPhoto = errors.New("not a photo, skipped")

	// ErrEmpty is the problem of a file of no bytes, which an import skips.
	ErrEmpty = errors.New("empty file, skipped")

	// ErrKeptUndrawn is the problem of a file that an import keeps although no
	// picture could be drawn of it.
	ErrKeptUndrawn = errors.New("kept, but no picture could be drawn")
)

// Options configures a [Library]. The zero value of a field selects its default.
type Options struct {
	// Files keeps the bytes and the records. Required.
	Files *filelayer.Layer

	// Dir holds the library's own state, which can be rebuilt. Required.
	Dir string

	// CacheDir holds thumbnails. If empty, "thumbnails" in Dir.
	CacheDir string

	// Log receives the library's records. If nil, they are discarded.
	Log *slog.Logger
}

// Library is the images of all devices.
type Library struct {
	changed signal.Signal
}

// Open opens the library, before the file layer runs: it takes database
// "images" and serves "/thumb/" to other devices. It starts no goroutine; see
// [Library.Run].
func Open(opts Options) (*Library, error) { return nil, errors.ErrUnsupported }

// Run keeps the library in step with the file layer until ctx ends, and then
// returns nil.
func (l *Library) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Close writes what a later Open starts from. The library is not used again.
func (l *Library) Close() error { return nil }

// Changed is raised when a later [Library.Snapshot] or [Library.Albums] differs.
func (l *Library) Changed() *signal.Signal { return &l.changed }

// Thumbnail returns the picture of a file, upright, that fits in a square of
// size pixels, 256 or 512: from the cache, else drawn from the bytes on this
// device, else asked of a device that has them. It blocks until then or until
// ctx ends; the newest request is served first. It fails with [ErrNoThumbnail]
// when the file cannot be drawn, [ErrNotHere] when nobody online has it, and
// [ErrNotFound] when there is no such file. The pixels belong to the caller.
func (l *Library) Thumbnail(ctx context.Context, d Digest, size int) (*image.RGBA, error) {
	return nil, ErrNoThumbnail
}

// Placeholder returns a small blurred picture from the image's thumbhash, or
// nil when it has none.
func (l *Library) Placeholder(img *Image) *image.RGBA { return nil }

// Pixels returns the whole picture, upright, with neither side over maxSide (0
// means no limit). When the bytes are not here they are fetched first. Errors
// are those of [Library.Thumbnail] and of the file layer's Fetch.
func (l *Library) Pixels(ctx context.Context, d Digest, maxSide int) (image.Image, error) {
	return nil, ErrNoThumbnail
}
