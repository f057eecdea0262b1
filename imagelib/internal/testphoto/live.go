package testphoto

import (
	"encoding/binary"
	"time"
)

// AppleNote returns Apple's maker note, which names a live photo.
func AppleNote(shot string) []byte {
	b := builder{order: binary.BigEndian, out: []byte("Apple iOS\x00\x00\x01MM")}
	b.directory(b.text([]tag{b.long(1, 14), b.short(8, 1)}, 0x11, shot), 0)
	return b.out
}

// Film is what a phone writes into a film, beside the picture and the sound.
type Film struct {
	Date, Shot, Make, Model string // 2024-05-01T12:30:05+0200
	Length                  time.Duration
}

// File returns a QuickTime film without a picture.
func (f Film) File() []byte {
	const perSecond = 600
	head := make([]byte, 100)
	binary.BigEndian.PutUint32(head[12:], perSecond)
	binary.BigEndian.PutUint32(head[16:], uint32(f.Length*perSecond/time.Second))
	var keys, items []byte
	n := 0
	for _, k := range [][2]string{{"make", f.Make}, {"model", f.Model}, {"creationdate", f.Date}, {"content.identifier", f.Shot}} {
		if k[1] == "" {
			continue
		}
		n++
		keys = append(keys, box("mdta", []byte("com.apple.quicktime."+k[0]))...)
		items = append(items, box(string(u32(n)), box("data", u32(1), u32(0), []byte(k[1])))...)
	}
	meta := box("meta", box("hdlr", make([]byte, 25)), box("keys", u32(0), u32(n), keys), box("ilst", items))
	return append(box("ftyp", []byte("qt  "), u32(0)), box("moov", box("mvhd", head), meta)...)
}
