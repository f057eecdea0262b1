//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/libpaul/paul/internal/sample"
)

// What is pressed. Of a screen that is a little different in the tests of
// package ui, the thing lies at the same place.
var (
	startLibrary = thing{"welcome", "Start a library"}
	joinOther    = thing{"welcome", "Join my other device"}
	startButton  = thing{"welcome-details", "Start"}
	nextButton   = thing{"welcome-join", "Next: the pair code"}
	pagePhotos   = thing{"favourites", "Photos"}
	pageDevices  = thing{"photos", "Devices"}
	pageTrash    = thing{"photos", "Trash"}
	addDevice    = thing{"devices-alone", "Add a device"}
	copyCode     = thing{"invite-no-lan", "Copy the code"}
	theyMatch    = thing{"invite-guest", "They match, let it in"}
	done         = thing{"invite-done", "Done"}
	deleteButton = thing{"delete", "Delete from all 3 devices"}
	restore      = thing{"trash-selected", "Restore"}
)

// TestTwoGalleries lives the life of a person with two computers, in two real
// windows: start a library, import, pair by the code on the screen, look, save,
// remove, delete and restore, and undo each by the toast and by the key.
func TestTwoGalleries(t *testing.T) {
	s := newScreen(t)
	port := freePort(t)
	desktop := s.open("Desktop", "--name", "Desktop", "--library", filepath.Join(s.dir, "desktop-photos"), "--listen", "tls://127.0.0.1:"+port)
	photos := desktop.startLibrary()

	laptop := s.open("Laptop", "--name", "Laptop", "--library", filepath.Join(s.dir, "laptop-photos"), "--peer", "tls://127.0.0.1:"+port)
	pairUp(desktop, laptop)
	laptop.lists(photos)
	wait(t, "thumbnails of the other device", laptop.log, func() bool { return drawn(laptop.grab("laptop-paired")) })

	laptop.saveAll(photos)
	laptop.look()
	laptop.removeOne(photos)
	laptop.deleteOne(photos)
	desktop.lists(photos - 1)
	laptop.undoByToast()
	desktop.lists(photos)
	laptop.deleteOne(photos)
	laptop.undoByKey()
	desktop.lists(photos)
	laptop.lists(photos)
	laptop.deleteOne(photos)
	desktop.lists(photos - 1)
	desktop.restoreFromTrash()
	laptop.lists(photos)

	laptop.askedByLink()

	desktop.quit()
	laptop.quit()
}

// askedByLink opens a paul: link as a browser does, by another start of the
// program: the gallery that runs asks, and joins nothing by itself.
func (g *gallery) askedByLink() {
	g.t.Helper()
	before := g.shot("before-link")
	g.command(binary("paul"), "--home", g.home, "paul:04HMASR9NF6YY0938MNK4AQWGK")
	asked := g.changes(before, "link")
	g.key("Escape")
	g.changes(asked, "after-link")
	if list, _ := g.pauld("devices"); len(list) != 2 {
		g.t.Errorf("after a link there are %d devices", len(list))
	}
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
	g.closeStrip()
	return photos
}

// pairUp shows a code on host, copies it, and joins by it on guest.
func pairUp(host, guest *gallery) {
	host.t.Helper()
	host.turnTo(pageDevices, "devices")
	host.at(addDevice)
	wait(host.t, "pair code", host.log, func() bool { return coded(host.grab("invite")) })
	code := host.shot("invite-code")
	host.at(copyCode)
	host.changes(code, "copied")

	welcome := guest.shot("guest-welcome")
	guest.at(joinOther)
	details := guest.changes(welcome, "guest-details")
	guest.at(nextButton)
	join := guest.changes(details, "guest-join")
	wait(guest.t, "pasted code", guest.log, func() bool {
		guest.key("ctrl+a", "ctrl+v") // whatever has been pasted before
		return !same(join, guest.grab("guest-pasted"))
	})
	guest.key("Return")
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
	g.turnTo(pagePhotos, "photos")
	g.pressFirst()
	g.key("ctrl+a", "s")
	g.keeps(photos)
	g.key("Escape")
}

// keeps waits until the device has so many photos.
func (g *gallery) keeps(photos int) {
	g.t.Helper()
	wait(g.t, fmt.Sprintf("%d photos here", photos), g.log, func() bool {
		status, _ := g.pauld("status")
		return len(status) == 1 && status[0]["local"] == float64(photos)
	})
}

// removeOne removes the first photo from here by the key for it, which takes
// effect at once since the other device proves its copy, and undoes that by key.
func (g *gallery) removeOne(photos int) {
	g.t.Helper()
	g.pressFirst()
	g.key("u")
	g.keeps(photos - 1)
	g.undoByKey()
	g.keeps(photos)
}

