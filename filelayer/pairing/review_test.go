package pairing

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	code := testCode()
	code.Hints = []string{"tls://192.168.1.20:34567"}
	text := encode(t, code)
	body := strings.TrimPrefix(text, scheme)
	plain := code
	plain.Hints = nil
	short := strings.TrimPrefix(encode(t, plain), scheme)
	swapped := []byte(body)
	for i := 20; i < 40; i++ {
		if swapped[i] != swapped[i+1] {
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			break
		}
	}
	two := flip(flip(body, 20), 60)
	for name, tt := range map[string]struct {
		in   string
		want Review
	}{
		"nothing":          {"", Review{}},
		"the scheme alone": {"paul:", Review{}},
		"whole":            {text, Review{Whole: true, Digits: len(body)}},
		"whole, no hint":   {short, Review{Whole: true, Digits: len(short)}},
		"forgiven":         {"paul://" + strings.ToLower(strings.ReplaceAll(body, "0", "o")) + "/", Review{Whole: true, Digits: len(body)}},
		"begun":            {"paul:" + body[:10], Review{Digits: 10, Missing: 80}},
		"hint is to come":  {body[:88], Review{Digits: 88, Missing: 13}},
		"hint is there":    {body[:90], Review{Digits: 90, Missing: 11}},
		"one to come":      {body[:len(body)-1], Review{Digits: len(body) - 1, Missing: 1}},
		"odd":              {body[:20] + "!" + body[20:], Review{Odd: "!"}},
		"wrong digit":      {flip(body, 32), Review{Digits: len(body), Wrong: true, Mended: "PAUL:" + body, Place: 7, Is: flip(body, 32)[30:35], Want: body[30:35]}},
		"swapped":          {string(swapped), Review{Digits: len(body), Wrong: true, Mended: "PAUL:" + body, Place: 5, Is: string(swapped[20:25]), Want: body[20:25]}},
		"lacks one":        {body[:41] + body[42:], Review{Digits: len(body) - 1, Wrong: true, Mended: "PAUL:" + body, Place: 9, Is: body[40:41] + body[42:46], Want: body[40:45]}},
		"one too many":     {body[:47] + "Z" + body[47:], Review{Digits: len(body) + 1, Wrong: true, Mended: "PAUL:" + body, Place: 10, Is: body[45:47] + "Z" + body[47:49], Want: body[45:50]}},
		"two mistakes":     {two, Review{Digits: len(body), Wrong: true}},
	} {
		got := Inspect(tt.in)
		if got.Device != "" && name != "wrong digit" && name != "swapped" && name != "lacks one" && name != "one too many" && name != "two mistakes" && got.Device != hex.EncodeToString(code.Key) {
			t.Errorf("%s: the code of device %s", name, got.Device)
		}
		if tt.want.Whole && got.Device == "" {
			t.Errorf("%s: whose code it is was not told", name)
		}
		if got.Device = ""; got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, tt.want)
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add("paul:04HMASR9NF6YY0938MNK4AQWGK")
	f.Fuzz(func(t *testing.T, text string) {
		r := Inspect(text)
		if _, err := ParseCode(r.Mended); r.Mended != "" && err != nil {
			t.Errorf("it mends %q to %q: %v", text, r.Mended, err)
		}
		if _, err := ParseCode(text); err == nil && !r.Whole {
			t.Errorf("%q can be used, and is said to be %+v", text, r)
		}
	})
}
