// Package places tells which town is nearest to where a photo was taken.
//
// Its gazetteer is in the program: towns of at least 5,000 inhabitants and seats
// of administrations, with their regions and countries, of GeoNames
// (geonames.org), licensed under CC BY 4.0. It is unpacked when it is first
// asked, into some megabytes, and stays.
package places

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/libpaul/paul/imagelib/internal/packed"
)

//go:embed cities.gz
var cities []byte

// Magic begins the unpacked gazetteer: the numbers of towns and of regions, then
// of each region the country's code and name, its own, and the number of its
// towns, then of each town its name, latitude and longitude in 1/10,000 of a
// degree as differences to those of the town before, and how far it reaches, in
// ReachUnit. Numbers are varints, and stand before texts as their length.
const Magic = "paul places 1\n"

// ReachUnit is in metres.
const ReachUnit = 64

// Bounds on the gazetteer.
const (
	maxUnpacked = 16 << 20
	maxTowns    = 1 << 20
	maxRegions  = 1 << 16
	maxReach    = 1 << 10
)

// MaxDistance is how far from the edge of a town a photo may have been taken to
// be of it, in metres.
const MaxDistance = 40_000

// earthRadius is the mean one, in metres (IUGG).
const earthRadius = 6_371_009

// Place is a town. Names are as GeoNames has them, countries in English.
type Place struct {
	City    string
	Region  string // state or province; may be empty
	Country string
	Code    string // of the country, ISO 3166-1 alpha-2
}

// ID names a town of one [Version] of the gazetteer; 0 is none.
type ID int32

// Version tells one gazetteer from another.
var Version = sync.OnceValue(func() uint32 { return crc32.ChecksumIEEE(cities) })

// Near returns the town whose edge is nearest to a place in degrees, north and
// east positive, or 0 when none is within [MaxDistance]. Where the edge of a town
// is, is guessed from how many people live there, so that the Eiffel Tower is in
// Paris though the middle of a suburb is nearer.
func Near(lat, lon float64) ID {
	if !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) { // NaN is neither
		return 0
	}
	g := loaded()
	return nearest(g.tree, onSphere(lat, lon))
}

// Of returns the place that an ID names; zero for none.
func Of(id ID) Place {
	if id <= 0 {
		return Place{}
	}
	g := loaded()
	if int(id) > len(g.towns) {
		return Place{}
	}
	t := g.towns[id-1]
	r := g.regions[t.region]
	return Place{City: g.names[t.from:t.to], Region: r.name, Country: r.country, Code: r.code}
}

type gazetteer struct {
	towns   []town
	names   string
	regions []region
	tree    []node
}

type town struct {
	from, to uint32 // in names
	region   uint16
}

type region struct{ name, country, code string }

var loaded = sync.OnceValue(func() *gazetteer {
	g, err := unpack(cities)
	if err != nil {
		panic("places: " + err.Error()) // what is built in is tested
	}
	return g
})

var errDamaged = errors.New("gazetteer is damaged")

func unpack(zipped []byte) (*gazetteer, error) {
	b, err := packed.Unzip(zipped, maxUnpacked)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return parse(b)
}

func parse(b []byte) (*gazetteer, error) {
	b, ok := bytes.CutPrefix(b, []byte(Magic))
	if !ok {
		return nil, errDamaged
	}
	r := &packed.Reader{Rest: b}
	n := count(r, maxTowns)
	g := &gazetteer{towns: make([]town, 0, n), tree: make([]node, 0, n)}
	var names []byte
	for i := range count(r, maxRegions) {
		code, country, name := r.Text(), r.Text(), r.Text()
		g.regions = append(g.regions, region{string(name), string(country), string(code)})
		var lat, lon int64
		for range count(r, maxTowns) {
			from := len(names)
			names = append(names, r.Text()...)
			lat, lon = lat+r.Varint(), lon+r.Varint()
			reach := r.Uvarint()
			if reach > maxReach || lat < -90e4 || lat > 90e4 || lon < -180e4 || lon > 180e4 {
				r.Bad = true
			}
			if r.Bad {
				return nil, errDamaged
			}
			g.towns = append(g.towns, town{uint32(from), uint32(len(names)), uint16(i)})
			g.tree = append(g.tree, node{at: onSphere(float64(lat)/1e4, float64(lon)/1e4), reach: chord(float64(reach) * ReachUnit), id: ID(len(g.towns))})
		}
	}
	if r.Bad || len(r.Rest) > 0 || len(g.towns) != n {
		return nil, errDamaged
	}
	g.names = string(names)
	arrange(g.tree, 0)
	return g, nil
}

// count reads how many things follow, at most limit.
func count(r *packed.Reader, limit int) int {
	n := r.Count(1)
	if n > limit {
		r.Bad = true
		return 0
	}
	return n
}
