package couch

import (
	"encoding/json"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// missing says which of the revisions that were asked about a document lacks.
type missing struct {
	Missing           []string `json:"missing"`
	PossibleAncestors []string `json:"possible_ancestors,omitempty"`
}

// revsDiff answers POST /{db}/_revs_diff.
func (r *request) revsDiff() error {
	out := r.stream("application/json")
	out.buf = append(out.buf, '{')
	if err := r.diff(out, func(m *missing) any { return m }); err != nil {
		return out.fail(err)
	}
	out.buf = append(out.buf, "}\n"...)
	return out.flush()
}

// missingRevs answers POST /{db}/_missing_revs, which is older.
func (r *request) missingRevs() error {
	out := r.stream("application/json")
	out.buf = append(out.buf, `{"missing_revs":{`...)
	if err := r.diff(out, func(m *missing) any { return m.Missing }); err != nil {
		return out.fail(err)
	}
	out.buf = append(out.buf, "}}\n"...)
	return out.flush()
}

// A question is a document with revisions that it may lack.
type question struct {
	id   string
	revs []string
}

// diff writes a member for each document that lacks some of the revisions that
// the body names: what tell makes of them. It holds few of them at a time.
func (r *request) diff(out *stream, tell func(*missing) any) error {
	b, err := r.readPost()
	if err != nil {
		return err
	}
	if !rawjson.IsObject(b) {
		return errNoObject
	}
	asked, first := make([]question, 0, idsAtOnce), true
	for name, value := range rawjson.Members(b) {
		q := question{id: rawjson.Text(name)}
		var ok bool
		if q.revs, ok = rawjson.Strings(value, len(value)); !ok {
			return badRequest("The revisions of %.200q must be an array of strings", q.id)
		}
		if asked = append(asked, q); len(asked) < idsAtOnce {
			continue
		}
		if err := r.answerDiff(out, asked, &first, tell); err != nil {
			return err
		}
		if err := out.spill(); err != nil {
			return err
		}
		asked = asked[:0]
	}
	if len(asked) == 0 {
		return nil
	}
	return r.answerDiff(out, asked, &first, tell)
}

func (r *request) answerDiff(out *stream, asked []question, first *bool, tell func(*missing) any) error {
	ids := make([]string, len(asked))
	for i, q := range asked {
		ids[i] = q.id
	}
	found, err := r.db.locations(r.Context(), ids)
	if err != nil {
		return err
	}
	for _, q := range asked {
		m, err := found[q.id].tree.lacking(q.revs)
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		if !*first {
			out.buf = append(out.buf, ",\n"...)
		}
		*first = false
		told, _ := json.Marshal(tell(m)) // strings always can be
		out.buf = append(append(rawjson.AppendString(out.buf, q.id), ':'), told...)
	}
	return nil
}

// lacking returns nil if the tree lacks none of revs.
func (t revTree) lacking(revs []string) (*missing, error) {
	var m missing
	greatest := 0
	for _, text := range revs {
		rev, err := ParseRevision(text)
		if err != nil {
			return nil, errBadRev
		}
		if t.find(rev) == noParent {
			m.Missing = append(m.Missing, text)
			greatest = max(greatest, rev.Generation)
		}
	}
	if m.Missing == nil {
		return nil, nil
	}
	for _, rev := range t.leafRevisions() {
		if rev.Generation < greatest {
			m.PossibleAncestors = append(m.PossibleAncestors, rev.String())
		}
	}
	return &m, nil
}
