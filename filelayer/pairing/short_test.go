package pairing

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func TestShortCode(t *testing.T) {
	t.Parallel()
	code := testCode()
	id, short := hex.EncodeToString(code.Key), code.Short()
	if len(short) != shortDigits || strings.Contains(encode(t, code), short) {
		t.Errorf("short code %q", short)
	}
	grouped := strings.ToLower(short[:5] + "-" + short[5:10] + " " + short[10:])
	for _, text := range []string{short, grouped, encode(t, code)} {
		c, err := FromShort(id, text)
		if err != nil || c.Secret != code.Secret || !c.Key.Equal(code.Key) {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
		if r := InspectShort(id, text); !r.Whole || r.Device != id {
			t.Errorf("%q: %+v", text, r)
		}
	}
	other := strings.Repeat("ab", 32)
	for name, tt := range map[string]struct{ id, text string }{
		"of another device":        {other, short},
		"whole, of another device": {other, encode(t, code)},
		"wrong digit":              {id, flip(short, 7)},
		"cut off":                  {id, short[:29]},
		"empty":                    {id, ""},
		"no device":                {"zz", short},
	} {
		if _, err := FromShort(tt.id, tt.text); !errors.Is(err, ErrBadCode) {
			t.Errorf("%s: %v", name, err)
		}
		if r := InspectShort(tt.id, tt.text); r.Whole {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestInspectShort(t *testing.T) {
	t.Parallel()
	code := testCode()
	id, short := hex.EncodeToString(code.Key), code.Short()
	for name, tt := range map[string]struct {
		in   string
		want Review
	}{
		"nothing":        {"", Review{}},
		"begun":          {short[:10], Review{Digits: 10, Missing: 20}},
		"one to come":    {short[:29], Review{Digits: 29, Missing: 1}},
		"odd":            {short[:5] + "?", Review{Odd: "?"}},
		"wrong digit":    {flip(short, 7), Review{Digits: 30, Wrong: true, Mended: short, Place: 2, Is: flip(short, 7)[5:10], Want: short[5:10]}},
		"one too many":   {short[:11] + "Z" + short[11:], Review{Digits: 31, Wrong: true, Mended: short, Place: 3, Is: short[10:11] + "Z" + short[11:14], Want: short[10:15]}},
		"two mistakes":   {flip(flip(short, 7), 20), Review{Digits: 30, Wrong: true}},
		"begun, in full": {encode(t, code)[:60], Review{Digits: 55, Missing: 35, Device: id}},
	} {
		if got := InspectShort(id, tt.in); got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, tt.want)
		}
	}
}
