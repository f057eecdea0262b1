package desk

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// tools makes programs of the desktop that write down how they were called.
func tools(t *testing.T, names ...string) (called string) {
	t.Helper()
	dir := t.TempDir()
	called = filepath.Join(dir, "called")
	for _, name := range names {
		script := "#!/bin/sh\necho \"" + name + " $*\" > \"" + called + "\"\n"
		if name == "wl-copy" {
			script += "cat >> \"" + called + "\"\n"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(dir, "none"))
	return called
}

func TestDesk(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func() error
		want string
	}{
		{"open", func() error { return Open(t.Context(), "/photos/a b.jpg") }, "xdg-open /photos/a b.jpg\n"},
		{"reveal without a file manager on the bus", func() error { return Reveal(t.Context(), "/photos/2024/a.jpg") }, "xdg-open /photos/2024\n"},
		{"copy", func() error { return CopyPicture(t.Context(), []byte("PNG")) }, "wl-copy --type image/png\nPNG"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			called := tools(t, "xdg-open", "wl-copy")
			t.Setenv("WAYLAND_DISPLAY", "wayland-0")
			if err := tt.do(); err != nil {
				t.Fatal(err)
			}
			got, _ := os.ReadFile(called)
			if string(got) != tt.want {
				t.Errorf("called %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNoTool(t *testing.T) {
	tools(t)
	t.Setenv("PATH", t.TempDir())
	if err := Open(t.Context(), "/a.jpg"); !errors.Is(err, ErrNoTool) {
		t.Errorf("open: %v", err)
	}
	if err := CopyPicture(t.Context(), nil); !errors.Is(err, ErrNoTool) {
		t.Errorf("copy: %v", err)
	}
}
