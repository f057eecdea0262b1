package imagelib

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib/meta"
)

// learn takes what lies beside a file that the library has already into its
// document: the photo may have been imported before, without that. Edits stay.
func (l *Library) learn(ctx context.Context, p *photo, d Digest) error {
	facts := newDocument(&p.info, p.date, hashes{})
	l.writing.RLock()
	defer l.writing.RUnlock()
	var body raw
	err := l.db.Update(ctx, d.String(), func(old raw) (_ raw, err error) {
		body, err = withFacts(old, facts)
		return body, err
	})
	if err != nil {
		return fmt.Errorf("record what lies beside %s: %w", p.path, err)
	}
	if body != nil {
		l.took([]filelayer.Doc{{ID: d.String(), Body: body}})
	}
	return nil
}

// withFacts returns a document's body with other facts of the same file: those that
// are known, and the date where its source is no worse. Without a document there is
// nothing to change.
func withFacts(body raw, facts document) (raw, error) {
	if body == nil {
		return nil, nil
	}
	var old document
	members, more := map[string]raw{}, map[string]raw{}
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, err
	}
	_ = readBody(body, &old) // what it cannot read counts as unknown
	if !better(facts.DateSource, old.DateSource) {
		facts.Date, facts.DateSource = "", ""
	}
	facts.Width, facts.Height, facts.Orientation, facts.Version = 0, 0, 0, 0 // as the bytes say
	b, err := json.Marshal(facts)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &more); err != nil {
		return nil, err
	}
	for name, value := range more {
		members[name] = value
	}
	return canonical(members), nil
}

// better reports whether a date is to be taken in place of one there is. Dates of
// the same file by the same source are the same, but for those a person can change.
func better(source, than meta.Source) bool {
	return sourceRank[source] > sourceRank[than] ||
		source == than && (source == meta.SourceSidecar || source == meta.SourceTakeout)
}
