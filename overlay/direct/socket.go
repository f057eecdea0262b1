package direct

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/pion/stun/v4"
	"github.com/quic-go/quic-go"
)

// maxSessions bounds the devices that are answered at a time.
const maxSessions = 64

// socket is the one UDP socket of a device: checks, questions to STUN servers
// and all direct links share it, so that a NAT has one mapping for them.
type socket struct {
	conn *net.UDPConn
	quic *quic.Transport
	ipv6 bool
	// close ends all links of the socket too.
	close func() error

	mu       sync.Mutex // guards what follows
	asked    map[[stun.TransactionIDSize]byte]*question
	sessions map[string]*session // by own user
}

// question is a binding request that waits for its answer.
type question struct {
	to     netip.AddrPort
	sent   time.Time
	signed *stun.MessageIntegrity // that the answer must bear; nil for a STUN server
	answer func(seen netip.AddrPort, rtt time.Duration)
}

// bindSocket takes the first address that is free. It sends and reads nothing
// before run.
func bindSocket(addresses ...string) (*socket, error) {
	var errs []error
	for _, address := range addresses {
		at, err := net.ResolveUDPAddr("udp", address)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		conn, err := net.ListenUDP("udp", at)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		transport := &quic.Transport{Conn: conn}
		return &socket{
			conn: conn, quic: transport, ipv6: at.IP.To4() == nil,
			close: sync.OnceValue(func() error { return errors.Join(transport.Close(), conn.Close()) }),
			asked: map[[stun.TransactionIDSize]byte]*question{}, sessions: map[string]*session{},
		}, nil
	}
	return nil, fmt.Errorf("bind the socket of direct links: %w", errors.Join(errs...))
}

// anyAddress are the addresses of a socket that everybody may reach, the
// preferred one first; a machine may have no IPv6.
func anyAddress() []string {
	port := strconv.Itoa(Port)
	return []string{"[::]:" + port, "0.0.0.0:" + port, "[::]:0", "0.0.0.0:0"}
}

func (s *socket) port() uint16 { return uint16(s.conn.LocalAddr().(*net.UDPAddr).Port) }

// run answers checks and takes answers until ctx ends.
func (s *socket) run(ctx context.Context) {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.quic.ReadNonQUICPacket(ctx, buf)
		if err != nil {
			return // ctx has ended, or the socket is closed
		}
		if at, ok := addrPort(from); ok {
			s.receive(buf[:n], at, time.Now())
		}
	}
}

func addrPort(a net.Addr) (netip.AddrPort, bool) {
	u, ok := a.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	at := u.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port()), true
}

// receive takes what is no QUIC. Whatever is not a check of an open session or
// the answer to a question is dropped without a word.
func (s *socket) receive(b []byte, from netip.AddrPort, now time.Time) {
	m := &stun.Message{Raw: b}
	if m.Decode() != nil {
		return
	}
	switch m.Type {
	case stun.BindingRequest:
		var user stun.Username
		if user.GetFrom(m) != nil || stun.Fingerprint.Check(m) != nil {
			return
		}
		s.mu.Lock()
		session := s.sessions[string(user)]
		s.mu.Unlock()
		if session != nil && session.own.Check(m) == nil {
			s.answer(m, session, from)
		}
	case stun.BindingSuccess:
		s.settle(m, from, now)
	}
}

// answer tells who has sent a signed check where it came from.
func (s *socket) answer(m *stun.Message, session *session, from netip.AddrPort) {
	seen := &stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())}
	reply, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess, seen, session.own, stun.Fingerprint)
	if err != nil {
		return // nothing that can be built is refused
	}
	s.send(reply.Raw, from)
	session.heard(from)
}

// settle gives an answer to whoever has asked, if it comes from where the
// question went.
func (s *socket) settle(m *stun.Message, from netip.AddrPort, now time.Time) {
	s.mu.Lock()
	q := s.asked[m.TransactionID]
	if q == nil || q.to != from {
		s.mu.Unlock()
		return
	}
	delete(s.asked, m.TransactionID)
	s.mu.Unlock()
	if q.signed != nil && q.signed.Check(m) != nil {
		return
	}
	var seen stun.XORMappedAddress
	if seen.GetFrom(m) != nil {
		return
	}
	if a, ok := netip.AddrFromSlice(seen.IP); ok && seen.Port > 0 {
		q.answer(netip.AddrPortFrom(a.Unmap(), uint16(seen.Port)), now.Sub(q.sent))
	}
}

// ask sends a binding request. The func it returns forgets the question.
func (s *socket) ask(q *question, attributes ...stun.Setter) (forget func(), err error) {
	m, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.BindingRequest}, attributes...)...)
	if err != nil {
		return nil, fmt.Errorf("build binding request: %w", err)
	}
	q.sent = time.Now()
	s.mu.Lock()
	s.asked[m.TransactionID] = q
	s.mu.Unlock()
	s.send(m.Raw, q.to)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.asked, m.TransactionID)
	}, nil
}

// send loses what cannot be sent: it is asked again, or by another way.
func (s *socket) send(b []byte, to netip.AddrPort) {
	_, _ = s.quic.WriteTo(b, net.UDPAddrFromAddrPort(to))
}

func (s *socket) open(c *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sessions) >= maxSessions {
		return fmt.Errorf("%w: too many ask at once", ErrSignal)
	}
	s.sessions[c.user] = c
	return nil
}

func (s *socket) forget(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c.user)
}

// expects reports whether a signed check has come from that address: only who
// has sent one may begin a connection.
func (s *socket) expects(at netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sessions {
		if c.hasHeard(at) {
			return true
		}
	}
	return false
}

var errUnexpected = errors.New("no device is expected at that address")

// listen accepts connections of devices that a session has heard.
func (s *socket) listen(config *tls.Config) (*quic.Listener, error) {
	s.quic.ConnContext = func(ctx context.Context, info *quic.ClientInfo) (context.Context, error) {
		if at, ok := addrPort(info.RemoteAddr); !ok || !s.expects(at) {
			return nil, errUnexpected
		}
		return ctx, nil
	}
	return s.quic.Listen(config, quicConfig())
}
