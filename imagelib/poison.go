package imagelib

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/codec"
	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/thumb"
	"github.com/libpaul/paul/internal/durable"
)

// errPoison is why a file is not decoded any more.
var errPoison = errors.New("decoding it broke down twice")

// poison is the files over which the process that decodes has broken down, taken too
// long, or taken too much memory, and how often. After the second time a file is left
// alone, also after a start, until the program decodes in another way: one time may
// have been the machine's fault. The originals are kept and synced all the same.
//
// The list's file is a title and a digest for each time.
type poison struct {
	path string

	mu    sync.Mutex // guards the rest
	times map[Digest]int
}

const (
	poisonName = "poison"
	maxPoison  = 10_000 // digests kept; the list begins anew when it is full
)

// poisonTitle tells for which way of decoding the list holds.
func poisonTitle() string {
	return fmt.Sprintf("Paul: files that are not decoded any more, 1.%d.%d\n", meta.Version, thumb.Version)
}

// openPoison reads the list at path, if there is one. What is no digest in it counts
// for nothing.
func openPoison(path string) *poison {
	p := &poison{path: path, times: map[Digest]int{}}
	data, _ := os.ReadFile(path) // it may not be there
	lines, ok := strings.CutPrefix(string(data), poisonTitle())
	if !ok {
		return p
	}
	for line := range strings.Lines(lines) {
		if d, err := filelayer.ParseDigest(strings.TrimSpace(line)); err == nil {
			p.times[d]++
		}
	}
	return p
}

// has reports whether a file is left alone.
func (p *poison) has(d Digest) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.times[d] >= 2
}

// note counts err against a file if a decoder has broken down over it. It returns
// err's own trouble in writing that down, or nil.
func (p *poison) note(d Digest, err error) error {
	if !errors.Is(err, codec.ErrGaveUp) {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.times) >= maxPoison {
		clear(p.times)
	}
	p.times[d]++
	out := bytes.NewBufferString(poisonTitle())
	for d, n := range p.times {
		for range min(n, 2) {
			out.WriteString(hex.EncodeToString(d[:]) + "\n")
		}
	}
	if err := durable.WriteFile(p.path, out.Bytes(), 0o600); err != nil {
		return fmt.Errorf("remember what cannot be decoded: %w", err)
	}
	return nil
}
