package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// Deletions that another device holds back are told there, and undone or
// agreed to by one command.
func TestHeldDeletions(t *testing.T) {
	t.Parallel()
	a, b := newHome(t), newHome(t)
	photos := drawPhotos(t, filepath.Join(a.cwd, "holiday"), 15, 9)
	digests := slices.Sorted(maps.Values(photos))
	_, readyA := a.start(t, "--name", "Desktop", "--listen", "tls://127.0.0.1:0")
	_, readyB := b.start(t, "--name", "Laptop", "--peer", readyA.Listen[0])
	a.want(t, exitDone, "import", "holiday")
	pairDevices(t, a, b, readyB.ID)
	b.want(t, exitDone, append([]string{"save"}, digests...)...)
	for _, answer := range []string{"restore", "delete"} {
		var deleted []string
		for _, e := range a.list(t) {
			deleted = append(deleted, e.Digest)
		}
		a.want(t, exitDone, append([]string{"delete"}, deleted...)...)
		// The first few may come alone, and are let through.
		eventually(t, "deletions are held back", func() bool { return statusOf(t, b).Held > 0 && len(b.list(t)) == 0 })
		for _, command := range []string{"list", "status"} {
			if r := b.want(t, exitDone, command); !strings.Contains(r.out+r.err, "pauld restore --held") {
				t.Errorf("%s says nothing of the deletions: %s%s", command, r.out, r.err)
			}
		}
		eventually(t, "none is held back after "+answer, func() bool {
			b.want(t, exitDone, answer, "--held") // of the last to come, too
			return statusOf(t, b).Held == 0
		})
		if n := len(b.list(t)); (n > 0) != (answer == "restore") {
			t.Errorf("%d photos are listed after %s", n, answer)
		}
		eventually(t, "the other device knows", func() bool { return len(a.list(t)) == len(b.list(t)) })
	}
	b.want(t, exitUsage, "restore", "--held", digests[0])
}

// statusOf asks a running device.
func statusOf(t *testing.T, h *home) (s app.Status) {
	t.Helper()
	if err := json.Unmarshal([]byte(h.want(t, exitDone, "status", "--json").out), &s); err != nil {
		t.Fatal(err)
	}
	return s
}
