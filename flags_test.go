package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	photo, err := filepath.Abs("photo.jpg")
	if err != nil {
		t.Fatal(err)
	}
	opts, open, err := parse([]string{
		"photo.jpg", "--home", "h", "--peer", "tls://a", "PAUL:CODE", "--peer=tls://b", "--no-lan", "--stun", "none", "--no-port-map",
		"--forward", "1=127.0.0.1:2", "--forward=3=[::1]:4",
	})
	if err != nil {
		t.Fatal(err)
	}
	if opts.Home != "h" || !opts.NoLAN || opts.NoPublicPeers || opts.NoDirect || !opts.NoPortMap || !slices.Equal(opts.STUN, []string{"none"}) || !slices.Equal(opts.Peers, []string{"tls://a", "tls://b"}) {
		t.Errorf("options %+v", opts)
	}
	if !slices.Equal(opts.Forward, []string{"1=127.0.0.1:2", "3=[::1]:4"}) {
		t.Errorf("forwards %q", opts.Forward)
	}
	if !slices.Equal(open, []string{photo, "PAUL:CODE"}) {
		t.Errorf("to open: %q", open)
	}
	if _, _, err := parse([]string{"--home", "h", "--version"}); !errors.Is(err, errVersion) {
		t.Errorf("asked for the version: %v", err)
	}
	for _, bad := range [][]string{{"--no-such-flag"}, {"--stun", "stun.example.org"}} {
		if _, _, err := parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestParseOpen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ arg, want string }{ // want "" = refused
		{"file:///p/photo.jpg", "/p/photo.jpg"},
		{"FILE://localhost/p/a%20b%C3%A9%25.jpg", "/p/a bé%.jpg"},
		{"file:/p/a?b#c+d.jpg", "/p/a?b#c+d.jpg"},
		{"file://nas/p/photo.jpg", ""},
		{"file:///p/%zz", ""},
		{"", ""},
		{"paul:file:///p", "paul:file:///p"},
		{"/p/file:/x", "/p/file:/x"},
	} {
		t.Run(test.arg, func(t *testing.T) {
			t.Parallel()
			want := test.want
			if want != "" && want[0] == '/' {
				want, _ = filepath.Abs(filepath.FromSlash(want)) // fails only where there is no current folder
			}
			_, open, err := parse([]string{"--home", "h", test.arg})
			if want == "" {
				if err == nil {
					t.Fatalf("taken as %q", open)
				}
				return
			}
			if err != nil || !slices.Equal(open, []string{want}) {
				t.Errorf("to open: %q, %v, want %q", open, err, want)
			}
		})
	}
}

func TestFindScreen(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		system, set string
		want        error
	}{
		{"linux", "", errNoScreen},
		{"linux", "DISPLAY", nil},
		{"linux", "WAYLAND_DISPLAY", nil},
		{"windows", "", nil},
	} {
		got := findScreen(test.system, func(name string) string { return map[string]string{test.set: ":0"}[name] })
		if !errors.Is(got, test.want) {
			t.Errorf("on %s with %q: %v, want %v", test.system, test.set, got, test.want)
		}
	}
}

// Desktops hand paul: links to the program, however it is packaged.
func TestLinksAreRegistered(t *testing.T) {
	t.Parallel()
	entry, err := os.ReadFile("packaging/io.github.libpaul.Paul.desktop")
	if err != nil {
		t.Fatal(err)
	}
	meta, err := os.ReadFile("FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	_, types, _ := strings.Cut(string(entry), "\nMimeType=")
	types, _, _ = strings.Cut(types, "\n")
	if !strings.Contains(types, "x-scheme-handler/paul;") || !strings.Contains(string(entry), "\nExec=paul %U\n") {
		t.Errorf("the desktop entry leaves links out:\n%s", entry)
	}
	if !strings.Contains(string(meta), `ExecParams = " %U\nMimeType=`+types+`"`) {
		t.Errorf("the entry of the archive says something else than %q:\n%s", types, meta)
	}
}

// TestLoginArgs: the system starts the program again as it was started, on the same home
// from whatever folder, and without what the settings keep.
func TestLoginArgs(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	opts, _, err := parse([]string{"--home", "h", "--name", "Desk", "--library", "l", "--database", "embedded", "--no-direct", "--no-lan", "--peer", "tls://192.0.2.1:1", "photo.jpg", "--socks", "127.0.0.1:1080"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := loginArgs(opts)
	if want := []string{"--home", filepath.Join(dir, "h"), "--no-lan", "--no-direct", "--peer", "tls://192.0.2.1:1", "--socks", "127.0.0.1:1080"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	again, open, err := parse(got)
	if err != nil || len(open) > 0 || again.Home != filepath.Join(dir, "h") || !again.NoLAN {
		t.Errorf("it is started with %+v, %q, %v", again, open, err)
	}
}
