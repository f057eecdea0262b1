package replicate

import (
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/rand"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stream copies d, whose attachments are stubs, with their bytes: each is read
// from the source by itself and passed on to the target in one
// multipart/related request (docs.couchdb.org, "Creating Multiple
// Attachments"), so that none is ever held here as a whole. What its digest
// denies ends the request before its end, so that the target keeps nothing.
func (r *Replicator) stream(ctx context.Context, d doc) error {
	err := r.streamAbove(ctx, d, d.have)
	var refused *refusal
	if d.have > 0 && errors.As(err, &refused) && refused.status == http.StatusPreconditionFailed {
		return r.streamAbove(ctx, d, 0) // the target has lost the bytes of the earlier revision
	}
	return err
}

func (r *Replicator) streamAbove(ctx context.Context, d doc, have int) error {
	body, follow, err := d.following(have)
	if err != nil {
		return err
	}
	for _, name := range follow {
		if n := d.attachments[name].Length; n > r.opts.MaxAttachment {
			return fmt.Errorf("%w: attachment %.100q has %d bytes", ErrTooLarge, name, n)
		}
	}
	m := multipartBody{boundary: rand.Text()}
	total := m.length(body, d, follow)
	slowest := time.Duration(total) * time.Millisecond // 1 kB/s
	ctx, cancel := context.WithTimeout(ctx, r.target.timeout+slowest)
	defer cancel()
	out, in := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := m.write(in, body, d, follow, func(w io.Writer, name string) error { return r.copyAttachment(ctx, w, d, name) })
		_ = in.CloseWithError(err) // never fails
		written <- err
	}()
	resp, err := r.target.do(ctx, http.MethodPut, url.Values{"new_edits": {"false"}}, out, http.Header{
		"Content-Type":   {`multipart/related; boundary="` + m.boundary + `"`},
		"Content-Length": {strconv.FormatInt(total, 10)},
		"Accept":         {"application/json"},
	}, d.ID)
	if err == nil {
		_ = resp.Body.Close() // its status has said it
	}
	cancel() // when the target did not read to the end
	_ = out.CloseWithError(errCut)
	if readErr := <-written; readErr != nil && err != nil && !errors.Is(readErr, errCut) && !errors.Is(readErr, context.Canceled) {
		return readErr // it is the cause
	}
	return err
}

// copyAttachment copies an attachment of d from the source to w, and checks it.
func (r *Replicator) copyAttachment(ctx context.Context, w io.Writer, d doc, name string) error {
	a := d.attachments[name]
	ctx = allow(ctx, a.Length+a.Length/100+4096) // packing makes it little longer, if at all
	resp, err := r.source.do(ctx, http.MethodGet, url.Values{"rev": {d.Rev}}, nil, http.Header{"Accept-Encoding": {"gzip"}, "Accept": {"*/*"}}, d.ID, name)
	if err != nil {
		return fmt.Errorf("attachment %.100q: %w", name, err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	sum := md5.New()                         // of the bytes as sent; right if that is how they are stored
	body := io.TeeReader(resp.Body, sum)
	sums := []hash.Hash{sum}
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return fmt.Errorf("%w: attachment %.100q: %w", ErrAnswer, name, err)
		}
		sums = append(sums, md5.New())
		body = io.TeeReader(unpacked, sums[1])
	}
	// The last byte is held back until all are known to be right: then the
	// target cannot take a wrong attachment for complete.
	n, err := copyButLast(w, body, a.Length, func() error {
		if !slices.ContainsFunc(sums, func(h hash.Hash) bool { return a.hasDigest(h.Sum(nil)) }) {
			return fmt.Errorf("%w: attachment %.100q does not have its digest", ErrAnswer, name)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case n != a.Length:
		return fmt.Errorf("%w: attachment %.100q has another length", ErrAnswer, name)
	}
	return nil
}

// copyButLast copies length bytes, the last of them after check; it fails if
// there are more or less.
func copyButLast(w io.Writer, r io.Reader, length int64, check func() error) (n int64, err error) {
	if length > 0 {
		if n, err = io.CopyN(w, r, length-1); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
	rest, err := io.ReadAll(io.LimitReader(r, 2))
	if err != nil {
		return n, err
	}
	if n += int64(len(rest)); n != length {
		return n, nil
	}
	if err := check(); err != nil {
		return n, err
	}
	_, err = w.Write(rest)
	return n, err
}

// A multipartBody writes the body of a request that stores a document together
// with its attachments.
type multipartBody struct{ boundary string }

func (m multipartBody) head(body []byte) string {
	return "--" + m.boundary + "\r\nContent-Type: application/json\r\n\r\n" + string(body)
}

func (m multipartBody) part(name string, a *attachment) string {
	escape := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A", `\`, "%5C")
	h := "\r\n--" + m.boundary + "\r\nContent-Disposition: attachment; filename=\"" + escape.Replace(name) + "\"\r\n"
	if a.ContentType != "" {
		h += "Content-Type: " + a.ContentType + "\r\n"
	}
	return h + "Content-Length: " + strconv.FormatInt(a.Length, 10) + "\r\n\r\n"
}

func (m multipartBody) end() string { return "\r\n--" + m.boundary + "--\r\n" }

func (m multipartBody) length(body []byte, d doc, follow []string) int64 {
	n := int64(len(m.head(body)) + len(m.end()))
	for _, name := range follow {
		a := d.attachments[name]
		n += int64(len(m.part(name, a))) + a.Length
	}
	return n
}

func (m multipartBody) write(w io.Writer, body []byte, d doc, follow []string, attach func(w io.Writer, name string) error) error {
	if _, err := io.WriteString(w, m.head(body)); err != nil {
		return err
	}
	for _, name := range follow {
		if _, err := io.WriteString(w, m.part(name, d.attachments[name])); err != nil {
			return err
		}
		if err := attach(w, name); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, m.end())
	return err
}
