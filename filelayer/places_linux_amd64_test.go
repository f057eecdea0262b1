package filelayer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/libpaul/paul/internal/disktest"
)

// placeRoot, set in the environment, makes TestNothingIsChangedInPlace the process
// that is watched.
const placeRoot = "PAUL_PLACE_ROOT"

// TestNothingIsChangedInPlace lets a device do all that changes files with photos
// that lie in place, and watches each of its calls: none is below the place, and
// each file there is the same, with the same bytes, time and mode.
func TestNothingIsChangedInPlace(t *testing.T) {
	names := []string{"p.jpg", "q.jpg", "r.jpg", "sub/s.jpg", "sub/note.txt"}
	if root := os.Getenv(placeRoot); root != "" {
		must(t, disktest.Trap())
		liveInPlace(t, filepath.Join(root, "Photos"))
		return
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	place := filepath.Join(root, "Photos")
	for _, name := range names {
		lay(t, place, name, photo(name, 3000))
	}
	before := tree(t, place)
	calls := 0
	var out bytes.Buffer
	cmd := exec.CommandContext(testContext(t), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), placeRoot+"="+root, "TMPDIR="+root), &out, &out
	err = disktest.Watch(cmd, root, func(c disktest.Call) error {
		calls++
		if strings.HasPrefix(c.Path+"/", place+"/") || strings.HasPrefix(c.To+"/", place+"/") {
			t.Errorf("%+v", c)
			return unix.EROFS
		}
		return nil
	})
	if errors.Is(err, disktest.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || calls < 100 {
		t.Fatalf("%d calls, %v\n%s", calls, err, out.String())
	}
	t.Logf("%d calls", calls)
	if after := tree(t, place); !slices.Equal(before, after) {
		t.Errorf("before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

// liveInPlace does what a person does with photos that lie in a folder in place.
func liveInPlace(t *testing.T, dir string) {
	t.Helper()
	a, b := newPair(t)
	ctx := testContext(t)
	a.addPlace(dir)
	p, q, r, s := placed("p.jpg"), placed("q.jpg"), placed("r.jpg"), placed("sub/s.jpg")
	until(t, "b sees all", func() bool { return len(b.Entries()) == 4 }, b)
	must(t, b.SaveAll(ctx, []Digest{p, q, r, s}, nil))
	must(t, a.SaveAll(ctx, []Digest{p, q}, nil))
	_, err := a.Create(ctx, bytes.NewReader(photo("r.jpg", 3000)), Metadata{Name: "r.jpg"})
	must(t, err)
	until(t, "a knows the copies of b", func() bool { return a.holds(b, p) && a.holds(b, r) && a.holds(b, s) }, a)
	must(t, a.Unsave(ctx, p))
	if err := a.Unsave(ctx, s); !errors.Is(err, ErrInPlace) {
		t.Errorf("Unsave = %v", err)
	}
	if err := a.ForceUnsave(ctx, s); !errors.Is(err, ErrInPlace) {
		t.Errorf("ForceUnsave = %v", err)
	}
	must(t, a.Delete(ctx, q, r, s))
	a.look(dir)
	must(t, a.Restore(ctx, q, s))
	until(t, "q is back", func() bool { return a.entry(q).Kept() && a.entry(s).Here() }, a)
	a.skew.Store(int64(scrubAge + time.Hour))
	a.scrub(ctx, func(context.Context, time.Duration) error { return nil })
	_, err = a.Check(ctx, CheckOptions{ReadData: true, Repair: true}, func(p Problem) { t.Errorf("%+v", p) })
	must(t, err)
	must(t, a.purge(ctx, 0))
	a.opts.Places = []string{dir}
	a.restart()
	a.look(dir)
	if places, err := a.Places(); err != nil || len(places) != 1 || places[0].Files != 4 || places[0].Deleted != 1 {
		t.Errorf("%+v, %v", places, err)
	}
	must(t, a.RemovePlace(ctx, dir, true))
}

// tree lists all that a change of a file or folder below root would change.
func tree(tb testing.TB, root string) (out []string) {
	tb.Helper()
	must(tb, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		must(tb, err)
		var st unix.Stat_t
		must(tb, unix.Lstat(path, &st))
		var data []byte
		if st.Mode&unix.S_IFMT == unix.S_IFREG {
			if data, err = os.ReadFile(path); err != nil {
				return err
			}
		}
		out = append(out, fmt.Sprintf("%s %d %o %d %d.%09d %d.%09d %v", path, st.Ino, st.Mode, st.Nlink,
			st.Mtim.Sec, st.Mtim.Nsec, st.Ctim.Sec, st.Ctim.Nsec, digestOf(data)))
		return nil
	}))
	return out
}
