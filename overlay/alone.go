package overlay

import "time"

const (
	// joinWait is how long a new link may take to become one of the tree: its
	// ends look once a second at what the other tells of itself, and it takes two
	// or three looks. A link beside others may never become one.
	joinWait = 4 * time.Second
	// joinedAfter is a while until ironwood has taken in what has been read.
	joinedAfter = 20 * time.Millisecond
)

// joined is called when a link has become one of the tree.
func (ls *links) joined() { time.AfterFunc(joinedAfter, ls.moved) }

// alone returns how long to wait at most while no device can be found: there is
// no link, or only new ones that searches do not pass. It is 0 when one can. To
// search is worse than to wait, as ironwood searches for a device once a second
// at most.
func (ls *links) alone(now time.Time) (wait time.Duration) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	wait = joinWait
	for k := range ls.up {
		if k.joined() {
			return 0
		}
		wait = min(wait, joinWait-now.Sub(k.since))
	}
	return max(wait, 0)
}
