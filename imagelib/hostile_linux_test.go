package imagelib

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// hostileEnv names the folder that this process is to import within a gibibyte.
const hostileEnv = "PAUL_TEST_HOSTILE"

// TestHostileSet imports files made to bring a program down, in a process that
// may take one gibibyte in all: it lives, no file takes half a minute, and each
// that is not drawn is told once.
func TestHostileSet(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(hostileEnv); dir != "" {
		importHostile(t, dir)
		return
	}
	dir := writeFiles(t, hostileFiles(t))
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHostileSet$", "-test.v")
	cmd.Env = append(os.Environ(), hostileEnv+"="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("all were met")) {
		t.Fatalf("%v\n%s", err, out)
	}
}

func importHostile(t *testing.T, dir string) {
	t.Helper()
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: 1 << 30, Max: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	l := newTestLibrary(t)
	last, longest := time.Now(), time.Duration(0)
	r, err := l.Import(t.Context(), []string{dir}, func(ImportProgress) {
		longest, last = max(longest, time.Since(last)), time.Now()
	})
	if err != nil {
		t.Fatal(err)
	}
	told := make(map[string]int)
	for _, p := range r.Problems {
		told[p.Path]++
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		path := dir + "/" + e.Name()
		if good := strings.HasPrefix(e.Name(), "good"); good != (told[path] == 0) || told[path] > 1 {
			t.Errorf("%s is told %d times", e.Name(), told[path])
		}
	}
	if longest > 30*time.Second {
		t.Errorf("nothing was done for %v", longest)
	}
	for d := range r.Added {
		if _, err := l.Thumbnail(t.Context(), r.Added[d], 256); err != nil {
			t.Logf("no thumbnail: %v", err)
		}
	}
	t.Log("all were met")
}

func hostileFiles(t *testing.T) map[string][]byte {
	t.Helper()
	photo := testphoto.JPEG(testphoto.Picture(400, 300, 0), testphoto.EXIF{})
	heic := testphoto.HEIF{}.File()
	files := map[string][]byte{
		"empty.jpg":         nil,
		"good.png.jpg":      testphoto.PNG(testphoto.Picture(40, 30, 1)),
		"good.heic.txt.png": heic,
		"start.jpg":         photo[:300],
		"half.jpg":          photo[:len(photo)/2],
		"start.heic":        heic[:len(heic)/2],
		"bomb.png":          pngBomb(t, 9_900, 9_900),
		"wide.png":          pngBomb(t, 65_535, 65_535),
		"tiff.tif":          tiffBomb(),
		"endless.gif":       gifOf(t, 3000),
		"packed.jxl":        packedJXL(t),
		"packed again.jxl":  append(packedJXL(t), 1),
		"large.gif":         []byte("GIF89a\xff\xff\xff\xff\xf7\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x08\x02\x00\x01;"),
	}
	for name, at := range map[string]int{"wide.jpg": bytes.Index(photo, []byte{0xff, 0xc0}) + 5} {
		files[name] = bytes.Clone(photo)
		binary.BigEndian.PutUint32(files[name][at:], 0xffffffff) // 65535 by 65535
	}
	wide := bytes.Clone(heic)
	binary.BigEndian.PutUint64(wide[bytes.Index(wide, []byte("ispe"))+8:], 65535<<32|65535)
	files["wide.heic"] = wide
	grid := testphoto.HEIF{Grid: true}.File()
	at := bytes.Index(grid, []byte{0, 0, 1, 1, 1, 0, 1, 0})
	copy(grid[at:], []byte{0, 0, 255, 255, 0xff, 0xff, 0xff, 0xff})
	files["tiles.heic"] = grid
	return files
}

// pngBomb is a PNG of few bytes and many pixels, all there.
func pngBomb(t *testing.T, w, h int) []byte {
	t.Helper()
	var z bytes.Buffer
	c := zlib.NewWriter(&z)
	row := make([]byte, 1+4*w)
	for range min(h, 2000) {
		if _, err := c.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	chunk := func(typ string, data []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		b = append(append(b, typ...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = append(binary.BigEndian.AppendUint32(head, uint32(h)), 8, 6, 0, 0, 0)
	return bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head), chunk("IDAT", z.Bytes()), chunk("IEND", nil)}, nil)
}

// tiffBomb is a TIFF whose one strip of zlib data makes far more than its size.
func tiffBomb() []byte {
	b := []byte("II*\x00\x08\x00\x00\x00")
	tags := [][3]uint32{
		{256, 4, 60_000}, {257, 4, 60_000}, {258, 3, 8}, {259, 3, 8}, {262, 3, 1}, {273, 4, 200}, {277, 3, 1}, {278, 4, 60_000}, {279, 4, 1 << 30},
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(tags)))
	for _, t := range tags {
		b = binary.LittleEndian.AppendUint16(b, uint16(t[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(t[1]))
		b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, 1), t[2])
	}
	return append(b, make([]byte, 4000)...)
}

// packedJXL is a JPEG XL of no picture, with metadata of 106 bytes, over and over, that
// Brotli makes 64 MiB of.
func packedJXL(t *testing.T) []byte {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString("y///P/gnAOKxQCD3/o///3/wTwDEYRGA7v0f////4J8AiMMCAN37P/7//8E/ARCHBQC693/8//+DfwIgDgsAdO//+P//B/8EQBwWAOje//H//w/+CYA4LADQvf9L//8//BMAcVgAkHv/Bw==")
	if err != nil {
		t.Fatal(err)
	}
	box := slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(12+len(packed))), []byte("brobxml "), packed)
	return slices.Concat([]byte("\x00\x00\x00\x0cJXL \r\n\x87\n\x00\x00\x00\x14ftypjxl \x00\x00\x00\x00jxl "), bytes.Repeat(box, 1000))
}

// gifOf is a GIF of very many frames, the last of which is cut off.
func gifOf(t *testing.T, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	m := image.NewPaletted(image.Rect(0, 0, 300, 300), color.Palette{color.Black, color.White})
	for range frames {
		g.Image, g.Delay = append(g.Image, m), append(g.Delay, 0)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	first := bytes.IndexByte(b.Bytes(), ',')
	return append(bytes.Clone(b.Bytes()[:first+40]), b.Bytes()[first+60:b.Len()-20]...) // its first picture is damaged
}
