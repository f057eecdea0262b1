package main

import (
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

func TestFetchingText(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	seen, retry := now.Add(-3*time.Hour), now.Add(90*time.Second)
	nas := []app.WaitDevice{{Name: "NAS", LastSeen: &seen}, {Name: "Desktop"}}
	for _, tt := range []struct {
		f    app.Fetching
		want string
	}{
		{app.Fetching{Files: 2, Bytes: 3e6}, "2 still to fetch, 3.0 MB"},
		{
			app.Fetching{Files: 1, Bytes: 3e6, Rate: 1e6, SecondsLeft: 3, Moving: []app.Moving{{Name: "a.jpg", From: []string{"NAS", "Desktop"}, Done: 1e6, Total: 4e6, Rate: 1e6, SecondsLeft: 125}}},
			"1 still to fetch, 3.0 MB, 1.0 MB/s, 3 s left\n  a.jpg from NAS, Desktop: 1.0 MB of 4.0 MB, 1.0 MB/s, 2 min left",
		},
		{
			app.Fetching{Files: 1, Bytes: 5, Waits: []app.Wait{{Why: app.WaitOffline, Files: 1, Bytes: 5, Devices: nas}}},
			"1 still to fetch, 5 B\n  1 (5 B) wait until one of these is online: NAS (last seen 3 h ago), Desktop (never seen)",
		},
		{
			app.Fetching{Files: 1, Bytes: 5, Waits: []app.Wait{{Why: app.WaitNoSpace, Files: 1, Bytes: 5, Error: "the disk is full", Retry: &retry}}},
			"1 still to fetch, 5 B\n  1 (5 B) do not fit: the disk is full; tried again in 2 min",
		},
		{
			app.Fetching{Files: 1, Bytes: 5, Waits: []app.Wait{{Why: app.WaitRelayed, Files: 1, Bytes: 5, Devices: nas[:1], Rate: 2e6}}},
			"1 still to fetch, 5 B\n  1 (5 B) come from NAS through others, at 2.0 MB/s; see: pauld doctor",
		},
	} {
		if got := fetchingText(&tt.f, now); got != tt.want {
			t.Errorf("got\n%s\nwant\n%s", got, tt.want)
		}
	}
	for _, why := range []string{app.WaitPaused, app.WaitSilent, app.WaitOffline, app.WaitNobody, app.WaitSetAside, app.WaitNoSpace, app.WaitFailed, app.WaitRelayed} {
		if waitText(app.Wait{Why: why}, now) == "" {
			t.Errorf("no words for %s", why)
		}
	}
}
