package overlay

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// linkSilence is for how long nothing may come over a link while something is
// being sent, as in ironwood.
const linkSilence = 3 * time.Second

var errSilent = errors.New("nothing comes from the other end any more")

// watched is a connection that is closed when a write waits and nothing has
// come for linkSilence. Ironwood ends a link when what it has written is not
// answered in time; but it forgets that time when something else comes, and
// sets it anew only for the next write, which never begins if this one waits
// for a way that is gone.
type watched struct {
	net.Conn
	heard   *atomic.Int64 // link.heard
	writing atomic.Int64  // since when the one writer writes; 0 when it does not
	silent  atomic.Bool   // closed for that
	timer   *time.Timer
}

func watch(c net.Conn, k *link) *watched {
	w := &watched{Conn: c, heard: &k.heard}
	w.timer = time.AfterFunc(linkSilence, w.look)
	return w
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

func (w *watched) Write(p []byte) (int, error) {
	w.writing.Store(time.Now().UnixNano())
	w.timer.Reset(linkSilence)
	n, err := w.Conn.Write(p)
	w.writing.Store(0)
	w.timer.Stop()
	return n, err
}

// look closes the connection if it is time.
func (w *watched) look() {
	began := w.writing.Load()
	if began == 0 {
		return
	}
	since := time.Since(time.Unix(0, max(began, w.heard.Load())))
	if since < linkSilence {
		w.timer.Reset(linkSilence - since)
		return
	}
	w.silent.Store(true)
	_ = w.Conn.Close() // reader and writer get its error
}

// isSilence reports whether a link ended because nothing came any more.
func isSilence(err error) bool {
	return errors.Is(err, errSilent) || errors.Is(err, os.ErrDeadlineExceeded)
}

// cutWith cuts the other links to the address of one that has fallen silent,
// unless something came over them meanwhile. Traffic would move to them, and
// need linkSilence again to tell that they lead nowhere either.
func (ls *links) cutWith(silent *link, now time.Time) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for k := range ls.up {
		heard := time.Unix(0, k.heard.Load())
		if k != silent && k.key.Equal(silent.key) && k.remote.Addr() == silent.remote.Addr() && now.Sub(heard) >= linkSilence-linkSilence/10 {
			k.cut()
		}
	}
}
