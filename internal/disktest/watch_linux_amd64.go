package disktest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// notification is struct seccomp_notif.
type notification struct {
	id       uint64
	pid      uint32 // of the thread
	flags    uint32
	nr, arch uint32
	ip       uint64
	args     [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	value int64
	err   int32
	flags uint32
}

// Watch runs cmd, which calls [Trap], until it ends, and returns what
// [exec.Cmd.Wait] does. Each call that is about to change a file below the folder
// root is shown to on first, one at a time: all other changes wait meanwhile. An
// error of on, which is a [unix.Errno], becomes the error of the call, and of
// [ErrTorn] half of it is made; else it is made. Only a Sync never is: it succeeds,
// and a test knows what it means.
func Watch(cmd *exec.Cmd, root string, on func(Call) error) error {
	if err := supported(); err != nil {
		return err
	}
	listener, err := start(cmd)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(listener) }()
	for {
		fds := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}} //nolint:gosec // a small number
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
		}
		if fds[0].Revents&unix.POLLIN == 0 {
			if fds[0].Revents != 0 { // nobody is left
				return cmd.Wait()
			}
			continue
		}
		var n notification
		if err := ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n)); err != nil {
			continue // the thread has died meanwhile
		}
		r := answer(n, root, on)
		_ = ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r)) // as above
	}
}

// start starts cmd and returns the listener that its Trap sends.
func start(cmd *exec.Cmd) (listener int, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("watch: %w", err)
	}
	defer func() { _ = unix.Close(pair[0]) }()
	theirs := os.NewFile(uintptr(pair[1]), "trap")
	cmd.ExtraFiles = []*os.File{theirs} // see trapFD
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		return 0, fmt.Errorf("watch: %w", err)
	}
	buf, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	_, got, _, _, err := unix.Recvmsg(pair[0], buf, rights, unix.MSG_CMSG_CLOEXEC)
	if err != nil || got == 0 {
		return 0, errors.Join(errors.New("the process does not call Trap"), err, cmd.Wait())
	}
	messages, err := unix.ParseSocketControlMessage(rights[:got])
	if err != nil {
		return 0, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return 0, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	return fds[0], nil
}

func ioctl(fd int, request uint, arg unsafe.Pointer) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg))
	if errno != 0 {
		return errno
	}
	return nil
}

// answer says what becomes of a call.
func answer(n notification, root string, on func(Call) error) response {
	goOn := response{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	call, err := describe(n)
	if err != nil || !below(root, call.Path) && !below(root, call.To) {
		return goOn // a pipe, a socket, or another's file
	}
	var errno unix.Errno
	switch err := on(call); {
	case errors.As(err, &errno):
		return response{id: n.id, err: -int32(errno)} //nolint:gosec // a small number
	case errors.Is(err, ErrTorn):
		return tear(n)
	case call.Op == Sync:
		return response{id: n.id}
	}
	return goOn
}

// tear makes half of a write for the process, to the file that it has open.
func tear(n notification) response {
	fail := response{id: n.id, err: -int32(unix.EIO)}
	at := int64(-1)
	switch n.nr {
	case unix.SYS_WRITE:
	case unix.SYS_PWRITE64:
		at = int64(n.args[3]) //nolint:gosec // as the call takes it
	default: // no program under test has another yet
		return fail
	}
	data := make([]byte, n.args[2]/2)
	if _, err := read(n.pid, n.args[1], data); err != nil || len(data) == 0 {
		return fail
	}
	fd, err := borrow(n.pid, int(n.args[0])) //nolint:gosec // as the call takes it
	if err != nil {
		return fail
	}
	defer func() { _ = unix.Close(fd) }()
	var done int
	if at < 0 {
		done, err = unix.Write(fd, data)
	} else {
		done, err = unix.Pwrite(fd, data, at)
	}
	if err != nil {
		return fail
	}
	return response{id: n.id, value: int64(done)}
}

// borrow returns a file of a thread as this process has it: with the same offset.
func borrow(thread uint32, fd int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", thread))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\nTgid:")
	group, _, _ := strings.Cut(rest, "\n")
	process, err := strconv.Atoi(strings.TrimSpace(group))
	if err != nil {
		return 0, err
	}
	pidfd, err := unix.PidfdOpen(process, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = unix.Close(pidfd) }()
	return unix.PidfdGetfd(pidfd, fd, 0)
}

func below(root, path string) bool {
	rest, ok := strings.CutPrefix(path, root)
	return ok && (rest == "" || rest[0] == filepath.Separator)
}

// describe reads what a call is about from the process.
func describe(n notification) (Call, error) {
	kind := syscalls[n.nr]
	c := Call{Op: kind.op}
	var err error
	if kind.fd {
		c.Path, err = os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", n.pid, int32(n.args[kind.path]))) //nolint:gosec // as the call takes it
		return c, err
	}
	if c.Path, err = text(n.pid, n.args[kind.path]); err == nil && kind.to >= 0 {
		c.To, err = text(n.pid, n.args[kind.to])
	}
	return c, err
}

// text reads the string at an address of the process.
func text(pid uint32, at uint64) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := read(pid, at, buf)
	path, _, ok := strings.Cut(string(buf[:n]), "\x00")
	if !ok {
		return "", errors.Join(io.ErrUnexpectedEOF, err)
	}
	return path, nil
}

// read fills buf with what is at an address of the process, as far as that goes.
func read(pid uint32, at uint64, buf []byte) (n int, err error) {
	f, err := os.Open("/proc/" + strconv.Itoa(int(pid)) + "/mem")
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // opened for reading
	return f.ReadAt(buf, int64(at))  //nolint:gosec // an address
}
