//go:build unix

package autostart

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/libpaul/paul/internal/durable"
)

// Enabled tells whether the system starts the program.
func (p Program) Enabled() (bool, error) {
	path, err := p.path()
	if err != nil {
		return false, err
	}
	text, err := read(path)
	return isOn(text), err
}

// Enable has the system start the program from the next login on.
func (p Program) Enable() error {
	path, err := p.path()
	if err != nil {
		return err
	}
	if len(p.Command) == 0 {
		return errNoCommand
	}
	return write(path, p.entry())
}

// Disable lets the system no longer start the program.
func (p Program) Disable() error {
	path, err := p.path()
	if err != nil {
		return err
	}
	return remove(path)
}

// write makes a file that tells the system of the program, for its user alone: the
// command may name a password.
func write(path string, text string) error {
	if err := durable.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return durable.WriteFile(path, []byte(text), 0o600)
}

// read returns the text of a file, "" when it is not there.
func read(path string) (string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return string(data), err
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
