package filelayer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Synced blocks until this device knows as many files as the paired device id
// did when it was asked: after pairing, until its library shows here. It fails
// when that device cannot be asked, and when ctx ends.
func (l *Layer) Synced(ctx context.Context, id string) error {
	want, err := l.recordsOf(ctx, id)
	if err != nil {
		return fmt.Errorf("wait for the records of %s: %w", l.deviceName(id), err)
	}
	woken, stop := l.changed.Listen()
	defer stop()
	for len(l.Entries())+len(l.Deleted()) < want {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the records of %s: %w", l.deviceName(id), ctx.Err())
		case <-woken:
		}
	}
	return nil
}

// recordsOf asks a device how many File records it has.
func (l *Layer) recordsOf(ctx context.Context, id string) (n int, err error) {
	resp, err := l.PeerGet(ctx, id, "/db/files")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("it answered %s", resp.Status)
	}
	var info struct {
		Count int `json:"doc_count"`
	}
	const most = 64 << 10
	err = json.NewDecoder(io.LimitReader(resp.Body, most)).Decode(&info)
	return info.Count, err
}
