package replicator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// replicatorDB is the database whose documents ask for replications.
const replicatorDB = "_replicator"

// A replicatorDoc is what is known of a document of _replicator.
type replicatorDoc struct {
	rev     string
	job     *job      // nil when there is nothing to run
	final   string    // completed or failed, if it is; else ""
	reason  string    // why it failed
	stats   any       // of what completed
	source  string    // for who asks about it
	target  string    //
	started time.Time // when it was last looked at
}

// follow acts on the documents of _replicator until ctx ends.
func (d *Driver) follow(ctx context.Context) {
	stirred, stop := d.stirred.Listen()
	defer stop()
	since := "0"
	for ctx.Err() == nil {
		var page struct {
			Results []struct {
				ID      string          `json:"id"`
				Deleted bool            `json:"deleted"`
				Doc     json.RawMessage `json:"doc"`
			} `json:"results"`
			LastSeq string `json:"last_seq"`
		}
		path := replicatorDB + "/_changes?include_docs=true&feed=longpoll&heartbeat=30000&since=" + url.QueryEscape(since)
		status, err := d.get(ctx, path, &page)
		if err != nil || status != http.StatusOK { // it is not there, or the server closes
			d.drop(func(string) bool { return true })
			since = "0"
			d.pause(ctx, stirred, status == http.StatusNotFound)
			continue
		}
		for _, row := range page.Results {
			if row.Deleted {
				d.drop(func(id string) bool { return id == row.ID })
			} else if !strings.HasPrefix(row.ID, "_design/") {
				d.consider(ctx, row.ID, row.Doc)
			}
		}
		since = page.LastSeq
	}
}

// pause waits until _replicator may be there, or, if it was, for a while.
func (d *Driver) pause(ctx context.Context, stirred <-chan struct{}, absent bool) {
	t := time.NewTimer(firstWait)
	defer t.Stop()
	if absent {
		t.Stop()
	}
	select {
	case <-t.C:
	case <-stirred:
	case <-ctx.Done():
	}
}

// drop forgets documents, and stops what they asked for.
func (d *Driver) drop(which func(id string) bool) {
	d.mu.Lock()
	var stopped []*job
	for id, doc := range d.docs {
		if which(id) {
			delete(d.docs, id)
			if doc.job != nil {
				stopped = append(stopped, doc.job)
			}
		}
	}
	d.mu.Unlock()
	for _, j := range stopped {
		j.cancel()
	}
}

// state is what a document says of itself.
type state struct {
	Rev    string          `json:"_rev"`
	State  string          `json:"_replication_state"`
	Reason string          `json:"_replication_state_reason"`
	Stats  json.RawMessage `json:"_replication_stats"`
}

// consider acts on one document as it is now.
func (d *Driver) consider(ctx context.Context, id string, raw json.RawMessage) {
	d.drop(func(known string) bool { return known == id })
	var st state
	_ = json.Unmarshal(raw, &st) // what is not as it should be is found by parse
	doc := &replicatorDoc{rev: st.Rev, started: time.Now()}
	var a asked
	err := json.Unmarshal(raw, &a)
	var s *spec
	if err == nil {
		s, err = a.parse()
	}
	if s != nil {
		doc.source, doc.target = s.source.String(), s.target.String()
	}
	switch {
	case st.State == completed || st.State == failed:
		doc.final, doc.reason, doc.stats = st.State, st.Reason, st.Stats
	case err != nil:
		d.finish(ctx, id, raw, map[string]any{"_replication_state": failed, "_replication_state_reason": err.Error()})
		doc.final, doc.reason = failed, err.Error()
	default:
		d.begin(ctx, id, raw, s, doc)
	}
	d.mu.Lock()
	d.docs[id] = doc
	d.mu.Unlock()
}

// begin starts what a document asks for.
func (d *Driver) begin(ctx context.Context, id string, raw json.RawMessage, s *spec, doc *replicatorDoc) {
	j, err := d.start(s, id)
	if err == nil && j.docID != id {
		err = fmt.Errorf("Replication `%s` was already started by %s", j.id, startedBy(j)) //nolint:staticcheck // CouchDB's words
	}
	if errors.Is(err, errNotRunning) {
		return // the program is at its end; the next start begins it
	}
	if err != nil {
		d.finish(ctx, id, raw, map[string]any{"_replication_state": failed, "_replication_state_reason": err.Error()})
		doc.final, doc.reason = failed, err.Error()
		return
	}
	doc.job = j
	d.wg.Go(func() {
		<-j.done
		if v := j.look(); v.state == completed {
			d.finish(ctx, id, raw, map[string]any{"_replication_state": completed, "_replication_id": strings.Split(j.id, "+")[0], "_replication_stats": v.info()})
		}
	})
}

func startedBy(j *job) string {
	if j.docID == "" {
		return "a request to _replicate"
	}
	return "document `" + j.docID + "`"
}

// finish writes a final state into a document. If the document has changed
// meanwhile, its new revision is considered anyway.
func (d *Driver) finish(ctx context.Context, id string, raw json.RawMessage, set map[string]any) {
	var doc map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&doc) != nil {
		return
	}
	for name, value := range set {
		doc[name] = value
	}
	doc["_replication_state_time"] = timestamp(time.Now())
	body, _ := json.Marshal(doc) // it came as JSON
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, localURL+replicatorDB+"/"+url.PathEscape(id), bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.local.Do(req)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body) // a few bytes
		_ = resp.Body.Close()
		if resp.StatusCode < 300 || resp.StatusCode == http.StatusConflict {
			return
		}
		err = fmt.Errorf("it answers %d", resp.StatusCode)
	}
	if ctx.Err() == nil {
		d.log.WarnContext(ctx, "The state of a replication could not be written", "doc", id, "err", err)
	}
}
