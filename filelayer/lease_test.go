package filelayer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// copies counts the devices that have a file's bytes in their libraries.
func copies(d Digest, devices ...*device) (n int) {
	for _, x := range devices {
		if x.blobs.Has(d) {
			n++
		}
	}
	return n
}

// wantLeased checks that a removal is refused for a lease, and changes nothing.
func (d *device) wantLeased(digest Digest) {
	d.t.Helper()
	for name, unsave := range map[string]func(context.Context, Digest) error{"Unsave": d.Unsave, "ForceUnsave": d.ForceUnsave} {
		if err := unsave(testContext(d.t), digest); !errors.Is(err, ErrLeased) {
			d.t.Fatalf("%s of a leased copy = %v", name, err)
		}
	}
	if !d.blobs.Has(digest) || !d.blobs.Leased(digest) || !d.holds(d, digest) {
		d.t.Fatal("refused, and the copy or its lease is gone")
	}
}

func TestALeaseBindsWhoGrantsIt(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	d := sharedFiles(t, a, b, 1)[0]
	granted, err := a.askLease(ctx, b.id, "R", a.entry(d))
	must(t, err)
	if time.Since(granted.verified) > time.Minute || granted.until.Before(granted.verified) {
		t.Errorf("granted %+v", granted)
	}
	bound, done := a.blobs.Dropping(d)
	defer done()
	if len(bound) != 0 {
		t.Errorf("bound by %q", bound)
	}
	b.restart() // a lease survives
	meet(t, a, b)
	b.wantLeased(d)
	tests := []struct {
		name, removal string
		entry         Entry
		want          error
	}{
		{"a copy about to go", "R", b.entry(d), blob.ErrDropping},
		{"another size", "R", Entry{Digest: d, Size: b.entry(d).Size + 1}, ErrMissing},
		{"nothing", "R", Entry{Digest: Digest{9}, Size: 1}, ErrNotFound},
		{"no removal", "", b.entry(d), nil},
		{"a bad removal", "a/b", b.entry(d), nil},
		{"a long removal", strings.Repeat("R", maxRemoval+1), b.entry(d), nil},
	}
	for _, tt := range tests {
		_, err := b.askLease(ctx, a.id, tt.removal, tt.entry)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("lease of %s = %v, want %v", tt.name, err, tt.want)
		}
	}
}

// TestACopyThatIsBackEndsTheLease: who relied on a copy and proves one of its
// own relies on it no more.
func TestACopyThatIsBackEndsTheLease(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	tests := []struct {
		name   string
		before func()
		unsave func(context.Context, Digest) error
	}{
		{"at once", func() {}, b.Unsave},
		{"forced", func() {}, b.ForceUnsave},
		{"after restarts", func() { a.restart(); b.restart(); meet(t, a, b) }, func(ctx context.Context, d Digest) error { return b.Unsave(ctx, d) }},
	}
	for i, d := range sharedFiles(t, a, b, len(tests)) {
		t.Run(tests[i].name, func(t *testing.T) {
			ctx := testContext(t)
			must(t, a.Unsave(ctx, d))
			b.wantLeased(d)
			_, err := a.Save(ctx, d)
			must(t, err)
			tests[i].before()
			must(t, tests[i].unsave(ctx, d))
			if b.blobs.Has(d) || b.blobs.Leased(d) {
				t.Error("still here, or leased")
			}
			if tests[i].name != "forced" { // that needs no proof
				a.wantLeased(d) // since b relies on a now
			}
		})
	}
}

// TestOnlyAFreshGrantEndsALease: what is not proved now, or not heard, ends
// nothing.
func TestOnlyAFreshGrantEndsALease(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	ctx := testContext(t)
	must(t, a.Unsave(ctx, d))
	_, err := a.Save(ctx, d)
	must(t, err)
	until(t, "b knows that a has it again", func() bool { return b.holds(a, d) }, b)

	_, done := a.blobs.Dropping(d)
	b.wantLeased(d) // a is about to drop it again
	done()
	a.net.part(a, b, true)
	b.wantLeased(d)
	a.net.part(a, b, false)
	meet(t, a, b)
	ask := b.Layer.lease
	b.Layer.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
		_, err := ask(ctx, id, removal, e)
		return proof{}, errors.Join(err, errUnreachable) // granted, and the answer lost
	}
	b.wantLeased(d)
	if a.blobs.Leased(d) {
		t.Error("a is still bound to a removal that b gave up")
	}
	b.Layer.lease = ask
	a.lie(flip) // rotten, and its last check too old to go by
	a.skew.Store(int64(proofSmall + time.Hour))
	b.wantLeased(d)
	a.skew.Store(0)
	until(t, "a has fetched it again", func() bool { return a.entry(d).Here() && a.holds(a, d) }, a)
	must(t, b.Unsave(ctx, d))
	if copies(d, a, b) != 1 {
		t.Error("no copy is left")
	}
}

