package main

import (
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/app"
)

// TestWatch: folders are added and removed with and without a device, and listed.
func TestWatch(t *testing.T) {
	t.Parallel()
	h, dir := newHome(t), t.TempDir()
	h.want(t, exitDone, "watch", "list")
	h.fails(t, exitUsage, []string{"usage"}, "watch", "list", dir)
	h.fails(t, exitUsage, []string{"usage"}, "watch", "forget", dir)
	h.fails(t, exitUsage, []string{"none", "nothing was changed"}, "watch", "add", filepath.Join(dir, "none"))
	h.says(t, "Watching "+dir, "watch", "add", dir)
	h.says(t, "no device runs", "watch", "list")
	h.start(t)
	list := lines[app.WatchedFolder](t, h.want(t, exitDone, "watch", "list", "--json").out)
	if len(list) != 1 || list[0].Path != dir || list[0].State == app.WatchOff {
		t.Errorf("watched: %+v", list)
	}
	h.says(t, "what was imported stays", "watch", "remove", dir)
	h.fails(t, exitNotFound, []string{"pauld watch list"}, "watch", "remove", dir)
}
