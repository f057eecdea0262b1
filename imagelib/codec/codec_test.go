package codec

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gen2brain/avif"
	"github.com/gen2brain/jxl"
	"github.com/gen2brain/webp"
)

// Jobs of the tests: what a decoder may do to its process.
const (
	jobGood  = "test/good"
	jobEnv   = "test/env"
	jobPanic = "test/panic"
	jobExit  = "test/exit"
	jobEat   = "test/eat"
	jobSpin  = "test/spin"
	jobWrite = "test/write"
	jobLarge = "test/large"
)

func TestMain(m *testing.M) {
	decoders[jobGood] = func(j Job) (image.Image, error) {
		return &image.Gray{Pix: bytes.Clone(j.Data), Stride: len(j.Data), Rect: image.Rect(0, 0, len(j.Data), 1)}, nil
	}
	decoders[jobEnv] = func(Job) (image.Image, error) { return nil, errors.New(strings.Join(os.Environ(), " ")) }
	decoders[jobPanic] = func(Job) (image.Image, error) { panic("ouch") }
	decoders[jobExit] = func(Job) (image.Image, error) { os.Exit(7); return nil, nil }
	decoders[jobEat] = func(Job) (image.Image, error) {
		var all [][]byte
		for {
			b := make([]byte, 64<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
			runtime.KeepAlive(all)
		}
	}
	decoders[jobSpin] = func(Job) (image.Image, error) {
		for {
			runtime.Gosched()
		}
	}
	decoders[jobWrite] = func(j Job) (image.Image, error) { return nil, os.WriteFile(string(j.Data), []byte("x"), 0o600) }
	decoders[jobLarge] = func(Job) (image.Image, error) { return image.NewGray(image.Rect(0, 0, 300, 300)), nil }
	ServeIfChild()
	os.Exit(m.Run())
}

func newPool(t *testing.T, opts Options) *Pool {
	t.Helper()
	p := New(opts)
	t.Cleanup(p.Close)
	return p
}

func good(t *testing.T, p *Pool) {
	t.Helper()
	m, err := p.Decode(t.Context(), Job{Type: jobGood, Data: []byte("abc"), Width: 3, Height: 1})
	if err != nil {
		t.Errorf("a good picture: %v", err)
	} else if g := m.(*image.Gray); string(g.Pix) != "abc" {
		t.Errorf("a good picture is %q", g.Pix)
	}
}

// pid is that of the child of a pool of one.
func (p *Pool) pid() int {
	s := <-p.slots
	defer func() { p.slots <- s }()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return 0
	}
	return s.child.cmd.Process.Pid
}

// TestFormats decodes a small picture of each kind that can be made here.
func TestFormats(t *testing.T) {
	t.Parallel()
	src := image.NewNRGBA(image.Rect(0, 0, 128, 96))
	at := func(x, y int) color.NRGBA {
		c := color.NRGBA{R: 40, G: uint8(60 + y), B: 200, A: 255}
		if x >= 64 {
			c = color.NRGBA{R: 230, G: uint8(60 + y), B: 20, A: 255}
		}
		return c
	}
	for y := range 96 {
		for x := range 128 {
			src.SetNRGBA(x, y, at(x, y))
		}
	}
	var a, w, j bytes.Buffer
	if err := errors.Join(avif.Encode(&a, src, avif.Options{Quality: 90, Speed: 10}), webp.Encode(&w, src, webp.Options{Quality: 95}), jxl.Encode(&j, src, jxl.EncodeOptions{Quality: 95})); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"image/avif": a.Bytes(), "image/webp": w.Bytes(), "image/jxl": j.Bytes()}
	heic, err := os.ReadFile("testdata/halves.heic")
	if err != nil {
		t.Fatal(err)
	}
	files["image/heic"], files["image/heif"] = heic, heic
	p := newPool(t, Options{})
	for typ, data := range files {
		m, err := p.Decode(t.Context(), Job{Type: typ, Data: data, Width: 128, Height: 96})
		if err != nil || m.Bounds() != src.Bounds() {
			t.Errorf("%s: %v, %v", typ, m, err)
			continue
		}
		for _, pt := range []image.Point{{5, 5}, {120, 5}, {5, 90}, {120, 90}} {
			got := color.NRGBAModel.Convert(m.At(pt.X, pt.Y)).(color.NRGBA)
			want := at(pt.X, pt.Y)
			if off(got.R, want.R) > 10 || off(got.G, want.G) > 10 || off(got.B, want.B) > 10 || got.A != 255 {
				t.Errorf("%s at %v: %v, want %v", typ, pt, got, want)
			}
		}
	}
	first := p.pid()
	for typ, data := range files {
		if _, err := p.Decode(t.Context(), Job{Type: typ, Data: data[:len(data)/3], Width: 128, Height: 96}); !errors.Is(err, ErrDecode) {
			t.Errorf("%s, a third: %v", typ, err)
		}
	}
	if p.pid() != first {
		t.Error("damaged files ended the child")
	}
	if _, err := p.Decode(t.Context(), Job{Type: "image/png"}); !errors.Is(err, ErrDecode) {
		t.Errorf("what it does not handle: %v", err)
	}
}

