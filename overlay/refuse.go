package overlay

import (
	"crypto/ed25519"
	"slices"
	"sync"

	iwt "github.com/Arceliar/ironwood/types"
)

const (
	// maxNotice bounds the notice of a refusal, in bytes.
	maxNotice = 1000
	// noticeQueue is how many notices of others wait to be taken; more are lost,
	// and come again with the next hello.
	noticeQueue = 16
	// So much of a refused device is looked at: sessions begin with two frames, and
	// of what comes after those the hellos alone are answered.
	refusedBurst = 8
	refusedRate  = 1 // a second, frames
)

// A Notice is why an admitted device has shut this one out, in its own words.
type Notice struct {
	From ed25519.PublicKey
	Text []byte
}

// refusals are the keys that were shut out and are told so: whatever they send, they
// get one notice as answer to a hello, and nothing else.
type refusals struct {
	mu   sync.RWMutex
	told map[string]*refusal // by key
}

type refusal struct {
	notice []byte
	frames *bucket // let in to its session
	hellos *bucket // answered
}

func (r *refusals) set(key ed25519.PublicKey, notice []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if have := r.told[string(key)]; have != nil {
		have.notice = slices.Clone(notice)
		return
	}
	r.told[string(key)] = &refusal{slices.Clone(notice), newBucket(refusedBurst, refusedRate), newBucket(2, 0.5)}
}

func (r *refusals) drop(key ed25519.PublicKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.told, string(key))
}

// welcome reports whether the core may see one more frame of that key.
func (r *refusals) welcome(key ed25519.PublicKey) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	told := r.told[string(key)]
	return told != nil && told.frames.take()
}

// answer returns what a hello of that key is answered with, nil for nothing.
func (r *refusals) answer(key ed25519.PublicKey) []byte {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if told := r.told[string(key)]; told != nil && told.hellos.take() {
		return told.notice
	}
	return nil
}

// Refuse expels the device with that key, and from then on answers its hellos with
// notice, of at most 1,000 bytes, and nothing else, until it is admitted. A longer or
// empty one is not sent.
func (n *Node) Refuse(key ed25519.PublicKey, notice []byte) {
	n.Expel(key)
	if len(notice) > 0 && len(notice) <= maxNotice {
		n.devices.refused.set(key, notice)
	}
}

// Notices yields what admitted devices that refuse this one say of that, while Run
// runs.
func (n *Node) Notices() <-chan Notice { return n.greeter.notices }

// refuse answers the hello of a key, if it was shut out.
func (g *greeter) refuse(key ed25519.PublicKey) {
	if notice := g.devices.refused.answer(key); notice != nil {
		g.put(datagram{iwt.Addr(slices.Clone(key)), append([]byte{sessionTraffic, datagramRefusal, 0, 0, 0, 0, 0, 0, 0, 0}, notice...)})
	}
}

// noticed takes in the notice of an admitted device.
func (g *greeter) noticed(d *device, notice []byte) {
	if len(notice) == 0 || len(notice) > maxNotice || !g.hears(d) {
		return
	}
	select {
	case g.notices <- Notice{slices.Clone(d.key), slices.Clone(notice)}:
	default:
	}
}

func (g *greeter) hears(d *device) bool {
	g.devices.mu.RLock()
	defer g.devices.mu.RUnlock()
	return d.admitted
}
