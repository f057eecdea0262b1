// Package thumbs loads small pictures for what is on the screen, and keeps the
// last ones in memory within a bound of bytes.
//
// A client (one view) says with Want what it shows now; that replaces what it
// wanted before, so requests for photos that have scrolled away are dropped, and
// loads that already run for them are cancelled. The newest view is served
// first, and its wishes in their order. Finished pictures are announced in batches: one call on the screen's
// goroutine for all that finished since the last.
package thumbs

import (
	"container/list"
	"context"
	"errors"
	"image"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// ID names a picture: the digest of its file.
type ID [32]byte

// A Key names a picture at a size.
type Key struct {
	ID   ID
	Size int
	Edit string // how it is turned and cut, in words of who loads it; "" not at all
}

// Options configure a [Loader].
type Options struct {
	// Load makes the picture. It runs on several goroutines, and its context
	// ends when nobody wants the picture any more. Required.
	Load func(context.Context, Key) (*image.RGBA, error)
	// Post runs a func on the screen's goroutine. Required.
	Post    func(func())
	Bytes   int // bound of the cache; default 96 MB
	Workers int // default 3
}

// A Loader is safe for use from several goroutines.
type Loader struct {
	opts Options

	mu       sync.Mutex // guards all below
	wake     *sync.Cond
	clients  []*Client // the newest wish last
	running  map[Key]context.CancelFunc
	failed   map[Key]error
	again    map[Key]struct{} // of failed: to be tried again
	cache    map[Key]*list.Element
	recent   *list.List // of *entry, most recently used first
	bytes    int
	finished []Key
	posted   bool
	closed   bool
}

type entry struct {
	key Key
	img *image.RGBA
}

// A Client is one view's wishes.
type Client struct {
	l       *Loader
	ready   func([]Key)
	pending []Key
	wanted  map[Key]int // the place of each in the order
}

// New returns a loader; it does nothing until Run.
func New(opts Options) *Loader {
	if opts.Bytes <= 0 {
		opts.Bytes = 96 << 20
	}
	if opts.Workers <= 0 {
		opts.Workers = 3
	}
	l := &Loader{
		opts: opts, running: map[Key]context.CancelFunc{}, failed: map[Key]error{}, again: map[Key]struct{}{},
		cache: map[Key]*list.Element{}, recent: list.New(),
	}
	l.wake = sync.NewCond(&l.mu)
	return l
}

// Run loads until ctx ends, and then returns nil.
func (l *Loader) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.closed = true
		l.wake.Broadcast()
	})
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	for range l.opts.Workers {
		g.Go(func() error {
			for l.loadNext(ctx) {
			}
			return nil
		})
	}
	return g.Wait()
}

// Client returns a new view's door. ready is called on the screen's goroutine
// with keys of the client that have finished, well or not.
func (l *Loader) Client(ready func([]Key)) *Client {
	return &Client{l: l, ready: ready}
}

// Get returns a picture that is in memory.
func (l *Loader) Get(k Key) (*image.RGBA, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.cache[k]
	if !ok {
		return nil, false
	}
	l.recent.MoveToFront(e)
	return e.Value.(*entry).img, true
}

// Failed tells why a picture could not be loaded; nil when it was not tried.
func (l *Loader) Failed(k Key) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed[k]
}

// Retry lets the next wish try again what has failed: a holder may have come
// online. Until that has an end, Failed tells of the failure before.
func (l *Loader) Retry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.failed {
		l.again[k] = struct{}{}
	}
}

// Bytes returns how much memory the cached pictures take.
func (l *Loader) Bytes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// Want says what the view shows now, most urgent first, in place of what it
// wanted before. Keys in memory or failed are skipped. Want copies keys.
func (c *Client) Want(keys []Key) {
	l := c.l
	l.mu.Lock()
	defer l.mu.Unlock()
	c.pending = c.pending[:0]
	if c.wanted == nil {
		c.wanted = make(map[Key]int, len(keys))
	}
	clear(c.wanted)
	for i, k := range keys {
		c.wanted[k] = i
		_, have := l.cache[k]
		_, busy := l.running[k]
		_, again := l.again[k]
		if !have && !busy && (l.failed[k] == nil || again) {
			c.pending = append(c.pending, k)
		}
	}
	if i := slices.Index(l.clients, c); i >= 0 {
		l.clients = slices.Delete(l.clients, i, i+1)
	}
	if len(keys) > 0 {
		l.clients = append(l.clients, c)
	}
	for k, cancel := range l.running {
		if !l.isWanted(k) {
			cancel()
		}
	}
	l.wake.Broadcast()
}

