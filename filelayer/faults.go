package filelayer

import (
	"slices"
	"sync"
	"time"
)

const (
	faultSpan = time.Hour // how long a device is not asked again for a file
	faultMost = 1000      // faults remembered
)

// A Fault is a device that claimed a file and sent other bytes.
type Fault struct {
	Device string
	Digest Digest
	At     time.Time
}

// faults remembers who sent wrong bytes, the latest last.
type faults struct {
	mu   sync.Mutex // guards list
	list []Fault
}

func newFaults() *faults { return new(faults) }

func (f *faults) note(device string, d Digest, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) == faultMost {
		f.list = slices.Delete(f.list, 0, 1)
	}
	f.list = append(f.list, Fault{device, d, at})
}

func (f *faults) has(device string, d Digest, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.list, func(x Fault) bool {
		return x.Device == device && x.Digest == d && now.Sub(x.At) < faultSpan
	})
}

// devices lists who is set aside for some file.
func (f *faults) devices(now time.Time) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []string
	for _, x := range f.list {
		if now.Sub(x.At) < faultSpan {
			ids = append(ids, x.Device)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Faults lists the devices that sent wrong bytes lately, the latest last.
func (l *Layer) Faults() []Fault {
	l.faults.mu.Lock()
	defer l.faults.mu.Unlock()
	return slices.Clone(l.faults.list)
}

// leastBusy sorts devices by how many files come from them now.
func (q *queue) leastBusy(ids []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	busy := make(map[string]int, len(ids))
	for j := range q.shown {
		for _, id := range j.from {
			busy[id]++
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return busy[a] - busy[b] })
}
