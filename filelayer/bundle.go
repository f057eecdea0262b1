package filelayer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// Small files are asked for together: POST /blobs with up to bundleFiles digests
// of 32 bytes each. The answer has, in that order, the size of each file as 8
// bytes, big-endian, and its bytes; noBlob as a size stands for a file that the
// device cannot give. It spares a request and a round trip a file.
const (
	noBlob      = -1
	bundleBlock = 64 << 10 // sent at once
)

// serveBlobs sends the copies here of some files.
func (l *Layer) serveBlobs(w http.ResponseWriter, r *http.Request) {
	asked, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(bundleFiles*len(Digest{}))))
	if err != nil || len(asked)%len(Digest{}) != 0 {
		http.Error(w, "not a list of digests", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	out := bufio.NewWriterSize(w, bundleBlock)
	for ; len(asked) > 0 && err == nil; asked = asked[len(Digest{}):] {
		err = l.sendBlob(out, Digest(asked[:len(Digest{})]))
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		panic(http.ErrAbortHandler) // the reader must not take what came for the whole
	}
}

// sendBlob sends one file as serveBlobs does. An error ends the answer.
func (l *Layer) sendBlob(out *bufio.Writer, d Digest) error {
	f, info, err := l.open(d)
	if err != nil {
		return binary.Write(out, binary.BigEndian, int64(noBlob))
	}
	defer func() { _ = f.Close() }() // opened for reading only
	if err := binary.Write(out, binary.BigEndian, info.Size); err != nil {
		return err
	}
	_, err = io.CopyN(out, f, info.Size)
	return err
}

// errReadAgain is why bytes left by an earlier transfer, which turn out wrong, are
// not asked for anew in the same answer.
var errReadAgain = errors.New("the answer was read already")

// A bundle is the answer of a device to a request for several files.
type bundle struct {
	body io.ReadCloser
	in   *bufio.Reader
	err  error // nothing more can be read
}

// openBundle asks a device for files.
func (l *Layer) openBundle(ctx context.Context, id string, jobs []*job) (*bundle, error) {
	body, err := l.guard(ctx, func(ctx context.Context) (io.ReadCloser, error) {
		var ask bytes.Buffer
		for _, j := range jobs {
			ask.Write(j.digest[:])
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, peerURL(id, "/blobs"), &ask)
		if err != nil {
			return nil, err
		}
		resp, err := l.ask(l.bulk, req)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusOK {
			_ = resp.Body.Close() // not read
			return nil, refusal(resp)
		}
		return resp.Body, nil
	})
	if err != nil {
		return nil, err
	}
	return &bundle{body: body, in: bufio.NewReaderSize(body, bundleBlock)}, nil
}

// next begins the next file of the answer. take gets a source of its bytes, which
// can be opened once, and what it leaves of them is passed over.
func (b *bundle) next(want int64, take func(blob.Source) error) error {
	if b.err != nil {
		return b.err
	}
	var size int64
	if b.err = binary.Read(b.in, binary.BigEndian, &size); b.err != nil {
		return b.err
	}
	switch size {
	case want:
	case noBlob:
		return ErrNoHolder
	default: // what follows cannot be told apart
		b.err = fmt.Errorf("%w: %d bytes for %d", errWrongSize, size, want)
		return b.err
	}
	rest := &io.LimitedReader{R: b.in, N: size}
	err := take(func(_ context.Context, offset int64) (io.ReadCloser, error) {
		if rest.N != size {
			return nil, errReadAgain
		}
		_, err := io.CopyN(io.Discard, rest, offset)
		return io.NopCloser(rest), err
	})
	if _, b.err = io.CopyN(io.Discard, rest, rest.N); b.err != nil {
		return errors.Join(err, b.err)
	}
	return err
}

// bringBundles stages those of the jobs that several of a device's small files
// can be had for at once, and returns the others, which includes all that failed.
func (l *Layer) bringBundles(ctx context.Context, batch *blob.Batch, jobs []*job, staged func(*job)) (rest []*job) {
	byHolder := make(map[string][]*job)
	for _, j := range jobs {
		if holders := l.bundled(j); len(holders) > 0 {
			byHolder[holders[0]] = append(byHolder[holders[0]], j)
		} else {
			rest = append(rest, j)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byHolder)) {
		some := byHolder[id]
		if len(some) == 1 {
			rest = append(rest, some...)
			continue
		}
		rest = append(rest, l.bringBundle(ctx, batch, id, some, staged)...)
	}
	return rest
}

// bundled lists the devices to have a file from in a bundle: none unless it is
// small, not here in any form, and still wished for.
func (l *Layer) bundled(j *job) []string {
	if j.size > blob.SmallFile || !l.wishedFor(j.digest) || l.mirror.kept(j.digest) {
		return nil
	}
	if f, err := l.blobs.Cached(j.digest); err == nil {
		_ = f.Close() // only to see that it is there
		return nil
	}
	return l.holdersOnline(j.digest)
}

// bringBundle is bringBundles of one device.
func (l *Layer) bringBundle(ctx context.Context, batch *blob.Batch, id string, jobs []*job, staged func(*job)) (rest []*job) {
	l.queue.begin(jobs[0], []string{id}, 0, time.Now())
	b, err := l.openBundle(ctx, id, jobs)
	if err != nil {
		l.log.DebugContext(ctx, "Device gives no files together", "device", id, "error", err)
		return jobs
	}
	defer func() { _ = b.body.Close() }() // what counts was read
	for _, j := range jobs {
		l.queue.begin(j, []string{id}, 0, time.Now())
		err := b.next(j.size, func(src blob.Source) error {
			return l.fromSource(ctx, id, j, src, l.receive(ctx, batch, j))
		})
		if err != nil {
			rest = append(rest, j)
			continue
		}
		staged(j)
	}
	if b.err == nil {
		_, _ = b.in.ReadByte() // the end, after which the connection serves another request
	}
	return rest
}
