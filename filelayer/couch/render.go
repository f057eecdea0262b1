package couch

import (
	"context"
	"slices"
	"strconv"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// show names what a read adds to a document.
type show struct {
	revs, revsInfo, conflicts, deletedConflicts, localSeq bool

	attachments bool                         // the bytes too, not only what they are
	since       []Revision                   // not those that came with one of these, or before
	encodings   bool                         // how they are stored
	follows     bool                         // the bytes come after the document
	spill       func([]byte) ([]byte, error) // takes what is made; nil: all goes into one slice
}

// sends returns the func that says whether an attachment of revision i of r is
// shown with its bytes.
func (s show) sends(r *record, i int) func(*attachment) bool {
	known := 0 // the generation of the revision that the client has
	if len(s.since) > 0 {
		for j := i; j != noParent && known == 0; j = r.tree[j].parent {
			if slices.Contains(s.since, r.tree[j].rev) {
				known = r.tree[j].rev.Generation
			}
		}
	}
	return func(a *attachment) bool { return s.attachments && a.RevPos > known }
}

// appendDocument appends revision i of r as JSON to b. Found is false for a
// revision whose body is no longer kept; b is then returned as it was.
func (d *database) appendDocument(ctx context.Context, b []byte, r *record, i int, s show) (_ []byte, found bool, err error) {
	body, encoded, found, err := d.leaf(ctx, r, i)
	if err != nil || !found {
		return b, false, err
	}
	attachments, err := decodeAttachments(encoded)
	if err != nil {
		return b, false, err
	}
	b = append(b, `{"_id":`...)
	b = rawjson.AppendString(b, r.id)
	b = append(b, `,"_rev":"`...)
	b = r.tree[i].rev.append(b)
	b = append(b, '"')
	if r.tree[i].deleted {
		b = append(b, `,"_deleted":true`...)
	}
	b = appendSpecial(b, r, i, s)
	if len(attachments) > 0 {
		if b, err = d.appendAttachments(ctx, b, attachments, s.sends(r, i), s); err != nil {
			return b, false, err
		}
	}
	if len(body) > len("{}") {
		b = append(b, ',')
	}
	return append(b, body[1:]...), true, nil
}

func appendSpecial(b []byte, r *record, i int, s show) []byte {
	if s.revs {
		b = appendLineage(b, r.tree.lineage(i))
	}
	if s.revsInfo {
		b = appendRevsInfo(b, r.tree, i)
	}
	if s.conflicts {
		b = appendOthers(b, `,"_conflicts":[`, r.tree, i, false)
	}
	if s.deletedConflicts {
		b = appendOthers(b, `,"_deleted_conflicts":[`, r.tree, i, true)
	}
	if s.localSeq {
		b = append(b, `,"_local_seq":`...)
		b = strconv.AppendInt(b, r.seq, 10)
	}
	return b
}

func appendLineage(b []byte, l lineage) []byte {
	b = append(b, `,"_revisions":{"start":`...)
	b = strconv.AppendInt(b, int64(l.start), 10)
	b = append(b, `,"ids":[`...)
	for k, digest := range l.digests {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, digest...)
		b = append(b, '"')
	}
	return append(b, "]}"...)
}

func appendRevsInfo(b []byte, t revTree, i int) []byte {
	status := "available"
	if t[i].deleted {
		status = "deleted"
	}
	b = append(b, `,"_revs_info":[`...)
	for ; i != noParent; i = t[i].parent {
		b = append(b, `{"rev":"`...)
		b = t[i].rev.append(b)
		b = append(b, `","status":"`...)
		b = append(b, status...)
		b = append(b, `"}`...)
		status = "missing" // the ancestors' bodies are not kept
		if t[i].parent != noParent {
			b = append(b, ',')
		}
	}
	return append(b, ']')
}

// appendOthers appends the leaves other than i that are deleted, or live, if
// there are any.
func appendOthers(b []byte, member string, t revTree, i int, deleted bool) []byte {
	n := 0
	for _, leaf := range t.leaves() {
		if leaf == i || t[leaf].deleted != deleted {
			continue
		}
		if n++; n == 1 {
			b = append(b, member...)
		} else {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = t[leaf].rev.append(b)
		b = append(b, '"')
	}
	if n > 0 {
		b = append(b, ']')
	}
	return b
}

// appendSeq appends the seq n as the protocol's clients see it: opaque, but
// they may order by the number. The epoch tells a file from another that took
// its place, whose numbers began anew.
func (d *database) appendSeq(b []byte, n int64) []byte {
	b = append(b, '"')
	b = strconv.AppendInt(b, n, 10)
	b = append(b, '-')
	b = append(b, d.epoch...)
	return append(b, '"')
}
