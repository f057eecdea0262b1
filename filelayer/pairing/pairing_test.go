package pairing

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func withChecksum(b []byte) string {
	sum := sha256.Sum256(b)
	return crockford.EncodeToString(append(b[:len(b):len(b)], sum[:checksum]...))
}

func peer(n byte, name string) Peer {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return Peer{Key: ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey), Name: name, Platform: "linux"}
}

var (
	hostPeer  = peer(1, "Desktop")
	guestPeer = peer(2, "Laptop")
	otherPeer = peer(3, "Stranger")
)

// lab is an invitation, and guests that reach it by pipes.
type lab struct {
	t     *testing.T
	inv   *Invitation
	code  Code
	serve func(net.Conn, ed25519.PublicKey) error // outlives the guest's context
}

func newLab(t *testing.T) *lab {
	t.Helper()
	inv, err := NewInvitation(Options{Self: hostPeer})
	if err != nil {
		t.Fatal(err)
	}
	code, err := ParseCode(inv.Code())
	if err != nil {
		t.Fatal(err)
	}
	return &lab{t, inv, code, func(conn net.Conn, remote ed25519.PublicKey) error {
		return inv.Serve(t.Context(), conn, remote)
	}}
}

// dial connects a device with the key of remote to the invitation.
func (l *lab) dial(remote Peer) (net.Conn, <-chan error) {
	guest, host := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- l.serve(host, remote.Key) }()
	return guest, served
}

type joined struct {
	host    Peer
	payload []byte
	words   [4]string
	err     error
}

// join runs a guest.
func (l *lab) join(ctx context.Context, code Code, self Peer) <-chan joined {
	conn, _ := l.dial(self)
	done := make(chan joined, 1)
	go func() {
		var j joined
		j.host, j.payload, j.err = Join(ctx, conn, code, self, []byte("from "+self.Name), func(w [4]string) { j.words = w })
		done <- j
	}()
	return done
}

func (l *lab) wrongSecret() Code {
	code := l.code
	code.Secret[0] ^= 1
	return code
}

func TestPair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		self := guestPeer
		self.Name = "  Lap\u202etop\n" + strings.Repeat("x", 100)
		done := l.join(t.Context(), l.code, self)
		guest, err := l.inv.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !guest.Key.Equal(guestPeer.Key) || guest.Platform != "linux" || len(guest.Name) != 64 || !strings.HasPrefix(guest.Name, "Laptop xx") {
			t.Errorf("guest %+v", guest)
		}
		accepted, payload, err := l.inv.Accept(t.Context(), []byte("from host"))
		j := <-done
		if err != nil || j.err != nil {
			t.Fatal(err, j.err)
		}
		if string(j.payload) != "from host" || string(payload) != "from "+self.Name || !accepted.Key.Equal(guest.Key) {
			t.Errorf("payloads %q and %q", j.payload, payload)
		}
		if j.host.Name != hostPeer.Name || !j.host.Key.Equal(hostPeer.Key) {
			t.Errorf("host %+v", j.host)
		}
		if j.words != guest.Words || j.words[0] == "" {
			t.Errorf("words %v and %v", j.words, guest.Words)
		}
		if late := <-l.join(t.Context(), l.code, otherPeer); !errors.Is(late.err, ErrUsed) {
			t.Errorf("second use: %v", late.err)
		}
		if _, err := l.inv.Wait(t.Context()); !errors.Is(err, ErrUsed) {
			t.Errorf("wait after use: %v", err)
		}
		l.inv.Cancel()
		l.inv.Reject()
		if _, err := l.inv.Wait(t.Context()); !errors.Is(err, ErrUsed) {
			t.Errorf("wait after a late cancel: %v", err)
		}
	})
}

