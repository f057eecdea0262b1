package filelayer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	kivik "github.com/go-kivik/kivik/v4"

	"github.com/libpaul/paul/filelayer/conflict"
	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// A Doc is a document of a [Database].
type Doc struct {
	ID      string
	Rev     string          // the revision this is, or, when written, replaces; "" for a new document
	Deleted bool            // the document is gone; Body may be nil
	Body    json.RawMessage // a JSON object, without the members that begin with "_"
}

// A MergeFunc merges the live leaves of a document in conflict, to the same
// bytes on every device.
type MergeFunc = conflict.MergeFunc

// A Database holds documents that all paired devices share. Its methods wait
// until the layer runs and its databases answer.
type Database struct {
	name   string
	merge  MergeFunc
	kv     *kivik.DB
	url    string       // of the database, for what kivik does not do well
	http   *http.Client // reaches url
	couch  *couch.Server
	log    *slog.Logger
	opened chan struct{} // closed once the database exists
}

// tries bounds how often a write is tried again after a conflict. Each try
// that fails means that another write succeeded.
const tries = 100

// Get reads the winning revision of a document into dst, which may be a
// *json.RawMessage, and returns that revision. Without such a document it
// fails with [ErrNotFound].
func (db *Database) Get(ctx context.Context, id string, dst any) (rev string, err error) {
	if err := db.await(ctx); err != nil {
		return "", err
	}
	doc, err := db.get(ctx, id)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(doc.Body, dst); err != nil {
		return "", fmt.Errorf("get %s/%s: %w", db.name, id, err)
	}
	return doc.Rev, nil
}

func (db *Database) get(ctx context.Context, id string) (Doc, error) {
	var raw json.RawMessage
	if err := db.kv.Get(ctx, id).ScanDoc(&raw); err != nil {
		return Doc{}, db.fail("get", id, err)
	}
	doc, err := splitDoc(raw)
	if err != nil {
		return Doc{}, db.fail("get", id, err)
	}
	return doc, nil
}

// Put writes one document and returns its new revision. If doc.Rev is not the
// winning revision it fails with [ErrConflict].
func (db *Database) Put(ctx context.Context, doc Doc) (rev string, err error) {
	docs := []Doc{doc}
	errs, err := db.Bulk(ctx, docs)
	if err != nil {
		return "", err
	}
	return docs[0].Rev, errs[0]
}

// Bulk writes many documents. The first result has one error for each, nil
// where the document was written: then its Rev in docs is the new revision.
func (db *Database) Bulk(ctx context.Context, docs []Doc) ([]error, error) {
	if err := db.await(ctx); err != nil || len(docs) == 0 {
		return nil, err
	}
	raw := make([]any, len(docs))
	for i, doc := range docs {
		joined, err := joinDoc(doc)
		if err != nil {
			return nil, db.fail("write", doc.ID, err)
		}
		raw[i] = joined
	}
	results, err := db.kv.BulkDocs(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", db.name, explainStatus(err))
	}
	if len(results) != len(docs) {
		return nil, fmt.Errorf("write %s: %d results for %d documents", db.name, len(results), len(docs))
	}
	errs := make([]error, len(docs))
	for i, result := range results {
		if result.Error != nil {
			errs[i] = db.fail("write", docs[i].ID, result.Error)
			continue
		}
		docs[i].Rev = result.Rev
	}
	return errs, nil
}

// Update changes one document: change gets its body, nil if there is none, and
// returns the new one; nil or an equal body leaves the document alone. When
// somebody else changes the document meanwhile, change is called again.
func (db *Database) Update(ctx context.Context, id string, change func(json.RawMessage) (json.RawMessage, error)) error {
	if err := db.await(ctx); err != nil {
		return err
	}
	var err error
	for range tries {
		var doc Doc
		doc, err = db.get(ctx, id)
		if errors.Is(err, ErrNotFound) {
			doc, err = Doc{ID: id}, nil
		}
		if err != nil {
			return err
		}
		body, changeErr := change(doc.Body)
		if changeErr != nil {
			return changeErr
		}
		if body == nil || bytes.Equal(conflict.Canonical(body), conflict.Canonical(doc.Body)) {
			return nil
		}
		doc.Body = body
		if _, err = db.Put(ctx, doc); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return err
}

// await blocks until the database exists.
func (db *Database) await(ctx context.Context) error {
	select {
	case <-db.opened:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for database %s: %w", db.name, context.Cause(ctx))
	}
}

// create makes the database, if it does not exist yet.
func (db *Database) create(ctx context.Context) error {
	if err := db.couch.Create(ctx, db.name); err != nil {
		return fmt.Errorf("create database %s: %w", db.name, err)
	}
	close(db.opened)
	return nil
}

// fail wraps an error of the database for one document.
func (db *Database) fail(verb, id string, err error) error {
	return fmt.Errorf("%s %s/%s: %w", verb, db.name, id, explainStatus(err))
}

// explainStatus returns the sentinel for what the database answers.
func explainStatus(err error) error {
	switch kivik.HTTPStatus(err) {
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusInsufficientStorage:
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	return err
}

// splitDoc takes a document as the database gives it apart.
func splitDoc(raw json.RawMessage) (Doc, error) {
	body, err := conflict.Body(raw)
	if err != nil {
		return Doc{}, err
	}
	doc := Doc{Body: body, Deleted: string(rawjson.Member(raw, "_deleted")) == "true"}
	doc.ID, _ = rawjson.String(rawjson.Member(raw, "_id"))
	doc.Rev, _ = rawjson.String(rawjson.Member(raw, "_rev"))
	return doc, nil
}

// joinDoc puts a document together as the database takes it.
func joinDoc(doc Doc) (json.RawMessage, error) {
	if doc.ID == "" {
		return nil, fmt.Errorf("%w: document without an ID", ErrInvalid)
	}
	head, err := json.Marshal(struct {
		ID      string `json:"_id"`
		Rev     string `json:"_rev,omitempty"`
		Deleted bool   `json:"_deleted,omitempty"`
	}{doc.ID, doc.Rev, doc.Deleted})
	if err != nil || len(doc.Body) == 0 {
		return head, err
	}
	body, err := conflict.Body(doc.Body)
	if err != nil {
		return nil, err
	}
	if len(body) > len("{}") {
		head = append(append(head[:len(head)-1], ','), body[1:]...)
	}
	return head, nil
}
