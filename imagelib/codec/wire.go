package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
)

// A job is a header, the media type and the file; an answer a header and either
// the planes of a picture, without gaps, or the text of an error. Numbers are
// big-endian.

// jobHead begins a job.
type jobHead struct {
	Type    uint32 // bytes of the media type
	Data    uint64 // bytes of the file
	Colours Coding
}

const (
	maxType = 64
	maxData = 1 << 30 // of a file
	maxText = 4 << 10 // of an error
	maxSide = 1 << 16
)

// Layouts of pixels in an answer.
const (
	layoutError uint32 = iota // no pixels: the text of an error
	layoutGray
	layoutYCbCr
	layoutRGBA
	layoutNRGBA
)

// answerHead begins an answer.
type answerHead struct {
	Layout        uint32
	Ratio         uint32 // image.YCbCrSubsampleRatio
	Width, Height uint32 // pixels; of an error its bytes, and nothing
}

var errProtocol = errors.New("the decoder process answers nonsense")

func writeJob(w io.Writer, job Job) error {
	head := jobHead{uint32(len(job.Type)), uint64(len(job.Data)), job.Colours}
	if err := binary.Write(w, binary.BigEndian, head); err != nil {
		return err
	}
	if _, err := io.WriteString(w, job.Type); err != nil {
		return err
	}
	_, err := w.Write(job.Data)
	return err
}

// readJob reads the next job; io.EOF says that there is none any more.
func readJob(r io.Reader) (job Job, err error) {
	var head jobHead
	if err := binary.Read(r, binary.BigEndian, &head); err != nil {
		return Job{}, err
	}
	if head.Type > maxType || head.Data > maxData {
		return Job{}, errProtocol
	}
	typ, data := make([]byte, head.Type), make([]byte, head.Data)
	if _, err := io.ReadFull(r, typ); err != nil {
		return Job{}, err
	}
	_, err = io.ReadFull(r, data)
	return Job{Type: string(typ), Data: data, Colours: head.Colours}, err
}

// writeAnswer writes a picture, or err if that is not nil.
func writeAnswer(w io.Writer, m image.Image, failed error) error {
	if failed != nil {
		text := failed.Error()
		text = text[:min(len(text), maxText)]
		if err := binary.Write(w, binary.BigEndian, answerHead{Layout: layoutError, Width: uint32(len(text))}); err != nil {
			return err
		}
		_, err := io.WriteString(w, text)
		return err
	}
	m = plain(m)
	b := m.Bounds()
	head := answerHead{Width: uint32(b.Dx()), Height: uint32(b.Dy())}
	var planes []rows
	switch m := m.(type) {
	case *image.Gray:
		head.Layout = layoutGray
		planes = []rows{{m.Pix, m.Stride, b.Dx(), b.Dy()}}
	case *image.YCbCr:
		head.Layout, head.Ratio = layoutYCbCr, uint32(m.SubsampleRatio)
		cw, ch := ChromaSize(b.Dx(), b.Dy(), m.SubsampleRatio)
		planes = []rows{{m.Y, m.YStride, b.Dx(), b.Dy()}, {m.Cb, m.CStride, cw, ch}, {m.Cr, m.CStride, cw, ch}}
	case *image.RGBA:
		head.Layout = layoutRGBA
		planes = []rows{{m.Pix, m.Stride, 4 * b.Dx(), b.Dy()}}
	case *image.NRGBA:
		head.Layout = layoutNRGBA
		planes = []rows{{m.Pix, m.Stride, 4 * b.Dx(), b.Dy()}}
	}
	if err := binary.Write(w, binary.BigEndian, head); err != nil {
		return err
	}
	for _, p := range planes {
		if err := p.write(w); err != nil {
			return err
		}
	}
	return nil
}

// rows are the bytes of a plane: n rows of width bytes, stride apart.
type rows struct {
	pix              []byte
	stride, width, n int
}

func (p rows) write(w io.Writer) error {
	if p.stride == p.width {
		_, err := w.Write(p.pix[:p.width*p.n])
		return err
	}
	for y := range p.n {
		if _, err := w.Write(p.pix[y*p.stride : y*p.stride+p.width]); err != nil {
			return err
		}
	}
	return nil
}

// plain returns m in one of the layouts that are sent, its first pixel at zero.
func plain(m image.Image) image.Image {
	if m.Bounds().Min == (image.Point{}) {
		switch m.(type) {
		case *image.Gray, *image.YCbCr, *image.RGBA, *image.NRGBA:
			return m
		}
	}
	b := m.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, m, b.Min, draw.Src)
	return out
}

// ChromaSize is the size of the colour planes of a picture that begins at zero.
func ChromaSize(w, h int, r image.YCbCrSubsampleRatio) (cw, ch int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return (w + 1) / 2, h
	case image.YCbCrSubsampleRatio420:
		return (w + 1) / 2, (h + 1) / 2
	case image.YCbCrSubsampleRatio440:
		return w, (h + 1) / 2
	case image.YCbCrSubsampleRatio411:
		return (w + 3) / 4, h
	case image.YCbCrSubsampleRatio410:
		return (w + 3) / 4, (h + 1) / 2
	}
	return w, h
}

// readAnswer reads what became of a job. A picture larger than the file said is
// not read, and errProtocol.
func readAnswer(r io.Reader, job Job) (image.Image, error) {
	var head answerHead
	if err := binary.Read(r, binary.BigEndian, &head); err != nil {
		return nil, err
	}
	if head.Layout == layoutError {
		text := make([]byte, min(head.Width, maxText))
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %s", ErrDecode, text)
	}
	w, h := int(head.Width), int(head.Height)
	if w <= 0 || h <= 0 || w > job.Width || h > job.Height || w > maxSide || h > maxSide || head.Ratio > uint32(image.YCbCrSubsampleRatio410) {
		return nil, fmt.Errorf("%w: %d x %d pixels of %d x %d", errProtocol, w, h, job.Width, job.Height)
	}
	rect := image.Rect(0, 0, w, h)
	var m image.Image
	var planes [][]byte
	switch head.Layout {
	case layoutGray:
		g := image.NewGray(rect)
		m, planes = g, [][]byte{g.Pix}
	case layoutYCbCr:
		ratio := image.YCbCrSubsampleRatio(head.Ratio)
		y := image.NewYCbCr(rect, ratio)
		m, planes = y, [][]byte{y.Y, y.Cb, y.Cr}
	case layoutRGBA:
		c := image.NewRGBA(rect)
		m, planes = c, [][]byte{c.Pix}
	case layoutNRGBA:
		c := image.NewNRGBA(rect)
		m, planes = c, [][]byte{c.Pix}
	default:
		return nil, fmt.Errorf("%w: layout %d", errProtocol, head.Layout)
	}
	for _, p := range planes {
		if _, err := io.ReadFull(r, p); err != nil {
			return nil, err
		}
	}
	return m, nil
}
