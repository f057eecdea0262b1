package pairing

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Types of frames.
const (
	frameHello byte = iota + 1
	frameProof
	framePerson
	frameAccept
	framePayload
	frameDone
	frameRefused
)

const (
	// stepTime bounds each step in which no person is involved.
	stepTime = 15 * time.Second
	// maxPerson bounds a frame with names.
	maxPerson = 4 << 10
	// MaxPayload bounds what the caller of either end may hand over, in bytes.
	MaxPayload = 1 << 20
	// maxHanded bounds a frame with names and a payload, which takes base64.
	maxHanded = MaxPayload/3*4 + 8<<10
)

// wire is one end of a connection. It reads in one goroutine at a time, and
// writes in one.
type wire struct {
	conn     net.Conn
	guest    bool   // the end that may be refused
	out, in  []byte // keys of sealed frames, by direction
	sent     uint64 // sealed frames
	received uint64
}

// readFrame reads one frame, whose content has at most limit bytes.
func readFrame(r io.Reader, limit int) (kind byte, body []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[:4])
	if n < 1 || n-1 > uint32(limit) {
		return 0, nil, fmt.Errorf("%w: a frame of %d bytes", ErrProtocol, n)
	}
	var buf bytes.Buffer // grows by what arrives, not by what is announced
	if _, err := io.CopyN(&buf, r, int64(n-1)); err != nil {
		return 0, nil, err
	}
	return head[4], buf.Bytes(), nil
}

// writeFrame writes one frame.
func writeFrame(w io.Writer, kind byte, body []byte) error {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 5+len(body)), uint32(1+len(body)))
	_, err := w.Write(append(append(b, kind), body...))
	return err
}

func (w *wire) send(kind byte, body []byte) error {
	if err := w.conn.SetWriteDeadline(time.Now().Add(stepTime)); err != nil {
		return gone(err)
	}
	return gone(writeFrame(w.conn, kind, body))
}

// receive reads a frame of the kind wanted within the time given. A refusal
// comes back as the error it stands for.
func (w *wire) receive(kind byte, limit int, within time.Duration) ([]byte, error) {
	if err := w.conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		return nil, gone(err)
	}
	got, body, err := readFrame(w.conn, limit)
	switch {
	case err != nil:
		return nil, gone(err)
	case w.guest && got == frameRefused && len(body) == 1 && causes[body[0]] != nil:
		return nil, causes[body[0]]
	case got != kind:
		return nil, fmt.Errorf("%w: frame %d in place of %d", ErrProtocol, got, kind)
	}
	return body, nil
}

// seal sets the keys of sealed frames.
func (w *wire) seal(out, in []byte) { w.out, w.in = out, in }

func (w *wire) sendSealed(kind byte, body []byte) error {
	tag := sealTag(w.out, w.sent, kind, body)
	w.sent++
	return w.send(kind, append(body[:len(body):len(body)], tag...))
}

func (w *wire) receiveSealed(kind byte, limit int, within time.Duration) ([]byte, error) {
	body, err := w.receive(kind, limit+sha256.Size, within)
	if err != nil {
		return nil, err
	}
	cut := len(body) - sha256.Size
	if cut < 0 || !hmac.Equal(body[cut:], sealTag(w.in, w.received, kind, body[:cut])) {
		return nil, fmt.Errorf("%w: a frame with a broken seal", ErrProtocol)
	}
	w.received++
	return body[:cut], nil
}

func sealTag(key []byte, n uint64, kind byte, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(append(binary.BigEndian.AppendUint64(nil, n), kind))
	h.Write(body)
	return h.Sum(nil)
}

// refuse tells the guest why, if the cause is one that it may know.
func (w *wire) refuse(err error) {
	for number, cause := range causes {
		if errors.Is(err, cause) {
			_ = w.send(frameRefused, []byte{number}) // the guest may be gone, which is its own affair
			return
		}
	}
}

// gone maps what a connection reports when the other end has left.
func gone(err error) error {
	if err == nil || errors.Is(err, ErrProtocol) {
		return err
	}
	return fmt.Errorf("%w (%w)", ErrGone, err)
}

// during closes conn when ctx ends, and at the latest when the returned func
// is called; that returns the error of ctx in place of what it made of conn.
func during(ctx context.Context, conn net.Conn) (finish func(error) error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return func(err error) error {
		stop()
		_ = conn.Close() // everything was said
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
}
