package imagelib

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
)

// taken is an image for a snapshot of a test.
type taken struct {
	name, at string // at is of time.DateTime
	kind     Kind
	camera   string
	dHash    uint64
	width    int
	source   string
}

func snapshotOf(t *testing.T, list []taken) *Snapshot {
	t.Helper()
	x := newIndex()
	var docs []filelayer.Doc
	var entries []filelayer.Entry
	for i, img := range list {
		at, err := time.Parse(time.DateTime, img.at)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, docOf(i, func(d *document) {
			d.Date, d.Kind, d.Camera, d.DHash = at.Format("2006-01-02T15:04:05"), KindImage, img.camera, hashes{d: img.dHash}.dHash()
			if img.kind != "" {
				d.Kind = img.kind
			}
			if img.width != 0 {
				d.Width = img.width
			}
			if img.source != "" {
				d.DateSource = "mtime"
			}
		}))
		e := entryOf(i, 1, true)
		if e.Name = img.name; e.Name == "" {
			e.Name = fmt.Sprintf("%03d.jpg", i)
		}
		entries = append(entries, e)
	}
	x.apply(docs, "1")
	x.join(sortEntries(entries))
	return x.view()
}

// listed turns groups of indexes into the numbers of the images.
func listed(s *Snapshot, groups [][]int) (out [][]int) {
	for _, g := range groups {
		var numbers []int
		for _, i := range g {
			numbers = append(numbers, int(s.Images[i].Size))
		}
		out = append(out, numbers)
	}
	return out
}

const (
	hashA = uint64(0xf0e1d2c3b4a59687)
	hashB = uint64(0x123456789abcdef0)

	stripes = uint64(0xa0a0a4a0a4a0a4a4) // of a real photo
)

