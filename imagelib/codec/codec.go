// Package codec decodes the pictures whose decoders are large, were written for
// trusted files, or cannot be stopped: HEIC, AVIF, WebP and JPEG XL. They run in
// a child process, this program started again, with bounds on its memory and its
// time, so that no file can bring the program down.
//
// The child has no files, no environment and no network connection of its own:
// it reads bytes from one pipe and writes pixels to another. What it answers is
// checked as if it came from a stranger.
package codec

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Errors a caller may test for with [errors.Is].
var (
	// ErrDecode is returned for bytes that the decoder does not understand.
	ErrDecode = errors.New("the decoder does not understand it")

	// ErrGaveUp is returned when the child took too long, took too much memory,
	// or broke down over a file, twice.
	ErrGaveUp = errors.New("decoding it took too long or too much memory")

	// ErrUnavailable is returned when no child can be started here.
	ErrUnavailable = errors.New("no decoder process can be started")

	// ErrClosed is returned after [Pool.Close].
	ErrClosed = errors.New("decoders are closed")
)

// Handles reports whether pictures of a media type are decoded here.
func Handles(typ string) bool { return decoders[typ] != nil }

// Options configures a [Pool].
type Options struct {
	Workers int           // children at a time; 0 means 1
	Timeout time.Duration // of one picture; 0 means 30 s
	Idle    time.Duration // after which a child without work ends; 0 means 1 min
	Memory  int64         // of a child, bytes; 0 means 1.5 GiB. See [Enforced]
	Log     *slog.Logger  // nil means none
}

// Job is a picture to decode.
type Job struct {
	Type          string // media type, one that is [Handles]d
	Data          []byte // the file; not read after Decode returns
	Width, Height int    // pixels at most, as the file says
	Colours       Coding // of HEIC and HEIF, as the file says; others say it to their decoder
}

// Pool hands pictures to child processes, which it starts when they are needed.
// Its methods may be called from many goroutines.
type Pool struct {
	opts   Options
	slots  chan *slot
	closed atomic.Bool
}

// slot is the place of one child.
type slot struct {
	mu    sync.Mutex
	child *child // nil when none runs
	idle  *time.Timer
}

// New returns a pool that has not started a child yet.
func New(opts Options) *Pool {
	opts.Workers = max(opts.Workers, 1)
	if opts.Timeout <= 0 {
		opts.Timeout = 30 * time.Second
	}
	if opts.Idle <= 0 {
		opts.Idle = time.Minute
	}
	if opts.Memory <= 0 {
		opts.Memory = 3 << 29
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	p := &Pool{opts: opts, slots: make(chan *slot, opts.Workers)}
	for range opts.Workers {
		s := &slot{}
		s.idle = time.AfterFunc(opts.Idle, s.end)
		s.idle.Stop()
		p.slots <- s
	}
	return p
}

// Close ends the children, after what they do now. Later calls of Decode fail
// with [ErrClosed].
func (p *Pool) Close() {
	if p.closed.Swap(true) {
		return
	}
	for range p.opts.Workers {
		s := <-p.slots
		s.idle.Stop()
		s.end()
	}
	close(p.slots)
}

// end ends the child, if there is one.
func (s *slot) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child != nil {
		s.child.end()
		s.child = nil
	}
}

// answer is what came of a job.
type answer struct {
	m   image.Image
	err error
}

// Decode decodes one picture: an [image.YCbCr], [image.Gray], [image.RGBA] or
// [image.NRGBA], unturned, the first one of an animation. It fails with
// [ErrDecode], [ErrGaveUp], [ErrUnavailable], [ErrClosed], or ctx's error, after
// which the child finishes what it does for nobody.
func (p *Pool) Decode(ctx context.Context, job Job) (image.Image, error) {
	if !Handles(job.Type) {
		return nil, fmt.Errorf("%w: %s", ErrDecode, job.Type)
	}
	var s *slot
	select {
	case got, open := <-p.slots:
		if !open {
			return nil, ErrClosed
		}
		s = got
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p.closed.Load() {
		p.slots <- s
		return nil, ErrClosed
	}
	sent, done := make(chan struct{}), make(chan answer, 1)
	go func() {
		m, err := p.decode(s, job, sent)
		s.idle.Reset(p.opts.Idle)
		p.slots <- s
		done <- answer{m, err}
	}()
	select {
	case a := <-done:
		return a.m, a.err
	case <-ctx.Done():
	}
	select { // the child has the bytes, or nothing will read them
	case a := <-done:
		return a.m, a.err
	case <-sent:
		return nil, ctx.Err()
	}
}

// decode runs a job on the child of s, and on another one if that breaks down:
// it may have been the fault of the file before. sent is closed once job.Data is
// not read any more, unless decode returns before.
func (p *Pool) decode(s *slot, job Job, sent chan struct{}) (image.Image, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle.Stop()
	for try := 0; ; try++ {
		fresh := s.child == nil
		if fresh {
			c, err := start(&p.opts)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
			s.child = c
		}
		m, err := s.child.decode(job, p.opts.Timeout, fresh, sent)
		if err == nil || errors.Is(err, ErrDecode) {
			return m, err
		}
		said := s.child.kill()
		s.child = nil
		p.opts.Log.Warn("A decoder process broke down", "type", job.Type, "err", err, "said", said)
		if fresh || errors.Is(err, errTimeout) {
			return nil, fmt.Errorf("%w: %w", ErrGaveUp, err)
		}
	}
}

var errTimeout = errors.New("timeout")

// exchange sends a job and reads the answer.
func exchange(w io.Writer, r io.Reader, job Job, sent func()) (image.Image, error) {
	if err := writeJob(w, job); err != nil {
		return nil, err
	}
	sent()
	return readAnswer(r, job)
}
