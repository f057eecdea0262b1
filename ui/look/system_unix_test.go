//go:build unix && !darwin

package look

import "testing"

func TestTheDesktopSaysWhetherThingsMayMove(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		says map[string]any
		want bool
	}{
		{"nothing", nil, false},
		{"less motion", map[string]any{"reduced-motion": uint32(1), "enable-animations": true}, true},
		{"no wish", map[string]any{"reduced-motion": uint32(0), "enable-animations": false}, false},
		{"GNOME without animations", map[string]any{"enable-animations": false}, true},
		{"GNOME with animations", map[string]any{"enable-animations": true}, false},
	} {
		if got := asksForStillness(func(_, key string) any { return test.says[key] }); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
