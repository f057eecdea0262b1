package replicate

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/libpaul/paul/filelayer/couch"
)

// A push is a replication like a pull; either end may ask for a password.
func TestPushWithPassword(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 300)
	url := serve(t, couch.Auth(couch.AuthOptions{User: "ann", Password: "p@ss:w/rd"}, b.server)).URL
	opts := options(a, b)
	opts.Target = End{URL: strings.Replace(url, "http://", "http://ann:p%40ss%3Aw%2Frd@", 1) + "/files"}
	if st := pullOnce(t, opts); st.DocsWritten != 300 || st.Failed != 0 {
		t.Errorf("status: %+v", st)
	}
	if !maps.Equal(contents(t, a.db), contents(t, b.db)) {
		t.Error("the databases differ")
	}
	named := newReplicator(t, opts).ID()
	opts.Target.URL = strings.Replace(url, "http://", "http://ann:other@", 1) + "/files"
	if newReplicator(t, opts).ID() != named {
		t.Error("another password makes it another replication")
	}
	opts.Target.URL = strings.Replace(url, "http://", "http://bob:other@", 1) + "/files"
	if newReplicator(t, opts).ID() == named {
		t.Error("another user does not make it another replication")
	}
}

func TestHeadersAreSent(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 3)
	opts := options(a, b)
	opts.Source.Header = http.Header{"X-Token": {"secret"}}
	opts.Source.Client = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("X-Token") != "secret" {
			t.Errorf("%s %s without the header", r.Method, r.URL)
		}
		return a.server.Transport().RoundTrip(r)
	})}
	if st := pullOnce(t, opts); st.DocsWritten != 3 {
		t.Errorf("status: %+v", st)
	}
}

func TestFilterByDocIDs(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 50)
	opts := options(a, b)
	opts.DocIDs = []string{"doc000007", "doc000003", "nowhere", "doc000003"}
	if st := pullOnce(t, opts); st.DocsWritten != 2 {
		t.Errorf("status: %+v", st)
	}
	opts.DocIDs = []string{"doc000003", "doc000007", "nowhere"} // the same, in another order
	if st := pullOnce(t, opts); st.Checked != 0 || st.LastSeq == "0" {
		t.Errorf("the checkpoint is not found again: %+v", st)
	}
	opts.DocIDs = []string{"doc000003", "doc000009"} // a checkpoint of its own
	if st := pullOnce(t, opts); st.DocsWritten != 1 {
		t.Errorf("status: %+v", st)
	}
	opts.DocIDs = []string{}
	if st := pullOnce(t, opts); st.Checked != 0 {
		t.Errorf("no documents at all: %+v", st)
	}
	opts.DocIDs = nil
	if st := pullOnce(t, opts); st.DocsWritten != 47 {
		t.Errorf("status: %+v", st)
	}
}

func TestFilterBySelector(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 50)
	opts := options(a, b)
	opts.Selector = json.RawMessage(`{"size":{"$lt":4000010}}`)
	if st := pullOnce(t, opts); st.DocsWritten != 10 || st.LastSeq == "0" {
		t.Errorf("status: %+v", st)
	}
	if st := pullOnce(t, opts); st.Checked != 0 {
		t.Errorf("the checkpoint is not found again: %+v", st)
	}
}

func TestFilterIsPartOfTheIdentity(t *testing.T) {
	t.Parallel()
	opts := options(newPeer(t), newPeer(t))
	id := func(change func(o *Options)) string {
		o := opts
		change(&o)
		return newReplicator(t, o).ID()
	}
	selector := func(s string) string { return id(func(o *Options) { o.Selector = json.RawMessage(s) }) }
	same := selector(`{"a":{"$gt":1},"b":2.50}`)
	if got := selector(` { "b" : 2.50, "a" : {"$gt": 1} }`); got != same {
		t.Error("the order of members makes it another replication")
	}
	for _, other := range []string{selector(`{"a":{"$gt":2},"b":2.50}`), selector(`{}`), id(func(*Options) {}), id(func(o *Options) { o.DocIDs = []string{"a"} })} {
		if other == same {
			t.Error("another filter is not another replication")
		}
	}
}

// Since counts only as long as there is no checkpoint.
func TestSince(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 10)
	since := pullOnce(t, options(a, newPeer(t))).LastSeq
	fill(t, a.db, 10, 13)
	opts := options(a, b)
	opts.Since = since
	if st := pullOnce(t, opts); st.DocsWritten != 3 {
		t.Errorf("status: %+v", st)
	}
	fill(t, a.db, 13, 14)
	if st := pullOnce(t, opts); st.Checked != 1 {
		t.Errorf("status: %+v", st)
	}
}
