// Package overlay embeds a Yggdrasil node with its own TCP stack: an encrypted
// network between a person's devices that needs no TUN device, no root and no
// server. It speaks net.Conn and net.Listener, and knows nothing of what they
// carry.
//
// # Glossary
//
// A device is known by its key, an Ed25519 public key; the address of a device
// is the IPv6 address in 200::/7 that Yggdrasil derives from the key, and its
// host name is "<first 32 hex>.<last 32 hex>.pk.ygg".
//
// A peering is a configured or discovered way to another Yggdrasil node, and a
// link is the connection that makes it real. Peering is no trust: a peer
// carries sealed packets and can read none of them.
//
// Pairing is trust between a person's devices; it happens above this package,
// which only learns its outcome: a device is admitted or expelled. Packets of
// all others are dropped before there is a session, and again before the TCP
// stack sees them. While a pairing window is open, keys that are not admitted
// (guests) have sessions, and reach one TCP port.
//
// A direct link is one that two devices of a person make together, through
// whatever stands between them; see package direct.
//
// A session is Yggdrasil's end-to-end encryption between two keys, a path its
// way through the tree of nodes. A device is relayed while its packets come
// through another node, and lan or direct when a link leads to it.
//
// Hellos are small datagrams between admitted devices. They keep sessions
// alive, measure the round trip and tell who is online; nothing is dialled
// before it has answered one. A goodbye says that a device is leaving.
package overlay
