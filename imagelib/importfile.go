package imagelib

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/imagelib/thumb"
)

// Files up to these sizes are read once, into memory: the larger one where a
// picture is to be drawn of them.
const (
	wholeBytes    = 64 << 20
	wholePictures = thumb.MaxBytes
	keptBuffer    = 16 << 20 // of each worker; a larger one is given back after its file
)

// importWorker imports files one after the other, and commits them in batches.
type importWorker struct {
	*importer
	batch  batch
	staged []stagedFile
	bytes  int64     // staged
	since  time.Time // when the first file was staged
	buf    []byte
	told   int64 // bytes of the present file that are counted as read

	found []filelayer.PlaceFound // files in place that were read, to be committed
}

// photo is a file being imported.
type photo struct {
	job
	st      fs.FileInfo // as it was opened
	info    meta.Info
	date    Date
	problem error  // what a person hears once it is kept
	lies    string // its path, if it lies in the library folder
}

// stagedFile is a file that waits for the batch to be committed.
type stagedFile struct {
	photo
	digest   Digest
	isNew    bool // not in the library before
	needsDoc bool
	brought  bool            // in the library, and not here before
	before   filelayer.Entry // of what is not new
	looks    hashes
}

// take deals with one file. It returns an error only for what would meet every
// other file too.
func (w *importWorker) take(ctx context.Context, j job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.told = 0
	w.step(func(p *ImportProgress) { p.Current = j.path })
	staged, err := w.file(ctx, j)
	rest := j.size - w.told
	switch {
	case err == nil && staged:
		w.step(func(p *ImportProgress) { p.Bytes += rest })
	case err == nil:
		w.step(func(p *ImportProgress) { p.Bytes += rest; p.Done++; p.Duplicates++ })
	case errors.Is(err, errWasDeleted):
		w.step(func(p *ImportProgress) { p.Bytes += rest; p.Done++; p.Deleted++ })
	case ctx.Err() != nil:
		return ctx.Err()
	case fatal(err):
		return err
	default:
		w.remember(j.source, Digest{}, err)
		w.problem(j.path, err)
		w.step(func(p *ImportProgress) { p.Bytes += rest; p.Done++; p.Failed++ })
	}
	if len(w.staged) >= batchFiles || len(w.found) >= batchFiles || w.bytes >= batchBytes ||
		len(w.staged) > 0 && time.Since(w.since) >= batchAge {
		return w.commit(ctx)
	}
	return nil
}

// file reads one file and stages it; staged is false when the library has it.
func (w *importWorker) file(ctx context.Context, j job) (staged bool, err error) {
	src, err := openSource(ctx, j.path, func(n int64) {
		n = min(n, j.size-w.told) // it may be larger than when it was listed
		w.told += n
		w.step(func(p *ImportProgress) { p.Bytes += n })
	})
	if err != nil {
		return false, err
	}
	defer src.close()
	size := src.st.Size()
	if size == 0 {
		return false, ErrEmpty
	}
	info, err := meta.Read(src.f, size)
	if errors.Is(err, meta.ErrUnknown) {
		w.adopt(photo{job: j, st: src.st}, Digest{})
		return false, ErrNotPhoto
	}
	if err != nil {
		return false, err
	}
	w.beside.add(&info, j.path)
	p := photo{job: j, st: src.st, info: info, date: meta.BestDate(info.Date, filepath.Base(j.path), src.st.ModTime())}
	if w.folder != nil && w.folder.opts.Library {
		p.lies = p.path
	}
	if size <= wholeBytes || size <= wholePictures && info.Kind != KindVideo {
		return w.whole(ctx, src, p)
	}
	return w.streamed(ctx, src, p)
}

// whole reads a file into memory once: its digest, its thumbnails and its copy
// are all made from that.
func (w *importWorker) whole(ctx context.Context, src *sourceFile, p photo) (staged bool, err error) {
	release, err := w.l.renderer.ReserveFile(ctx, src.st.Size())
	if err != nil {
		return false, err
	}
	defer release()
	data, err := src.whole(w.buf)
	if cap(data) <= keptBuffer {
		w.buf = data[:0]
	}
	if err != nil {
		return false, err
	}
	content := filelayer.NewContent(data)
	s := stagedFile{photo: p, digest: content.Digest()}
	if wanted, err := w.begin(ctx, &s); err != nil || !wanted {
		return false, err
	}
	if s.info.Kind == KindVideo {
		s.looks, err = w.l.drawVideo(ctx, s.digest, s.path, &s.info)
	} else {
		s.looks, s.problem, err = w.l.drawNew(ctx, s.digest, data, &s.info)
	}
	if err == nil && w.place == nil {
		_, err = w.batch.CreateContent(content, s.metadata())
	}
	if err != nil {
		w.forget(s.digest)
		return false, err
	}
	w.stage(s)
	return true, nil
}

