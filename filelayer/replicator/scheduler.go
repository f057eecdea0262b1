package replicator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const nodeName = "nonode@nohost"

// activeTasks answers GET /_active_tasks: the jobs that run.
func (d *Driver) activeTasks(w http.ResponseWriter, r *http.Request) {
	tasks := []any{}
	for _, j := range d.sortedJobs() {
		v := j.look()
		if v.state != running {
			continue
		}
		task := v.info()
		task["type"], task["pid"], task["node"] = "replication", j.pid(), nodeName
		task["replication_id"], task["doc_id"], task["database"] = j.id, orNull(j.docID), j.database()
		task["source"], task["target"], task["continuous"] = j.spec.source.String(), j.spec.target.String(), j.spec.continuous
		task["started_on"], task["updated_on"] = j.started.Unix(), time.Now().Unix()
		tasks = append(tasks, task)
	}
	answer(w, r, http.StatusOK, tasks)
}

func (d *Driver) sortedJobs() []*job {
	d.mu.Lock()
	defer d.mu.Unlock()
	jobs := make([]*job, 0, len(d.jobs))
	for _, j := range d.jobs {
		jobs = append(jobs, j)
	}
	slices.SortFunc(jobs, func(a, b *job) int { return cmp.Compare(a.id, b.id) })
	return jobs
}

// pid is for tools that show one: there are no Erlang processes here.
func (j *job) pid() string { return "<0." + j.id[:4] + ".0>" }

func (j *job) database() any {
	if j.docID == "" {
		return nil
	}
	return replicatorDB
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// schedulerJobs answers GET /_scheduler/jobs and /_scheduler/jobs/{id}.
func (d *Driver) schedulerJobs(w http.ResponseWriter, r *http.Request) {
	jobs := d.sortedJobs()
	if id, one := strings.CutPrefix(strings.Trim(r.URL.Path, "/"), "_scheduler/jobs/"); one {
		i := slices.IndexFunc(jobs, func(j *job) bool { return j.id == id })
		if i < 0 {
			answerFailure(w, r, &failure{http.StatusNotFound, "not_found", "missing"})
			return
		}
		answer(w, r, http.StatusOK, jobs[i].tell())
		return
	}
	skip, limit, err := pageOf(r, 100)
	if err != nil {
		answerFailure(w, r, err)
		return
	}
	told := []any{}
	for _, j := range page(jobs, skip, limit) {
		told = append(told, j.tell())
	}
	answer(w, r, http.StatusOK, map[string]any{"total_rows": len(jobs), "offset": min(skip, len(jobs)), "jobs": told})
}

func (j *job) tell() map[string]any {
	v := j.look()
	return map[string]any{
		"id": j.id, "database": j.database(), "doc_id": orNull(j.docID), "pid": j.pid(), "node": nodeName, "user": nil,
		"source": j.spec.source.String(), "target": j.spec.target.String(), "start_time": timestamp(j.started), "history": v.history, "info": v.info(),
	}
}

// pageOf reads skip and limit, which is otherwise if it is not given.
func pageOf(r *http.Request, otherwise int) (skip, limit int, err error) {
	limit = otherwise
	for name, to := range map[string]*int{"skip": &skip, "limit": &limit} {
		text := r.URL.Query().Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return 0, 0, &failure{http.StatusBadRequest, "query_parse_error", "Invalid value for " + name + ": it must be a number that is not negative"}
		}
		*to = n
	}
	return skip, limit, nil
}

func page[T any](all []T, skip, limit int) []T {
	all = all[min(skip, len(all)):]
	return all[:min(limit, len(all))]
}

// schedulerDocs answers GET /_scheduler/docs, and for the database _replicator
// and one document below it.
func (d *Driver) schedulerDocs(w http.ResponseWriter, r *http.Request) {
	rest := strings.TrimPrefix(strings.TrimPrefix(strings.Trim(r.URL.Path, "/"), "_scheduler/docs"), "/")
	db, id, one := strings.Cut(rest, "/")
	skip, limit, err := pageOf(r, 1<<30)
	if err == nil && db != "" && db != replicatorDB {
		err = &failure{http.StatusNotFound, "not_found", "missing"}
	}
	if err != nil {
		answerFailure(w, r, err)
		return
	}
	docs := d.tellDocs()
	if one {
		docs = slices.DeleteFunc(docs, func(doc map[string]any) bool { return doc["doc_id"] != id })
		if len(docs) == 0 {
			answerFailure(w, r, &failure{http.StatusNotFound, "not_found", "missing"})
			return
		}
		answer(w, r, http.StatusOK, docs[0])
		return
	}
	if r.URL.Query().Get("descending") == "true" {
		slices.Reverse(docs)
	}
	total := len(docs)
	if states := r.URL.Query().Get("states"); states != "" {
		wanted := strings.Split(states, ",")
		docs = slices.DeleteFunc(docs, func(doc map[string]any) bool {
			state, _ := doc["state"].(string)
			return !slices.Contains(wanted, state)
		})
	}
	answer(w, r, http.StatusOK, map[string]any{"total_rows": total, "offset": min(skip, total), "docs": page(docs, skip, limit)})
}

// tellDocs returns what is known of each document, in the order of their IDs.
func (d *Driver) tellDocs() []map[string]any {
	d.mu.Lock()
	defer d.mu.Unlock()
	told := make([]map[string]any, 0, len(d.docs))
	for id, doc := range d.docs {
		told = append(told, doc.tell(id))
	}
	slices.SortFunc(told, func(a, b map[string]any) int {
		x, _ := a["doc_id"].(string)
		y, _ := b["doc_id"].(string)
		return cmp.Compare(x, y)
	})
	return told
}

func (doc *replicatorDoc) tell(id string) map[string]any {
	m := map[string]any{
		"database": replicatorDB, "doc_id": id, "id": nil, "node": nodeName, "source": orNull(doc.source), "target": orNull(doc.target),
		"source_proxy": nil, "target_proxy": nil, "error_count": 0, "state": doc.final, "info": nil,
		"start_time": timestamp(doc.started), "last_updated": timestamp(doc.started),
	}
	switch {
	case doc.final == failed:
		m["info"], m["error_count"] = map[string]string{"error": doc.reason}, 1
		return m
	case doc.final == completed:
		if raw, ok := doc.stats.(json.RawMessage); ok && len(raw) > 0 {
			m["info"] = raw
		}
		return m
	case doc.job == nil:
		m["state"] = "initializing"
		return m
	}
	v := doc.job.look()
	m["state"], m["error_count"], m["info"], m["id"] = v.state, v.errors, v.info(), doc.job.id
	m["last_updated"] = timestamp(v.changed)
	if v.err != nil {
		m["info"] = map[string]string{"error": v.err.Error()}
	}
	if v.state == failed && v.wasCancelled() {
		m["state"] = pending
	}
	return m
}
