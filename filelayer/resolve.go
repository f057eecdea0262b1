package filelayer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	kivik "github.com/go-kivik/kivik/v4"
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
func (db *Database) merges(ctx context.Context, rows []row) error {
	var writes []any
	for _, row := range rows {
		if len(row.revs) < 2 || strings.HasPrefix(row.doc.ID, "_") {
			continue
		}
		more, err := db.mergeOne(ctx, row.doc.ID)
		if err != nil {
			return err
		}
		writes = append(writes, more...)
	}
	if len(writes) == 0 {
		return nil
	}
	// Revisions made here, not by the database, so that every device and every
	// kind of database makes the same, and none is refused for a conflict.
	results, err := db.kv.BulkDocs(ctx, writes, kivik.Param("new_edits", false))
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

// mergeOne returns the revisions that resolve the conflict of one document:
// the merged body on its winner, and a tombstone on every other live leaf.
func (db *Database) mergeOne(ctx context.Context, id string) ([]any, error) {
	var winner struct {
		Rev       string   `json:"_rev"`
		Conflicts []string `json:"_conflicts"`
	}
	var raw json.RawMessage
	err := db.kv.Get(ctx, id, kivik.Param("conflicts", true)).ScanDoc(&raw)
	if err != nil {
		if err := db.fail("read", id, err); !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		return nil, nil // deleted: no leaf is live
	}
	if err := json.Unmarshal(raw, &winner); err != nil {
		return nil, db.fail("read", id, err)
	}
	if len(winner.Conflicts) == 0 {
		return nil, nil
	}
	body, err := stripMeta(raw)
	if err != nil {
		return nil, db.fail("read", id, err)
	}
	leaves := []json.RawMessage{body}
	for _, rev := range winner.Conflicts {
		doc, err := db.get(ctx, id, kivik.Rev(rev))
		if err != nil {
			return nil, err
		}
		leaves = append(leaves, doc.Body)
	}
	merged, err := db.merge(leaves)
	if err != nil {
		db.log.WarnContext(ctx, "Conflict cannot be merged", "database", db.name, "document", id, "error", err)
		return nil, nil
	}
	return resolution(id, winner.Rev, body, merged, winner.Conflicts)
}

func resolution(id, winner string, body, merged json.RawMessage, losers []string) ([]any, error) {
	var writes []any
	merged = canonical(merged)
	if !bytes.Equal(merged, canonical(body)) {
		child, err := childDoc(id, winner, merged, false)
		if err != nil {
			return nil, err
		}
		writes = append(writes, child)
	}
	for _, loser := range losers {
		child, err := childDoc(id, loser, nil, true)
		if err != nil {
			return nil, err
		}
		writes = append(writes, child)
	}
	return writes, nil
}

// childDoc makes a child of a revision. Its hash depends on the parent and the
// body alone.
func childDoc(id, parent string, body json.RawMessage, deleted bool) (json.RawMessage, error) {
	number, hash, _ := strings.Cut(parent, "-")
	generation, err := strconv.Atoi(number)
	if err != nil || hash == "" {
		return nil, fmt.Errorf("%w: revision %q of %s", ErrInvalid, parent, id)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%t\n%s", parent, deleted, body))
	child := hex.EncodeToString(sum[:16])
	doc, err := joinDoc(Doc{ID: id, Rev: fmt.Sprintf("%d-%s", generation+1, child), Deleted: deleted, Body: body})
	if err != nil {
		return nil, err
	}
	revisions := fmt.Appendf(nil, `,"_revisions":{"start":%d,"ids":[%q,%q]}}`, generation+1, child, hash)
	return append(doc[:len(doc)-1], revisions...), nil
}
