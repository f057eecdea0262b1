package blob

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"sync/atomic"
)

const (
	sieveProbes = 4       // bits of a key
	sieveBits   = 16      // for each key: of 400 keys that were never added one passes
	sieveSpare  = 1 << 17 // keys that may come
)

// A sieve knows which keys the table blobs cannot have, once all that it has were
// added: a new file is asked for by its digest and its names several times, and
// nearly always in vain. It is a Bloom filter (Bloom 1970, Space/Time Trade-offs in
// Hash Coding with Allowable Errors). Its methods are safe for concurrent use.
type sieve struct {
	words    []atomic.Uint64
	seed     maphash.Seed
	complete atomic.Bool // every key was added
}

// newSieve makes a sieve for so many keys, and some that come later. When more
// come, it lets more pass.
func newSieve(keys int) *sieve {
	words := uint(keys+sieveSpare) * sieveBits / 64
	return &sieve{words: make([]atomic.Uint64, 1<<bits.Len(words)), seed: maphash.MakeSeed()}
}

// A key is two halves of a hash.
type key struct{ a, b uint64 }

func digestKey(d Digest) key {
	return key{binary.LittleEndian.Uint64(d[:]), binary.LittleEndian.Uint64(d[8:])}
}

func (s *sieve) foldKey(fold string) key {
	h := maphash.String(s.seed, fold)
	return key{h, bits.RotateLeft64(h, 32)}
}

// bit is the place of probe i of a key.
func (s *sieve) bit(k key, i uint64) (word *atomic.Uint64, mask uint64) {
	h := k.a + i*(k.b|1)
	return &s.words[h>>6&uint64(len(s.words)-1)], 1 << (h & 63)
}

func (s *sieve) add(k key) {
	for i := range uint64(sieveProbes) {
		word, mask := s.bit(k, i)
		word.Or(mask)
	}
}

// lacks says that the key was never added.
func (s *sieve) lacks(k key) bool {
	if !s.complete.Load() {
		return false
	}
	for i := range uint64(sieveProbes) {
		if word, mask := s.bit(k, i); word.Load()&mask == 0 {
			return true
		}
	}
	return false
}
