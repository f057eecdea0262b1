package words

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/lang"
	"golang.org/x/text/feature/plural"
)

func TestFormsFollowTheLanguage(t *testing.T) {
	t.Parallel()
	const key = "{{.N}} photos"
	for _, test := range []struct {
		tag  string
		n    int
		want plural.Form
	}{
		{"en", 0, plural.Other},
		{"en", 1, plural.One},
		{"de", 0, plural.Other},
		{"de", 1, plural.One},
		{"de", 2, plural.Other},
		{"fr", 0, plural.One},
		{"fr", 1, plural.One},
		{"fr", 2, plural.Other},
	} {
		all, err := parse(test.tag, []byte(`{"`+key+`": {"one": "one", "many": "many", "other": "other"}}`))
		if err != nil {
			t.Fatal(err)
		}
		want := map[plural.Form]string{plural.One: "one", plural.Many: "many", plural.Other: "other"}[test.want]
		if got := all.plural(key, test.n); got != want {
			t.Errorf("%s %d: %s, want %s", test.tag, test.n, got, want)
		}
	}
}

func TestTextsThatAreNotThereStayEnglish(t *testing.T) {
	t.Parallel()
	fr, err := parse("fr", []byte(`{"Save": "Garder", "{{.N}} photos": {"other": "{{.N}} photos"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"Save": "Garder", "Fetch": "Fetch"} {
		if got := fr.text(key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	if got := fr.plural("{{.N}} photos", 1000000); got != "{{.N}} photos" {
		t.Errorf("a form that is not there: %q", got)
	}
	for _, bad := range []string{`{"a": 1}`, `{"a": {"several": "b"}}`, `[]`, `{`} {
		if _, err := parse("fr", []byte(bad)); err == nil {
			t.Errorf("%s is taken for texts", bad)
		}
	}
}

func TestClosestLanguage(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"en-GB": "en", "de-CH": "de", "fr-CA": "fr", "": "en", "tlh": "en", "nonsense tag": "en", "zh": "en"} {
		if got := closest(tag); got != want {
			t.Errorf("%q: %s, want %s", tag, got, want)
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		pairs []any
		want  string
	}{
		{"{{.B}} of {{.A}}", []any{"A", 1, "B", "x"}, "x of 1"},
		{"{{.A}} and {{.A}}", []any{"A", "y"}, "y and y"},
		{"{{.A}}", []any{"A", "{{.B}}", "B", "z"}, "{{.B}}"},
		{"no {{.C}} place", nil, "no  place"},
		{"open {{.A", []any{"A", 1}, "open {{.A"},
		{"plain", []any{"A", 1}, "plain"},
	} {
		if got := fill(test.text, test.pairs); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

// TestEachLanguage is not parallel: it changes what all speak.
func TestEachLanguage(t *testing.T) {
	t.Cleanup(func() { _ = Use("en") }) // it was read before
	day := time.Date(2024, 5, 1, 15, 4, 0, 0, time.UTC)
	for _, test := range []struct{ tag, want string }{
		{"en", "12,431 photos|3.4 MB|0.25|Wednesday, 1 May 2024|1 to 3 May 2024|2 h ago|A, B and C|Cut"},
		{"de", "12.431 Fotos|3,4 MB|0,25|Mittwoch, 1. Mai 2024|1. bis 3. Mai 2024|vor 2 Std.|A, B und C|Ausschneiden"},
		{"fr", "12\u202f431 photos|3,4 Mo|0,25|Mercredi 1er mai 2024|du 1er au 3 mai 2024|il y a 2 h|A, B et C|Couper"},
		{"de-AT", "12.431 Fotos|3,4 MB|0,25|Mittwoch, 1. Mai 2024|1. bis 3. Mai 2024|vor 2 Std.|A, B und C|Ausschneiden"},
	} {
		if err := Use(test.tag); err != nil {
			t.Fatal(err)
		}
		got := strings.Join([]string{
			Photos(12431), Bytes(3_400_000), Decimal(0.25), FullDate(day), Period(day, day.AddDate(0, 0, 2)), Ago(day.Add(2*time.Hour), day),
			List([]string{"A", "B", "C"}), lang.L("Cut"),
		}, "|")
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.tag, got, test.want)
		}
	}
}
