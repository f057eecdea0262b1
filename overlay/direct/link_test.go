package direct

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// Without a certificate of an Ed25519 key there is no connection, whoever is
// allowed to make one.
func TestCertificateOfAnotherKind(t *testing.T) {
	t.Parallel()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	config := MutualTLS(tls.Certificate{}, protocol, func(ed25519.PublicKey) bool { return true })
	for name, certs := range map[string][]*x509.Certificate{
		"none":  nil,
		"ECDSA": {{PublicKey: other.Public()}},
	} {
		if err := config.VerifyConnection(tls.ConnectionState{NegotiatedProtocol: protocol, PeerCertificates: certs}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	own := newDevice(t, 8).key()
	if err := config.VerifyConnection(tls.ConnectionState{NegotiatedProtocol: protocol, PeerCertificates: []*x509.Certificate{{PublicKey: own}}}); err != nil {
		t.Error(err)
	}
}

// A link takes the place of the one before it.
func TestLinkTakesThePlaceOfAnother(t *testing.T) {
	t.Parallel()
	d := newDevice(t, 8)
	up, down := make(chan string), make(chan string, 2)
	d.opts.Carry = func(ctx context.Context, l Link) error {
		up <- l.Method
		<-ctx.Done()
		down <- l.Method
		return ctx.Err()
	}
	e := d.opened(t)
	ctx, cancel := context.WithCancel(t.Context())
	p, _ := e.enter(newDevice(t, 9).key())
	for _, method := range []string{MethodPunched, MethodLAN} {
		e.group.Go(func() { e.keep(ctx, p, Link{Method: method}) })
		<-up
	}
	select {
	case ended := <-down:
		if ended != MethodPunched {
			t.Error("the later link has ended")
		}
	case <-time.After(patience):
		t.Error("both links are kept")
	}
	cancel()
	e.group.Wait()
}

// A check is answered by what bears the password of who was asked, or not.
func TestAnswersAreSigned(t *testing.T) {
	t.Parallel()
	e := newDevice(t, 8).opened(t)
	to := netip.MustParseAddrPort(listenUDP(t).LocalAddr().String())
	good, bad := stun.NewShortTermIntegrity(anOffer.Password), stun.NewShortTermIntegrity("another password of some length")
	for name, tt := range map[string]struct {
		setters []stun.Setter
		want    bool
	}{
		"unsigned":         {nil, false},
		"another password": {[]stun.Setter{bad}, false},
		"signed":           {[]stun.Setter{good}, true},
	} {
		answered := false
		forget, err := e.socket.ask(&question{to: to, signed: &good, answer: func(netip.AddrPort, time.Duration) { answered = true }})
		if err != nil {
			t.Fatal(err)
		}
		for id := range e.socket.asked {
			setters := append([]stun.Setter{stun.BindingSuccess, seen("11.22.33.44:5")}, tt.setters...)
			e.socket.receive(reply(&stun.Message{TransactionID: id}, setters...), to, time.Now())
		}
		if answered != tt.want {
			t.Errorf("%s: answered %v", name, answered)
		}
		forget()
	}
}