// streamed copies a file too large for memory, a film nearly always, or reads it
// where it lies.
func (w *importWorker) streamed(ctx context.Context, src *sourceFile, p photo) (staged bool, err error) {
	s := stagedFile{photo: p}
	if w.place != nil {
		s.digest, err = sumOf(src)
	} else {
		var e filelayer.Entry
		e, err = w.batch.Create(ctx, src, p.metadata())
		s.digest = e.Digest
	}
	if err != nil {
		return false, err
	}
	if wanted, err := w.begin(ctx, &s); err != nil || !wanted {
		return false, err
	}
	if s.info.Kind == KindVideo {
		if s.looks, err = w.l.drawVideo(ctx, s.digest, s.path, &s.info); err != nil {
			return false, err
		}
	}
	if s.info.Kind == KindImage {
		s.problem = fmt.Errorf("%w: %w", ErrKeptUndrawn, thumb.ErrTooLarge)
	}
	w.stage(s)
	return true, nil
}

// begin decides what is to be done with bytes. It returns false when the
// library has them here with their document, or this import has met them. What
// only lies in a watched folder is not wanted either where a person has deleted
// it, which the error tells, or has removed it from this device; nor is what lies
// in a folder in place and was deleted.
func (w *importWorker) begin(ctx context.Context, s *stagedFile) (wanted bool, err error) {
	e, err := w.l.files.Entry(s.digest)
	known := err == nil
	w.adopt(s.photo, s.digest)
	if w.place != nil && known && e.Deleted != nil {
		return false, errWasDeleted
	}
	if w.folder != nil && known && (e.Deleted != nil || !e.Here() && len(e.HolderIDs()) > 0) {
		w.remember(s.source, s.digest, nil)
		if e.Deleted != nil {
			return false, errWasDeleted
		}
		return false, nil
	}
	if w.spare && known && e.Deleted != nil {
		w.met(s.path, e, false)
		return false, errWasDeleted
	}
	if !w.first(s.digest) {
		w.remember(s.source, s.digest, nil)
		w.met(s.path, filelayer.Entry{Digest: s.digest}, true)
		return false, nil
	}
	exists := known && e.Deleted == nil
	s.isNew, s.needsDoc = !exists, !w.l.index.known(s.digest)
	s.brought, s.before = exists && w.place == nil && !e.Kept(), e
	wanted = s.isNew || s.needsDoc || s.brought
	if !wanted {
		w.remember(s.source, s.digest, nil)
		w.met(s.path, e, false)
	}
	if exists && !s.needsDoc && s.info.Beside {
		if err := w.l.learn(ctx, &s.photo, s.digest); err != nil {
			w.forget(s.digest)
			return false, err
		}
	}
	return wanted, nil
}

// remember lets the watched folder, if there is one, know what became of a file.
func (im *importer) remember(s source, d Digest, err error) {
	if im.folder != nil {
		im.folder.note(s, d, err)
	}
}

func (w *importWorker) stage(s stagedFile) {
	if len(w.staged) == 0 {
		w.since = time.Now()
	}
	w.staged = append(w.staged, s)
	w.bytes += s.size
}

func (p *photo) metadata() filelayer.Metadata {
	return filelayer.Metadata{Name: filepath.Base(p.path), Type: p.info.Type, Time: p.date.Wall.Truncate(time.Second), Lies: p.lies}
}

