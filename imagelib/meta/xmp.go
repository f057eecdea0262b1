package meta

import (
	"bytes"
	"encoding/xml"
	"io"
	"strconv"
	"strings"
)

const (
	maxXMP       = 1 << 20
	maxXMPTokens = 50_000
	maxTags      = 100
	maxTag       = 256 // bytes
)

// Namespaces of XMP (XMP specification part 1, 8, and part 2).
const (
	nsEXIF      = "http://ns.adobe.com/exif/1.0/"
	nsXMP       = "http://ns.adobe.com/xap/1.0/"
	nsPhotoshop = "http://ns.adobe.com/photoshop/1.0/"
	nsDC        = "http://purl.org/dc/elements/1.1/"
	nsRDF       = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
)

// xmpFacts are what XMP says.
type xmpFacts struct {
	original, created, made string
	rating                  int
	caption                 string
	tags                    []string
}

// dates returns the dates, the best first.
func (x *xmpFacts) dates() []string { return []string{x.original, x.created, x.made} }

// readXMP reads an XMP packet. The first value of a property counts.
func (f *file) readXMP(packet []byte) {
	if len(packet) > maxXMP || !bytes.Contains(packet, []byte("rdf")) {
		return
	}
	packet = bytes.TrimRight(packet, "\x00")
	d := xml.NewDecoder(bytes.NewReader(packet))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var property, li xml.Name
	for range maxXMPTokens {
		tok, err := d.Token()
		if err != nil {
			return // the end, or damage
		}
		switch t := tok.(type) {
		case xml.StartElement:
			for _, a := range t.Attr {
				f.xmp.set(a.Name, a.Value)
			}
			if t.Name.Space == nsRDF {
				li = t.Name
			} else {
				property, li = t.Name, xml.Name{}
			}
		case xml.EndElement:
			if t.Name == property {
				property = xml.Name{}
			}
		case xml.CharData:
			if text := strings.TrimSpace(cutText(string(t), maxText)); text != "" && (li.Local == "" || li.Local == "li") {
				f.xmp.set(property, text)
			}
		}
	}
}

func (x *xmpFacts) set(name xml.Name, text string) {
	text = cleanText(cutText(text, maxText))
	switch name {
	case xml.Name{Space: nsEXIF, Local: "DateTimeOriginal"}:
		setText(&x.original, text)
	case xml.Name{Space: nsPhotoshop, Local: "DateCreated"}:
		setText(&x.created, text)
	case xml.Name{Space: nsXMP, Local: "CreateDate"}:
		setText(&x.made, text)
	case xml.Name{Space: nsXMP, Local: "Rating"}:
		if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 1 && n <= 5 && x.rating == 0 {
			x.rating = int(n)
		}
	case xml.Name{Space: nsDC, Local: "description"}:
		setText(&x.caption, caption(text))
	case xml.Name{Space: nsDC, Local: "subject"}:
		if len(x.tags) < maxTags && text != "" {
			x.tags = append(x.tags, cutText(text, maxTag))
		}
	}
}
