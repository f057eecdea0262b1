package imagelib

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

// A stamp is a hybrid logical clock reading as text: twelve hex digits of
// milliseconds since 1970, four of a counter, a dash, and the device that
// wrote it. Valid stamps compare as strings. See Kulkarni et al., "Logical
// Physical Clocks" (2014).
type stamp string

// stampLimit is 2200-01-01: a stamp from later is a broken clock, and must not
// win for ever.
const stampLimit = 7258118400000

// parse takes a stamp apart; ok is false for text that is none.
func (s stamp) parse() (ms uint64, counter uint16, ok bool) {
	if len(s) < 17 || len(s) > 100 || s[16] != '-' {
		return 0, 0, false
	}
	for _, c := range []byte(s[:16]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return 0, 0, false
		}
	}
	n, err := strconv.ParseUint(string(s[:16]), 16, 64)
	if err != nil || n>>16 >= stampLimit {
		return 0, 0, false
	}
	return n >> 16, uint16(n), true
}

// orZero returns the stamp, or the empty one, older than all, if it is none.
func (s stamp) orZero() stamp {
	if _, _, ok := s.parse(); !ok {
		return ""
	}
	return s
}

// clock hands out stamps of one device, each later than the last.
type clock struct {
	node string
	now  func() time.Time

	mu      sync.Mutex // guards the last reading
	ms      uint64
	counter uint16
}

// next returns a stamp later than all before, and than after: an edit made in
// sight of another one wins over it, whatever the clocks say.
func (c *clock) next(after stamp) stamp {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ms := uint64(max(c.now().UnixMilli(), 0)); ms > c.ms {
		c.ms, c.counter = ms, 0
	} else {
		c.tick()
	}
	if ms, counter, ok := after.parse(); ok && (ms > c.ms || ms == c.ms && counter >= c.counter) {
		c.ms, c.counter = ms, counter
		c.tick()
	}
	return stamp(fmt.Sprintf("%012x%04x-%s", c.ms, c.counter, c.node))
}

func (c *clock) tick() {
	c.counter++
	if c.counter == 0 {
		c.ms++
	}
}
