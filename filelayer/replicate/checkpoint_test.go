package replicate

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	kivik "github.com/go-kivik/kivik/v4"
)

func TestStartSeq(t *testing.T) {
	t.Parallel()
	history := func(entries ...Session) checkpoint { return checkpoint{History: entries} }
	s1, s1later := Session{SessionID: "1", RecordedSeq: "10", MissingChecked: 10}, Session{SessionID: "1", RecordedSeq: "20", MissingChecked: 20}
	s2, s3 := Session{SessionID: "2", RecordedSeq: "30", MissingChecked: 5}, Session{SessionID: "3", RecordedSeq: "40", MissingChecked: 5}
	for _, tt := range []struct {
		name           string
		source, target checkpoint
		want           string
	}{
		{"neither", history(), history(), "0"},
		{"source only", history(s1), history(), "0"},
		{"target only", history(), history(s1), "0"},
		{"the same", history(s2, s1), history(s2, s1), "30"},
		{"target missed the last", history(s1later), history(s1), "10"},
		{"source was put back", history(s1), history(s1later), "10"},
		{"source has a session more", history(s3, s2, s1), history(s2, s1), "30"},
		{"target has a session more", history(s1), history(s3, s2, s1), "10"},
		{"nothing in common", history(s3), history(s2, s1), "0"},
		{"sessions without a name", history(Session{RecordedSeq: "9"}), history(Session{RecordedSeq: "9"}), "0"},
		{"nothing recorded", history(Session{SessionID: "1"}), history(Session{SessionID: "1"}), "0"},
	} {
		if got := startSeq(tt.source, tt.target); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestCheckpointHistory(t *testing.T) {
	t.Parallel()
	var c checkpoint
	for i := range 2 * maxHistory {
		c = c.with(Session{SessionID: string(rune('A' + i)), RecordedSeq: "1"})
		c = c.with(Session{SessionID: string(rune('A' + i)), RecordedSeq: "2"})
	}
	if len(c.History) != maxHistory || c.LastSeq != "2" || c.SessionID != c.History[0].SessionID {
		t.Errorf("%d sessions, last %+v", len(c.History), c.History[0])
	}
	if slices.ContainsFunc(c.History, func(e Session) bool { return e.RecordedSeq != "2" }) {
		t.Error("a session is there twice")
	}
}

// Without checkpoints nothing is remembered on either side.
func TestNoCheckpoints(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	fill(t, a.db, 0, 10)
	opts := options(a, b)
	opts.NoCheckpoints = true
	opts.Accept = func(id string, _ json.RawMessage) error {
		if id == "doc000003" {
			return errors.New("unwanted")
		}
		return nil
	}
	for i, want := range []int{10, 1} { // what was set aside is asked for again
		if st := pullOnce(t, opts); st.Missing != want || st.Failed != 1 || !st.CaughtUp {
			t.Errorf("session %d: %+v", i, st)
		}
	}
	for _, p := range []*peer{a, b} {
		rows := p.db.LocalDocs(t.Context())
		for rows.Next() {
			id, _ := rows.ID()
			t.Errorf("left behind: %s", id)
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
	}
}

// couchDBStart is how CouchDB's replicator compares two checkpoints.
func couchDBStart(source, target checkpoint) string {
	if source.SessionID != "" && source.SessionID == target.SessionID {
		return string(source.LastSeq)
	}
	has := func(history []Session, id string) bool {
		return slices.ContainsFunc(history, func(s Session) bool { return s.SessionID == id })
	}
	for s, t := source.History, target.History; len(s) > 0 && len(t) > 0; s, t = s[1:], t[1:] {
		if has(t, s[0].SessionID) {
			return string(s[0].RecordedSeq)
		}
		if has(s[1:], t[0].SessionID) {
			return string(t[0].RecordedSeq)
		}
	}
	return "0"
}

// CouchDB would go on from our checkpoints where we do.
func TestCheckpointsAreCouchDBs(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	opts := options(a, b)
	for round := range 3 {
		fill(t, a.db, round*10, round*10+10)
		pullOnce(t, opts)
		r := newReplicator(t, opts)
		source, err := readCheckpoint(t.Context(), r.source, r.ID())
		if err != nil {
			t.Fatal(err)
		}
		target, err := readCheckpoint(t.Context(), r.target, r.ID())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := startSeq(source, target), couchDBStart(source, target); got != want || got == "0" {
			t.Errorf("we start at %s, and CouchDB at %s", got, want)
		}
		older := target
		older.History = older.History[1:]
		older.SessionID = ""
		if got, want := startSeq(source, older), couchDBStart(source, older); got != want {
			t.Errorf("without the last session, we start at %s, and CouchDB at %s", got, want)
		}
		var raw map[string]any
		if err := b.db.Get(t.Context(), "_local/"+r.ID()).ScanDoc(&raw); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"session_id", "source_last_seq", "replication_id_version", "history"} {
			if raw[name] == nil {
				t.Errorf("the checkpoint has no %s: %v", name, raw)
			}
		}
	}
}

// Whatever document lies where a checkpoint is to be, on either side or on
// both, everything is copied, and a checkpoint takes its place.
func TestForeignCheckpoints(t *testing.T) {
	t.Parallel()
	const (
		pouch = `{"last_seq":7,"session_id":"s","version":1,"replicator":"pouchdb","history":[{"last_seq":7,"session_id":"s"}]}`
		couch = `{"session_id":"s","source_last_seq":"7","replication_id_version":4,"history":[{"session_id":"s","recorded_seq":"7"}]}`
		old   = `{"session_id":"s","source_last_seq":7,"history":[{"session_id":"s","recorded_seq":7,"start_last_seq":0}]}`
	)
	for name, tt := range map[string]struct {
		source, target string
		checked        int
	}{
		"PouchDB's":         {pouch, pouch, 3},
		"CouchDB's":         {couch, couch, 3},
		"with numbers":      {old, old, 3},
		"of both":           {couch, pouch, 3},
		"source only":       {couch, "", 10},
		"target only":       {"", couch, 10},
		"of another form":   {`{"history":{"a":1},"session_id":[]}`, `{"history":7}`, 10},
		"a bad seq":         {`{"history":[{"session_id":"s","recorded_seq":null}]}`, `{"history":[{"session_id":"s","recorded_seq":null}]}`, 10},
		"a half form":       {`{"history":[{"session_id":"s","recorded_seq":"7"},{"session_id":8}]}`, couch, 10},
		"other session IDs": {couch, strings.ReplaceAll(couch, `"s"`, `"t"`), 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := newPeer(t), newPeer(t)
			fill(t, a.db, 0, 10)
			opts := options(a, b)
			id := newReplicator(t, opts).ID()
			for db, text := range map[*kivik.DB]string{a.db: tt.source, b.db: tt.target} {
				if text == "" {
					continue
				}
				if _, err := db.Put(t.Context(), "_local/"+id, json.RawMessage(text)); err != nil {
					t.Fatal(err)
				}
			}
			if st := pullOnce(t, opts); st.Checked != tt.checked {
				t.Errorf("compared %d documents, not %d", st.Checked, tt.checked)
			}
			if st := pullOnce(t, opts); st.Checked != 0 {
				t.Errorf("there is no checkpoint after it: %+v", st)
			}
		})
	}
}
