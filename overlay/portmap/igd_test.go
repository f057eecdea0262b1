package portmap

import (
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

const (
	typeIP2 = "urn:schemas-upnp-org:service:WANIPConnection:2"
	typeIP1 = "urn:schemas-upnp-org:service:WANIPConnection:1"
	typePPP = "urn:schemas-upnp-org:service:WANPPPConnection:1"
)

// igd is the UPnP part of a router.
type igd struct {
	services  []string                                      // types
	base      string                                        // URLBase
	addresses map[string]string                             // external addresses by service type; else the router's
	location  func(string) string                           // what is answered to a search
	fault     func(action string, e entry, port uint16) int // an error code to answer with
	describe  http.HandlerFunc
	actions   []string // that were called, under the router's mu
}

func (g *igd) serve(t *testing.T, r *router) netip.AddrPort {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /root.xml", func(w http.ResponseWriter, q *http.Request) {
		if g.describe != nil {
			g.describe(w, q)
			return
		}
		_, _ = io.WriteString(w, g.description())
	})
	mux.HandleFunc("POST /control", func(w http.ResponseWriter, q *http.Request) { g.action(w, q, r) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	location := server.URL + "/root.xml"
	if g.location != nil {
		location = g.location(location)
	}
	c := listenUDP(t)
	go answerSearches(c, c, location)
	return netip.MustParseAddrPort(c.LocalAddr().String())
}

func answerSearches(c, from net.PacketConn, location string) {
	buf := make([]byte, 2000)
	for {
		size, to, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if strings.HasPrefix(string(buf[:size]), "M-SEARCH * HTTP/1.1\r\n") {
			answer := "HTTP/1.1 200 OK\r\nST: " + searchFor[0] + "\r\nLOCATION: " + location + "\r\nCACHE-CONTROL: max-age=120\r\n\r\n"
			_, _ = from.WriteTo([]byte(answer), to)
		}
	}
}

func (g *igd) description() string {
	var services strings.Builder
	for _, kind := range g.services {
		fmt.Fprintf(&services, "<service><serviceType>%s</serviceType><controlURL>/control</controlURL></service>", kind)
	}
	return `<?xml version="1.0" encoding="ISO-8859-1"?><root xmlns="urn:schemas-upnp-org:device-1-0"><URLBase>` + g.base +
		`</URLBase><device><deviceType>` + searchFor[0] + `</deviceType><deviceList><device><serviceList>` +
		services.String() + `</serviceList></device></deviceList></device></root>`
}

// call is the body of an action.
type call struct {
	Body struct {
		Action struct {
			XMLName  xml.Name
			External uint16 `xml:"NewExternalPort"`
			Internal uint16 `xml:"NewInternalPort"`
			Client   string `xml:"NewInternalClient"`
			Protocol string `xml:"NewProtocol"`
			About    string `xml:"NewPortMappingDescription"`
			Lease    uint32 `xml:"NewLeaseDuration"`
		} `xml:",any"`
	}
}

func (g *igd) action(w http.ResponseWriter, q *http.Request, r *router) {
	var in call
	if err := xml.NewDecoder(q.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a := in.Body.Action
	name := a.XMLName.Local
	e := entry{client: a.Client, internal: a.Internal, lease: a.Lease, about: a.About}
	r.mu.Lock()
	defer r.mu.Unlock()
	g.actions = append(g.actions, name)
	if g.fault != nil {
		if code := g.fault(name, e, a.External); code != 0 {
			fault(w, code)
			return
		}
	}
	held, taken := r.mappings[a.External]
	answer := ""
	switch name {
	case "GetExternalIPAddress":
		address, ok := g.addresses[a.XMLName.Space]
		if !ok {
			address = r.external.String()
		}
		answer = "<NewExternalIPAddress>" + address + "</NewExternalIPAddress>"
	case "GetSpecificPortMappingEntry":
		if !taken {
			fault(w, upnpNoEntry)
			return
		}
		answer = fmt.Sprintf("<NewInternalPort>%d</NewInternalPort><NewInternalClient>%s</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>%s</NewPortMappingDescription><NewLeaseDuration>%d</NewLeaseDuration>",
			held.internal, held.client, held.about, held.lease)
	case "AddPortMapping":
		if taken && held.client != e.client {
			fault(w, upnpConflict)
			return
		}
		r.mappings[a.External] = e
	case "DeletePortMapping":
		delete(r.mappings, a.External)
	}
	_, _ = fmt.Fprintf(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:%sResponse xmlns:u=%q>%s</u:%sResponse></s:Body></s:Envelope>`,
		name, a.XMLName.Space, answer, name)
}

func fault(w http.ResponseWriter, code int) {
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = fmt.Fprintf(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode><errorDescription>No\nno</errorDescription></UPnPError></detail></s:Fault></s:Body></s:Envelope>`, code)
}
