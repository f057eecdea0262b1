package imagelib

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
	"github.com/libpaul/paul/internal/watch"
)

// settlePlaced is how long nobody may have written to a file in place before it is
// read: else what is still being copied there would become a photo of its own.
const settlePlaced = 2 * time.Second

// IndexPlace takes in what is new in a folder that was added in place, and notes
// what is gone. It is as [Library.Import], but that the photos stay where they are
// and nothing is copied. When ctx ends, what it has taken in stays, and the next
// call goes on from there; nothing is taken for gone then. What was deleted before
// stays so. [filelayer.ErrPlaceAway]: the folder is not there, and nothing has changed.
func (l *Library) IndexPlace(ctx context.Context, path string, report func(ImportProgress)) (ImportResult, error) {
	if report == nil {
		report = func(ImportProgress) {}
	}
	look, err := l.files.lookThrough(ctx, path)
	if err != nil {
		return ImportResult{}, err
	}
	im := newImporter(l, report)
	im.place = look
	err = im.run(ctx, im.feedPlace)
	if err == nil {
		err = im.learnPlaced(ctx)
	}
	if err == nil {
		err = look.Finish()
	}
	return im.end(ctx, err)
}

// feedPlace walks through a folder in place, and sends what has to be read. What
// may still be written comes last.
func (im *importer) feedPlace(ctx context.Context, jobs chan<- job) error {
	n := 0
	give := func(f filelayer.PlacedFile) error {
		if meta.IsSidecar(f.Path) {
			im.placed = append(im.placed, f)
			return nil
		}
		im.step(func(p *ImportProgress) { p.Total++; p.TotalBytes += f.Info.Size() })
		n++
		return send(ctx, jobs, job{source{path: f.Path, size: f.Info.Size(), placed: &f}, n})
	}
	var young []watch.File
	waiting := make(map[string]filelayer.PlacedFile)
	err := im.place.Walk(ctx, unwatched, func(f filelayer.PlacedFile) error {
		if age := time.Since(f.Info.ModTime()); age >= 0 && age < settlePlaced {
			young = append(young, watch.File{Path: f.Path, Info: f.Info})
			waiting[f.Path] = f
			return nil
		}
		return give(f)
	})
	if err != nil {
		return err
	}
	settled, growing := watch.Settle(ctx, young, settlePlaced)
	for _, f := range settled {
		if err := give(waiting[f.Path]); err != nil {
			return err
		}
	}
	for _, path := range growing {
		im.problem(path, ErrChanging)
		im.step(func(p *ImportProgress) { p.Total++; p.Done++; p.Failed++ })
	}
	return ctx.Err()
}

// learnPlaced takes in what has come beside photos in place, and notes it as read.
func (im *importer) learnPlaced(ctx context.Context) error {
	if len(im.placed) == 0 {
		return nil
	}
	im.l.join()
	paths, found := make([]string, len(im.placed)), make([]filelayer.PlaceFound, len(im.placed))
	for i, f := range im.placed {
		paths[i], found[i].PlacedFile, found[i].Stat = f.Path, f, f.Info
	}
	if err := im.l.learnFrom(ctx, im.beside, paths, func(source) (Digest, bool) { return Digest{}, false }); err != nil {
		return err
	}
	return im.place.Adopt(ctx, found)
}

// adopt notes a file in place that was read, and does nothing to another. A zero
// digest says that it is none to be kept.
func (w *importWorker) adopt(p photo, d Digest) {
	if w.place == nil {
		return
	}
	found := filelayer.PlaceFound{}
	found.PlacedFile, found.Stat, found.Digest = *p.placed, p.st, d
	if !d.IsZero() {
		found.Metadata = p.metadata()
	}
	w.found = append(w.found, found)
}

// commitPlaced records the files in place that were read.
func (w *importWorker) commitPlaced(ctx context.Context) error {
	if len(w.found) == 0 {
		return nil
	}
	err := w.place.Adopt(ctx, w.found)
	w.found = nil
	return err
}

func sumOf(r io.Reader) (d Digest, err error) {
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{r}, make([]byte, readAtOnce)); err != nil {
		return d, err
	}
	h.Sum(d[:0])
	return d, nil
}

// lookPause is the least time between two looks that files gone from their places
// have called for.
const lookPause = time.Minute

// WatchPlace calls take whenever a folder in place has to be looked through, until
// ctx ends: at once, when something changes there, from time to time, and when a
// file is not as it was. While the folder is not there it calls nothing. onStatus,
// which may be nil, is called when it comes or goes. It returns nil.
func (l *Library) WatchPlace(ctx context.Context, path string, onStatus func(), take func(context.Context)) error {
	var one sync.Mutex // held while take runs
	look := func(ctx context.Context) {
		one.Lock()
		defer one.Unlock()
		if ctx.Err() == nil {
			take(ctx)
		}
	}
	var asked sync.WaitGroup
	asked.Go(func() {
		again, stop := l.files.LookAgain().Listen()
		defer stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-again:
				look(ctx)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(lookPause):
			}
		}
	})
	defer asked.Wait()
	tree := watch.New(watch.Options{Root: path, Skip: unwatched, Gather: 5 * time.Second, OnStatus: onStatus, Log: l.log})
	err := tree.Run(ctx, func(ctx context.Context, _ watch.Batch) []string {
		look(ctx)
		return nil
	})
	if err != nil {
		return fmt.Errorf("watch folder in place: %w", err)
	}
	return nil
}
