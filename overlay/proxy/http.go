package proxy

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	"github.com/libpaul/paul/overlay"
)

// maxHead bounds what a client may say before its tunnel is open.
const maxHead = 16 << 10

var (
	errMethod  = errors.New("the proxy serves CONNECT only")
	errBadHTTP = errors.New("malformed HTTP request")
)

// serveHTTP reads a CONNECT request and returns the connection asked for.
func (s *server) serveHTTP(ctx context.Context, c net.Conn, r *bufio.Reader) (net.Conn, error) {
	host, port, err := s.readConnect(r)
	if err != nil {
		return nil, errors.Join(err, writeStatus(c, err))
	}
	remote, err := s.connect(ctx, c, host, port)
	if err != nil {
		return nil, errors.Join(err, writeStatus(c, err))
	}
	if _, err := io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		_ = remote.Close() // the write's error says more
		return nil, err
	}
	return remote, nil
}

// readConnect reads a request with credentials and returns its target. Its
// errors quote nothing of a malformed request, which may be credentials.
func (s *server) readConnect(r *bufio.Reader) (host, port string, err error) {
	request, err := http.ReadRequest(r)
	if err != nil {
		if errors.Is(err, errHeadTooLong) {
			return "", "", err
		}
		return "", "", errBadHTTP
	}
	user, password := basicAuth(request.Header.Get("Proxy-Authorization"))
	if !s.authentic(user, password) {
		return "", "", errCredentials
	}
	if request.Method != http.MethodConnect {
		return "", "", errMethod
	}
	host, port, err = net.SplitHostPort(request.Host)
	if err != nil {
		return "", "", fmt.Errorf("%w: its target should be a host and a port", errBadHTTP)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("%w: its target should have a port from 1 to 65535", errBadHTTP)
	}
	return host, port, nil
}

// basicAuth parses the credentials of RFC 7617; both are "" if there are none.
func basicAuth(header string) (user, password string) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", ""
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", ""
	}
	user, password, ok := strings.Cut(string(b), ":")
	if !ok {
		return "", ""
	}
	return user, password
}

// writeStatus tells the client why there is no tunnel.
func writeStatus(w io.Writer, cause error) error {
	status, more := statusOf(cause)
	text := cause.Error() + "\n"
	_, err := fmt.Fprintf(w, "HTTP/1.1 %d %s\r\n%sContent-Type: text/plain; charset=utf-8\r\n"+
		"X-Content-Type-Options: nosniff\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), more, len(text), text)
	return err
}

func statusOf(err error) (status int, header string) {
	switch {
	case errors.Is(err, errCredentials):
		return http.StatusProxyAuthRequired, "Proxy-Authenticate: Basic realm=\"Paul\", charset=\"UTF-8\"\r\n"
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed, "Allow: CONNECT\r\n"
	case errors.Is(err, errHeadTooLong):
		return http.StatusRequestHeaderFieldsTooLarge, ""
	case errors.Is(err, errBadHTTP):
		return http.StatusBadRequest, ""
	case errors.Is(err, errForbidden), errors.Is(err, overlay.ErrNotAdmitted), errors.Is(err, overlay.ErrBadName):
		return http.StatusForbidden, ""
	case errors.Is(err, overlay.ErrUnreachable):
		return http.StatusGatewayTimeout, ""
	case errors.Is(err, errUnknownName), errors.Is(err, syscall.ECONNREFUSED):
		return http.StatusBadGateway, ""
	}
	return http.StatusInternalServerError, ""
}
