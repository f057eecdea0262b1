package portmap

import (
	"context"
	"net/netip"
	"time"
)

// A protocol is a way to ask a gateway for a mapping.
type protocol struct {
	method string
	// find returns a session if the gateway speaks the protocol. It maps
	// nothing.
	find func(context.Context, target) (session, error)
}

// protocols are in the order of preference.
var protocols = []protocol{
	{MethodPCP, findPCP},
	{MethodNATPMP, findNATPMP},
	{MethodUPnP, findUPnP},
}

// A session is a gateway that has answered in a protocol.
type session interface {
	// add makes a mapping, or renews it. The grant is as the gateway gave it,
	// unchecked. After an error there may be a mapping or none.
	add(context.Context, request) (grant, error)
	// remove ends a mapping that add made for the same request.
	remove(context.Context, request) error
}

// request is what is asked of a gateway.
type request struct {
	port     uint16         // our local one
	external netip.AddrPort // the one wanted; its address is zero if none was had yet
	lifetime time.Duration
	nonce    [12]byte
}

// grant is what a gateway gave.
type grant struct {
	external  netip.AddrPort
	lifetime  time.Duration
	permanent bool  // lifetime is nothing: it ends when it is removed
	epoch     epoch // zero if the protocol has none
}
