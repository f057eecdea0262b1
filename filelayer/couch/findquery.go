package couch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/libpaul/paul/filelayer/couch/mango"
	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

const defaultFindLimit = 25

// findQuery is what a request to _find or _explain asks for.
type findQuery struct {
	mango.Query
	fields    mango.Projection
	limit     int
	skip      int
	bookmark  string
	conflicts bool
	stale     bool // or update=false: answer from the index as it is
	stable    bool
	update    bool
	stats     bool
	quorum    int
}

// findMembers read the members of a request to _find.
var findMembers = map[string]func(q *findQuery, v []byte) error{
	"selector": func(q *findQuery, v []byte) (err error) {
		q.Selector, err = mango.ParseSelector(v)
		return err
	},
	"use_index": func(q *findQuery, v []byte) (err error) {
		q.UseIndex, err = parseUseIndex(v)
		return err
	},
	"bookmark": func(q *findQuery, v []byte) error {
		var text *string
		if json.Unmarshal(v, &text) != nil {
			return invalidBookmark(v)
		}
		if text != nil && *text != noBookmark {
			q.bookmark = *text
		}
		return nil
	},
	"limit":           func(q *findQuery, v []byte) error { return parseCount(v, 0, &q.limit) },
	"skip":            func(q *findQuery, v []byte) error { return parseCount(v, 0, &q.skip) },
	"r":               func(q *findQuery, v []byte) error { return parseCount(v, 1, &q.quorum) },
	"sort":            func(q *findQuery, v []byte) (err error) { q.Sort, err = mango.ParseSort(v); return err },
	"fields":          func(q *findQuery, v []byte) (err error) { q.fields, err = mango.ParseProjection(v); return err },
	"partition":       parsePartition,
	"conflicts":       func(q *findQuery, v []byte) error { return parseFlag(v, &q.conflicts) },
	"stale":           parseStale,
	"update":          func(q *findQuery, v []byte) error { return parseFlag(v, &q.update) },
	"stable":          func(q *findQuery, v []byte) error { return parseFlag(v, &q.stable) },
	"execution_stats": func(q *findQuery, v []byte) error { return parseFlag(v, &q.stats) },
}

// findQuery reads the body of the request.
func (r *request) findQuery() (*findQuery, error) {
	b, err := r.readPost()
	if err != nil {
		return nil, err
	}
	q := &findQuery{limit: defaultFindLimit, quorum: 1, update: true}
	err = readMembers(b, func(name string, v []byte) error {
		read := findMembers[name]
		if read == nil {
			return invalidKey(name)
		}
		return read(q, v)
	})
	if err != nil {
		return nil, err
	}
	if q.Selector == nil {
		return nil, missingKey("selector")
	}
	return q, nil
}

// readMembers calls fn with each member of a request's body.
func readMembers(b []byte, fn func(name string, v []byte) error) error {
	if !rawjson.IsObject(b) {
		return errNoObject
	}
	for name, value := range rawjson.Members(rawjson.AppendCompact(nil, b)) {
		if err := fn(rawjson.Text(name), value); err != nil {
			return err
		}
	}
	return nil
}

func invalid(name, format string, args ...any) error {
	return &mango.Error{Name: name, Reason: fmt.Sprintf(format, args...)}
}

func invalidKey(name string) error {
	return invalid("invalid_key", "Invalid key %.200s for this request.", name)
}

func missingKey(name string) error {
	return invalid("missing_required_key", "Missing required key: %s", name)
}

func invalidBookmark(v []byte) error {
	return invalid("invalid_bookmark", "Invalid bookmark value: %.200s", v)
}

func parseFlag(v []byte, to *bool) error {
	if err := json.Unmarshal(v, to); err != nil || v[0] == 'n' {
		return invalid("invalid_boolean", "Invalid boolean value: %.200s", v)
	}
	return nil
}

func parseText(v []byte, to **string) error {
	var text string
	if err := json.Unmarshal(v, &text); err != nil || text == "" {
		return invalid("invalid_string", "Invalid string: %.200s", v)
	}
	*to = &text
	return nil
}

// parseCount reads a number that is least or more.
func parseCount(v []byte, least int, to *int) error {
	n, err := strconv.Atoi(string(v))
	switch {
	case err == nil && n >= least:
		*to = n
		return nil
	case least == 0:
		return invalid("invalid_non_neg_integer", "%.200s is not an integer greater than or equal to zero", v)
	}
	return invalid("invalid_pos_integer", "%.200s is not an integer greater than zero", v)
}

func parsePartition(_ *findQuery, v []byte) error {
	if string(v) != `""` {
		return badRequest("`partition` parameter is not supported on this database")
	}
	return nil
}

func parseStale(q *findQuery, v []byte) error {
	switch string(v) {
	case `"ok"`:
		q.stale = true
	case `"false"`, "false":
	default:
		return invalid("invalid_ok_or_false_value", "Invalid value for stale: %.200s", v)
	}
	return nil
}

// parseUseIndex reads the name of a design document, perhaps with that of an
// index in it: a string with a slash between, or an array.
func parseUseIndex(v []byte) ([]string, error) {
	bad := invalid("invalid_index_name", "Invalid index name: %.200s", v)
	var names []string
	var name string
	switch {
	case v[0] == 'n':
		return nil, nil
	case json.Unmarshal(v, &name) == nil:
		name, isDesign := strings.CutPrefix(name, designPrefix)
		names = strings.Split(name, "/")
		if isDesign {
			names[0] = designPrefix + names[0]
		}
	case json.Unmarshal(v, &names) != nil:
		return nil, bad
	}
	if len(names) > 2 {
		return nil, bad
	}
	return names, nil
}

// queryError gives what is wrong with a query its HTTP status.
func queryError(e *mango.Error) *Error {
	return &Error{http.StatusBadRequest, e.Name, e.Reason}
}
