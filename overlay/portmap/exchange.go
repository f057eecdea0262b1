package portmap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// Requests over UDP are repeated after firstWait, then after twice as long
// each time (RFC 6886, 3.1).
const firstWait = 250 * time.Millisecond

// maxDatagram is the largest that UDP carries over IPv4. Some systems take one
// that is larger than the buffer for an error of the socket.
const maxDatagram = 65507

// exchange sends a request to the control port of a gateway until read takes an
// answer: it returns false, and why, for a packet that answers something else.
// The error is what read returned with true, ErrNoAnswer, or ErrBadAnswer when
// all that came was refused by read.
func exchange(ctx context.Context, t target, request []byte, read func([]byte) (bool, error)) error {
	limited, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	dialer := net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.AddrPortFrom(t.local, 0))}
	// A connected socket takes packets of that address and port only.
	c, err := dialer.DialContext(limited, "udp4", netip.AddrPortFrom(t.gateway, t.control).String())
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrNoAnswer, err)
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(limited, func() { _ = c.Close() })()
	var why error // the last packet was no answer
	buf := make([]byte, maxDatagram)
	for wait := firstWait; limited.Err() == nil; wait *= 2 {
		if _, err = c.Write(request); err != nil {
			break
		}
		if err = c.SetReadDeadline(time.Now().Add(wait)); err != nil {
			break
		}
		var done bool
		if done, why, err = readUntil(c, buf, why, read); done {
			return why
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case why != nil:
		return fmt.Errorf("%w (%w)", ErrBadAnswer, why)
	case limited.Err() == nil && !errors.Is(err, syscall.ECONNREFUSED): // not the gateway, but this machine
		return fmt.Errorf("%w (%w)", ErrNoAnswer, err)
	}
	return ErrNoAnswer
}

// readUntil reads until read takes a packet, and returns what it said; or until
// reading fails, and returns that and why the last packet was not taken.
func readUntil(c net.Conn, buf []byte, why error, read func([]byte) (bool, error)) (bool, error, error) {
	for {
		size, err := c.Read(buf)
		if err != nil {
			return false, why, err
		}
		done, said := read(buf[:size])
		if done {
			return true, said, nil
		}
		why = said
	}
}
