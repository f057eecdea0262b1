package filelayer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A record is a value of a join-semilattice: joining is commutative,
// associative and idempotent, so that devices that have seen the same changes,
// in whatever order, hold the same record.

// joins is how records are merged.
type joins struct {
	files   func(a, b fileRecord) fileRecord
	devices func(a, b deviceRecord) deviceRecord
}

// joinFiles merges two File records of one digest. The later lifecycle wins;
// inside one, deleted beats not deleted, and the first deletion is the one
// told. What is said of each device is judged by itself.
func joinFiles(a, b fileRecord) fileRecord {
	out := a
	switch c := a.Added.compare(b.Added); {
	case c < 0:
		out = b
	case c == 0:
		if compareFacts(a, b) < 0 {
			out = b
		}
		out.Deleted = firstStamp(a.Deleted, b.Deleted)
	}
	out.Devices = joinDevicesOf(a.Devices, b.Devices)
	return out
}

// compareFacts orders what is fixed in a lifecycle. It can differ only by a
// fault, but then all devices must pick the same.
func compareFacts(a, b fileRecord) int {
	return cmp.Or(
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Size, b.Size),
		cmp.Compare(a.Type, b.Type), cmp.Compare(a.Time, b.Time),
	)
}

func firstStamp(a, b *stamp) *stamp {
	switch {
	case a == nil:
		return b
	case b == nil || a.compare(*b) <= 0:
		return a
	}
	return b
}

func joinDevicesOf(a, b PerDevice[holding]) PerDevice[holding] {
	out := slices.Clone(a)
	for id, h := range b.All() {
		if have, ok := out.Lookup(id); !ok || newer(h, have) {
			out.Set(id, h)
		}
	}
	return out
}

// newer says whether h replaces have. The greatest n is the device's own
// latest word. A device never says two things under one n, unless its disk was
// cloned or restored: then the weaker claim is believed.
func newer(h, have holding) bool {
	if h.N != have.N {
		return h.N > have.N
	}
	if h.Saved != have.Saved {
		return !h.Saved
	}
	if h.Verified != have.Verified {
		return h.Verified < have.Verified
	}
	return h.Trashed < have.Trashed
}

// joinDevices merges two Device records of one ID. Removal beats any
// concurrent change, and loses only to a later pairing, which is a new Added.
func joinDevices(a, b deviceRecord) deviceRecord {
	out := a
	if compareNames(a, b) < 0 {
		out = b
	}
	switch c := a.Added.compare(b.Added); {
	case c < 0:
		out.Added, out.Removed = b.Added, b.Removed
	case c > 0:
		out.Added, out.Removed = a.Added, a.Removed
	default:
		out.Removed = firstStamp(a.Removed, b.Removed)
	}
	out.Runs = joinRuns(a.Runs, b.Runs)
	return out
}

func compareNames(a, b deviceRecord) int {
	return cmp.Or(
		cmp.Compare(a.N, b.N), cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.Address, b.Address), cmp.Compare(a.Platform, b.Platform),
	)
}

// mergeFiles and mergeDevices are the [MergeFunc]s of the layer's databases.
func mergeFiles(leaves []json.RawMessage) (json.RawMessage, error) {
	return mergeLeaves(leaves, joinFiles, func(r fileRecord) bool { return r.fault() == "" })
}

func mergeDevices(leaves []json.RawMessage) (json.RawMessage, error) {
	return mergeLeaves(leaves, joinDevices, func(r deviceRecord) bool { return r.fault() == "" })
}

var errNoValidLeaf = errors.New("no leaf can be read")

// mergeLeaves joins the leaves that are valid records.
func mergeLeaves[R any](leaves []json.RawMessage, join func(a, b R) R, valid func(R) bool) (json.RawMessage, error) {
	var out R
	found := false
	for _, leaf := range leaves {
		var r R
		if err := json.Unmarshal(leaf, &r); err != nil || !valid(r) {
			continue
		}
		if found {
			r = join(out, r)
		}
		out, found = r, true
	}
	if !found {
		return nil, fmt.Errorf("merge: %w", errNoValidLeaf)
	}
	return encode(out)
}
