package couchtest

import (
	"slices"
	"strings"
)

// Endpoints returns what the suite asks of a server, each as its method and
// path, such as "GET /{db}/_changes", and wants answered with success. They are
// sorted.
func Endpoints() []string {
	all := []string{"PUT /{db}", "DELETE /{db}"} // around each case
	for _, c := range cases {
		for _, s := range c.steps {
			if s.status < 400 {
				all = append(all, s.method+" "+pattern(s.path))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// pattern returns the path as the protocol's manual writes it.
func pattern(path string) string {
	path, _, _ = strings.Cut(path, "?")
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if !strings.HasPrefix(path, "/$db") {
		return "/" + strings.Join(segments, "/")
	}
	segments[0] = "{db}"
	if len(segments) > 1 {
		segments = append(segments[:1], document(segments[1:])...)
	}
	return "/" + strings.Join(segments, "/")
}

// document returns the segments below a database's.
func document(segments []string) []string {
	name := strings.ReplaceAll(segments[0], "%2F", "/")
	prefix, _, below := strings.Cut(name, "/")
	switch {
	case below && (prefix == "_local" || prefix == "_design"): // in one segment
		segments = append([]string{prefix, "{id}"}, segments[1:]...)
	case name == "_local" || name == "_design":
		segments[1] = "{id}"
	case name == "_index" && len(segments) > 2:
		return []string{"_index", "{ddoc}", "json", "{name}"}
	case strings.HasPrefix(name, "_"):
		return segments
	default:
		segments = append([]string{"{id}"}, segments[1:]...)
	}
	i := slices.Index(segments, "{id}") + 1
	if i < len(segments) && !strings.HasPrefix(segments[i], "_") {
		segments = append(segments[:i], "{attachment}")
	}
	return segments
}
