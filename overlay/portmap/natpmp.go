package portmap

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// NAT-PMP, RFC 6886: opcodes of 3.2 and 3.3, and result codes of 3.5.
const (
	pmpAddress        = 0
	pmpMapUDP         = 1
	pmpNetworkFailure = 3
	pmpNoResources    = 4
)

// pmpAnswer is a response to pmpAddress, with address, or to pmpMapUDP, with
// what follows it.
type pmpAnswer struct {
	opcode   byte
	result   uint16
	epoch    uint32
	address  netip.Addr
	internal uint16
	external uint16
	lifetime time.Duration
}

// parsePMP reads a response. Those with a result other than 0 may be cut short.
func parsePMP(p []byte) (pmpAnswer, error) {
	if len(p) < 8 || p[0] != 0 || p[1]&answerBit == 0 {
		return pmpAnswer{}, fmt.Errorf("no NAT-PMP answer, in %d bytes", len(p))
	}
	a := pmpAnswer{
		opcode: p[1] &^ answerBit,
		result: binary.BigEndian.Uint16(p[2:]),
		epoch:  binary.BigEndian.Uint32(p[4:]),
	}
	switch {
	case a.result != 0:
	case a.opcode == pmpAddress && len(p) == 12:
		a.address = netip.AddrFrom4([4]byte(p[8:12]))
	case a.opcode == pmpMapUDP && len(p) == 16:
		a.internal = binary.BigEndian.Uint16(p[8:])
		a.external = binary.BigEndian.Uint16(p[10:])
		a.lifetime = time.Duration(binary.BigEndian.Uint32(p[12:])) * time.Second
	default:
		return pmpAnswer{}, fmt.Errorf("NAT-PMP answer to opcode %d of %d bytes", a.opcode, len(p))
	}
	return a, nil
}

// pmpError says what a result code means.
func pmpError(code uint16) error {
	switch code {
	case 0:
		return nil
	case pmpNetworkFailure:
		return fmt.Errorf("%w (NAT-PMP result %d)", ErrOffline, code)
	case pmpNoResources:
		return fmt.Errorf("%w (NAT-PMP result %d)", ErrFull, code)
	}
	return fmt.Errorf("%w (NAT-PMP result %d)", ErrRefused, code)
}

type pmpSession struct{ target target }

func findNATPMP(ctx context.Context, t target) (session, error) {
	s := pmpSession{t}
	_, err := s.externalAddress(ctx)
	return s, absent(err, "NAT-PMP")
}

// externalAddress returns one that passes checkExternal.
func (s pmpSession) externalAddress(ctx context.Context) (netip.Addr, error) {
	a, err := s.ask(ctx, []byte{0, pmpAddress}, func(pmpAnswer) bool { return true })
	if err != nil {
		return netip.Addr{}, err
	}
	return a.address, checkExternal(a.address)
}

func (s pmpSession) add(ctx context.Context, r request) (grant, error) {
	address, err := s.externalAddress(ctx)
	if err != nil {
		return grant{}, err
	}
	a, err := s.mapping(ctx, r)
	if err != nil {
		return grant{}, err
	}
	return grant{
		external: netip.AddrPortFrom(address, a.external),
		lifetime: a.lifetime,
		epoch:    epoch{a.epoch, wallClock()},
	}, nil
}

func (s pmpSession) remove(ctx context.Context, r request) error {
	r.lifetime, r.external = 0, netip.AddrPort{} // 3.4
	_, err := s.mapping(ctx, r)
	return err
}

func (s pmpSession) mapping(ctx context.Context, r request) (pmpAnswer, error) {
	p := []byte{0, pmpMapUDP, 0, 0}
	p = binary.BigEndian.AppendUint16(p, r.port)
	p = binary.BigEndian.AppendUint16(p, r.external.Port())
	p = binary.BigEndian.AppendUint32(p, uint32(r.lifetime/time.Second))
	return s.ask(ctx, p, func(a pmpAnswer) bool { return a.internal == r.port })
}

// ask returns the answer to a request; ours tells it from one to another.
func (s pmpSession) ask(ctx context.Context, request []byte, ours func(pmpAnswer) bool) (pmpAnswer, error) {
	var got pmpAnswer
	err := exchange(ctx, s.target, request, func(p []byte) (bool, error) {
		a, err := parsePMP(p)
		switch {
		case err != nil:
			return false, err
		case a.opcode != request[1], a.result == 0 && !ours(a):
			return false, fmt.Errorf("NAT-PMP answer to another request, of opcode %d", a.opcode)
		}
		got = a
		return true, pmpError(a.result)
	})
	return got, err
}