// TestEachLesseeIsAsked: that one device has its copy back frees nobody from
// what was promised to another.
func TestEachLesseeIsAsked(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	c := b.invite("c")
	ctx := testContext(t)
	until(t, "c sees it", func() bool { return c.sees(d) }, c)
	_, err := c.Save(ctx, d)
	must(t, err)
	until(t, "a and c know c and a", func() bool { return a.Online(c.id) && c.Online(a.id) }, a, c)
	a.net.part(a, c, true) // so that both rely on b alone
	must(t, a.Unsave(ctx, d))
	must(t, c.Unsave(ctx, d))
	b.wantLeased(d)
	_, err = a.Save(ctx, d)
	must(t, err)
	b.wantLeased(d)
	if bound, done := b.blobs.Dropping(d); len(bound) != 1 || lessee(bound[0]) != c.id {
		t.Errorf("bound by %q, want c alone", bound)
	} else {
		done()
	}
	_, err = c.Save(ctx, d)
	must(t, err)
	must(t, b.Unsave(ctx, d))
}

// TestAGivenUpRemovalEndsItsLeases, and no others.
func TestAGivenUpRemovalEndsItsLeases(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a", func(o *Options) { o.Copies = 2 })
	b := a.invite("b")
	ds := sharedFiles(t, a, b, 4)
	ask := a.Layer.lease
	var removals []string
	a.Layer.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
		removals = append(removals, removal)
		return ask(ctx, id, removal, e)
	}
	refused := func(ctx context.Context, d Digest, want error) {
		t.Helper()
		if err := a.Unsave(ctx, d); !errors.Is(err, want) || !a.blobs.Has(d) {
			t.Fatalf("Unsave = %v, want %v", err, want)
		}
	}
	ctx := testContext(t)
	refused(ctx, ds[0], ErrLastCopy) // for want of a second
	if b.blobs.Leased(ds[0]) {
		t.Error("a refused removal binds b")
	}

	granted := a.Layer.lease
	cancelled, cancel := context.WithCancel(ctx)
	a.Layer.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
		defer cancel()
		return granted(ctx, id, removal, e)
	}
	refused(cancelled, ds[1], ErrLastCopy)
	if b.blobs.Leased(ds[1]) {
		t.Error("a removal whose caller has gone binds b")
	}

	a.Layer.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
		defer a.net.part(a, b, true) // the release is lost
		return granted(ctx, id, removal, e)
	}
	refused(ctx, ds[2], ErrLastCopy)
	b.wantLeased(ds[2])
	a.net.part(a, b, false)
	meet(t, a, b)
	must(t, b.Unsave(ctx, ds[2])) // a's own grant makes up for it

	a.Layer.lease, a.Layer.opts.Copies = granted, 1
	must(t, a.Unsave(ctx, ds[3]))
	for _, removal := range append(removals[:len(removals)-1], "UNKNOWN") { // late, and twice
		must(t, a.releaseLease(ctx, b.id, removal, ds[3]))
	}
	b.wantLeased(ds[3])
}

// TestARemovalThatFailsEndsItsLeases: the library cannot be changed.
func TestARemovalThatFailsEndsItsLeases(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	trash := filepath.Join(a.opts.Library, ".paul", "trash")
	must(t, os.Remove(trash))
	must(t, os.WriteFile(trash, nil, 0o600))
	if err := a.Unsave(testContext(t), d); err == nil {
		t.Fatal("removed without a trash")
	}
	if !a.blobs.Has(d) || b.blobs.Leased(d) {
		t.Error("the copy is gone, or b is bound")
	}
	until(t, "a claims it again", func() bool { return a.holds(a, d) }, a)
}

