package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/libpaul/paul/internal/durable"
)

// DefaultHome is the home of a device that was told none: paul in the
// system's place for a program's data ($XDG_DATA_HOME or ~/.local/share,
// %LOCALAPPDATA%, ~/Library/Application Support).
func DefaultHome() (string, error) {
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find your home directory: %w; name one with --home", err)
	}
	return dataHome(runtime.GOOS, user, os.Getenv), nil
}

// dataHome is DefaultHome for the system goos, with its environment given.
func dataHome(goos, user string, env func(string) string) string {
	switch goos {
	case "windows":
		if dir := env("LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, "Paul")
		}
		return filepath.Join(user, "AppData", "Local", "Paul")
	case "darwin":
		return filepath.Join(user, "Library", "Application Support", "Paul")
	default:
		// The XDG base directory specification: a relative path is to be ignored.
		if dir := env("XDG_DATA_HOME"); filepath.IsAbs(dir) {
			return filepath.Join(dir, "paul")
		}
		return filepath.Join(user, ".local", "share", "paul")
	}
}

// places are the directories of one device.
type places struct {
	home    string // absolute
	library string // default folder of the originals
	cache   string // thumbnails, safe to remove
}

// findPlaces resolves the home that was asked for ("" = the default one) and
// makes it. With the default home the originals and the cache lie where a
// desktop expects them; with any other, everything lies inside it.
func findPlaces(home string) (places, error) {
	std, stdErr := DefaultHome()
	if home == "" {
		if stdErr != nil {
			return places{}, stdErr
		}
		home = std
	}
	home, err := filepath.Abs(home)
	if err != nil {
		return places{}, fmt.Errorf("find the home directory: %w", err)
	}
	if err := durable.MkdirAll(home, 0o700); err != nil {
		return places{}, badHome(home, err)
	}
	p := places{home: home, library: filepath.Join(home, "library"), cache: filepath.Join(home, "thumbnails")}
	if stdErr != nil || home != std {
		return p, nil
	}
	if user, err := os.UserHomeDir(); err == nil {
		p.library = filepath.Join(user, "Pictures", "Paul")
	}
	if cache, err := os.UserCacheDir(); err == nil {
		p.cache = filepath.Join(cache, "paul", "thumbnails")
	}
	return p, nil
}

func (p places) config() string     { return filepath.Join(p.home, "config.json") }
func (p places) lock() string       { return filepath.Join(p.home, "lock") }
func (p places) deviceLock() string { return filepath.Join(p.home, "device.lock") }
func (p places) key() string        { return filepath.Join(p.home, "device.key") }
func (p places) password() string   { return filepath.Join(p.home, "loopback.password") }
func (p places) seen() string       { return filepath.Join(p.home, "seen.json") }
func (p places) duplicates() string { return filepath.Join(p.home, "duplicates.json") }
func (p places) files() string      { return filepath.Join(p.home, "files") }
func (p places) images() string     { return filepath.Join(p.home, "images") }
func (p places) watched() string    { return filepath.Join(p.home, "watched") }

// badHome is the error for a home that cannot be used.
func badHome(home string, err error) error {
	return fmt.Errorf("%s cannot be used as a home: %w; nothing was changed. Choose another --home, or see who may write there, and whether its disk is full", home, causeOf(err))
}

// fullAtStart says what to do where a full disk let a device not be opened.
func fullAtStart(err error) error {
	if errors.Is(err, ErrNoSpace) {
		return fmt.Errorf("%w; free some space on that disk, and start again: nothing is lost", err)
	}
	return err
}

// hostName names a device that was given no name.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "Paul"
	}
	return name
}

// usableFolder reports why dir cannot hold originals: it must be an absolute
// path of a folder, or of one that can be made.
func usableFolder(dir string) error {
	if !filepath.IsAbs(dir) {
		return fmt.Errorf("%q is not an absolute path", dir)
	}
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		switch {
		case errors.Is(err, os.ErrNotExist) && at != filepath.Dir(at):
			continue
		case err != nil:
			return err
		case !info.IsDir():
			return fmt.Errorf("%s is not a folder", at)
		}
		return nil
	}
}
