package thumb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/libpaul/paul/imagelib/meta"
)

// drawEnv makes the test binary draw all photos into a folder and end: so the
// memory of that alone is measured, and the time as of a program that starts.
const drawEnv = "PAUL_BENCH_DRAW"

// drawAll draws the photos into dir with some workers.
func drawAll(dir string, workers int) error {
	paths, err := filepath.Glob("../../../shared/data/photos/*")
	if err != nil {
		return err
	}
	r := NewRenderer(0)
	var g errgroup.Group
	g.SetLimit(workers)
	for _, p := range paths {
		g.Go(func() error {
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			info, err := meta.ReadBytes(data)
			if err != nil {
				return err
			}
			set, err := r.Thumbnails(context.Background(), data, &info)
			if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			name := filepath.Join(dir, strings.TrimSuffix(filepath.Base(p), filepath.Ext(p)))
			if err := os.WriteFile(name+".256.jpg", set.Small, 0o600); err != nil {
				return err
			}
			return os.WriteFile(name+".jpg", set.Large, 0o600)
		})
	}
	return g.Wait()
}

// drawIfAsked draws and ends, when this process was started for that.
func drawIfAsked() {
	dir := os.Getenv(drawEnv)
	if dir == "" {
		return
	}
	workers, _ := strconv.Atoi(os.Getenv("GOMAXPROCS")) // set beside it
	if err := drawAll(dir, max(workers, 1)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = fmt.Fprintln(os.Stdout, peakRSS()) // whoever reads it notices
	os.Exit(0)
}

// peakRSS is the most memory that this process has held, in MB; 0 where the
// system does not say it so.
func peakRSS() float64 {
	status, _ := os.ReadFile("/proc/self/status") // not there
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.ParseFloat(fields[0], 64) // the kernel's
	return kb / 1000
}
