package filelayer

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"reflect"
	"sync"
	"time"

	"github.com/libpaul/paul/filelayer/pairing"
)

const (
	joinPatience    = 2 * time.Minute  // how long the inviting device is looked for
	expiredPatience = 15 * time.Second // the same when the code has expired, unless the clock here is wrong
)

// A CodeReview says how far a text is a pair code.
type CodeReview = pairing.Review

// CodeGroup is how many digits of a pair code are named together.
const CodeGroup = pairing.Group

// ReviewCode reviews a text that is to be a pair code.
func ReviewCode(text string) CodeReview { return pairing.Inspect(text) }

// ReviewShortCode reviews a text that is to be the short code of the device
// whose ID is id, or its whole one.
func ReviewShortCode(id, text string) CodeReview { return pairing.InspectShort(id, text) }

// FromShortCode returns the whole pair code, without hints, of the device whose
// ID is id; ErrBadCode.
func FromShortCode(id, text string) (string, error) {
	c, err := pairing.FromShort(id, text)
	if err != nil {
		return "", err
	}
	return c.Encode()
}

// A Guest is a device that asks to be paired.
type Guest struct {
	ID, Name, Platform string
	Words              [4]string // shown on both devices; they must be equal
}

// An Invitation is a live pair code.
type Invitation struct {
	l    *Layer
	p    *pairing.Invitation
	done func() // closes the window
}

// inviting is the invitation that is live, if any, and the one before it, which
// tells whoever still brings its code why that no longer works.
type inviting struct {
	mu   sync.Mutex // guards the rest
	live *Invitation
	last *Invitation
}

func (v *inviting) set(i *Invitation) (before *Invitation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before, v.live = v.live, i
	return before
}

// host returns the invitation that answers who knocks, or nil.
func (v *inviting) host() *Invitation {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.live == nil {
		return v.last
	}
	return v.live
}

// clear forgets an invitation, unless another has taken its place.
func (v *inviting) clear(i *Invitation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.live == i {
		v.live, v.last = nil, i
	}
}

// GeneratePairCode makes a pair code for one other device, good for ten
// minutes, and opens the overlay to whoever brings it. Run serves it. An
// earlier code stops working.
func (l *Layer) GeneratePairCode(ctx context.Context) (*Invitation, error) {
	if err := l.Ready(ctx); err != nil {
		return nil, err
	}
	self, err := l.self()
	if err != nil {
		return nil, fmt.Errorf("invite: %w", err)
	}
	p, err := pairing.NewInvitation(pairing.Options{Self: self, Hints: l.opts.Network.Hints()})
	if err != nil {
		return nil, fmt.Errorf("invite: %w", err)
	}
	i := &Invitation{l: l, p: p}
	closeWindow := l.opts.Network.OpenWindow()
	expire := time.AfterFunc(time.Until(p.Expires()), i.Cancel)
	i.done = sync.OnceFunc(func() {
		expire.Stop()
		l.invite.clear(i)
		closeWindow()
	})
	if before := l.invite.set(i); before != nil {
		before.Cancel()
	}
	return i, nil
}

// Code is the text to show, also as a QR code.
func (i *Invitation) Code() string { return i.p.Code() }

// Short is the code for a device on the same network that has heard of this one.
func (i *Invitation) Short() string { return i.p.Short() }

// Expires is when the code stops working.
func (i *Invitation) Expires() time.Time { return i.p.Expires() }

// Wait blocks until a device has proved that it knows the code.
func (i *Invitation) Wait(ctx context.Context) (Guest, error) {
	g, err := i.p.Wait(ctx)
	if err != nil {
		if ctx.Err() == nil {
			i.done()
		}
		return Guest{}, fmt.Errorf("invite: %w", err)
	}
	return Guest{ID: hex.EncodeToString(g.Key), Name: g.Name, Platform: g.Platform, Words: g.Words}, nil
}

