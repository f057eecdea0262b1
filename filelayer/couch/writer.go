package couch

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"sync"
)

// writer does the writes of a database, one transaction at a time. Writes that
// come while one is being committed share the next transaction, and so its
// wait for the disk.
type writer struct {
	db *sql.DB // one connection

	find, locations, insert, update, count *sql.Stmt

	waiting sync.Mutex // guards queue
	queue   []*job

	turn chan struct{} // holds one while somebody commits
}

// A job is a write. Run may be called again, after what it did was rolled
// back; an error from it means that the transaction is of no use.
type job struct {
	run  func(*transaction) error
	done chan struct{} // closed once err is the outcome
	err  error
}

// A transaction is what a job works in.
type transaction struct {
	ctx                             context.Context // of the commit; ends with no client's request
	tx                              *sql.Tx
	find, locations, insert, update *sql.Stmt
	state                           state               // as it will be committed
	known                           map[string]location // of documents that are looked up ahead; nil but within a write
}

func (w *writer) prepare(ctx context.Context) (err error) {
	for query, to := range map[string]**sql.Stmt{
		"SELECT seq, tree FROM docs WHERE id=?": &w.find,
		selectLocations:                         &w.locations,
		"INSERT INTO docs(seq, id, deleted, tree, body, attachments) VALUES (?,?,?,?,?,?)":                 &w.insert,
		"UPDATE docs SET seq=?, deleted=?, tree=?, body=?, attachments=? WHERE seq=?":                      &w.update,
		"UPDATE state SET seq=?, docs=?, deleted=?, revs_limit=?, security=?, purge_seq=?, purges_limit=?": &w.count,
	} {
		if *to, err = w.db.PrepareContext(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

// write runs fn in a transaction and returns when that is on the disk. The
// writes of other callers may be part of the same transaction, but none of
// them fails because of another.
func (d *database) write(ctx context.Context, fn func(*transaction) error) error {
	release, err := d.use()
	if err != nil {
		return err
	}
	defer release()
	w := &d.writer
	j := &job{run: fn, done: make(chan struct{})}
	w.add(j)
	select {
	case <-j.done: // by the one whose turn it was
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
		if jobs := w.take(); len(jobs) > 0 {
			d.commit(context.WithoutCancel(ctx), jobs)
		}
	}
	return j.err
}

func (w *writer) add(j *job) {
	w.waiting.Lock()
	defer w.waiting.Unlock()
	w.queue = append(w.queue, j)
}

// take returns what waits to be written, nothing if somebody else took it.
func (w *writer) take() []*job {
	w.waiting.Lock()
	defer w.waiting.Unlock()
	jobs := w.queue
	w.queue = nil
	return jobs
}

// commit runs jobs together, or, should that fail, each by itself.
func (d *database) commit(ctx context.Context, jobs []*job) {
	err := d.transact(ctx, jobs)
	for _, j := range jobs {
		j.err = err
		if err != nil && len(jobs) > 1 {
			j.err = d.transact(ctx, []*job{j})
		}
		close(j.done)
	}
}

// transact runs jobs in one transaction. A panic of one becomes its error: the
// others' writes must neither be lost with it nor be taken for done.
func (d *database) transact(ctx context.Context, jobs []*job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.log.ErrorContext(ctx, "A write made the database panic", "db", d.name, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("write to database %q: %v", d.name, p)
		}
	}()
	w := &d.writer
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	before := d.state.Load()
	t := &transaction{
		ctx: ctx, tx: tx, state: *before,
		find: tx.StmtContext(ctx, w.find), locations: tx.StmtContext(ctx, w.locations),
		insert: tx.StmtContext(ctx, w.insert), update: tx.StmtContext(ctx, w.update),
	}
	for _, j := range jobs {
		if err := j.run(t); err != nil {
			return err
		}
	}
	st := &t.state
	if _, err := tx.StmtContext(ctx, w.count).ExecContext(ctx, st.seq, st.docs, st.deleted, st.revsLimit, st.security, st.purgeSeq, st.purgesLimit); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	d.state.Store(st)
	if st.seq != before.seq {
		d.changed.Raise()
	}
	return nil
}
