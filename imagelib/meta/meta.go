// Package meta reads what a photo says of itself: what kind of file it is, how
// large its picture, when, where and with what it was taken.
//
// It trusts nothing. The kind is told by the first bytes and never by a name;
// every length and offset is checked against the file before it is followed;
// loops, depths and allocations are bounded. A damaged part is skipped, and
// what was understood of the rest is returned.
package meta

import (
	"fmt"
	"time"
)

// Kind says what the library can do with a file.
type Kind string

// Kinds of files.
const (
	KindImage       Kind = "image"       // a still picture
	KindRAW         Kind = "raw"         // a camera's raw file
	KindVideo       Kind = "video"       // a film
	KindUnsupported Kind = "unsupported" // a picture of a kind that is kept, not shown
)

// Source says where a date was taken from, the best first.
type Source string

// Sources of dates.
const (
	SourceEXIF  Source = "exif"
	SourceXMP   Source = "xmp"
	SourceVideo Source = "video"
	SourceName  Source = "name"
	SourceMtime Source = "mtime"
)

// Date is when a photo was taken, on the wall clock of that place.
type Date struct {
	// Wall is the wall clock, labelled UTC so that it sorts and prints as it
	// was read. It is no instant: add nothing to it.
	Wall time.Time

	// Offset is how far that clock was ahead of UTC, when HasOffset.
	Offset    time.Duration
	HasOffset bool

	// Source is where the date was taken from.
	Source Source
}

// String returns the wall clock as 2024-05-01T12:30:05, followed by the offset
// (+02:00) when it is known; empty when there is no date.
func (d Date) String() string {
	if d.Wall.IsZero() {
		return ""
	}
	s := d.Wall.Format("2006-01-02T15:04:05")
	if !d.HasOffset {
		return s
	}
	m, sign := int(d.Offset/time.Minute), '+'
	if m < 0 {
		m, sign = -m, '-'
	}
	return fmt.Sprintf("%s%c%02d:%02d", s, sign, m/60, m%60)
}

// Exposure is how a camera took a photo; what is unknown is zero.
type Exposure struct {
	Time    float64 `json:"time,omitempty"`    // seconds
	FNumber float64 `json:"fNumber,omitempty"` // focal ratio
	ISO     int     `json:"iso,omitempty"`
	Focal   float64 `json:"focal,omitempty"`   // millimetres
	Focal35 int     `json:"focal35,omitempty"` // the same on 35 mm film
}

// GPS is a place in degrees, north and east positive.
type GPS struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}
