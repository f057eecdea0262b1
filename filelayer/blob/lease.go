package blob

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// maxLease bounds a lease, so that a clock that was wrong for a while does not
// bind a copy for ever.
const maxLease = time.Hour

// GrantLease promises the device to that this copy of d stays until the given
// time, and returns when its bytes were last verified. The promise is on the
// disk when GrantLease returns nil, so that a crash does not forget it. It is
// refused when the copy is not there as noted (ErrNotFound, ErrMissing,
// ErrNotMounted) or about to be removed (ErrDropping).
func (s *Store) GrantLease(d Digest, to string, until time.Time) (verified time.Time, err error) {
	verified, err = s.grant(d, to, until)
	if err != nil {
		return time.Time{}, fmt.Errorf("lease %v: %w", d, err)
	}
	return verified, nil
}

func (s *Store) grant(d Digest, to string, until time.Time) (time.Time, error) {
	left := time.Until(until)
	if left > maxLease {
		return time.Time{}, errors.New("a lease lasts an hour at most")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dropping[d] > 0 {
		return time.Time{}, ErrDropping
	}
	r, err := s.checkLocked(d)
	if err != nil {
		return time.Time{}, err
	}
	err = s.index.update(func(tx *tx) error {
		if err := tx.exec("DELETE FROM leases WHERE until < ?", now()); err != nil {
			return err
		}
		return tx.exec(`INSERT INTO leases (digest, holder, until) VALUES (?, ?, ?)
			ON CONFLICT (digest, holder) DO UPDATE SET until = max(until, excluded.until)`, d[:], to, until.UnixNano())
	})
	if err != nil {
		return time.Time{}, err
	}
	s.extend(d, left)
	return time.Unix(0, r.verified), nil
}

// extend notes a lease by this process's own clock, which no one sets.
func (s *Store) extend(d Digest, left time.Duration) {
	if end := time.Now().Add(left); end.After(s.leases[d]) {
		s.leases[d] = end
	}
}

// Leased reports whether another device relies on this copy of d now.
func (s *Store) Leased(d Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leasedLocked(d)
}

func (s *Store) leasedLocked(d Digest) bool {
	end, ok := s.leases[d]
	if ok && !time.Now().Before(end) {
		delete(s.leases, d)
		return false
	}
	return ok
}

// Dropping announces that the caller is about to remove d: until release is
// called, GrantLease refuses d with ErrDropping. ErrLeased: a lease of d runs.
// Of two devices that ask each other for a lease of their last two copies, each
// holding Dropping, none gets one.
func (s *Store) Dropping(d Digest) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leasedLocked(d) {
		return nil, fmt.Errorf("drop %v: %w", d, ErrLeased)
	}
	s.dropping[d]++
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.dropping[d]--; s.dropping[d] == 0 {
			delete(s.dropping, d)
		}
	}), nil
}

// loadLeases takes over the leases that ran when the store was last open. The
// clock may have been set back since: none lasts longer than maxLease from now.
func (s *Store) loadLeases() error {
	type lease struct {
		digest Digest
		until  int64
	}
	all, err := collect(s.index, func(rs *sql.Rows) (l lease, err error) {
		var digest []byte
		err = rs.Scan(&digest, &l.until)
		copy(l.digest[:], digest)
		return l, err
	}, "SELECT digest, until FROM leases WHERE until > ?", now())
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range all {
		s.extend(l.digest, min(time.Until(time.Unix(0, l.until)), maxLease))
	}
	return nil
}
