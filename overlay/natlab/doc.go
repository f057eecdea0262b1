// Package natlab tests how two devices reach each other across the internet:
// real nodes, each a process in a network namespace of its own, behind real NAT
// by nftables. It holds nothing but tests, which run on Linux as root, need ip
// and nft (Debian's iproute2 and nftables), miniupnpd for those with port
// mapping, and are skipped elsewhere. With NATLAB=required what would be
// skipped fails.
//
// A lab looks like this:
//
//	                    P  public: the static peer, with a slow link
//	                    |
//	A -- NAT box --- internet --- NAT box -- B
//
// The internet is a switch in the test process, on one TUN device for each
// machine with a public address. It gives each of them a link with a rate, a
// delay and a queue, counts what it carries from whom to whom, and can be cut.
//
// Namespaces have no names: they end with the processes and files that hold
// them, however those end, so nothing is ever left over.
package natlab
