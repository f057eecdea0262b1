package meta

import (
	"encoding/hex"
	"testing"

	"github.com/libpaul/paul/imagelib/internal/testphoto"
)

// TestHEVCCoding reads from the stream how colours were made, where the file does
// not say, and believes the file where it does.
func TestHEVCCoding(t *testing.T) {
	t.Parallel()
	nclx := [4]byte{9, 1, 9, 1}
	for name, c := range map[string]struct {
		file    testphoto.HEIF
		matrix  uint8
		limited bool
	}{
		"full":     {testphoto.HEIF{}, 6, false},
		"10 bits":  {testphoto.HEIF{Coded: "deep"}, 6, false},
		"limited":  {testphoto.HEIF{Coded: "tv"}, 1, true},
		"tiles":    {testphoto.HEIF{Grid: true}, 6, false},
		"one tile": {testphoto.HEIF{Coded: "cut", Cut: [2]int{96, 60}}, 6, false},
		"the file": {testphoto.HEIF{Coded: "tv", NCLX: &nclx}, 9, false},
	} {
		in, err := ReadBytes(c.file.File())
		if err != nil {
			t.Fatal(err)
		}
		if in.Layout.Matrix != c.matrix || in.Layout.Limited != c.limited {
			t.Errorf("%s: matrix %d, limited %v", name, in.Layout.Matrix, in.Layout.Limited)
		}
	}
}

// TestSPS reads the parameter set of an encoder that says nothing of colours, and
// what is left of it when it is cut off.
func TestSPS(t *testing.T) {
	t.Parallel()
	plain, err := hex.DecodeString("420101016000000300000300000300000300baa002d0803c1fe5f9246d9ed9") // 1440 by 960 pixels
	if err != nil {
		t.Fatal(err)
	}
	if matrix, limited, ok := spsCoding(plain); matrix != 0 || !limited || !ok {
		t.Errorf("matrix %d, limited %v, %v", matrix, limited, ok)
	}
	for n := range len(plain) - 1 {
		if _, _, ok := spsCoding(plain[:n]); ok {
			t.Errorf("%d bytes of it are read", n)
		}
	}
	if _, _, ok := hevcCoding(make([]byte, 30)); ok {
		t.Error("a configuration of nothing is read")
	}
}
