package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	idleFiles   = 100_000
	idleDevices = 3 // paired with the one that has the files
	idleQuiet   = 5 * time.Second
	idleMost    = 3 * time.Minute // until all devices are at rest
)

// BenchmarkIdleLibrary runs pauld with 100,000 photos and three paired devices that
// know them, and tells how much of a core each takes with nothing to do. The limit is
// 0.5 %.
func BenchmarkIdleLibrary(b *testing.B) {
	pauld := filepath.Join(b.TempDir(), "pauld")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", pauld, "../cmd/pauld")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build pauld: %v %s", err, out)
	}
	photos := drawTiny(b, idleFiles)
	for b.Loop() {
		owner, uri := startPauld(b, pauld)
		begun := time.Now()
		ask(b, pauld, owner, "import", photos)
		b.ReportMetric(idleFiles/time.Since(begun).Seconds(), "files/s-imported")
		others := make([]*exec.Cmd, idleDevices)
		for i := range others {
			others[i], _ = startPauld(b, pauld, "--peer", uri)
			pairWith(b, pauld, owner, others[i])
		}
		for _, other := range others {
			settle(b, other)
		}
		settle(b, owner)
		before := []time.Duration{cpuOf(b, owner.Process.Pid), cpuOf(b, others[0].Process.Pid)}
		rest(b, idleWindow)
		for i, cmd := range []*exec.Cmd{owner, others[0]} {
			share := (cpuOf(b, cmd.Process.Pid) - before[i]).Seconds() / idleWindow.Seconds() * 100
			who := []string{"owner", "other"}[i]
			memory := memoryOf(b, cmd.Process.Pid)
			b.ReportMetric(share, "%core-"+who)
			b.ReportMetric(memory, "MB-RSS-"+who)
			b.Logf("%s: %.2f %% of a core, %.0f MB", who, share, memory) // the metrics of a run that fails are not shown
			if share > 0.5 {
				b.Errorf("%s: %.2f %% of a core is too much", who, share)
			}
		}
		if n := bytes.Count(ask(b, pauld, others[0], "list"), []byte("\n")); n != idleFiles {
			b.Errorf("%d photos are known on the other device", n)
		}
	}
}

// drawTiny makes n different photos.
func drawTiny(b *testing.B, n int) (dir string) {
	b.Helper()
	dir = b.TempDir()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		b.Fatal(err)
	}
	for i := range n {
		name := filepath.Join(dir, fmt.Sprint(i/1000), fmt.Sprintf("%05d.jpg", i))
		if i%1000 == 0 {
			if err := os.Mkdir(filepath.Dir(name), 0o700); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(name, fmt.Append(picture.Bytes(), i), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// ask has a running pauld do a command.
func ask(b *testing.B, pauld string, cmd *exec.Cmd, args ...string) []byte {
	b.Helper()
	out, err := exec.CommandContext(b.Context(), pauld, append(args, "--home", homeOf(cmd), "--json")...).Output()
	if err != nil {
		b.Fatalf("%q: %v %.300s", args, err, out)
	}
	return out
}

func homeOf(cmd *exec.Cmd) string { return cmd.Args[3] }

// pairWith lets another pauld join the library.
func pairWith(b *testing.B, pauld string, host, guest *exec.Cmd) {
	b.Helper()
	invite := exec.CommandContext(b.Context(), pauld, "pair", "--yes", "--home", homeOf(host), "--json")
	out, err := invite.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := invite.Start(); err != nil {
		b.Fatal(err)
	}
	var said struct{ Code string }
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&said); err != nil || said.Code == "" {
		b.Fatalf("no code: %v", err)
	}
	ask(b, pauld, guest, "join", said.Code)
	if err := invite.Wait(); err != nil {
		b.Fatalf("pair: %v", err)
	}
}

// settle waits until a process has hardly taken a processor for a while.
func settle(b *testing.B, cmd *exec.Cmd) {
	b.Helper()
	for begun := time.Now(); time.Since(begun) < idleMost; {
		before := cpuOf(b, cmd.Process.Pid)
		rest(b, idleQuiet)
		if cpuOf(b, cmd.Process.Pid)-before < idleQuiet/50 {
			return
		}
	}
	b.Fatal("a device does not come to rest")
}
