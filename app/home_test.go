package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestDataHome(t *testing.T) {
	t.Parallel()
	user := filepath.FromSlash("/home/ann")
	for _, test := range []struct {
		name, goos string
		env        map[string]string
		want       string
	}{
		{"linux", "linux", nil, "/home/ann/.local/share/paul"},
		{"XDG", "linux", map[string]string{"XDG_DATA_HOME": "/data"}, "/data/paul"},
		{"relative XDG is ignored", "linux", map[string]string{"XDG_DATA_HOME": "data"}, "/home/ann/.local/share/paul"},
		{"windows", "windows", map[string]string{"LOCALAPPDATA": "/appdata"}, "/appdata/Paul"},
		{"windows without the variable", "windows", nil, "/home/ann/AppData/Local/Paul"},
		{"mac", "darwin", nil, "/home/ann/Library/Application Support/Paul"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := dataHome(test.goos, user, func(k string) string { return test.env[k] })
			if filepath.ToSlash(got) != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestFindPlaces(t *testing.T) {
	user := t.TempDir()
	t.Setenv("HOME", user)
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	std, err := findPlaces("")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(user, "Pictures", "Paul"); std.library != want {
		t.Errorf("library of the default home is %s, want %s", std.library, want)
	}
	if strings.HasPrefix(std.cache, std.home) {
		t.Errorf("cache of the default home is %s, inside it", std.cache)
	}
	own, err := findPlaces(filepath.Join(user, "nas"))
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(user, "nas", "library"); own.library != want {
		t.Errorf("library of another home is %s, want %s", own.library, want)
	}
}

func TestUsableFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	writeFile(t, file, "")
	for _, test := range []struct {
		name, path string
		ok         bool
	}{
		{"there", dir, true},
		{"to be made", filepath.Join(dir, "a", "b"), true},
		{"relative", "photos", false},
		{"a file", file, false},
		{"below a file", filepath.Join(file, "x"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if err := usableFolder(test.path); (err == nil) != test.ok {
				t.Errorf("usableFolder = %v, want ok %v", err, test.ok)
			}
		})
	}
}

func TestFullAtStart(t *testing.T) {
	t.Parallel()
	full := fullAtStart(fmt.Errorf("open library: %w", ErrNoSpace))
	if !errors.Is(full, ErrNoSpace) || !strings.Contains(full.Error(), "free some space") {
		t.Errorf("a full disk is told as %v", full)
	}
	if err := fullAtStart(ErrReadOnly); !errors.Is(err, ErrReadOnly) || strings.Contains(err.Error(), "free some") {
		t.Errorf("another cause is told as %v", err)
	}
}
