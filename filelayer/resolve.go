package filelayer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	kivik "github.com/go-kivik/kivik/v4"

	"github.com/libpaul/paul/filelayer/conflict"
)

// resolverDoc holds how far conflicts have been looked for.
const resolverDoc = "_local/conflicts"

// resolve merges conflicts in the database as they come, until ctx ends. It
// calls caughtUp once, when those that were there have been merged.
func (db *Database) resolve(ctx context.Context, caughtUp func()) error {
	if err := db.await(ctx); err != nil {
		return nil // ctx has ended
	}
	feed := feed{db: db, since: db.resolved(ctx), normal: true, leaves: true}
	unsaved := 0
	for {
		rows, seq, err := feed.next(ctx)
		if err != nil { // only when ctx has ended
			return nil
		}
		for err := db.merges(ctx, rows); err != nil; err = db.merges(ctx, rows) {
			db.log.WarnContext(ctx, "Conflicts were not merged", "database", db.name, "error", err)
			if pause(ctx, resolveRetry) != nil {
				return nil
			}
		}
		if unsaved += len(rows); unsaved >= followBatch {
			db.noteResolved(ctx, seq)
			unsaved = 0
		}
		if len(rows) == 0 {
			caughtUp()
		}
	}
}

func (db *Database) resolved(ctx context.Context) (seq string) {
	var note struct {
		Seq string `json:"seq"`
	}
	if err := db.kv.Get(ctx, resolverDoc).ScanDoc(&note); err != nil {
		return "" // none yet: look from the start
	}
	return note.Seq
}

// noteResolved saves where a later run may start. Without it that run only has
// more to look at.
func (db *Database) noteResolved(ctx context.Context, seq string) {
	note := map[string]string{"seq": seq}
	var old struct {
		Rev string `json:"_rev"`
	}
	if err := db.kv.Get(ctx, resolverDoc).ScanDoc(&old); err == nil {
		note["_rev"] = old.Rev
	}
	if _, err := db.kv.Put(ctx, resolverDoc, note); err != nil {
		db.log.DebugContext(ctx, "Place of the conflict search was not saved", "database", db.name, "error", err)
	}
}

// merges resolves the conflicts of those documents that have several leaves.
// One that cannot be resolved is left as it is, and does not stop the others.
func (db *Database) merges(ctx context.Context, rows []row) error {
	var resolutions [][]json.RawMessage
	for _, row := range rows {
		if len(row.revs) < 2 || strings.HasPrefix(row.doc.ID, "_") {
			continue
		}
		writes, err := conflict.Resolution(ctx, db.kv, row.doc.ID, db.merge)
		if errors.Is(err, conflict.ErrUnmergeable) {
			db.log.WarnContext(ctx, "Conflict is left as it is", "database", db.name, "error", err)
			continue
		}
		if err != nil {
			return err
		}
		if len(writes) > 0 {
			resolutions = append(resolutions, writes)
		}
	}
	err := db.writeMerged(ctx, resolutions...)
	if !isRefusal(err) {
		return err
	}
	for _, writes := range resolutions { // to find which it is
		err := db.writeMerged(ctx, writes)
		if isRefusal(err) {
			db.log.WarnContext(ctx, "Conflict is left as it is", "database", db.name, "error", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// writeMerged writes resolutions. Their revisions are made here, not by the
// database, so that every device and every kind of database makes the same, and
// none is refused for a conflict.
func (db *Database) writeMerged(ctx context.Context, resolutions ...[]json.RawMessage) error {
	var docs []any
	for _, writes := range resolutions {
		for _, doc := range writes {
			docs = append(docs, doc)
		}
	}
	if len(docs) == 0 {
		return nil
	}
	results, err := db.kv.BulkDocs(ctx, docs, kivik.Param("new_edits", false))
	if err != nil {
		return fmt.Errorf("write merged documents: %w", err)
	}
	for _, result := range results {
		if result.Error != nil {
			return fmt.Errorf("write merged document %s: %w", result.ID, result.Error)
		}
	}
	return nil
}

// isRefusal reports whether the database will not take a document, however
// often it is asked.
func isRefusal(err error) bool {
	status := kivik.HTTPStatus(err)
	return status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge
}
