package thumb

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
	"github.com/libpaul/paul/imagelib/meta"
)

// TestLongStrip draws a picture as long and thin as its size allows: the squares
// it is reduced by are far larger than it is high. It is not parallel, since it
// counts what is allocated.
func TestLongStrip(t *testing.T) { //nolint:paralleltest // see above
	m := image.NewPaletted(image.Rect(0, 0, 400_000, 20), color.Palette{color.Black, color.White})
	data := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, m) })
	m = nil
	info := read(t, data)
	cost, err := Check(data, info, 1)
	if err != nil {
		t.Fatal(err)
	}
	before := allocated()
	if _, err := NewRenderer(0).Thumbnails(t.Context(), data, info); err != nil {
		t.Fatal(err)
	}
	if took := allocated() - before; took > uint64(cost)+32<<20 {
		t.Errorf("drawing took %d MB, said to take %d", took>>20, cost>>20)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestLyingInfo draws by facts that do not fit the file: no fault of the reader
// may end the process.
func TestLyingInfo(t *testing.T) {
	t.Parallel()
	data := testphoto.Thumb(testphoto.Picture(80, 60, 0))[:200]
	info := read(t, data)
	info.Thumb = meta.Range{Off: math.MaxInt64, Len: 1}
	r := NewRenderer(0)
	if _, err := r.Thumbnails(t.Context(), data, info); !errors.Is(err, ErrDamaged) {
		t.Errorf("thumbnails: %v", err)
	}
	if _, err := r.Pixels(t.Context(), data, info, 0); !errors.Is(err, ErrDamaged) {
		t.Errorf("pixels: %v", err)
	}
}

// TestPixelsReserve: what is handed out, and copied on the way, counts as memory
// in use as much as what is decoded.
func TestPixelsReserve(t *testing.T) {
	t.Parallel()
	m := image.NewGray(image.Rect(0, 0, 3000, 2000))
	for name, data := range map[string][]byte{"jpeg": testphoto.Thumb(m), "png": testphoto.PNG(m)} {
		info := read(t, data)
		cost, err := Check(data, info, 1)
		if err != nil {
			t.Fatal(err)
		}
		r := NewRenderer(100 << 20)
		release, err := r.reserve(t.Context(), 100<<20-cost)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := r.Pixels(ctx, data, info, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: drawn within what decoding takes: %v", name, err)
		}
		cancel()
		release()
		if _, err := r.Pixels(t.Context(), data, info, 0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
