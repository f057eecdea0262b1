package places

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestNear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lat, lon              float64
		city, region, country string
	}{
		{52.5170, 13.3889, "Berlin", "Berlin", "Germany"},
		{47.3769, 8.5417, "Zürich", "Zurich", "Switzerland"},
		{48.8584, 2.2945, "Paris", "Île-de-France", "France"},
		{35.6895, 139.6917, "Tokyo", "Tokyo", "Japan"},
		{40.7128, -74.0060, "New York City", "New York", "United States"},
		{-33.8568, 151.2153, "Sydney", "New South Wales", "Australia"},
		{-54.8019, -68.3030, "Ushuaia", "Tierra del Fuego", "Argentina"},
		{64.1466, -21.9426, "Reykjavík", "Capital Region", "Iceland"},
		{78.2232, 15.6267, "Longyearbyen", "Svalbard", "Svalbard & Jan Mayen"},
		{-17.8000, 177.4100, "", "", "Fiji"}, // any town
		{48.8848, 2.2685, "Neuilly-sur-Seine", "Île-de-France", "France"},
		{52.4022, 13.2706, "Teltow", "Brandenburg", "Germany"},
		{0, 0, "", "", ""}, // the Gulf of Guinea
		{90, 0, "", "", ""},
		{-90, 123, "", "", ""},
		{-30, -120, "", "", ""}, // the South Pacific
		{0, 180, "", "", ""},
		{math.NaN(), 0, "", "", ""},
		{91, 0, "", "", ""},
		{0, 181, "", "", ""},
	} {
		p := Of(Near(c.lat, c.lon))
		if p.Country != c.country || c.city != "" && (p.City != c.city || !strings.Contains(p.Region, c.region)) {
			t.Errorf("%v, %v: %+v, want %s, %s, %s", c.lat, c.lon, p, c.city, c.region, c.country)
		}
	}
	if p := Of(1 << 30); p != (Place{}) {
		t.Errorf("an ID of no town: %+v", p)
	}
	if p := Of(-1); p != (Place{}) {
		t.Errorf("an ID of no town: %+v", p)
	}
}

// TestGazetteer checks what is built in.
func TestGazetteer(t *testing.T) {
	t.Parallel()
	g, err := unpack(cities)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.towns) < 50_000 || len(g.towns) != len(g.tree) || Version() == 0 {
		t.Errorf("%d towns, %d in the tree", len(g.towns), len(g.tree))
	}
	nameless, code := 0, map[string]bool{}
	for _, r := range g.regions {
		code[r.code] = true
		if r.country == "" || len(r.code) != 2 {
			t.Errorf("region %+v", r)
		}
	}
	for _, town := range g.towns {
		if g.regions[town.region].name == "" {
			nameless++
		}
	}
	if len(code) < 230 || nameless > len(g.towns)/50 {
		t.Errorf("%d countries, %d towns in a region without a name", len(code), nameless)
	}
}

// nearestOfAll looks at every town. They are in chords of the unit sphere.
func nearestOfAll(g *gazetteer, at point) (best ID, distance float64) {
	distance = float64(chord(MaxDistance))
	for _, n := range g.tree {
		sum := 0.0
		for k := range n.at {
			sum += float64(n.at[k]-at[k]) * float64(n.at[k]-at[k])
		}
		if d := math.Sqrt(sum) - float64(n.reach); d < distance {
			best, distance = n.id, d
		}
	}
	return best, distance
}

// edge is how far a point is from the edge of a town.
func edge(g *gazetteer, id ID, at point) float64 {
	for _, n := range g.tree {
		if n.id == id {
			_, d := nearestOfAll(&gazetteer{tree: []node{n}}, at)
			return d
		}
	}
	return math.Inf(1)
}

func TestNearestOfAll(t *testing.T) {
	t.Parallel()
	g := loaded()
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		n := g.tree[r.IntN(len(g.tree))] // near some town, where there are more
		lat := math.Asin(float64(n.at[2]))*180/math.Pi + r.NormFloat64()/4
		lon := math.Atan2(float64(n.at[1]), float64(n.at[0]))*180/math.Pi + r.NormFloat64()/4
		if lat > 90 || lat < -90 || lon > 180 || lon < -180 {
			continue
		}
		at := onSphere(lat, lon)
		got := Near(lat, lon)
		want, least := nearestOfAll(g, at)
		if got != want && (got == 0 || want == 0 || math.Abs(edge(g, got, at)-least) > 1e-7) { // half a metre
			t.Errorf("%v, %v: %+v, want %+v", lat, lon, Of(got), Of(want))
		}
	}
}

// small makes a gazetteer of towns named a, b, c and so on.
func small(at ...[2]float64) []byte {
	b := append([]byte(Magic), byte(len(at)), 1, 2, 'X', 'Y', 1, 'c', 1, 'r', byte(len(at)))
	var lat, lon int64
	for i, p := range at {
		b = append(b, 1, 'a'+byte(i))
		la, lo := int64(p[0]*1e4), int64(p[1]*1e4)
		b = append(binary.AppendVarint(binary.AppendVarint(b, la-lat), lo-lon), 0)
		lat, lon = la, lo
	}
	return b
}

func TestEdgesOfTheMap(t *testing.T) {
	t.Parallel()
	g, err := parse(small([2]float64{10, 179.9}, [2]float64{-10, -179.9}, [2]float64{89.9, 0}, [2]float64{-89.8, 90}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lat, lon float64
		want     string
	}{
		{10, -179.9, "a"},
		{10, 179.8, "a"},
		{10, 180, "a"},
		{10, -180, "a"},
		{10, -179.5, ""},
		{-10, 179.9, "b"},
		{89.9, 180, "c"},
		{90, -77, "c"},
		{-90, 10, "d"},
		{-89.9, -90, "d"},
		{-89, 90, ""},
	} {
		got := ""
		if id := nearest(g.tree, onSphere(c.lat, c.lon)); id > 0 {
			got = g.names[g.towns[id-1].from:g.towns[id-1].to]
		}
		if got != c.want {
			t.Errorf("%v, %v: %q, want %q", c.lat, c.lon, got, c.want)
		}
	}
}

func TestDamagedGazetteer(t *testing.T) {
	t.Parallel()
	good := small([2]float64{10, 20}, [2]float64{11, 21})
	for n := range good {
		if _, err := parse(good[:n]); !errors.Is(err, errDamaged) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	for name, b := range map[string][]byte{
		"more":          append(bytes.Clone(good), 0),
		"another town":  bytes.Replace(good, []byte(Magic+"\x02"), []byte(Magic+"\x03"), 1),
		"off the map":   small([2]float64{10, 181}),
		"many":          append([]byte(Magic), 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
		"of other kind": []byte("paul places 2\n\x00\x00"),
	} {
		if _, err := parse(b); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	for range 64 {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"bomb": bomb.Bytes(), "no gzip": []byte("x"), "cut": cities[:1000]} {
		if _, err := unpack(b); !errors.Is(err, errDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(small([2]float64{10, 20}, [2]float64{11, 21}))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := parse(b)
		if err != nil {
			return
		}
		if int(nearest(g.tree, onSphere(10, 20))) > len(g.towns) {
			t.Error("found what is not there")
		}
	})
}

func BenchmarkNear(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	Near(0, 0)
	for b.Loop() {
		Near(40+10*r.Float64(), 20*r.Float64())
	}
}

func BenchmarkUnpack(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpack(cities); err != nil {
			b.Fatal(err)
		}
	}
}
