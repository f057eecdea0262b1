package main

import (
	"testing"

	"github.com/libpaul/paul/app"
)

// TestLimits: limits and a pause are told, changed, and there after another start.
func TestLimits(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.says(t, "come and go freely", "limit")
	h.fails(t, exitUsage, []string{"60GB"}, "limit", "--down", "fast")
	h.fails(t, exitUsage, []string{"20000"}, "limit", "--down", "1kB")
	h.says(t, "fetched at 2.0 MB/s at most", "limit", "--down", "2MB/s", "--up", "500kB")
	h.says(t, "come and go freely", "limit", "--down", "0", "--up", "0")
	h.says(t, "fetched at 2.0 MB/s at most", "limit", "--down", "2MB/s", "--up", "500kB")
	h.says(t, "goes on with: pauld resume", "pause")
	want := app.LimitsInfo{Down: 2e6, Up: 500e3, Paused: true}
	if got := lines[app.LimitsInfo](t, h.want(t, exitDone, "limit", "--json").out); len(got) != 1 || got[0] != want {
		t.Errorf("limits %+v, want %+v", got, want)
	}
	h.says(t, "get no photos from this one", "pause", "--serving")
	h.start(t)
	h.says(t, "sent at 500.0 kB/s at most", "status")
	h.says(t, "Fetching is paused", "status")
	h.says(t, "sent at 500.0 kB/s at most", "resume")
	h.says(t, "come and go freely", "limit", "--down", "none", "--up", "none")
	if s := lines[app.Status](t, h.want(t, exitDone, "status", "--json").out); len(s) != 1 || s[0].Limits != nil {
		t.Errorf("status %+v", s)
	}
}
