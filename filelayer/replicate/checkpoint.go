package replicate

import (
	"cmp"
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
// replication. It is 32 hexadecimal digits, like CouchDB's, and derives from
// the two ends and the filter: another filter copies other documents.
func checkpointName(opts *Options) string {
	text := fmt.Appendf(nil, "paul pull 1\n%q\n%q\n", opts.Source.id(), opts.Target.id())
	if name, body := opts.filter(); name != "" {
		text = fmt.Appendf(text, "%s\n%s\n", name, body)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

func newSessionID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// A checkpoint says up to where one database was copied into the other. The
// same document stands in both; only what both remember counts, so that a
// database that was lost or put back is copied again. Its form, and how two
// are compared, is that of CouchDB's replicator (src/couch_replicator);
// PouchDB's, which has less in it, can be read too.
type checkpoint struct {
	Rev       string    `json:"_rev,omitempty"`
	SessionID string    `json:"session_id"`
	LastSeq   seq       `json:"source_last_seq"`
	Version   int       `json:"replication_id_version"`
	History   []Session `json:"history"` // newest first
}

// A Session is what a checkpoint tells of one session, as in CouchDB.
type Session struct {
	SessionID      string `json:"session_id"`
	StartTime      string `json:"start_time"` // RFC 1123
	EndTime        string `json:"end_time"`
	StartLastSeq   seq    `json:"start_last_seq"`
	EndLastSeq     seq    `json:"end_last_seq"`
	RecordedSeq    seq    `json:"recorded_seq"`
	MissingChecked int    `json:"missing_checked"` // grows with each checkpoint of a session
	MissingFound   int    `json:"missing_found"`
	DocsRead       int    `json:"docs_read"`
	DocsWritten    int    `json:"docs_written"`
	WriteFailures  int    `json:"doc_write_failures"`
	LastSeq        seq    `json:"last_seq,omitempty"` // in PouchDB, in place of RecordedSeq
}

const (
	maxHistory        = 50
	checkpointVersion = 4 // CouchDB's of the present
)

// readCheckpoint returns the checkpoint of an end. One that cannot be read counts
// as empty, but keeps its revision, so that it can be replaced.
func readCheckpoint(ctx context.Context, e *end, name string) (checkpoint, error) {
	c, rev, err := readLocal[checkpoint](ctx, e, name)
	if err != nil {
		return checkpoint{}, fmt.Errorf("%s: read checkpoint: %w", e.role, err)
	}
	c.Rev = rev
	return c, nil
}

// readLocal returns the document below _local/ and its revision: the zero T if
// it is not of that form, and no revision if there is none.
func readLocal[T any](ctx context.Context, e *end, name string) (v T, rev string, err error) {
	var raw json.RawMessage
	err = e.db.Get(ctx, "_local/"+name).ScanDoc(&raw)
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
		return v, "", fmt.Errorf("%w: a local document that is no document", ErrAnswer)
	}
	if json.Unmarshal(raw, &v) != nil {
		v = *new(T) // it may be filled in part
	}
	return v, only.Rev, nil
}

// writeLocal stores v, which names the revision that it replaces, and returns
// the new one.
func writeLocal(ctx context.Context, e *end, name string, v any) (rev string, err error) {
	return e.db.Put(ctx, "_local/"+name, v)
}

// writeCheckpoint stores c over the revision rev, and returns the new one.
func writeCheckpoint(ctx context.Context, e *end, name, rev string, c checkpoint) (string, error) {
	c.Rev = rev
	rev, err := writeLocal(ctx, e, name, c)
	if err != nil {
		return "", fmt.Errorf("%s: write checkpoint: %w", e.role, err)
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
			older := s // of the two, in case only one was written
			if t.MissingChecked < s.MissingChecked {
				older = t
			}
			recorded := string(cmp.Or(older.RecordedSeq, older.LastSeq))
			if recorded != "" && len(recorded) <= maxSeq {
				return recorded
			}
		}
	}
	return "0"
}

// with returns the checkpoint that has e as its newest session.
func (c checkpoint) with(e Session) checkpoint {
	history := append(make([]Session, 0, maxHistory), e)
	for _, old := range c.History {
		if old.SessionID != e.SessionID && len(history) < maxHistory {
			history = append(history, old)
		}
	}
	return checkpoint{SessionID: e.SessionID, LastSeq: e.RecordedSeq, Version: checkpointVersion, History: history}
}

func httpTime(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
