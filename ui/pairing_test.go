package ui

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"golang.org/x/image/draw"

	"github.com/libpaul/paul/app"
)

func TestInvite(t *testing.T) {
	guest := func() app.Guest {
		g := app.Guest{Words: [4]string{"amber", "river", "violin", "moss"}}
		g.Name, g.Platform = "New PC", "windows"
		return g
	}
	t.Run("accepted", func(t *testing.T) {
		r := newRig(t, newFake(5), large)
		r.invite()
		d := r.inviting
		r.until("code", func() bool { return d.state == "code" })
		r.wantText("Valid for 9:32")
		r.f.guest <- guest()
		r.until("guest", func() bool { return d.state == "guest" })
		for _, w := range []string{"New PC", "Windows", "amber", "moss"} {
			r.wantText(w)
		}
		r.tap("They match, let it in")
		r.until("pairing", func() bool { return d.state == "done" })
		r.tap("Done")
		r.waitCall("cancel") // harmless after the end
	})
	t.Run("rejected", func(t *testing.T) {
		r := newRig(t, newFake(5), large)
		r.invite()
		r.f.guest <- guest()
		r.until("guest", func() bool { return r.inviting.state == "guest" })
		r.tap("They differ, reject")
		r.waitCall("reject")
		if r.inviting.m.open {
			t.Error("the dialog stays")
		}
	})
	t.Run("guest leaves", func(t *testing.T) {
		f := newFake(5)
		f.acceptErr = fmt.Errorf("pair: %w", app.ErrHungUp)
		r := newRig(t, f, large)
		r.invite()
		d := r.inviting
		r.f.guest <- guest()
		r.until("guest", func() bool { return d.state == "guest" })
		r.tap("They match, let it in")
		r.until("code again", func() bool { return d.state == "code" })
		r.wantText("New PC left before it was let in")
		r.f.guest <- guest()
		r.until("guest again", func() bool { return d.state == "guest" })
		r.tap("They match, let it in")
		r.until("pairing", func() bool { return d.state == "done" })
	})
	t.Run("cancelled", func(t *testing.T) {
		r := newRig(t, newFake(5), large)
		r.invite()
		r.until("code", func() bool { return r.inviting.state == "code" })
		r.tap("Cancel")
		r.waitCall("cancel")
	})
	t.Run("cannot be made", func(t *testing.T) {
		f := newFake(5)
		f.inviteErr = app.ErrExpired
		r := newRig(t, f, large)
		r.invite()
		r.until("failure", func() bool { return r.inviting.state == "failed" })
		r.wantText("has run out")
	})
}

func TestJoin(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.join()
	d := r.joining
	d.entry.SetText(code)
	r.tap("Join")
	r.until("words", func() bool { return d.state == "words" })
	r.wantText("violin")
	r.f.guest <- app.Guest{}
	r.until("done", func() bool { return d.state == "done" })
	r.wantText("Paired with Desktop")
	r.tap("Show the photos")
	r.waitCall("join " + code)
}

func TestJoinFailuresAreExplained(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{app.ErrBadCode, "not complete, or has a typing mistake"},
		{app.ErrExpired, "ten minutes"},
		{app.ErrUsed, "used already"},
		{app.ErrBurned, "three wrong tries"},
		{app.ErrCancelled, "withdrawn on the other device"},
		{app.ErrOldPaul, "different versions"},
		{app.ErrHungUp, "stopped answering halfway"},
		{app.ErrProtocol, "does not understand"},
		{app.ErrClock, "clock of one of the two devices"},
		{app.ErrTooMany, "as many devices as it can have"},
		{app.ErrNoAnswer, "7330"},
		{app.ErrOwnCode, "own code"},
		{app.ErrRejected, "did not let this one in"},
		{app.ErrWrongSecret, "did not accept the code"},
		{context.DeadlineExceeded, "firewall"},
		{errors.New("dial: no route"), "could not be reached"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			f := newFake(3)
			f.joinErr = tt.err
			r := newRig(t, f, large)
			r.joinWith(code)
			r.until("failure", func() bool { return r.joining.state == "failed" })
			if text := strings.ReplaceAll(r.texts(), "\n", " "); !strings.Contains(text, tt.want) {
				t.Errorf("no %q in %s", tt.want, text)
			}
			r.tap("Try again")
			if r.joining.entry.Text != code {
				t.Error("the code was forgotten")
			}
		})
	}
}

func TestJoinByPicture(t *testing.T) {
	qr, err := drawQR(code)
	if err != nil {
		t.Fatal(err)
	}
	big := image.NewRGBA(image.Rect(0, 0, 500, 420)) // a photo of a screen, say
	draw.Draw(big, big.Bounds(), image.White, image.Point{}, draw.Src)
	draw.NearestNeighbor.Scale(big, image.Rect(60, 40, 410, 390), qr, qr.Bounds(), draw.Src, nil)
	path := filepath.Join(t.TempDir(), "code.png")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(out, big), out.Close()); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, newFake(3), large)
	r.join()
	r.picture(t, filepath.Join(t.TempDir(), "missing.png"))
	r.until("hint", func() bool { return strings.Contains(r.joining.hint.Text(), "No pair code was found") })
	r.dropped(fyne.Position{}, []fyne.URI{storage.NewFileURI(path)})
	r.until("words", func() bool { return r.joining.state == "words" })
	r.waitCall("join " + strings.ToUpper(code)) // codes are drawn in capitals
}

func (r *rig) picture(t *testing.T, path string) {
	t.Helper()
	r.pick.paths = []string{path}
	r.tap("From a picture…")
}

func FuzzReadQR(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("GIF89a\x01\x00\x01\x00"))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = readQR(strings.NewReader(string(b))) })
}
