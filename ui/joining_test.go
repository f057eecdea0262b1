package ui

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"image"
	"image/png"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"golang.org/x/image/draw"

	"github.com/libpaul/paul/app"
)

// What is typed is judged at once: how much is missing, or what is wrong.
func TestJoinSaysWhatIsWrongWithTheCode(t *testing.T) {
	body := strings.TrimPrefix(code, "paul:")
	for name, tt := range map[string]struct {
		text, want string
		good       bool
	}{
		"nothing":       {"", "O counts as 0", false},
		"spaces":        {"  ", "O counts as 0", false},
		"begun":         {"paul:" + body[:5], "At least 85 more characters", false},
		"one to come":   {code[:len(code)-1], "1 more character is missing", false},
		"odd":           {code + "!", "no “!”", false},
		"wrong digit":   {strings.Replace(code, "X0NXV", "X4NXV", 1), "Group 3 has a mistake: for X4NXV it should most likely say X0NXV", false},
		"lacks one":     {strings.Replace(code, "X0NXV", "XNXV", 1), "Group 3 has a mistake", false},
		"two mistakes":  {strings.Replace(strings.Replace(code, "X0NXV", "X4NXV", 1), "MCNS", "MCNT", 1), "more than one place", false},
		"whole":         {code, "complete", true},
		"small":         {strings.ToLower(code), "complete", true},
		"grouped":       {groups(code), "complete", true},
		"dashes":        {strings.ReplaceAll(groups(body), " ", "-"), "complete", true},
		"O, I and L":    {strings.NewReplacer("0", "O", "1", "l").Replace(code), "complete", true},
		"as some links": {"PAUL://" + body + "/", "complete", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, newFake(3), large)
			r.join()
			d := r.joining
			d.entry.SetText(tt.text)
			if got := strings.ReplaceAll(d.hint.Text(), "\n", " "); !strings.Contains(got, tt.want) {
				t.Errorf("it says %q, want %q", got, tt.want)
			}
			if d.ok.Disabled() == tt.good {
				t.Errorf("it can be used: %v, want %v", !d.ok.Disabled(), tt.good)
			}
		})
	}
}

func TestJoinMendsAMistake(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.join()
	d := r.joining
	if d.mend.Visible() {
		t.Error("an empty code can be corrected")
	}
	d.entry.SetText(strings.Replace(code, "X0NXV", "XN0XV", 1))
	r.tap("Correct it")
	if !strings.EqualFold(d.entry.Text, code) || d.ok.Disabled() || d.mend.Visible() {
		t.Errorf("corrected to %q", d.entry.Text)
	}
	r.press(fyne.KeyReturn)
	r.until("words", func() bool { return d.state == "words" })
}

func TestJoinRefusesItsOwnCode(t *testing.T) {
	f := newFake(3)
	f.devices[0].ID = app.ReviewCode(code).Device
	r := newRig(t, f, large)
	r.join()
	r.joining.entry.SetText(code)
	r.wantText("own code")
	if !r.joining.ok.Disabled() {
		t.Error("it can be used here")
	}
}

// Anybody can write a link: nothing is joined until the person says so.
func TestJoinByLink(t *testing.T) {
	r := newRig(t, newFake(3), large)
	r.openArgs([]string{code})
	d := r.joining
	r.wantText("one of your own devices")
	if d.state != "code" || d.ok.Disabled() {
		t.Fatalf("state %s, ready %v", d.state, !d.ok.Disabled())
	}
	if r.win.Canvas().Focused() != nil {
		t.Error("a key joins by a link that nobody has looked at")
	}
	r.openArgs([]string{code})
	if len(r.modals) != 1 {
		t.Errorf("%d dialogs after a second link", len(r.modals))
	}
	r.tap("Join")
	r.until("words", func() bool { return r.joining.state == "words" })
	r.waitCall("join " + code)
	r.openArgs([]string{code})
	if r.joining.state != "words" {
		t.Error("a link ends a join that goes on")
	}
}

// A link on the first start leads into the gallery.
func TestJoinByLinkOnFirstStart(t *testing.T) {
	f := newFake(0)
	fresh(f)
	r := newRig(t, f, large)
	r.openArgs([]string{code})
	r.tap("Join")
	r.f.guest <- app.Guest{}
	r.until("done", func() bool { return r.joining.state == "done" })
	r.tap("Show the photos")
	if r.welcome != nil || r.current != "photos" {
		t.Errorf("the welcome stays; page %q", r.current)
	}
}

