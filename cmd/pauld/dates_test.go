package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

// TestDates: dates are shifted, set, moved to a zone, and put back; each is told before
// it is done, and undone exactly.
func TestDates(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	digests := slices.Sorted(maps.Values(drawPhotos(t, filepath.Join(h.cwd, "in"), 3, 5)))
	h.want(t, exitDone, "import", "in")
	dates := func() (out []string) {
		all := map[string]string{}
		for _, l := range h.list(t) {
			all[l.Digest] = l.Date
		}
		for _, d := range digests {
			out = append(out, all[d])
		}
		return out
	}
	do := func(args ...string) app.CorrectionInfo {
		t.Helper()
		return lines[app.CorrectionInfo](t, h.want(t, exitDone, slices.Concat([]string{"dates", "--json"}, args)...).out)[0]
	}
	own := dates()
	set := []string{"--set", "2024-02-28T23:30:05+02:00", digests[0], digests[1][:10]}
	if info := do(append(set, "--dry-run")...); !info.Preview || info.Changed != 2 || info.ID != "" || info.Photos[1].Date != "2024-02-28T23:30:05+02:00" || info.Photos[1].Was != own[1] {
		t.Errorf("preview %+v", info)
	}
	if now := dates(); !slices.Equal(now, own) {
		t.Errorf("after a preview %q", now)
	}
	do(set...)
	shift := do("--shift", "+1h30m", digests[0])
	do("--zone", "Asia/Bangkok", digests[1])
	if now := dates(); now[0] != "2024-02-29T01:00:05+02:00" || now[1] != "2024-02-29T04:30:05+07:00" || now[2] != own[2] {
		t.Errorf("after corrections %q", now)
	}
	do("--zone", "+05:30", "--keep-clock", digests[0])
	later := dates()
	if later[0] != "2024-02-29T01:00:05+05:30" {
		t.Errorf("with another zone %q", later)
	}
	h.fails(t, exitFailed, []string{"changed it again"}, "undo", shift.ID)
	if now := dates(); !slices.Equal(now, later) {
		t.Errorf("an undo of what was corrected again led to %q", now)
	}
	actions := lines[app.ActionInfo](t, h.want(t, exitDone, "undo", "--json").out)
	if len(actions) != 5 || actions[0].Kind != app.KindDate || actions[0].Files != 1 || actions[3].Kind != app.KindDate || actions[3].Files != 2 {
		t.Fatalf("actions %+v", actions)
	}
	for _, a := range actions[:3] {
		h.says(t, "Undid the date of 1 photo: 1 photo is as before", "undo", a.ID)
	}
	if now := dates(); now[0] != "2024-02-28T23:30:05+02:00" || now[1] != now[0] {
		t.Errorf("after three undos %q", now)
	}
	if info := do(append([]string{"--reset"}, digests...)...); info.Changed != 2 || info.Same != 1 {
		t.Errorf("reset %+v", info)
	}
	if now := dates(); !slices.Equal(now, own) {
		t.Errorf("after a reset %q, want %q", now, own)
	}
	h.start(t)
	if info := do("--shift", "-1d", digests[2]); info.ID == "" || dates()[2] == own[2] {
		t.Errorf("on a running device: %+v, %q", info, dates())
	}
}

