//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const libraryImages = 100_000

// thumbHashes are those of a few photos of internal/sample.
var thumbHashes = []string{
	"ZugNHYKJd3ePd3dyd3eHiHiApwgp", "H2gGDYBGiHd/hXh4hgh4eSZ0gCgJ", "5MYJFYJXh4ePdohyiCeHizmAkoII", "ougRHYJ3h3h/iId0iFd4iIdwZggm",
	"H3gGFYJ2aYhdl4dgh0eJjHdjkGgI", "pfgVHYJ3iIePh3eFiGeHeHiAlyYJ", "mTgKFYJ1eHheh4d2iAeIh3VWcDcH", "JJcJFYSEaHhqh4eAhxeIjIVgQRgG",
}

// BenchmarkLibrary starts the real gallery on a library of 100,000 images that
// other devices hold, and on an empty one, and compares: how long until the
// first picture with tiles, and how much memory.
func BenchmarkLibrary(b *testing.B) {
	s := newScreen(b)
	full, empty := filepath.Join(s.dir, "full"), filepath.Join(s.dir, "empty")
	fill(b, s, full)
	for range b.N {
		s.startUp(b, empty, 0)
		s.startUp(b, full, libraryImages) // writes its snapshot: the next start is warm
		baseTime, baseMemory := s.startUp(b, empty, 0)
		ready, memory := s.startUp(b, full, libraryImages)
		b.ReportMetric(ready.Seconds(), "s-to-ready")
		b.ReportMetric(ready.Seconds()/baseTime.Seconds(), "x-of-empty-start")
		b.ReportMetric(memory, "MB-RSS")
		b.ReportMetric(memory/baseMemory, "x-of-empty-RSS")
	}
}

// startUp opens the gallery, waits until it is ready and ends it. It returns how long it
// took and the resident memory in MB.
func (s *screen) startUp(b *testing.B, home string, images int) (time.Duration, float64) {
	b.Helper()
	begin := time.Now()
	g := s.open(filepath.Base(home))
	wait(b, "gallery to be ready", g.log, func() bool {
		status, code := g.pauld("status")
		return code == 0 && len(status) == 1 && status[0]["files"] == float64(images) && (images == 0 || drawn(g.grab("library")))
	})
	took := time.Since(begin)
	memory := g.memory()
	g.quit()
	return took, memory
}

// drawn says whether tiles are in the picture: several colours in the row of
// pixels that crosses the gallery.
func drawn(img *image.RGBA) bool {
	colours := map[[3]uint8]bool{}
	y := img.Rect.Dy() / 2
	for x := img.Rect.Dx() / 3; x < img.Rect.Dx()-40; x += 7 {
		c := img.RGBAAt(x, y)
		colours[[3]uint8{c.R, c.G, c.B}] = true
	}
	return len(colours) > 20
}

// memory is the resident memory of the gallery, MB.
func (g *gallery) memory() float64 {
	g.t.Helper()
	data, err := os.ReadFile("/proc/" + strconv.Itoa(g.pid()) + "/status")
	if err != nil {
		g.t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				g.t.Fatal(err)
			}
			return kb / 1024
		}
	}
	g.t.Fatal("no VmRSS")
	return 0
}

// fill writes the records of a large library into home, through the door that
// any CouchDB program uses.
func fill(b *testing.B, s *screen, home string) {
	b.Helper()
	port := freePort(b)
	server := exec.Command(binary("pauld"), "--home", home, "run", "--no-lan", "--no-public-peers", "--couch", "127.0.0.1:"+port)
	log := new(output)
	server.Env, server.Stdout, server.Stderr = s.env, log, log
	start(b, server)
	base := "http://127.0.0.1:" + port
	var password string
	wait(b, "loopback database", log, func() bool {
		text, err := os.ReadFile(filepath.Join(home, "loopback.password"))
		password = strings.TrimSpace(string(text))
		return err == nil && post(base+"/files/_all_docs", password, `{"keys":[]}`) == nil
	})
	other := strings.Repeat("ab", 32)
	docs(b, base+"/devices", password, []any{map[string]any{
		"_id": other, "name": "NAS", "address": "", "platform": "linux", "n": 1, "added": map[string]any{"by": other, "at": 1},
	}})
	rng := rand.New(rand.NewPCG(1, 2))
	for at := 0; at < libraryImages; at += 2000 {
		var files, images []any
		for i := range 2000 {
			file, img := record(at+i, other, rng)
			files, images = append(files, file), append(images, img)
		}
		docs(b, base+"/files", password, files)
		docs(b, base+"/images", password, images)
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	_ = server.Wait() // how it ends is not what is measured
}

// record makes the File and the Image document of one image.
func record(n int, holder string, rng *rand.Rand) (file, img map[string]any) {
	sum := sha256.Sum256([]byte(strconv.Itoa(n)))
	id := hex.EncodeToString(sum[:])
	taken := time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * 97 * time.Minute)
	w, h := 4000, 3000
	if rng.IntN(4) == 0 {
		w, h = h, w
	}
	return map[string]any{
			"_id": id, "name": fmt.Sprintf("IMG_%05d.JPG", n), "size": 3_000_000 + n, "type": "image/jpeg", "time": taken.UnixMilli(),
			"added":   map[string]any{"by": holder, "at": taken.UnixMilli()},
			"devices": map[string]any{holder: map[string]any{"saved": true, "n": 1, "verified": taken.UnixMilli()}},
		}, map[string]any{
			"_id": id, "version": 1, "type": "image/jpeg", "kind": "image", "date": taken.Format("2006-01-02T15:04:05"), "dateSource": "exif",
			"width": w, "height": h, "orientation": 1, "camera": "Canon EOS 5D", "thumbhash": thumbHashes[n%len(thumbHashes)],
		}
}

func docs(b *testing.B, db, password string, list []any) {
	b.Helper()
	body, err := json.Marshal(map[string]any{"docs": list})
	if err != nil {
		b.Fatal(err)
	}
	if err := post(db+"/_bulk_docs", password, string(body)); err != nil {
		b.Fatal(err)
	}
}

func post(url, password, body string) error {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	req.SetBasicAuth("paul", password)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s: %s", url, res.Status)
	}
	return nil
}
