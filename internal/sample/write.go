package sample

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// Write makes n photos in dir, which must exist, and returns their paths. They
// are JPEGs of 1200 by 800 pixels, some upright, with an EXIF capture date and
// camera; seed chooses which photos they are.
func Write(dir string, n int, seed uint64) ([]string, error) {
	rng := rand.New(rand.NewPCG(seed, 11))
	day := time.Date(2024, 9, 28, 9, 0, 0, 0, time.UTC)
	paths := make([]string, n)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		if rng.IntN(5) == 0 {
			day = day.AddDate(0, 0, -1-rng.IntN(40))
		}
		taken := day.Add(time.Duration(rng.IntN(10*3600)) * time.Second)
		upright := rng.IntN(4) == 0
		paths[i] = filepath.Join(dir, fmt.Sprintf("IMG_%04d.JPG", 1+i))
		g.Go(func() error {
			data, err := JPEG(seed<<20+uint64(i), upright, taken)
			if err != nil {
				return err
			}
			return os.WriteFile(paths[i], data, 0o644)
		})
	}
	return paths, g.Wait()
}

// JPEG returns the photo that belongs to seed, taken at the given wall time.
func JPEG(seed uint64, upright bool, taken time.Time) ([]byte, error) {
	w, h := 1200, 800
	if upright {
		w, h = h, w
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, Scene(seed, w, h), &jpeg.Options{Quality: 88}); err != nil {
		return nil, err
	}
	plain := b.Bytes()
	return append(append(append([]byte{}, plain[:2]...), exif(taken)...), plain[2:]...), nil
}

// exif returns an APP1 segment with make, model, orientation and capture date
// (EXIF 2.32, little-endian TIFF).
func exif(taken time.Time) []byte {
	const ifd0, exifIFD = 8, 8 + 2 + 4*12 + 4
	const data = exifIFD + 2 + 2*12 + 4
	text := []string{"Paul\x00", "Sample 1\x00", taken.Format("2006:01:02 15:04:05") + "\x00", "+02:00\x00"}
	at := make([]uint32, len(text))
	next := uint32(data)
	for i, s := range text {
		at[i] = next
		next += uint32(len(s))
	}
	le := binary.LittleEndian
	t := le.AppendUint32([]byte("II*\x00"), ifd0)
	entry := func(tag, kind uint16, count, value uint32) {
		t = le.AppendUint16(t, tag)
		t = le.AppendUint16(t, kind)
		t = le.AppendUint32(t, count)
		t = le.AppendUint32(t, value)
	}
	t = le.AppendUint16(t, 4)
	entry(0x010f, 2, uint32(len(text[0])), at[0]) // Make
	entry(0x0110, 2, uint32(len(text[1])), at[1]) // Model
	entry(0x0112, 3, 1, 1)                        // Orientation
	entry(0x8769, 4, 1, exifIFD)
	t = le.AppendUint32(t, 0)
	t = le.AppendUint16(t, 2)
	entry(0x9003, 2, uint32(len(text[2])), at[2]) // DateTimeOriginal
	entry(0x9011, 2, uint32(len(text[3])), at[3]) // OffsetTimeOriginal
	t = le.AppendUint32(t, 0)
	for _, s := range text {
		t = append(t, s...)
	}
	body := append([]byte("Exif\x00\x00"), t...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(head, body...)
}
