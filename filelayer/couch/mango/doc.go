// Package mango is the query language of CouchDB's _find: selectors, the
// definitions of JSON indexes, the order of index keys, and the choice of an
// index for a query. It holds no documents: package couch stores what it makes.
//
// A selector is read into CouchDB's normal form (as _explain shows it): each
// condition is tied to the whole path of its field, and negations are moved
// down to the conditions. It differs from Apache CouchDB where Go does:
//
//   - Strings are ordered by the Unicode collation algorithm as
//     golang.org/x/text/collate has it for the root locale. ICU, which CouchDB
//     uses, has newer tables, and sorts "`" and "^" before other symbols.
//   - Numbers are compared as 64-bit floats; $mod takes any whole number.
//   - $regex takes the syntax of package regexp: no look-around, no back
//     references; it reads characters, not bytes.
//   - A selector is refused that has more than 4 MiB, is nested more than 100
//     levels deep, or has a pattern of more than 64 KiB; and so is a list of
//     more than 1000 fields.
//
// Values are JSON text throughout, valid and in UTF-8, as the database holds
// documents: nothing is decoded that a query does not look at.
package mango

import "fmt"

// An Error is what is wrong with a query or an index, as CouchDB names it. The
// answer to the request has status 400.
type Error struct {
	Name   string // CouchDB's short name, such as "invalid_operator"
	Reason string
}

// Error returns name and reason.
func (e *Error) Error() string { return e.Name + ": " + e.Reason }

func errorf(name, format string, args ...any) *Error {
	return &Error{name, fmt.Sprintf(format, args...)}
}

func badArgument(op string, arg []byte) *Error {
	return errorf("bad_arg", "Bad argument for operator %s: %.200s", op, arg)
}
