package filelayer

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const (
	modelPhotos  = 4
	modelDevices = 5
)

// newWorld makes devices that know each other, and a library without photos.
func newWorld(dir string, n int, off switches) *world {
	w := &world{
		ctx: context.Background(), dir: dir, off: off, began: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC),
		lives: make(map[Digest]map[stamp]bool), deleted: make(map[Digest]bool), frail: make(map[Digest]bool),
		purged: make(map[Digest]bool), stored: make(map[Digest]bool), edits: make(map[Digest]bool), cuts: make(map[[2]string]bool),
	}
	for i := range modelPhotos {
		data := photo(fmt.Sprint("model", i), 100+i)
		w.photos, w.digests = append(w.photos, data), append(w.digests, digestOf(data))
	}
	for i := range n {
		u := &unit{
			w: w, n: i, id: strings.Repeat(fmt.Sprint(i+1), 64), dir: filepath.Join(dir, fmt.Sprint(i)), dead: make(map[Digest]stamp),
			own:  own{wished: make(map[Digest]stamp), came: make(map[Digest]int)},
			gone: make(map[string]bool), rotten: make(map[string]bool), moved: make(map[string]bool), edited: make(map[string]Digest),
			plot: plot{path: filepath.Join(dir, fmt.Sprint(i), "place"), files: make(map[string]lain)},
		}
		w.units = append(w.units, u)
	}
	for _, u := range w.units {
		w.try(u.open())
	}
	for _, u := range w.units {
		for _, v := range w.units {
			w.try(u.amendDevice(w.ctx, v.id, func(r *deviceRecord, _ bool) bool {
				r.Added = stamp{w.units[0].id, toMillis(w.began.Add(time.Second))} // after that of its own
				return true
			}))
		}
		w.try(u.look())
	}
	return w
}

// enter makes a world in a folder of its own.
func enter(dir string, n int, off switches) (*world, error) {
	dir, err := os.MkdirTemp(dir, "world")
	if err != nil {
		return nil, err
	}
	return newWorld(dir, n, off), nil
}

func (w *world) close() {
	for _, u := range w.units {
		if u.up {
			u.crash()
		}
	}
	_ = os.RemoveAll(w.dir)
}

func (w *world) trace(s step, u *unit) {
	indent := ""
	if w.asker != nil {
		indent = "  "
	}
	w.log = append(w.log, fmt.Sprintf("%s[%d] %+v", indent, u.n, s))
}

// modelLength is how many steps a run has. With the race detector, which makes
// each take ten times as long, a few have to do.
func modelLength() int {
	n, _ := strconv.Atoi(flag.Lookup("rapid.steps").Value.String()) // it is an int
	if raceDetector {
		return n / 10
	}
	return n
}

// runModel lets steps happen to a world, and returns it with the law that was
// broken, if one was.
func runModel(t *rapid.T, dir string, off switches, length int) (*world, error) {
	w, err := enter(dir, rapid.IntRange(2, modelDevices).Draw(t, "devices"), off)
	if err != nil {
		return nil, err
	}
	defer w.close()
	for i := 0; i < length && w.broken == nil; i++ {
		w.step(drawStep(t))
	}
	w.quiet(false)
	return w, w.broken
}

// replay lets the same steps happen to another world.
func (w *world) replay(dir string, steps []step) (*world, error) {
	again, err := enter(dir, len(w.units), w.off)
	if err != nil {
		return nil, err
	}
	defer again.close()
	for _, s := range steps {
		again.step(s)
	}
	again.quiet(false)
	return again, again.broken
}

// shortest leaves out what the law is broken without.
func (w *world) shortest(dir string) *world {
	least := w
	for size := len(w.steps) / 2; size >= 1; size /= 2 {
		for i := 0; i+size <= len(least.steps); {
			again, err := w.replay(dir, slices.Delete(slices.Clone(least.steps), i, i+size))
			if err != nil && again != nil {
				least = again
			} else {
				i += size
			}
		}
	}
	return least
}

// TestModel lets all that can happen to some devices happen in any order, and
// checks the laws in model_laws_test.go. To go on longer, or to see a failure
// again:
//
//	go test ./filelayer -run 'TestModel$' -rapid.checks=1000 -rapid.steps=500
//	go test ./filelayer -run 'TestModel$' -rapid.seed=N
func TestModel(t *testing.T) {
	t.Parallel()
	dir := modelDir(t)
	var broken *world
	steps := 0
	defer func() {
		if broken != nil {
			broken = broken.shortest(dir)
			t.Logf("%d devices: %v, by\n%s", len(broken.units), broken.broken, strings.Join(broken.log, "\n"))
		}
	}()
	rapid.Check(t, func(rt *rapid.T) {
		w, err := runModel(rt, dir, switches{}, modelLength())
		if err != nil {
			broken = w
			rt.Fatal(err)
		}
		steps += len(w.steps)
	})
	t.Logf("%d steps", steps)
}

// TestModelNeedsEachSafeguard: without it, the model finds what it is for.
func TestModelNeedsEachSafeguard(t *testing.T) {
	t.Parallel()
	if raceDetector {
		t.Skip("it is about what is done, not about when")
	}
	tests := []struct {
		name string
		off  switches
		want []string // of the law that is broken
		seed int      // of the first run: from others it takes thousands of steps more
	}{
		{"proof by others", switches{proof: true}, []string{"no copy of"}, 1},
		{"leases that bind", switches{promise: true}, []string{"no copy of"}, 52},
		{"check of digests", switches{digest: true}, []string{"nobody wrote", "is taken for"}, 1},
		{"removal of devices wins", switches{removal: true}, []string{"is back", "is removed"}, 58},
		{"proof by others of what is freed", switches{limit: true}, []string{"no copy of", "copies are left of"}, 42},
		{"what a limit would free waits", switches{hold: true}, []string{"which its limit would free"}, 3},
		{"deletion of files wins", switches{deletion: true}, []string{"is back", "differ about"}, 1},
	}
	dir := modelDir(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const most = 20_000
			steps := 0
			for seed := tt.seed; steps < most; seed++ {
				var w *world
				var err error
				rapid.Custom(func(rt *rapid.T) int {
					w, err = runModel(rt, dir, tt.off, 200)
					return 0
				}).Example(seed)
				if w != nil {
					steps += len(w.steps)
				}
				if err != nil && slices.ContainsFunc(tt.want, func(law string) bool { return strings.Contains(err.Error(), law) }) {
					t.Logf("found after %d steps: %v", steps, err)
					return
				}
			}
			t.Errorf("nothing found in %d steps", steps)
		})
	}
}
