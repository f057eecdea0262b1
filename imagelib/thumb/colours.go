package thumb

import (
	"bytes"
	"compress/zlib"
	"image"
	"io"
	"runtime"
	"sync"

	"github.com/libpaul/paul/imagelib/icc"
	"github.com/libpaul/paul/imagelib/meta"
)

// maxProfile bounds a profile that was unpacked, in bytes.
const maxProfile = 64 << 10

// toSRGB returns what takes the colours of a file to sRGB; nil where nothing is
// to be done, or cannot be.
func toSRGB(data []byte, info *meta.Info) *icc.Transform {
	c := &info.Colours
	if profile := profileOf(data, c); profile != nil {
		return transformOf(profile)
	}
	switch c.Gamut {
	case meta.AdobeRGB:
		return icc.AdobeRGB
	case meta.DisplayP3:
		return icc.DisplayP3
	}
	return nil
}

func profileOf(data []byte, c *meta.Colours) []byte {
	r := c.Profile
	if r.Len <= 0 || r.Off+r.Len > int64(len(data)) {
		return nil
	}
	profile := data[r.Off : r.Off+r.Len]
	if !c.Deflated {
		return profile
	}
	z, err := zlib.NewReader(bytes.NewReader(profile))
	if err != nil {
		return nil
	}
	profile, err = io.ReadAll(io.LimitReader(z, maxProfile))
	if err != nil {
		return nil
	}
	return profile
}

// transforms are those of the profiles met last: there are few, and to read one
// takes longer than to use it on a thumbnail.
var transforms struct {
	sync.Mutex
	of map[string]*icc.Transform
}

func transformOf(profile []byte) *icc.Transform {
	transforms.Lock()
	defer transforms.Unlock()
	if t, ok := transforms.of[string(profile)]; ok {
		return t
	}
	t, err := icc.Parse(profile)
	if err != nil || len(profile) > maxProfile { // for print, or damaged: colours stay as they are
		return t
	}
	if len(transforms.of) >= 32 || transforms.of == nil {
		transforms.of = make(map[string]*icc.Transform)
	}
	transforms.of[string(profile)] = t
	return t
}

// recolour converts the colours of a thumbnail.
func (p picture) recolour(t *icc.Transform) picture {
	if t == nil || p.grey() {
		return p
	}
	m := p.rgba()
	t.Apply(m.Pix)
	return reduce(m, 1).resize(p.y.w, p.y.h, p.cb.w == p.y.w)
}

// recolour converts the colours of a picture in its place, with all processors.
func recolour(m *image.RGBA, t *icc.Transform) {
	if t == nil || !m.Opaque() {
		return
	}
	var wg sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for i := range n {
		from, to := i*m.Rect.Dy()/n*m.Stride, (i+1)*m.Rect.Dy()/n*m.Stride
		wg.Go(func() { t.Apply(m.Pix[from:min(to, len(m.Pix))]) })
	}
	wg.Wait()
}
