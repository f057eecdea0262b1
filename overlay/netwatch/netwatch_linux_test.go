package netwatch

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// inNamespace is set in the network that TestRealChanges makes.
const inNamespace = "PAUL_TEST_NETWATCH"

// TestRealChanges runs itself in a network namespace, where it changes real
// interfaces, addresses and routes.
func TestRealChanges(t *testing.T) {
	if os.Getenv(inNamespace) != "" {
		realChanges(t)
		return
	}
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "unshare", "-rn", "ip", "link", "add", "v0", "type", "veth").CombinedOutput(); err != nil {
		t.Skipf("no network namespace here: %v %s", err, out)
	}
	again := exec.CommandContext(t.Context(), "unshare", "-rn", self, "-test.run", "^TestRealChanges$")
	again.Env = append(os.Environ(), inNamespace+"=1")
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func realChanges(t *testing.T) {
	t.Helper()
	change := func(command string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(command)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v %s", command, err, out)
		}
	}
	change("link set lo up")
	change("link add v0 type veth peer name v1")
	change("link set v1 up")
	reported := make(chan Reason, 16)
	var told atomic.Int32 // how often the kernel told of something
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	ready := make(chan struct{})
	go func() {
		defer close(ended)
		w := &watcher{wall: time.Now, nudged: make(chan struct{}, 1)}
		w.look = func(ctx context.Context) (string, error) {
			select {
			case <-ready:
			default:
				close(ready)
			}
			return look(ctx)
		}
		go listen(ctx, func() {
			told.Add(1)
			w.nudge()
		}, w.hears.Store)
		w.run(ctx, func(r Reason) { reported <- r })
	}()
	<-ready
	for _, command := range []string{
		"link set v0 up", "address add 10.9.9.1/24 dev v0", "route add default via 10.9.9.2",
		"address add 10.9.9.3/24 dev v0", "address delete 10.9.9.3/24 dev v0",
		"route delete default", "link set v0 down",
	} {
		change(command)
		began := time.Now()
		select {
		case r := <-reported:
			t.Logf("%s: %s after %v", command, r, time.Since(began).Round(time.Millisecond))
			if r != Changed {
				t.Errorf("%s: reported %q", command, r)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: not reported", command)
		}
	}
	cancel()
	<-ended
	if told.Load() == 0 {
		t.Error("the kernel told of nothing")
	}
}
