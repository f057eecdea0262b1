package couch

import (
	"net/http"
	"strconv"
	"strings"
)

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
	if len(path) == 0 {
		path = []string{""}
	}
	if handle := serverEndpoints[path[0]]; handle != nil && len(path) == 1 {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return notAllowed(w, http.MethodGet, http.MethodHead)
		}
		return handle(s, &request{Request: r, w: w, server: s, params: p})
	}
	if !validDatabaseName(path[0]) {
		if strings.HasPrefix(path[0], "_") {
			return notImplemented("This server has no " + path[0] + ".")
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

var serverEndpoints = map[string]func(*Server, *request) error{
	"":         (*Server).welcome,
	"_up":      (*Server).up,
	"_uuids":   (*Server).uuids,
	"_all_dbs": (*Server).allDBs,
	"_session": (*Server).session,
}

// databaseEndpoints are the requests below a database, by name and method.
var databaseEndpoints = map[string]map[string]func(*request) error{
	"":                    {"GET": (*request).info, "HEAD": (*request).info, "DELETE": (*request).deleteDatabase, "POST": (*request).postDocument},
	"_all_docs":           {"GET": (*request).allDocs, "POST": (*request).allDocs},
	"_bulk_docs":          {"POST": (*request).bulkDocs},
	"_bulk_get":           {"POST": (*request).bulkGet},
	"_changes":            {"GET": (*request).changes, "POST": (*request).changes},
	"_compact":            {"POST": (*request).compact},
	"_ensure_full_commit": {"POST": (*request).ensureFullCommit},
	"_missing_revs":       {"POST": (*request).missingRevs},
	"_revs_diff":          {"POST": (*request).revsDiff},
	"_revs_limit":         {"GET": (*request).getRevsLimit, "PUT": (*request).putRevsLimit},
	"_security":           {"GET": (*request).getSecurity, "PUT": (*request).putSecurity},
}

// notHere are the requests of CouchDB that this server does not answer.
var notHere = map[string]bool{
	"_auto_purge": true, "_dbs_info": true, "_design_docs": true, "_explain": true, "_find": true, "_index": true,
	"_local_docs": true, "_partition": true, "_purge": true, "_purged_infos_limit": true, "_shards": true,
	"_sync_shards": true, "_view_cleanup": true,
}

func (s *Server) routeDatabase(r *request, path []string) error {
	name := ""
	if len(path) > 0 {
		name = path[0]
	}
	if methods := databaseEndpoints[name]; methods != nil && len(path) <= 1 {
		handle := methods[r.Method]
		if handle == nil {
			return notAllowed(r.w, sortedKeys(methods)...)
		}
		return handle(r)
	}
	switch {
	case name == "_local" && len(path) > 2, strings.HasPrefix(name, "_local/") && len(path) > 1:
		return errLocalAttachment
	case name == "_local" && len(path) > 1:
		return r.localDocument("_local/" + path[1])
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

func (s *Server) welcome(r *request) error {
	return r.answer(http.StatusOK, map[string]any{
		"couchdb": "Welcome", "version": protocolVersion, "uuid": s.uuid,
		"features": []string{}, "vendor": map[string]string{"name": "Paul"},
	})
}

func (s *Server) up(r *request) error {
	return r.answer(http.StatusOK, map[string]any{"status": "ok", "seeds": struct{}{}})
}

func (s *Server) allDBs(r *request) error { return r.answer(http.StatusOK, s.names()) }

const maxUUIDs = 1000

func (s *Server) uuids(r *request) error {
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

// session names nobody: who may ask at all is decided before s is reached.
func (s *Server) session(r *request) error {
	return r.answer(http.StatusOK, map[string]any{
		"ok":      true,
		"userCtx": map[string]any{"name": nil, "roles": []string{"_admin"}},
		"info":    map[string]any{"authentication_handlers": []string{"default"}},
	})
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
