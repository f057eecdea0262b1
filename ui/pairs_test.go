package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/words"
)

// paired makes photo i lead a raw file, and photo i+1 a film.
func paired(f *fake, i int) {
	follow := func(i, n int, kind imagelib.Kind, typ, name string) {
		lead := f.images[i]
		o := *lead
		o.Digest, o.Name, o.Size = digest(n), name, 24_000_000
		o.Common = &imagelib.Common{Type: typ, Kind: kind, Camera: lead.Camera}
		if kind == imagelib.KindVideo {
			o.More = &imagelib.More{Duration: 2800 * time.Millisecond}
		}
		f.images[i] = imagelib.Together(lead, &o)
		e := f.entries[lead.Digest]
		e.Digest, e.Name, e.Path = o.Digest, o.Name, strings.ReplaceAll(e.Path, lead.Name, o.Name)
		f.entries[o.Digest] = e
	}
	follow(i, 900+i, imagelib.KindRAW, "image/x-fuji-raf", "IMG_RAW.RAF")
	follow(i+1, 901+i, imagelib.KindVideo, "video/quicktime", "IMG_LIVE.MOV")
}

// pairs has photos of two files, one of three, and films of known length.
func pairs(f *fake) {
	paired(f, 2)
	paired(f, 9)
	raw, film := f.images[9].Files(), f.images[10].Files()
	f.images[9] = imagelib.Together(raw[0], raw[1], film[1])
	for i, img := range f.images {
		if img.Kind == imagelib.KindVideo {
			long := *img
			long.More = &imagelib.More{Duration: time.Duration(i*i) * 7 * time.Second}
			f.images[i] = &long
		}
	}
}

// TestPairInTheGallery acts on photos of two files: on both, and tells of one.
func TestPairInTheGallery(t *testing.T) {
	f := newFake(30)
	paired(f, 2)
	r := newRig(t, f, large)
	g := r.presentGrid()
	key := func(k fyne.KeyName) { g.grid.TypedKey(&fyne.KeyEvent{Name: k}) }
	g.grid.Select(2)
	key(fyne.KeyF)
	r.waitCall("favourite true 2 902")
	r.until("toast", func() bool { return r.toasts.undo != nil })
	if r.toasts.text != "1 photo added to favourites" {
		t.Error(r.toasts.text)
	}
	r.toasts.undo()
	r.waitCall("favourite false 2 902")

	r.toAlbum("alps", "Summer in the Alps", r.selection().digests())
	r.waitCall("to album alps 2 902")
	r.removePhotos(r.selection())
	r.waitCall("unsave 2 902")
	r.pick.paths = []string{"/out"}
	r.exportPhotos(r.selection())
	r.waitCall("export /out 2 902")

	key(fyne.KeyDelete)
	r.wantText("Delete 1 photo from all 3 devices?")
	r.wantText("1 raw file or film of the same shot goes too. The trash of each device keeps it")
	r.tap("Delete from all 3 devices")
	r.waitCall("delete 2 902")
	r.until("toast", func() bool { return r.toasts.text == "1 photo moved to the trash" })
	r.toasts.undo()
	r.waitCall("restore 2 902")
}

// TestPairIsOnePhoto: what is asked before the trash is emptied, and what an undo has
// done, counts photos and not their files.
func TestPairIsOnePhoto(t *testing.T) {
	f := newFake(30)
	f.notes = true
	f.shots = func(files []app.Entry) [][]app.Entry { return [][]app.Entry{files} }
	r := newRig(t, f, large)
	if text := r.purgeText([]app.InTrash{{Digest: digest(100), Deleted: true, Only: true}, {Digest: digest(101), Deleted: true, Only: true}}); !strings.HasPrefix(text, "1 photo (") || !strings.Contains(text, "1 of them is") {
		t.Errorf("of a raw file and its JPEG: %q", text)
	}
	f.actions = []app.ActionInfo{{ID: "note-1", Kind: app.KindUnsave, Files: 2, Photos: 1, Device: idSelf, DeviceName: "Laptop", Time: now}}
	f.undone = []app.Digest{digest(100), digest(101)}
	r.undoKey()
	r.wantText("Undo: Removed 1 photo from this computer?")
	r.tap("Undo")
	r.waitToast("1 photo comes back to this computer")
}

