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

	mu          sync.Mutex // guards the rest
	inFlight    int
	idle        chan struct{}            // closed and replaced whenever inFlight falls to 0
	invitations map[int64]openInvitation // by their number
	lastInvite  int64
}

func (a *App) openControl() (err error) {
	c := &control{app: a, idle: make(chan struct{}), invitations: make(map[int64]openInvitation)}
	c.handler = c.count(c.routes())
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
	return serve(ctx, c.ln, c.authorised(c.handler))
}

func (c *control) close() error {
	err := c.ln.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return errors.Join(err, c.forget())
}

// serve serves h on ln until ctx ends, which also ends the contexts of the
// requests; it waits a while for their answers.
func serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
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

// count keeps inFlight.
func (c *control) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.inFlight++
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.inFlight--; c.inFlight == 0 {
				close(c.idle)
				c.idle = make(chan struct{})
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// linger waits until no other command uses this device, or ctx ends: one that
// was opened for a command calls it before it stops.
func (a *App) linger(ctx context.Context) {
	c := a.control
	c.mu.Lock()
	idle, busy := c.idle, c.inFlight > 0
	c.mu.Unlock()
	if !busy {
		return
	}
	a.opts.Waiting("This is done. Waiting for another command that uses the home through this one; Ctrl-C stops both.")
	select {
	case <-ctx.Done():
	case <-idle:
	}
}

// newSecret returns 130 random bits as text.
func newSecret() string { return rand.Text() }
