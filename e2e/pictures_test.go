//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/internal/sample"
)

// TestPictures takes the pictures of docs/screenshots again, when PAUL_PICTURES
// says where to: the real program with made-up photos and two paired devices.
func TestPictures(t *testing.T) {
	dir := os.Getenv("PAUL_PICTURES")
	if dir == "" {
		t.Skip("PAUL_PICTURES=dir says where to")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := newScreen(t)
	for _, theme := range []string{"light", "dark"} {
		new := s.coloured("New-"+theme, theme).open("New-" + theme)
		new.picture(dir, "first-start-"+theme)
		new.quit()
	}
	home, err := os.MkdirTemp("", "mira") // a short name, which is on pictures
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	port := freePort(t)
	s.coloured("Desktop", "light")
	library := func() *gallery {
		return s.open("Desktop", "--name", "Desktop", "--library", filepath.Join(home, "Pictures"), "--listen", "tls://127.0.0.1:"+port)
	}
	g := library()
	g.furnish(port)
	g.pages(dir, "light")
	g.guide(dir)
	g.quit()
	s.coloured("Desktop", "dark")
	g = library()
	g.pages(dir, "dark")
	g.quit()
}

// coloured gives a device, which does not run, its colours.
func (s *screen) coloured(name, theme string) *screen {
	s.t.Helper()
	path := filepath.Join(s.dir, name, "config.json")
	config := map[string]any{}
	if data, err := os.ReadFile(path); err == nil {
		if err := json.Unmarshal(data, &config); err != nil {
			s.t.Fatal(err)
		}
	}
	config["theme"] = theme
	data, err := json.Marshal(config)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return s
}

// towns are where the made-up photos were taken, with what is said of them.
var towns = []struct {
	lat, lon float64
	tag      string
}{
	{38.7223, -9.1393, "Portugal"}, {38.7979, -9.3906, "Portugal"}, {41.1579, -8.6291, "Portugal"}, {46.0207, 7.7491, "Mountains"},
	{52.5200, 13.4050, "Family"}, {64.1466, -21.9426, "Iceland"}, {35.0116, 135.7681, "Japan"}, {45.4408, 12.3155, "Family"}, {-33.9249, 18.4241, "South Africa"},
}

// furnish imports photos on this device and on another, and pairs the two.
func (g *gallery) furnish(port string) {
	g.t.Helper()
	laptop := filepath.Join(g.dir, "Laptop")
	flags := []string{"--no-lan", "--no-public-peers"}
	other := exec.Command(binary("pauld"), append([]string{"--home", laptop, "--name", "Laptop", "--library", filepath.Join(g.dir, "laptop"), "--peer", "tls://127.0.0.1:" + port, "run"}, flags...)...)
	log := new(output)
	other.Env, other.Stdout, other.Stderr = g.env, log, log
	start(g.t, other)
	on := func(home string, args ...string) string {
		return g.command(binary("pauld"), append([]string{"--home", home}, args...)...)
	}
	wait(g.t, "the other device", log, func() bool { return g.try(binary("pauld"), "--home", laptop, "status") == nil })
	on(g.home, "import", samples(g, "holiday", 46, 1))
	on(laptop, "import", samples(g, "family", 18, 2))

	invite := exec.Command(binary("pauld"), "--home", g.home, "pair", "--yes", "--json")
	said := new(output)
	invite.Env, invite.Stdout, invite.Stderr = g.env, said, said
	start(g.t, invite)
	code := ""
	wait(g.t, "pair code", said, func() bool {
		_, rest, ok := strings.Cut(said.String(), `"code":"`)
		if ok {
			code, _, ok = strings.Cut(rest, `"`)
		}
		return ok
	})
	on(laptop, "join", code)
	for _, home := range []string{g.home, laptop} {
		wait(g.t, "the photos of both", g.log, func() bool { return strings.Count(on(home, "list", "--json"), "\n") == 64 })
	}
	save := func(home string, photos int) { // the newest have one copy only
		ids := []string{"--home", home, "save"}
		for line := range strings.Lines(on(home, "list", "--json")) {
			var photo struct{ Digest string }
			if err := json.Unmarshal([]byte(line), &photo); err != nil {
				g.t.Fatal(err)
			}
			ids = append(ids, photo.Digest)
		}
		wait(g.t, "saved photos", log, func() bool { return g.try(binary("pauld"), ids[:3+photos]...) == nil })
	}
	save(laptop, 61)
	save(g.home, 48)
}

// samples draws photos, with places and tags beside them.
func samples(g *gallery, name string, n int, seed uint64) string {
	g.t.Helper()
	dir := filepath.Join(g.dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		g.t.Fatal(err)
	}
	paths, err := sample.Write(dir, n, seed)
	if err != nil {
		g.t.Fatal(err)
	}
	for i, path := range paths {
		town := towns[(i/6+int(seed))%len(towns)]
		text := fmt.Sprintf(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" exif:GPSLatitude="%s" exif:GPSLongitude="%s"><dc:subject><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>`,
			degrees(town.lat, "N", "S"), degrees(town.lon, "E", "W"), town.tag)
		if err := os.WriteFile(path+".xmp", []byte(text), 0o644); err != nil {
			g.t.Fatal(err)
		}
	}
	return dir
}

// degrees writes an angle as XMP does: degrees, then minutes.
func degrees(v float64, plus, minus string) string {
	if v < 0 {
		plus, v = minus, -v
	}
	whole := int(v)
	return fmt.Sprintf("%d,%.4f%s", whole, (v-float64(whole))*60, plus)
}

// picture keeps the window, at rest, with the mouse aside.
func (g *gallery) picture(dir, name string) {
	g.t.Helper()
	g.xdotool("mousemove", "--window", g.window, "560", "6")
	wait(g.t, "no toast", g.log, func() bool { return toast(g.grab("toasts")).Empty() })
	g.shot(name)
	from := os.Getenv("E2E_SHOTS")
	if from == "" {
		from = g.dir
	}
	g.command("bash", "-c", slim, "slim", filepath.Join(from, name+".png"), filepath.Join(dir, name+".png"), filepath.Join(g.dir, "palette.miff"))
}

// slim makes a picture smaller. A large one gets a palette, in which the most
// frequent colours, those of the program itself, stay exactly as they are.
const slim = `set -euo pipefail
convert "$1" -strip -define png:compression-level=9 "$2"
if [ "$(stat -c %s "$2")" -gt 200000 ]; then
  flats=$(convert "$1" -format %c histogram:info:- | sort -rn | sed -n '1,24s/.*\(#[0-9A-F]\{6\}\).*/xc:\1/p')
  convert $flats \( "$1" -strip -colors 230 -unique-colors \) +append -alpha off "$3"
  convert "$1" -strip -dither FloydSteinberg -remap "$3" -define png:compression-level=9 "png8:$2"
fi`

// pages are the pictures that are taken in both colours.
func (g *gallery) pages(dir, theme string) {
	g.t.Helper()
	wait(g.t, "the other device online", g.log, func() bool {
		list, _ := g.pauld("devices")
		return slices.ContainsFunc(list, func(d map[string]any) bool { return d["name"] == "Laptop" && d["online"] == true })
	})
	wait(g.t, "photos", g.log, func() bool { return drawn(g.grab("photos")) })
	g.picture(dir, "gallery-"+theme)
	before := g.shot("before-viewer")
	g.xdotool("mousemove", "--window", g.window, "420", "300", "click", "--repeat", "2", "--delay", "80", "1")
	before = g.changes(before, "viewer")
	g.key("i")
	g.changes(before, "viewer-info")
	g.picture(dir, "viewer-"+theme)
	g.key("i", "Escape", "Escape")
	g.turnTo(thing{"photos", "Places and dates"}, "places")
	g.picture(dir, "places-"+theme)
	g.turnTo(pageDevices, "devices")
	g.picture(dir, "devices-"+theme)
	g.at(addDevice)
	wait(g.t, "pair code", g.log, func() bool { return coded(g.grab("invite")) })
	g.picture(dir, "pairing-"+theme)
	g.key("Escape")
}

// guide are the pictures that are taken in light colours alone.
func (g *gallery) guide(dir string) {
	g.t.Helper()
	g.turnTo(pagePhotos, "photos")
	g.pressFirst()
	g.key("f", "shift+Right", "shift+Right")
	g.picture(dir, "selected-light")
	before := g.shot("before-question")
	g.key("Delete")
	g.changes(before, "question")
	g.picture(dir, "delete-light")
	g.key("Escape", "Escape")
	g.pressFirst()
	before = g.shot("before-crop")
	g.key("e")
	g.changes(before, "crop")
	g.picture(dir, "crop-light")
	g.key("Escape", "Escape")
	before = g.shot("before-search")
	g.key("ctrl+f")
	g.xdotool("type", "--delay", "80", "port")
	g.changes(before, "search")
	g.picture(dir, "search-light")
	g.key("Escape", "Escape")
	g.turnTo(thing{"photos", "Activity"}, "activity")
	g.picture(dir, "activity-light")
	g.turnTo(thing{"activity", "Settings"}, "settings")
	g.picture(dir, "settings-light")
}