// Accept pairs the device that Wait returned. After [pairing.ErrGone] the code
// is open again.
func (i *Invitation) Accept(ctx context.Context) (Device, error) {
	payload, err := i.l.rosterPayload()
	if err != nil {
		return Device{}, fmt.Errorf("pair: %w", err)
	}
	g, theirs, err := i.p.Accept(ctx, payload)
	if err != nil {
		return Device{}, fmt.Errorf("pair: %w", err)
	}
	defer i.done()
	return i.l.welcome(ctx, g.Peer, theirs)
}

// Reject refuses the device that Wait returned; the code is used up.
func (i *Invitation) Reject() {
	i.p.Reject()
	i.done()
}

// Cancel ends the invitation. It may be called at any time, and twice.
func (i *Invitation) Cancel() {
	i.p.Cancel()
	i.done()
}

// UsePairCode joins the library of the device that showed code, and with it
// all devices of that library. show is called with the words to compare while
// the other person is asked.
func (l *Layer) UsePairCode(ctx context.Context, code string, show func(words [4]string)) (Device, error) {
	if err := l.Ready(ctx); err != nil {
		return Device{}, err
	}
	parsed, err := pairing.ParseCode(code)
	if err != nil {
		return Device{}, fmt.Errorf("join: %w", err)
	}
	id := hex.EncodeToString(parsed.Key)
	if id == l.opts.DeviceID {
		return Device{}, fmt.Errorf("join: %w", ErrOwnCode)
	}
	if err := l.opts.Network.Admit(id); err != nil {
		return Device{}, fmt.Errorf("join: %w", err)
	}
	settle := l.addHints(ctx, parsed.Hints)
	device, err := l.join(ctx, id, parsed, show)
	settle(err == nil)
	if err != nil {
		if !l.mirror.paired(id) {
			l.opts.Network.Expel(id, nil)
		}
		return Device{}, fmt.Errorf("join: %w", err)
	}
	return device, nil
}

func (l *Layer) join(ctx context.Context, id string, code pairing.Code, show func([4]string)) (Device, error) {
	self, err := l.self()
	if err != nil {
		return Device{}, err
	}
	payload, err := l.rosterPayload()
	if err != nil {
		return Device{}, err
	}
	expired := code.Expired(l.now())
	conn, err := l.dialHost(ctx, id, expired)
	if err != nil && expired {
		err = fmt.Errorf("%w (%w)", ErrExpired, err)
	}
	if err != nil {
		return Device{}, err
	}
	host, theirs, err := pairing.Join(ctx, conn, code, self, payload, show)
	if err != nil {
		return Device{}, err
	}
	return l.welcome(ctx, host, theirs)
}

// addHints adds the peerings that a pair code names; settle says whether the
// two devices were paired.
func (l *Layer) addHints(ctx context.Context, hints []string) (settle func(paired bool)) {
	var added []func(bool) error
	for _, hint := range hints {
		one, err := l.opts.Network.AddPeer(hint)
		if err != nil {
			l.log.DebugContext(ctx, "Hint of the pair code was not used", "error", err)
			continue
		}
		added = append(added, one)
	}
	return func(paired bool) {
		for _, one := range added {
			if err := one(paired); err != nil {
				l.log.WarnContext(ctx, "Peer of the pair code was not settled", "paired", paired, "error", err)
			}
		}
	}
}

