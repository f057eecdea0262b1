package justify

import (
	"math"
	"math/rand/v2"
	"testing"
)

var opts = Options{Width: 1000, Target: 180, Gap: 4, Header: 48, SectionGap: 20, MinSection: 120}

func ones(int) float32 { return 1 }

// sections cuts counts into consecutive sections.
func sections(counts ...int) []Section {
	var out []Section
	at := 0
	for _, n := range counts {
		out = append(out, Section{First: at, Count: n})
		at += n
	}
	return out
}

func total(s []Section) int {
	n := 0
	for _, x := range s {
		n += x.Count
	}
	return n
}

// verify checks what every layout must keep: each item once, in order, inside
// the width, rows that do not overlap, and queries that agree.
func verify(t *testing.T, l *Layout, n int, o Options) {
	t.Helper()
	next, y := 0, 0.0
	for i := range l.Rows {
		r := &l.Rows[i]
		if r.Y < y-1e-6 {
			t.Fatalf("row %d at %v overlaps the one before, which ends at %v", i, r.Y, y)
		}
		if math.IsNaN(r.Y) || r.H <= 0 {
			t.Fatalf("row %d has Y %v H %v", i, r.Y, r.H)
		}
		y = r.Y + float64(r.H)
		if r.IsHeader() {
			continue
		}
		right := float32(-1)
		l.Each(i, func(item int, x, w float32) {
			if item != next {
				t.Fatalf("row %d has item %d, want %d", i, item, next)
			}
			if x < right-0.01 || x+w > max(o.Width, 1)+1 {
				t.Fatalf("item %d from %v to %v: previous ends at %v, width %v", item, x, x+w, right, o.Width)
			}
			right = x + w
			if got := l.At(x+w/2, r.Y+float64(r.H)/2); got != item {
				t.Fatalf("At(middle of %d) = %d", item, got)
			}
			next++
		})
	}
	if next != n {
		t.Fatalf("laid out %d items, want %d", next, n)
	}
	if l.Height < y {
		t.Errorf("height %v, last row ends at %v", l.Height, y)
	}
}

func TestBuild(t *testing.T) {
	t.Parallel()
	wide := func(int) float32 { return 1.5 }
	tests := []struct {
		name    string
		counts  []int
		aspect  func(int) float32
		change  func(*Options)
		headers int
		rows    int
	}{
		{name: "nothing"},
		{name: "empty section is skipped", counts: []int{0, 0}},
		{name: "one photo", counts: []int{1}, aspect: ones, headers: 1, rows: 1},
		{name: "single days share a row", counts: []int{1, 1, 1, 1}, aspect: ones, headers: 1, rows: 1},
		{name: "five sections of 180 do not fit side by side", counts: []int{1, 1, 1, 1, 1, 1}, aspect: ones, headers: 2, rows: 2},
		{name: "a long day stands alone", counts: []int{2, 30, 2}, aspect: ones, headers: 3, rows: 1 + 5 + 1},
		{name: "landscape", counts: []int{12}, aspect: wide, headers: 1, rows: 3},
		{name: "no headers", counts: []int{1, 1, 12}, aspect: ones, change: func(o *Options) { o.Header = 0 }, rows: 4},
		{name: "broken aspects count as square", counts: []int{10}, aspect: func(i int) float32 { return []float32{0, -1, float32(math.NaN())}[i%3] }, headers: 1, rows: 2},
		{name: "a window of no width", counts: []int{3}, aspect: wide, change: func(o *Options) { o.Width = 0 }, headers: 1, rows: 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := opts
			if tt.change != nil {
				tt.change(&o)
			}
			l := Build(sections(tt.counts...), tt.aspect, o)
			headers, rows := 0, 0
			for i := range l.Rows {
				if l.Rows[i].IsHeader() {
					headers++
				} else {
					rows++
				}
			}
			if headers != tt.headers || rows != tt.rows {
				t.Errorf("%d headers and %d rows, want %d and %d", headers, rows, tt.headers, tt.rows)
			}
			if o.Width > 1 {
				verify(t, l, total(sections(tt.counts...)), o)
			}
		})
	}
}

