package replicate

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	kivik "github.com/go-kivik/kivik/v4"
)

// checkpointName returns the name, below _local/, of the checkpoints of a
// pull from source into target.
func checkpointName(source, target string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "paul pull 1\n%q\n%q\n", source, target))
	return hex.EncodeToString(sum[:16])
}

func newSessionID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// A checkpoint says up to where one database was copied into the other. The
// same document stands in both; only what both remember counts, so that a
// database that was lost or put back is copied again. Its form is that of
// CouchDB's replicator.
type checkpoint struct {
	Rev       string  `json:"_rev,omitempty"`
	SessionID string  `json:"session_id"`
	LastSeq   string  `json:"source_last_seq"`
	Version   int     `json:"replication_id_version"`
	History   []entry `json:"history"` // newest first
}

// An entry of a checkpoint's history is one session.
type entry struct {
	SessionID      string `json:"session_id"`
	StartTime      string `json:"start_time"`
	EndTime        string `json:"end_time"`
	StartLastSeq   string `json:"start_last_seq"`
	EndLastSeq     string `json:"end_last_seq"`
	RecordedSeq    string `json:"recorded_seq"`
	MissingChecked int    `json:"missing_checked"` // grows with each checkpoint of a session
	MissingFound   int    `json:"missing_found"`
	DocsRead       int    `json:"docs_read"`
	DocsWritten    int    `json:"docs_written"`
	WriteFailures  int    `json:"doc_write_failures"`
}

const (
	maxHistory        = 50
	checkpointVersion = 4 // CouchDB's of the present
)

// readCheckpoint returns the checkpoint of db. One that cannot be read counts
// as empty, but keeps its revision, so that it can be replaced.
func readCheckpoint(ctx context.Context, db *kivik.DB, name string) (checkpoint, error) {
	c, rev, err := readLocal[checkpoint](ctx, db, name)
	if err != nil {
		return checkpoint{}, fmt.Errorf("read checkpoint: %w", err)
	}
	c.Rev = rev
	return c, nil
}

// readLocal returns the document below _local/ and its revision: the zero T if
// it is not of that form, and no revision if there is none.
func readLocal[T any](ctx context.Context, db *kivik.DB, name string) (v T, rev string, err error) {
	var raw json.RawMessage
	err = db.Get(ctx, "_local/"+name).ScanDoc(&raw)
	if kivik.HTTPStatus(err) == http.StatusNotFound {
		return v, "", nil
	}
	if err != nil {
		return v, "", err
	}
	var only struct {
		Rev string `json:"_rev"`
	}
	if json.Unmarshal(raw, &only) != nil {
		return v, "", fmt.Errorf("%w: a local document that is no document", ErrSource)
	}
	if json.Unmarshal(raw, &v) != nil {
		v = *new(T) // it may be filled in part
	}
	return v, only.Rev, nil
}

// writeCheckpoint stores c in db over the revision rev, and returns the new one.
func writeCheckpoint(ctx context.Context, db *kivik.DB, name, rev string, c checkpoint) (string, error) {
	c.Rev = rev
	rev, err := db.Put(ctx, "_local/"+name, c)
	if err != nil {
		return "", fmt.Errorf("write checkpoint: %w", err)
	}
	return rev, nil
}

// startSeq returns the seq after which to go on: the newest that both
// checkpoints remember, "0" if there is none.
func startSeq(source, target checkpoint) string {
	for _, t := range target.History {
		for _, s := range source.History {
			if t.SessionID != s.SessionID || t.SessionID == "" {
				continue
			}
			older := t // of the two, in case only one was written
			if s.MissingChecked < t.MissingChecked {
				older = s
			}
			if older.RecordedSeq != "" && len(older.RecordedSeq) <= maxSeq {
				return older.RecordedSeq
			}
		}
	}
	return "0"
}

// with returns the checkpoint that has e as its newest session.
func (c checkpoint) with(e entry) checkpoint {
	history := append(make([]entry, 0, maxHistory), e)
	for _, old := range c.History {
		if old.SessionID != e.SessionID && len(history) < maxHistory {
			history = append(history, old)
		}
	}
	return checkpoint{SessionID: e.SessionID, LastSeq: e.RecordedSeq, Version: checkpointVersion, History: history}
}

func httpTime(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
