package thumb

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// FuzzClassicTIFF rewrites damaged BigTIFF: what comes of it is not much larger.
func FuzzClassicTIFF(f *testing.F) {
	f.Add(testphoto.TIFFFile(testphoto.Picture(4, 4, 0), corpusEXIF(6), true))
	f.Add(testdata("big.tif"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if out := classicTIFF(data); len(out) > 3*len(data)+100 {
			t.Errorf("%d bytes of %d", len(out), len(data))
		}
	})
}

// TestClassicTIFFBomb: entries that all point at the same bytes take no room.
func TestClassicTIFFBomb(t *testing.T) {
	t.Parallel()
	const n = 2000
	data := []byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00")
	data = binary.LittleEndian.AppendUint64(data, n)
	for i := range n {
		data = binary.LittleEndian.AppendUint16(data, uint16(i))
		data = binary.LittleEndian.AppendUint16(data, 16) // numbers of 64 bits
		data = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(data, 100_000), 16)
	}
	data = append(data, bytes.Repeat([]byte{1}, 1_000_000)...)
	if out := classicTIFF(data); len(out) > 3*len(data) {
		t.Errorf("%d bytes of %d", len(out), len(data))
	}
}
