package meta

import (
	"encoding/binary"
	"io"
	"sync"
)

// Bounds on what one file may cost.
const (
	maxBlob  = 4 << 20   // one read, bytes
	maxWork  = 64 << 20  // all reads of one file, bytes
	maxReads = 100_000   // reads of one file
	window   = 128 << 10 // bytes read ahead
)

// source reads a file in bounded pieces. A read past the end, past a bound or
// that fails gives fewer bytes or none: the parsers treat that as the end.
type source struct {
	r           io.ReaderAt
	size        int64
	work, reads int
	mem         []byte // the whole file, when it is in memory
	buf         []byte // the last piece read ahead
	bufAt       int64  // where buf lies
	spare       *[window]byte
}

// windows are pieces that were read ahead, to be used again.
var windows = sync.Pool{New: func() any { return new([window]byte) }}

// newSource begins to read a file. Nothing that at returned is used after release.
func newSource(r io.ReaderAt, size int64) *source {
	return &source{r: r, size: size, spare: windows.Get().(*[window]byte)}
}

func (s *source) release() { windows.Put(s.spare) }

func newMemory(data []byte) *source {
	return &source{mem: data, size: int64(len(data))}
}

// at returns up to n bytes at off. They are valid until the next call.
func (s *source) at(off int64, n int) []byte {
	if off < 0 || n <= 0 || n > maxBlob || off >= s.size {
		return nil
	}
	n = int(min(int64(n), s.size-off))
	s.reads++
	s.work += n
	if s.reads > maxReads || s.work > maxWork {
		return nil
	}
	if s.mem != nil {
		return s.mem[off : off+int64(n)]
	}
	if in := off - s.bufAt; in >= 0 && in+int64(n) <= int64(len(s.buf)) {
		return s.buf[in : in+int64(n)]
	}
	s.buf = s.spare[:min(window, s.size-off)]
	if n > window {
		s.buf = make([]byte, n)
	}
	k, _ := s.r.ReadAt(s.buf, off) // what could not be read is the end
	s.buf, s.bufAt = s.buf[:max(k, 0)], off
	return s.buf[:min(n, len(s.buf))]
}

// copyAt is at with bytes that stay valid.
func (s *source) copyAt(off int64, n int) []byte {
	return append([]byte(nil), s.at(off, n)...)
}

func be16(b []byte) int   { return int(binary.BigEndian.Uint16(b)) }
func be32(b []byte) int64 { return int64(binary.BigEndian.Uint32(b)) }
func le16(b []byte) int   { return int(binary.LittleEndian.Uint16(b)) }
func le32(b []byte) int64 { return int64(binary.LittleEndian.Uint32(b)) }
