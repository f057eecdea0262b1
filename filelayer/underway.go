package filelayer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/libpaul/paul/internal/durable"
)

const (
	underwayBytes = 64 << 20 // read of an action that was cut off
	underwayExt   = ".jsonl"
)

// An underway is an action of which only its end tells what it has changed: what
// it is about to change is in a small file meanwhile, so that it is noted at the
// next start if this device stops before. A file that cannot be written, or that
// is damaged, costs no more than that.
type underway struct {
	l *Layer

	mu sync.Mutex // guards the rest
	underwayHead
	path  string   // "" until something is to be changed
	file  *os.File // nil if it could not be made
	files []journalFile
}

// underwayHead is the first line of the file. Each further one is a list of
// files as they were before: those that are new have no lifecycle.
type underwayHead struct {
	Kind   string `json:"kind"`
	At     millis `json:"at"` // 0 until something is to be changed
	Undoes string `json:"undoes,omitempty"`
}

// newUnderway begins an action.
func (l *Layer) newUnderway(kind, undoes string) *underway {
	return &underway{l: l, underwayHead: underwayHead{Kind: kind, Undoes: undoes}}
}

// create makes the file of the action, at a time that no other one has. The
// caller holds mu.
func (u *underway) create() error {
	dir := u.l.underwayDir()
	if err := durable.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for ; ; u.At++ {
		path := filepath.Join(dir, fmt.Sprintf("%d%s", u.At, underwayExt))
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		u.path, u.file = path, f
		return errors.Join(u.write(u.underwayHead), durable.SyncDir(dir))
	}
}

func (l *Layer) underwayDir() string { return filepath.Join(l.opts.Dir, "underway") }

// add notes what is about to be changed. It is on the disk when add returns, if
// that takes it.
func (u *underway) add(ctx context.Context, files []journalFile) {
	if len(files) == 0 {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	var err error
	if u.At == 0 {
		u.At = toMillis(u.l.now())
		err = u.create()
	}
	u.files = append(u.files, files...)
	if u.file != nil {
		err = errors.Join(err, u.write(files), u.file.Sync())
	}
	if err != nil {
		u.l.log.WarnContext(ctx, "An action could not be undone as one if it were cut off now", "kind", u.Kind, "error", err)
	}
}

// write appends a line, after an end of the one before, which may be torn. The
// caller holds mu.
func (u *underway) write(line any) error {
	data, err := json.Marshal(line)
	if err == nil {
		_, err = fmt.Fprintf(u.file, "\n%s\n", data)
	}
	return err
}

// end notes what the action has changed. If that cannot be written, the next
// start does it.
func (u *underway) end(ctx context.Context) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.file != nil {
		_ = u.file.Close() // all that matters was synced
	}
	u.conclude(context.WithoutCancel(ctx))
}

// conclude notes what is changed of the list, and removes the file. The caller
// holds mu.
func (u *underway) conclude(ctx context.Context) {
	l := u.l
	var changed []journalFile
	for _, f := range u.files {
		if r, _, _ := l.mirror.file(f.Digest); r.Deleted == nil && r.Added != f.Added && r.Added.By == l.opts.DeviceID {
			changed = append(changed, journalFile{Digest: f.Digest, Added: r.Added})
		}
	}
	if len(changed) > 0 {
		if _, err := l.note(ctx, u.Kind, u.Undoes, u.At, changed); err != nil {
			l.log.WarnContext(ctx, notNoted, "kind", u.Kind, "error", err)
			if !errors.Is(err, ErrInvalid) {
				return
			}
		}
	}
	u.remove(ctx)
}

func (u *underway) remove(ctx context.Context) {
	if u.path == "" {
		return
	}
	if err := os.Remove(u.path); err != nil {
		u.l.log.WarnContext(ctx, "The file of an action is left over", "path", u.path, "error", err)
	}
}

// cutOff lists the files of actions that the last run of this device has not
// ended.
func (l *Layer) cutOff() ([]string, error) {
	return filepath.Glob(filepath.Join(l.underwayDir(), "*"+underwayExt))
}

// noteCutOff notes the actions that were cut off.
func (l *Layer) noteCutOff(ctx context.Context, paths []string) {
	if len(paths) == 0 || l.Indexed(ctx) != nil { // before, bytes may be here that have no record yet
		return
	}
	defer l.changed.Raise()
	for _, path := range paths {
		u, err := l.readUnderway(path)
		if err != nil {
			l.log.WarnContext(ctx, "The list of an action that was cut off cannot be read", "path", path, "error", err)
			continue
		}
		ds := make([]Digest, len(u.files))
		for i, f := range u.files {
			ds[i] = f.Digest
		}
		if _, err := l.settle(ctx, ds); err != nil {
			l.log.WarnContext(ctx, "What was cut off does not follow its records yet", "error", err)
		}
		switch {
		case ctx.Err() != nil:
			return
		case u.noted():
			u.remove(ctx)
		default:
			u.conclude(ctx)
		}
	}
}

// noted says whether the action is in the journal: it was cut off after that.
func (u *underway) noted() bool {
	return len(u.l.journal.entries(func(e journalEntry) bool {
		return e.device == u.l.opts.DeviceID && e.Kind == u.Kind && e.At == u.At && e.Part == 0
	})) > 0
}

// readUnderway reads the file of an action, as far as it can be read: a line that
// was cut off, or that is damaged, is passed over.
func (l *Layer) readUnderway(path string) (*underway, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading
	data, err := io.ReadAll(io.LimitReader(f, underwayBytes))
	if err != nil {
		return nil, err
	}
	u := &underway{l: l, path: path}
	for line := range bytes.Lines(data) {
		var files []journalFile
		if u.Kind == "" {
			_ = json.Unmarshal(line, &u.underwayHead)
		} else if json.Unmarshal(line, &files) == nil {
			u.files = append(u.files, files...)
		}
	}
	if u.Kind != ActionImport && u.Kind != ActionRestore {
		u.files = nil
	}
	return u, nil
}

// An Import is an import of a person, or from a watched folder, that is noted
// when it ends, or at the next start if it is cut off.
type Import struct{ action *underway }

// NewImport begins an import. It must end in End.
func (l *Layer) NewImport() *Import { return &Import{l.newUnderway(ActionImport, "")} }

// NewBatch begins a batch of the import; see [Layer.NewBatch].
func (i *Import) NewBatch() *Batch {
	b := i.action.l.NewBatch()
	b.action = i.action
	return b
}

// End notes what the import has added, also one that was stopped.
func (i *Import) End(ctx context.Context) { i.action.end(ctx) }

// noteNew notes those of the files that a batch begins, before it does.
func (b *Batch) noteNew(ctx context.Context, ds []Digest) {
	if b.action == nil {
		return
	}
	var files []journalFile
	for _, d := range ds {
		if r, _, known := b.l.mirror.file(d); !known || r.Deleted != nil {
			files = append(files, journalFile{Digest: d, Added: r.Added})
		}
	}
	b.action.add(ctx, files)
}
