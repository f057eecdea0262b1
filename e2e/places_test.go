//go:build e2e

package e2e

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A thing is a text on a screen of the gallery, as the markup of the tests of
// package ui has it for a window of 1280 by 800 pixels. So a change of a layout
// moves what is pressed here too.
type thing struct{ screen, text string }

// place returns the middle of a thing; of several, that which lies on top.
func place(t testing.TB, what thing) image.Point {
	t.Helper()
	path := filepath.Join("..", "ui", "testdata", "screens", what.screen+"-light-large.xml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := find(data, what.text)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return p
}

// find returns the middle of the last text that is the one given.
func find(markup []byte, text string) (image.Point, error) {
	dec := xml.NewDecoder(bytes.NewReader(markup))
	dec.Strict = false // "bold" stands there without a value
	var at []image.Point
	var size image.Point
	var found *image.Point
	for {
		token, err := dec.RawToken()
		if token == nil {
			if found == nil {
				return image.Point{}, fmt.Errorf("there is no text %q (%w)", text, err)
			}
			return *found, nil
		}
		switch e := token.(type) {
		case xml.StartElement:
			pos := pair(e, "pos", ",")
			if len(at) > 0 {
				pos = pos.Add(at[len(at)-1])
			}
			at, size = append(at, pos), pair(e, "size", "x")
		case xml.EndElement:
			at = at[:len(at)-1]
		case xml.CharData:
			if len(at) > 0 && strings.TrimSpace(string(e)) == text {
				p := at[len(at)-1].Add(size.Div(2))
				found = &p
			}
		}
	}
}

// pair reads two numbers of an attribute; the zero Point when it is not there.
func pair(e xml.StartElement, name, between string) image.Point {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			var x, y float64
			if _, err := fmt.Sscanf(strings.Replace(a.Value, between, " ", 1), "%g %g", &x, &y); err == nil {
				return image.Pt(int(x), int(y))
			}
		}
	}
	return image.Point{}
}
