package portmap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/ipv4"
)

const (
	searchAgain = 500 * time.Millisecond // a search is lost as easily as any packet
	searchCount = 3
	maxSSDP     = 4096 // of one answer
	maxAnswers  = 100  // of all in one search
	maxPlaces   = 4    // different descriptions that one gateway may point at
)

// searchFor are the devices that hold the services asked of. One of version 2
// answers searches for 1 too, but not every one does (UPnP IGD 2, 2.2).
var searchFor = []string{
	"urn:schemas-upnp-org:device:InternetGatewayDevice:1",
	"urn:schemas-upnp-org:device:InternetGatewayDevice:2",
}

// search asks the network for gateways (UPnP Device Architecture 1.1, 1.3) and
// calls found with each place of a description that the gateway of t names,
// until found returns true or ctx ends. The error is ErrNoAnswer when the
// gateway says nothing, and ErrBadAnswer when nothing it says can be used.
func search(ctx context.Context, t target, found func(*url.URL) bool) error {
	ctx, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	c, err := new(net.ListenConfig).ListenPacket(ctx, "udp4", netip.AddrPortFrom(t.local, 0).String())
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrNoAnswer, err)
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	leaveBy(c, t.local)
	asked := make(chan struct{})
	defer func() {
		cancel()
		<-asked
	}()
	go func() {
		defer close(asked)
		ask(ctx, c, t.search)
	}()
	return collect(c, t.gateway, found)
}

// leaveBy sends multicast by the interface of an address. Without it the
// routing table decides, which knows no better where gateways are.
func leaveBy(c net.PacketConn, own netip.Addr) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return
	}
	for _, i := range interfaces {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr() == own {
				_ = ipv4.NewPacketConn(c).SetMulticastInterface(&i)
			}
		}
	}
}

// ask sends the searches, and again until ctx ends.
func ask(ctx context.Context, c net.PacketConn, to []netip.AddrPort) {
	again := time.NewTicker(searchAgain)
	defer again.Stop()
	for range searchCount {
		for _, at := range to {
			for _, what := range searchFor {
				_, _ = c.WriteTo(searchRequest(at, what), net.UDPAddrFromAddrPort(at)) // some of them may not be reached
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

func searchRequest(at netip.AddrPort, what string) []byte {
	return fmt.Appendf(nil, "M-SEARCH * HTTP/1.1\r\nHOST: %s\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: %s\r\n\r\n", at, what)
}

// collect reads answers until found takes one, or c is closed.
func collect(c net.PacketConn, gateway netip.Addr, found func(*url.URL) bool) error {
	result := ErrNoAnswer
	buf := make([]byte, maxDatagram)
	places := make(map[string]bool)
	for answers := 0; answers < maxAnswers && len(places) < maxPlaces; answers++ {
		size, from, err := c.ReadFrom(buf)
		if err != nil {
			break
		}
		if sender, ok := from.(*net.UDPAddr); !ok || sender.AddrPort().Addr().Unmap() != gateway {
			continue // whoever else answers is no gateway of ours
		}
		at, err := parseLocation(buf[:size], gateway)
		switch {
		case err != nil:
			result = fmt.Errorf("%w (%w)", ErrBadAnswer, err)
		case places[at.String()]:
		case found(at):
			return nil
		default:
			places[at.String()] = true
		}
	}
	if len(places) > 0 {
		return nil // found has said what it thinks of them
	}
	return result
}

// parseLocation reads the place of a description out of an answer to a search.
// It must be on the gateway itself.
func parseLocation(answer []byte, gateway netip.Addr) (*url.URL, error) {
	if len(answer) > maxSSDP {
		return nil, fmt.Errorf("SSDP answer of %d bytes", len(answer))
	}
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
	if err != nil {
		return nil, errors.New("SSDP answer that is no HTTP")
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("SSDP answer with status %d", response.StatusCode)
	}
	at, err := url.Parse(strings.TrimSpace(response.Header.Get("Location")))
	if err != nil {
		return nil, errors.New("SSDP answer with a location that is no URL")
	}
	return at, checkPlace(at, gateway)
}
