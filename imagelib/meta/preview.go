package meta

// offer takes a JPEG in a raw file as its preview, unless there is a larger one.
func (f *file) offer(r Range) {
	if r.Off <= 0 || r.Len <= 0 || r.Off >= f.size {
		return
	}
	r.Len = min(r.Len, f.size-r.Off) // of a file that breaks off, the beginning can still be drawn
	w, h, ok := f.lossyFrame(r.Off)
	if !ok {
		return
	}
	if n := w * h; n > f.previewW*f.previewH || n == f.previewW*f.previewH && r.Len > f.Preview.Len {
		f.Preview, f.previewW, f.previewH = r, w, h
	}
}

// lossyFrame reads the size of the JPEG at off; ok is false of other bytes, and of
// a lossless JPEG, which holds what the sensor saw.
func (f *file) lossyFrame(off int64) (w, h int, ok bool) {
	if b := f.at(off, 4); len(b) < 4 || b[0] != 0xff || b[1] != 0xd8 || b[2] != 0xff {
		return 0, 0, false
	}
	p := off + 2
	for range 100 {
		b := f.at(p, 10)
		switch {
		case len(b) < 4 || b[0] != 0xff || b[1] == 0xda:
			return 0, 0, true
		case b[1] == 0xff:
			p++
			continue
		case isFrame(b[1]) && len(b) == 10:
			return be16(b[7:]), be16(b[5:]), b[1] != 0xc3
		}
		p += 2 + int64(be16(b[2:]))
	}
	return 0, 0, true
}

// previewSize takes the size of the preview for that of a raw file that tells none.
func (f *file) previewSize() {
	if f.Width <= 0 || f.Height <= 0 {
		f.Width, f.Height = f.previewW, f.previewH
	}
}

// jpegIn keeps where a directory's JPEG lies: the small one of an ordinary
// file, the largest one of a raw file.
func (t *tiffReader) jpegIn(p picture) {
	r := Range{t.base + p.jpegO, p.jpegL}
	if p.jpegL == 0 && (p.compression == 6 || p.compression == 7) {
		r = Range{t.base + p.stripOff, p.stripLen}
	}
	if r.Len <= 0 || r.Off <= t.base {
		return
	}
	if p.kind == ifdThumb && p.compression != 7 {
		t.f.Thumb = r
	}
	if t.f.Kind == KindRAW {
		t.f.offer(r)
	}
}
