// Package desk asks the desktop to do something with a file: to open it with the
// program that the person uses for its kind, to show it in its folder, or to have a
// picture on the clipboard.
package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// ErrNoTool is returned when the desktop has nothing that could do it.
var ErrNoTool = errors.New("the desktop has no program for this")

// patience is how long a program is watched that opens a file: one that still runs
// then has opened it.
const patience = 4 * time.Second

// Open opens a file with the program for its kind. It returns once that has begun.
func Open(ctx context.Context, path string) error { return open(ctx, path) }

// Reveal shows a file in its folder, selected where the file manager can do that.
func Reveal(ctx context.Context, path string) error { return reveal(ctx, path) }

// CopyPicture puts a picture, given as a PNG, onto the clipboard.
func CopyPicture(ctx context.Context, png []byte) error { return copyPicture(ctx, png) }

// begin starts a program, and fails if that ends at once with an error.
func begin(ctx context.Context, c *exec.Cmd) error {
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return fmt.Errorf("%w: %s", ErrNoTool, c.Args[0])
		}
		return fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s: %w: %s", c.Args[0], err, strings.TrimSpace(said.String()))
		}
	case <-enough.C:
	case <-ctx.Done():
	}
	return nil
}
