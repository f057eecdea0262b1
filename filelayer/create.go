package filelayer

import (
	"context"
	"fmt"
	"io"
	"mime"
	"path/filepath"
	"strings"
	"sync"
	"unicode"

	"github.com/libpaul/paul/filelayer/blob"
)

// Create stores the bytes of r as a file of the library, and returns its entry
// once both are safe on disk. Bytes the library has already keep their entry;
// this device then holds a copy as well. Bytes that had been deleted begin
// anew.
func (l *Layer) Create(ctx context.Context, r io.Reader, md Metadata) (Entry, error) {
	b := l.NewBatch()
	defer b.Abort()
	e, err := b.Create(ctx, r, md)
	if err != nil {
		return Entry{}, err
	}
	if err := b.Commit(ctx); err != nil {
		return Entry{}, err
	}
	return l.Entry(e.Digest)
}

// A Batch creates many files at the price of one.
type Batch struct {
	l      *Layer
	blobs  *blob.Batch
	action *underway // that it belongs to, or nil

	mu    sync.Mutex // guards files
	files map[Digest]creation
}

type creation struct {
	Metadata
	size int64
}

// NewBatch begins a batch. It must end in Commit or Abort. Several goroutines
// may create files in it.
func (l *Layer) NewBatch() *Batch {
	return &Batch{l: l, blobs: l.blobs.NewBatch(), files: make(map[Digest]creation)}
}

// Create adds a file to the batch. The entry tells its digest and, if the
// library has the file already, its record; nothing is kept before Commit.
func (b *Batch) Create(ctx context.Context, r io.Reader, md Metadata) (Entry, error) {
	md = md.withDefaults()
	info, err := b.blobs.Put(ctx, r, md.blobMeta())
	if err != nil {
		return Entry{}, err
	}
	return b.add(info, md), nil
}

// CreateContent is Create of bytes that are in memory.
func (b *Batch) CreateContent(c Content, md Metadata) (Entry, error) {
	md = md.withDefaults()
	info, err := b.blobs.PutContent(c, md.blobMeta())
	if err != nil {
		return Entry{}, err
	}
	return b.add(info, md), nil
}

func (md Metadata) blobMeta() blob.Meta {
	return blob.Meta{Name: md.Name, Time: md.Time, Lies: md.Lies}
}

func (b *Batch) add(info blob.Info, md Metadata) Entry {
	b.mu.Lock()
	if _, twice := b.files[info.Digest]; !twice {
		b.files[info.Digest] = creation{md, info.Size}
	}
	b.mu.Unlock()
	if e, ok := b.l.mirror.entry(info.Digest); ok && e.Deleted == nil {
		return e
	}
	return Entry{Digest: info.Digest, Name: md.Name, Size: info.Size, Type: md.Type, Time: md.Time}
}

// Commit makes the batch's files safe on disk, then writes their records. On
// error, what was kept gets its record later, or by the next identical import.
func (b *Batch) Commit(ctx context.Context) error {
	l := b.l
	if err := l.Ready(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	ds := make([]Digest, 0, len(b.files))
	for d := range b.files {
		ds = append(ds, d)
	}
	l.mirror.claim(ds...)
	defer func() {
		l.mirror.release(ds...)
		l.stirred.add(ds...)
		l.changed.Raise()
	}()
	b.noteNew(ctx, ds)
	if err := b.blobs.Commit(ctx); err != nil {
		return fmt.Errorf("store files: %w", err)
	}
	l.lookFor(ds)
	return l.amend(ctx, ds, b.record)
}

// record writes one file of the batch into its record.
func (b *Batch) record(d Digest, r *fileRecord, known bool) bool {
	l, now := b.l, b.l.now()
	if known && r.Deleted == nil {
		own := r.Devices.Of(l.opts.DeviceID)
		return !own.holds() && r.set(l.opts.DeviceID, true, toMillis(now))
	}
	f := b.files[d]
	r.Name, r.Size, r.Type, r.Time = f.Name, f.size, f.Type, toMillis(f.Time)
	r.Added = after(l.opts.DeviceID, now, &r.Added, r.Deleted)
	r.Deleted = nil
	r.set(l.opts.DeviceID, true, toMillis(now))
	return true
}

// Abort drops what was not committed. After Commit it does nothing.
func (b *Batch) Abort() { b.blobs.Abort() }

// lookFor notes which of the files are in the library, and returns those.
func (l *Layer) lookFor(ds []Digest) map[Digest]blob.Info {
	here := make(map[Digest]blob.Info, len(ds))
	for _, d := range ds {
		if info, err := l.blobs.Info(d); err == nil && !info.Missing {
			l.mirror.setHere(info)
			here[d] = info
		} else {
			l.setGone(d)
		}
	}
	return here
}

// photoTypes are media types that systems often do not know.
var photoTypes = map[string]string{
	".heic": "image/heic", ".heif": "image/heif", ".avif": "image/avif", ".webp": "image/webp",
	".dng": "image/x-adobe-dng", ".cr2": "image/x-canon-cr2", ".cr3": "image/x-canon-cr3",
	".nef": "image/x-nikon-nef", ".arw": "image/x-sony-arw", ".raf": "image/x-fuji-raf",
	".orf": "image/x-olympus-orf", ".rw2": "image/x-panasonic-rw2",
	".tif": "image/tiff", ".tiff": "image/tiff", ".bmp": "image/bmp",
	".mov": "video/quicktime", ".mp4": "video/mp4", ".m4v": "video/mp4",
}

func (md Metadata) withDefaults() Metadata {
	md.Name = cleanName(md.Name)
	if md.Type != "" && validText(md.Type) {
		return md
	}
	ext := strings.ToLower(filepath.Ext(md.Name))
	md.Type = photoTypes[ext]
	if md.Type == "" {
		md.Type = mime.TypeByExtension(ext)
	}
	if md.Type == "" {
		md.Type = "application/octet-stream"
	}
	return md
}

// cleanName makes a name that records may hold, as like name as can be.
func cleanName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '_'
		}
		return r
	}, name)
	for len(name) > maxText {
		ext := filepath.Ext(name)
		if len(ext) > 32 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:maxText-len(ext)], "") + ext
	}
	if !validName(name) {
		return "unnamed"
	}
	return name
}
