package ui

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
)

// TestDialogsStandStill checks that a dialog has its place when it is shown, and
// does not move once more under the mouse.
func TestDialogsStandStill(t *testing.T) {
	for _, sc := range screens {
		if !slices.Contains([]string{"invite", "invite-guest", "join", "join-words", "join-failed", "delete", "refused"}, sc.name) {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			f := newFake(90)
			if sc.fake != nil {
				sc.fake(f)
			}
			r := newRig(t, f, large)
			sc.reach(r)
			if len(r.modals) != 1 {
				t.Fatalf("%d dialogs", len(r.modals))
			}
			root := r.modals[0].root
			places := func() (out []string) {
				walk(root, func(o fyne.CanvasObject) { out = append(out, fmt.Sprintf("%T %v %v", o, o.Position(), o.Size())) })
				return out
			}
			was := places()
			root.Refresh()
			for i, now := range places() {
				if i >= len(was) || now != was[i] {
					t.Fatalf("object %d: %s, then %s", i, was[min(i, len(was)-1)], now)
				}
			}
		})
	}
}
