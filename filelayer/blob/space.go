package blob

import (
	"fmt"
	"math"
	"sync"
)

// spaceMargin is what is left free on a disk, so that the index and the system
// can go on.
const spaceMargin = 16 << 20

// space knows what transfers in progress will still write, per disk as far as
// folders tell.
type space struct {
	mu       sync.Mutex       // guards reserved
	reserved map[string]int64 // bytes by folder
}

// reserve sets need bytes of dir's disk aside until release, or fails with
// ErrNoSpace. written tells how many of them have been written since.
func (s *Store) reserve(dir string, need int64) (written func(int64), release func(), err error) {
	free, err := s.fsys.free(dir)
	if err != nil {
		return nil, nil, explain(err)
	}
	sp := &s.space
	sp.mu.Lock()
	defer sp.mu.Unlock()
	if want := uint64(max(need, 0)) + uint64(sp.reserved[dir]) + spaceMargin; free < want {
		return nil, nil, fmt.Errorf("%w: %s has %s free, and %s are needed, of which %s stay free for the system; free some space, and try again",
			ErrNoSpace, dir, megabytes(free), megabytes(want), megabytes(spaceMargin))
	}
	if sp.reserved == nil {
		sp.reserved = make(map[string]int64)
	}
	sp.reserved[dir] += need
	left := need
	written = func(n int64) {
		sp.mu.Lock()
		defer sp.mu.Unlock()
		n = min(n, left)
		left -= n
		sp.reserved[dir] -= n
	}
	return written, func() { written(left) }, nil
}

// Free tells how many bytes more the disk of the library can take.
func (s *Store) Free() (int64, error) {
	free, err := s.fsys.free(s.library)
	return int64(min(free, math.MaxInt64/4)), explain(err) //nolint:gosec // bounded
}

// DiskSize tells how many bytes the disk of the library has.
func (s *Store) DiskSize() (int64, error) {
	total, err := diskBytes(s.library)
	return int64(min(total, math.MaxInt64/4)), explain(err) //nolint:gosec // bounded
}

func megabytes(n uint64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
