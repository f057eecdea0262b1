package imagelib

import (
	"errors"
	"strings"
	"testing"
)

// TestCheckText: a text that a query would look for as it stands, though it seems
// to say what it is about, is an error that says what is wrong.
func TestCheckText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "",
		`camera:canon from:2024 Type:raw place:"new york" lake rating:0 before:2020-02-29 tag:x`: "",
		`"12:30" ":" :x`:         "",
		"colour:red lake":        `put double quotes around "colour:red"`,
		"from:summer":            "a date is a year",
		"lake before:2019-02-29": "before:2019-02-29: a date is a year",
		"after:":                 "after:: say what",
		"camera:":                "say what after the colon",
		"rating:6":               "from 0 to 5",
		"rating:good":            "from 0 to 5",
		`place:"new york`:        "quote is not closed",
	} {
		err := CheckText(text)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && (!errors.Is(err, ErrBadQuery) || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

// TestFrom is another word for after.
func TestFrom(t *testing.T) {
	t.Parallel()
	s := queryLibrary()
	for text, n := range map[string]int{"from:2019-05": 3, "after:2019-05": 3, "from:2019-05 before:2020": 1, "FROM:2021": 1} {
		if got := find(s, Query{Text: text}); len(got) != n {
			t.Errorf("%q finds %v, want %d", text, got, n)
		}
	}
}
