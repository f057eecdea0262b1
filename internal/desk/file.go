//go:build windows || darwin

package desk

import (
	"errors"
	"fmt"
	"os"
)

// withFile has a picture in a file while do runs.
func withFile(png []byte, do func(path string) error) (err error) {
	f, err := os.CreateTemp("", "paul-*.png")
	if err != nil {
		return fmt.Errorf("copy picture: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(png)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("copy picture: %w", err)
	}
	if err := do(f.Name()); err != nil {
		return fmt.Errorf("copy picture: %w", err)
	}
	return nil
}
