// Package conflict merges the live leaves of a document into one, the same way
// on every replica.
//
// A database that replicates lets a document have several live leaves, a
// conflict, and shows the winner. Here the leaves' bodies are merged by the
// document's own rule, and the result is written as a child of the winner, with
// a tombstone on each other leaf. Those revisions depend on nothing but their
// parents and bodies, so replicas that resolve the same conflict write the same
// ones, and have nothing new to exchange.
package conflict

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	kivik "github.com/go-kivik/kivik/v4"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// Errors of the package.
var (
	// ErrUnmergeable is returned for a conflict of which the document's rule
	// makes nothing. It is left as it is.
	ErrUnmergeable = errors.New("conflict cannot be merged")
	// ErrInvalid is returned for what is no document.
	ErrInvalid = errors.New("not a document")
)

// A MergeFunc merges the live leaves of a document in conflict into the body
// that replaces them. Whatever the order of the leaves, and however they were
// merged before, it must give the same bytes: it is deterministic,
// commutative, associative and idempotent. Leaves it cannot read it should
// pass over; with an error, the conflict is left alone.
type MergeFunc func(leaves []json.RawMessage) (json.RawMessage, error)

// Resolution returns the revisions that end the conflict of a document: the
// merged body on its winner, and a tombstone on every other live leaf. They are
// to be written together, with new_edits=false. It returns none if there is no
// conflict, or no such document.
func Resolution(ctx context.Context, db *kivik.DB, id string, merge MergeFunc) ([]json.RawMessage, error) {
	var winner struct {
		Rev       string   `json:"_rev"`
		Conflicts []string `json:"_conflicts"`
	}
	var raw json.RawMessage
	err := db.Get(ctx, id, kivik.Param("conflicts", true)).ScanDoc(&raw)
	if kivik.HTTPStatus(err) == http.StatusNotFound { // deleted: no leaf is live
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &winner)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", id, err)
	}
	if len(winner.Conflicts) == 0 {
		return nil, nil
	}
	body, err := Body(raw)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", id, err)
	}
	leaves := []json.RawMessage{body}
	size := len(body)
	var failed error
	for i, rev := range winner.Conflicts {
		leaf, err := readLeaf(ctx, db, id, rev)
		if err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", rev, id, err)
		}
		leaves = append(leaves, leaf)
		if size += len(leaf); size < mergeAtOnce && i < len(winner.Conflicts)-1 {
			continue
		}
		merged, err := merge(leaves)
		if err != nil {
			failed = err // others may be read
			leaves, size = nil, 0
			continue
		}
		leaves, size = []json.RawMessage{merged}, len(merged)
	}
	if len(leaves) == 0 {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnmergeable, id, failed)
	}
	return resolution(id, winner.Rev, body, leaves[0], winner.Conflicts)
}

// mergeAtOnce is how many bytes of leaves are merged at once: a conflict may
// have any number.
const mergeAtOnce = 4 << 20

func readLeaf(ctx context.Context, db *kivik.DB, id, rev string) (json.RawMessage, error) {
	var raw json.RawMessage
	if err := db.Get(ctx, id, kivik.Rev(rev)).ScanDoc(&raw); err != nil {
		return nil, err
	}
	return Body(raw)
}

func resolution(id, winner string, body, merged json.RawMessage, losers []string) ([]json.RawMessage, error) {
	var writes []json.RawMessage
	merged = Canonical(merged)
	if !bytes.Equal(merged, Canonical(body)) {
		child, err := child(id, winner, merged, false)
		if err != nil {
			return nil, err
		}
		writes = append(writes, child)
	}
	for _, loser := range losers {
		child, err := child(id, loser, nil, true)
		if err != nil {
			return nil, err
		}
		writes = append(writes, child)
	}
	return writes, nil
}

// child makes a child of a revision. Its hash depends on the parent and the
// body alone.
func child(id, parent string, body json.RawMessage, deleted bool) (json.RawMessage, error) {
	number, hash, _ := strings.Cut(parent, "-")
	generation, err := strconv.Atoi(number)
	if err != nil || hash == "" {
		return nil, fmt.Errorf("%w: revision %q of %s", ErrInvalid, parent, id)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%t\n%s", parent, deleted, body))
	digest := hex.EncodeToString(sum[:16])
	type revisions struct {
		Start int      `json:"start"`
		IDs   []string `json:"ids"`
	}
	head, err := json.Marshal(struct {
		ID        string    `json:"_id"`
		Rev       string    `json:"_rev"`
		Deleted   bool      `json:"_deleted,omitempty"`
		Revisions revisions `json:"_revisions"`
	}{id, fmt.Sprintf("%d-%s", generation+1, digest), deleted, revisions{generation + 1, []string{digest, hash}}})
	if err != nil || len(body) <= len("{}") {
		return head, err
	}
	return append(append(head[:len(head)-1], ','), body[1:]...), nil
}

// Body drops the members of a document whose names begin with "_", and sorts the
// others. Of several with one name the last counts.
func Body(raw json.RawMessage) (json.RawMessage, error) {
	if !json.Valid(raw) || !rawjson.IsObject(raw) {
		return nil, fmt.Errorf("%w: not an object", ErrInvalid)
	}
	type member struct {
		name          string
		quoted, value []byte
	}
	var members []member
	for quoted, value := range rawjson.Members(raw) {
		if name := rawjson.Text(quoted); name == "" || name[0] != '_' {
			members = append(members, member{name, quoted, value})
		}
	}
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	body := append(make([]byte, 0, len(raw)), '{')
	for i, m := range members {
		if i+1 < len(members) && members[i+1].name == m.name {
			continue
		}
		if len(body) > 1 {
			body = append(body, ',')
		}
		body = append(append(body, m.quoted...), ':')
		body = rawjson.AppendCompact(body, m.value)
	}
	return append(body, '}'), nil
}

// Canonical returns JSON with its members sorted and without spaces, or raw
// itself if it is not JSON.
func Canonical(raw json.RawMessage) json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return raw
	}
	out, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return out
}
