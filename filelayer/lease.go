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
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer/blob"
)

// Leases keep the last copy however devices ask each other, crash, and lose
// messages:
//
//   - A lease is for one removal by one device. While it runs, who granted it
//     does not drop its own copy, and it ends by itself after leaseTime.
//   - Who is about to drop its copy grants nothing until that is over. So who
//     grants a lease holds its copy, drops it by no removal that was begun, and
//     will drop it by none for a while: whatever it asked earlier leases for, it
//     relies on them no more. Its grant, made now and nothing else, ends them.
//   - Who gave up a removal and still has its copy says so (DELETE), to whom it
//     asked. That ends the leases of this removal alone: it may come late, twice
//     or never, and does not touch another removal, nor another device's.
//   - Dropping a copy needs a fresh lease of as many others as the person asks
//     for in any case, so that an early end binds less and proves nothing.

// A lease is asked for by POST /lease/<digest>; either body is small JSON. It is
// ended by DELETE /lease/<digest>/<removal>.
type leaseRequest struct {
	Size    int64  `json:"size"`
	Removal string `json:"removal"` // of the one who asks; up to maxRemoval letters and digits

	Read bool `json:"read,omitempty"` // the copy is to be read for it now, however late that was last done
}

type leaseReply struct {
	Verified millis `json:"verified,omitempty"`
	Until    millis `json:"until,omitempty"`
	Refused  string `json:"refused,omitempty"` // one of the refusals
	Message  string `json:"message,omitempty"`
}

// refusals are the reasons for which a lease is not granted.
var refusals = map[string]error{
	"absent":    ErrNotFound,
	"missing":   ErrMissing,
	"corrupt":   ErrCorrupt,
	"deleted":   ErrDeleted,
	"dropping":  blob.ErrDropping,
	"unmounted": ErrNotMounted,
	"inplace":   ErrInPlace,
}

// A copy is read again before a lease when its last check is older than this,
// by its size.
const (
	proofSmall = 24 * time.Hour // up to smallFile
	proofLarge = 7 * 24 * time.Hour
	smallFile  = 64 << 20
)

const (
	leaseTimeout   = 2 * time.Minute // for one answer, with the time to read a file
	releaseTimeout = 5 * time.Second
	maxRemoval     = 64
	removalAsks    = 16 // at once
)

// proofAge is how old the check of a copy may be.
func proofAge(size int64) time.Duration {
	if size > smallFile {
		return proofLarge
	}
	return proofSmall
}

// proofAge is zero when the copy is to be read for the request itself.
func (r leaseRequest) proofAge() time.Duration {
	if r.Read {
		return 0
	}
	return proofAge(r.Size)
}

// leaseName tells the leases of one copy apart.
func leaseName(device, removal string) string { return device + "/" + removal }

// lessee is the device that a lease was granted to.
func lessee(name string) string {
	device, _, _ := strings.Cut(name, "/")
	return device
}

// lessees are the devices that leases, sorted by name, were granted to.
func lessees(names []string) []string {
	ids := make([]string, len(names))
	for i, name := range names {
		ids[i] = lessee(name)
	}
	return slices.Compact(ids)
}

func validRemoval(s string) bool {
	return s != "" && len(s) <= maxRemoval && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z')
	})
}

// serveLease grants a lease, or says why not.
func (l *Layer) serveLease(w http.ResponseWriter, r *http.Request, device string, d Digest) {
	var request leaseRequest
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<10)).Decode(&request); err != nil || !validRemoval(request.Removal) {
		http.Error(w, "malformed request", http.StatusBadRequest)
		return
	}
	status := http.StatusOK
	reply, granted := l.replyLease(r.Context(), device, d, request)
	if !granted {
		status = http.StatusConflict
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(reply); err != nil {
		l.log.DebugContext(r.Context(), "Lease reply was not sent", "device", device, "error", err)
	}
}

// replyLease grants a lease, or says why not.
func (l *Layer) replyLease(ctx context.Context, device string, d Digest, request leaseRequest) (reply leaseReply, granted bool) {
	verified, until, err := l.grantLease(ctx, leaseName(device, request.Removal), d, request)
	if err == nil {
		return leaseReply{Verified: toMillis(verified), Until: toMillis(until)}, true
	}
	if errors.Is(err, blob.ErrNotFound) {
		err = ErrNotFound
	}
	reply = leaseReply{Refused: "unable", Message: err.Error()}
	for word, cause := range refusals {
		if errors.Is(err, cause) {
			reply.Refused = word
		}
	}
	return reply, false
}

