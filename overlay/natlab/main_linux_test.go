package natlab

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// agentEnv is set in the processes that are devices.
const agentEnv = "PAUL_NATLAB_AGENT"

// requiredEnv, when it is "required", makes what would be skipped fail.
const requiredEnv = "NATLAB"

// atOnce is how many labs run at a time: they wait most of the time.
const atOnce = "8"

func TestMain(m *testing.M) {
	if os.Getenv(agentEnv) != "" {
		os.Exit(agent(os.Stdin, os.Stdout))
	}
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["test.parallel"] {
		_ = flag.Set("test.parallel", atOnce) // then m runs as many
	}
	code := m.Run()
	if testing.Verbose() {
		measured.print(os.Stdout)
	}
	os.Exit(code)
}

// requireLab skips the test where boxes of these kinds cannot be made.
func requireLab(t *testing.T, kinds ...kind) {
	t.Helper()
	err := labWorks()
	for _, k := range kinds {
		if _, missing := exec.LookPath("miniupnpd"); k == igd && missing != nil {
			err = errors.Join(err, errors.New("port mapping needs miniupnpd (Debian: miniupnpd-nftables)"))
		}
	}
	switch {
	case err == nil:
	case os.Getenv(requiredEnv) == "required":
		t.Fatal(err)
	default:
		t.Skip(err)
	}
}

// labWorks tells what the machine lacks to run a lab, or nil.
var labWorks = sync.OnceValue(func() error {
	if os.Geteuid() != 0 {
		return errors.New("the NAT lab needs root")
	}
	for _, name := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("the NAT lab needs %s (Debian: iproute2, nftables)", name)
		}
	}
	if err := unix.Access("/dev/net/tun", unix.R_OK|unix.W_OK); err != nil {
		return fmt.Errorf("the NAT lab needs /dev/net/tun: %w", err)
	}
	n, err := newNetns()
	if err != nil {
		return fmt.Errorf("the NAT lab needs network namespaces: %w", err)
	}
	return n.file.Close()
})