// photoOf is a code's picture as a photo of a screen may be.
func photoOf(t *testing.T, text string) []byte {
	t.Helper()
	qr, err := drawQR(text)
	if err != nil {
		t.Fatal(err)
	}
	big := image.NewRGBA(image.Rect(0, 0, 500, 420))
	draw.Draw(big, big.Bounds(), image.White, image.Point{}, draw.Src)
	draw.NearestNeighbor.Scale(big, image.Rect(60, 40, 410, 390), qr, qr.Bounds(), draw.Src, nil)
	var out bytes.Buffer
	if err := png.Encode(&out, big); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestJoinByPastedPicture(t *testing.T) {
	t.Run("button", func(t *testing.T) {
		r := newRig(t, newFake(3), large)
		r.board.data = photoOf(t, code)
		r.join()
		r.tap("Paste")
		r.until("words", func() bool { return r.joining.state == "words" })
		r.waitCall("join " + strings.ToUpper(code))
	})
	t.Run("keys", func(t *testing.T) {
		r := newRig(t, newFake(3), large)
		r.board.data = photoOf(t, code)
		r.join()
		r.joining.entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: r.fyne.Clipboard()})
		r.until("words", func() bool { return r.joining.state == "words" })
	})
	t.Run("file", func(t *testing.T) {
		r := newRig(t, newFake(3), large)
		r.fyne.Clipboard().SetContent(storage.NewFileURI(filepath.Join(t.TempDir(), "a b.png")).String() + "\n")
		r.join()
		r.tap("Paste")
		r.until("hint", func() bool { return strings.Contains(r.joining.hint.Text(), "No pair code was found") })
		if r.joining.entry.Text != "" {
			t.Errorf("the path was taken for a code: %q", r.joining.entry.Text)
		}
	})
	for want, b := range map[string]board{
		"No pair code was found": {data: []byte("no picture")},
		"neither a code nor":     {err: errNoPicture},
		"wl-paste or xclip":      {err: errNoBoard},
	} {
		t.Run(want, func(t *testing.T) {
			r := newRig(t, newFake(3), large)
			*r.board = b
			r.join()
			r.tap("Paste")
			r.until("hint", func() bool { return strings.Contains(strings.ReplaceAll(r.joining.hint.Text(), "\n", " "), want) })
		})
	}
}

func TestSystemBoard(t *testing.T) {
	for name, tt := range map[string]struct {
		system string
		env    []string
		there  map[string]string // program -> what it writes
		want   string
		err    error
	}{
		"wayland":         {"linux", []string{"WAYLAND_DISPLAY", "DISPLAY"}, map[string]string{"wl-paste": "pic", "xclip": "other"}, "pic", nil},
		"X11":             {"linux", []string{"DISPLAY"}, map[string]string{"wl-paste": "other", "xclip": "pic"}, "pic", nil},
		"xclip only":      {"linux", []string{"WAYLAND_DISPLAY", "DISPLAY"}, map[string]string{"xclip": "pic"}, "pic", nil},
		"no program":      {"linux", []string{"DISPLAY"}, nil, "", errNoBoard},
		"no picture":      {"linux", []string{"DISPLAY"}, map[string]string{"xclip": ""}, "", errNoPicture},
		"macOS":           {"darwin", nil, map[string]string{"osascript": "«data PNGf" + hex.EncodeToString([]byte("pic")) + "»\n"}, "pic", nil},
		"macOS, pngpaste": {"darwin", nil, map[string]string{"pngpaste": "pic", "osascript": "x"}, "pic", nil},
		"macOS, text":     {"darwin", nil, map[string]string{"osascript": "nothing"}, "", errNoPicture},
		"Windows":         {"windows", nil, map[string]string{"powershell": base64.StdEncoding.EncodeToString([]byte("pic")) + "\r\n"}, "pic", nil},
		"Windows, text":   {"windows", nil, map[string]string{"powershell": "\r\n"}, "", errNoPicture},
	} {
		t.Run(name, func(t *testing.T) {
			b := systemBoard{system: tt.system, getenv: func(key string) string {
				if slices.Contains(tt.env, key) {
					return ":0"
				}
				return ""
			}, run: func(_ context.Context, name string, _ ...string) ([]byte, error) {
				out, ok := tt.there[name]
				switch {
				case !ok:
					return nil, &exec.Error{Name: name, Err: exec.ErrNotFound}
				case out == "":
					return nil, errors.New("exit status 1")
				}
				return []byte(out), nil
			}}
			data, err := b.picture(t.Context())
			if string(data) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%q, %v", data, err)
			}
		})
	}
}

// A photo of a screen is noisy; a smaller picture of it is not.
func TestReadNoisyQR(t *testing.T) {
	img, _, err := image.Decode(bytes.NewReader(photoOf(t, code)))
	if err != nil {
		t.Fatal(err)
	}
	big := image.NewRGBA(image.Rect(0, 0, 2000, 1680))
	draw.NearestNeighbor.Scale(big, big.Bounds(), img, img.Bounds(), draw.Src, nil)
	for i := range len(big.Pix) / 4 { // the stripes and dots of a screen
		if x, y := i%2000, i/2000; (x+y)%3 == 0 {
			big.Pix[4*i], big.Pix[4*i+1], big.Pix[4*i+2] = 128, 128, 128
		}
	}
	if got, err := decodeQR(big); err != nil || !strings.EqualFold(got, code) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := decodeQR(image.NewGray(image.Rect(0, 0, 400, 400))); !errors.Is(err, errNoCode) {
		t.Errorf("an empty picture: %v", err)
	}
}

