package imagelib

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	tried := map[Digest]bool{}
	for {
		select { // the document may be on its way
		case <-ctx.Done():
			return nil
		case <-time.After(l.pauses.missing):
		}
		for _, d := range l.index.lacking() {
			if tried[d] {
				continue
			}
			tried[d] = true
			if err := l.makeDocument(ctx, d); err != nil && ctx.Err() == nil {
				l.log.Warn("Could not read a photo that is in the library", "digest", d, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
	}
}

// makeDocument reads one file that is here and writes its document. A file that
// is no photo is left alone.
func (l *Library) makeDocument(ctx context.Context, d Digest) error {
	var body raw
	if _, err := l.db.Get(ctx, d.String(), &body); err == nil {
		l.took([]filelayer.Doc{{ID: d.String(), Body: body}})
		return nil
	} else if !errors.Is(err, filelayer.ErrNotFound) {
		return err
	}
	e, err := l.files.Entry(d)
	if err != nil || e.Deleted != nil || !e.Here() {
		return err
	}
	if err := l.local.enter(ctx); err != nil {
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
	if body, err = json.Marshal(doc); err != nil {
		return err
	}
	return l.addDocuments(ctx, []filelayer.Doc{{ID: d.String(), Body: body}})
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
	date := meta.BestDate(info.Date, e.Name, e.Time.UTC())
	if date.Source == meta.SourceMtime { // the record tells no time zone
		date.HasOffset = false
	}
	hash, err := l.drawFile(ctx, f, st.Size(), e.Digest, &info)
	return newDocument(&info, date, hash), err
}

// drawFile draws the thumbnails of an open file, unless it is too large.
func (l *Library) drawFile(ctx context.Context, f *os.File, size int64, d Digest, info *meta.Info) ([]byte, error) {
	if size > thumb.MaxBytes || info.Kind == KindVideo {
		return nil, nil
	}
	release, err := l.renderer.ReserveFile(ctx, size)
	if err != nil {
		return nil, err
	}
	defer release()
	data, err := readWhole(f, size, nil)
	if err != nil {
		return nil, fmt.Errorf("read photo: %w", err)
	}
	hash, _, err := l.drawNew(ctx, d, data, info)
	return hash, err
}
