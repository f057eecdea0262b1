package portmap

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/huin/goupnp"
	"github.com/huin/goupnp/dcps/internetgateway2"
	"github.com/huin/goupnp/soap"
)

const (
	upnpUDP         = "UDP"
	upnpDescription = "Paul" // what the person sees in the router's list
	portTries       = 4      // external ports asked for before giving up
)

// Error codes of WANIPConnection:2, 2.5 and 3.
const (
	upnpInvalidAction    = 401
	upnpInvalidArgs      = 402
	upnpNotAuthorized    = 606
	upnpNoEntry          = 714
	upnpConflict         = 718
	upnpSamePort         = 724
	upnpOnlyPermanent    = 725
	upnpNoPorts          = 728
	upnpConflictingOther = 729
)

// errTaken: the external port belongs to another.
var errTaken = errors.New("the port is taken by another machine")

// wanConnection is what WANIPConnection 1 and 2 and WANPPPConnection 1 share.
type wanConnection interface {
	AddPortMappingCtx(ctx context.Context, remoteHost string, external uint16, protocol string,
		internal uint16, client string, enabled bool, description string, lease uint32) error
	DeletePortMappingCtx(ctx context.Context, remoteHost string, external uint16, protocol string) error
	GetSpecificPortMappingEntryCtx(ctx context.Context, remoteHost string, external uint16, protocol string) (
		internal uint16, client string, enabled bool, description string, lease uint32, err error)
	GetExternalIPAddressCtx(ctx context.Context) (string, error)
}

type upnpSession struct {
	service wanConnection
	local   netip.Addr
}

// findUPnP searches for a description by the gateway that names connections,
// and returns the first of them that has an address on the internet.
func findUPnP(ctx context.Context, t target) (session, error) {
	client := guarded(t)
	var got *upnpSession
	var why error
	err := search(ctx, t, func(at *url.URL) bool {
		var services []wanConnection
		if services, why = describe(ctx, client, at); why != nil {
			return false
		}
		got, why = firstOnline(ctx, services, t.local)
		return true
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, absent(err, "UPnP")
	case why != nil:
		return nil, why
	}
	return got, nil
}

func firstOnline(ctx context.Context, services []wanConnection, own netip.Addr) (*upnpSession, error) {
	var why error
	for _, service := range services {
		s := &upnpSession{service, own}
		_, err := s.externalAddress(ctx)
		if err == nil {
			return s, nil
		}
		if why == nil || errors.Is(why, ErrOffline) {
			why = err
		}
	}
	return nil, why
}

// describe fetches a description and returns the services it names, the
// newest versions first. There is at least one if err is nil.
func describe(ctx context.Context, client http.Client, at *url.URL) ([]wanConnection, error) {
	root, err := fetchRoot(ctx, client, at)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrBadAnswer, err)
	}
	var services []wanConnection
	add := func(c wanConnection, s *goupnp.ServiceClient) {
		s.SOAPClient.HTTPClient = client
		services = append(services, c)
	}
	// Each errs when the description names none of its kind.
	ip2, _ := internetgateway2.NewWANIPConnection2ClientsFromRootDevice(root, at)
	for _, c := range ip2 {
		add(c, &c.ServiceClient)
	}
	ip1, _ := internetgateway2.NewWANIPConnection1ClientsFromRootDevice(root, at)
	for _, c := range ip1 {
		add(c, &c.ServiceClient)
	}
	ppp, _ := internetgateway2.NewWANPPPConnection1ClientsFromRootDevice(root, at)
	for _, c := range ppp {
		add(c, &c.ServiceClient)
	}
	if len(services) == 0 {
		return nil, fmt.Errorf("%w: its UPnP names no connection to the internet", ErrNoAnswer)
	}
	return services[:min(len(services), maxPlaces)], nil
}

func fetchRoot(ctx context.Context, client http.Client, at *url.URL) (*goupnp.RootDevice, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("description: HTTP status %d", response.StatusCode)
	}
	return parseRoot(response.Body, at)
}

// parseRoot reads a description that was fetched from a place.
func parseRoot(r io.Reader, at *url.URL) (*goupnp.RootDevice, error) {
	decoder := xml.NewDecoder(r)
	decoder.DefaultSpace = goupnp.DeviceXMLNamespace
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // what is read of it is ASCII
	var root goupnp.RootDevice
	if err := decoder.Decode(&root); err != nil {
		return nil, fmt.Errorf("description: %w", err)
	}
	base := at
	if root.URLBaseStr != "" {
		var err error
		if base, err = url.Parse(root.URLBaseStr); err != nil {
			return nil, errors.New("description: its base is no URL")
		}
	}
	root.SetURLBase(base)
	return &root, nil
}