// TestHalfOfAPairIsHere saves what is not here, and removes what is.
func TestHalfOfAPairIsHere(t *testing.T) {
	f := newFake(30)
	paired(f, 2)
	jpeg, raw := *f.images[2].Files()[0], *f.images[2].Files()[1]
	jpeg.Here, raw.Here = true, false
	f.images[2] = imagelib.Together(&jpeg, &raw)
	e := f.entries[raw.Digest]
	e.Path = ""
	f.entries[raw.Digest] = e
	r := newRig(t, f, large)
	r.presentGrid().grid.Select(2)
	x := r.selection()
	if x.here != 1 || x.away != 1 {
		t.Errorf("%d here, %d away", x.here, x.away)
	}
	if m := r.presentGrid().grid.Source().Mark(2); !m.Away {
		t.Error("half of it is here, and the tile does not say that it is not")
	}
	r.savePhotos(x)
	r.waitCall("save 902")
	r.removePhotos(x)
	r.waitCall("unsave 2")
}

// TestPairOnTheScreen shows what goes with a photo: on its tile, and in the panel.
func TestPairOnTheScreen(t *testing.T) {
	f := newFake(30)
	paired(f, 2)
	film := *f.images[6]
	film.More = &imagelib.More{Duration: 3723 * time.Second}
	f.images[6] = &film
	r := newRig(t, f, large)
	g := r.presentGrid()
	for i, want := range map[int]string{2: "RAW+JPEG", 3: "LIVE", 4: "", 6: "1:02:03"} {
		if got := g.grid.Source().Mark(i).Kind; got != want {
			t.Errorf("photo %d says %q, want %q", i, got, want)
		}
	}
	r.view.open(g, 3)
	r.view.toggleInfo()
	r.wantText("IMG_3997.JPG")
	r.wantText("IMG_LIVE.MOV")
	r.wantText("0:03")
	r.view.close()
	r.view.open(g, 2)
	r.wantText("IMG_RAW.RAF")
}

// TestPairInTheTrash restores both files of what was deleted as one.
func TestPairInTheTrash(t *testing.T) {
	f := newFake(30)
	trashed(f)
	f.shots = func(files []app.Entry) [][]app.Entry {
		return append([][]app.Entry{files[:2]}, slices.Collect(slices.Chunk(files[2:], 1))...)
	}
	r := newRig(t, f, large)
	r.open("trash")
	g := r.presentGrid()
	i, ok := g.grid.Source().Index([32]byte(digest(0)))
	if n := g.grid.Source().Len(); n != 13 || !ok {
		t.Fatalf("%d photos in the trash", n)
	}
	g.grid.Select(i)
	r.restorePhotos(r.selection())
	r.waitCall("restore 0 1")
	r.until("toast", func() bool { return strings.HasPrefix(r.toasts.text, "1 photo restored") })
}

// TestPairOfTwoDeletions: the trash tells of a photo of two files what the one says that
// goes first, or is not here.
func TestPairOfTwoDeletions(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)
	still, raw := &imagelib.Image{Digest: digest(1)}, &imagelib.Image{Digest: digest(2)}
	for _, img := range []*imagelib.Image{still, raw} {
		img.Common, img.Date.Wall = &imagelib.Common{Kind: imagelib.KindImage}, now
	}
	raw.Date.Wall = now.Add(-20 * 24 * time.Hour)
	pair := []*imagelib.Image{imagelib.Together(still, raw)}
	if got, want := newList(pair, nil, now).Mark(0).Kind, words.DaysLeft(10*24*time.Hour); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	if got := newList(pair, map[app.Digest]string{raw.Digest: "Still on NAS"}, now).Mark(0).Kind; got != "Still on NAS" {
		t.Errorf("it says %q", got)
	}
}
