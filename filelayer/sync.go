package filelayer

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/libpaul/paul/filelayer/replicate"
)

// syncLoop admits the devices of the roster, expels those removed, and pulls
// each database from each paired device, until ctx ends.
func (l *Layer) syncLoop(ctx context.Context) error {
	woken, stop := l.rosterChanged.Listen()
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	pulling := make(map[string]context.CancelFunc)
	for {
		l.syncRoster(ctx, &wg, pulling)
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		}
	}
}

// syncRoster starts and stops what the roster asks for.
func (l *Layer) syncRoster(ctx context.Context, wg *sync.WaitGroup, pulling map[string]context.CancelFunc) {
	left := l.left() || l.givesWay()
	wanted := make(map[string]bool)
	for _, id := range l.mirror.peers() {
		wanted[id] = true
		if pulling[id] != nil {
			continue
		}
		if err := l.opts.Network.Admit(id); err != nil {
			l.log.WarnContext(ctx, "Device cannot be admitted", "device", id, "error", err)
			continue
		}
		if left {
			continue // it may still read that this device has left
		}
		peerCtx, cancel := context.WithCancel(ctx)
		pulling[id] = cancel
		for _, db := range l.db.seal() {
			wg.Go(func() { l.pull(peerCtx, id, db) })
		}
	}
	for id, cancel := range pulling {
		if !wanted[id] || left {
			cancel()
			delete(pulling, id)
		}
	}
	for _, id := range l.mirror.removed() {
		l.opts.Network.Expel(id, l.removalNotice(id))
	}
}

// left says whether this device has been removed from the library. It then
// takes in nothing more; what it has, and its files, stay.
func (l *Layer) left() bool {
	r, ok := l.mirror.device(l.opts.DeviceID)
	return ok && r.Removed != nil
}

// removed lists the other devices that are no longer paired.
func (m *mirror) removed() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var ids []string
	for id, r := range m.devices {
		if r.Removed != nil && id != m.self {
			ids = append(ids, id)
		}
	}
	return ids
}

// pull copies the changes of one device's database until ctx ends.
func (l *Layer) pull(ctx context.Context, id string, db *Database) {
	r, err := l.puller(id, db)
	if err == nil {
		err = r.Run(ctx)
	}
	if err != nil && ctx.Err() == nil {
		l.log.ErrorContext(ctx, "Replication has ended", "device", id, "database", db.name, "error", err)
	}
}

func (l *Layer) puller(id string, db *Database) (*replicate.Replicator, error) {
	return replicate.New(replicate.Options{
		Source: replicate.End{URL: peerURL(id, "/db/"+db.name), Client: l.client, ID: id + "/" + db.name},
		Target: replicate.End{URL: db.url, Client: db.http, ID: l.opts.DeviceID + "/" + db.name},
		Accept: l.accept(db), Kick: l.opts.Network.Changed(), Log: l.log, MaxAnswer: maxPeerAnswer,
	})
}

// maxPeerAnswer is the longest answer of a device to its puller, in bytes: a
// thousand records, or one of the longest documents that a database takes.
const maxPeerAnswer = 16 << 20

// accept refuses what is no record, or beyond the bounds of one. A deletion of
// a document is let in: it also ends the losing side of a conflict, and no File
// is forgotten for it.
func (l *Layer) accept(db *Database) func(id string, doc json.RawMessage) error {
	var check func(id string, body json.RawMessage) error
	switch db {
	case l.files:
		check = l.checkFile
	case l.roster:
		check = l.checkDevice
	case l.actions:
		check = l.checkAction
	case l.copies:
		check = l.checkCopies
	default:
		return nil // its own package looks at it
	}
	return func(id string, raw json.RawMessage) error {
		if len(raw) > maxRecord {
			return fmt.Errorf("%w: %.64q has %d bytes", ErrInvalid, id, len(raw))
		}
		var files struct {
			Attachments map[string]json.RawMessage `json:"_attachments"`
		}
		if err := json.Unmarshal(raw, &files); err != nil || len(files.Attachments) > 0 { // they would fill the disk
			return fmt.Errorf("%w: %.64q has attachments", ErrInvalid, id)
		}
		doc, err := splitDoc(raw)
		if err != nil || doc.Deleted {
			return err
		}
		return check(id, doc.Body)
	}
}

func (l *Layer) checkFile(id string, body json.RawMessage) error {
	d, r, err := parseFile(id, body)
	if err != nil {
		return err
	}
	return l.boundFile(d, r)
}

func (l *Layer) checkAction(id string, body json.RawMessage) error {
	if len(body) > journalDoc {
		return fmt.Errorf("%w: action %.80q has %d bytes", ErrInvalid, id, len(body))
	}
	device, r, err := parseJournal(id, body)
	if err != nil {
		return err
	}
	return l.boundJournal(id, device, r, len(body))
}

func (l *Layer) checkDevice(id string, body json.RawMessage) error {
	r, err := parseDevice(id, body)
	if err != nil {
		return err
	}
	if err := l.boundDevice(id, r); err != nil {
		return err
	}
	if id == l.opts.DeviceID {
		l.hearRuns(r.Runs)
	}
	return nil
}
