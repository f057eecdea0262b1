//go:build e2e

package e2e

import (
	"bytes"
	"image"
	"image/color"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/libpaul/paul/internal/sample"
)

// Places in a window of 1280 by 800 pixels.
var (
	startLibrary  = image.Pt(640, 466)
	joinOther     = image.Pt(640, 569)
	startButton   = image.Pt(889, 641)
	firstPhoto    = image.Pt(330, 180)
	pageDevices   = image.Pt(80, 375)
	pageTrash     = image.Pt(80, 451)
	pagePhotos    = image.Pt(80, 74)
	addDevice     = image.Pt(1187, 88)
	copyCode      = image.Pt(698, 422)
	theyMatch     = image.Pt(716, 510)
	nextButton    = image.Pt(845, 645)
	joinButton    = image.Pt(905, 541)
	done          = image.Pt(643, 492)
	deleteButton  = image.Pt(817, 474)
	restoreButton = image.Pt(1057, 740)
)

// TestTwoGalleries lives the life of a person with two computers, in two real
// windows: start a library, import, pair by the code on the screen, look, save,
// delete and restore.
func TestTwoGalleries(t *testing.T) {
	s := newScreen(t)
	port := freePort(t)
	desktop := s.open("Desktop", "--name", "Desktop", "--library", filepath.Join(s.dir, "desktop-photos"), "--listen", "tls://127.0.0.1:"+port)
	photos := desktop.startLibrary()

	laptop := s.open("Laptop", "--name", "Laptop", "--library", filepath.Join(s.dir, "laptop-photos"), "--peer", "tls://127.0.0.1:"+port)
	pair(desktop, laptop)
	laptop.lists(photos)
	wait(t, "thumbnails of the other device", laptop.log, func() bool { return drawn(laptop.grab("laptop-paired")) })

	laptop.saveAll(photos)
	laptop.look()
	laptop.deleteOne(photos)
	desktop.lists(photos - 1)
	desktop.restoreFromTrash()
	laptop.lists(photos)

	desktop.quit()
	laptop.quit()
}

// startLibrary goes through the first start and imports photos, by handing
// them to a second start of the program. It returns how many there are.
func (g *gallery) startLibrary() int {
	g.t.Helper()
	welcome := g.shot("welcome")
	g.at(startLibrary)
	details := g.changes(welcome, "details")
	g.at(startButton)
	g.changes(details, "started")

	const photos = 9
	folder := filepath.Join(g.dir, "camera")
	if err := os.Mkdir(folder, 0o755); err != nil {
		g.t.Fatal(err)
	}
	if _, err := sample.Write(folder, photos, 5); err != nil {
		g.t.Fatal(err)
	}
	g.command(binary("paul"), "--home", g.home, folder)
	g.lists(photos)
	wait(g.t, "photos on the screen", g.log, func() bool { return drawn(g.grab("imported")) })
	return photos
}

// pair shows a code on host, copies it, and joins by it on guest.
func pair(host, guest *gallery) {
	host.t.Helper()
	host.at(pageDevices)
	host.shot("devices")
	host.at(addDevice)
	wait(host.t, "pair code", host.log, func() bool { return coded(host.grab("invite")) })
	host.shot("invite-code")
	host.at(copyCode)

	welcome := guest.shot("guest-welcome")
	guest.at(joinOther)
	details := guest.changes(welcome, "guest-details")
	guest.at(nextButton)
	join := guest.changes(details, "guest-join")
	wait(guest.t, "pasted code", guest.log, func() bool {
		guest.key("ctrl+a", "ctrl+v") // whatever has been pasted before
		return !same(join, guest.grab("guest-pasted"))
	})
	guest.at(joinButton)
	wait(host.t, "guest at the door", host.log, func() bool {
		host.grab("host-asks")
		host.at(theyMatch)
		list, _ := host.pauld("devices")
		return len(list) == 2
	})
	host.shot("host-paired")
	host.at(done)
	guest.shot("guest-paired")
	guest.at(done)
}

// saveAll selects every photo and saves them here by the key for it.
func (g *gallery) saveAll(photos int) {
	g.t.Helper()
	g.at(pagePhotos)
	g.shot("before-save")
	g.at(firstPhoto)
	g.key("ctrl+a", "s")
	wait(g.t, "every photo here", g.log, func() bool {
		status, _ := g.pauld("status")
		return len(status) == 1 && status[0]["local"] == float64(photos)
	})
	g.key("Escape")
}

// look opens the viewer, moves on, and comes back to the same gallery.
func (g *gallery) look() {
	g.t.Helper()
	before := g.shot("gallery")
	g.xdotool("mousemove", "--window", g.window, "330", "180", "click", "--repeat", "2", "--delay", "80", "1")
	first := g.changes(before, "viewer")
	g.key("Right")
	g.changes(first, "viewer-next")
	g.key("Escape")
	g.shot("gallery-again")
}

// deleteOne deletes the first photo, after the question.
func (g *gallery) deleteOne(photos int) {
	g.t.Helper()
	g.key("Escape")
	g.at(firstPhoto)
	before := g.shot("selected")
	g.key("Delete")
	g.changes(before, "delete-question")
	g.at(deleteButton)
	g.lists(photos - 1)
}

// restoreFromTrash restores what is in the trash.
func (g *gallery) restoreFromTrash() {
	g.t.Helper()
	g.at(pageTrash)
	g.shot("trash")
	g.at(firstPhoto)
	g.shot("trash-selected")
	g.at(restoreButton)
}

func (g *gallery) at(p image.Point) {
	g.t.Helper()
	g.click(p.X, p.Y)
}

// lists waits until the device's library has so many photos.
func (g *gallery) lists(photos int) {
	g.t.Helper()
	wait(g.t, "list of photos", g.log, func() bool {
		list, code := g.pauld("list")
		return code == 0 && len(list) == photos
	})
}

// changes waits until the window shows something other than before, at rest,
// and returns it.
func (g *gallery) changes(before *image.RGBA, name string) *image.RGBA {
	g.t.Helper()
	wait(g.t, "change to "+name, g.log, func() bool { return !same(before, g.grab(name)) })
	return g.shot(name)
}

// same tells whether two pictures differ in no more than a blinking cursor or a
// running clock does.
func same(a, b *image.RGBA) bool {
	const most = 300 // pixels
	if a.Rect != b.Rect {
		return false
	}
	differ := 0
	for i := 0; i < len(a.Pix); i += 4 {
		if !bytes.Equal(a.Pix[i:i+4], b.Pix[i:i+4]) {
			differ++
		}
	}
	return differ <= most
}

// coded says whether a QR code is in the picture: black and white take turns in
// the rows of pixels that cross it.
func coded(img *image.RGBA) bool {
	turns, was := 0, false
	for y := img.Rect.Dy() * 3 / 7; y < img.Rect.Dy()*4/7; y++ {
		for x := img.Rect.Dx() / 4; x < img.Rect.Dx()/2; x++ {
			c := img.RGBAAt(x, y)
			white, black := c == (color.RGBA{R: 255, G: 255, B: 255, A: 255}), c == (color.RGBA{A: 255})
			if white && was || black && !was {
				turns++
				was = black
			}
		}
	}
	return turns > 500 // a code of 45 modules has some 2,000
}

func freePort(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
