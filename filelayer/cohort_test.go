package filelayer

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// counting counts the requests of a device, by the first part of their path.
type counting struct {
	http.RoundTripper
	mu   sync.Mutex // guards seen and deny
	seen map[string]int
	deny string // part that the others do not know

	answered func(part string) // if not nil: called after each answer
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	part, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	c.mu.Lock()
	c.seen[part]++
	denied := part == c.deny
	c.mu.Unlock()
	if denied {
		return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: r}, nil
	}
	resp, err := c.RoundTripper.RoundTrip(r)
	if c.answered != nil {
		c.answered(part)
	}
	return resp, err
}

// refuse lets the others not know a part from now on.
func (c *counting) refuse(part string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deny = part
}

func (d *device) counts() *counting {
	c := &counting{RoundTripper: d.client.Transport, seen: make(map[string]int)}
	d.restartWith(func() {
		c.RoundTripper = d.client.Transport
		d.client.Transport = c
	})
	return c
}

// waitAll makes removals wait without asking for proofs.
func (d *device) waitAll(ds []Digest) {
	d.t.Helper()
	w := d.whenSafe
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, digest := range ds {
		e := d.entry(digest)
		w.files[digest] = waitingFile{Asked: toMillis(time.Now()), Added: stamp{e.Added.By, toMillis(e.Added.At)}}
	}
	must(d.t, w.save())
}

// TestWaitingRemovalsAreProvedTogether: thousands of removals that wait take a few
// requests to each device, and each still has its own proof.
func TestWaitingRemovalsAreProvedTogether(t *testing.T) {
	t.Parallel()
	const n = 300
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, n)
	c := a.counts()
	meet(t, a, b)
	_, stay := b.blobs.Dropping(ds[0]) // b proves no copy of it
	defer stay()
	a.waitAll(ds)
	began := time.Now()
	a.whenSafe.stir(ds...)
	until(t, "all but one have gone", func() bool { return a.WaitingCount() == 1 }, a)
	t.Logf("%d removals took %v and %v requests", n, time.Since(began).Round(time.Millisecond), c.seen)
	if c.seen["lease"] > 8 || c.seen["leases"] > (n+leaseFiles-1)/leaseFiles {
		t.Errorf("%d removals took %v requests", n, c.seen)
	}
	for _, d := range ds[1:] {
		if lines := a.wantLogged(d, RemovedWhenSafe); a.blobs.Has(d) || len(lines[0].Leases) != 1 || !b.blobs.Leased(d) {
			t.Fatalf("%v is here: %t, by %+v", d, a.blobs.Has(d), lines)
		}
	}
	if !a.blobs.Has(ds[0]) || !a.waits(ds[0]) {
		t.Error("a file without a proof went with the others")
	}
}

// TestRefusedTogether: the leases of removals that were refused end early, in few
// requests; and an older device is asked for one after the other.
func TestRefusedTogether(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a", func(o *Options) { o.Copies = 2 })
	b := a.invite("b")
	ds := sharedFiles(t, a, b, 40)
	c := a.counts()
	meet(t, a, b)
	refused := func() {
		t.Helper()
		for i, err := range a.unsaveAll(testContext(t), ds, RemovedUnsaved) {
			if err == nil || !a.blobs.Has(ds[i]) || b.blobs.Leased(ds[i]) {
				t.Fatalf("%v: %v, here %t, b bound %t", ds[i], err, a.blobs.Has(ds[i]), b.blobs.Leased(ds[i]))
			}
		}
	}
	refused()
	if c.seen["leases"] != 2 || c.seen["lease"] != 0 {
		t.Errorf("requests: %v", c.seen)
	}
	c.refuse("leases")
	refused()
	if c.seen["lease"] != 2*len(ds) {
		t.Errorf("requests to an older device: %v", c.seen)
	}
	ended, cancel := context.WithCancel(testContext(t))
	cancel()
	for _, err := range a.unsaveAll(ended, ds, RemovedUnsaved) {
		if err == nil {
			t.Fatal("removed after its context has ended")
		}
	}
}

// TestLateTurnIsNotReliedOn: proofs may have ended by the time that a removal comes to its turn.
func TestLateTurnIsNotReliedOn(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 2)
	c := a.counts()
	meet(t, a, b)
	proved := make(chan string, 8)
	c.answered = func(part string) {
		if part == "leases" {
			proved <- part
		}
	}
	a.whenSafe.letting.Lock()
	done := make(chan []error)
	go func() { done <- a.unsaveAll(testContext(t), ds, RemovedUnsaved) }()
	<-proved
	a.skew.Store(int64(leaseTime))
	a.whenSafe.letting.Unlock()
	for i, err := range <-done {
		if err == nil || !a.blobs.Has(ds[i]) {
			t.Errorf("%v went by a proof of %v ago", ds[i], leaseTime)
		}
	}
}

// TestHostileLeases asks for what no device may.
func TestHostileLeases(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	d := a.show(b, "photo", 500)
	item := `{"digest":"` + d.String() + `","size":500,"removal":"R"}`
	for body, want := range map[string]int{
		"[" + item + "]": http.StatusOK,
		"[]":             http.StatusBadRequest,
		"{}":             http.StatusBadRequest,
		"[" + strings.Repeat(item+",", leaseFiles) + item + "]": http.StatusBadRequest,
		`[{"digest":"zz","size":1,"removal":"R"}]`:              http.StatusBadRequest,
		strings.Replace("["+item+"]", `"R"`, `"../x"`, 1):       http.StatusBadRequest,
		strings.Repeat(" ", leaseBody) + "[]":                   http.StatusBadRequest,
	} {
		for _, path := range []string{"/leases", "/leases/end"} {
			resp, err := b.client.Post(peerURL(a.id, path), "application/json", strings.NewReader(body))
			must(t, err)
			must(t, resp.Body.Close())
			if ok := want == http.StatusOK; ok != (resp.StatusCode < 300) {
				t.Errorf("%s %.80s: %s, want %s", path, body, resp.Status, strconv.Itoa(want))
			}
		}
	}
	if a.blobs.Leased(d) {
		t.Error("a lease was not ended")
	}
}

// TestUnsaveAllProvesTogether: so does what a person removes at once, and each file
// is told of.
func TestUnsaveAllProvesTogether(t *testing.T) {
	t.Parallel()
	const n = 60
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, n)
	c := a.counts()
	meet(t, a, b)
	_, stay := b.blobs.Dropping(ds[0])
	defer stay()
	var kept []Digest
	told := 0
	a.UnsaveAll(testContext(t), ds, func(d Digest, err error) {
		if told++; err != nil {
			kept = append(kept, d)
		}
	})
	if told != n || len(kept) != 1 || kept[0] != ds[0] || !a.blobs.Has(ds[0]) || a.blobs.Has(ds[1]) {
		t.Errorf("told of %d, kept %v", told, kept)
	}
	if c.seen["leases"] != 1 || c.seen["lease"] > 2 { // and the end of the one lease that was refused
		t.Errorf("requests: %v", c.seen)
	}
}
