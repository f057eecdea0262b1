package imagelib

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/libpaul/paul/imagelib/meta"
)

// sourceRank orders the sources of dates, the best highest.
var sourceRank = map[meta.Source]int{
	meta.SourceSidecar: 9, meta.SourceEXIF: 8, meta.SourceXMP: 7, meta.SourceIPTC: 6, meta.SourceVideo: 5,
	meta.SourceText: 4, meta.SourceTakeout: 3, meta.SourceName: 2, meta.SourceMtime: 1,
}

// Merge merges the leaves of an Image or album document in conflict, whatever
// their order and however they were merged before, to the same bytes.
//
// The facts, which both devices read from the same file, and one perhaps from what
// lay beside it, are taken whole from one leaf: of who saw more than the file, since
// what an earlier reader has read of that is read again, then of the later reader, then
// with the better source of the date, then with the greater bytes. Edits merge field by field, and the later stamp
// wins; members it does not know, Merge keeps. Leaves that are no JSON object
// are passed over. The dHash, which a device adds to the facts when it draws the
// picture, is the greatest of all.
func Merge(leaves []json.RawMessage) (json.RawMessage, error) {
	var best *facts
	var dHash raw
	edits := map[string]mergedEdit{}
	for _, leaf := range leaves {
		f, es, ok := splitLeaf(leaf)
		if !ok {
			continue
		}
		if best == nil || f.compare(best) > 0 {
			best = f
		}
		if bytes.Compare(f.dHash, dHash) > 0 {
			dHash = f.dHash
		}
		for field, e := range es {
			if old, ok := edits[field]; !ok || e.compare(old) > 0 {
				edits[field] = e
			}
		}
	}
	if best == nil {
		return nil, errors.New("merge image documents: none can be read")
	}
	if dHash != nil {
		best.members[memberDHash] = dHash
	}
	if len(edits) > 0 {
		out := make(map[string]raw, len(edits))
		for field, e := range edits {
			out[field] = e.bytes
		}
		best.members["edits"] = canonical(out)
	}
	return canonical(best.members), nil
}

// facts are the members of a leaf, without its edits and its dHash.
type facts struct {
	members       map[string]raw
	version, rank int
	beside        bool // also from a file beside the photo
	bytes, dHash  raw
}

const memberDHash = "dhash"

func (f *facts) compare(o *facts) int {
	if f.beside != o.beside {
		if f.beside {
			return 1
		}
		return -1
	}
	if f.version != o.version {
		return f.version - o.version
	}
	if f.rank != o.rank {
		return f.rank - o.rank
	}
	return bytes.Compare(f.bytes, o.bytes)
}

type mergedEdit struct {
	at    stamp
	bytes raw
}

func (e mergedEdit) compare(o mergedEdit) int {
	if c := strings.Compare(string(e.at), string(o.at)); c != 0 {
		return c
	}
	return bytes.Compare(e.bytes, o.bytes)
}

func splitLeaf(leaf json.RawMessage) (*facts, map[string]mergedEdit, bool) {
	members := map[string]raw{}
	if json.Unmarshal(leaf, &members) != nil || members == nil {
		return nil, nil, false
	}
	var fields map[string]raw
	_ = json.Unmarshal(members["edits"], &fields) // anything else is no edits
	maps.DeleteFunc(members, func(name string, _ raw) bool {
		return name == "edits" || strings.HasPrefix(name, "_")
	})
	for name, v := range members {
		members[name] = canonical(v)
	}
	dHash := members[memberDHash]
	delete(members, memberDHash)
	f := &facts{members: members, bytes: canonical(members), dHash: dHash}
	_ = json.Unmarshal(members["version"], &f.version) // 0 when it is no number
	_ = json.Unmarshal(members["beside"], &f.beside)   // false when it is no truth value
	var source meta.Source
	_ = json.Unmarshal(members["dateSource"], &source)
	f.rank = sourceRank[source]

	edits := make(map[string]mergedEdit, len(fields))
	for field, v := range fields {
		var e edit
		_ = json.Unmarshal(v, &e) // no stamp, then: the oldest
		edits[field] = mergedEdit{e.At.orZero(), canonical(v)}
	}
	return f, edits, true
}

// canonical writes a value the one way that devices agree on: members in order,
// no space, numbers as they were written.
func canonical(v any) raw {
	b, err := json.Marshal(v)
	if err != nil {
		return raw("null")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return raw("null")
	}
	b, err = json.Marshal(value)
	if err != nil {
		return raw("null")
	}
	return b
}

// setEdit returns a document's body with one field decided anew: as value.
func setEdit(body raw, field string, value any, clock *clock) (raw, error) {
	return setEdits(body, []decision{{field: field, value: value}}, clock)
}

// decision is what a field becomes.
type decision struct {
	field, over string // over is a field that this one must be later than to count; or empty
	value       any
}

// setEdits returns a document's body with some fields decided anew. A field that
// was decided so already stays as it is.
func setEdits(body raw, decisions []decision, clock *clock) (raw, error) {
	members := map[string]raw{}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &members); err != nil {
			return nil, err
		}
	}
	edits := map[string]raw{}
	if len(members["edits"]) > 0 {
		_ = json.Unmarshal(members["edits"], &edits) // replaced if it is no object
	}
	if edits == nil {
		edits = map[string]raw{}
	}
	changed := false
	for _, d := range decisions {
		old, over := editOf(edits[d.field]), editOf(edits[d.over])
		v, err := json.Marshal(d.value)
		if err != nil {
			return nil, err
		}
		if at := old.At.orZero(); at != "" && at > over.At.orZero() && slices.Equal(canonical(old.Value), canonical(raw(v))) {
			continue
		}
		edits[d.field] = canonical(edit{v, clock.next(max(old.At.orZero(), over.At.orZero()))})
		changed = true
	}
	if !changed {
		return body, nil
	}
	members["edits"] = canonical(edits)
	return canonical(members), nil
}

// editOf reads an edit; one that cannot be read is the zero one, and overwritten.
func editOf(r raw) (e edit) {
	if len(r) > 0 {
		_ = json.Unmarshal(r, &e)
	}
	return e
}
