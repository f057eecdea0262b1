package filelayer

import (
	"net/http"
	"strings"
	"time"
)

// byHost sends the requests of replications that a person asks for: those to
// devices by the overlay, and others by the internet.
type byHost struct {
	overlay  http.RoundTripper
	internet *http.Transport
}

func newByHost(overlay http.RoundTripper) *byHost {
	internet := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second}
	return &byHost{overlay, internet}
}

// RoundTrip implements [http.RoundTripper].
func (b *byHost) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(strings.ToLower(req.URL.Hostname()), peerSuffix) {
		return b.overlay.RoundTrip(req)
	}
	return b.internet.RoundTrip(req)
}

// CloseIdleConnections lets [http.Client] close those to the internet; the
// overlay's are closed by the layer.
func (b *byHost) CloseIdleConnections() { b.internet.CloseIdleConnections() }
