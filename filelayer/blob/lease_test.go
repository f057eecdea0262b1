package blob

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestLeases(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	d := put(t, s, "a.jpg", "a")
	verified, err := s.GrantLease(d, "laptop", time.Now().Add(time.Minute))
	if err != nil || time.Since(verified) > time.Minute {
		t.Errorf("%v, %v", verified, err)
	}
	if _, err := s.GrantLease(d, "phone", time.Now().Add(-time.Minute)); err != nil { // shortens nothing
		t.Error(err)
	}
	for _, when := range []string{"now", "after a restart"} {
		if !s.Leased(d) || !errors.Is(s.Trash(d, "test"), ErrLeased) {
			t.Errorf("%s: the lease does not hold", when)
		}
		bound, done := s.Dropping(d)
		done()
		if !slices.Equal(bound, []string{"laptop"}) {
			t.Errorf("%s: bound by %q", when, bound)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = dirs.open(t, nil)
	}
	if _, err := s.GrantLease(sum("unknown"), "laptop", time.Now()); !errors.Is(err, ErrNotFound) {
		t.Errorf("lease of nothing: %v", err)
	}
	if _, err := s.GrantLease(d, "laptop", time.Now().Add(2*maxLease)); err == nil {
		t.Error("an endless lease was granted")
	}
	// A clock that was a year ahead when the lease was granted.
	far := time.Now().AddDate(1, 0, 0).UnixNano()
	if err := s.index.update(func(tx *tx) error { return tx.exec("UPDATE leases SET until = ?", far) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = dirs.open(t, nil)
	s.mu.Lock()
	left := time.Until(s.leases[d]["laptop"])
	for name := range s.leases[d] {
		s.leases[d][name] = time.Now() // it ends
	}
	s.mu.Unlock()
	if left > maxLease {
		t.Errorf("the lease binds for %v", left)
	}
	if s.Leased(d) {
		t.Error("leased after the end")
	}
	bound, done := s.Dropping(d)
	if len(bound) != 0 {
		t.Errorf("bound by %q after the end", bound)
	}
	if _, err := s.GrantLease(d, "laptop", time.Now().Add(time.Minute)); !errors.Is(err, ErrDropping) {
		t.Errorf("lease while dropping: %v", err)
	}
	done()
	done()
	if _, err := s.GrantLease(d, "laptop", time.Now().Add(time.Minute)); err != nil {
		t.Error(err)
	}
}

// TestReleaseLeases: a lease that is released binds no more, whatever comes
// after; the others go on.
func TestReleaseLeases(t *testing.T) {
	t.Parallel()
	dirs := newDirs(t)
	s := dirs.open(t, nil)
	d, other := put(t, s, "a.jpg", "a"), put(t, s, "b.jpg", "b")
	grant := func(d Digest, name string) {
		t.Helper()
		if _, err := s.GrantLease(d, name, time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"laptop/1", "laptop/2", "phone/1"} {
		grant(d, name)
	}
	grant(other, "laptop/1")
	steps := []struct {
		release []string
		left    []string
	}{
		{[]string{"laptop/1"}, []string{"laptop/2", "phone/1"}},
		{[]string{"laptop/1", "unknown"}, []string{"laptop/2", "phone/1"}}, // doubled
		{[]string{"phone/1", "laptop/2"}, nil},
		{[]string{"phone/1"}, nil},
	}
	for i, step := range steps {
		if err := s.ReleaseLeases(d, step.release...); err != nil {
			t.Fatal(err)
		}
		for _, when := range []string{"now", "after a restart"} {
			bound, done := s.Dropping(d)
			done()
			if !slices.Equal(bound, step.left) || s.Leased(d) != (len(step.left) > 0) || !s.Leased(other) {
				t.Errorf("step %d, %s: bound by %q, want %q", i, when, bound, step.left)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = dirs.open(t, nil)
		}
	}
	if err := s.Trash(d, "test"); err != nil {
		t.Errorf("released, and yet: %v", err)
	}
}

// TestLeasesAreBounded: who asks for leases without end fills no memory.
func TestLeasesAreBounded(t *testing.T) {
	t.Parallel()
	s := newDirs(t).open(t, nil)
	d := put(t, s, "a.jpg", "a")
	until := time.Now().Add(time.Minute)
	s.mu.Lock()
	for i := range maxLeases {
		s.extend(d, fmt.Sprint(i), time.Minute)
	}
	s.mu.Unlock()
	if _, err := s.GrantLease(d, "one more", until); err == nil {
		t.Error("one more was granted")
	}
	if _, err := s.GrantLease(d, "7", until); err != nil {
		t.Errorf("one that runs, again: %v", err)
	}
}
