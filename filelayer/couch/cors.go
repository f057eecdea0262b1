package couch

import (
	"net/http"
	"slices"
	"strings"
)

// What CouchDB allows of requests from other origins, and shows them.
const (
	corsMethods = "CONNECT, COPY, DELETE, GET, HEAD, OPTIONS, POST, PUT, TRACE"
	corsHeaders = "accept, accept-language, authorization, content-length, content-range, content-type, destination, expires, if-match, " +
		"last-modified, origin, pragma, x-couch-full-commit, x-couch-id, x-couch-persist, x-couchdb-www-authenticate, " +
		"x-http-method-override, x-requested-with, x-couchdb-vhost-path"
	corsExposed = "content-type, cache-control, accept-ranges, etag, server, x-couch-request-id, x-couch-update-newrev, x-couchdb-body-time"
	corsMaxAge  = "600" // seconds
)

// CORS lets the scripts of pages that come from origins, such as
// "https://notes.example.org", use next from a browser. The origin "*" means
// all, but then the browser sends no cookies: only an origin that is named may
// make requests with credentials. Without origins CORS returns next.
func CORS(origins []string, next http.Handler) http.Handler {
	if len(origins) == 0 {
		return next
	}
	allowed := make(map[string]bool, len(origins))
	for _, o := range origins {
		allowed[strings.ToLower(strings.TrimSuffix(o, "/"))] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin == "" {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Add("Vary", "Origin")
		named := allowed[strings.ToLower(origin)] && origin != "*"
		if named || allowed["*"] {
			if r.Method == http.MethodOptions && preflight(h, r) {
				allowOrigin(h, origin, named)
				w.WriteHeader(http.StatusNoContent)
				return
			}
			allowOrigin(h, origin, named)
			h.Set("Access-Control-Expose-Headers", corsExposed)
		}
		in := new(http.Request)
		*in = *r
		in.Header = r.Header.Clone()
		in.Header.Del("Origin") // it is dealt with
		next.ServeHTTP(w, in)
	})
}

func allowOrigin(h http.Header, origin string, named bool) {
	if !named {
		h.Set("Access-Control-Allow-Origin", "*")
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
}

// preflight answers a browser that asks what it may send, and reports whether
// r is such a request, for what CouchDB knows.
func preflight(h http.Header, r *http.Request) bool {
	asked := r.Header.Get("Access-Control-Request-Headers")
	if !slices.Contains(strings.Split(corsMethods, ", "), r.Header.Get("Access-Control-Request-Method")) {
		return false
	}
	known := strings.Split(corsHeaders, ", ")
	for name := range strings.SplitSeq(asked, ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && !slices.Contains(known, name) {
			return false
		}
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", asked)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	return true
}
