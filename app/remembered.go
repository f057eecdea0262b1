package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/libpaul/paul/internal/durable"
)

// galleryFile is what the gallery wants to find again at its next start: how and
// where a person last looked at the photos. It is no setting, and nothing depends
// on it.
const galleryFile = "gallery.json"

// Remembered returns what was last given to Remember on this home, and nil when
// that is nothing.
func (a *App) Remembered() ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(a.places.home, galleryFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what the gallery showed last: %w", err)
	}
	return data, nil
}

// Remember keeps data in the home, in place of what was kept before. It tells
// nobody of a change.
func (a *App) Remember(data []byte) error {
	if err := durable.WriteFile(filepath.Join(a.places.home, galleryFile), data, 0o600); err != nil {
		return fmt.Errorf("keep what the gallery shows: %w", err)
	}
	return nil
}
