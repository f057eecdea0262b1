package proxy

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"syscall"

	"github.com/libpaul/paul/overlay"
)

// RFC 1928 and RFC 1929.
const (
	socksVersion     = 5
	methodPassword   = 2
	methodNone       = 0xff
	passwordVersion  = 1
	commandConnect   = 1
	addressIPv4      = 1
	addressName      = 3
	addressIPv6      = 4
	replyDone        = 0
	replyFailed      = 1
	replyForbidden   = 2
	replyUnreachable = 4
	replyRefused     = 5
	replyCommand     = 7
	replyAddress     = 8
)

var errBadSOCKS = errors.New("malformed SOCKS request")

// replyError is an error that the client is told by a code.
type replyError struct {
	code byte
	text string
}

func (e *replyError) Error() string { return e.text }

// serveSOCKS negotiates and returns the connection asked for.
func (s *server) serveSOCKS(ctx context.Context, c net.Conn, r *bufio.Reader) (net.Conn, error) {
	if err := s.socksLogIn(c, r); err != nil {
		return nil, err
	}
	host, port, err := readSOCKSRequest(r)
	if err != nil {
		return nil, errors.Join(err, writeReply(c, replyCode(err)))
	}
	remote, err := s.connect(ctx, c, host, port)
	if err != nil {
		return nil, errors.Join(err, writeReply(c, replyCode(err)))
	}
	if err := writeReply(c, replyDone); err != nil {
		_ = remote.Close() // the write's error says more
		return nil, err
	}
	return remote, nil
}

func (s *server) socksLogIn(c net.Conn, r *bufio.Reader) error {
	methods, err := readSOCKSMethods(r)
	if err != nil {
		return err
	}
	if !slices.Contains(methods, methodPassword) {
		_, err := c.Write([]byte{socksVersion, methodNone})
		return errors.Join(errCredentials, err)
	}
	if _, err := c.Write([]byte{socksVersion, methodPassword}); err != nil {
		return err
	}
	user, password, err := readSOCKSPassword(r)
	if err != nil {
		return err
	}
	if !s.authentic(user, password) {
		_, err := c.Write([]byte{passwordVersion, 1})
		return errors.Join(errCredentials, err)
	}
	_, err = c.Write([]byte{passwordVersion, 0})
	return err
}

// readSOCKSMethods reads version, count and methods.
func readSOCKSMethods(r io.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if head[0] != socksVersion {
		return nil, errBadSOCKS
	}
	methods := make([]byte, head[1])
	_, err := io.ReadFull(r, methods)
	return methods, err
}

// readSOCKSPassword reads version, user and password.
func readSOCKSPassword(r io.Reader) (user, password string, err error) {
	var version [1]byte
	if _, err := io.ReadFull(r, version[:]); err != nil {
		return "", "", err
	}
	if version[0] != passwordVersion {
		return "", "", errBadSOCKS
	}
	if user, err = readString(r); err != nil {
		return "", "", err
	}
	password, err = readString(r)
	return user, password, err
}

// readString reads a byte of length and as many bytes.
func readString(r io.Reader) (string, error) {
	var size [1]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return "", err
	}
	b := make([]byte, size[0])
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	return string(b), nil
}

// readSOCKSRequest reads the request to connect to a host. The error is a
// *replyError if the client can be told what is wrong.
func readSOCKSRequest(r io.Reader) (host, port string, err error) {
	var head [4]byte // version, command, reserved, address type
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", "", err
	}
	if head[0] != socksVersion {
		return "", "", errBadSOCKS
	}
	if head[1] != commandConnect {
		return "", "", &replyError{replyCommand, fmt.Sprintf("SOCKS command %d is not served", head[1])}
	}
	switch head[3] {
	case addressIPv4:
		host, err = readAddress(r, 4)
	case addressIPv6:
		host, err = readAddress(r, 16)
	case addressName:
		host, err = readString(r)
	default:
		return "", "", &replyError{replyAddress, fmt.Sprintf("SOCKS address type %d is not served", head[3])}
	}
	if err != nil {
		return "", "", err
	}
	var p [2]byte
	if _, err := io.ReadFull(r, p[:]); err != nil {
		return "", "", err
	}
	return host, strconv.Itoa(int(binary.BigEndian.Uint16(p[:]))), nil
}

func readAddress(r io.Reader, size int) (string, error) {
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	a, _ := netip.AddrFromSlice(b)
	return a.String(), nil
}

// replyCode maps why a connection failed to a SOCKS reply.
func replyCode(err error) byte {
	var told *replyError
	switch {
	case errors.As(err, &told):
		return told.code
	case errors.Is(err, errForbidden), errors.Is(err, overlay.ErrNotAdmitted), errors.Is(err, overlay.ErrBadName):
		return replyForbidden
	case errors.Is(err, overlay.ErrUnreachable), errors.Is(err, errUnknownName):
		return replyUnreachable
	case errors.Is(err, syscall.ECONNREFUSED):
		return replyRefused
	}
	return replyFailed
}

// writeReply writes a reply whose bound address is left empty.
func writeReply(w io.Writer, code byte) error {
	_, err := w.Write([]byte{socksVersion, code, 0, addressIPv4, 0, 0, 0, 0, 0, 0})
	return err
}