func TestNearDuplicates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		images []taken
		want   [][]int
	}{
		"two of a scene": {[]taken{{at: "2020-05-01 12:01:30", dHash: hashA}, {at: "2020-05-01 12:00:00", dHash: hashA ^ 0b11111}}, [][]int{{0, 1}}},
		"two scenes":     {[]taken{{at: "2020-05-01 12:00:01", dHash: hashA}, {at: "2020-05-01 12:00:00", dHash: hashB}}, nil},
		"too different":  {[]taken{{at: "2020-05-01 12:00:01", dHash: hashA}, {at: "2020-05-01 12:00:00", dHash: hashA ^ 0b111111}}, nil},
		"too late":       {[]taken{{at: "2020-05-01 12:10:00", dHash: hashA}, {at: "2020-05-01 12:00:00", dHash: hashA ^ 0b11111}}, nil},
		"a small copy":   {[]taken{{at: "2023-05-01 12:00:00", dHash: hashA, width: 4010}, {at: "2020-05-01 12:00:00", dHash: hashA ^ 1<<63 ^ 1<<20 ^ 1}}, [][]int{{0, 1}}},
		"cut":            {[]taken{{at: "2023-05-01 12:00:00", dHash: hashA, width: 3000}, {at: "2020-05-01 12:00:00", dHash: hashA}}, nil},
		"raw and JPEG":   {[]taken{{at: "2020-05-01 12:00:00", dHash: hashA, kind: KindRAW}, {at: "2020-05-01 12:00:00", dHash: hashA}}, nil},
		"two such pairs": {[]taken{
			{at: "2020-05-01 12:00:03", dHash: hashA, kind: KindRAW},
			{at: "2020-05-01 12:00:02", dHash: hashA},
			{at: "2020-05-01 12:00:01", dHash: hashA, kind: KindRAW},
			{at: "2020-05-01 12:00:00", dHash: hashA},
		}, [][]int{{0, 2}, {1, 3}}},
		"videos":         {[]taken{{at: "2020-05-01 12:00:00", dHash: hashA, kind: KindVideo}, {at: "2020-05-01 12:00:00", dHash: hashA, kind: KindVideo}}, nil},
		"not drawn":      {[]taken{{at: "2020-05-01 12:00:00"}, {at: "2020-05-01 12:00:00"}}, nil},
		"plain, by time": {[]taken{{at: "2020-05-01 12:00:01", dHash: 1}, {at: "2020-05-01 12:00:00", dHash: 1}}, [][]int{{0, 1}}},
		"plain":          {[]taken{{at: "2023-05-01 12:00:00", dHash: 1}, {at: "2020-05-01 12:00:00", dHash: 1}}, nil},
		"slow change": {[]taken{
			{at: "2020-05-01 12:00:03", dHash: hashA}, {at: "2020-05-01 12:00:02", dHash: hashA ^ 0x7}, {at: "2020-05-01 12:00:01", dHash: hashA ^ 0x7f}, {at: "2020-05-01 12:00:00", dHash: hashA ^ 0x3ff},
		}, [][]int{{0, 1}, {2, 3}}},
		"stripes, a copy": {[]taken{{at: "2023-05-01 12:00:00", dHash: stripes}, {at: "2020-05-01 12:00:00", dHash: stripes}}, [][]int{{0, 1}}},
		"stripes":         {[]taken{{at: "2023-05-01 12:00:00", dHash: stripes}, {at: "2020-05-01 12:00:00", dHash: stripes ^ 1}}, nil},
		"three":           {[]taken{{at: "2023-05-01 12:00:00", dHash: hashA}, {at: "2020-05-01 12:00:01", dHash: hashA}, {at: "2020-05-01 12:00:00", dHash: hashA ^ 1}}, [][]int{{0, 1, 2}}},
	} {
		s := snapshotOf(t, c.images)
		if got := listed(s, s.NearDuplicates()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestBursts(t *testing.T) {
	t.Parallel()
	const camera, other = "A", "B"
	for name, c := range map[string]struct {
		images []taken
		want   [][]int
	}{
		"three":         {[]taken{{at: "2020-05-01 12:00:04", camera: camera}, {at: "2020-05-01 12:00:02", camera: camera}, {at: "2020-05-01 12:00:00", camera: camera}}, [][]int{{0, 1, 2}}},
		"two":           {[]taken{{at: "2020-05-01 12:00:01", camera: camera}, {at: "2020-05-01 12:00:00", camera: camera}}, nil},
		"too slow":      {[]taken{{at: "2020-05-01 12:00:06", camera: camera}, {at: "2020-05-01 12:00:03", camera: camera}, {at: "2020-05-01 12:00:00", camera: camera}}, nil},
		"three cameras": {[]taken{{at: "2020-05-01 12:00:02", camera: camera}, {at: "2020-05-01 12:00:01", camera: other}, {at: "2020-05-01 12:00:00", camera: camera}}, nil},
		"no camera":     {[]taken{{at: "2020-05-01 12:00:02"}, {at: "2020-05-01 12:00:01"}, {at: "2020-05-01 12:00:00"}}, nil},
		"files' times": {[]taken{
			{at: "2020-05-01 12:00:02", camera: camera, source: "mtime"}, {at: "2020-05-01 12:00:01", camera: camera, source: "mtime"}, {at: "2020-05-01 12:00:00", camera: camera, source: "mtime"},
		}, nil},
		"raw and JPEG": {[]taken{
			{name: "1.NEF", at: "2020-05-01 12:00:03", camera: camera, kind: KindRAW},
			{name: "1.jpg", at: "2020-05-01 12:00:02", camera: camera},
			{name: "0.NEF", at: "2020-05-01 12:00:01", camera: camera, kind: KindRAW},
			{name: "0.jpg", at: "2020-05-01 12:00:00", camera: camera},
		}, nil},
		"raw alone": {[]taken{
			{name: "2.NEF", at: "2020-05-01 12:00:02", camera: camera, kind: KindRAW},
			{name: "1.NEF", at: "2020-05-01 12:00:01", camera: camera, kind: KindRAW},
			{name: "0.NEF", at: "2020-05-01 12:00:00", camera: camera, kind: KindRAW},
		}, [][]int{{0, 1, 2}}},
		"two at once": {[]taken{
			{at: "2020-05-01 12:00:05", camera: other},
			{at: "2020-05-01 12:00:04", camera: camera},
			{at: "2020-05-01 12:00:03", camera: other},
			{at: "2020-05-01 12:00:02", camera: camera},
			{at: "2020-05-01 12:00:01", camera: other},
			{at: "2020-05-01 12:00:00", camera: camera},
		}, [][]int{{0, 2, 4}, {1, 3, 5}}},
	} {
		s := snapshotOf(t, c.images)
		if got := listed(s, s.Bursts()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestOnThisDay(t *testing.T) {
	t.Parallel()
	s := snapshotOf(t, []taken{
		{at: "2024-03-01 00:00:00"},
		{at: "2024-02-29 23:59:59"},
		{at: "2024-02-28 00:00:00"},
		{at: "2023-02-28 12:00:00"},
		{at: "2023-02-28 11:00:00"},
		{at: "2022-02-28 12:00:00", source: "mtime"},
		{at: "2022-02-27 12:00:00"},
		{at: "2020-02-29 12:00:00"},
	})
	type year = struct {
		y  int
		is []int
	}
	for day, want := range map[string][]year{
		"2025-02-28": {{2024, []int{1, 2}}, {2023, []int{3, 4}}, {2020, []int{7}}},
		"2024-02-28": {{2023, []int{3, 4}}},
		"2024-02-29": {{2020, []int{7}}},
		"2025-03-01": {{2024, []int{0}}},
		"2020-02-28": nil,
		"2025-07-01": nil,
	} {
		today, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		var got []year
		for _, y := range s.OnThisDay(today.Add(15 * time.Hour)) {
			got = append(got, year{y.Year, listed(s, [][]int{y.Images})[0]})
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", day, got, want)
		}
	}
	if got := (&Snapshot{}).OnThisDay(time.Now()); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}

// TestDHashIsCompleted: a record without a dHash, of an earlier version or of a
// device that could not draw the picture, gets one with the next thumbnail, and
// loses nothing.
func TestDHashIsCompleted(t *testing.T) {
	t.Parallel()
	l := newTestLibrary(t)
	d := importAll(t, l, writeFiles(t, map[string][]byte{"1.jpg": photoOf(1)})).Added[0]
	first := l.Snapshot().Images[0].DHash
	if first == 0 {
		t.Fatal("an import records no dHash")
	}
	if err := l.SetCaption(t.Context(), []Digest{d}, "kept"); err != nil {
		t.Fatal(err)
	}
	var body raw
	err := l.db.Update(t.Context(), d.String(), func(old raw) (raw, error) {
		members := map[string]raw{}
		if err := json.Unmarshal(old, &members); err != nil {
			return nil, err
		}
		delete(members, memberDHash)
		body = canonical(members)
		return body, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	l.took([]filelayer.Doc{{ID: d.String(), Body: body}})
	if img := l.Snapshot().Images[0]; img.DHash != 0 {
		t.Fatal("there is one still")
	}
	if err := os.RemoveAll(filepath.Join(l.dir, "thumbnails")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Thumbnail(t.Context(), d, 256); err != nil {
		t.Fatal(err)
	}
	if img := l.Snapshot().Images[0]; img.DHash != first || img.Caption != "kept" || img.Camera == "" && img.Width == 0 {
		t.Errorf("after the thumbnail: %+v, want dHash %016x", img, first)
	}
}

// BenchmarkAlike looks for near duplicates, bursts and this day among 100,000
// images.
func BenchmarkAlike(b *testing.B) {
	x := newIndex()
	if err := x.decode(indexOf(sampleImages(many)).encode()); err != nil {
		b.Fatal(err)
	}
	s := x.view()
	for name, run := range map[string]func() int{
		"near-duplicates": func() int { return len(s.NearDuplicates()) },
		"bursts":          func() int { return len(s.Bursts()) },
		"on-this-day":     func() int { return len(s.OnThisDay(time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC))) },
	} {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n = run()
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms")
			b.ReportMetric(float64(n), "found")
		})
	}
}
