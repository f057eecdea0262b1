package replicate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/internal/signal"
)

// Errors of the package.
var (
	// ErrAnswer is wrapped by what a database did wrong: an answer that is not
	// what the protocol says, or a refusal. Nothing of such an answer is used.
	ErrAnswer = errors.New("the database gave a wrong answer")
	// ErrTooLarge is returned for an answer that is longer than the limit.
	ErrTooLarge = errors.New("the database's answer is too long")
	// ErrStalled is returned when a database takes and sends nothing for too long.
	ErrStalled = errors.New("the database stopped answering")
	// ErrOptions is returned for options that cannot be used.
	ErrOptions = errors.New("replicator options are not usable")
)

// An End is one of the two databases of a replication: the embedded one over
// its in-memory transport, a paired device's, or any CouchDB. Whatever it
// answers is bounded and checked.
type End struct {
	// URL of the database, such as "http://user:password@host:5984/files".
	// A user in it is sent by HTTP basic authentication.
	URL    string
	Client *http.Client // reaches URL; nil means http.DefaultClient
	Header http.Header  // sent with each request, beside the replicator's own; may be nil
	// ID names the database for good: the checkpoint's name derives from it.
	// "" means URL without the password. A device's ID and the database's name
	// will do.
	ID string
}

// id returns what names the database.
func (e *End) id() string {
	if e.ID != "" {
		return e.ID
	}
	u, err := url.Parse(e.URL)
	if err != nil {
		return ""
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	return strings.TrimSuffix(u.String(), "/")
}

// Options of [New]. Source and Target are required.
type Options struct {
	Source, Target End // what is read, and what is written

	// DocIDs, if not nil, names the only documents to copy; Selector, if not
	// nil, is a Mango selector that the source matches documents with. At most
	// one of them may be set. Each filter has a checkpoint of its own.
	DocIDs   []string
	Selector json.RawMessage
	// Since is the source's update sequence to begin after when there is no
	// checkpoint; "" means from the beginning.
	Since string

	// NoCheckpoints leaves no trace of the replicator in either database: each
	// session begins at Since, and what is set aside is forgotten.
	NoCheckpoints bool

	// Accept refuses a document that the target must not have, by an error.
	// It sees the document as it came, with _rev and, if it is a tombstone,
	// _deleted; large attachments are stubs. Nil takes all.
	Accept func(id string, doc json.RawMessage) error
	// Kick, when raised, ends a wait before the next try. It may be nil.
	Kick *signal.Signal
	// OnProgress is called after each batch and each change of state, from
	// goroutines of the replicator, one at a time. It may be nil, and must not
	// block or call the replicator.
	OnProgress func(Status)
	Log        *slog.Logger // nil discards

	BatchSize     int           // most documents fetched and written at once; 0 means 1000
	MaxAnswer     int64         // longest answer but for an attachment, in bytes; 0 means 64 MiB
	MaxAttachment int64         // longest attachment, in bytes; 0 means 1 GiB
	Stall         time.Duration // longest silence of a database; 0 means 150 s
}

// fill checks o, and puts defaults in place of zeros.
func (o *Options) fill() error {
	if o.DocIDs != nil && o.Selector != nil {
		return fmt.Errorf("%w: both DocIDs and Selector are set", ErrOptions)
	}
	if o.Selector != nil && !(json.Valid(o.Selector) && bytes.HasPrefix(bytes.TrimSpace(o.Selector), []byte("{"))) {
		return fmt.Errorf("%w: Selector is no JSON object", ErrOptions)
	}
	o.BatchSize = cmp.Or(o.BatchSize, 1000)
	o.MaxAnswer = cmp.Or(o.MaxAnswer, 64<<20)
	o.MaxAttachment = cmp.Or(o.MaxAttachment, 1<<30)
	o.Stall = cmp.Or(o.Stall, 150*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Kick == nil {
		o.Kick = new(signal.Signal)
	}
	return nil
}

// filter returns the name of the filter for the changes feed, and the body
// that goes with it; "" and nil if there is none. Equal filters have equal
// bodies.
func (o *Options) filter() (name string, body []byte) {
	switch {
	case o.DocIDs != nil:
		ids := append([]string{}, o.DocIDs...) // not nil
		slices.Sort(ids)
		ids = slices.Compact(ids)
		body, _ = json.Marshal(map[string][]string{"doc_ids": ids}) // strings always can be
		return "_doc_ids", body
	case o.Selector != nil:
		var selector any
		decoder := json.NewDecoder(bytes.NewReader(o.Selector))
		decoder.UseNumber()
		_ = decoder.Decode(&selector)                                // fill has seen that it is valid
		body, _ = json.Marshal(map[string]any{"selector": selector}) // with sorted members
		return "_selector", body
	}
	return "", nil
}
