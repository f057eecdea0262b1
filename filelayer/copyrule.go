package filelayer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
)

// A CopyRule says on how many devices files are kept. The zero CopyRule asks for
// nothing. It is a wish: no device gives up a copy for it, and only devices that
// have agreed to ([Role]) take one.
type CopyRule struct {
	Copies int      // devices that have a checked copy, at least, be it in place
	On     []string // IDs of devices that are to be among them, whatever their role; sorted
}

// ruleRecord is a CopyRule in a record. The later Set wins.
type ruleRecord struct {
	Copies int      `json:"copies"`
	On     []string `json:"on,omitempty"`
	Set    stamp    `json:"set"`
}

// offerRecord is what a device keeps and takes by itself, as it says. The
// greatest N is its latest word.
type offerRecord struct {
	N          int64 `json:"n"`
	Everything bool  `json:"everything,omitempty"`
	Helps      bool  `json:"helps,omitempty"`
	Space      int64 `json:"space,omitempty"` // see Role
	Trash      int64 `json:"trash"`           // bytes in its trash, about
	Free       int64 `json:"free"`            // bytes free on its disk, about
	Disk       int64 `json:"disk,omitempty"`  // bytes that its disk has; 0: it does not say
}

func (o offerRecord) role() Role { return Role{o.Everything, o.Helps, o.Space} }

// copyRecord is the body of a document in the database "copies": the rule of a
// group of files, "rule:" and the group, or the offer of a device, "offer:" and
// its ID.
type copyRecord struct {
	Rule  *ruleRecord  `json:"rule,omitempty"`
	Offer *offerRecord `json:"offer,omitempty"`
}

const (
	rulePrefix  = "rule:"
	offerPrefix = "offer:"
	maxRules    = 10_000
	maxNamed    = 64 // devices that one rule names: all rules are in memory
)

// joinCopyRecords merges two documents of one place.
func joinCopyRecords(a, b copyRecord) copyRecord {
	return copyRecord{
		greater(a.Rule, b.Rule, func(a, b ruleRecord) int { return a.Set.compare(b.Set) }),
		greater(a.Offer, b.Offer, func(a, b offerRecord) int { return cmp.Compare(a.N, b.N) }),
	}
}

// greater picks one of two records, the same on every device.
func greater[R any](a, b *R, compare func(a, b R) int) *R {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	c := compare(*a, *b)
	if c == 0 { // by a fault, or a cloned disk
		x, _ := json.Marshal(a) // of plain values, it cannot fail
		y, _ := json.Marshal(b)
		c = bytes.Compare(x, y)
	}
	if c < 0 {
		return b
	}
	return a
}

func mergeCopyRecords(leaves []json.RawMessage) (json.RawMessage, error) {
	return mergeLeaves(leaves, joinCopyRecords, func(r copyRecord) bool { return r.fault() == "" })
}

// fault says what no device may write.
func (r copyRecord) fault() string {
	switch rule, offer := r.Rule, r.Offer; {
	case (rule == nil) == (offer == nil):
		return "neither a rule nor an offer"
	case rule != nil && (rule.Copies < 0 || rule.Copies > maxRoster):
		return "bad number of copies"
	case rule != nil && len(rule.On) > maxNamed:
		return "too many devices"
	case rule != nil && (!rule.Set.valid() || slices.ContainsFunc(rule.On, func(id string) bool { return !validDeviceID(id) })):
		return "bad device"
	case offer != nil && (offer.N < 1 || offer.N > int64(maxMillis) || min(offer.Space, offer.Trash, offer.Free, offer.Disk) < 0 ||
		max(offer.Space, offer.Trash, offer.Free, offer.Disk) > math.MaxInt64/4):
		return "bad count"
	}
	return ""
}

// parseCopyRecord reads and checks a document.
func parseCopyRecord(id string, body json.RawMessage) (r copyRecord, err error) {
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("%w: %.80q: %w", ErrInvalid, id, err)
	}
	what := r.fault()
	group, rule := strings.CutPrefix(id, rulePrefix)
	device, offer := strings.CutPrefix(id, offerPrefix)
	if what == "" && (rule != (r.Rule != nil) || rule && !validText(group) || offer && !validDeviceID(device)) {
		what = "bad place"
	}
	if what != "" {
		return r, fmt.Errorf("%w: %.80q: %s", ErrInvalid, id, what)
	}
	return r, nil
}

// copyRules is what is known of the rules and offers, in memory. What is known
// only ever joins what it was.
type copyRules struct {
	groups func(Digest) []string

	mu     sync.Mutex // guards the rest
	rules  map[string]ruleRecord
	offers map[string]offerRecord
	let    map[string]bool // documents let in that are not known yet: true for a rule
}

func newCopyRules() *copyRules {
	return &copyRules{
		groups: func(Digest) []string { return nil },
		rules:  make(map[string]ruleRecord), offers: make(map[string]offerRecord), let: make(map[string]bool),
	}
}

// known returns what is known of a document.
func (c *copyRules) known(id string) (r copyRecord) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if have, ok := c.rules[strings.TrimPrefix(id, rulePrefix)]; ok && strings.HasPrefix(id, rulePrefix) {
		r.Rule = &have
	}
	if have, ok := c.offers[strings.TrimPrefix(id, offerPrefix)]; ok {
		r.Offer = &have
	}
	return r
}