func (l *Loader) isWanted(k Key) bool {
	for _, c := range l.clients {
		if _, ok := c.wanted[k]; ok {
			return true
		}
	}
	return false
}

// loadNext waits for a wish and serves it; false when the loader is closed.
func (l *Loader) loadNext(ctx context.Context) bool {
	l.mu.Lock()
	k, ok := l.next()
	for !ok && !l.closed {
		l.wake.Wait()
		k, ok = l.next()
	}
	if l.closed {
		l.mu.Unlock()
		return false
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.running[k] = cancel
	l.mu.Unlock()

	img, err := l.opts.Load(ctx, k)
	if err == nil && img == nil {
		err = errors.New("no picture")
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	dropped := ctx.Err() != nil
	delete(l.running, k)
	switch {
	case err == nil:
		delete(l.failed, k)
		l.keep(k, img)
	case dropped: // not tried to the end: a later wish tries again
		l.requeue(k)
		return true
	default:
		l.failed[k] = err
		l.forget()
	}
	delete(l.again, k)
	l.announce(k)
	return true
}

// maxFailed is how many failures are remembered that nobody wants to know of now.
const maxFailed = 4096

// forget drops failures of what has scrolled away, when there are many.
func (l *Loader) forget() {
	if len(l.failed) <= maxFailed {
		return
	}
	for k := range l.failed {
		if !l.isWanted(k) {
			delete(l.failed, k)
			delete(l.again, k)
		}
	}
}

// next takes the most urgent wish of the newest client.
func (l *Loader) next() (Key, bool) {
	for i := len(l.clients) - 1; i >= 0; i-- {
		c := l.clients[i]
		for len(c.pending) > 0 {
			k := c.pending[0]
			c.pending = c.pending[1:]
			if _, busy := l.running[k]; busy {
				continue
			}
			if _, have := l.cache[k]; have {
				continue
			}
			return k, true
		}
	}
	return Key{}, false
}

// requeue serves a wish that came back after its load had been cancelled, in its
// place of the order.
func (l *Loader) requeue(k Key) {
	for _, c := range l.clients {
		if place, ok := c.wanted[k]; ok {
			i, _ := slices.BinarySearchFunc(c.pending, place, func(k Key, place int) int { return c.wanted[k] - place })
			c.pending = slices.Insert(c.pending, i, k)
			l.wake.Signal()
			return
		}
	}
}

// keep puts a picture into the cache and drops the least recently used ones
// beyond the bound; the newest always stays.
func (l *Loader) keep(k Key, img *image.RGBA) {
	l.cache[k] = l.recent.PushFront(&entry{k, img})
	l.bytes += len(img.Pix)
	for l.bytes > l.opts.Bytes && l.recent.Len() > 1 {
		old := l.recent.Remove(l.recent.Back()).(*entry)
		delete(l.cache, old.key)
		l.bytes -= len(old.img.Pix)
	}
}

// announce tells the clients of finished keys, once for all that finish before
// the screen's goroutine gets to it.
func (l *Loader) announce(k Key) {
	l.finished = append(l.finished, k)
	if l.posted {
		return
	}
	l.posted = true
	go l.opts.Post(l.deliver)
}

func (l *Loader) deliver() {
	l.mu.Lock()
	keys := l.finished
	l.finished, l.posted = nil, false
	clients := slices.Clone(l.clients)
	l.mu.Unlock()
	for _, c := range clients {
		if mine := c.among(keys); len(mine) > 0 {
			c.ready(mine)
		}
	}
}

func (c *Client) among(keys []Key) []Key {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	var mine []Key
	for _, k := range keys {
		if _, ok := c.wanted[k]; ok {
			mine = append(mine, k)
		}
	}
	return mine
}