// dialHost connects to the inviting device. The overlay may first have to find
// a way to it.
func (l *Layer) dialHost(ctx context.Context, id string, expired bool) (net.Conn, error) {
	patience := joinPatience
	if expired {
		patience = expiredPatience
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addr := fmt.Sprintf("%s:%d", peerHost(id), PairPort)
	for {
		conn, err := l.opts.Dial(ctx, "tcp", addr)
		if err == nil {
			return conn, nil
		}
		if pause(ctx, time.Second) != nil {
			return nil, fmt.Errorf("the device that shows the code cannot be reached: are both online, and is the code still shown? %w", err)
		}
	}
}

// self is this device as pairing presents it.
func (l *Layer) self() (pairing.Peer, error) {
	key, err := hex.DecodeString(l.opts.DeviceID)
	if err != nil {
		return pairing.Peer{}, err
	}
	r, _ := l.mirror.device(l.opts.DeviceID)
	return pairing.Peer{Key: ed25519.PublicKey(key), Name: r.Name, Platform: r.Platform}, nil
}

// rosterPayload is what each device tells the other of all it knows.
func (l *Layer) rosterPayload() ([]byte, error) {
	l.mirror.mu.RLock()
	defer l.mirror.mu.RUnlock()
	return json.Marshal(l.mirror.devices)
}

// welcome writes the records of a device that has been paired, and of those it
// knows, into the roster. The latest word decides about removed devices, and
// these two are paired anew.
func (l *Layer) welcome(ctx context.Context, peer pairing.Peer, payload []byte) (Device, error) {
	var theirs map[string]deviceRecord
	if err := json.Unmarshal(payload, &theirs); err != nil {
		return Device{}, fmt.Errorf("%w: the other device's list of devices: %w", ErrInvalid, err)
	}
	id := hex.EncodeToString(peer.Key)
	if _, ok := theirs[id]; !ok {
		return Device{}, fmt.Errorf("%w: the other device's list of devices lacks itself", ErrInvalid)
	}
	own, ok := theirs[l.opts.DeviceID]
	if !ok {
		own, _ = l.mirror.device(l.opts.DeviceID)
	}
	if err := l.enrol(ctx, l.opts.DeviceID, own, true); err != nil {
		return Device{}, err
	}
	if err := l.enrol(ctx, id, theirs[id], true); err != nil {
		return Device{}, err
	}
	for other, r := range theirs {
		if err := l.enrol(ctx, other, r, false); err != nil && !errors.Is(err, ErrInvalid) {
			return Device{}, err
		}
	}
	r, _ := l.mirror.device(id)
	return l.exportDevice(id, r), nil
}

func (l *Layer) stampNow() stamp { return stamp{By: l.opts.DeviceID, At: toMillis(l.now())} }

// enrol joins a Device record into the roster, as it is: were its "added" made
// later here, a removal elsewhere would lose to it. With anew, a device that
// has been removed is paired again.
func (l *Layer) enrol(ctx context.Context, id string, theirs deviceRecord, anew bool) error {
	if what := theirs.fault(); what != "" || !validDeviceID(id) {
		return fmt.Errorf("%w: device %.64q: %s", ErrInvalid, id, what)
	}
	if err := l.boundDevice(id, theirs); err != nil {
		return err
	}
	return l.amendDevice(ctx, id, func(r *deviceRecord, known bool) bool {
		before := *r
		if known {
			*r = joinDevices(before, theirs)
		} else {
			*r = theirs
		}
		if anew && r.Removed != nil {
			r.Added = after(l.opts.DeviceID, l.now(), &r.Added, r.Removed)
			r.Removed = nil
		}
		return !reflect.DeepEqual(*r, before)
	})
}

// servePairing hands connections to the live invitation until ctx ends.
func (l *Layer) servePairing(ctx context.Context) error {
	if l.opts.PairListener == nil {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { _ = l.opts.PairListener.Close() })
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	var room pairRoom
	for {
		conn, err := l.opts.PairListener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("serve pairing: %w", err)
		}
		key, err := hex.DecodeString(peerID(conn.RemoteAddr().String()))
		i := l.invite.host()
		if err != nil || len(key) != ed25519.PublicKeySize || i == nil {
			_ = conn.Close() // nobody was invited
			continue
		}
		guest := string(key)
		if !room.enter(guest) {
			_ = conn.Close() // too many knock
			continue
		}
		wg.Go(func() {
			defer room.leave(guest)
			if err := i.p.Serve(ctx, conn, ed25519.PublicKey(key)); err != nil {
				l.log.InfoContext(ctx, "Pairing did not succeed", "error", err)
			}
		})
	}
}
