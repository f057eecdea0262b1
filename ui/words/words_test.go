package words

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/assets"
)

// used are the texts that the program's source translates, with whether they
// have a number in them.
func used(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{"number.thousands": false, "number.decimal": false}
	look := func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		here := f.Name.Name == "words"
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok || len(c.Args) == 0 {
				return true
			}
			name := ""
			switch fun := c.Fun.(type) {
			case *ast.Ident:
				switch {
				case here:
					name = fun.Name
				case f.Name.Name == "doctor" && fun.Name == "say":
					name = "T"
				}
			case *ast.SelectorExpr:
				if x, ok := fun.X.(*ast.Ident); ok && x.Name == "words" {
					name = fun.Sel.Name
				}
			}
			if name != "T" && name != "N" {
				return true
			}
			text, ok := literal(c.Args[0])
			if !ok {
				t.Errorf("%s: a text that is no literal cannot be translated", path)
				return true
			}
			found[text] = name == "N"
			return true
		})
		return nil
	}
	for _, dir := range []string{"..", filepath.Join("..", "..", "app", "doctor")} {
		if err := filepath.WalkDir(dir, look); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// literal is the text of a literal, or of several that are joined.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		x, ok := literal(e.X)
		y, also := literal(e.Y)
		return x + y, ok && also && e.Op == token.ADD
	}
	return "", false
}

var field = regexp.MustCompile(`{{\.\w+}}`)

func fields(s string) string {
	f := field.FindAllString(s, -1)
	slices.Sort(f)
	return strings.Join(slices.Compact(f), " ")
}

func TestTranslationsAreComplete(t *testing.T) {
	t.Parallel()
	texts := used(t)
	files, err := assets.Translations.ReadDir("translations")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(file.Name(), func(t *testing.T) {
			t.Parallel()
			b, err := assets.Translations.ReadFile("translations/" + file.Name())
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			for text, plural := range texts {
				checkTranslation(t, text, plural, got[text])
			}
			for text := range got {
				if _, ok := texts[text]; !ok {
					t.Errorf("%q is translated, and not used", text)
				}
			}
		})
	}
}

