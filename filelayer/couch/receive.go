package couch

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/base64"
	"errors"
	"hash"
	"io"
)

const (
	// atOnce is how many bytes of an attachment one transaction takes: each
	// waits for the disk.
	atOnce = 4 * chunkSize
	// maxHeld is how many bytes of attachments, each no longer than atOnce, one
	// request keeps in memory.
	maxHeld = 4 * atOnce
)

// A content is the bytes of an attachment that came with a request: in memory,
// or, if they are many, in the database under a number without a digest.
type content struct {
	digest   string // "md5-" and base64, of the bytes as they are stored
	length   int64  // of the bytes as they are stored
	unpacked int64  // length without the content encoding
	n        int64  // 0: in data
	data     []byte
}

func newContent(data []byte) *content {
	sum := md5.Sum(data)
	length := int64(len(data))
	return &content{digest: "md5-" + base64.StdEncoding.EncodeToString(sum[:]), length: length, unpacked: length, data: data}
}

// An intake receives the attachments of one request. Its close must be called
// once the document is written, or given up.
type intake struct {
	d     *database
	limit int64 // of one attachment, packed and unpacked
	held  int64 // bytes in memory
	large []int64
}

func (r *request) intake() *intake { return &intake{d: r.db, limit: r.server.opts.MaxAttachment} }

// close deletes what was received, less what a document names by now. That
// the client has gone does not stop it; what a crash leaves is deleted at the
// next start.
func (in *intake) close(ctx context.Context) error {
	var errs []error
	for _, n := range in.large {
		in.d.pins.remove(n)
		errs = append(errs, in.d.drop(context.WithoutCancel(ctx), n))
	}
	in.large = nil
	return errors.Join(errs...)
}

// receive reads body to its end. With packed, body must be in gzip format, and
// is stored as it is.
func (in *intake) receive(ctx context.Context, body io.Reader, packed bool) (*content, error) {
	rc := &receiver{in: in, hash: md5.New()}
	sink := writeFunc(func(p []byte) (int, error) { return len(p), rc.add(ctx, p) })
	var err error
	if packed {
		rc.unpacked, err = in.unpack(io.TeeReader(body, sink))
	} else {
		rc.unpacked, err = io.Copy(sink, body)
	}
	if err != nil {
		return nil, err
	}
	return rc.finish(ctx)
}

// unpack reads packed to its end and returns how long it is unpacked.
func (in *intake) unpack(packed io.Reader) (int64, error) {
	z, err := gzip.NewReader(packed)
	var n int64
	if err == nil {
		n, err = io.Copy(io.Discard, io.LimitReader(z, in.limit+1))
	}
	switch {
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, new(flate.CorruptInputError)):
		return 0, badRequest("The attachment is not in gzip format, or incomplete")
	case err == nil && n > in.limit:
		return 0, errAttachmentTooLarge
	}
	return n, err
}

// A receiver takes the bytes of one attachment.
type receiver struct {
	in       *intake
	hash     hash.Hash
	length   int64
	unpacked int64
	n        int64  // as in content
	chunks   int64  // that are in the database
	buf      []byte // what comes after them
}

func (rc *receiver) add(ctx context.Context, p []byte) error {
	if rc.length += int64(len(p)); rc.length > rc.in.limit {
		return errAttachmentTooLarge
	}
	rc.hash.Write(p)
	for len(p) > 0 {
		if len(rc.buf) == atOnce {
			if err := rc.flush(ctx); err != nil {
				return err
			}
		}
		n := min(len(p), atOnce-len(rc.buf))
		rc.buf = append(rc.buf, p[:n]...)
		p = p[n:]
	}
	return nil
}

// flush moves buf into the database.
func (rc *receiver) flush(ctx context.Context) error {
	in := rc.in
	err := in.d.write(ctx, func(t *transaction) error {
		if rc.chunks == 0 {
			if err := rc.begin(t); err != nil {
				return err
			}
		}
		return t.addChunks(rc.n, rc.chunks, rc.buf)
	})
	rc.chunks += int64(len(rc.buf)+chunkSize-1) / chunkSize
	rc.buf = rc.buf[:0]
	return err
}

// begin makes the attachment's number, and pins it while no other write can
// look. It may be called again, after its transaction was rolled back.
func (rc *receiver) begin(t *transaction) error {
	in := rc.in
	var n int64
	if err := t.tx.QueryRowContext(t.ctx, "INSERT INTO attachments(digest, length) VALUES (NULL, 0) RETURNING n").Scan(&n); err != nil {
		return err
	}
	in.d.pins.add(n)
	in.large = append(in.large, n)
	rc.n = n
	return nil
}

func (rc *receiver) finish(ctx context.Context) (*content, error) {
	c := &content{
		digest: "md5-" + base64.StdEncoding.EncodeToString(rc.hash.Sum(nil)),
		length: rc.length, unpacked: rc.unpacked,
	}
	if rc.n == 0 && rc.in.held+rc.length <= maxHeld {
		rc.in.held += rc.length
		c.data = rc.buf
		return c, nil
	}
	if len(rc.buf) > 0 {
		if err := rc.flush(ctx); err != nil {
			return nil, err
		}
	}
	c.n = rc.n
	return c, nil
}

// keep sees to it that the bytes of c are stored under their digest.
func (t *transaction) keep(c *content) error {
	if _, found, err := t.lengthOf(c.digest); err != nil || found {
		return err
	}
	if c.n > 0 {
		_, err := t.tx.ExecContext(t.ctx, "UPDATE attachments SET digest=?, length=? WHERE n=?", c.digest, c.length, c.n)
		return err
	}
	var n int64
	if err := t.tx.QueryRowContext(t.ctx, "INSERT INTO attachments(digest, length) VALUES (?,?) RETURNING n", c.digest, c.length).Scan(&n); err != nil {
		return err
	}
	return t.addChunks(n, 0, c.data)
}

// addChunks stores data as the chunks of attachment n from number i on.
func (t *transaction) addChunks(n, i int64, data []byte) error {
	for ; len(data) > 0; i++ {
		size := min(len(data), chunkSize)
		if _, err := t.tx.ExecContext(t.ctx, "INSERT INTO chunks VALUES (?,?)", n<<chunkBits|i, data[:size]); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil
}

func (t *transaction) lengthOf(digest string) (length int64, found bool, err error) {
	err = t.tx.QueryRowContext(t.ctx, "SELECT length FROM attachments WHERE digest=?", digest).Scan(&length)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return length, err == nil, err
}
