package desk

import (
	"context"
	"os/exec"
)

func open(ctx context.Context, path string) error {
	return begin(ctx, exec.Command("open", path)) //nolint:gosec,noctx // a file of the person's, by its absolute path; it outlives the window
}

func reveal(ctx context.Context, path string) error {
	return begin(ctx, exec.Command("open", "-R", path)) //nolint:gosec,noctx // as above
}

func copyPicture(ctx context.Context, png []byte) error {
	return withFile(png, func(path string) error {
		return exec.CommandContext(ctx, "osascript", "-e", "on run argv", "-e", "set the clipboard to (read (POSIX file (item 1 of argv)) as «class PNGf»)", "-e", "end run", path).Run() //nolint:gosec // a file of our own
	})
}