// TestBadDates: what cannot be done is said, with how to say it, and changes nothing.
func TestBadDates(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	var d string
	for path, digest := range drawPhotos(t, filepath.Join(h.cwd, "in"), 1, 5) {
		tell(t, path, "Canon", "Canon EOS 550D", time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC))
		d = digest
	}
	h.want(t, exitDone, "import", "in")
	own := h.list(t)[0].Date
	for _, tt := range []struct {
		says string
		args []string
	}{
		{"one of", []string{d}},
		{"one of", []string{d, "--reset", "--shift", "1h"}},
		{"+1h30m", []string{d, "--shift", "soon"}},
		{"Europe/Paris", []string{d, "--zone", "Middle/Earth"}},
		{"Europe/Paris", []string{d, "--zone", "+02:00", "--from", "there"}},
		{"does not matter", []string{d, "--zone", "+02:00", "--from", "+01:00", "--keep-clock"}},
		{"goes with", []string{d, "--shift", "1h", "--keep-clock"}},
		{"2024-05-01", []string{d, "--set", "last summer"}},
		{"usage", []string{"--reset"}},
		{"1826", []string{d, "--shift", "90000d"}},
		{"which time zone", []string{d, "--zone", "Asia/Bangkok"}},
		{"2099", []string{d, "--set", "2222-01-01 10:00"}},
	} {
		h.fails(t, exitUsage, []string{tt.says}, append([]string{"dates"}, tt.args...)...)
	}
	h.want(t, exitNotFound, "dates", "--reset", strings.Repeat("0", 64))
	if now := h.list(t)[0].Date; now != own {
		t.Errorf("date %s, was %s", now, own)
	}
	h.fails(t, exitUsage, []string{"usage"}, "clocks", "--dry-run")
	h.fails(t, exitUsage, []string{"usage"}, "clocks", "--apply", "1", "--dismiss", "1")
	h.fails(t, exitNotFound, []string{"there are 0"}, "clocks", "--apply", "1")
}

// TestClocks: a camera that was left on the time of home is found out, and its dates are
// corrected as one action.
func TestClocks(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	if r := h.want(t, exitDone, "clocks"); !strings.Contains(r.err, "No camera's clock") {
		t.Errorf("without photos: %q", r.err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	dir := filepath.Join(h.cwd, "in")
	paths := slices.Sorted(maps.Keys(drawPhotos(t, dir, 160, 9)))
	at := time.Date(2023, 7, 1, 9, 0, 0, 0, time.UTC)
	for i := 0; i < len(paths); i += 2 {
		if at = at.Add(time.Duration(r.ExpFloat64() * float64(25*time.Minute))); at.Hour() > 20 {
			at = at.Truncate(24 * time.Hour).Add(33 * time.Hour)
		}
		tell(t, paths[i], "Apple", "iPhone 12", at)
		tell(t, paths[i+1], "Canon", "Canon EOS 550D", at.Add(time.Duration(r.IntN(50))*time.Second-6*time.Hour))
	}
	h.want(t, exitDone, "import", "in")
	offers := func() []app.ClockInfo { return lines[app.ClockInfo](t, h.want(t, exitDone, "clocks", "--json").out) }
	list := offers()
	if len(list) != 1 || list[0].Camera != "Canon EOS 550D" || list[0].By() != 6*time.Hour || list[0].Photos != 80 || list[0].N != 1 || list[0].Dismissed {
		t.Fatalf("offers %+v", list)
	}
	h.says(t, "+6h", "clocks")
	h.want(t, exitDone, "clocks", "--dismiss", "1")
	if list := offers(); len(list) != 1 || !list[0].Dismissed {
		t.Errorf("after it was dismissed %+v", list)
	}
	if info := lines[app.CorrectionInfo](t, h.want(t, exitDone, "clocks", "--apply", "1", "--dry-run", "--json").out)[0]; !info.Preview || info.Changed != 80 {
		t.Errorf("preview %+v", info)
	}
	done := lines[app.CorrectionInfo](t, h.want(t, exitDone, "clocks", "--apply", "1", "--json").out)[0]
	if done.Changed != 80 || len(done.Photos) != 80 || len(offers()) != 0 {
		t.Errorf("applied %+v, then %+v", done, offers())
	}
	h.says(t, "80 photos are as before", "undo", done.ID)
	if len(offers()) != 1 {
		t.Error("after the undo there is no offer")
	}
}

// tell writes beside a photo what took it and when.
func tell(t *testing.T, path, maker, model string, at time.Time) {
	t.Helper()
	text := fmt.Sprintf(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">`+
		`<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" tiff:Make="%s" tiff:Model="%s" exif:DateTimeOriginal="%s"/>`+
		`</rdf:RDF></x:xmpmeta>`, maker, model, at.Format("2006-01-02T15:04:05"))
	if err := os.WriteFile(path+".xmp", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestShiftText: a shift is told as it may be given.
func TestShiftText(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"+1h30m": 90 * time.Minute, "-6h": -6 * time.Hour, "+4018d5h13m2s": (4018*24+5)*time.Hour + 13*time.Minute + 2*time.Second, "-4m": -4 * time.Minute,
	} {
		if got := shiftText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
