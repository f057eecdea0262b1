package imagelib

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/libpaul/paul/imagelib/meta"
)

// beside finds the files that lie beside photos and say something of them: XMP, and
// JSON by Google Takeout. It may be used by several goroutines.
type beside struct {
	mu      sync.Mutex // guards all below
	folders map[string]func() map[string]string
	used    map[string]bool // paths of those that said something
}

func newBeside() *beside {
	return &beside{folders: map[string]func() map[string]string{}, used: map[string]bool{}}
}

// add adds to info what the files beside a photo say. One that cannot be read says
// nothing.
func (b *beside) add(info *meta.Info, photo string) {
	dir := filepath.Dir(photo)
	names := b.folder(dir)
	if len(names) == 0 {
		return
	}
	xmp, takeout := meta.SidecarNames(filepath.Base(photo))
	for _, list := range [][]string{takeout, xmp} { // XMP last: what it says counts more
		for _, name := range list {
			path := filepath.Join(dir, names[name])
			if names[name] == "" || path == photo {
				continue
			}
			s, err := readSidecar(path)
			if err != nil {
				continue
			}
			info.Add(s)
			b.mu.Lock()
			b.used[path] = true
			b.mu.Unlock()
			break
		}
	}
}

// folder returns the names of what may be sidecars in a folder, by the name in
// lower case. It is read once, however many ask.
func (b *beside) folder(dir string) map[string]string {
	b.mu.Lock()
	list := b.folders[dir]
	if list == nil {
		list = sync.OnceValue(func() map[string]string { return sidecarsIn(dir) })
		b.folders[dir] = list
	}
	b.mu.Unlock()
	return list()
}

// lookAgain forgets what lies in folders: there may be more now.
func (b *beside) lookAgain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.folders)
}

func sidecarsIn(dir string) map[string]string {
	entries, _ := os.ReadDir(dir) // what cannot be listed is not there
	names := map[string]string{}
	for _, e := range entries {
		if e.Type().IsRegular() && meta.IsSidecar(e.Name()) {
			names[strings.ToLower(e.Name())] = e.Name()
		}
	}
	return names
}

func readSidecar(path string) (meta.Sidecar, error) {
	f, err := os.Open(path)
	if err != nil {
		return meta.Sidecar{}, err
	}
	defer func() { _ = f.Close() }() // read only
	data, err := io.ReadAll(io.LimitReader(f, meta.MaxSidecar+1))
	if err != nil {
		return meta.Sidecar{}, err
	}
	return meta.ReadSidecar(data)
}

// count returns how many files were used.
func (b *beside) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.used)
}

// unused returns those of paths that said nothing of a photo.
func (b *beside) unused(paths []string) (out []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range paths {
		if !b.used[p] {
			out = append(out, p)
		}
	}
	return out
}
