package codec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Enforced says whether the system bounds the memory of a child.
const Enforced = true

func self() (string, error) { return os.Executable() }

// limit is what confine does from outside.
func limit(int64) error { return nil }

// jobObject is the job that a child runs in; closing it ends the child.
type jobObject windows.Handle

func (j jobObject) Close() error { return windows.CloseHandle(windows.Handle(j)) }

// confine puts a child into a job that bounds its memory, lets it start nothing,
// and ends it with this process.
func confine(p *os.Process, memory int64) (io.Closer, error) {
	h, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, fmt.Errorf("create a job: %w", err)
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_PROCESS_MEMORY | windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
				windows.JOB_OBJECT_LIMIT_ACTIVE_PROCESS | windows.JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
			ActiveProcessLimit: 1,
		},
		ProcessMemoryLimit: uintptr(memory),
	}
	_, err = windows.SetInformationJobObject(h, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err == nil {
		var assigned error
		err = p.WithHandle(func(ph uintptr) { assigned = windows.AssignProcessToJobObject(h, windows.Handle(ph)) })
		err = errors.Join(err, assigned)
	}
	if err != nil {
		_ = windows.CloseHandle(h)
		return nil, fmt.Errorf("bound a process: %w", err)
	}
	return jobObject(h), nil
}

func hide(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true} }

// confinedCommand is the other program itself, which confine bounds where it can.
func confinedCommand(ctx context.Context, _ int64, path string, args []string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"SystemRoot=" + os.Getenv("SystemRoot")}
	return cmd, nil
}

func replace(string, []string) error { return errors.ErrUnsupported }
