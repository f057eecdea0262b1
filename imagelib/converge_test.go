package imagelib

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/libpaul/paul/filelayer/conflict/conflicttest"
)

// TestImagesConverge edits an Image document as devices do: the facts are read
// from the file, and people edit its fields. Clocks differ.
func TestImagesConverge(t *testing.T) {
	t.Parallel()
	clocks := make(map[int]*clock)
	for i := range 5 {
		begin := time.UnixMilli(1_700_000_000_000 - 3_600_000*int64(i))
		clocks[i] = &clock{node: fmt.Sprint("device", i), now: func() time.Time { return begin }}
	}
	conflicttest.Converge(t, Merge, func(t *rapid.T, replica int, body json.RawMessage) json.RawMessage {
		if body == nil {
			return raw(`{"version":1,"date":"2024-05-01T12:30:05","dateSource":"exif","width":4000,"height":3000}`)
		}
		field := rapid.SampledFrom([]string{fieldFavourite, fieldCaption, fieldRating, fieldTags, "album:1", tagPrefix + "a"}).Draw(t, "field")
		var value any
		switch field {
		case fieldCaption:
			value = rapid.SampledFrom([]string{"", "sea", "hills"}).Draw(t, "caption")
		case fieldRating:
			value = rapid.IntRange(0, 5).Draw(t, "rating")
		case fieldTags:
			value = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 2).Draw(t, "tags")
		case tagPrefix + "a":
			value = rapid.SampledFrom([]string{"", "a", "A"}).Draw(t, "tag")
		default:
			value = rapid.Bool().Draw(t, "set")
		}
		next, err := setEdit(body, field, value, clocks[replica])
		if err != nil {
			t.Fatal(err)
		}
		return next
	})
}
