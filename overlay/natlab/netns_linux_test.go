package natlab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// netns is a network namespace. It lasts as long as its file is open, or a
// process or an interface of it is.
type netns struct{ file *os.File }

// newNetns makes a namespace with nothing but loopback.
func newNetns() (*netns, error) {
	n := &netns{}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make network namespace: %w", err)
		}
		var err error
		n.file, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	if err != nil {
		return nil, err
	}
	return n, n.run("", "ip", "link", "set", "lo", "up")
}

// namespace makes one that ends with the test.
func namespace(t *testing.T) *netns {
	t.Helper()
	n, err := newNetns()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.file.Close() })
	return n
}

// onThread calls f on a thread that is gone afterwards, so that f may leave it
// in any state.
func onThread(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlock
		result <- f()
	}()
	return <-result
}

// in calls f on a thread within the namespace: sockets and devices that f opens
// stay there.
func (n *netns) in(f func() error) error {
	return onThread(func() error {
		if err := n.enter(); err != nil {
			return err
		}
		return f()
	})
}

func (n *netns) enter() error {
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace: %w", err)
	}
	return nil
}

// path is a name of the namespace that ip takes.
func (n *netns) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.file.Fd()) }

// run runs a command within the namespace to its end.
func (n *netns) run(stdin, name string, args ...string) error {
	return n.in(func() error {
		cmd := exec.Command(name, args...)
		cmd.Stdin = strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s %s: %w: %s\n%s", name, strings.Join(args, " "), err, bytes.TrimSpace(out), stdin)
		}
		return nil
	})
}

// configure runs lines of ip commands, and fails the test if one does.
func (n *netns) configure(t *testing.T, lines ...string) {
	t.Helper()
	if err := n.run(strings.Join(lines, "\n")+"\n", "ip", "-batch", "-"); err != nil {
		t.Fatal(err)
	}
}

// nft loads a ruleset.
func (n *netns) nft(t *testing.T, rules string) {
	t.Helper()
	if err := n.run(rules, "nft", "-f", "-"); err != nil {
		t.Fatal(err)
	}
}

// sysctl sets a variable below /proc/sys/net.
func (n *netns) sysctl(t *testing.T, name, value string) {
	t.Helper()
	err := n.in(func() error { return os.WriteFile("/proc/sys/net/"+name, []byte(value), 0o644) })
	if err != nil {
		t.Fatal(err)
	}
}

// process is a command that runs, or has ended.
type process struct {
	*os.Process
	ended chan struct{}
	err   error // once it has ended
}

// start starts a command within the namespace. The command is killed when this
// process ends, however it does.
func (n *netns) start(cmd *exec.Cmd) (*process, error) {
	p := &process{ended: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(p.ended)
		// The kernel kills it when the thread that started it ends.
		runtime.LockOSThread()
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if p.err = n.enter(); p.err == nil {
			p.err = cmd.Start()
		}
		started <- p.err
		if p.err == nil {
			p.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	p.Process = cmd.Process
	return p, nil
}
