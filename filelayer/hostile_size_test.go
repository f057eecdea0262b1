package filelayer

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"
)

func TestAddSizes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		sizes []int64
		want  int64
	}{
		{nil, 0},
		{[]int64{1, 2, 3}, 6},
		{[]int64{math.MaxInt64, 0}, math.MaxInt64},
		{[]int64{math.MaxInt64, 1, math.MaxInt64}, math.MaxInt64},
		{[]int64{maxSize, math.MaxInt64 - maxSize}, math.MaxInt64},
		{[]int64{maxSize, math.MaxInt64 - maxSize + 1}, math.MaxInt64},
	} {
		if got := AddSizes(tt.sizes...); got != tt.want {
			t.Errorf("sum of %v is %d, want %d", tt.sizes, got, tt.want)
		}
	}
}

// keeperOf lets a device of the library take copies, by what it says.
func (d *device) keeperOf(n int, o offerRecord) string {
	d.t.Helper()
	keeper := id(n)
	must(d.t, d.enrol(testContext(d.t), keeper, deviceRecord{Name: "keeper", Added: stamp{keeper, 5}}, false))
	d.copyRules.take(offerPrefix+keeper, copyRecord{Offer: &o})
	return keeper
}

// makeUp writes a record of a file that does not exist, which a device is to keep.
func (d *device) makeUp(name string, size int64, keeper string, h holding) {
	d.mirror.joinFile(digestOf([]byte(name)), fileRecord{
		Name: name, Size: size, Type: "image/jpeg", Time: toMillis(time.Now()), Added: stamp{keeper, 6},
		Devices: ByDevice(map[string]holding{keeper: h}),
	}, "")
}

// TestHostileSize: records of enormous files are refused, and those that are known
// neither overflow a sum nor take the room of real files.
func TestHostileSize(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	for size, ok := range map[int64]bool{0: true, maxSize: true, maxSize + 1: false, math.MaxInt64: false, -1: false} {
		body := fmt.Sprintf(`{"name":"x.jpg","size":%d,"type":"image/jpeg","time":0,"added":{"by":%q,"at":5},"devices":{}}`, size, id(2))
		if err := a.accept(a.files)(id(1), json.RawMessage(body)); (err == nil) != ok {
			t.Errorf("a file of %d bytes: %v", size, err)
		}
	}

	const room = 100 << 30
	keeper := a.keeperOf(0xbad, offerRecord{N: 1, Helps: true, Free: room})
	limited := a.keeperOf(0xbae, offerRecord{N: 1, Everything: true, Space: room, Free: room})
	a.create("real", 500)
	planned := func(what string) {
		t.Helper()
		p := a.PlanCopies(map[string]CopyRule{"": {Copies: 3}})
		files := make(map[string]int)
		for _, d := range p.Devices {
			files[d.Device] = d.Fetch
			if min(d.FetchBytes, d.FreeBytes, d.StuckBytes) < 0 {
				t.Errorf("%s: %+v", what, d)
			}
		}
		if files[keeper] != 1 || files[limited] != 1 || p.FewBytes < 0 || p.FullBytes < 0 {
			t.Errorf("%s: keepers fetch %v: %+v", what, files, p)
		}
	}
	planned("without made-up files")
	for i := range 4 {
		a.makeUp(fmt.Sprint("wished for", i), maxSize-int64(i), keeper, holding{Saved: true, N: 1})
		a.makeUp(fmt.Sprint("wished for, too", i), math.MaxInt64/2, limited, holding{Saved: true, N: 1})
	}
	planned("with made-up files that are wished for")
	for i := range 4 {
		a.makeUp(fmt.Sprint("claimed", i), math.MaxInt64/2, id(0xbaf), holding{Saved: true, N: 1, Verified: 5})
	}
	c := TakeCensus(a.Entries())
	result, err := a.Check(testContext(t), CheckOptions{}, func(Problem) {})
	if must(t, err); c.Bytes < 0 || result.Bytes < 0 {
		t.Errorf("census %+v, check %+v", c, result)
	}
	for id, s := range c.Devices {
		if s.Bytes < 0 || s.OnlyBytes < 0 {
			t.Errorf("%s: %+v", id, s)
		}
	}
}

// TestHostileRules: a peer cannot pass the bound of rules or offers in one batch,
// and what was let in is not refused when it comes again.
func TestHostileRules(t *testing.T) {
	t.Parallel()
	a := newDevice(t, newOverlay(), "a")
	accept := a.accept(a.copies)
	let := func(id string, r copyRecord) bool {
		body, err := encode(r)
		must(t, err)
		return accept(id, body) == nil
	}
	rule := copyRecord{Rule: &ruleRecord{Copies: 2, Set: stamp{id(2), 5}}}
	offer := copyRecord{Offer: &offerRecord{N: 1}}
	for _, tt := range []struct {
		most  int
		place func(int) string
		r     copyRecord
	}{
		{maxRules, func(n int) string { return fmt.Sprint(rulePrefix, "group", n) }, rule},
		{maxRoster, func(n int) string { return offerPrefix + id(n) }, offer},
	} {
		n := 0
		for range tt.most + 10 {
			if let(tt.place(n+5), tt.r) {
				n++
			}
		}
		if n > tt.most || n < tt.most-1 {
			t.Errorf("%d were let in at once, of %d", n, tt.most)
		}
		a.takeCopyRecord(tt.place(6), tt.r)
		if !let(tt.place(6), tt.r) || !let(tt.place(7), tt.r) || let(tt.place(n+5), tt.r) {
			t.Error("what was let in is refused, or one more is let in")
		}
	}
}
