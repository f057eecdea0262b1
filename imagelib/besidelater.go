package imagelib

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
)

// unwatched names what nobody looks at in a folder that is watched or in place: what
// is ignored, but for files that may say something of a photo beside them.
func unwatched(name string) bool {
	return ignored(name) && (!meta.IsSidecar(name) || strings.HasPrefix(name, "."))
}

// learnFrom takes what files say that have come beside photos, or have changed there,
// into the documents of those photos that the library has already. known tells which
// file lies at a path, where somebody knows it without reading it. beside counts those
// that said something. A photo that cannot be read now is passed over: an import of
// it takes in what lies beside it.
func (l *Library) learnFrom(ctx context.Context, beside *beside, sidecars []string, known func(source) (Digest, bool)) error {
	folders := map[string]map[string]bool{} // their names in lower case
	for _, path := range sidecars {
		dir := filepath.Dir(path)
		if folders[dir] == nil {
			folders[dir] = map[string]bool{}
		}
		folders[dir][strings.ToLower(filepath.Base(path))] = true
	}
	beside.lookAgain()
	paths := l.pathsIn(folders)
	for dir, come := range folders {
		for _, s := range photosOf(dir, come) {
			if err := ctx.Err(); err != nil {
				return err
			}
			d, ok := known(s)
			if e := paths[s.path]; !ok && e.Size == s.size { // else other bytes lie there now
				d, ok = e.Digest, !e.Digest.IsZero()
			}
			var err error
			if !ok {
				d, err = sumOfFile(ctx, s.path)
			}
			if err == nil && l.index.known(d) {
				err = l.learnBeside(ctx, beside, s, d)
			}
			if err != nil && ctx.Err() == nil {
				l.log.InfoContext(ctx, "What has come beside a photo is not taken in", "path", s.path, "err", err)
			}
		}
	}
	return ctx.Err()
}

// pathsIn returns which files of the library lie in folders, by their paths.
func (l *Library) pathsIn(folders map[string]map[string]bool) map[string]filelayer.Entry {
	paths := map[string]filelayer.Entry{}
	for _, e := range l.files.Entries() {
		if e.Here() && folders[filepath.Dir(e.Path)] != nil {
			paths[e.Path] = e
		}
	}
	return paths
}

// photosOf returns the files in a folder of which one of the names in come may say
// something.
func photosOf(dir string, come map[string]bool) (photos []source) {
	entries, _ := os.ReadDir(dir) // what cannot be listed is not there
	for _, e := range entries {
		if !e.Type().IsRegular() || ignored(e.Name()) {
			continue
		}
		xmp, takeout := meta.SidecarNames(e.Name())
		for _, name := range append(xmp, takeout...) {
			if !come[name] {
				continue
			}
			if st, err := e.Info(); err == nil {
				photos = append(photos, source{path: filepath.Join(dir, e.Name()), size: st.Size(), mtime: st.ModTime()})
			}
			break
		}
	}
	return photos
}

func sumOfFile(ctx context.Context, path string) (d Digest, err error) {
	src, err := openSource(ctx, path, func(int64) {})
	if err != nil {
		return d, err
	}
	defer src.close()
	return sumOf(src)
}

// learnBeside takes what lies beside one photo into its document.
func (l *Library) learnBeside(ctx context.Context, beside *beside, s source, d Digest) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	info, err := meta.Read(f, s.size)
	if errors.Is(err, meta.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	beside.add(&info, s.path)
	if !info.Beside {
		return nil
	}
	p := photo{job: job{source: s}, info: info, date: meta.BestDate(info.Date, filepath.Base(s.path), s.mtime)}
	return l.learn(ctx, &p, d)
}
