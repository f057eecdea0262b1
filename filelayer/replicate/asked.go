package replicate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A ref names a revision to fetch.
type ref struct {
	ID  string `json:"id"`
	Rev string `json:"rev"`
}

// A doc is a document as it came.
type doc struct {
	ref
	raw         json.RawMessage
	attachments map[string]*attachment // nil for most
	have        int                    // of attachments that came with this generation or earlier, the target has the bytes
}

// asked keeps what was asked of the source, and matches answers to it.
type asked struct {
	refs []ref
	open map[string][]string // by document, the revisions not answered yet
	why  map[ref]error
}

func newAsked(refs []ref) *asked {
	a := &asked{refs: refs, open: make(map[string][]string, len(refs)), why: make(map[ref]error)}
	for _, r := range refs {
		a.open[r.ID] = append(a.open[r.ID], r.Rev)
	}
	return a
}

// head is what the replicator reads of a document.
type head struct {
	id, rev     string
	start       int      // of the revisions: the generation of ids[0]
	ids         []string // the digests of the revision and of its ancestors
	attachments map[string]*attachment
}

// readHead reads the head of a document, which is valid JSON.
func readHead(raw []byte) (h head, ok bool) {
	if !rawjson.IsObject(raw) {
		return h, false
	}
	ok = true
	for name, value := range rawjson.Members(raw) {
		if len(name) < 2 || name[1] != '_' && name[1] != '\\' {
			continue
		}
		read := true
		switch rawjson.Text(name) {
		case "_id":
			h.id, read = rawjson.String(value)
		case "_rev":
			h.rev, read = rawjson.String(value)
		case "_revisions":
			read = h.readRevisions(value)
		case "_attachments":
			h.attachments = nil
			read = json.Unmarshal(value, &h.attachments) == nil
		}
		ok = ok && read
	}
	return h, ok
}

func (h *head) readRevisions(value []byte) (ok bool) {
	var err error
	h.start, err = strconv.Atoi(string(rawjson.Member(value, "start")))
	h.ids, ok = rawjson.Strings(rawjson.Member(value, "ids"), len(value))
	return ok && err == nil
}

// has reports whether h is revision rev or descends from it.
func (h *head) has(rev string) bool {
	r, err := couch.ParseRevision(rev)
	k := h.start - r.Generation
	return err == nil && k >= 0 && k < len(h.ids) && h.ids[k] == r.Digest
}

// sound reports whether the revisions of h fit together.
func (h *head) sound() bool {
	rev, err := couch.ParseRevision(h.rev)
	return err == nil && rev.Generation == h.start && h.has(h.rev) && len(h.ids) <= h.start
}

// answer returns raw as a document if it is one that was asked for. One
// document may answer for several revisions. Of the revisions in ancestors,
// which the target has, it looks for the latest that the document descends from.
func (a *asked) answer(raw []byte, ancestors map[string][]string) (d doc, ok bool) {
	h, ok := readHead(raw)
	if !ok || !h.sound() {
		return doc{}, false
	}
	open := a.open[h.id]
	left := slices.DeleteFunc(slices.Clone(open), h.has)
	if len(left) == len(open) {
		return doc{}, false
	}
	a.open[h.id] = left
	d = doc{ref: ref{h.id, h.rev}, raw: raw, attachments: h.attachments}
	if len(h.attachments) > 0 {
		for _, rev := range ancestors[h.id] {
			if r, err := couch.ParseRevision(rev); err == nil && h.has(rev) {
				d.have = max(d.have, r.Generation)
			}
		}
	}
	return d, true
}

// refuse records why the source did not answer for r.
func (a *asked) refuse(r ref, reason string) {
	if slices.Contains(a.open[r.ID], r.Rev) {
		a.why[r] = fmt.Errorf("the source does not have it: %.200s", reason)
	}
}

// left returns what was not answered: what was refused, or also, if the answer
// is at its end, what was passed over; and what may still be asked for.
func (a *asked) left(atEnd bool) (failures []Failure, rest []ref) {
	for _, r := range a.refs {
		if !slices.Contains(a.open[r.ID], r.Rev) {
			continue
		}
		switch err := a.why[r]; {
		case err != nil:
			failures = append(failures, Failure{r.ID, r.Rev, err})
		case atEnd:
			failures = append(failures, Failure{r.ID, r.Rev, fmt.Errorf("%w: no sound document", ErrAnswer)})
		default:
			rest = append(rest, r)
		}
	}
	return failures, rest
}
