package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/libpaul/paul/internal/sample"
)

// makeFiles writes empty files, with their folders.
func makeFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, name)
	}
}

func TestMoveLibrary(t *testing.T) {
	t.Parallel()
	const marker = ".paul/library.json"
	for _, test := range []struct {
		name     string
		old, new []string // files there before
		to       string   // under the test's folder; "" = new
		other    bool     // new holds another library
		wantErr  string   // part of the error; "" = moved
	}{
		{name: "to a new folder", old: []string{marker, "2024/a.jpg"}},
		{name: "beside other files", old: []string{marker, "2024/a.jpg"}, new: []string{"mine/b.jpg"}},
		{name: "on after a crash", old: []string{marker, "2025/b.jpg"}, new: []string{"2024/a.jpg"}},
		{name: "moved by hand", new: []string{marker, "2024/a.jpg"}},
		{name: "something in the way", old: []string{marker, "2024/a.jpg"}, new: []string{"2024/b.jpg"}, wantErr: "2024 already"},
		{name: "another library in the way", old: []string{marker, "2024/a.jpg"}, other: true, wantErr: "another library"},
		{name: "not there", new: []string{"x"}, wantErr: "is its disk connected"},
		{name: "into itself", old: []string{marker}, to: "old/in", wantErr: "inside it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			old, to := filepath.Join(dir, "old"), filepath.Join(dir, firstOf(test.to, "new"))
			makeFiles(t, old, test.old...)
			makeFiles(t, to, test.new...)
			if test.other {
				makeFiles(t, to, marker)
				writeFile(t, filepath.Join(to, marker), "another")
			}
			err := moveLibrary(old, to)
			where := to
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("error %v, want one with %q", err, test.wantErr)
				}
				where = old
			} else if err != nil {
				t.Fatal(err)
			}
			for _, name := range test.old {
				if got := readFile(t, filepath.Join(where, name)); got != name {
					t.Errorf("%s holds %q", name, got)
				}
			}
			for _, name := range test.new {
				if got := readFile(t, filepath.Join(to, name)); got != name {
					t.Errorf("%s, which was there before, holds %q", name, got)
				}
			}
		})
	}
}

// A move that fails half-way is undone.
func TestMoveLibraryBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, link := filepath.Join(dir, "old"), filepath.Join(dir, "link")
	names := []string{".paul/library.json", "2024/a.jpg", "2025/b.jpg"}
	makeFiles(t, old, names...)
	if err := os.Symlink(filepath.Join(old, "2025"), link); err != nil {
		t.Skip(err)
	}
	if err := moveLibrary(old, filepath.Join(link, "new")); err == nil { // 2025 cannot move into itself
		t.Fatal("no error")
	}
	for _, name := range names {
		if got := readFile(t, filepath.Join(old, name)); got != name {
			t.Errorf("%s holds %q", name, got)
		}
	}
}

// Another library folder takes effect at the next start, photos and all; one
// that cannot be used leaves everything where it is.
func TestLibraryFolderChanges(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	in := t.TempDir()
	if _, err := sample.Write(in, 1, 4); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other")
	taken := t.TempDir()
	session := func(opts Options, f func(a *App)) {
		t.Helper()
		opts.Home = home
		a, stop := startAt(t, opts)
		defer stop()
		f(a)
	}
	var d Digest
	session(Options{}, func(a *App) {
		result, err := a.Import(t.Context(), []string{in})
		if err != nil {
			t.Fatal(err)
		}
		d = result.Added[0]
		s := a.Settings()
		s.Library = other
		if err := a.UpdateSettings(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if got := a.RestartNeeded(); len(got) != 1 {
			t.Errorf("a restart is needed for %v", got)
		}
	})
	year := ""
	session(Options{}, func(a *App) {
		e, _ := a.Entry(d)
		rel, err := filepath.Rel(other, e.Path)
		if err != nil || strings.HasPrefix(rel, "..") {
			t.Fatalf("the photo is at %s, want it in %s", e.Path, other)
		}
		readFile(t, e.Path)
		year, _, _ = strings.Cut(filepath.ToSlash(rel), "/")
		if len(a.Notices()) != 0 || len(a.RestartNeeded()) != 0 {
			t.Errorf("notices %v, restart needed for %v", a.Notices(), a.RestartNeeded())
		}
		if all := a.Activities(); len(all) != 1 || all[0].Kind != KindMove || all[0].Title != other || all[0].Running() {
			t.Errorf("the move is told as %+v", all)
		}
		s := a.Settings()
		s.Library = taken
		if err := a.UpdateSettings(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	})
	makeFiles(t, taken, year+"/mine.jpg") // in the way, once it is too late to refuse
	session(Options{}, func(a *App) {
		if e, _ := a.Entry(d); !e.Here() || len(a.Notices()) != 1 || len(a.Activities()) != 0 || a.Settings().Library != other {
			t.Errorf("after a move that failed: %s, notices %v, library %s", e.Path, a.Notices(), a.Settings().Library)
		}
	})
	if _, err := Open(t.Context(), Options{Home: home, Library: taken}); err == nil {
		t.Error("a folder that cannot be used was taken")
	}
}