// TestRefusals is every way in which a guest is turned away.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before func(l *lab)
		code   func(l *lab) Code
		self   Peer
		during func(l *lab) // once the guest awaits the decision
		want   error
		host   error // that Wait reports afterwards; nil: still open
	}{
		"wrong secret": {code: (*lab).wrongSecret, want: ErrWrongSecret},
		"burned": {before: func(l *lab) {
			for range maxFailures {
				<-l.join(l.t.Context(), l.wrongSecret(), otherPeer)
			}
		}, want: ErrBurned, host: ErrBurned},
		"third failure": {before: func(l *lab) {
			for range maxFailures - 1 {
				<-l.join(l.t.Context(), l.wrongSecret(), otherPeer)
			}
		}, code: (*lab).wrongSecret, want: ErrBurned, host: ErrBurned},
		"expired": {before: func(*lab) { <-time.After(TTL) }, want: ErrExpired, host: ErrExpired},
		"expired, and a wrong secret": {
			before: func(*lab) { <-time.After(TTL) }, code: (*lab).wrongSecret, want: ErrExpired, host: ErrExpired,
		},
		"cancelled before": {before: func(l *lab) { l.inv.Cancel() }, want: ErrCancelled, host: ErrCancelled},
		"cancelled":        {during: func(l *lab) { l.inv.Cancel() }, want: ErrCancelled, host: ErrCancelled},
		"rejected":         {during: func(l *lab) { l.inv.Reject() }, want: ErrRejected, host: ErrRejected},
		"rejected another": {before: func(l *lab) {
			done := l.join(l.t.Context(), l.code, otherPeer)
			_, _ = l.inv.Wait(l.t.Context())
			l.inv.Reject()
			<-done
		}, want: ErrUsed, host: ErrRejected},
		"in use": {before: func(l *lab) {
			l.join(l.t.Context(), l.code, otherPeer)
			_, _ = l.inv.Wait(l.t.Context())
		}, want: ErrUsed},
		"own code":    {self: hostPeer, want: ErrOwnCode},
		"no decision": {during: func(*lab) { <-time.After(decisionTime) }, want: ErrExpired},
		"no decision, and the code expired": {
			before: func(*lab) { <-time.After(TTL - time.Minute) },
			during: func(*lab) { <-time.After(decisionTime) }, want: ErrExpired, host: ErrExpired,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer synctest.Wait()
				defer cancel()
				l := newLab(t)
				if tt.before != nil {
					tt.before(l)
				}
				code, self := l.code, guestPeer
				if tt.code != nil {
					code = tt.code(l)
				}
				if tt.self.Key != nil {
					self = tt.self
				}
				done := l.join(ctx, code, self)
				if tt.during != nil {
					if _, err := l.inv.Wait(ctx); err != nil {
						t.Fatal(err)
					}
					tt.during(l)
				}
				if j := <-done; !errors.Is(j.err, tt.want) {
					t.Errorf("guest: %v, want %v", j.err, tt.want)
				}
				synctest.Wait()
				l.inv.mu.Lock()
				err := l.inv.stateLocked()
				l.inv.mu.Unlock()
				if !errors.Is(err, tt.host) {
					t.Errorf("host: %v, want %v", err, tt.host)
				}
				if _, _, err := l.inv.Accept(ctx, nil); err == nil && tt.host != nil {
					t.Error("accepted nobody")
				}
			})
		})
	}
}

// TestGuestLeaves shows that a lost connection does not use the code up.
func TestGuestLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		ctx, leave := context.WithCancel(t.Context())
		done := l.join(ctx, l.code, guestPeer)
		if _, err := l.inv.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		leave()
		if j := <-done; !errors.Is(j.err, context.Canceled) {
			t.Errorf("guest: %v", j.err)
		}
		synctest.Wait()
		if _, _, err := l.inv.Accept(t.Context(), nil); !errors.Is(err, ErrGone) {
			t.Errorf("accept: %v", err)
		}
		again := l.join(t.Context(), l.code, guestPeer)
		if _, err := l.inv.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := l.inv.Accept(t.Context(), nil); err != nil {
			t.Error(err)
		}
		if j := <-again; j.err != nil {
			t.Error(j.err)
		}
	})
}

