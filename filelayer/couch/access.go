package couch

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// BasicAuth lets requests through to next that carry user and password by HTTP
// basic authentication, and answers others with 401.
func BasicAuth(user, password string, next http.Handler) http.Handler {
	wantUser, wantPassword := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, secret, _ := r.BasicAuth()
		gotUser, gotPassword := sha256.Sum256([]byte(name)), sha256.Sum256([]byte(secret))
		same := subtle.ConstantTimeCompare(gotUser[:], wantUser[:]) & subtle.ConstantTimeCompare(gotPassword[:], wantPassword[:])
		if same != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="Paul"`)
			writeJSON(w, r, http.StatusUnauthorized, map[string]string{
				"error": "unauthorized", "reason": "You are not authorized to access this server.",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// PullOnly lets requests through to next that a replicator needs to read the
// databases, and the writing of its checkpoints under _local/, and answers
// others with 403.
func PullOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, err := pathSegments(r.URL)
		if err != nil || !pulls(r.Method, path) {
			writeJSON(w, r, http.StatusForbidden, map[string]string{
				"error": "forbidden", "reason": "Another device may read this database, but not write it.",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func pulls(method string, path []string) bool {
	if method == http.MethodGet || method == http.MethodHead {
		return true
	}
	if len(path) < 2 {
		return false
	}
	switch path[1] {
	case "_all_docs", "_bulk_get", "_changes", "_ensure_full_commit", "_missing_revs", "_revs_diff":
		return method == http.MethodPost && len(path) == 2
	}
	local := path[1] == "_local" && len(path) > 2 || strings.HasPrefix(path[1], "_local/")
	return local && (method == http.MethodPut || method == http.MethodDelete)
}
