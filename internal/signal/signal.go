// Package signal wakes whoever shows or acts on state that has changed.
package signal

import "sync"

// A Signal tells its listeners that state they hold is stale. It carries no
// data: a listener reads a fresh snapshot when woken, so raising it never
// blocks, and a slow listener misses repeats but never the last change. The
// zero Signal is ready to use.
type Signal struct {
	mu        sync.Mutex // guards listeners, and the closing of their channels
	listeners map[chan struct{}]struct{}
}

// Raise wakes every listener.
func (s *Signal) Raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.listeners {
		select {
		case c <- struct{}{}:
		default: // already woken
		}
	}
}

// Listen returns a channel that receives after each Raise, and a func that
// stops listening and closes the channel.
func (s *Signal) Listen() (woken <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listeners == nil {
		s.listeners = make(map[chan struct{}]struct{})
	}
	s.listeners[c] = struct{}{}
	return c, sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, c)
		close(c)
	})
}