func TestInviteCopiesAndEnlarges(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.invite()
	d := r.inviting
	r.until("code", func() bool { return d.state == "code" })
	r.tap("Copy the code")
	if got := r.fyne.Clipboard().Content(); got != groups(code) {
		t.Errorf("copied %q", got)
	}
	r.tap("Copy as a link")
	if got := r.fyne.Clipboard().Content(); got != code {
		t.Errorf("copied the link %q", got)
	}
	r.tap("Larger")
	if top := r.win.Canvas().Overlays().Top(); top != d.large.root {
		t.Fatal("nothing larger")
	}
	if got, err := decodeQR(r.win.Canvas().Capture()); err != nil || !strings.EqualFold(got, code) {
		t.Errorf("a phone reads %q, %v", got, err)
	}
	r.press(fyne.KeyEscape)
	if d.large.open || !d.m.open {
		t.Error("escape should take away the large picture alone")
	}
	r.tap("Larger")
	g := app.Guest{}
	g.Name = "New PC"
	r.f.guest <- g
	r.until("guest", func() bool { return d.state == "guest" })
	if d.large.open {
		t.Error("the large picture hides the question")
	}
}

// What ends a code is told as seen from the device that shows it, and a new
// code is offered.
func TestInviteFailuresAreExplained(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{app.ErrExpired, "has run out"},
		{app.ErrBurned, "wrongly three times"},
		{app.ErrCancelled, "another one was made"},
		{app.ErrUsed, "has been used"},
		{app.ErrRemoved, "removed from the library"},
		{app.ErrClock, "clock"},
		{errors.New("odd"), "did not work: odd"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			f := newFake(3)
			f.waitErr = tt.err
			r := newRig(t, f, large)
			r.invite()
			r.until("failure", func() bool { return r.inviting.state == "failed" })
			if text := strings.ReplaceAll(r.texts(), "\n", " "); !strings.Contains(text, tt.want) {
				t.Errorf("no %q in %s", tt.want, text)
			}
			r.waitErrOver()
			r.tap("New code")
			r.until("code", func() bool { return r.inviting.state == "code" })
		})
	}
}

// A device on the network that shows a code is offered, and its short code is
// enough.
func TestJoinNearby(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.join()
	d := r.joining
	r.wantText("appears here by itself")
	r.f.setNearby(nearDesktop, app.NearbyDevice{ID: strings.Repeat("7", 64), Name: "Attic", Platform: "windows"})
	r.fire(nearbyTick)
	r.until("the devices", func() bool { return strings.Contains(r.texts(), "Studio") })
	d.entry.SetText(short)
	if !d.ok.Disabled() {
		t.Error("a short code can be used for nobody")
	}
	r.tap("Attic")
	d.entry.SetText(short)
	if !d.ok.Disabled() {
		t.Error("a short code can be used for another device")
	}
	r.tap("Studio")
	r.wantText("six groups that Studio shows")
	if r.win.Canvas().Focused() != d.entry {
		t.Error("the code cannot be typed at once")
	}
	d.entry.SetText(short[:20])
	r.wantText("At least 10 more characters")
	d.entry.SetText(strings.ToLower(groups(short)))
	r.f.setNearby() // it is silent for a moment
	r.fire(nearbyTick)
	if d.ok.Disabled() {
		t.Fatalf("the short code cannot be used: %s", d.hint.Text())
	}
	r.press(fyne.KeyReturn)
	r.until("words", func() bool { return d.state == "words" })
	want, err := app.FromShortCode(nearDesktop.ID, short)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.f.joinedBy(); app.ReviewCode(got).Device != nearDesktop.ID || len(got) != len(want) {
		t.Errorf("joined by %q", got)
	}
}

// The long code works too when a device is chosen; a picture says itself whose it is.
func TestJoinNearbyByWholeCode(t *testing.T) {
	f := newFake(5)
	f.nearby = []app.NearbyDevice{nearDesktop, {ID: strings.Repeat("7", 64), Name: "Attic", Platform: "windows"}}
	r := newRig(t, f, large)
	r.join()
	d := r.joining
	r.tap("Attic")
	d.entry.SetText(code)
	if !d.ok.Disabled() {
		t.Error("the code of another device is taken")
	}
	r.wantText("code of another device")
	r.tap("Attic") // once more chooses none
	if d.ok.Disabled() {
		t.Error("the code cannot be used without a choice")
	}
	r.tap("Attic")
	r.board.data = photoOf(t, code)
	r.tap("Paste")
	r.until("words", func() bool { return d.state == "words" })
}

func TestInviteShowsTheShortCode(t *testing.T) {
	r := newRig(t, newFake(5), large)
	r.invite()
	r.until("code", func() bool { return r.inviting.state == "code" })
	r.wantText(groups(short))
}