// TestFirstProofWins lets many guests with the right secret in at once.
func TestFirstProofWins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		var all []<-chan joined
		for i := range byte(8) {
			all = append(all, l.join(t.Context(), l.code, peer(10+i, "Guest")))
		}
		synctest.Wait()
		if _, _, err := l.inv.Accept(t.Context(), nil); !errors.Is(err, ErrNoGuest) {
			t.Errorf("accept of whom nobody saw: %v", err)
		}
		if _, err := l.inv.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := l.inv.Accept(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		won := 0
		for _, done := range all {
			switch j := <-done; {
			case j.err == nil:
				won++
			case !errors.Is(j.err, ErrUsed):
				t.Errorf("a loser was told %v", j.err)
			}
		}
		if won != 1 {
			t.Errorf("%d guests won", won)
		}
	})
}

// raw speaks the guest's first steps by hand, and returns what came back for
// the proof that prove makes from the transcript.
func (l *lab) raw(self, remote Peer, prove func(t []byte) []byte) error {
	conn, _ := l.dial(remote)
	defer func() { _ = conn.Close() }()
	w := &wire{conn: conn, guest: true}
	guest := newHello(self.Key)
	if err := w.send(frameHello, guest.encode()); err != nil {
		return err
	}
	body, err := w.receive(frameHello, helloSize, stepTime)
	if err != nil {
		return err
	}
	host, err := parseHello(body)
	if err != nil {
		return err
	}
	if err := w.send(frameProof, prove(transcript(host, guest))); err != nil {
		return err
	}
	_, err = w.receive(frameProof, sha256.Size, stepTime)
	return err
}

func TestStolenProofs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		var stolen []byte
		if err := l.raw(guestPeer, guestPeer, func(t []byte) []byte {
			stolen = mac(l.code.Secret, labelGuestProof, t)
			return stolen
		}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the guest has left
		if err := l.raw(guestPeer, guestPeer, func([]byte) []byte { return stolen }); !errors.Is(err, ErrWrongSecret) {
			t.Errorf("replayed proof: %v", err)
		}
		if err := l.raw(guestPeer, guestPeer, func(t []byte) []byte {
			return mac(l.code.Secret, labelHostProof, t)
		}); !errors.Is(err, ErrWrongSecret) {
			t.Errorf("the host's own kind of proof: %v", err)
		}
		if err := l.raw(guestPeer, otherPeer, func(t []byte) []byte {
			return mac(l.code.Secret, labelGuestProof, t)
		}); err == nil || errors.Is(err, ErrWrongSecret) {
			t.Errorf("another's key: %v", err)
		}
	})
}

// TestFalseHost shows that a guest notices a host without the secret, or of
// another key.
func TestFalseHost(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key    Peer
		secret func(Code) [secretSize]byte
		want   error
	}{
		"no secret":   {hostPeer, func(Code) [secretSize]byte { return [secretSize]byte{} }, ErrWrongSecret},
		"another key": {otherPeer, func(c Code) [secretSize]byte { return c.Secret }, ErrProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				code := newLab(t).code
				near, far := net.Pipe()
				go func() {
					w := &wire{conn: far}
					body, err := w.receive(frameHello, helloSize, stepTime)
					guest, _ := parseHello(body)
					host := newHello(tt.key.Key)
					if err == nil && w.send(frameHello, host.encode()) == nil {
						if _, err := w.receive(frameProof, sha256.Size, stepTime); err == nil {
							_ = w.send(frameProof, mac(tt.secret(code), labelHostProof, transcript(host, guest)))
						}
					}
				}()
				_, _, err := Join(t.Context(), near, code, guestPeer, nil, func([4]string) { t.Error("words were shown") })
				if !errors.Is(err, tt.want) {
					t.Errorf("%v, want %v", err, tt.want)
				}
			})
		})
	}
}

