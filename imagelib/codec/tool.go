package codec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// toolEnv tells a process that it is to become another program, with so much memory.
const toolEnv = "PAUL_TOOL_MEMORY"

// ErrTool is returned when another program fails.
var ErrTool = errors.New("another program failed")

// Output runs another program, such as ffmpeg, with bounds on its memory and
// without an environment, and returns what it writes: at most most bytes. It is
// ended with ctx. It fails with [ErrTool], [ErrUnavailable] or ctx's error.
func Output(ctx context.Context, memory, most int64, path string, args ...string) ([]byte, error) {
	if !served {
		return nil, ErrUnavailable
	}
	cmd, err := confinedCommand(ctx, memory, path, args)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	said := &tail{}
	cmd.Stderr = said
	cmd.WaitDelay = time.Second
	cmd.Dir = os.TempDir()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	hide(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	limits, err := confine(cmd.Process, memory)
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if limits != nil {
		defer func() { _ = limits.Close() }()
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(out, most+1))
	if n > most {
		_ = cmd.Process.Kill()
		err = errors.New("it writes too much")
	}
	if waited := cmd.Wait(); err == nil {
		err = waited
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("%w: %w: %s", ErrTool, err, said)
	}
	return b.Bytes(), nil
}

// becomeTool turns this process into the program that its arguments name, with
// bounds, and returns only when that fails.
func becomeTool(memory string) error {
	n, err := strconv.ParseInt(memory, 10, 64)
	if err != nil || len(os.Args) < 2 {
		return errors.New("no program")
	}
	if err := limit(n); err != nil {
		return err
	}
	return replace(os.Args[1], os.Args[1:])
}
