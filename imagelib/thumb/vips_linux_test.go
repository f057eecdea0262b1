package thumb

import (
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// timed runs a command on one processor, or on two, and returns its processor
// time, how long it took, and what it said.
func timed(b *testing.B, processors string, env []string, name string, args ...string) (cpu, wall time.Duration, said string) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "taskset", append([]string{"-c", processors, name}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v: %s", name, err, out)
	}
	wall = time.Since(began)
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), wall, string(out)
}

// BenchmarkVips draws the photos in both sizes, and lets vipsthumbnail draw them
// in the large one, on the same processor: how many times as fast we are, by
// processor time, and how alike the pictures are (SSIM, 1 is the same).
func BenchmarkVips(b *testing.B) {
	photos(b)
	if _, err := exec.LookPath("vipsthumbnail"); err != nil {
		b.Skip("vipsthumbnail is not installed: on Debian libvips-tools")
	}
	paths, _ := filepath.Glob("../../../shared/data/photos/*")
	ours, theirs := b.TempDir(), b.TempDir()
	var our, their, two time.Duration
	rss := 0.0
	for b.Loop() {
		cpu, _, said := timed(b, "0", []string{drawEnv + "=" + ours, "GOMAXPROCS=1"}, os.Args[0])
		mb, err := strconv.ParseFloat(strings.TrimSpace(said), 64)
		if err != nil {
			b.Fatalf("it says %q", said)
		}
		our, rss = our+cpu, max(rss, mb)
		cpu, _, _ = timed(b, "0", []string{"VIPS_CONCURRENCY=1"}, "vipsthumbnail", append([]string{"--size", "512", "--rotate", "-o", theirs + "/%s.jpg[Q=80]"}, paths...)...)
		their += cpu
		if runtime.NumCPU() > 1 {
			_, wall, _ := timed(b, "0,1", []string{drawEnv + "=" + ours, "GOMAXPROCS=2"}, os.Args[0])
			two += wall
		}
	}
	worst, mean, worstName := 1.0, 0.0, ""
	for _, p := range paths {
		name := strings.TrimSuffix(filepath.Base(p), filepath.Ext(p)) + ".jpg"
		s := ssim(b, filepath.Join(ours, name), filepath.Join(theirs, name))
		if mean += s / float64(len(paths)); s < worst {
			worst, worstName = s, name
		}
	}
	b.Logf("least alike: %s", worstName)
	n := float64(b.N * len(paths))
	b.ReportMetric(our.Seconds()*1000/n, "cpu-ms/photo")
	b.ReportMetric(their.Seconds()*1000/n, "vips-cpu-ms/photo")
	b.ReportMetric(their.Seconds()/our.Seconds(), "x-of-vips")
	b.ReportMetric(two.Seconds()*1000/n, "2-workers-ms/photo")
	b.ReportMetric(worst, "SSIM-least")
	b.ReportMetric(mean, "SSIM")
	b.ReportMetric(rss, "MB-RSS")
}

// ssim is the structural similarity of the brightness of two pictures of one
// size, by windows of 8 by 8 pixels, 4 apart (Wang and others, 2004).
func ssim(b *testing.B, one, other string) float64 {
	b.Helper()
	p, q := brightness(b, one), brightness(b, other)
	if p.Rect != q.Rect {
		b.Fatalf("%s is of %v, and of %v by vips", filepath.Base(one), p.Rect, q.Rect)
	}
	const side, step = 8, 4
	const c1, c2 = 0.01 * 255 * 0.01 * 255, 0.03 * 255 * 0.03 * 255
	sum, n := 0.0, 0
	for y := 0; y+side <= p.Rect.Dy(); y += step {
		for x := 0; x+side <= p.Rect.Dx(); x += step {
			var sp, sq, spp, sqq, spq float64
			for j := range side {
				for i := range side {
					v, w := float64(p.Pix[(y+j)*p.Stride+x+i]), float64(q.Pix[(y+j)*q.Stride+x+i])
					sp, sq, spp, sqq, spq = sp+v, sq+w, spp+v*v, sqq+w*w, spq+v*w
				}
			}
			const k = side * side
			mp, mq := sp/k, sq/k
			vp, vq, cov := spp/k-mp*mp, sqq/k-mq*mq, spq/k-mp*mq
			sum += (2*mp*mq + c1) * (2*cov + c2) / ((mp*mp + mq*mq + c1) * (vp + vq + c2))
			n++
		}
	}
	return sum / float64(n)
}

func brightness(b *testing.B, path string) *image.Gray {
	b.Helper()
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	m, err := jpeg.Decode(f)
	if err != nil {
		b.Fatal(err)
	}
	switch m := m.(type) {
	case *image.YCbCr:
		return &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: m.Rect}
	case *image.Gray:
		return m
	}
	b.Fatalf("%s is a %T", path, m)
	return nil
}