// take joins a document into what is known.
func (c *copyRules) take(id string, r copyRecord) {
	r = joinCopyRecords(c.known(id), r)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.let, id)
	if r.Rule != nil {
		c.rules[strings.TrimPrefix(id, rulePrefix)] = *r.Rule
	}
	if r.Offer != nil {
		c.offers[strings.TrimPrefix(id, offerPrefix)] = *r.Offer
	}
}

// offer is the latest word of a device.
func (c *copyRules) offer(id string) offerRecord {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offers[id]
}

// SetGroups tells of which groups a file is, for rules that are about a group.
// It must be called before Run; in is called from
// any goroutine. Without it no
// file is in a group.
func (l *Layer) SetGroups(in func(Digest) []string) { l.copyRules.groups = in }

// CopyRules returns the rules that ask for something, by group; that of the
// whole library is "". Devices that have been removed are left out of them.
func (l *Layer) CopyRules() map[string]CopyRule {
	c := l.copyRules
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]CopyRule)
	for group, r := range c.rules {
		rule := CopyRule{r.Copies, slices.DeleteFunc(slices.Clone(r.On), func(id string) bool {
			return id != l.opts.DeviceID && !l.mirror.paired(id)
		})}
		if !rule.none() {
			out[group] = rule
		}
	}
	return out
}

// SetCopyRule changes the rule of a group of files, or with "" of the whole
// library, for all devices. Of two changes that did not know of each other the
// later counts. When it returns nil, the rule is on the disk.
func (l *Layer) SetCopyRule(ctx context.Context, group string, rule CopyRule) error {
	if err := l.Ready(ctx); err != nil {
		return err
	}
	on := slices.Compact(slices.Sorted(slices.Values(rule.On)))
	for _, id := range on {
		if id != l.opts.DeviceID && !l.mirror.paired(id) {
			return fmt.Errorf("keep copies on device %.64q: %w", id, ErrNotFound)
		}
	}
	if !validText(group) {
		return fmt.Errorf("set number of copies: %w: group %.80q", ErrInvalid, group)
	}
	err := l.amendCopies(ctx, rulePrefix+group, func(r *copyRecord) {
		var seen *stamp
		if r.Rule != nil {
			seen = &r.Rule.Set
		}
		r.Rule = &ruleRecord{rule.Copies, on, after(l.opts.DeviceID, l.now(), seen)}
	})
	if err != nil {
		return fmt.Errorf("set number of copies: %w", err)
	}
	return nil
}

// amendCopies changes one document, from all that this device has seen of it.
func (l *Layer) amendCopies(ctx context.Context, id string, change func(*copyRecord)) error {
	var written copyRecord
	err := l.copies.Update(ctx, id, func(body json.RawMessage) (json.RawMessage, error) {
		written = l.copyRules.known(id)
		if there, err := parseCopyRecord(id, body); err == nil {
			written = joinCopyRecords(written, there)
		}
		change(&written)
		if what := written.fault(); what != "" {
			return nil, fmt.Errorf("%w: %s", ErrInvalid, what)
		}
		return encode(written)
	})
	if err == nil {
		l.takeCopyRecord(id, written)
	}
	return err
}

func (l *Layer) takeCopyRecord(id string, r copyRecord) {
	l.copyRules.take(id, r)
	l.copiesChanged.Raise()
	l.changed.Raise()
}

// followCopies keeps what is known of rules and offers true.
func (l *Layer) followCopies(ctx context.Context, caughtUp func()) error {
	return l.copies.Follow(ctx, "", func(docs []Doc, _ string) error {
		l.takeCopyDocs(ctx, docs)
		if len(docs) == 0 {
			caughtUp()
		}
		return nil
	})
}

func (l *Layer) takeCopyDocs(ctx context.Context, docs []Doc) {
	for _, doc := range docs {
		if doc.Deleted {
			continue // what is known stays
		}
		r, err := parseCopyRecord(doc.ID, doc.Body)
		if err != nil {
			l.log.WarnContext(ctx, "Rule or offer is passed over", "error", err)
			continue
		}
		l.takeCopyRecord(doc.ID, r)
	}
}

// checkCopies refuses what another device may not write.
func (l *Layer) checkCopies(id string, body json.RawMessage) error {
	r, err := parseCopyRecord(id, body)
	if err != nil {
		return err
	}
	refuse := func(why string) error { return fmt.Errorf("%w: %.80q: %s", ErrInvalid, id, why) }
	known := l.copyRules.known(id)
	before := int64(0)
	if known.Offer != nil {
		before = known.Offer.N
	}
	switch {
	case r.Rule != nil && l.tooLate(&r.Rule.Set):
		return refuse("its time lies too far ahead")
	case r.Offer != nil && r.Offer.N-before > maxSteps:
		return refuse("its count lies too far ahead")
	case known == copyRecord{} && !l.copyRules.admit(id, r.Rule != nil):
		return refuse("there are too many")
	}
	return nil
}

// admit lets a document in that is not known, if there are not too many of its
// kind, with those let in before it.
func (c *copyRules) admit(id string, rule bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, again := c.let[id]; again {
		return true
	}
	have, most := len(c.offers), maxRoster
	if rule {
		have, most = len(c.rules), maxRules
	}
	for _, other := range c.let {
		if other == rule {
			have++
		}
	}
	if have < most {
		c.let[id] = rule
	}
	return have < most
}
