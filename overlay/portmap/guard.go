package portmap

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
)

const (
	maxBody     = 256 << 10 // of a description or an answer
	maxHTTPHead = 16 << 10
)

// errElsewhere: a URL leads to another host than the gateway that named it.
var errElsewhere = errors.New("the router points at another machine")

// checkPlace refuses URLs that lead anywhere but to the gateway, so that
// nobody can make this machine ask others.
func checkPlace(at *url.URL, gateway netip.Addr) error {
	host, err := netip.ParseAddr(at.Hostname())
	if err != nil || host.Unmap() != gateway {
		return errElsewhere
	}
	if at.Scheme != "http" || at.User != nil {
		return errors.New("the router points at a place that is no plain HTTP")
	}
	return nil
}

// guard is an http.RoundTripper that reaches only the gateway, from our
// address in its network, and bounds what comes back.
type guard struct {
	gateway netip.Addr
	next    http.RoundTripper
}

// guarded returns a client for the UPnP of a gateway. Some take seconds to
// store a mapping.
func guarded(t target) http.Client {
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(t.local, 0))}
	return http.Client{Timeout: 3 * t.wait, Transport: guard{t.gateway, &http.Transport{
		DialContext:            dialer.DialContext,
		DisableCompression:     true,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxHTTPHead,
	}}}
}

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := checkPlace(request.URL, g.gateway); err != nil {
		return nil, err
	}
	response, err := g.next.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("ask router: %w", err)
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxBody), response.Body}
	return response, nil
}
