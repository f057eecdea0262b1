package imagelib

import (
	"context"
	"io"
	"net/http"
	"os"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/internal/signal"
)

// files is what the library needs of the file layer.
type files interface {
	Ready(ctx context.Context) error
	Indexed(ctx context.Context) error
	Strays(ctx context.Context, paths []string) ([]string, error)
	Entries() []filelayer.Entry
	Entry(d Digest) (filelayer.Entry, error)
	Changed() *signal.Signal
	LookAgain() *signal.Signal
	Fetch(ctx context.Context, d Digest) (*os.File, error)
	Online(id string) bool
	PeerGet(ctx context.Context, deviceID, path string) (*http.Response, error)
	SetEditor(kind string, e filelayer.Editor)
	Edit(ctx context.Context, kind string, edits []filelayer.Edit) (id string, errs []error)
	newImport() importing
	lookThrough(ctx context.Context, place string) (placeLook, error)
}

// placeLook is a [filelayer.Look].
type placeLook interface {
	Walk(ctx context.Context, skip func(name string) bool, visit func(filelayer.PlacedFile) error) error
	Adopt(ctx context.Context, files []filelayer.PlaceFound) error
	Finish() error
}

// importing is a [filelayer.Import].
type importing interface {
	newBatch() batch
	End(ctx context.Context)
}

// batch is a [filelayer.Batch].
type batch interface {
	Create(ctx context.Context, r io.Reader, md filelayer.Metadata) (filelayer.Entry, error)
	CreateContent(c filelayer.Content, md filelayer.Metadata) (filelayer.Entry, error)
	Commit(ctx context.Context) error
	Abort()
}

// database is a [filelayer.Database].
type database interface {
	Get(ctx context.Context, id string, dst any) (rev string, err error)
	Bulk(ctx context.Context, docs []filelayer.Doc) ([]error, error)
	Update(ctx context.Context, id string, change func(raw) (raw, error)) error
	Follow(ctx context.Context, since string, fn func(docs []filelayer.Doc, seq string) error) error
}

// layerFiles makes files of the file layer.
type layerFiles struct{ *filelayer.Layer }

func (l layerFiles) newImport() importing { return layerImport{l.NewImport()} }

// layerImport makes batches of the file layer.
type layerImport struct{ *filelayer.Import }

func (i layerImport) newBatch() batch { return i.NewBatch() }

func (l layerFiles) lookThrough(ctx context.Context, place string) (placeLook, error) {
	return l.LookThrough(ctx, place)
}
