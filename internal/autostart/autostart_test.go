//go:build unix && !darwin

package autostart

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEntry: the entry is where desktops look, says what to start, and goes again.
func TestEntry(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	t.Setenv("XDG_CONFIG_HOME", dir)
	p := Program{ID: "io.example.Paul", Name: "Paul", Command: []string{"/opt/my apps/paul", "--home", `/data/a"b$c%d\e`}}
	enabled := func(want bool) {
		t.Helper()
		if got, err := p.Enabled(); err != nil || got != want {
			t.Errorf("enabled: %t, %v, want %t", got, err, want)
		}
	}
	enabled(false)
	if err := p.Disable(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := p.Enable(); err != nil {
			t.Fatal(err)
		}
	}
	enabled(true)
	path := filepath.Join(dir, "autostart", "io.example.Paul.desktop")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "Exec=" + `"/opt/my apps/paul" "--home" "/data/a\\"b\\$c%%d\\\\e"` // both escapes of the specification
	if lines := strings.Split(string(data), "\n"); lines[0] != "[Desktop Entry]" || !slices.Contains(lines, want) || !slices.Contains(lines, "Type=Application") {
		t.Errorf("entry:\n%s\nwant %s", data, want)
	}
	for _, off := range []string{"Hidden=true", "X-GNOME-Autostart-enabled=false"} { // by the desktop's own settings
		if err := os.WriteFile(path, append(data, off+"\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		enabled(false)
	}
	if err := p.Enable(); err != nil {
		t.Fatal(err)
	}
	enabled(true)
	if err := p.Disable(); err != nil {
		t.Fatal(err)
	}
	enabled(false)
	if err := (Program{ID: "io.example.Nothing"}).Enable(); err == nil {
		t.Error("nothing is started at login")
	}
}

func TestCommand(t *testing.T) {
	t.Setenv("APPIMAGE", "/home/mira/Paul.AppImage")
	if got, err := Command("--no-lan"); err != nil || !slices.Equal(got, []string{"/home/mira/Paul.AppImage", "--no-lan"}) {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("APPIMAGE", "")
	if got, err := Command(); err != nil || len(got) != 1 || !filepath.IsAbs(got[0]) {
		t.Errorf("%q, %v", got, err)
	}
}