func TestFullRowsFillTheWidth(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	aspects := make([]float32, 500)
	for i := range aspects {
		aspects[i] = 0.6 + r.Float32()*1.4
	}
	l := Build(sections(500), func(i int) float32 { return aspects[i] }, opts)
	for i := 1; i < len(l.Rows)-1; i++ {
		end := float32(0)
		l.Each(i, func(_ int, x, w float32) { end = x + w })
		if math.Abs(float64(end-opts.Width)) > 0.5 {
			t.Errorf("row %d ends at %v, want %v", i, end, opts.Width)
		}
		if h := l.Rows[i].H; h < opts.Target*0.6 || h > opts.Target*1.4 {
			t.Errorf("row %d is %v high, target %v", i, h, opts.Target)
		}
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	l := Build(sections(1, 1, 20), ones, opts)
	if got := l.At(10, 10); got != -1 {
		t.Errorf("At(header) = %d, want -1", got)
	}
	if got := l.Beside(0, 1); got != 2 {
		t.Errorf("Beside(0, down) = %d, want 2", got)
	}
	if got := l.Beside(1, 1); got != 3 {
		t.Errorf("Beside(1, down) = %d, want 3", got)
	}
	if got := l.Beside(21, 5); got != 21 {
		t.Errorf("Beside(last, down) = %d, want 21", got)
	}
	if got := l.Beside(21, -50); got != 0 {
		t.Errorf("Beside(last, far up) = %d, want 0", got)
	}
	var in []int
	l.Within(0, 0, 1000, 400, func(i int) { in = append(in, i) })
	if len(in) < 3 || in[0] != 0 {
		t.Errorf("Within(top) = %v", in)
	}
	if _, ok := l.Place(22); ok {
		t.Error("Place(beyond the end) found something")
	}
}

func TestAnchorSurvivesAnotherWidth(t *testing.T) {
	t.Parallel()
	counts := make([]int, 400)
	for i := range counts {
		counts[i] = 1 + i*7%40
	}
	s := sections(counts...)
	wide := Build(s, ones, opts)
	o := opts
	o.Width, o.Target = 640, 120
	narrow := Build(s, ones, o)
	for offset := 0.0; offset < wide.Height; offset += 997 {
		item, above := wide.Anchor(offset)
		back := narrow.Offset(item, above)
		a, b := narrow.Visible(back, back+300)
		seen := false
		for row := a; row < b; row++ {
			r := narrow.Rows[row]
			seen = seen || int(r.First) <= item && item < int(r.First+max(r.N, 1))
		}
		if !seen {
			t.Fatalf("item %d of offset %v is not on screen at %v", item, offset, back)
		}
	}
}

func FuzzBuild(f *testing.F) {
	f.Add(uint64(1), 20, 5, float32(1000), float32(180), false)
	f.Add(uint64(2), 300, 1, float32(37), float32(400), true)
	f.Add(uint64(3), 0, 0, float32(-4), float32(0), false)
	f.Fuzz(func(t *testing.T, seed uint64, n, per int, width, target float32, square bool) {
		if n < 0 || n > 3000 || per < 0 || per > 100 || width > 1e5 || target > 1e4 || width != width || target != target {
			t.Skip()
		}
		r := rand.New(rand.NewPCG(seed, 1))
		var counts []int
		for left := n; left > 0; {
			c := min(left, r.IntN(per+1)+1)
			counts = append(counts, c)
			left -= c
		}
		o := opts
		o.Width, o.Target, o.Square = width, target, square
		l := Build(sections(counts...), func(i int) float32 { return float32(i%9) / 3 }, o)
		if width >= 200 {
			verify(t, l, n, o)
		}
		for i := range min(n, 50) {
			if _, ok := l.Place(i); !ok {
				t.Fatalf("item %d has no place", i)
			}
		}
	})
}

func BenchmarkBuild100k(b *testing.B) {
	counts := make([]int, 0, 4000)
	for left := 100_000; left > 0; {
		c := min(left, 3+left*7%45)
		counts = append(counts, c)
		left -= c
	}
	s := sections(counts...)
	aspects := []float32{1.5, 1.33, 0.75, 0.66, 1, 1.77}
	for b.Loop() {
		Build(s, func(i int) float32 { return aspects[i%len(aspects)] }, opts)
	}
}
