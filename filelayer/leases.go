package filelayer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// Leases of several files are asked for by POST /leases, and ended by POST
// /leases/end; either body is a JSON list. The answer to the first is a list of a
// leaseReply for each. Leases of copies that are read for them are asked for so alone.
type leaseItem struct {
	Digest Digest `json:"digest"`
	leaseRequest
}

const (
	leaseFiles = 256       // of one request
	leaseRead  = 512 << 20 // and their bytes, which may have to be read for it
	leaseBody  = 256 << 10
)

// errNoLeases is of an older device, which knows only of one lease at a time.
var errNoLeases = errors.New("asked for several leases in vain")

// readLeaseItems reads what a device asks for; nil, and it is told so, if that is
// nothing of the kind.
func readLeaseItems(w http.ResponseWriter, r *http.Request) (items []leaseItem) {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, leaseBody)).Decode(&items)
	if err != nil || len(items) == 0 || len(items) > leaseFiles || slices.ContainsFunc(items, func(i leaseItem) bool { return !validRemoval(i.Removal) }) {
		http.Error(w, "malformed request", http.StatusBadRequest)
		return nil
	}
	return items
}

// serveLeases grants leases, or says for each why not.
func (l *Layer) serveLeases(w http.ResponseWriter, r *http.Request) {
	device := peerID(r.RemoteAddr)
	var replies []leaseReply
	for _, i := range readLeaseItems(w, r) {
		reply, _ := l.replyLease(r.Context(), device, i.Digest, i.leaseRequest)
		replies = append(replies, reply)
	}
	if replies == nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(replies); err != nil {
		l.log.DebugContext(r.Context(), "Lease replies were not sent", "device", device, "error", err)
	}
}

// serveReleases ends leases that the device who asks relies on no more.
func (l *Layer) serveReleases(w http.ResponseWriter, r *http.Request) {
	device := peerID(r.RemoteAddr)
	items := readLeaseItems(w, r)
	for _, i := range items {
		if err := l.blobs.ReleaseLeases(i.Digest, leaseName(device, i.Removal)); err != nil {
			l.log.WarnContext(r.Context(), "Lease was not ended", "device", device, "error", err)
			http.Error(w, "the leases could not be ended", http.StatusInternalServerError)
			return
		}
	}
	if items != nil {
		w.WriteHeader(http.StatusNoContent)
	}
}

// leases asks a device for a lease for each of some removals, or ends those.
func (l *Layer) leases(ctx context.Context, device string, asks []*removal, release bool) ([]proof, []error) {
	proofs, errs := make([]proof, len(asks)), make([]error, len(asks))
	for at := 0; at < len(asks); {
		n := leaseCount(asks[at:])
		some, got, failed := asks[at:at+n], proofs[at:at+n], errs[at:at+n]
		at += n
		err := errNoLeases
		if n > 1 || some[0].request().Read {
			err = l.postLeases(ctx, device, some, release, got, failed)
		}
		for i, r := range some {
			switch {
			case err == nil:
			case !errors.Is(err, errNoLeases):
				failed[i] = err
			case release:
				failed[i] = l.releaseLease(ctx, device, r.id, r.Digest)
			case r.request().Read:
				failed[i] = errOldProof
			default:
				got[i], failed[i] = l.lease(ctx, device, r.id, r.Entry)
			}
		}
	}
	return proofs, errs
}

// request is what a removal asks a device for. What leaves the trash was the last
// to help when a copy elsewhere has rotted, so that one is read first.
func (r *removal) request() leaseRequest {
	return leaseRequest{Size: r.Size, Removal: r.id, Read: r.what == RemovedEmptied}
}

// leaseCount is how many of the removals go into one request.
func leaseCount(asks []*removal) (n int) {
	var size int64
	for _, r := range asks[:min(len(asks), leaseFiles)] {
		if size = AddSizes(size, r.Size); n > 0 && size > leaseRead {
			break
		}
		n++
	}
	return n
}

// postLeases asks in one request.
func (l *Layer) postLeases(ctx context.Context, device string, asks []*removal, release bool, proofs []proof, errs []error) error {
	path, timeout := "/leases", leaseTimeout
	if release {
		path, timeout = "/leases/end", releaseTimeout
	}
	items := make([]leaseItem, len(asks))
	for i, r := range asks {
		items[i] = leaseItem{r.Digest, r.request()}
	}
	body, err := json.Marshal(items)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, peerURL(device, path), bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := l.ask(l.client, req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read as far as needed
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return errNoLeases
	case release:
		return nil
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("gave no lease (%s)", resp.Status)
	}
	var replies []leaseReply
	err = json.NewDecoder(io.LimitReader(resp.Body, leaseBody)).Decode(&replies)
	if err != nil || len(replies) != len(asks) {
		return fmt.Errorf("gave no lease (%d answers to %d requests)", len(replies), len(asks))
	}
	for i, reply := range replies {
		if proofs[i], errs[i] = reply.proof(resp.Status); errs[i] == nil {
			errs[i] = proofs[i].fresh(items[i].proofAge())
		}
	}
	return nil
}
