package imagelib

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/thumb"
)

// makeMissing writes the documents of files that are here and have none: after
// a crash between the two, or when a file came by another way than an import.
func (l *Library) makeMissing(ctx context.Context) error {
	woken, stop := l.missing.Listen()
	defer stop()
	tries := map[Digest]int{}
	for {
		select { // the document may be on its way
		case <-ctx.Done():
			return nil
		case <-time.After(l.pauses.missing):
		}
		var again <-chan time.Time
		if l.makeAll(ctx, tries) {
			again = time.After(l.pauses.retry)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		case <-again: // never, when it is nil
		}
	}
}

// maxTries is how often one document is tried to be made until the next start.
const maxTries = 5

// makeAll makes the documents that lack, and reports whether some that could
// not be made deserve another try.
func (l *Library) makeAll(ctx context.Context, tries map[Digest]int) (again bool) {
	for _, d := range l.index.lacking() {
		if tries[d] >= maxTries || l.index.known(d) {
			continue
		}
		tries[d]++
		err := l.makeDocument(ctx, d)
		if ctx.Err() != nil {
			return false
		}
		if err == nil {
			tries[d] = maxTries
			continue
		}
		l.log.WarnContext(ctx, "Could not read a photo that is in the library", "digest", d, "err", err)
		again = again || tries[d] < maxTries
	}
	return again
}

// makeDocument reads one file that is here and writes its document. A file that
// is no photo is left alone.
func (l *Library) makeDocument(ctx context.Context, d Digest) error {
	if found, err := l.takeDocument(ctx, d); found || err != nil {
		return err
	}
	e, err := l.files.Entry(d)
	if err != nil || e.Deleted != nil || !e.Here() {
		return err
	}
	if err := l.local.enter(ctx, nobody); err != nil {
		return err
	}
	defer l.local.leave()
	doc, err := l.readDocument(ctx, &e)
	if errors.Is(err, meta.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return l.addDocuments(ctx, []filelayer.Doc{{ID: d.String(), Body: body}})
}

// takeDocument takes in a document that is there already.
func (l *Library) takeDocument(ctx context.Context, d Digest) (found bool, err error) {
	l.writing.RLock()
	defer l.writing.RUnlock()
	var body raw
	_, err = l.db.Get(ctx, d.String(), &body)
	if errors.Is(err, filelayer.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	l.took([]filelayer.Doc{{ID: d.String(), Body: body}})
	return true, nil
}

func (l *Library) readDocument(ctx context.Context, e *filelayer.Entry) (document, error) {
	f, err := l.files.Fetch(ctx, e.Digest)
	if err != nil {
		return document{}, err
	}
	defer func() { _ = f.Close() }() // read only
	st, err := f.Stat()
	if err != nil {
		return document{}, err
	}
	info, err := meta.Read(f, st.Size())
	if err != nil {
		return document{}, err
	}
	looks, err := l.drawFile(ctx, f, st.Size(), e.Digest, &info)
	return newDocument(&info, dateOf(&info, e), looks), err
}

// drawFile draws the thumbnails of an open file, unless it is too large.
func (l *Library) drawFile(ctx context.Context, f *os.File, size int64, d Digest, info *meta.Info) (hashes, error) {
	if info.Kind == KindVideo {
		return l.drawVideo(ctx, d, f.Name(), info)
	}
	if size > thumb.MaxBytes {
		return hashes{}, nil
	}
	release, err := l.renderer.ReserveFile(ctx, size)
	if err != nil {
		return hashes{}, err
	}
	defer release()
	data, err := readWhole(io.NewSectionReader(f, 0, size), size, nil)
	if err != nil {
		return hashes{}, fmt.Errorf("read photo: %w", err)
	}
	if sha256.Sum256(data) != d {
		return hashes{}, fmt.Errorf("read photo: %w", filelayer.ErrCorrupt)
	}
	looks, _, err := l.drawNew(ctx, d, data, info)
	return looks, err
}
