package app

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// benchFull set to "full" makes the sets of files as large as they are meant to
// be, and the benchmarks of them hours long.
const benchFull = "PAUL_BENCH_FILES"

// A benchSet is some made-up photos.
type benchSet struct {
	name        string
	files, full int
	least, most int // sizes, spread evenly
}

var benchSets = []benchSet{
	{"photos", 500, 2000, 2_000_000, 6_000_000},
	{"small", 4000, 20_000, 20_000, 20_000},
}

// draw writes the photos of the set into a new folder.
func (s *benchSet) draw(b *testing.B) (dir string, bytes int64) {
	b.Helper()
	if os.Getenv(benchFull) == "full" {
		s.files = s.full
	}
	dir = b.TempDir()
	drawSizes(b, dir, s.files, func(i int) int {
		size := s.least + (s.most-s.least)*i/max(1, s.files-1)
		bytes += int64(size)
		return size
	})
	return dir, bytes
}

// BenchmarkTransfer moves files from one device to another, each a process of
// its own, over a link on loopback: the files alone against one TCP stream over
// the same link, and everything, until every file is safe on the other device,
// against Syncthing, from the moment that the folder is added: a folder in place,
// as it is Syncthing's, and an import, which copies it first. Memory is the most
// that a device had meanwhile.
func BenchmarkTransfer(b *testing.B) {
	for _, set := range benchSets {
		b.Run(set.name, func(b *testing.B) {
			dir, bytes := set.draw(b)
			for b.Loop() {
				b.ReportMetric(saveAgainstStream(b, dir, set.files, bytes), "x-of-one-stream")
				imported := everything(b, "import", dir, set.files, bytes)
				placed := everything(b, "place", dir, set.files, bytes)
				b.ReportMetric(float64(bytes)/1e6/imported.Seconds(), "MB/s-imported")
				b.ReportMetric(float64(set.files)/imported.Seconds(), "files/s-imported")
				b.ReportMetric(float64(set.files)/placed.Seconds(), "files/s-in-place")
				if theirs := syncthingMoves(b, dir, set.files); theirs > 0 {
					b.ReportMetric(float64(set.files)/theirs.Seconds(), "files/s-of-Syncthing")
					b.ReportMetric(theirs.Seconds()/imported.Seconds(), "imported-x-of-Syncthing")
					b.ReportMetric(theirs.Seconds()/placed.Seconds(), "in-place-x-of-Syncthing")
				}
			}
		})
	}
}

// saveAgainstStream saves files that the other device has already.
func saveAgainstStream(b *testing.B, dir string, files int, bytes int64) float64 {
	b.Helper()
	from := startBenchDevice(b)
	to := startBenchDevice(b, from.ready.Listen...)
	defer from.end(bytes)
	defer to.end(bytes)
	from.ask(benchAsk{Do: "import", Dir: dir})
	to.joinLibrary(from)
	to.ask(benchAsk{Do: "await", Files: files})
	stream := benchAsk{Do: "stream", Device: from.ready.ID, Bytes: min(bytes, 1<<30)}
	to.ask(stream) // so that it has found its pace
	before := to.ask(stream)
	saved := to.ask(benchAsk{Do: "save"})
	one := (before + to.ask(stream)) / 2
	b.ReportMetric(float64(bytes)/1e6/saved.Seconds(), "MB/s-saved")
	b.ReportMetric(float64(files)/saved.Seconds(), "files/s-saved")
	return one.Seconds() / float64(stream.Bytes) * float64(bytes) / saved.Seconds()
}

// everything adds a folder to one device, how says in which way, while the other
// saves what it sees.
func everything(b *testing.B, how, dir string, files int, bytes int64) time.Duration {
	b.Helper()
	from := startBenchDevice(b)
	to := startBenchDevice(b, from.ready.Listen...)
	defer from.end(bytes)
	defer to.end(bytes)
	to.joinLibrary(from)
	from.forgetPeak()
	to.forgetPeak()
	begun := time.Now()
	to.tell(benchAsk{Do: "keep", Files: files})
	from.ask(benchAsk{Do: how, Dir: dir})
	to.hear()
	took := time.Since(begun)
	if peak := from.peak(); peak > 0 {
		b.ReportMetric(peak, "MB-RSS-sender")
		b.ReportMetric(to.peak(), "MB-RSS-receiver")
	}
	return took
}

// BenchmarkImportFiles imports files that are on the disk already, against
// sha256sum and cp of the same files, one after the other, without and with
// what brings the copies to the disk, as an import does.
func BenchmarkImportFiles(b *testing.B) {
	if runtime.GOOS == "windows" {
		b.Skip("there are no sha256sum and cp here")
	}
	for _, set := range benchSets {
		b.Run(set.name, func(b *testing.B) {
			dir, bytes := set.draw(b)
			for b.Loop() {
				copied := filepath.Join(b.TempDir(), "copy")
				hand := timeCommand(b, "sh", "-c", `find "$0" -type f -exec sha256sum {} + >/dev/null && cp -R "$0" "$1"`, dir, copied)
				synced := hand + timeCommand(b, "sync")
				if err := os.RemoveAll(copied); err != nil {
					b.Fatal(err)
				}
				d := startBenchDevice(b)
				d.forgetPeak()
				took := d.ask(benchAsk{Do: "import", Dir: dir})
				b.ReportMetric(d.peak(), "MB-RSS")
				d.end(bytes)
				b.ReportMetric(float64(bytes)/1e6/took.Seconds(), "MB/s")
				b.ReportMetric(float64(set.files)/took.Seconds(), "files/s")
				b.ReportMetric(hand.Seconds()/took.Seconds(), "x-of-sha256sum+cp")
				b.ReportMetric(synced.Seconds()/took.Seconds(), "x-of-sha256sum+cp+sync")
			}
		})
	}
}

func timeCommand(b *testing.B, name string, args ...string) time.Duration {
	b.Helper()
	begun := time.Now()
	if out, err := exec.CommandContext(b.Context(), name, args...).CombinedOutput(); err != nil {
		b.Fatalf("%s: %v %s", name, err, out)
	}
	return time.Since(begun)
}
