package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestListenLoopback(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		addr string
		want error // nil = it listens
		any  bool  // any error will do
	}{
		{addr: "127.0.0.1:0"},
		{addr: "localhost:0"},
		{addr: "0.0.0.0:0", want: ErrNotLoopback},
		{addr: ":0", want: ErrNotLoopback},
		{addr: "192.0.2.1:80", want: ErrNotLoopback},
		{addr: "localhost.example.org:80", want: ErrNotLoopback},
		{addr: "5984", any: true},
		{addr: "", any: true},
	} {
		t.Run(test.addr, func(t *testing.T) {
			t.Parallel()
			ln, err := listenLoopback("--couch", test.addr)
			if ln != nil {
				defer func() { _ = ln.Close() }() // nobody connected
			}
			switch {
			case test.any && err == nil:
				t.Error("it listens")
			case !test.any && !errors.Is(err, test.want):
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func TestLoadPassword(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "loopback.password")
	first, err := loadPassword(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) < 20 {
		t.Errorf("password %q is too short", first)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	if again, err := loadPassword(path); err != nil || again != first {
		t.Errorf("read again: %q, %v", again, err)
	}
	writeFile(t, path, "\n")
	if _, err := loadPassword(path); err == nil {
		t.Error("an empty password is taken")
	}
}

func TestLabel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"NAS": "NAS", "Ann's  laptop": "Ann-s-laptop", "": "", "Küche": "K-che"} {
		if got := label(name); got != want {
			t.Errorf("label(%q) = %q, want %q", name, got, want)
		}
	}
}
