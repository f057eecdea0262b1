package imagelib

import (
	"bufio"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sampleImages makes n images as a library of twenty years has them, by digest:
// all with a name, a camera, an exposure and a thumbhash, six of ten with a
// place, one of ten each with a caption, tags or an album, and one of fifty looks
// like another.
func sampleImages(n int) []*Image {
	cameras := []string{"Apple iPhone 12", "Apple iPhone 15 Pro", "Google Pixel 7", "Canon EOS R6", "NIKON Z 6_2", "FUJIFILM X-T4", "SONY ILCE-7M3", "samsung SM-G991B"}
	places := [][2]float64{{52.52, 13.405}, {47.3769, 8.5417}, {48.8566, 2.3522}, {40.7128, -74.006}, {35.6895, 139.6917}, {-33.8688, 151.2093}}
	topics := []string{"Sea", "Mountains", "Family", "Zürich", "Birthday", "Łódź", "Cat", "Garden"}
	r := rand.New(rand.NewPCG(1, 2))
	in := newInterner()
	images := make([]*Image, n)
	for i := range images {
		camera := cameras[r.IntN(len(cameras))]
		img := &Image{
			Name: fmt.Sprintf("IMG_%05d.JPG", i%100_000), Common: in.common(Common{"image/jpeg", KindImage, camera, camera + " lens"}),
			Size: 2_000_000 + r.Int64N(5_000_000), Width: 4032, Height: 3024, Orientation: 1, Holders: int32(1 + r.IntN(3)),
			Here: r.IntN(4) > 0, isShown: true, Favourite: r.IntN(20) == 0,
			Exposure: Exposure{Time: 1 / float32(1+r.IntN(2000)), FNumber: 1.8, ISO: int32(50 * (1 + r.IntN(40))), Focal: 4.2},
		}
		for k := range 4 {
			binary.BigEndian.PutUint64(img.Digest[8*k:], r.Uint64())
		}
		img.Date = Date{Wall: time.Unix(1_100_000_000+r.Int64N(630_000_000), 0).UTC(), Source: "exif", HasOffset: true, Offset: time.Hour}
		img.ThumbHash, img.DHash = string(img.Digest[:25]), r.Uint64()
		if i > 0 && r.IntN(50) == 0 { // a copy
			img.DHash = images[i-1].DHash ^ 1
		}
		if r.IntN(10) < 6 {
			at := places[r.IntN(len(places))]
			img.GPS = &GPS{Lat: at[0] + r.NormFloat64()/10, Lon: at[1] + r.NormFloat64()/10}
			img.Locate()
		}
		switch topic := topics[r.IntN(len(topics))]; r.IntN(10) {
		case 0:
			img.Caption = "A day at the " + topic
		case 1:
			img.Tags = []string{topic, "2024"}
		case 2:
			img.Albums = []string{"album:" + topic}
		}
		images[i] = img
	}
	slices.SortFunc(images, func(a, b *Image) int { return byDigest(a, b.Digest) })
	return images
}

// indexOf makes an index of images by digest that is still to be saved.
func indexOf(images []*Image) *index {
	x := newIndex()
	x.all, x.dirty = images, true
	for _, img := range images {
		if img.isShown {
			x.in[img.Digest] = img
		}
	}
	return x
}

// opened is what a process says that has opened a library.
type opened struct {
	Images         int
	Took           time.Duration
	HeapMB, PeakMB float64
}

const openEnv = "PAUL_IMAGELIB_TEST_OPEN"

// openAndSay opens the file at path and writes an [opened] to standard output:
// the saved index, or a gob of its images.
func openAndSay(path string) {
	start := time.Now()
	x := newIndex()
	err := error(nil)
	if strings.HasSuffix(path, ".gob") {
		err = x.loadGob(path)
	} else {
		err = x.loadFile(path)
	}
	if err != nil {
		panic(err)
	}
	said := opened{Images: len(x.view().Images), Took: time.Since(start), PeakMB: peakMemory()}
	said.HeapMB = float64(heap()) / (1 << 20)
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		panic(err)
	}
	runtime.KeepAlive(x)
}

func (x *index) loadGob(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	d := gob.NewDecoder(bufio.NewReader(f))
	for {
		img := new(Image)
		if err := d.Decode(img); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		x.all = append(x.all, img)
	}
	shown := slices.Clone(x.all)
	slices.SortFunc(shown, newerFirst)
	x.snapshot = &Snapshot{Images: shown, all: x.all}
	return nil
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// peakMemory returns the most memory that this process ever had, in MB; 0 where
// that cannot be known.
func peakMemory() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.ParseFloat(strings.TrimSpace(strings.SplitN(rest, "kB", 2)[0]), 64)
	if err != nil {
		return 0
	}
	return kb / 1024
}

// BenchmarkIndexOpen opens 1,000,000 images from the saved index in a process
// of its own, up to the list that screens show, and the same images from a file
// that encoding/gob wrote. The memory is all that the process ever had.
func BenchmarkIndexOpen(b *testing.B) {
	const million = 1_000_000
	dir := b.TempDir()
	ours, peer := filepath.Join(dir, indexName), filepath.Join(dir, "images.gob")
	saveBoth(b, sampleImages(million), ours, peer)
	runtime.GC()
	var o, p opened
	for b.Loop() {
		o, p = openInChild(b, ours), openInChild(b, peer)
		if o.Images != million || p.Images != million {
			b.Fatal(o, p)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(o.Took.Seconds(), "s")
	b.ReportMetric(o.PeakMB, "peak-MB")
	b.ReportMetric(o.HeapMB, "heap-MB")
	b.ReportMetric(p.Took.Seconds()/o.Took.Seconds(), "x-of-gob")
	b.ReportMetric(p.PeakMB, "gob-peak-MB")
}

func saveBoth(b *testing.B, images []*Image, ours, peer string) {
	b.Helper()
	s, _ := indexOf(images).toSave()
	for path, write := range map[string]func(io.Writer) error{
		ours: s.write,
		peer: func(w io.Writer) error {
			out := bufio.NewWriter(w)
			e := gob.NewEncoder(out)
			for _, img := range images {
				if err := e.Encode(img); err != nil {
					return err
				}
			}
			return out.Flush()
		},
	} {
		saveTo(b, path, write)
	}
}

func saveTo(b *testing.B, path string, write func(io.Writer) error) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		b.Fatal(err)
	}
}

func openInChild(b *testing.B, path string) (said opened) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), openEnv+"="+path), os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &said)
	}
	if err != nil {
		b.Fatal(err)
	}
	return said
}
