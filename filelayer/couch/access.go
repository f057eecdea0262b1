package couch

import (
	"net/http"
	"strings"
)

// PullOnly lets requests through to next that a replicator needs to read one
// database, and the writing of its checkpoints under _local/, and answers
// others with 403: whatever writes, and whatever asks for more than the
// documents, such as the server's own endpoints and the databases whose name
// begins with "_".
func PullOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, err := pathSegments(r.URL)
		if err != nil || !pulls(r.Method, path) {
			writeError(w, r, &Error{http.StatusForbidden, "forbidden", "Another device may read this database, but not write it."})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func pulls(method string, path []string) bool {
	if len(path) == 0 || strings.HasPrefix(path[0], "_") {
		return false
	}
	reads := method == http.MethodGet || method == http.MethodHead
	if len(path) == 1 {
		return reads
	}
	switch name := path[1]; {
	case name == "_local" && len(path) > 2, strings.HasPrefix(name, "_local/"):
		return reads || method == http.MethodPut || method == http.MethodDelete
	case name == "_design" && len(path) > 2, strings.HasPrefix(name, "_design/"):
		return reads
	case len(path) == 2 && (name == "_all_docs" || name == "_changes"):
		return reads || method == http.MethodPost
	case len(path) == 2 && (name == "_bulk_get" || name == "_ensure_full_commit" || name == "_missing_revs" || name == "_revs_diff"):
		return method == http.MethodPost
	case strings.HasPrefix(name, "_"):
		return false
	}
	return reads
}
