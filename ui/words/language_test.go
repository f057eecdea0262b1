package words

import (
	"testing"

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
	for tag, want := range map[string]string{"en-GB": "en", "": "en", "tlh": "en", "nonsense tag": "en", "zh": "en"} {
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