// grantLease promises, under a name, that the copy here is right and stays.
func (l *Layer) grantLease(ctx context.Context, name string, d Digest, request leaseRequest) (verified, until time.Time, err error) {
	size := request.Size
	e, err := l.Entry(d)
	if err != nil {
		return verified, until, err
	}
	if e.Deleted != nil {
		return verified, until, ErrDeleted
	}
	info, err := l.blobs.Info(d)
	if err == nil && info.Missing {
		err = ErrMissing
	}
	if e.InPlace && err != nil {
		return verified, until, ErrInPlace
	}
	if err != nil {
		l.noteAbsent(d, err)
		return verified, until, err
	}
	if info.Size != size {
		return verified, until, fmt.Errorf("the file has %d bytes, not %d: %w", info.Size, size, ErrMissing)
	}
	if age := l.now().Sub(info.Verified); request.Read || age > request.proofAge() || age < -proofSmall {
		if err := l.verify(ctx, d); err != nil {
			return verified, until, err
		}
	}
	until = l.now().Add(leaseTime)
	verified, err = l.blobs.GrantLease(d, name, until)
	l.noteAbsent(d, err)
	return verified, until, err
}

// noteAbsent takes an error of the store as word that a copy is not here, if
// it is that; what follows is up to settle.
func (l *Layer) noteAbsent(d Digest, err error) {
	absent := errors.Is(err, ErrCorrupt) || errors.Is(err, ErrMissing) || errors.Is(err, blob.ErrNotFound)
	if _, here := l.mirror.copied(d); here && absent {
		l.setGone(d)
		l.stirred.add(d)
	}
}

// verify reads the copy here again, and notes what it finds.
func (l *Layer) verify(ctx context.Context, d Digest) error {
	if e, _ := l.mirror.entry(d); e.InPlace {
		return l.verifyPlaced(ctx, d)
	}
	info, err := l.blobs.Verify(ctx, d)
	if err == nil {
		l.mirror.setHere(info)
	}
	l.noteAbsent(d, err)
	return err
}

// serveRelease ends a lease that the device who asks relies on no more.
func (l *Layer) serveRelease(w http.ResponseWriter, r *http.Request, device string, d Digest) {
	if err := l.blobs.ReleaseLeases(d, leaseName(device, r.PathValue("removal"))); err != nil {
		l.log.WarnContext(r.Context(), "Lease was not ended", "device", device, "error", err)
		http.Error(w, "the lease could not be ended", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// proof is what a granted lease says.
type proof struct {
	verified time.Time // when the holder last read the bytes
	until    time.Time // it keeps them until then, by its clock
}

// askLease asks a device for a lease over the overlay.
func (l *Layer) askLease(ctx context.Context, device, removal string, e Entry) (p proof, err error) {
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	body, err := json.Marshal(leaseRequest{Size: e.Size, Removal: removal})
	if err != nil {
		return p, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, peerURL(device, "/lease/"+e.Digest.String()), bytes.NewReader(body))
	if err != nil {
		return p, err
	}
	resp, err := l.ask(l.client, req)
	if err != nil {
		return p, err
	}
	defer func() { _ = resp.Body.Close() }() // read as far as needed
	if p, err = readLease(resp); err != nil {
		return p, err
	}
	return p, p.fresh(proofAge(e.Size))
}

// fresh fails for a copy that was not read within a time. Both times are of the
// holder's clock, which may be any.
func (p proof) fresh(within time.Duration) error {
	if age := p.until.Add(-leaseTime).Sub(p.verified); age > within+time.Minute {
		return fmt.Errorf("%w: it has last read its copy %d days ago", errOldProof, int(age.Hours()/24))
	}
	return nil
}

// errOldProof is of a lease by a copy that may have rotted since.
var errOldProof = errors.New("the device promises a copy that it has not checked of late")

// releaseLease tells a device that nobody relies on its lease any more.
func (l *Layer) releaseLease(ctx context.Context, device, removal string, d Digest) error {
	ctx, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	url := peerURL(device, "/lease/"+d.String()+"/"+removal)
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := l.ask(l.client, req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func readLease(resp *http.Response) (proof, error) {
	var reply leaseReply
	if err := json.NewDecoder(io.LimitReader(resp.Body, 16<<10)).Decode(&reply); err != nil {
		reply = leaseReply{}
	}
	if resp.StatusCode != http.StatusOK {
		reply.Verified = 0
	}
	return reply.proof(resp.Status)
}

// proof is what a reply says.
func (reply leaseReply) proof(status string) (proof, error) {
	switch {
	case refusals[reply.Refused] != nil:
		return proof{}, refusals[reply.Refused]
	case reply.Message != "" || reply.Refused != "":
		return proof{}, fmt.Errorf("refused: %.200q", reply.Message)
	case reply.Verified > 0 && reply.Until > 0:
		return proof{reply.Verified.time(), reply.Until.time()}, nil
	}
	return proof{}, fmt.Errorf("gave no lease (%s)", status)
}
