package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/overlay"
)

const (
	idlePeerings = 10
	idleSettle   = 30 * time.Second // until a device that has just started is at rest
	idleWindow   = time.Minute
)

// BenchmarkIdle runs pauld with ten peerings and nothing to do, and tells how
// much of a core it takes and how much memory it has. The limits are 0.3 % and
// 60 MB.
func BenchmarkIdle(b *testing.B) {
	pauld := filepath.Join(b.TempDir(), "pauld")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", pauld, "../cmd/pauld")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build pauld: %v %s", err, out)
	}
	for b.Loop() {
		cmd, uri := startPauld(b, pauld)
		for range idlePeerings {
			startNode(b, uri)
		}
		rest(b, idleSettle)
		before := cpuOf(b, cmd.Process.Pid)
		rest(b, idleWindow)
		share := (cpuOf(b, cmd.Process.Pid) - before).Seconds() / idleWindow.Seconds() * 100
		memory := memoryOf(b, cmd.Process.Pid)
		b.ReportMetric(share, "%core")
		b.ReportMetric(memory, "MB-RSS")
		if share > 0.3 || memory > 60 {
			b.Error("that is too much")
		}
		if up := linksOf(b, pauld, cmd); up != idlePeerings {
			b.Errorf("%d links at the end, want %d", up, idlePeerings)
		}
	}
}

func startPauld(b *testing.B, pauld string, args ...string) (cmd *exec.Cmd, uri string) {
	b.Helper()
	home := b.TempDir()
	cmd = exec.CommandContext(b.Context(), pauld, append([]string{"run", "--home", home, "--json", "--no-lan", "--no-public-peers", "--listen", "tls://127.0.0.1:0"}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Wait() }) // the context has ended by then
	var said struct {
		Ready struct{ Listen []string }
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(line), &said)
	}
	if err != nil || len(said.Ready.Listen) != 1 {
		b.Fatalf("pauld said %q, %v", line, err)
	}
	return cmd, said.Ready.Listen[0]
}

// startNode runs a node that links with uri until the benchmark ends.
func startNode(b *testing.B, uri string) {
	b.Helper()
	n, err := overlay.Open(overlay.Options{
		KeyFile: filepath.Join(b.TempDir(), "key"), Peers: []string{uri}, NoPublicPeers: true, NoLAN: true,
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
}

func rest(b *testing.B, d time.Duration) {
	b.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-b.Context().Done():
	}
}

// cpuOf returns the processor time that a process has taken: fields 14 and 15
// of proc(5)'s stat, in hundredths of a second.
func cpuOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memoryOf returns what a process has in memory, in MB.
func memoryOf(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rss, _ := strings.Cut(string(text), "VmRSS:")
	var kB float64
	if _, err := fmt.Sscan(rss, &kB); err != nil {
		b.Fatal(err)
	}
	return kB * 1024 / 1e6
}

func linksOf(b *testing.B, pauld string, running *exec.Cmd) int {
	b.Helper()
	out, err := exec.CommandContext(b.Context(), pauld, "status", "--json", "--home", running.Args[3]).Output()
	if err != nil {
		b.Fatal(err)
	}
	var status struct{ Peers int }
	if err := json.Unmarshal(out, &status); err != nil {
		b.Fatal(err)
	}
	return status.Peers
}
