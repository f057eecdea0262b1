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

	"github.com/libpaul/paul/internal/sample"
)

const libraryImages = 100_000

// thumbHashes are those of a few photos of internal/sample.
var thumbHashes = []string{
	"ZugNHYKJd3ePd3dyd3eHiHiApwgp", "H2gGDYBGiHd/hXh4hgh4eSZ0gCgJ", "5MYJFYJXh4ePdohyiCeHizmAkoII", "ougRHYJ3h3h/iId0iFd4iIdwZggm",
	"H3gGFYJ2aYhdl4dgh0eJjHdjkGgI", "pfgVHYJ3iIePh3eFiGeHeHiAlyYJ", "mTgKFYJ1eHheh4d2iAeIh3VWcDcH", "JJcJFYSEaHhqh4eAhxeIjIVgQRgG",
}

// BenchmarkLibrary starts the real gallery on a library of 100,000 images that
// other devices hold and whose thumbnails are here, and on an empty one. It tells, of a
// warm start, when the photos show and when the thumbnails of the first screen do, how
// much memory that takes, then and over two minutes of scrolling, and what the gallery
// takes of a core while nobody touches it.
func BenchmarkLibrary(b *testing.B) {
	s := newScreen(b)
	full, empty := filepath.Join(s.dir, "full"), filepath.Join(s.dir, "empty")
	fill(b, s, full)
	keepThumbnails(b, s, full)
	for range b.N {
		s.startUp(b, empty, 0, nil)
		s.startUp(b, full, libraryImages, nil) // writes its snapshot: the next start is warm
		base := s.startUp(b, empty, 0, nil)
		warm := s.startUp(b, full, libraryImages, func(g *gallery) { g.measureUse(b) })
		b.ReportMetric(base.window.Seconds(), "s-to-empty-window")
		b.ReportMetric(warm.shown.Seconds(), "s-to-photos")
		b.ReportMetric(warm.clear.Seconds(), "s-to-thumbnails")
		b.ReportMetric(warm.ready.Seconds(), "s-to-ready")
		b.ReportMetric(warm.ready.Seconds()/base.ready.Seconds(), "x-of-empty-start")
		b.ReportMetric(warm.memory, "MB-RSS")
		b.ReportMetric(warm.memory/base.memory, "x-of-empty-RSS")
	}
}

// begun is what a start took.
type begun struct {
	window       time.Duration // until the window was there
	shown, clear time.Duration // until photos showed, and all thumbnails on the screen; 0 without any
	ready        time.Duration // until all is known and drawn, as another program sees it
	memory       float64       // resident, MB
}

// startUp opens the gallery, waits until it is ready, has it used, and ends it.
func (s *screen) startUp(b *testing.B, home string, images int, use func(*gallery)) begun {
	b.Helper()
	begin := time.Now()
	g := s.open(filepath.Base(home), "--verbose")
	wait(b, "gallery to be ready", g.log, func() bool {
		status, code := g.pauld("status")
		return code == 0 && len(status) == 1 && status[0]["files"] == float64(images) && (images == 0 || drawn(g.grab("library")))
	})
	at := begun{ready: time.Since(begin)}
	at.window = g.toldAt("Window shown").Sub(begin)
	if images > 0 {
		at.shown, at.clear = g.toldAt("Photos shown").Sub(begin), g.toldAt("Thumbnails shown").Sub(begin)
	}
	at.memory = g.memory()
	if use != nil {
		use(g)
	}
	g.quit()
	return at
}

// toldAt returns when the gallery's log had a line.
func (g *gallery) toldAt(message string) (at time.Time) {
	g.t.Helper()
	wait(g.t, message, g.log, func() bool {
		for line := range strings.Lines(g.log.String()) {
			if !strings.Contains(line, `msg="`+message+`"`) {
				continue
			}
			text, _, _ := strings.Cut(strings.TrimPrefix(line, "time="), " ")
			t, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				g.t.Fatalf("%q: %v", line, err)
			}
			at = t
			return true
		}
		return false
	})
	return at
}

