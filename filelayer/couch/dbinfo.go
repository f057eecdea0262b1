package couch

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// info answers GET /{db}.
func (r *request) info() error { return r.answer(http.StatusOK, r.db.info()) }

// info returns what a database is made of, as CouchDB tells it.
func (d *database) info() map[string]any {
	st := d.state.Load()
	size := int64(0)
	for _, f := range files(d.path) {
		if fi, err := os.Stat(f); err == nil {
			size += fi.Size()
		}
	}
	return map[string]any{
		"db_name": d.name, "doc_count": st.docs, "doc_del_count": st.deleted,
		"update_seq": json.RawMessage(d.appendSeq(nil, st.seq)), "purge_seq": strconv.FormatInt(st.purgeSeq, 10), "compact_running": false,
		"sizes":               map[string]int64{"file": size, "active": size, "external": size},
		"instance_start_time": d.started(), "disk_format_version": 8, "props": struct{}{},
		"cluster": map[string]int{"q": 1, "n": 1, "w": 1, "r": 1},
	}
}

func (r *request) deleteDatabase() error {
	if r.text("rev") != "" {
		return badRequest("You tried to DELETE a database with a ?rev= parameter. Did you mean to DELETE a document instead?")
	}
	if err := r.server.delete(r.Context(), r.db.name); err != nil {
		return err
	}
	return r.answer(http.StatusOK, ok)
}

// ensureFullCommit has nothing to do: a write is on the disk when it is answered.
func (r *request) ensureFullCommit() error {
	return r.answer(http.StatusCreated, map[string]any{"ok": true, "instance_start_time": r.db.started()})
}

func (r *request) getRevsLimit() error { return r.answer(http.StatusOK, r.db.state.Load().revsLimit) }

func (r *request) putRevsLimit() error {
	limit, err := r.putNumber("Rev limit has to be a number that is greater than 0")
	if err != nil {
		return err
	}
	err = r.db.write(r.Context(), func(t *transaction) error {
		t.state.revsLimit = limit
		return nil
	})
	if err != nil {
		return err
	}
	return r.answer(http.StatusOK, ok)
}

func (r *request) getSecurity() error {
	return r.answer(http.StatusOK, json.RawMessage(r.db.state.Load().security))
}

func (r *request) putSecurity() error {
	b, err := r.readJSON()
	if err != nil {
		return err
	}
	b = rawjson.AppendCompact(nil, b)
	if b[0] != '{' || len(b) > r.server.opts.MaxDocument {
		return badRequest("The security object must be a JSON object of a document's size at most")
	}
	err = r.db.write(r.Context(), func(t *transaction) error {
		t.state.security = b
		return nil
	})
	if err != nil {
		return err
	}
	return r.answer(http.StatusOK, ok)
}

// compact frees the space of what is no longer used. The bodies of old
// revisions are not kept anyway.
func (r *request) compact() error {
	if err := r.checkType(); err != nil {
		return err
	}
	if err := r.db.vacuum(context.WithoutCancel(r.Context())); err != nil {
		return err
	}
	return r.answer(http.StatusAccepted, ok)
}

func (d *database) vacuum(ctx context.Context) error {
	if err := d.dropUnused(ctx); err != nil {
		return err
	}
	release, err := d.use()
	if err != nil {
		return err
	}
	defer release()
	d.writer.turn <- struct{}{}
	defer func() { <-d.writer.turn }()
	_, err = d.writer.db.ExecContext(ctx, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}
