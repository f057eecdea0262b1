package couch

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"sync"
)

// The bytes of an attachment are stored once, under their digest, in chunks of
// chunkSize (the last may be shorter). Chunk i of attachment n is the row
// n<<chunkBits|i. An attachment whose digest is NULL is named by no document:
// it is still being received, or is to be deleted.
const (
	chunkSize   = 512 << 10
	chunkBits   = 24
	dropAtOnce  = 64 // chunks that one transaction deletes
	maxChunks   = 1 << chunkBits
	largestFile = maxChunks * chunkSize // 8 TiB
)

// pins counts who is reading or receiving an attachment, by its number: a
// pinned one is not deleted.
type pins struct {
	mu     sync.Mutex // guards counts
	counts map[int64]int
}

func (p *pins) add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addLocked(n)
}

func (p *pins) addLocked(n int64) {
	if p.counts == nil {
		p.counts = make(map[int64]int)
	}
	p.counts[n]++
}

func (p *pins) remove(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts[n]--; p.counts[n] == 0 {
		delete(p.counts, n)
	}
}

func (p *pins) has(n int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[n] > 0
}

// stored is the bytes of an attachment, which stay where they are until close.
type stored struct {
	d      *database
	n      int64
	length int64
}

// open returns the bytes with the digest, or errNoAttachment.
func (d *database) open(ctx context.Context, digest string) (*stored, error) {
	release, err := d.use()
	if err != nil {
		return nil, err
	}
	defer release()
	s := &stored{d: d}
	d.pins.mu.Lock() // so that nobody deletes it between
	defer d.pins.mu.Unlock()
	err = d.queries.find.QueryRowContext(context.WithoutCancel(ctx), digest).Scan(&s.n, &s.length)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errNoAttachment
	}
	if err != nil {
		return nil, err
	}
	d.pins.addLocked(s.n)
	return s, nil
}

func (s *stored) close() { s.d.pins.remove(s.n) }

func (s *stored) chunk(ctx context.Context, i int64) (data []byte, err error) {
	release, err := s.d.use()
	if err != nil {
		return nil, err
	}
	defer release()
	err = s.d.queries.chunk.QueryRowContext(context.WithoutCancel(ctx), s.n<<chunkBits|i).Scan(&data)
	if want := min(s.length-i*chunkSize, chunkSize); err == nil && int64(len(data)) != want {
		err = ErrDamaged
	}
	return data, err
}

// send writes the bytes from offset from to before offset to. No connection
// of the database is held while w waits.
func (s *stored) send(ctx context.Context, w io.Writer, from, to int64) error {
	for from < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := s.chunk(ctx, from/chunkSize)
		if err != nil {
			return err
		}
		start := from % chunkSize
		data = data[start:min(int64(len(data)), start+to-from)]
		if _, err := w.Write(data); err != nil {
			return err
		}
		from += int64(len(data))
	}
	return nil
}

// reader returns a reader of all bytes.
func (s *stored) reader(ctx context.Context) io.Reader {
	var data []byte
	var i int64
	return readFunc(func(p []byte) (int, error) {
		if len(data) == 0 {
			if i*chunkSize >= s.length {
				return 0, io.EOF
			}
			var err error
			if data, err = s.chunk(ctx, i); err != nil {
				return 0, err
			}
			i++
		}
		n := copy(p, data)
		data = data[n:]
		return n, nil
	})
}

type (
	readFunc  func(p []byte) (int, error)
	writeFunc func(p []byte) (int, error)
)

func (f readFunc) Read(p []byte) (int, error)   { return f(p) }
func (f writeFunc) Write(p []byte) (int, error) { return f(p) }

// dropUnused deletes the attachments that no leaf names, except those that are
// being read: the next time deletes these.
func (d *database) dropUnused(ctx context.Context) error {
	const unname = `UPDATE attachments SET digest=NULL WHERE digest NOT IN (
		SELECT json_extract(value, '$.digest') FROM docs, json_each(CAST(docs.attachments AS TEXT)) WHERE docs.attachments IS NOT NULL
		UNION SELECT json_extract(value, '$.digest') FROM leaves, json_each(CAST(leaves.attachments AS TEXT)) WHERE leaves.attachments IS NOT NULL)`
	err := d.write(ctx, func(t *transaction) error {
		_, err := t.tx.ExecContext(t.ctx, unname)
		return err
	})
	if err != nil {
		return err
	}
	return d.dropUnnamed(ctx)
}

// dropUnnamed deletes the attachments that have no digest and are not in use.
func (d *database) dropUnnamed(ctx context.Context) error {
	for {
		n, err := d.unnamed(ctx)
		if err != nil || n == 0 {
			return err
		}
		if err := d.drop(ctx, n); err != nil {
			return err
		}
	}
}

// unnamed returns the number of an attachment that nobody names or uses, or 0.
// It waits for the writes in progress, so that none is about to pin it.
func (d *database) unnamed(ctx context.Context) (n int64, err error) {
	err = d.write(ctx, func(t *transaction) error {
		n = 0
		rows, err := t.tx.QueryContext(t.ctx, "SELECT n FROM attachments WHERE digest IS NULL")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // rows.Err has said what there is to say
		for n == 0 && rows.Next() {
			if err := rows.Scan(&n); err != nil {
				return err
			}
			if d.pins.has(n) {
				n = 0
			}
		}
		return rows.Err()
	})
	return n, err
}

// drop deletes attachment n, unless it has a digest by now, or is pinned. Other
// writes come between the parts of a large one.
func (d *database) drop(ctx context.Context, n int64) error {
	for more := true; more; {
		err := d.write(ctx, func(t *transaction) (err error) {
			if more = !d.pins.has(n); more {
				more, err = t.drop(n)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) drop(n int64) (more bool, err error) {
	const unnamed = " AND EXISTS (SELECT 1 FROM attachments WHERE n=? AND digest IS NULL)"
	result, err := t.tx.ExecContext(t.ctx, "DELETE FROM chunks WHERE id IN (SELECT id FROM chunks WHERE id>=? AND id<? LIMIT ?)"+unnamed,
		n<<chunkBits, (n+1)<<chunkBits, dropAtOnce, n)
	if err != nil {
		return false, err
	}
	if deleted, err := result.RowsAffected(); err != nil || deleted > 0 {
		return deleted > 0, err
	}
	_, err = t.tx.ExecContext(t.ctx, "DELETE FROM attachments WHERE n=? AND digest IS NULL", n)
	return false, err
}