// How long a measurement of use lasts.
const (
	scrolling = 2 * time.Minute
	settling  = time.Minute // until what is read again after each start has been, too
	resting   = 30 * time.Second
)

// measureUse scrolls through the library with the wheel, and then leaves the gallery
// alone. The memory at the end is compared with that after a quarter of the time, when
// every cache has filled.
func (g *gallery) measureUse(b *testing.B) {
	b.Helper()
	var most, early, late float64
	g.xdotool("mousemove", "--window", g.window, "700", "450")
	for begin := time.Now(); time.Since(begin) < scrolling; {
		g.xdotool("click", "--window", g.window, "--repeat", "40", "--delay", "20", "5")
		now, part := g.memory(), time.Since(begin)
		most = max(most, now)
		if part < scrolling/4 {
			early = max(early, now)
		} else if part > scrolling*3/4 {
			late = max(late, now)
		}
	}
	b.ReportMetric(most, "MB-RSS-scrolling")
	b.ReportMetric(late-early, "MB-grown-scrolling")
	g.xdotool("mousemove", "--window", g.window, "700", "450")
	time.Sleep(settling)
	before := g.processorTime()
	time.Sleep(resting)
	b.ReportMetric(100*(g.processorTime()-before).Seconds()/resting.Seconds(), "%-of-a-core-idle")
}

// processorTime is what the gallery has taken of all cores.
func (g *gallery) processorTime() time.Duration {
	g.t.Helper()
	data, err := os.ReadFile("/proc/" + strconv.Itoa(g.pid()) + "/stat")
	if err != nil {
		g.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), ") ") // the name before may hold spaces
	var ticks int
	fields := strings.Fields(rest)
	for _, f := range fields[11:13] { // utime and stime; see proc_pid_stat(5)
		n, err := strconv.Atoi(f)
		if err != nil {
			g.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100
}

// keepThumbnails gives the gallery on home a thumbnail of every photo: links to those
// of a few photos, as Paul draws them.
func keepThumbnails(b *testing.B, s *screen, home string) {
	b.Helper()
	photos, drawn := filepath.Join(s.dir, "photos"), filepath.Join(s.dir, "drawn")
	if err := os.Mkdir(photos, 0o700); err != nil {
		b.Fatal(err)
	}
	if _, err := sample.Write(photos, len(thumbHashes), 1); err != nil {
		b.Fatal(err)
	}
	c := exec.Command(binary("pauld"), "--home", drawn, "import", photos)
	c.Env = s.env
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("import: %v\n%s", err, out)
	}
	for _, size := range []string{"256", "512"} {
		from, err := filepath.Glob(filepath.Join(drawn, "thumbnails", "v*", "*", "*."+size+".jpg"))
		if err != nil || len(from) == 0 {
			b.Fatalf("%d thumbnails of %s pixels, %v", len(from), size, err)
		}
		version := filepath.Base(filepath.Dir(filepath.Dir(from[0])))
		for i := range libraryImages {
			sum := sha256.Sum256([]byte(strconv.Itoa(i)))
			id := hex.EncodeToString(sum[:])
			to := filepath.Join(home, "thumbnails", version, id[:2], id+"."+size+".jpg")
			err := os.Link(from[i%len(from)], to)
			if os.IsNotExist(err) {
				if err = os.MkdirAll(filepath.Dir(to), 0o700); err == nil {
					err = os.Link(from[i%len(from)], to)
				}
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// drawn says whether tiles are in the picture: several colours in one of the rows of
// pixels that cross the gallery, of which some may cross a header.
func drawn(img *image.RGBA) bool {
	for y := img.Rect.Dy() / 4; y < img.Rect.Dy()*9/10; y += 40 {
		colours := map[[3]uint8]bool{}
		for x := img.Rect.Dx() / 3; x < img.Rect.Dx()-40; x += 7 {
			c := img.RGBAAt(x, y)
			colours[[3]uint8{c.R, c.G, c.B}] = true
		}
		if len(colours) > 20 {
			return true
		}
	}
	return false
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
