// Package words says things to a person: numbers, sizes, dates and the
// sentences about where photos are, in the language that [Use] was given, or English.
//
// The English text is the key of each translation; see assets/translations.
// Fyne's own translations follow the system alone, so they are not used.
package words

import (
	"fmt"
	"strings"
	"time"
)

// T translates a text. Pairs of a name and a value fill its places: "{{.Name}}".
func T(text string, pairs ...any) string { return say(text, pairs...) }

func say(text string, pairs ...any) string { return fill(spoken().text(text), pairs) }

// N translates a text with a number in it, in the form that the number takes.
// {{.N}} stands for the number, written out for a person.
func N(text string, n int, pairs ...any) string {
	return fill(spoken().plural(text, n), append(pairs[:len(pairs):len(pairs)], "N", Number(n)))
}

// Number writes an integer with separators between thousands.
func Number(n int) string {
	s, sign := fmt.Sprint(n), ""
	if n < 0 {
		s, sign = s[1:], "-"
	}
	sep := mark("number.thousands")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + sep + s[i:]
	}
	return sign + s
}

func decimal(f float64, places int) string {
	return strings.Replace(fmt.Sprintf("%.*f", places, f), ".", mark("number.decimal"), 1)
}

// Decimal writes a number with at most two places, and none that are zero.
func Decimal(f float64) string {
	s := fmt.Sprintf("%.2f", f)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	return strings.Replace(s, ".", mark("number.decimal"), 1)
}

// Bytes writes a size in decimal units, as disks and systems do.
func Bytes(n int64) string {
	if n < 1000 {
		return T("{{.Number}} B", "Number", n)
	}
	f := float64(n)
	units := []func(n string) string{
		func(n string) string { return T("{{.Number}} kB", "Number", n) },
		func(n string) string { return T("{{.Number}} MB", "Number", n) },
		func(n string) string { return T("{{.Number}} GB", "Number", n) },
		func(n string) string { return T("{{.Number}} TB", "Number", n) },
	}
	unit, places := 0, 0
	for f /= 1000; f >= 999.5 && unit < len(units)-1; unit++ {
		f /= 1000
	}
	if f < 10 && unit > 0 {
		places = 1
	}
	return units[unit](decimal(f, places))
}

// Rate writes bytes a second.
func Rate(perSecond float64) string { return T("{{.Size}}/s", "Size", Bytes(int64(perSecond))) }

// Left writes how long something will take still.
func Left(d time.Duration) string {
	switch {
	case d < time.Minute:
		return N("{{.N}} seconds left", max(int(d.Seconds()), 1))
	case d < time.Hour:
		return N("{{.N}} minutes left", int((d + 30*time.Second).Minutes()))
	default:
		return N("{{.N}} hours left", int((d + 30*time.Minute).Hours()))
	}
}

// Countdown writes minutes and seconds: "9:32".
func Countdown(d time.Duration) string {
	s := int(max(d, 0).Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// RTT writes a round trip.
func RTT(d time.Duration) string {
	if d < time.Millisecond {
		return "<1 ms"
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// Photos counts photos: "1 photo", "12,431 photos".
func Photos(n int) string { return N("{{.N}} photos", n) }

// Percent writes a part of a hundred: "85 %".
func Percent(n int) string { return T("{{.Percent}} %", "Percent", n) }