func checkTranslation(t *testing.T, text string, plural bool, got any) {
	t.Helper()
	if !plural {
		s, ok := got.(string)
		if !ok || s == "" || fields(s) != fields(text) {
			t.Errorf("%q is translated as %q", text, got)
		}
		return
	}
	forms, _ := got.(map[string]any)
	for _, form := range []string{"one", "other"} {
		s, ok := forms[form].(string)
		if !ok || s == "" || form == "other" && fields(s) != fields(text) {
			t.Errorf("%q has the %s form %q", text, form, forms[form])
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 12431: "12,431", -1234567: "-1,234,567"} {
		if got := Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1500: "2 kB", 3_400_000: "3.4 MB", 999_999_999: "1.0 GB", 42_000_000_000: "42 GB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Photos(1) + ", " + Photos(2); got != "1 photo, 2 photos" {
		t.Error(got)
	}
	if got := Countdown(572 * time.Second); got != "9:32" {
		t.Error(got)
	}
	if got := Decimal(5.60) + Decimal(8) + Decimal(0.25); got != "5.680.25" {
		t.Error(got)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 8, 20, 1, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		t     time.Time
		short bool
		want  string
	}{
		{now, false, "Today"},
		{now.Add(-2 * time.Hour), false, "Yesterday"},
		{time.Date(2024, 8, 17, 23, 0, 0, 0, time.UTC), false, "Saturday, 17 August"},
		{time.Date(2017, 2, 9, 0, 0, 0, 0, time.UTC), false, "Thursday, 9 February 2017"},
		{time.Date(2017, 2, 9, 0, 0, 0, 0, time.UTC), true, "9 Feb 2017"},
	} {
		if got := Day(now, tt.t, tt.short); got != tt.want {
			t.Errorf("Day(%v) = %q, want %q", tt.t, got, tt.want)
		}
	}
	for d, want := range map[time.Duration]string{
		10 * time.Second: "just now", 2 * time.Minute: "2 min ago", 5 * time.Hour: "5 h ago", 30 * time.Hour: "1 day ago", 40 * 24 * time.Hour: "11 Jul 2024",
	} {
		if got := Ago(now, now.Add(-d)); got != want {
			t.Errorf("Ago(%v) = %q, want %q", d, got, want)
		}
	}
}

// TestSpans: lengths have their two largest units, and periods what their days differ in.
func TestSpans(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		6 * time.Hour: "6 hours", 90 * time.Minute: "1 hour 30 minutes", 25 * time.Hour: "1 day 1 hour", day + 5*time.Second: "1 day",
		11*365*day + 3*day + time.Hour: "11 years 3 days", 37*time.Minute + 20*time.Second: "37 minutes 20 seconds", time.Second: "1 second",
	} {
		if got := Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
	from := time.Date(2024, 7, 3, 23, 0, 0, 0, time.UTC)
	for to, want := range map[time.Time]string{
		from.Add(time.Minute): "3 Jul 2024", from.Add(time.Hour): "3 to 4 Jul 2024", from.AddDate(0, 1, 0): "3 Jul to 3 Aug 2024", from.AddDate(1, 0, 0): "3 Jul 2024 to 3 Jul 2025",
	} {
		if got := Period(from, to); got != want {
			t.Errorf("Period to %v = %q, want %q", to, got, want)
		}
	}
}

func TestSafe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kept Kept
		want string
		safe bool
	}{
		{Kept{Devices: 1}, "No photos yet", false},
		{Kept{Photos: 12431, Devices: 2}, "All 12,431 photos are on 2 devices", true},
		{Kept{Photos: 12431, Devices: 3}, "All 12,431 photos are on at least 2 devices", true},
		{Kept{Photos: 400, OnlyHere: 312, OneCopy: 313, Devices: 2}, "312 photos are only on this computer", false},
		{Kept{Photos: 400, Below: 2, Devices: 3}, "2 photos are on fewer devices than you asked for", false},
		{Kept{Photos: 400, OneCopy: 1, Devices: 3}, "1 photo has only one copy", false},
		{Kept{Photos: 400, Devices: 3, Away: true}, "The library folder is not there; nothing on it is taken for lost", false},
	} {
		if got := Safe(tt.kept); got.Text != tt.want || got.Safe != tt.safe {
			t.Errorf("Safe(%+v) = %+v, want %q", tt.kept, got, tt.want)
		}
	}
}

// TestBoth keeps the devices that have both files of a photo, by the older proof.
func TestBoth(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 8, 20, 1, 0, 0, 0, time.UTC)
	laptop, desktop, nas := app.Device{ID: "1", Name: "Laptop"}, app.Device{ID: "2", Name: "Desktop"}, app.Device{ID: "3", Name: "NAS"}
	got := Both(
		[]Proof{{Device: laptop, At: at}, {Device: desktop, At: at}, {Device: nas, At: at}},
		[]Proof{{Device: nas, At: at.Add(-time.Hour), InPlace: true}, {Device: laptop, At: at.Add(time.Hour)}},
	)
	if len(got) != 2 || got[0] != (Proof{Device: laptop, At: at}) || got[1] != (Proof{Device: nas, At: at.Add(-time.Hour), InPlace: true}) {
		t.Errorf("got %+v", got)
	}
}

func TestRemoveLabel(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 8, 20, 1, 0, 0, 0, time.UTC)
	self := Proof{Device: app.Device{Name: "Laptop", Self: true}, At: now}
	desktop := Proof{Device: app.Device{Name: "Desktop"}, At: now.Add(-2 * time.Minute)}
	nas := Proof{Device: app.Device{Name: "NAS"}, At: now.Add(-time.Hour)}
	for want, proofs := range map[string][]Proof{
		"Remove from this computer (no other copy is known)":              {self},
		"Remove from this computer (still on Desktop, checked 2 min ago)": {self, desktop},
		"Remove from this computer (still on Desktop and NAS)":            {self, desktop, nas},
	} {
		if got := RemoveLabel(proofs, now); got != want {
			t.Errorf("RemoveLabel = %q, want %q", got, want)
		}
	}
	if got := DeleteLabel(1) + "|" + DeleteLabel(2) + "|" + DeleteLabel(3); got != "Delete|Delete from both devices|Delete from all 3 devices" {
		t.Error(got)
	}
}
