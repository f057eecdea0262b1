package blob

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Bounds of leases: of the time, so that a clock that was wrong for a while does
// not bind a copy for ever, and of how many run for one blob.
const (
	maxLease  = time.Hour
	maxLeases = 256
)

// GrantLease promises that this copy of d stays until the given time, and
// returns when its bytes were last verified. The lease has a name, which says
// whom and what it is for; granted again under the same name it only gets longer.
// It is on the disk when GrantLease returns nil, so that a crash does not forget
// it. It is refused when the copy is not there as noted (ErrNotFound, ErrMissing,
// ErrNotMounted) or about to be removed (ErrDropping).
func (s *Store) GrantLease(d Digest, name string, until time.Time) (verified time.Time, err error) {
	verified, err = s.grant(d, name, until)
	if err != nil {
		return time.Time{}, fmt.Errorf("lease %v: %w", d, err)
	}
	return verified, nil
}

func (s *Store) grant(d Digest, name string, until time.Time) (time.Time, error) {
	left := until.Sub(s.now())
	if left > maxLease {
		return time.Time{}, errors.New("a lease lasts an hour at most")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dropping[d] > 0 {
		return time.Time{}, ErrDropping
	}
	if running := s.leasesLocked(d); len(running) >= maxLeases && !slices.Contains(running, name) {
		return time.Time{}, errors.New("too many leases of one file run")
	}
	r, err := s.checkLocked(d)
	if err != nil {
		return time.Time{}, err
	}
	err = s.index.update(func(tx *tx) error {
		if err := tx.exec("DELETE FROM leases WHERE until < ?", s.stamp()); err != nil {
			return err
		}
		return tx.exec(`INSERT INTO leases (digest, holder, until) VALUES (?, ?, ?)
			ON CONFLICT (digest, holder) DO UPDATE SET until = max(until, excluded.until)`, d[:], name, until.UnixNano())
	})
	if err != nil {
		return time.Time{}, err
	}
	s.extend(d, name, left)
	return time.Unix(0, r.verified), nil
}

// extend notes a lease by this process's own clock, which no one sets.
func (s *Store) extend(d Digest, name string, left time.Duration) {
	if s.leases[d] == nil {
		s.leases[d] = make(map[string]time.Time)
	}
	if end := s.now().Add(left); end.After(s.leases[d][name]) {
		s.leases[d][name] = end
	}
}

// ReleaseLeases ends leases of d before their time: nobody relies on them any
// more. Those of other names go on, and unknown names are passed over.
func (s *Store) ReleaseLeases(d Digest, names ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	running := s.leases[d]
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return running[name].IsZero() })
	if len(names) == 0 {
		return nil
	}
	err := s.index.update(func(tx *tx) error {
		for _, name := range names {
			if err := tx.exec("DELETE FROM leases WHERE digest = ? AND holder = ?", d[:], name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("release leases of %v: %w", d, err)
	}
	for _, name := range names {
		delete(running, name)
	}
	return nil
}

// Leased reports whether another device relies on this copy of d now.
func (s *Store) Leased(d Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.leasesLocked(d)) > 0
}

// leasesLocked returns the names of the leases of d that run, sorted. The caller
// holds mu.
func (s *Store) leasesLocked(d Digest) []string {
	var names []string
	now := s.now()
	for name, end := range s.leases[d] {
		if now.Before(end) {
			names = append(names, name)
		} else {
			delete(s.leases[d], name)
		}
	}
	if len(names) == 0 {
		delete(s.leases, d)
	}
	slices.Sort(names)
	return names
}

// Dropping announces that the caller is about to remove d: until done is called,
// GrantLease refuses d with ErrDropping. So bound, the names of the leases that
// run, can only become fewer; while one runs, Trash refuses d. Of two devices that
// ask each other for a lease of their last two copies, each holding Dropping, none
// gets one.
func (s *Store) Dropping(d Digest) (bound []string, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropping[d]++
	return s.leasesLocked(d), sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.dropping[d]--; s.dropping[d] == 0 {
			delete(s.dropping, d)
		}
	})
}

// loadLeases takes over the leases that ran when the store was last open. The
// clock may have been set back since: none lasts longer than maxLease from now.
func (s *Store) loadLeases() error {
	type lease struct {
		digest Digest
		name   string
		until  int64
	}
	all, err := collect(s.index, func(rs *sql.Rows) (l lease, err error) {
		var digest []byte
		err = rs.Scan(&digest, &l.name, &l.until)
		copy(l.digest[:], digest)
		return l, err
	}, "SELECT digest, holder, until FROM leases WHERE until > ?", s.stamp())
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range all {
		s.extend(l.digest, l.name, min(time.Unix(0, l.until).Sub(s.now()), maxLease))
	}
	return nil
}
