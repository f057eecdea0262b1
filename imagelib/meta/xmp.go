package meta

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
)

const (
	maxXMP       = 1 << 20
	maxXMPTokens = 50_000
	maxXMPDepth  = 64
	maxTags      = 100
	maxTag       = 256 // bytes
)

// readXMP reads an XMP packet into what the file says.
func (f *file) readXMP(packet []byte) { f.xmp.read(packet) }

// read reads an XMP packet, damaged or not, and reports whether it is one. The
// first value of a property counts.
func (x *xmpFacts) read(packet []byte) bool {
	if len(packet) > maxXMP || !bytes.Contains(packet, []byte("rdf")) {
		return false
	}
	packet = bytes.TrimRight(packet, "\x00")
	d := xml.NewDecoder(bytes.NewReader(packet))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	r := xmpReader{facts: x}
	for range maxXMPTokens {
		tok, err := d.Token()
		if err != nil {
			break // the end, or damage
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if !r.start(t) {
				return r.found
			}
		case xml.EndElement:
			r.end()
		case xml.CharData:
			r.text(t)
		}
	}
	return r.found
}

// xmpReader is where one is in a packet. Properties are the elements below
// RDF/Description, and its attributes (XMP specification part 1, 7.4 to 7.9); what
// lies in structures is of something else than the picture.
type xmpReader struct {
	facts    *xmpFacts
	found    bool
	depth    int
	rdf      int      // depth of the RDF element; 0 outside
	property xml.Name // the property one is in
	within   int      // depth of a qualifier or a field in it; 0 outside
}

func (r *xmpReader) start(t xml.StartElement) bool {
	r.depth++
	switch {
	case r.depth > maxXMPDepth:
		return false
	case r.rdf == 0:
		if t.Name == (xml.Name{Space: nsRDF, Local: "RDF"}) {
			r.rdf, r.found = r.depth, true
		}
	case r.depth == r.rdf+1:
		for _, a := range t.Attr {
			r.facts.set(a.Name, a.Value)
		}
	case r.depth == r.rdf+2:
		r.property = t.Name
	case r.within == 0 && t.Name.Space != nsRDF:
		r.within = r.depth
	}
	return true
}

func (r *xmpReader) end() {
	switch r.depth {
	case r.rdf:
		r.rdf = 0
	case r.rdf + 2:
		r.property = xml.Name{}
	case r.within:
		r.within = 0
	}
	r.depth--
}

func (r *xmpReader) text(t xml.CharData) {
	if r.rdf == 0 || r.within != 0 || r.property.Local == "" {
		return
	}
	if text := strings.TrimSpace(cutText(string(t), maxText)); text != "" {
		r.facts.set(r.property, text)
	}
}

func (x *xmpFacts) set(name xml.Name, text string) {
	if take := xmpProperties[name]; take != nil {
		take(x, cleanText(cutText(text, maxText)))
	}
}