// TestSlowProofIsNotReliedOn: leases may have ended by the time all are there,
// also while this device slept.
func TestSlowProofIsNotReliedOn(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := sharedFiles(t, a, b, 1)[0]
	ask := a.Layer.lease
	a.Layer.lease = func(ctx context.Context, id, removal string, e Entry) (proof, error) {
		defer a.skew.Add(int64(leaseTime - leaseMargin + time.Second))
		return ask(ctx, id, removal, e)
	}
	if err := a.Unsave(testContext(t), d); !errors.Is(err, ErrUnverified) || !a.blobs.Has(d) {
		t.Errorf("Unsave = %v", err)
	}
	slept := time.Now().Add(-time.Hour).Round(0) // no monotonic time has passed
	if got := a.since(slept); got < time.Hour {
		t.Errorf("an hour of sleep counts as %v", got)
	}
}

// lossy loses requests and answers about leases, and sends releases again later.
type lossy struct {
	base http.RoundTripper

	mu   sync.Mutex // guards the rest
	rand *rand.Rand
	late []*http.Request
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.URL.Path, "/lease/") {
		return l.base.RoundTrip(r)
	}
	l.mu.Lock()
	fate := l.rand.IntN(8)
	var again *http.Request
	if n := len(l.late); n > 0 && l.rand.IntN(2) == 0 {
		again = l.late[l.rand.IntN(n)]
	}
	if r.Method == http.MethodDelete {
		l.late = append(l.late, r.Clone(context.WithoutCancel(r.Context())))
	}
	l.mu.Unlock()
	if again != nil {
		if resp, err := l.base.RoundTrip(again); err == nil {
			_ = resp.Body.Close()
		}
	}
	if fate == 0 {
		return nil, errUnreachable
	}
	resp, err := l.base.RoundTrip(r)
	if err == nil && fate == 1 {
		return nil, errors.Join(errUnreachable, resp.Body.Close())
	}
	return resp, err
}

// TestLossyUnsavesKeepACopy: three devices drop and take back the same files all
// at once, while messages about leases are lost, doubled and late.
func TestLossyUnsavesKeepACopy(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	c := a.invite("c")
	devices := []*device{a, b, c}
	for i, x := range devices {
		x.restartWith(func() {
			x.client.Transport = &lossy{base: x.client.Transport, rand: rand.New(rand.NewPCG(1, uint64(i)))}
		})
	}
	meet(t, a, b)
	meet(t, a, c)
	meet(t, b, c)
	ds := sharedFiles(t, a, b, 5)
	removed := 0
	for range 8 {
		for _, x := range devices {
			must(t, x.Want(testContext(t), ds...))
		}
		until(t, "all have all", func() bool {
			return !slices.ContainsFunc(ds, func(d Digest) bool {
				return copies(d, devices...) < len(devices) || !a.entry(d).Here() || !b.entry(d).Here() || !c.entry(d).Here()
			})
		}, devices...)
		var wg sync.WaitGroup
		for _, x := range devices {
			for _, d := range ds {
				wg.Go(func() { _ = x.Unsave(testContext(t), d) }) // refused or not
			}
		}
		wg.Wait()
		for _, d := range ds {
			left := copies(d, devices...)
			if left == 0 {
				t.Fatal("no copy is left")
			}
			removed += len(devices) - left
		}
	}
	// On a busy machine all may have been refused, one for the other. One that is
	// alone in it is not for long.
	for ctx := testContext(t); removed == 0; {
		if err := a.Unsave(ctx, ds[0]); err == nil {
			removed++
		} else if ctx.Err() != nil {
			t.Fatalf("every removal was refused: %v", err)
		}
	}
}

func TestReadLease(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		ok         bool
		want       error
	}{
		{"granted", `{"verified":5,"until":9}`, 200, true, nil},
		{"granted nothing", `{}`, 200, false, nil},
		{"refused but 200", `{"refused":"missing"}`, 200, false, ErrMissing},
		{"refused", `{"refused":"deleted"}`, 409, false, ErrDeleted},
		{"unknown refusal", `{"refused":"x","message":"no"}`, 409, false, nil},
		{"no JSON", `<html>`, 200, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := readLease(&http.Response{
				StatusCode: tt.status, Status: strconv.Itoa(tt.status), Body: io.NopCloser(strings.NewReader(tt.body)),
			})
			if (err == nil) != tt.ok || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func FuzzReadLease(f *testing.F) {
	f.Add([]byte(`{"verified":5,"until":9}`), 200)
	f.Add([]byte(`{"refused":"deleted"}`), 409)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		granted, err := readLease(&http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(body))})
		var reply leaseReply
		if err == nil && (status != 200 || granted.verified.IsZero() || granted.until.IsZero() || json.NewDecoder(bytes.NewReader(body)).Decode(&reply) != nil) {
			t.Errorf("%d %s is taken for a lease", status, body)
		}
	})
}
