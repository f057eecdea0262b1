package replicate

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
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