// TestBadGuests shows that nothing a guest sends, or fails to send, holds the
// host up or counts as a failure.
func TestBadGuests(t *testing.T) {
	t.Parallel()
	hi := newHello(guestPeer.Key).encode()
	newer := bytes.Clone(hi)
	newer[len(magic)] = 9
	for name, tt := range map[string]struct {
		send []byte
		want error
	}{
		"silence":          {nil, ErrGone},
		"half a greeting":  {frame(frameHello, hi)[:30], ErrGone},
		"garbage":          {[]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), ErrProtocol},
		"no length":        {[]byte{0, 0, 0, 0, 0}, ErrProtocol},
		"oversized":        {binary.BigEndian.AppendUint32(nil, 1<<31), ErrGone},
		"oversized frame":  {frame(frameHello, make([]byte, 4096)), ErrProtocol},
		"other frame":      {frame(frameProof, make([]byte, 32)), ErrProtocol},
		"other magic":      {frame(frameHello, make([]byte, helloSize)), ErrProtocol},
		"short greeting":   {frame(frameHello, hi[:len(hi)-1]), ErrProtocol},
		"newer version":    {frame(frameHello, newer), ErrVersion},
		"someone's key":    {frame(frameHello, newHello(otherPeer.Key).encode()), ErrProtocol},
		"a refusal":        {frame(frameRefused, []byte{1}), ErrProtocol},
		"greeting, silent": {frame(frameHello, hi), ErrGone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t)
				conn, served := l.dial(guestPeer)
				go func() { _, _ = conn.Write(tt.send) }()
				go func() { _, _ = new(bytes.Buffer).ReadFrom(conn) }()
				start := time.Now()
				if err := <-served; !errors.Is(err, tt.want) {
					t.Errorf("%v, want %v", err, tt.want)
				}
				if took := time.Since(start); took > 2*stepTime {
					t.Errorf("held for %v", took)
				}
				_ = conn.Close()
				if l.inv.failures != 0 || l.inv.open() != nil {
					t.Error("it counts against the code")
				}
			})
		})
	}
}

func frame(kind byte, body []byte) []byte {
	var b bytes.Buffer
	_ = writeFrame(&b, kind, body) // a buffer takes everything
	return b.Bytes()
}

func TestCrowdIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		for range maxGuests {
			conn, _ := l.dial(guestPeer)
			defer func() { _ = conn.Close() }()
		}
		synctest.Wait()
		conn, served := l.dial(guestPeer)
		defer func() { _ = conn.Close() }()
		if err := <-served; !errors.Is(err, ErrBusy) {
			t.Errorf("guest %d: %v", maxGuests+1, err)
		}
	})
}

func TestPayloadIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		large := make([]byte, MaxPayload+1)
		if _, _, err := l.inv.Accept(t.Context(), large); err == nil {
			t.Error("the host took it")
		}
		conn, _ := l.dial(guestPeer)
		if _, _, err := Join(t.Context(), conn, l.code, guestPeer, large, nil); err == nil {
			t.Error("the guest took it")
		}
		conn, _ = l.dial(guestPeer)
		done := make(chan error, 1)
		go func() {
			_, got, err := Join(t.Context(), conn, l.code, guestPeer, large[1:], func([4]string) {})
			if err == nil && len(got) != MaxPayload {
				err = errors.New("payload cut")
			}
			done <- err
		}()
		if _, err := l.inv.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, got, err := l.inv.Accept(t.Context(), large[1:]); err != nil || len(got) != MaxPayload {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add(frame(frameHello, newHello(guestPeer.Key).encode()))
	f.Add(frame(framePerson, []byte(`{"name":"a","payload":"AA=="}`)))
	f.Add([]byte{255, 255, 255, 255, 1})
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, body, err := readFrame(bytes.NewReader(b), 1<<10)
		if err != nil {
			return
		}
		if len(body) > 1<<10 || !bytes.Equal(frame(kind, body), b[:5+len(body)]) {
			t.Errorf("read frame %d of %d bytes from %q", kind, len(body), b)
		}
		if h, err := parseHello(body); err == nil && !bytes.Equal(h.encode(), body) {
			t.Errorf("greeting %+v", h)
		}
		if in, err := readIntroduction(body); err == nil && (len([]rune(in.Name)) > 64 || strings.ContainsAny(in.Name, "\n\x00")) {
			t.Errorf("introduction %q", in.Name)
		}
	})
}
