package fold

import (
	"testing"
	"unicode/utf8"
)

func TestString(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                      "",
		"IMG_0001.JPG":          "img_0001.jpg",
		"Zürich":                "zurich",
		"Zu\u0308rich":          "zurich", // taken apart, as macOS writes names
		"Straße":                "strasse",
		"Łódź, Århus, İstanbul": "lodz, arhus, istanbul",
		"ÆØÅ œuvre":             "aeoa oeuvre",
		"Αθήνα":                 "αθηνα",
		"ЙОГА Киев":             "иога киев",
		"Hà Nội":                "ha noi",
		"東京タワー":                 "東京タワー",
		"서울":                    "서울",
		"ＦＵＬＬ":                  "full",
		"ﬁsh":                   "fish",
		"😀 a":                   "😀 a",
		"bad \xff byte":         "bad \ufffd byte",
	} {
		if got := String(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestTwice: what is folded stays as it is, whichever letter it was.
func TestTwice(t *testing.T) {
	t.Parallel()
	for r := range rune(utf8.MaxRune) {
		if once := String(string(r)); String(once) != once {
			t.Errorf("%q: %q, and then %q", r, once, String(once))
		}
	}
}

func FuzzString(f *testing.F) {
	f.Add("Łódź \xff 東京")
	f.Fuzz(func(t *testing.T, s string) {
		once := String(s)
		if !utf8.ValidString(once) {
			t.Errorf("%q became %q, which is no UTF-8", s, once)
		}
		if twice := String(once); twice != once {
			t.Errorf("%q: %q, and then %q", s, once, twice)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	var buf []byte
	for b.Loop() {
		buf = Append(buf[:0], "Ein schöner Tag in Zürich, IMG_0001.JPG")
	}
}
