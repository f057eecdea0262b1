package imagelib

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/libpaul/paul/internal/durable"
)

// remembered is what was once found in a watched folder, so that it is not read
// again at each start. Its file is a title and records of the same length:
//
//	16 bytes  of the SHA-256 of the file's path
//	16 bytes  of the SHA-256 of its size and time
//	32 bytes  the digest of the file; zero: it is no photo, or lies beside one
//
// Of two records of a path the later holds. What a crash leaves out is found
// again, and what it damages matches no file.
type remembered struct {
	path string

	mu    sync.Mutex // guards the rest
	f     *os.File   // appended to
	files map[look]seenFile
	lines int // records in f
}

// look is the beginning of a hash.
type look [16]byte

type seenFile struct {
	as     look // its size and time
	digest Digest
	round  uint32 // when it was last met; see prune
}

const rememberedLine = 64

var rememberedTitle = append([]byte("Paul: what was found in a watched folder, 1"), bytes.Repeat([]byte("\n"), rememberedLine-43)...)

// openRemembered reads the file at path, if it is there.
func openRemembered(path string) (*remembered, error) {
	r := &remembered{path: path, files: make(map[look]seenFile)}
	if err := durable.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("remember what was found: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read what was found: %w", err)
	}
	whole := len(data) / rememberedLine * rememberedLine
	if body, ok := bytes.CutPrefix(data[:whole], rememberedTitle); ok {
		for ; len(body) > 0; body = body[rememberedLine:] {
			var s seenFile
			copy(s.as[:], body[16:])
			copy(s.digest[:], body[32:])
			r.files[look(body[:16])] = s
			r.lines++
		}
	}
	return r, r.begin(len(data) == whole && r.lines < 2*len(r.files)+1000 && len(data) > 0)
}

// begin opens the file for more, rewritten unless it is sound. The caller holds
// mu, or is the only one.
func (r *remembered) begin(sound bool) (err error) {
	if !sound {
		out := bytes.NewBuffer(append(make([]byte, 0, rememberedLine*(1+len(r.files))), rememberedTitle...))
		for key, s := range r.files {
			out.Write(line(key, s))
		}
		if err := durable.WriteFile(r.path, out.Bytes(), 0o600); err != nil {
			return fmt.Errorf("remember what was found: %w", err)
		}
		r.lines = len(r.files)
	}
	old := r.f
	if r.f, err = os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
		return fmt.Errorf("remember what was found: %w", err)
	}
	if old != nil {
		return old.Close()
	}
	return nil
}

func (r *remembered) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.f.Close()
}

func line(key look, s seenFile) []byte {
	out := make([]byte, 0, rememberedLine)
	out = append(out, key[:]...)
	out = append(out, s.as[:]...)
	return append(out, s.digest[:]...)
}

// keyOf and lookOf are what a file is remembered by.
func keyOf(path string) look {
	sum := sha256.Sum256([]byte(path))
	return look(sum[:16])
}

func lookOf(s source) look {
	b := binary.BigEndian.AppendUint64(nil, uint64(s.size))          //nolint:gosec // any bits will do
	b = binary.BigEndian.AppendUint64(b, uint64(s.mtime.UnixNano())) //nolint:gosec // as above
	sum := sha256.Sum256(b)
	return look(sum[:16])
}

// find returns the digest of a file that has not changed since it was put,
// zero for what is no photo.
func (r *remembered) find(s source, round uint32) (d Digest, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := keyOf(s.path)
	seen, ok := r.files[key]
	if !ok || seen.as != lookOf(s) {
		return d, false
	}
	seen.round = round
	r.files[key] = seen
	return seen.digest, true
}

func (r *remembered) put(s source, d Digest, round uint32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	key, seen := keyOf(s.path), seenFile{as: lookOf(s), digest: d, round: round}
	r.files[key] = seen
	r.lines++
	_, err := io.Copy(r.f, bytes.NewReader(line(key, seen)))
	return err
}

// prune forgets what was not met in a round, in which n files were, if that is
// most of it.
func (r *remembered) prune(round uint32, n int) error {
	const spared = 50_000 // a disk with so many may be away
	r.mu.Lock()
	defer r.mu.Unlock()
	if n == 0 || len(r.files) < 2*n+spared {
		return nil
	}
	for key, s := range r.files {
		if s.round != round {
			delete(r.files, key)
		}
	}
	return r.begin(false)
}
