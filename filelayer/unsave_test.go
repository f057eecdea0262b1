package filelayer

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestUnsaveNeedsAProof(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	share := func(t *testing.T, name string) Digest {
		t.Helper()
		d := a.create(name, 5000)
		until(t, "b sees it", func() bool { return b.sees(d) }, b)
		_, err := b.Save(testContext(t), d)
		must(t, err)
		until(t, "a knows the copy of b", func() bool { return a.holds(b, d) }, a)
		return d
	}
	refused := func(t *testing.T, d Digest, want error) {
		t.Helper()
		var copies *CopiesError
		if err := a.Unsave(testContext(t), d); !errors.Is(err, want) || !errors.As(err, &copies) || len(copies.Answers) == 0 {
			t.Fatalf("Unsave = %v, want %v", err, want)
		}
		if !a.entry(d).Here() || !a.blobs.Has(d) {
			t.Fatal("refused, and removed all the same")
		}
	}
	t.Run("holder offline", func(t *testing.T) {
		d := share(t, "offline")
		a.net.part(a, b, true)
		defer a.net.part(a, b, false)
		refused(t, d, ErrUnverified)
	})
	t.Run("holder lost its file", func(t *testing.T) {
		until(t, "online again", func() bool { return a.Online(b.id) }, a, b)
		d := share(t, "lost")
		must(t, os.Remove(b.entry(d).Path))
		refused(t, d, ErrUnverified)
		until(t, "b fetches it again", func() bool { return b.entry(d).Here() && b.Queue() == 0 }, b)
		until(t, "a knows again", func() bool { return a.holds(b, d) }, a)
		must(t, a.Unsave(testContext(t), d))
	})
	t.Run("old proof of a rotten file", func(t *testing.T) {
		d := share(t, "rotten")
		b.lie(flip)
		b.skew.Store(int64(proofSmall + time.Hour))
		defer b.skew.Store(0)
		refused(t, d, ErrUnverified)
	})
	t.Run("forced", func(t *testing.T) {
		d := a.create("forced", 5000)
		refused(t, d, ErrLastCopy)
		must(t, a.ForceUnsave(testContext(t), d))
		if a.entry(d).Here() {
			t.Fatal("still here")
		}
		_, err := a.Save(testContext(t), d) // out of the trash
		must(t, err)
		a.wantBytes(d, photo("forced", 5000))
	})
}

func TestUnsaveNeedsAsManyCopiesAsAsked(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a", func(o *Options) { o.Copies = 2 })
	b, c := a.invite("b"), a.invite("c")
	ctx := testContext(t)
	d := a.create("photo", 5000)
	until(t, "b and c see it", func() bool { return b.sees(d) && c.sees(d) }, b, c)
	_, err := b.Save(ctx, d)
	must(t, err)
	until(t, "a knows the copy of b", func() bool { return a.holds(b, d) }, a)
	if err := a.Unsave(ctx, d); !errors.Is(err, ErrLastCopy) {
		t.Fatalf("Unsave with one copy elsewhere = %v", err)
	}
	_, err = c.Save(ctx, d)
	must(t, err)
	until(t, "a knows the copy of c", func() bool { return a.holds(c, d) }, a)
	must(t, a.Unsave(ctx, d))
}

// mutual lets two devices unsave the same file at once, and counts the copies
// that are left.
func mutual(t *testing.T, a, b *device, d Digest) int {
	t.Helper()
	ctx := testContext(t)
	var wg sync.WaitGroup
	for _, x := range []*device{a, b} {
		wg.Go(func() {
			err := x.Unsave(ctx, d)
			if err != nil && !errors.Is(err, ErrUnverified) && !errors.Is(err, ErrLastCopy) && !errors.Is(err, ErrLeased) {
				t.Errorf("Unsave = %v", err)
			}
		})
	}
	wg.Wait()
	left := 0
	for _, x := range []*device{a, b} {
		if x.blobs.Has(d) {
			left++
		}
	}
	return left
}

func TestMutualUnsaveKeepsACopy(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	for _, d := range sharedFiles(t, a, b, 60) {
		if mutual(t, a, b, d) == 0 {
			t.Fatal("both devices dropped the last copy")
		}
	}
}

// TestWithoutLeasesACopyIsLost proves that the test above can fail: believing
// the records instead of asking loses files.
func TestWithoutLeasesACopyIsLost(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 3)
	var both sync.WaitGroup
	both.Add(2)
	believe := func(context.Context, string, string, Entry) (proof, error) {
		both.Done()
		both.Wait() // until the other believes as well
		return proof{time.Now(), time.Now().Add(leaseTime)}, nil
	}
	for _, x := range []*device{a, b} {
		x.restartWith(func() { x.lease = believe })
	}
	meet(t, a, b)
	if left := mutual(t, a, b, ds[0]); left != 0 {
		t.Errorf("%d copies left: leases are not what keeps them", left)
	}
}

// A refusal says what the other devices lack, and to wait only where that helps.
func TestRefusalsSayWhatIsLacking(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	ds := sharedFiles(t, a, b, 2)
	leased, rotten := ds[0], ds[1]
	must(t, a.Unsave(ctx, leased))
	until(t, "b knows that a has none", func() bool { return !b.holds(a, leased) }, b)
	a.lieOne(rotten, flip)
	a.skew.Store(int64(proofSmall + time.Hour)) // so that it is read
	defer a.skew.Store(0)
	for _, tt := range []struct {
		what   string
		unsave func(context.Context, Digest) error
		d      Digest
		want   string
	}{
		{"a leased copy, the last one", b.Unsave, leased, "a has no copy of it; too few other devices are known to have it: save it on one first, and try again"},
		{"a leased copy, by force", b.ForceUnsave, leased, "a has no copy of it; try again once it does, or in 10 minutes"},
		{"a copy that has rotted elsewhere", b.Unsave, rotten, "0 of 1; a found its copy rotten; "},
	} {
		if err := tt.unsave(ctx, tt.d); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.what, err)
		}
	}
}
