package filelayer

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"
)

// PerDevice has a value for each of some devices, sorted by their IDs. There is
// one for every file: a map would take eight times the memory.
type PerDevice[V any] []OfDevice[V]

// OfDevice is the value of one device.
type OfDevice[V any] struct {
	Device string // ID
	Value  V
}

// ByDevice makes a PerDevice of a map.
func ByDevice[V any](m map[string]V) PerDevice[V] {
	p := make(PerDevice[V], 0, len(m))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		p = append(p, OfDevice[V]{id, m[id]})
	}
	return p
}

func (p PerDevice[V]) find(id string) (i int, found bool) {
	return slices.BinarySearchFunc(p, id, func(o OfDevice[V], id string) int { return strings.Compare(o.Device, id) })
}

// Of returns the value of a device, the zero value if it has none.
func (p PerDevice[V]) Of(id string) V {
	v, _ := p.Lookup(id)
	return v
}

// Lookup returns the value of a device, and whether it has one.
func (p PerDevice[V]) Lookup(id string) (v V, ok bool) {
	i, ok := p.find(id)
	if ok {
		v = p[i].Value
	}
	return v, ok
}

// All yields the devices and their values, by ID.
func (p PerDevice[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, o := range p {
			if !yield(o.Device, o.Value) {
				return
			}
		}
	}
}

// Set gives a device a value, in place of the one that it has.
func (p *PerDevice[V]) Set(id string, v V) {
	i, found := p.find(id)
	if !found {
		*p = slices.Insert(*p, i, OfDevice[V]{Device: id})
	}
	(*p)[i].Value = v
}

// MarshalJSON encodes p as an object, by ID.
func (p PerDevice[V]) MarshalJSON() ([]byte, error) { return json.Marshal(maps.Collect(p.All())) }

// UnmarshalJSON decodes an object.
func (p *PerDevice[V]) UnmarshalJSON(data []byte) error {
	var m map[string]V
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	*p = ByDevice(m)
	return nil
}