func off(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }

// TestOutlivesItsChildren: whatever becomes of one, the next picture is decoded.
func TestOutlivesItsChildren(t *testing.T) {
	t.Parallel()
	written := t.TempDir() + "/written"
	for _, tt := range []struct {
		job  string
		want error
		says string
		dies bool
	}{
		{jobPanic, ErrDecode, "ouch", false},
		{jobEnv, ErrDecode, childEnv, false},
		{jobWrite, ErrDecode, "file too large", false},
		{jobExit, ErrGaveUp, "", true},
		{jobEat, ErrGaveUp, "", true},
		{jobSpin, ErrGaveUp, "timeout", true},
		{jobLarge, ErrGaveUp, "300 x 300 pixels of 100 x 100", true},
	} {
		t.Run(strings.TrimPrefix(tt.job, "test/"), func(t *testing.T) {
			t.Parallel()
			if (tt.job == jobEat || tt.job == jobWrite) && runtime.GOOS != "linux" {
				t.Skip("this system does not bound it")
			}
			p := newPool(t, Options{Timeout: 2 * time.Second, Memory: 512 << 20})
			good(t, p)
			was := p.pid()
			_, err := p.Decode(t.Context(), Job{Type: tt.job, Data: []byte(written), Width: 100, Height: 100})
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %v (%s)", err, tt.want, tt.says)
			}
			if tt.job == jobEnv && strings.Contains(err.Error(), "HOME") {
				t.Errorf("the child knows %v", err)
			}
			good(t, p)
			if died := p.pid() != was; died != tt.dies {
				t.Errorf("the child died: %v", died)
			}
		})
	}
}

// TestChildOfBefore: a child that ended meanwhile costs no picture.
func TestChildOfBefore(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{})
	good(t, p)
	child, err := os.FindProcess(p.pid())
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Kill(); err != nil {
		t.Fatal(err)
	}
	good(t, p)
}

// TestNobodyWaits: who leaves does not wait for the child, and may use the
// bytes again.
func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{Timeout: time.Second})
	good(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan error, 1)
	data := make([]byte, 8<<20)
	go func() {
		_, err := p.Decode(ctx, Job{Type: jobSpin, Data: data, Width: 1, Height: 1})
		started <- err
	}()
	for len(p.slots) > 0 { // until the child has it
		runtime.Gosched()
	}
	cancel()
	if err := <-started; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	clear(data)
	if _, err := p.Decode(ctx, Job{Type: jobGood, Data: []byte("x"), Width: 1, Height: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	good(t, p) // once the child was given up
}

func TestIdleChildEnds(t *testing.T) {
	t.Parallel()
	p := newPool(t, Options{Idle: time.Millisecond})
	good(t, p)
	for p.pid() != 0 {
		runtime.Gosched()
	}
	good(t, p)
	p.Close()
	if _, err := p.Decode(t.Context(), Job{Type: jobGood, Data: []byte("x"), Width: 1, Height: 1}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// FuzzAnswer: nothing that a child says breaks who asked, or is larger than the
// file said.
func FuzzAnswer(f *testing.F) {
	for _, m := range []image.Image{
		image.NewGray(image.Rect(0, 0, 3, 2)), image.NewYCbCr(image.Rect(0, 0, 3, 2), image.YCbCrSubsampleRatio420),
		image.NewRGBA(image.Rect(0, 0, 3, 2)), image.NewNRGBA(image.Rect(0, 0, 3, 2)), image.NewNRGBA64(image.Rect(1, 1, 3, 2)),
	} {
		var b bytes.Buffer
		if err := writeAnswer(&b, m, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	var b bytes.Buffer
	if err := writeAnswer(&b, nil, errors.New("damaged")); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readAnswer(bytes.NewReader(data), Job{Width: 100, Height: 100})
		if err == nil && (m.Bounds().Dx() > 100 || m.Bounds().Dy() > 100 || m.Bounds().Empty()) {
			t.Errorf("a picture of %v", m.Bounds())
		}
		if err == nil {
			_ = m.At(m.Bounds().Max.X-1, m.Bounds().Max.Y-1)
		}
	})
}
