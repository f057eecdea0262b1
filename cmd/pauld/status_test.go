package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/app"
)

// checkIfLost checks what h says would be lost with the device Desktop, which
// alone has the photos, and with Laptop, which has none.
func checkIfLost(t *testing.T, h *home, desktop, laptop string, digests []string) {
	t.Helper()
	for _, ref := range []string{"Desktop", "desktop", desktop, desktop[:8]} {
		r := h.want(t, exitDone, "status", "--if-lost", ref, "--json")
		var got []string
		for _, e := range lines[app.Listing](t, r.out) {
			got = append(got, e.Digest)
			if e.OldestProof == nil || e.NewestProof == nil {
				t.Errorf("no proof is told: %+v", e)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, digests) {
			t.Errorf("with %s would be lost %v, want %v", ref, got, digests)
		}
		notes := lines[struct{ IfLost app.Loss }](t, r.err)
		if len(notes) != 1 || notes[0].IfLost.Files != len(digests) || notes[0].IfLost.Device != desktop || notes[0].IfLost.Bytes == 0 {
			t.Errorf("sum: %s", r.err)
		}
	}
	h.says(t, "If Desktop died now: 12 photos, ", "status", "--if-lost", "Desktop")
	h.says(t, "If Laptop died now: nothing would be lost", "status", "--if-lost", laptop)
	h.want(t, exitNotFound, "status", "--if-lost", "Telephone")
	if s := statusOf(t, h); s.OneCopy != len(digests) || s.NoCopy != 0 || s.AtRisk != len(digests) {
		t.Errorf("status: %+v", s)
	}
	for _, d := range lines[app.Device](t, h.want(t, exitDone, "devices", "--json").out) {
		if want := map[string]int{desktop: len(digests)}[d.ID]; d.Only != want || (d.OnlyBytes > 0) != (want > 0) {
			t.Errorf("%s alone has %d photos, want %d", d.Name, d.Only, want)
		}
	}
}

func TestPick(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("ab", 32), "abababab"+strings.Repeat("00", 28)
	all := []app.Device{{ID: a, Name: "NAS"}, {ID: b, Name: "Laptop"}, {ID: strings.Repeat("cd", 32), Name: "laptop"}, {ID: strings.Repeat("ef", 32), Name: "ab"}}
	var usage usageError
	for ref, want := range map[string]string{
		"nas": a, a: a, a[:10]: a, strings.ToUpper(b[:12]): b, "ab": all[3].ID, "cdcdcdcd": all[2].ID,
		"abababab": "usage", "Laptop": "usage", "cd": "usage", "Tablet": "unknown", "0123456789": "unknown",
	} {
		d, err := pick(all, ref)
		switch {
		case want == "usage" && errors.As(err, &usage):
		case want == "unknown" && errors.Is(err, app.ErrNotFound):
		case err != nil || d.ID != want:
			t.Errorf("%s = %s, %v; want %s", ref, d.ID, err, want)
		}
	}
}