// drawNew draws the thumbnails of new bytes into the cache. problem is what a
// person should hear of the picture; err is about this device.
func (l *Library) drawNew(ctx context.Context, d Digest, data []byte, info *meta.Info) (looks hashes, problem, err error) {
	if l.poison.has(d) {
		return hashes{}, fmt.Errorf("%w: %w", ErrKeptUndrawn, errPoison), nil
	}
	if set, ok := l.renderer.Quick(ctx, data, info); ok {
		l.keep(ctx, d, l.cache.PutSet(d, set))
		return hashesOf(set), nil, nil
	}
	set, err := l.renderer.Thumbnails(ctx, data, info)
	if errors.Is(err, thumb.ErrNotNow) { // it is when somebody looks at it
		l.keep(ctx, d, err)
		return hashes{}, nil, nil
	}
	if cause := cannotDraw(err); cause != nil {
		l.keepFailure(ctx, d, Geometry{}, cause)
		if errors.Is(cause, thumb.ErrUnsupported) { // nothing is wrong with the file
			return hashes{}, nil, nil
		}
		return hashes{}, fmt.Errorf("%w: %w", ErrKeptUndrawn, cause), nil
	}
	if err != nil {
		return hashes{}, nil, err
	}
	l.keep(ctx, d, l.poison.note(d, set.Cause))
	l.keep(ctx, d, l.cache.PutSet(d, set))
	if info.Type == "image/jpeg" && meta.EndsEarly(data) || errors.Is(set.Cause, thumb.ErrDamaged) {
		problem = ErrKeptPartial
	}
	return hashesOf(set), problem, nil
}

// drawVideo draws the thumbnails of a film into the cache. err is about this device.
func (l *Library) drawVideo(ctx context.Context, d Digest, path string, info *meta.Info) (looks hashes, err error) {
	set, err := l.renderer.Poster(ctx, path, info)
	switch cause := cannotDraw(err); {
	case cause != nil:
		l.keepFailure(ctx, d, Geometry{}, cause)
		return hashes{}, nil
	case errors.Is(err, thumb.ErrNotNow): // it is once ffmpeg is there
		return hashes{}, nil
	case err != nil:
		return hashes{}, err
	}
	l.keep(ctx, d, l.cache.PutSet(d, set))
	return hashesOf(set), nil
}

// commit makes the staged files safe and recorded, and only then their documents.
func (w *importWorker) commit(ctx context.Context) error {
	if len(w.staged) == 0 {
		return w.commitPlaced(ctx)
	}
	ds := make([]Digest, len(w.staged))
	for i, s := range w.staged {
		ds[i] = s.digest
	}
	w.l.index.claim(ds)
	err := w.commitPlaced(ctx)
	if err == nil {
		err = w.batch.Commit(ctx)
	}
	if err == nil {
		later, cancel := lasting(ctx, recordTime)
		err = w.writeDocuments(later)
		cancel()
	}
	w.l.index.release(ds)
	if err != nil {
		return err
	}
	for _, s := range w.staged {
		w.committed(s)
	}
	w.batch, w.staged, w.bytes = w.noted.newBatch(), nil, 0
	return nil
}

// recordTime is how long files that are safe may take to be recorded after the
// import was cancelled.
const recordTime = 10 * time.Second

// lasting returns a context that ends some time after ctx does.
func lasting(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(after, cancel)
		context.AfterFunc(later, func() { timer.Stop() })
	})
	return later, func() { stop(); cancel() }
}

func (w *importWorker) writeDocuments(ctx context.Context) error {
	var docs []filelayer.Doc
	for _, s := range w.staged {
		if !s.needsDoc {
			continue
		}
		body, err := json.Marshal(newDocument(&s.info, s.date, s.looks))
		if err != nil {
			return fmt.Errorf("record %s: %w", s.path, err)
		}
		docs = append(docs, filelayer.Doc{ID: s.digest.String(), Body: body})
	}
	return w.l.addDocuments(ctx, docs)
}

// addDocuments writes new documents. One that is there already stays as it is.
func (l *Library) addDocuments(ctx context.Context, docs []filelayer.Doc) error {
	if len(docs) == 0 {
		return nil
	}
	l.writing.RLock()
	defer l.writing.RUnlock()
	errs, err := l.db.Bulk(ctx, docs)
	if err != nil {
		return fmt.Errorf("record photos: %w", err)
	}
	for i, err := range errs {
		if errors.Is(err, filelayer.ErrConflict) {
			_, err = l.db.Get(ctx, docs[i].ID, &docs[i].Body)
		}
		if err != nil {
			return fmt.Errorf("record photo %s: %w", docs[i].ID, err)
		}
	}
	l.took(docs)
	return nil
}

// committed counts a file that is safe.
func (w *importWorker) committed(s stagedFile) {
	w.remember(s.source, s.digest, nil)
	if s.problem != nil {
		w.problem(s.path, s.problem)
	}
	w.step(func(p *ImportProgress) {
		p.Done++
		if !s.isNew {
			p.Duplicates++
			if s.brought {
				p.Brought++
			}
			return
		}
		p.Added++
		w.added[s.digest] = s.at
	})
	if !s.isNew {
		w.met(s.path, s.before, false)
	}
}

func (w *importWorker) abort() { w.batch.Abort() }
