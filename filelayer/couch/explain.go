package couch

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/libpaul/paul/filelayer/couch/mango"
)

// maxKey stands for the highest value there is, as in CouchDB.
const maxKey = "<MAX>"

// explanation is the answer of _explain.
type explanation struct {
	DB          string          `json:"dbname"`
	Index       json.RawMessage `json:"index"`
	Partitioned bool            `json:"partitioned"`
	Selector    *mango.Selector `json:"selector"`
	Opts        explainOpts     `json:"opts"`
	Limit       int             `json:"limit"`
	Skip        int             `json:"skip"`
	Fields      []string        `json:"fields"`
	Covering    bool            `json:"covering"`
	Range       explainRange    `json:"mrargs"`
}

// explainOpts are the options of the query, the defaults included.
type explainOpts struct {
	UseIndex  []string   `json:"use_index"`
	Bookmark  string     `json:"bookmark"`
	Limit     int        `json:"limit"`
	Skip      int        `json:"skip"`
	Sort      mango.Sort `json:"sort"`
	Fields    []string   `json:"fields"`
	Partition string     `json:"partition"`
	Quorum    int        `json:"r"`
	Conflicts bool       `json:"conflicts"`
	Stale     any        `json:"stale"`
	Update    bool       `json:"update"`
	Stable    bool       `json:"stable"`
	Stats     bool       `json:"execution_stats"`
}

// explainRange is the part of the index that is read.
type explainRange struct {
	IncludeDocs bool    `json:"include_docs"`
	ViewType    string  `json:"view_type"`
	Reduce      bool    `json:"reduce"`
	Partition   *string `json:"partition"`
	Start       any     `json:"start_key"`
	End         any     `json:"end_key"`
	Direction   string  `json:"direction"`
	Stable      bool    `json:"stable"`
	Update      bool    `json:"update"`
	Conflicts   any     `json:"conflicts"`
}

// explain answers POST /{db}/_explain with the plan that _find would use.
func (r *request) explain() error {
	q, plan, err := r.plan()
	if err != nil {
		return err
	}
	fields := []string{}
	for _, f := range q.fields {
		fields = append(fields, f.Name)
	}
	return r.answer(http.StatusOK, explanation{
		DB: r.db.name, Index: plan.Index.Append(nil), Selector: q.Selector, Opts: q.explain(fields),
		Limit: q.limit, Skip: q.skip, Fields: fields, Covering: plan.Covering(q.fields), Range: q.explainRange(plan),
	})
}

func (q *findQuery) explain(fields []string) explainOpts {
	o := explainOpts{
		UseIndex: []string{}, Bookmark: noBookmark, Limit: q.limit, Skip: q.skip, Sort: q.Sort,
		Fields: fields, Quorum: q.quorum, Conflicts: q.conflicts, Stale: false, Update: q.update, Stable: q.stable, Stats: q.stats,
	}
	for _, name := range q.UseIndex {
		o.UseIndex = append(o.UseIndex, strings.TrimPrefix(name, designPrefix))
	}
	if q.bookmark != "" {
		o.Bookmark = q.bookmark
	}
	if q.stale {
		o.Stale = "ok"
	}
	return o
}

func (q *findQuery) explainRange(plan *mango.Plan) explainRange {
	x := explainRange{
		IncludeDocs: q.quorum == 1, ViewType: "map", Direction: "fwd", Stable: q.stable || q.stale,
		Update: q.update && !q.stale, Conflicts: "undefined",
	}
	if q.conflicts {
		x.Conflicts = true
	}
	if !plan.Empty {
		x.Start, x.End = keysOf(plan)
	}
	if plan.Descending {
		x.Direction, x.Start, x.End = "rev", x.End, x.Start
	}
	return x
}

// keysOf returns the ends of the plan's part: lists of values for an index,
// values of _id for _all_docs.
func keysOf(plan *mango.Plan) (start, end any) {
	if plan.Index == nil {
		start, end = "", maxKey
		for _, v := range plan.Start {
			start = json.RawMessage(v)
		}
		for _, v := range plan.End {
			end = json.RawMessage(v)
		}
		return start, end
	}
	from, to := []any{}, []any{}
	for _, v := range plan.Start {
		from = append(from, json.RawMessage(v))
	}
	for _, v := range plan.End {
		to = append(to, json.RawMessage(v))
	}
	return from, append(to, maxKey)
}
