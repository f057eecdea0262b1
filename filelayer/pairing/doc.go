// Package pairing makes trust between two devices of one person.
//
// The inviting device, the host, shows a [Code]: its public key, a one-time
// secret and where it can be reached. The joining device, the guest, reaches
// the host over the overlay and proves the secret; the host proves it too. The
// secret never travels. Both show the same four words, and the host's person
// accepts or rejects. Then each tells the other who it is.
//
// # Protocol
//
// A frame is a big-endian uint32 length, a type byte, and that many bytes less
// one. T is the transcript: SHA-256 over a label, both public keys and both
// nonces. M(label, …) is HMAC-SHA256 keyed by the secret.
//
//	guest -> host  hello    magic, version, guest's key, guest's nonce
//	host -> guest  hello    magic, version, host's key, host's nonce
//	guest -> host  proof    M("guest proof", T)
//	host -> guest  proof    M("host proof", T)
//	guest -> host  person   guest's name and platform        (sealed)
//	host -> guest  accept   host's name, platform, payload   (sealed)
//	guest -> host  payload  guest's payload                  (sealed)
//	host -> guest  done                                      (sealed)
//
// A sealed frame ends in an HMAC by a key derived from the secret, T and the
// direction, over its number, type and content. In place of any of its frames
// the host may send refused and a cause.
package pairing
