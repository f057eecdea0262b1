package imagelib

import (
	"fmt"
	"strings"
)

// CheckText reports with [ErrBadQuery] what in a text cannot be understood as
// [Query.Text] explains it. A query looks for that as it stands, which is right
// while somebody types, and seldom what a command is to do.
func CheckText(text string) error {
	if strings.Count(text, `"`)%2 == 1 {
		return fmt.Errorf("%w: a quote is not closed", ErrBadQuery)
	}
	var err error
	m := newMatcher(&Query{})
	fields(text, func(key, word string) {
		if err == nil && key != "" && (word == "" || !m.takeAbout(strings.ToLower(key), word)) {
			err = fmt.Errorf("%w: %s:%s: %s", ErrBadQuery, key, word, expected(strings.ToLower(key), word))
		}
	})
	return err
}

// expected says what a word should be that could not be taken as what its key says.
func expected(key, word string) string {
	switch {
	case !isKey(key):
		return "words may say that they are about " + strings.Join(keys, ", ") + `; put double quotes around "` + key + ":" + word + `" to look for that as it stands`
	case word == "":
		return "say what after the colon"
	case key == "rating":
		return "a rating is a number from 0 to 5"
	case key == "day":
		return "a day is one of any year, as 05-31, or today"
	default:
		return "a date is a year, a month or a day, as 2019, 2019-05 or 2019-05-31"
	}
}
