package filelayer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/internal/durable"
)

// The log of removals is a file of JSON lines, and up to removalOlder older ones
// of about removalBytes each.
const (
	removalBytes = 8 << 20
	removalOlder = 4
	removalTail  = 256 << 10 // looked through at the start
	removalLines = 1000      // written at once
)

// removalLog appends what leaves the library to a file, each line on the disk
// before the bytes are touched.
type removalLog struct {
	path string
	most int64 // bytes of one file

	mu      sync.Mutex // guards the rest
	file    *os.File   // nil until something is written
	size    int64
	torn    bool                // the last line may have no end
	pending map[Digest]struct{} // deletions that are told of, and tried again
}

func newRemovalLog(path string) *removalLog {
	return &removalLog{path: path, most: removalBytes, pending: make(map[Digest]struct{})}
}

// add writes lines; they are on the disk when it returns nil.
func (g *removalLog) add(lines ...Removal) error {
	for chunk := range slices.Chunk(lines, removalLines) {
		if err := g.addSome(chunk); err != nil {
			return err
		}
	}
	return nil
}

func (g *removalLog) addSome(lines []Removal) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for _, r := range lines {
		r.Time = r.Time.UTC().Truncate(time.Millisecond)
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("log the removal of %s: %w", r.Name, err)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.write(text.Bytes()); err != nil {
		return fmt.Errorf("the log of removals cannot be written, so nothing is removed; see to the disk, and try again: %w", blob.Explain(err))
	}
	return nil
}

// write appends text and syncs it. The caller holds mu.
func (g *removalLog) write(text []byte) error {
	if err := g.open(); err != nil {
		return err
	}
	if g.size > 0 && g.size+int64(len(text)) > g.most {
		if err := g.rotate(); err != nil {
			return err
		}
	}
	if g.torn {
		text = append([]byte{'\n'}, text...)
	}
	n, err := g.file.Write(text)
	g.size += int64(n)
	if err == nil {
		err = g.file.Sync()
	}
	g.torn = err != nil
	return err
}

// open opens the file if need be. The caller holds mu.
func (g *removalLog) open() error {
	if g.file != nil {
		return nil
	}
	f, err := os.OpenFile(g.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = durable.SyncDir(filepath.Dir(g.path))
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	g.file, g.size = f, info.Size()
	g.torn = g.size > 0 // an empty line is passed over
	return nil
}

// rotate begins a new file, and drops the oldest. The caller holds mu.
func (g *removalLog) rotate() error {
	if err := g.file.Close(); err != nil {
		return err
	}
	g.file = nil
	for i := removalOlder; i > 0; i-- {
		if err := os.Rename(g.older(i-1), g.older(i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return g.open()
}

// older is the path of the file that was rotated away n times.
func (g *removalLog) older(n int) string {
	if n == 0 {
		return g.path
	}
	ext := filepath.Ext(g.path)
	return fmt.Sprintf("%s.%d%s", strings.TrimSuffix(g.path, ext), n, ext)
}

func (g *removalLog) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.file == nil {
		return nil
	}
	err := g.file.Close()
	g.file = nil
	return err
}

// files opens what has been written so far, the oldest first.
func (g *removalLog) files() (list []*os.File, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := removalOlder; i >= 0; i-- {
		f, openErr := os.Open(g.older(i))
		if errors.Is(openErr, fs.ErrNotExist) {
			continue
		}
		if openErr != nil {
			err = errors.Join(err, openErr)
			continue
		}
		list = append(list, f)
	}
	return list, err
}

// each calls yield with every line that can be read, the oldest first, until it
// returns false.
func (g *removalLog) each(yield func(Removal) bool) error {
	list, err := g.files()
	defer func() {
		for _, f := range list {
			_ = f.Close() // opened for reading
		}
	}()
	for _, f := range list {
		more, readErr := readRemovals(f, yield)
		if readErr != nil {
			err = errors.Join(err, readErr)
		}
		if !more {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("read the log of removals: %w", err)
	}
	return nil
}

// readRemovals reads lines until yield has enough. A line that a crash has cut
// off, or another program has damaged, is passed over.
func readRemovals(r io.Reader, yield func(Removal) bool) (more bool, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		var removal Removal
		if json.Unmarshal(line, &removal) == nil && removal.What != "" && !yield(removal) {
			return false, nil
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return true, err
		}
	}
}

// latest returns the last line of each file that the end of the log tells of.
func (g *removalLog) latest() (map[Digest]Removal, error) {
	last := make(map[Digest]Removal)
	f, err := os.Open(g.path)
	if errors.Is(err, fs.ErrNotExist) {
		return last, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(max(0, info.Size()-removalTail), io.SeekStart); err != nil {
		return nil, err
	}
	_, err = readRemovals(f, func(r Removal) bool {
		last[r.Digest] = r
		return true
	})
	return last, err
}

// fresh leaves out what is being tried again, and notes the rest as tried.
func (g *removalLog) fresh(ds []Digest) []Digest {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []Digest
	for _, d := range ds {
		if _, told := g.pending[d]; !told {
			g.pending[d] = struct{}{}
			out = append(out, d)
		}
	}
	return out
}

// over ends the tries of files, and returns those that were told of.
func (g *removalLog) over(lists ...[]Digest) []Digest {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.pending) == 0 {
		return nil
	}
	var out []Digest
	for _, ds := range lists {
		for _, d := range ds {
			if _, told := g.pending[d]; told {
				delete(g.pending, d)
				out = append(out, d)
			}
		}
	}
	return out
}
