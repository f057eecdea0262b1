package overlay

import (
	"crypto/ed25519"
	"testing"
	"time"
)

// greetings ticks a greeter through d and counts its hellos by device.
func greetings(g *greeter, now *time.Time, d time.Duration) map[string]int {
	count := map[string]int{}
	for end := now.Add(d); now.Before(end); *now = now.Add(max(g.tick(*now), time.Millisecond)) {
		for len(g.out) > 0 {
			count[string((<-g.out).to)]++
		}
	}
	return count
}

func manyDevices(now time.Time, n int) (*greeter, []ed25519.PublicKey) {
	t := newDevices(AddressOf(public(seeded(255))))
	var keys []ed25519.PublicKey
	for i := range n {
		keys = append(keys, public(seeded(byte(i))))
		t.admit(keys[i], now)
	}
	return newGreeter(t, func() {}), keys
}

func TestHellosOfAFewDevices(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	g, keys := manyDevices(now, 4)
	count := greetings(g, &now, eagerFor)
	for _, key := range keys {
		if got := count[string(key)]; got < 30 || got > 33 {
			t.Errorf("%d hellos while eager, want 4 a second", got)
		}
	}
}

// TestHellosOfManyDevices has fifty devices that are all looked for at once,
// and one of them answer.
func TestHellosOfManyDevices(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	g, keys := manyDevices(now, 50)
	const long = 16 * time.Second
	count := greetings(g, &now, long)
	all := 0
	for _, key := range keys {
		all += count[string(key)]
		if count[string(key)] == 0 {
			t.Errorf("no hello to %x in %v", key[:4], long)
		}
	}
	if most := helloBurst + helloRate*int(long.Seconds()); all > most+1 {
		t.Errorf("%d hellos, want %d at most", all, most)
	}

	heard := g.devices.table[AddressOf(keys[7])]
	for range 20 {
		g.greeted(heard, now) // it says hello: it is there
		if count := greetings(g, &now, 250*time.Millisecond); count[string(keys[7])] == 0 {
			t.Error("who says hello is not greeted at once")
		}
	}
	g.answered(heard, now, time.Millisecond)
	if count := greetings(g, &now, helloEvery-time.Second); count[string(keys[7])] > 0 {
		t.Error("a hello to a device that has just answered")
	}
	if count := greetings(g, &now, 2*time.Second); count[string(keys[7])] == 0 {
		t.Error("no hello to a device that is online")
	}
}
