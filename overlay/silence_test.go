package overlay

import (
	"crypto/ed25519"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// TestSilence has a peer that takes nothing: the connection to it lasts as long
// as something comes from there, and linkSilence more.
func TestSilence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		speaks time.Duration // the peer does so every second
		want   time.Duration
	}{
		{"silent from the first", 0, linkSilence},
		{"silent later", 10 * time.Second, 10*time.Second + linkSilence},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer func() { _ = far.Close() }()
				w := watch(near, &link{})
				go func() {
					for buf := make([]byte, 1); ; {
						if _, err := w.Read(buf); err != nil {
							return
						}
					}
				}()
				go func() {
					for said := time.Duration(0); said < c.speaks; said += time.Second {
						<-time.After(time.Second)
						_, _ = far.Write([]byte{1})
					}
				}()
				began := time.Now()
				_, err := w.Write([]byte{1})
				if took := time.Since(began); err == nil || !w.silent.Load() || took != c.want {
					t.Errorf("written after %v, %v", took, err)
				}
			})
		})
	}
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			defer func() { _ = near.Close() }()
			w := watch(near, &link{})
			go func() { _, _ = far.Read(make([]byte, 1)) }()
			if _, err := w.Write([]byte{1}); err != nil {
				t.Error(err)
			}
			<-time.After(time.Hour)
			if w.silent.Load() {
				t.Error("closed although nothing was being sent")
			}
		})
	})
}

// TestSilentTogether shows which links are cut with one that has fallen silent.
func TestSilentTogether(t *testing.T) {
	t.Parallel()
	now := time.Now()
	long := now.Add(-linkSilence)
	a, b := publicOf(1), publicOf(2)
	const here, elsewhere = "192.168.1.2:7330", "192.168.2.2:7330"
	var cut []string
	row := func(name string, key ed25519.PublicKey, at string, heard time.Time) *link {
		k := &link{key: key, remote: netip.MustParseAddrPort(at), cut: func() { cut = append(cut, name) }}
		k.heard.Store(heard.UnixNano())
		return k
	}
	silent := row("itself", a, here, long)
	ls := &links{up: map[*link]struct{}{
		silent:                               {},
		row("same way", a, here, long):       {},
		row("alive", a, here, now):           {},
		row("other way", a, elsewhere, long): {},
		row("other node", b, here, long):     {},
	}}
	ls.cutWith(silent, now)
	if len(cut) != 1 || cut[0] != "same way" {
		t.Errorf("cut: %v", cut)
	}
}
