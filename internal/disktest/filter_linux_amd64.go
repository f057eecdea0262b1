package disktest

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// syscalls says what each system call does, and in which argument its paths or
// its file are.
var syscalls = map[uint32]struct {
	op       Op
	path, to int  // arguments; -1: none
	fd       bool // path is a file descriptor
	flags    int  // of open: the argument that says whether it creates
}{
	unix.SYS_WRITE:     {Write, 0, -1, true, -1},
	unix.SYS_PWRITE64:  {Write, 0, -1, true, -1},
	unix.SYS_WRITEV:    {Write, 0, -1, true, -1},
	unix.SYS_PWRITEV:   {Write, 0, -1, true, -1},
	unix.SYS_FTRUNCATE: {Truncate, 0, -1, true, -1},
	unix.SYS_FALLOCATE: {Truncate, 0, -1, true, -1},
	unix.SYS_FSYNC:     {Sync, 0, -1, true, -1},
	unix.SYS_FDATASYNC: {Sync, 0, -1, true, -1},
	unix.SYS_FCHMOD:    {Mode, 0, -1, true, -1},
	unix.SYS_TRUNCATE:  {Truncate, 0, -1, false, -1},
	unix.SYS_OPEN:      {Create, 0, -1, false, 1},
	unix.SYS_OPENAT:    {Create, 1, -1, false, 2},
	unix.SYS_RENAME:    {Rename, 0, 1, false, -1},
	unix.SYS_RENAMEAT:  {Rename, 1, 3, false, -1},
	unix.SYS_RENAMEAT2: {Rename, 1, 3, false, -1},
	unix.SYS_LINK:      {Link, 0, 1, false, -1},
	unix.SYS_LINKAT:    {Link, 1, 3, false, -1},
	unix.SYS_UNLINK:    {Remove, 0, -1, false, -1},
	unix.SYS_UNLINKAT:  {Remove, 1, -1, false, -1},
	unix.SYS_RMDIR:     {Remove, 0, -1, false, -1},
	unix.SYS_MKDIR:     {Mkdir, 0, -1, false, -1},
	unix.SYS_MKDIRAT:   {Mkdir, 1, -1, false, -1},
	unix.SYS_CHMOD:     {Mode, 0, -1, false, -1},
	unix.SYS_FCHMODAT:  {Mode, 1, -1, false, -1},
	unix.SYS_UTIMENSAT: {Mode, 1, -1, false, -1},
}

// Offsets in struct seccomp_data.
const (
	dataNr   = 0
	dataArch = 4
	dataArgs = 16
)

// filter is the program that stops the calls of syscalls.
func filter() []unix.SockFilter {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	ret := func(what uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what}
	}
	unless := func(test uint16, k uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, Jf: skip, K: k}
	}
	prog := []unix.SockFilter{
		load(dataArch), unless(unix.BPF_JEQ, unix.AUDIT_ARCH_X86_64, 1), load(dataNr),
	}
	for nr, call := range syscalls {
		if call.flags < 0 {
			prog = append(prog, unless(unix.BPF_JEQ, nr, 1), ret(unix.SECCOMP_RET_USER_NOTIF))
			continue
		}
		prog = append(prog,
			unless(unix.BPF_JEQ, nr, 4),
			load(dataArgs+8*uint32(call.flags)), //nolint:gosec // an argument's number
			unless(unix.BPF_JSET, unix.O_CREAT|unix.O_TRUNC, 1),
			ret(unix.SECCOMP_RET_USER_NOTIF),
			ret(unix.SECCOMP_RET_ALLOW),
		)
	}
	return append(prog, ret(unix.SECCOMP_RET_ALLOW))
}

// filterFlags: all threads, with a listener, and no call is tried again once it
// was shown.
const filterFlags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_TSYNC |
	unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV

// supported asks the kernel for the flags, with no program: EFAULT means that it
// has them.
func supported() error {
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, filterFlags, 0)
	if errno != unix.EFAULT {
		return fmt.Errorf("%w: %w", ErrUnsupported, errno)
	}
	return nil
}

// trapFD is where Watch has put its end of a socket for the listener.
const trapFD = 3

// Trap puts this process under the eye of the [Watch] that started it, from now
// on and until it ends.
func Trap() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("trap: %w", err)
	}
	prog := filter()
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]} //nolint:gosec // some hundred at most
	rights, data := unix.UnixRights(0), []byte{0}
	iov := unix.Iovec{Base: &data[0], Len: 1}
	message := unix.Msghdr{Iov: &iov, Iovlen: 1, Control: &rights[0], Controllen: uint64(len(rights))}
	// From the first call to the second every thread waits in each call that is
	// trapped, the scheduler's own too: it must have no say in between.
	fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, filterFlags, uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return fmt.Errorf("trap: %w", os.NewSyscallError("seccomp", errno))
	}
	*(*int32)(unsafe.Pointer(&rights[unix.CmsgLen(0)])) = int32(fd) //nolint:gosec // a small number
	_, _, errno = unix.RawSyscall(unix.SYS_SENDMSG, trapFD, uintptr(unsafe.Pointer(&message)), 0)
	if errno != 0 {
		return fmt.Errorf("trap: %w", os.NewSyscallError("sendmsg", errno))
	}
	_ = unix.Close(int(fd)) // the other end has it now
	_ = unix.Close(trapFD)
	return nil
}