// undoByKey takes the last step back.
func (g *gallery) undoByKey() {
	g.t.Helper()
	g.shot("before-undo")
	g.key("ctrl+z")
}

// undoByToast takes the last step back from the toast that offers it.
func (g *gallery) undoByToast() {
	g.t.Helper()
	const undoFromRight = 78 // as ui/toast.go lays it out
	var at image.Rectangle
	wait(g.t, "toast", g.log, func() bool {
		at = toast(g.grab("toast"))
		return !at.Empty()
	})
	g.press(image.Pt(at.Max.X-undoFromRight, at.Min.Y+at.Dy()/2))
}

// toast finds a toast by the colour of its ground: it lies where the bar of a
// selection leaves room, and is as wide as its text.
func toast(img *image.RGBA) image.Rectangle {
	const least = 120 // pixels of ground in a row
	light, dark := color.RGBA{R: 0x2B, G: 0x2B, B: 0x33, A: 255}, color.RGBA{R: 0x3A, G: 0x3A, B: 0x44, A: 255}
	var found image.Rectangle
	for y := img.Rect.Dy() / 2; y < img.Rect.Dy(); y++ {
		run := 0
		for x := range img.Rect.Dx() {
			if c := img.RGBAAt(x, y); c == light || c == dark {
				run++
			} else {
				run = 0
			}
			if run >= least {
				found = found.Union(image.Rect(x-run+1, y, x+1, y+1))
			}
		}
	}
	return found
}

// firstPhoto waits for the first tile of the grid, which lies below the strips
// that a page may have at its top, and returns a point in it.
func (g *gallery) firstPhoto() image.Point {
	g.t.Helper()
	var at image.Point
	wait(g.t, "first photo", g.log, func() bool {
		var ok bool
		at, ok = firstTile(g.grab("first"))
		return ok
	})
	return at
}

// closeStrip closes the strip at the top of the page that sums an import up, and
// waits until it has gone: it moves everything below.
func (g *gallery) closeStrip() {
	g.t.Helper()
	ground, strip := image.Pt(1272, 90), image.Pt(1200, 90)
	there := func() bool {
		img := g.grab("strip")
		return img.RGBAAt(ground.X, ground.Y) != img.RGBAAt(strip.X, strip.Y)
	}
	wait(g.t, "summary of the import", g.log, there)
	g.shot("strip")
	g.press(image.Pt(1232, 90))
	wait(g.t, "page without the summary", g.log, func() bool { return !there() })
}

func (g *gallery) pressFirst() {
	g.t.Helper()
	g.press(g.firstPhoto())
}

// firstTile finds a tile by its many colours, going down a column of pixels
// that crosses the first tile of each row and no symbol of a strip.
func firstTile(img *image.RGBA) (image.Point, bool) {
	const x, top, height, least = 290, 66, 70, 25
	for y := top; y+height < img.Rect.Dy(); y += 5 {
		colours := map[color.RGBA]bool{}
		for d := range height {
			colours[img.RGBAAt(x, y+d)] = true
		}
		if len(colours) >= least {
			return image.Pt(x, y+height+10), true
		}
	}
	return image.Point{}, false
}

// look opens the viewer, moves on, and comes back to the same gallery.
func (g *gallery) look() {
	g.t.Helper()
	before := g.shot("gallery")
	at := g.firstPhoto()
	g.xdotool("mousemove", "--window", g.window, strconv.Itoa(at.X), strconv.Itoa(at.Y), "click", "--repeat", "2", "--delay", "80", "1")
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
	g.pressFirst()
	before := g.shot("selected")
	g.key("Delete")
	g.changes(before, "delete-question")
	g.at(deleteButton)
	g.lists(photos - 1)
}

// restoreFromTrash restores what is in the trash.
func (g *gallery) restoreFromTrash() {
	g.t.Helper()
	trash := g.turnTo(pageTrash, "trash")
	g.pressFirst()
	g.changes(trash, "trash-selected")
	g.at(restore)
}

// turnTo goes to a page by the sidebar, and waits until it shows. The page that
// shows already is left alone.
func (g *gallery) turnTo(page thing, name string) *image.RGBA {
	g.t.Helper()
	before := g.shot("before-" + name)
	row := place(g.t, page)
	if ground := before.RGBAAt(row.X, row.Y-14); ground != before.RGBAAt(1, row.Y) { // that of the page which shows is coloured
		return before
	}
	g.press(row)
	return g.changes(before, name)
}

// at clicks on a thing.
func (g *gallery) at(what thing) {
	g.t.Helper()
	g.press(place(g.t, what))
}

func (g *gallery) press(p image.Point) {
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
