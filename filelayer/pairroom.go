package filelayer

import "sync"

const (
	pairConns      = 16 // connections that are served at once
	pairConnsGuest = 2  // of one device, so that none can take all
)

// pairRoom counts the connections of guests that are served.
type pairRoom struct {
	mu  sync.Mutex // guards the rest
	all int
	of  map[string]int // by the key of the device
}

// enter reports whether there is room for one more connection of a device.
// leave ends what enter began.
func (r *pairRoom) enter(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all >= pairConns || r.of[key] >= pairConnsGuest {
		return false
	}
	r.all++
	if r.of == nil {
		r.of = map[string]int{}
	}
	r.of[key]++
	return true
}

func (r *pairRoom) leave(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all--
	if r.of[key]--; r.of[key] == 0 {
		delete(r.of, key)
	}
}
