// Package cards tells which cameras and memory cards are plugged in: file systems that
// have a DCIM folder, as every camera makes one (DCF, JEITA CP-3461, section 3.2.2).
package cards

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Card is a file system with photos of a camera.
type Card struct {
	Path string // of its DCIM folder
	Name string // of the file system, as the system names the place where it is mounted
}

// Source tells which file systems there are.
type Source interface {
	// Roots are the folders at which file systems are mounted that may be cards.
	Roots() ([]string, error)
	// Wait returns when that may have changed since the last call, or with the error
	// of ctx.
	Wait(ctx context.Context) error
	Close() error
}

// Watch calls found with the cards that are plugged in, first and whenever others are,
// until ctx ends. Then it returns nil; any error is that of the source.
func Watch(ctx context.Context, src Source, found func([]Card)) error {
	var last []Card
	for first := true; ; first = false {
		roots, err := src.Roots()
		if err != nil {
			return err
		}
		if now := in(roots); first || !slices.Equal(now, last) {
			last = now
			found(now)
		}
		if err := src.Wait(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

// in are the cards among mounted file systems.
func in(roots []string) (cards []Card) {
	for _, root := range roots {
		entries, err := os.ReadDir(root)
		if err != nil {
			continue // it is gone again, or another person's
		}
		for _, e := range entries {
			if e.IsDir() && strings.EqualFold(e.Name(), "DCIM") {
				cards = append(cards, Card{Path: filepath.Join(root, e.Name()), Name: nameOf(root)})
				break
			}
		}
	}
	return cards
}

// nameOf is what a person knows a file system by.
func nameOf(root string) string {
	if volume := filepath.VolumeName(root); volume != "" {
		return volume
	}
	return filepath.Base(root)
}
