package overlay

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeyFile(t *testing.T) {
	t.Parallel()
	open := func(file string) (*Node, error) {
		n, err := Open(Options{KeyFile: file, NoLAN: true, NoPublicPeers: true})
		if err == nil {
			t.Cleanup(func() { _ = n.Close() })
		}
		return n, err
	}
	file := filepath.Join(t.TempDir(), "state", "key")
	first, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := open(file)
	if err != nil {
		t.Fatal(err)
	}
	if !first.PublicKey().Equal(again.PublicKey()) || !Range.Contains(again.Address()) {
		t.Error("the second start is another device")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file has mode %v, %v", info.Mode(), err)
	}
	for name, text := range map[string]string{
		"empty": "", "short": "abcd\n", "no hex": strings.Repeat("z", 64), "long": strings.Repeat("a", 66),
	} {
		damaged := filepath.Join(t.TempDir(), "key")
		writeFile(t, damaged, text, 0o600)
		if _, err := open(damaged); !errors.Is(err, ErrDamagedKey) {
			t.Errorf("%s: open: %v", name, err)
		}
		if now, err := os.ReadFile(damaged); err != nil || string(now) != text {
			t.Errorf("%s: the damaged file now holds %q, %v", name, now, err)
		}
	}
	if _, err := open(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key file")
	}
}
