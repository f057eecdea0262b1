package app

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// apiVersion is raised when a command and a device of different versions
// would misunderstand each other.
const apiVersion = 1

// stopWait is how long a device that stops waits for answers under way.
const stopWait = 5 * time.Second

// control is the control API: HTTP and JSON for the commands of this machine's
// person, on a socket that only they can reach.
type control struct {
	app     *App
	ln      net.Listener
	forget  func() error // removes what tells clients the way
	token   string       // asked of every client when ln is TCP; "" on a unix socket
	handler http.Handler

	mu          sync.Mutex               // guards the rest
	clients     map[net.Conn]bool        // connections to ln
	left        chan struct{}            // closed and replaced whenever clients becomes empty
	leaving     bool                     // no request is served any more
	invitations map[int64]openInvitation // by their number
	lastInvite  int64
}

func (a *App) openControl() (err error) {
	c := &control{app: a, clients: make(map[net.Conn]bool), left: make(chan struct{}), invitations: make(map[int64]openInvitation)}
	c.handler = c.routes()
	c.ln, c.token, c.forget, err = listenControl(a.places)
	if err != nil {
		return err
	}
	a.control = c
	return nil
}

// run serves the control API until ctx ends; then requests under way are
// ended too.
func (c *control) run(ctx context.Context) error {
	return serve(ctx, c.ln, c.present(c.authorised(c.handler)), c.count)
}

func (c *control) close() error {
	err := c.ln.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return errors.Join(err, c.forget())
}

// serve serves h on ln until ctx ends, which also ends the contexts of the
// requests; it waits a while for their answers. state, which may be nil, hears of
// every connection.
func serve(ctx context.Context, ln net.Listener, h http.Handler, state func(net.Conn, http.ConnState)) error {
	srv := &http.Server{
		Handler:           h,
		ConnState:         state,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
		defer cancel()
		if srv.Shutdown(grace) != nil {
			_ = srv.Close() // what is left is cut off
		}
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// authorised asks for the token, where there is one.
func (c *control) authorised(next http.Handler) http.Handler {
	if c.token == "" {
		return next
	}
	want := []byte("Bearer " + c.token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			http.Error(w, "the token of control.json is wanted", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// present cuts off what asks a device that is leaving: its client finds that
// none runs, and nothing was begun.
func (c *control) present(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		leaving := c.leaving
		c.mu.Unlock()
		if leaving {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}

// count keeps clients.
func (c *control) count(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.clients[conn] = true
	case http.StateClosed, http.StateHijacked:
		delete(c.clients, conn)
		if len(c.clients) == 0 {
			close(c.left)
			c.left = make(chan struct{})
		}
	}
}

// briefly is how long linger waits before it says so: some commands only look.
const briefly = 300 * time.Millisecond

// linger waits until no other command is connected to this device, or ctx ends:
// one that was opened for a command calls it before it stops. A command is
// connected from its greeting to its end, so what it asks between is served;
// one that comes later is not greeted.
func (a *App) linger(ctx context.Context) {
	c := a.control
	tell := time.AfterFunc(briefly, func() {
		a.opts.Waiting("This is done. Waiting for another command that uses the home through this one; Ctrl-C stops both.")
	})
	defer tell.Stop()
	for {
		c.mu.Lock()
		left := c.left
		if len(c.clients) == 0 || ctx.Err() != nil {
			c.leaving = true
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-left:
		}
	}
}

// newSecret returns 130 random bits as text.
func newSecret() string { return rand.Text() }
