package main

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

// logOf reads the log of removals of a device.
func logOf(t *testing.T, h *home, args ...string) []app.Removal {
	t.Helper()
	return lines[app.Removal](t, h.want(t, exitDone, append([]string{"log", "--json"}, args...)...).out)
}

// checkLog checks that h's log tells of one removal that relied on a copy of the
// device holder, and that people read its name.
func checkLog(t *testing.T, h *home, digest, holder string) {
	t.Helper()
	got := logOf(t, h, "--since", "1h")
	if len(got) != 1 || got[0].Digest.String() != digest || got[0].What != "unsave" ||
		len(got[0].Leases) != 1 || got[0].Leases[0].Device != holder {
		t.Fatalf("after unsave the log has %+v", got)
	}
	h.says(t, got[0].Leases[0].Name+" has it, read on ", "log")
	if r := h.want(t, exitDone, "log", "--since", "2999-01-01"); r.out != "" || !strings.Contains(r.err, "from this device since 2999-01-01") {
		t.Errorf("from a time to come on, the log has %q, %q", r.out, r.err)
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.Local)
	for text, want := range map[string]time.Time{
		"2024-05-01":       time.Date(2024, 5, 1, 0, 0, 0, 0, time.Local),
		"2024-05-01T12:30": time.Date(2024, 5, 1, 12, 30, 0, 0, time.Local),
		"90m":              now.Add(-90 * time.Minute),
		"7d":               now.AddDate(0, 0, -7),
		"-2h":              {},
		"yesterday":        {},
		"-1d":              {},
	} {
		got, err := parseSince(text, now)
		if !got.Equal(want) || (err == nil) == want.IsZero() {
			t.Errorf("%s = %v, %v; want %v", text, got, err, want)
		}
	}
}

// A device that is killed while it removes photos has the line of each that is
// gone, and says of none that is here that it is gone.
func TestKilledWhileUnsaving(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	digests := slices.Sorted(maps.Values(drawPhotos(t, filepath.Join(h.cwd, "in"), 150, 77)))
	h.want(t, exitDone, "import", "in")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 5 {
		device, _ := h.start(t)
		r := h.begin(t, nil, append([]string{"unsave", "--force"}, digests...)...)
		for text := range r.lines {
			if strings.HasPrefix(text, "Removed ") { // not one that was gone before
				break
			}
		}
		select {
		case <-time.After(time.Duration(rng.Int64N(int64(200 * time.Millisecond)))):
		case <-r.done:
		}
		_ = device.cmd.Process.Kill() // it runs
		device.end(t)
		r.end(t)
		checkLogTrue(t, h)
	}
}

// checkLogTrue checks that the log and the library of h tell the same.
func checkLogTrue(t *testing.T, h *home) {
	t.Helper()
	last := make(map[string]string)
	for _, r := range logOf(t, h) {
		last[r.Digest.String()] = r.What
	}
	gone := 0
	for _, e := range h.list(t) {
		told := strings.TrimPrefix(last[e.Digest], "kept") == "force"
		if here := e.Path != ""; here == told {
			t.Errorf("%s: here %t, and the log says %q", e.Name, here, last[e.Digest])
		}
		if e.Path == "" {
			gone++
		}
	}
	t.Logf("%d gone", gone)
}
