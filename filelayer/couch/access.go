package couch

import (
	"net/http"
	"net/url"
	"strings"
)

// maxPull is how long the body of a request through PullOnly may be, in bytes:
// a replicator asks for a thousand documents at once.
const maxPull = 1 << 20

// PullOnly lets requests of another device through to next that a replicator
// needs to read one database, and the writing of its checkpoints under _local/,
// and answers others with 403: whatever writes, and whatever asks for more than
// the documents, such as the server's own endpoints and the databases whose name
// begins with "_".
//
// The local documents of a device are its own: what it calls _local/x is
// stored as _local/device/x. It can neither read nor change what the others,
// and the database itself, remember of their replications.
func PullOnly(device string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, err := pathSegments(r.URL)
		if err != nil || !pulls(r.Method, path) {
			writeError(w, r, &Error{http.StatusForbidden, "forbidden", "Another device may read this database, but not write it."})
			return
		}
		if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" { // it may be long when unpacked
			writeError(w, r, &Error{http.StatusUnsupportedMediaType, "bad_ctype", "Content-Encoding is not taken from another device"})
			return
		}
		in := new(http.Request)
		*in = *r
		if r.Body != nil {
			in.Body = http.MaxBytesReader(w, r.Body, maxPull)
		}
		if id, ok := localPath(path); ok {
			u := *r.URL
			u.Path = "/" + path[0] + "/" + localPrefix + device + "/" + id
			u.RawPath = "/" + url.PathEscape(path[0]) + "/" + localPrefix + url.PathEscape(device+"/"+id)
			in.URL = &u
		}
		next.ServeHTTP(w, in)
	})
}

// localPath returns what a path names below _local/.
func localPath(path []string) (id string, ok bool) {
	if len(path) == 3 && path[1] == "_local" {
		return path[2], path[2] != ""
	}
	if len(path) == 2 {
		id, ok = strings.CutPrefix(path[1], localPrefix)
	}
	return id, ok && id != ""
}

func pulls(method string, path []string) bool {
	if len(path) == 0 || strings.HasPrefix(path[0], "_") {
		return false
	}
	reads := method == http.MethodGet || method == http.MethodHead
	if len(path) == 1 {
		return reads
	}
	if _, ok := localPath(path); ok {
		return reads || method == http.MethodPut || method == http.MethodDelete
	}
	switch name := path[1]; {
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
