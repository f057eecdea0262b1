package couch

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const maxURI = 64 << 10 // bytes

const (
	protocolVersion = "3.3.3" // of the CouchDB whose protocol this is
	serverHeader    = "CouchDB/" + protocolVersion + " (Paul)"
)

func (s *Server) route(w http.ResponseWriter, r *http.Request) error {
	path, err := pathSegments(r.URL)
	if err != nil {
		return err
	}
	p := parseParams(r)
	if p.err != nil {
		return p.err
	}
	if len(r.RequestURI) > maxURI {
		return errLongURI
	}
	if methods := serverEndpoints[strings.Join(path, "/")]; methods != nil {
		return methods.answer(&request{Request: r, w: w, server: s, params: p})
	}
	if !validDatabaseName(path[0]) {
		if strings.HasPrefix(path[0], "_") {
			return notImplemented("This server has no " + strings.Join(path, "/") + ".")
		}
		return illegalName(path[0])
	}
	if len(path) == 1 && r.Method == http.MethodPut {
		return s.putDatabase(w, r, path[0])
	}
	d, err := s.database(path[0])
	if err != nil {
		return err
	}
	return d.note(s.routeDatabase(&request{Request: r, w: w, server: s, db: d, params: p}, path[1:]))
}

// An endpoint is what answers for one path, by method. GET stands for HEAD too.
type endpoint map[string]func(*request) error

func (e endpoint) answer(r *request) error {
	method := r.Method
	if method == http.MethodHead && e[method] == nil {
		method = http.MethodGet
	}
	if handle := e[method]; handle != nil {
		return handle(r)
	}
	methods := sortedKeys(e)
	if i := slices.Index(methods, http.MethodGet); i >= 0 && e[http.MethodHead] == nil {
		methods = slices.Insert(methods, i+1, http.MethodHead)
	}
	return notAllowed(r.w, methods...)
}

// serverEndpoints are those that belong to no database, by path.
var serverEndpoints = map[string]endpoint{
	"":               {"GET": (*request).welcome},
	"_active_tasks":  {"GET": (*request).activeTasks},
	"_all_dbs":       {"GET": (*request).allDBs},
	"_cluster_setup": {"GET": (*request).clusterSetup},
	"_dbs_info":      {"GET": (*request).dbsInfo, "POST": (*request).dbsInfoOf},
	"_membership":    {"GET": (*request).membership},
	"_node/_local":   {"GET": (*request).node},
	"_session":       {"GET": (*request).session},
	"_up":            {"GET": (*request).up},
	"_uuids":         {"GET": (*request).uuids},
}

// databaseEndpoints are those below a database, by path.
var databaseEndpoints = map[string]endpoint{
	"":                    {"GET": (*request).info, "DELETE": (*request).deleteDatabase, "POST": (*request).postDocument},
	"_all_docs":           {"GET": (*request).allDocs, "POST": (*request).allDocs},
	"_all_docs/queries":   {"POST": (*request).allDocsQueries},
	"_bulk_docs":          {"POST": (*request).bulkDocs},
	"_bulk_get":           {"POST": (*request).bulkGet},
	"_changes":            {"GET": (*request).changes, "POST": (*request).changes},
	"_compact":            {"POST": (*request).compact},
	"_design_docs":        {"GET": (*request).designDocs, "POST": (*request).designDocs},
	"_ensure_full_commit": {"POST": (*request).ensureFullCommit},
	"_explain":            {"POST": (*request).explain},
	"_find":               {"POST": (*request).find},
	"_index":              {"GET": (*request).listIndexes, "POST": (*request).createIndex},
	"_local_docs":         {"GET": (*request).localDocs, "POST": (*request).localDocs},
	"_missing_revs":       {"POST": (*request).missingRevs},
	"_purge":              {"POST": (*request).purge},
	"_purged_infos":       {"GET": (*request).purgedInfos},
	"_purged_infos_limit": {"GET": (*request).getPurgesLimit, "PUT": (*request).putPurgesLimit},
	"_revs_diff":          {"POST": (*request).revsDiff},
	"_revs_limit":         {"GET": (*request).getRevsLimit, "PUT": (*request).putRevsLimit},
	"_security":           {"GET": (*request).getSecurity, "PUT": (*request).putSecurity},
	"_view_cleanup":       {"POST": (*request).viewCleanup},
}

// notHere are the requests of CouchDB that this server does not answer.
var notHere = map[string]bool{
	"_auto_purge": true, "_partition": true, "_shards": true, "_sync_shards": true,
}

func (s *Server) routeDatabase(r *request, path []string) error {
	name := ""
	if len(path) > 0 {
		name = path[0]
	}
	if methods := databaseEndpoints[strings.Join(path, "/")]; methods != nil {
		return methods.answer(r)
	}
	switch {
	case name == "_local" && len(path) > 2, strings.HasPrefix(name, "_local/") && len(path) > 1:
		return errLocalAttachment
	case name == "_local" && len(path) > 1:
		return r.localDocument("_local/" + path[1])
	case name == "_index":
		return r.indexPath(path[1:])
	case name == "_design" && len(path) > 1:
		if len(path) > 2 && strings.HasPrefix(path[2], "_") {
			return notImplemented("Design documents are stored and replicated, but their functions are not run here.")
		}
		return r.document("_design/"+path[1], path[2:])
	case strings.HasPrefix(name, "_local/"):
		return r.localDocument(name)
	case notHere[name]:
		return notImplemented("This server has no " + name + ".")
	}
	return r.document(name, path[1:])
}

func (s *Server) putDatabase(w http.ResponseWriter, r *http.Request, name string) error {
	isNew, err := s.create(r.Context(), name)
	if err != nil {
		return err
	}
	if !isNew {
		return &Error{http.StatusPreconditionFailed, "file_exists", "The database could not be created, the file already exists."}
	}
	w.Header().Set("Location", "/"+name)
	writeJSON(w, r, http.StatusCreated, ok)
	return nil
}

var ok = map[string]bool{"ok": true}

func (d *database) started() string { return strconv.FormatInt(d.created, 10) }
