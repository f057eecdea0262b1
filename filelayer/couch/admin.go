package couch

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
)

func (r *request) welcome() error {
	return r.answer(http.StatusOK, map[string]any{
		"couchdb": "Welcome", "version": protocolVersion, "uuid": r.server.uuid,
		"features": []string{}, "vendor": map[string]string{"name": "Paul"},
	})
}

func (r *request) up() error {
	return r.answer(http.StatusOK, map[string]any{"status": "ok", "seeds": struct{}{}})
}

const maxUUIDs = 1000

func (r *request) uuids() error {
	n := r.count("count", 1)
	if r.err != nil {
		return r.err
	}
	if n > maxUUIDs {
		return badRequest("count parameter too large")
	}
	uuids := make([]string, n)
	for i := range uuids {
		uuids[i] = newUUID()
	}
	r.w.Header().Set("Cache-Control", "no-cache")
	return r.answer(http.StatusOK, map[string]any{"uuids": uuids})
}

// session is answered so where nobody is asked who they are: see [Auth].
func (r *request) session() error {
	return r.answer(http.StatusOK, map[string]any{
		"ok":      true,
		"userCtx": map[string]any{"name": nil, "roles": []string{"_admin"}},
		"info":    map[string]any{"authentication_handlers": []string{byBasic}},
	})
}

// nodeName is what CouchDB calls a server that is no part of a cluster.
const nodeName = "nonode@nohost"

func (r *request) membership() error {
	nodes := []string{nodeName}
	return r.answer(http.StatusOK, map[string]any{"all_nodes": nodes, "cluster_nodes": nodes})
}

func (r *request) node() error { return r.answer(http.StatusOK, map[string]string{"name": nodeName}) }

func (r *request) clusterSetup() error {
	return r.answer(http.StatusOK, map[string]string{"state": "single_node_enabled"})
}

// activeTasks lists nothing: what runs for long is not of this package.
func (r *request) activeTasks() error { return r.answer(http.StatusOK, []any{}) }

func (r *request) allDBs() error {
	names, err := r.someDBs()
	if err != nil {
		return err
	}
	return r.answer(http.StatusOK, names)
}

// someDBs returns the names of the databases in the range that r asks for.
func (r *request) someDBs() ([]string, error) {
	var start, end *string
	r.json(&start, "startkey", "start_key")
	r.json(&end, "endkey", "end_key")
	descending, inclusive := r.flag("descending"), r.flagOr("inclusive_end", true)
	skip, limit := r.count("skip", 0), r.count("limit", -1)
	if r.err != nil {
		return nil, r.err
	}
	names, order := r.server.names(), 1
	if descending {
		slices.Reverse(names)
		order = -1
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		if start != nil && order*cmp.Compare(name, *start) < 0 {
			return true
		}
		past := 0
		if end != nil {
			past = order * cmp.Compare(name, *end)
		}
		return past > 0 || end != nil && past == 0 && !inclusive
	})
	names = names[min(skip, len(names)):]
	if limit >= 0 {
		names = names[:min(limit, len(names))]
	}
	return append([]string{}, names...), nil
}

func (r *request) dbsInfo() error {
	names, err := r.someDBs()
	if err != nil {
		return err
	}
	return r.answerInfos(names)
}

const maxInfos = 100 // databases named by one POST to _dbs_info, as in CouchDB

func (r *request) dbsInfoOf() error {
	var body struct {
		Keys *[]string `json:"keys"`
	}
	if err := r.decodePost(&body); err != nil {
		return err
	}
	if body.Keys == nil {
		return badRequest("`keys` member must exist.")
	}
	if len(*body.Keys) > maxInfos {
		return badRequest("`keys` names more than %d databases", maxInfos)
	}
	return r.answerInfos(*body.Keys)
}

func (r *request) answerInfos(names []string) error {
	infos := make([]any, len(names))
	for i, name := range names {
		d, err := r.server.database(name)
		switch {
		case errors.Is(err, errNoDatabase):
			infos[i] = map[string]string{"key": name, "error": "not_found"}
		case err != nil:
			return err
		default:
			infos[i] = map[string]any{"key": name, "info": d.info()}
		}
	}
	return r.answer(http.StatusOK, infos)
}

// viewCleanup drops the indexes that no design document defines any more, if
// any are left.
func (r *request) viewCleanup() error {
	if err := r.checkType(); err != nil {
		return err
	}
	if err := r.db.sweepIndexes(r.Context()); err != nil {
		return err
	}
	return r.answer(http.StatusAccepted, ok)
}

// putNumber reads a body that is a whole number greater than 0.
func (r *request) putNumber(otherwise string) (n int, err error) {
	b, err := r.readJSON()
	if err != nil {
		return 0, err
	}
	if json.Unmarshal(b, &n) != nil || n < 1 {
		return 0, badRequest("%s", otherwise)
	}
	return n, nil
}