func (s *upnpSession) externalAddress(ctx context.Context) (netip.Addr, error) {
	text, err := s.service.GetExternalIPAddressCtx(ctx)
	if err != nil {
		return netip.Addr{}, upnpError(ctx, err)
	}
	if text == "" { // what many say while there is no connection
		return netip.Addr{}, ErrOffline
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%w: its external address is %.40q", ErrBadAnswer, text)
	}
	return a, checkExternal(a)
}

func (s *upnpSession) add(ctx context.Context, r request) (grant, error) {
	address, err := s.externalAddress(ctx)
	if err != nil {
		return grant{}, err
	}
	port := r.external.Port()
	for range portTries {
		permanent, err := s.addAt(ctx, port, r)
		if err == nil {
			return grant{external: netip.AddrPortFrom(address, port), lifetime: r.lifetime, permanent: permanent}, nil
		}
		if !errors.Is(err, errTaken) {
			return grant{}, err
		}
		port = uint16(20000 + rand.IntN(40000))
	}
	return grant{}, fmt.Errorf("%w (%w)", ErrFull, errTaken)
}

// addAt maps one external port. The error is errTaken if another has it.
func (s *upnpSession) addAt(ctx context.Context, port uint16, r request) (permanent bool, err error) {
	// Some gateways give one machine's port to the next that asks.
	holder := s.holder(ctx, port, r)
	if holder == others {
		return false, errTaken
	}
	lease := uint32(r.lifetime / time.Second)
	err = s.addFor(ctx, port, r, lease)
	if holder == ours && upnpCode(err) == upnpConflict { // it does not renew: make it anew
		if err = s.service.DeletePortMappingCtx(ctx, "", port, upnpUDP); err == nil {
			err = s.addFor(ctx, port, r, lease)
		}
	}
	switch upnpCode(err) {
	case upnpOnlyPermanent, upnpInvalidArgs: // some know no lease at all
		permanent = true
		err = s.addFor(ctx, port, r, 0)
	}
	if err != nil {
		return false, upnpError(ctx, err)
	}
	return permanent, nil
}

func (s *upnpSession) addFor(ctx context.Context, port uint16, r request, lease uint32) error {
	return s.service.AddPortMappingCtx(ctx, "", port, upnpUDP, r.port, s.local.String(), true, upnpDescription, lease)
}

// holders of an external port.
const (
	unknown = iota // nobody, as far as the gateway says
	ours
	others
)

func (s *upnpSession) holder(ctx context.Context, port uint16, r request) int {
	internal, client, _, _, _, err := s.service.GetSpecificPortMappingEntryCtx(ctx, "", port, upnpUDP)
	switch {
	case err != nil, client == "": // usually: no such entry
		return unknown
	case client == s.local.String() && internal == r.port:
		return ours
	}
	return others
}

// remove leaves a mapping alone that has become another's.
func (s *upnpSession) remove(ctx context.Context, r request) error {
	if s.holder(ctx, r.external.Port(), r) == others {
		return nil
	}
	err := s.service.DeletePortMappingCtx(ctx, "", r.external.Port(), upnpUDP)
	if err != nil && upnpCode(err) != upnpNoEntry {
		return upnpError(ctx, err)
	}
	return nil
}

// upnpCode returns the error code of a UPnP fault; 0 if err is none.
func upnpCode(err error) int {
	var fault *soap.SOAPFaultError
	if errors.As(err, &fault) {
		return fault.Detail.UPnPError.Errorcode
	}
	return 0
}

// upnpError says what an error of an action means.
func upnpError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var fault *soap.SOAPFaultError
	if !errors.As(err, &fault) { // it may quote all that came
		return fmt.Errorf("%w (%.200s)", ErrBadAnswer, err.Error())
	}
	code := fault.Detail.UPnPError.Errorcode
	switch code {
	case upnpConflict, upnpConflictingOther:
		return errTaken
	case upnpSamePort:
		return fmt.Errorf("%w (it wants the same port inside and outside, and that one is taken)", ErrFull)
	case upnpNoPorts:
		return fmt.Errorf("%w (UPnP error %d)", ErrFull, code)
	case upnpInvalidAction:
		return fmt.Errorf("%w: its UPnP maps no ports (UPnP error %d)", ErrNoAnswer, code)
	case upnpNotAuthorized:
		return fmt.Errorf("%w (UPnP error %d)", ErrRefused, code)
	}
	return fmt.Errorf("%w (UPnP error %d, %.60q)", ErrRefused, code, fault.Detail.UPnPError.ErrorDescription)
}
