package couch

import (
	"errors"
	"fmt"
	"net/http"
)

// Errors of the package. Those of a request are of type [*Error].
var (
	// ErrBadRevision is returned for a string that is not a revision.
	ErrBadRevision = errors.New("malformed revision")
	// ErrDamaged says that a database file could not be read and was moved
	// aside; an empty database took its place, for replication to fill again.
	ErrDamaged = errors.New("database file is damaged")
	// ErrNewer is returned for a database that a later version of the program wrote.
	ErrNewer = errors.New("database was written by a newer version")
	// ErrClosed is returned once the server or the database is closed.
	ErrClosed = errors.New("database is closed")
)

// An Error is an answer of the CouchDB protocol that is not a success.
type Error struct {
	Status int    // HTTP status code
	Name   string // CouchDB's short name of the error, such as "not_found"
	Reason string // what happened, for a person
}

// Error returns name and reason.
func (e *Error) Error() string { return e.Name + ": " + e.Reason }

// HTTPStatus returns the status code, as kivik asks for it.
func (e *Error) HTTPStatus() int { return e.Status }

func badRequest(format string, args ...any) *Error {
	return &Error{http.StatusBadRequest, "bad_request", fmt.Sprintf(format, args...)}
}

// Answers that several requests share.
var (
	errMissing      = &Error{http.StatusNotFound, "not_found", "missing"}
	errDeleted      = &Error{http.StatusNotFound, "not_found", "deleted"}
	errNoDatabase   = &Error{http.StatusNotFound, "not_found", "Database does not exist."}
	errConflict     = &Error{http.StatusConflict, "conflict", "Document update conflict."}
	errNoAttachment = &Error{http.StatusNotFound, "not_found", "Document is missing attachment"}
	errNoObject     = badRequest("Request body must be a JSON object")
	errBadRev       = &Error{http.StatusBadRequest, "bad_request", "Invalid rev format"}
	errTooLarge     = &Error{http.StatusRequestEntityTooLarge, "too_large", "the request entity is too large"}
	errLongDocument = &Error{http.StatusRequestEntityTooLarge, "document_too_large", "The document is larger than this database takes."}
	errTooSlow      = &Error{http.StatusRequestTimeout, "timeout", "The request could not be processed in a reasonable amount of time."}
	errTooManyFeeds = &Error{http.StatusServiceUnavailable, "service unavailable", "Too many changes feeds wait already; try again later."}
	errLongURI      = &Error{http.StatusRequestURITooLong, "too_long", "the request uri is too long"}

	errAttachmentTooLarge = &Error{http.StatusRequestEntityTooLarge, "attachment_too_large", "The attachment is larger than this database takes."}
	errDigest             = &Error{http.StatusBadRequest, "content_md5_mismatch", "Possible message corruption."}
	errRange              = &Error{http.StatusRequestedRangeNotSatisfiable, "requested_range_not_satisfiable", "Requested range not satisfiable"}
	errLocalAttachment    = &Error{http.StatusBadRequest, "bad_request", "_local documents do not accept attachments."}
)
