package codec

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/sys/unix"
)

// Enforced says whether the system bounds the memory of a child.
const Enforced = true

// self is the program that runs, also after its file was replaced.
func self() (string, error) { return "/proc/self/exe", nil }

// limit bounds what this process may take, for good: memory that it writes to
// (RLIMIT_DATA), and no file written, no core, no other rights.
func limit(memory int64) error {
	bound := func(what int, n uint64) error {
		var now unix.Rlimit
		if err := unix.Getrlimit(what, &now); err == nil {
			n = min(n, now.Max)
		}
		if err := unix.Setrlimit(what, &unix.Rlimit{Cur: n, Max: n}); err != nil {
			return fmt.Errorf("bound a resource (%d): %w", what, err)
		}
		return nil
	}
	for what, n := range map[int]uint64{unix.RLIMIT_DATA: uint64(memory), unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0} {
		if err := bound(what, n); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up rights: %w", err)
	}
	return nil
}

// confine bounds a child from outside, which limit does from inside.
func confine(*os.Process, int64) (io.Closer, error) { return nil, nil }

func hide(*exec.Cmd) {}

// confinedCommand starts this program, which bounds itself and then becomes the other.
func confinedCommand(ctx context.Context, memory int64, path string, args []string) (*exec.Cmd, error) {
	me, err := self()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, me)
	cmd.Args = append([]string{"paul-tool", path}, args...)
	cmd.Env = []string{toolEnv + "=" + strconv.FormatInt(memory, 10)}
	return cmd, nil
}

func replace(path string, args []string) error { return unix.Exec(path, args, nil) }
