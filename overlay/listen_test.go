package overlay

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestPortInUse(t *testing.T) {
	t.Parallel()
	a := start(t, listening(t))
	taken := a.ListenURIs()[0]
	opts := local(t)
	opts.Listen = []string{"tls://127.0.0.1:0", taken}
	_, err := Open(opts)
	if !errors.Is(err, ErrPortInUse) || !strings.Contains(err.Error(), taken) {
		t.Errorf("open on a taken port: %v", err)
	}
	serve(t, a, 7331, echo)
	if _, err := a.Listen(7331); !errors.Is(err, ErrPortInUse) {
		t.Errorf("listen on a taken overlay port: %v", err)
	}
	quic := local(t)
	quic.Listen = []string{"quic://127.0.0.1:0"}
	quic.Listen = start(t, quic).ListenURIs()
	quic.KeyFile = filepath.Join(t.TempDir(), "key")
	if _, err := Open(quic); !errors.Is(err, ErrPortInUse) {
		t.Errorf("open on a taken UDP port: %v", err)
	}
}
