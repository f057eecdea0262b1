//go:build !linux && !windows

package codec

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
)

// Enforced says whether the system bounds the memory of a child.
const Enforced = false

func self() (string, error) { return os.Executable() }

// limit has nothing to bound memory with that these systems keep to; the time
// of a child is bounded all the same.
func limit(int64) error { return nil }

func confine(*os.Process, int64) (io.Closer, error) { return nil, nil }

func hide(*exec.Cmd) {}

// confinedCommand is the other program itself, which confine bounds where it can.
func confinedCommand(ctx context.Context, _ int64, path string, args []string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{}
	return cmd, nil
}

func replace(string, []string) error { return errors.ErrUnsupported }
