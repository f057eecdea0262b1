//go:build unix

package overlay

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// limitSegments makes both ends of a TCP connection, which is not made yet,
// send segments that fit into the smallest packets of IPv6. A path that loses
// larger ones and tells nobody (many a tunnel) would let not even the TLS
// handshake through.
func limitSegments(c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, maxSegment)
	}); e != nil {
		return e
	}
	return err
}
