package portmap

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// PCP, RFC 6887: a header of 24 bytes (7.1, 7.2), and after it what the opcode
// needs, 36 bytes for MAP (11.1).
const (
	pcpVersion  = 2
	pcpAnnounce = 0
	pcpMap      = 1
	pcpHeader   = 24
	pcpMapSize  = 60
	maxPCP      = 1100
	protocolUDP = 17
	answerBit   = 0x80
)

// Result codes of 7.4 that say more than that the request was refused.
const (
	pcpUnsupportedVersion = 1
	pcpUnsupportedOpcode  = 4
	pcpNetworkFailure     = 7
	pcpNoResources        = 8
	pcpUserQuota          = 10
	pcpCannotProvide      = 11
	pcpAddressMismatch    = 12
)

// pcpAnswer is a response; what follows nonce is there if it answers MAP.
type pcpAnswer struct {
	opcode   byte
	result   byte
	lifetime time.Duration
	epoch    uint32
	mapped   bool // the fields that follow are there
	nonce    [12]byte
	protocol byte
	internal uint16
	external netip.AddrPort
}

// errOldVersion: what answers speaks NAT-PMP, or another version of PCP.
var errOldVersion = errors.New("it speaks no PCP of version 2")

// parsePCP reads a response. The error is errOldVersion if it says so.
func parsePCP(p []byte) (pcpAnswer, error) {
	switch {
	case len(p) >= 4 && p[0] != pcpVersion && p[1]&answerBit != 0 && (p[3] == pcpUnsupportedVersion):
		return pcpAnswer{}, errOldVersion // RFC 6887, 9; RFC 6886, 3.5
	case len(p) < pcpHeader, len(p) > maxPCP, len(p)%4 != 0:
		return pcpAnswer{}, fmt.Errorf("PCP packet of %d bytes", len(p))
	case p[0] != pcpVersion:
		return pcpAnswer{}, fmt.Errorf("PCP packet of version %d", p[0])
	case p[1]&answerBit == 0:
		return pcpAnswer{}, errors.New("PCP packet that is no answer")
	}
	a := pcpAnswer{
		opcode: p[1] &^ answerBit, result: p[3],
		lifetime: time.Duration(binary.BigEndian.Uint32(p[4:])) * time.Second,
		epoch:    binary.BigEndian.Uint32(p[8:]),
	}
	if a.opcode != pcpMap || len(p) < pcpMapSize {
		return a, nil
	}
	a.mapped = true
	copy(a.nonce[:], p[24:36])
	a.protocol = p[36]
	a.internal = binary.BigEndian.Uint16(p[40:])
	a.external = netip.AddrPortFrom(netip.AddrFrom16([16]byte(p[44:60])).Unmap(), binary.BigEndian.Uint16(p[42:]))
	return a, nil
}

// pcpHead begins a request.
func pcpHead(opcode byte, lifetime time.Duration, from netip.Addr) []byte {
	p := []byte{pcpVersion, opcode, 0, 0}
	p = binary.BigEndian.AppendUint32(p, uint32(lifetime/time.Second))
	own := from.As16()
	return append(p, own[:]...)
}

func mapRequest(r request, from netip.Addr) []byte {
	p := append(pcpHead(pcpMap, r.lifetime, from), r.nonce[:]...)
	p = append(p, protocolUDP, 0, 0, 0)
	p = binary.BigEndian.AppendUint16(p, r.port)
	p = binary.BigEndian.AppendUint16(p, r.external.Port())
	wanted := netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff}).As16() // any IPv4 address (11.1)
	if r.external.Addr().Is4() {
		wanted = r.external.Addr().As16()
	}
	return append(p, wanted[:]...)
}

// pcpError says what a result code means.
func pcpError(code byte) error {
	switch code {
	case 0:
		return nil
	case pcpNetworkFailure:
		return fmt.Errorf("%w (PCP result %d)", ErrOffline, code)
	case pcpNoResources, pcpUserQuota, pcpCannotProvide:
		return fmt.Errorf("%w (PCP result %d)", ErrFull, code)
	case pcpAddressMismatch:
		return fmt.Errorf("%w (PCP result %d)", ErrDoubleNAT, code)
	}
	return fmt.Errorf("%w (PCP result %d)", ErrRefused, code)
}

type pcpSession struct{ target target }

// findPCP sends an announcement, which a server answers with its epoch (14.1).
func findPCP(ctx context.Context, t target) (session, error) {
	err := exchange(ctx, t, pcpHead(pcpAnnounce, 0, t.local), func(p []byte) (bool, error) {
		a, err := parsePCP(p)
		switch {
		case errors.Is(err, errOldVersion):
			return true, fmt.Errorf("%w in PCP: %w", ErrNoAnswer, err)
		case err != nil:
			return false, err
		case a.opcode != pcpAnnounce:
			return false, fmt.Errorf("answer to PCP opcode %d", a.opcode)
		case a.result == pcpUnsupportedOpcode:
			return true, nil
		}
		return true, pcpError(a.result)
	})
	return pcpSession{t}, absent(err, "PCP")
}

func (s pcpSession) add(ctx context.Context, r request) (grant, error) {
	a, err := s.ask(ctx, r)
	if err != nil {
		return grant{}, err
	}
	return grant{external: a.external, lifetime: a.lifetime, epoch: epoch{a.epoch, wallClock()}}, nil
}

func (s pcpSession) remove(ctx context.Context, r request) error {
	r.lifetime, r.external = 0, netip.AddrPort{} // 15.1
	_, err := s.ask(ctx, r)
	return err
}

func (s pcpSession) ask(ctx context.Context, r request) (pcpAnswer, error) {
	var got pcpAnswer
	err := exchange(ctx, s.target, mapRequest(r, s.target.local), func(p []byte) (bool, error) {
		a, err := parsePCP(p)
		switch {
		case err != nil:
			return false, err
		case a.opcode != pcpMap:
			return false, fmt.Errorf("answer to PCP opcode %d", a.opcode)
		case !a.mapped && a.result == 0:
			return false, errors.New("PCP answer without a mapping")
		case a.mapped && (a.nonce != r.nonce || a.protocol != protocolUDP || a.internal != r.port):
			return false, errors.New("PCP answer about another mapping")
		}
		got = a
		return true, pcpError(a.result)
	})
	return got, err
}

// absent adds to ErrNoAnswer what it means before a protocol was ever spoken.
func absent(err error, name string) error {
	if errors.Is(err, ErrNoAnswer) {
		return fmt.Errorf("%w: it has no %s, or it is switched off in its settings", err, name)
	}
	return err
}
