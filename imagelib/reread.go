package imagelib

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
)

// rereadBatch is how many documents are written at once.
const rereadBatch = 200

// rereadOld reads again, in the background, the files here whose documents an
// earlier [meta.Version] has made: once each, and slowly. Of the devices that have a
// file one does it, as a hash over both chooses; the others wait, each a round
// longer than the one before, and find it done.
func (l *Library) rereadOld(ctx context.Context) error {
	tried := map[Digest]bool{}
	for round := 0; ; round++ {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(l.pauses.reread):
		}
		if err := l.reread(ctx, round, tried); err != nil && ctx.Err() == nil {
			l.log.WarnContext(ctx, "Could not read photos again", "err", err)
		}
	}
}

// reread reads the files again for which it is this device's turn in a round, and
// which were not tried before.
func (l *Library) reread(ctx context.Context, round int, tried map[Digest]bool) error {
	var batch []filelayer.Doc
	flush := func() error {
		err := l.replaceDocuments(ctx, batch)
		for _, doc := range batch {
			if d, _ := filelayer.ParseDigest(doc.ID); err == nil {
				delete(tried, d) // somebody has changed it meanwhile, or a merge may make it old again
			}
		}
		batch = nil
		return err
	}
	list := l.index.old()
	if round > 0 { // whose turn it was before goes from the other end
		slices.Reverse(list)
	}
	for _, d := range list {
		e, err := l.files.Entry(d)
		if tried[d] || err != nil || e.Deleted != nil || !e.Here() || turn(&e, l.clock.node) > round || !l.index.isOld(d) {
			continue
		}
		tried[d] = true
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(l.pauses.perFile):
		}
		doc, err := l.rereadOne(ctx, &e)
		if err != nil {
			l.log.InfoContext(ctx, "Could not read a photo again", "digest", d, "err", err)
			continue
		}
		if batch = append(batch, doc); len(batch) == rereadBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// turn returns in which round it is a device's turn to read a file again: its place
// among the holders, in the order of a hash over holder and file.
func turn(e *filelayer.Entry, device string) int {
	key := func(id string) [sha256.Size]byte { return sha256.Sum256(append([]byte(id), e.Digest[:]...)) }
	own := key(device)
	n := 0
	for _, id := range e.HolderIDs() {
		if k := key(id); id != device && slices.Compare(k[:], own[:]) < 0 {
			n++
		}
	}
	return n
}

// old returns the files here of which an earlier reader has read the facts.
func (x *index) old() (ds []Digest) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, img := range x.all {
		if img.old() && img.Here && img.isShown {
			ds = append(ds, img.Digest)
		}
	}
	return ds
}

// isOld reports whether an earlier reader has read the facts of a file.
func (x *index) isOld(d Digest) bool {
	img, ok := x.image(d)
	return ok && img.old()
}

func (img *Image) old() bool { return img.version < meta.Version }

// rereadOne returns the document of a file with what the present reader reads. Only
// the pieces that tell something are read; bytes that rot there harm the facts of a
// file that a check will find. A file that is no photo to this reader keeps its facts.
func (l *Library) rereadOne(ctx context.Context, e *filelayer.Entry) (filelayer.Doc, error) {
	doc := filelayer.Doc{ID: e.Digest.String()}
	var old raw
	var err error
	if doc.Rev, err = l.db.Get(ctx, doc.ID, &old); err != nil {
		return doc, err
	}
	f, err := os.Open(e.Path)
	if err != nil {
		return doc, err
	}
	defer func() { _ = f.Close() }() // read only
	st, err := f.Stat()
	if err != nil {
		return doc, err
	}
	if st.Size() != e.Size {
		return doc, ErrChanging
	}
	info, err := meta.Read(f, st.Size())
	if errors.Is(err, meta.ErrUnknown) {
		doc.Body, err = readBy(old)
		return doc, err
	}
	if err != nil {
		return doc, err
	}
	doc.Body, err = readAgain(old, newDocument(&info, dateOf(&info, e), hashes{}))
	return doc, err
}

// dateOf is the date of a file of which only its record is known beside its bytes.
func dateOf(info *meta.Info, e *filelayer.Entry) Date {
	date := meta.BestDate(info.Date, e.Name, e.Time.UTC())
	if date.Source == meta.SourceMtime { // the record tells no time zone
		date.HasOffset = false
	}
	return date
}

// factMembers are the members of a document that are read of the file's bytes, and
// besideMembers those of them that a file beside it may tell better.
var (
	factMembers = []string{
		"type", "kind", "date", "dateSource", "width", "height", "orientation", "camera", "lens", "exposure", "gps", "duration",
		"shot", "caption", "rating", "tags",
	}
	besideMembers = []string{"camera", "lens", "exposure", "gps", "caption", "rating", "tags"}
)

// readAgain returns a document's body with other facts of the same bytes. What a
// person has edited, how the picture looks, what a file beside it said, and what
// this version does not know stay.
func readAgain(body raw, facts document) (raw, error) {
	var old document
	members, read := map[string]raw{}, map[string]raw{}
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, cmp.Or(err, errors.New("document is no object"))
	}
	_ = readBody(body, &old) // what it cannot read counts as unknown
	facts.ThumbHash, facts.DHash = "", ""
	b, err := json.Marshal(facts)
	if err == nil {
		err = json.Unmarshal(b, &read)
	}
	if err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	keep := map[string]bool{}
	if old.DateSource == meta.SourceSidecar || old.DateSource == meta.SourceTakeout || facts.DateSource == meta.SourceMtime {
		keep["date"], keep["dateSource"] = true, true
	}
	if old.Beside {
		for _, name := range besideMembers {
			keep[name] = true
		}
	}
	for _, name := range factMembers {
		_, had := members[name]
		switch value, has := read[name]; {
		case keep[name] && had:
		case has:
			members[name] = value
		default:
			delete(members, name)
		}
	}
	members["version"] = canonical(meta.Version)
	return canonical(members), nil
}

// readBy returns a document's body, and that the present reader has read it.
func readBy(body raw) (raw, error) {
	members := map[string]raw{}
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, cmp.Or(err, errors.New("document is no object"))
	}
	members["version"] = canonical(meta.Version)
	return canonical(members), nil
}

// replaceDocuments writes documents that are there already. Those that somebody has
// changed meanwhile stay as they are, to be tried again.
func (l *Library) replaceDocuments(ctx context.Context, docs []filelayer.Doc) error {
	if len(docs) == 0 {
		return nil
	}
	l.writing.RLock()
	defer l.writing.RUnlock()
	errs, err := l.db.Bulk(ctx, docs)
	if err != nil {
		return fmt.Errorf("record what was read again: %w", err)
	}
	var done []filelayer.Doc
	for i, err := range errs {
		switch {
		case err == nil:
			done = append(done, docs[i])
		case !errors.Is(err, filelayer.ErrConflict):
			return fmt.Errorf("record what was read again of %s: %w", docs[i].ID, err)
		}
	}
	l.took(done)
	return nil
}
