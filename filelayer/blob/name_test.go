package blob

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestLegalName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"IMG_0001.JPG", "IMG_0001.JPG"},
		{"", "file"},
		{"...", "file"},
		{".hidden", "_hidden"},
		{"../../etc/passwd", "passwd"},
		{`C:\Users\x\a.jpg`, "a.jpg"},
		{"a/b/", "file"},
		{"CON", "_CON"},
		{"con.jpg", "_con.jpg"},
		{"Lpt1.tar.gz", "_Lpt1.tar.gz"},
		{"COM¹", "_COM¹"},
		{"CONSOLE.jpg", "CONSOLE.jpg"},
		{"aux .txt", "_aux .txt"},
		{"trailing. . ", "trailing"},
		{"  both  ", "both"},
		{`a<b>c:d"e|f?g*h.jpg`, "a_b_c_d_e_f_g_h.jpg"},
		{"tab\tline\n\x00.jpg", "tabline.jpg"},
		{"turn\u202egpj.exe", "turngpj.exe"},
		{"cafe\u0301.jpg", "café.jpg"},
		{"bad\xffutf8.jpg", "bad_utf8.jpg"},
		{"日本.jpg", "日本.jpg"},
		{"👩‍👧.jpg", "👩‍👧.jpg"},
		{strings.Repeat("x", 300) + ".jpeg", strings.Repeat("x", maxName-5) + ".jpeg"},
		{strings.Repeat("é", 300) + ".jpg", strings.Repeat("é", (maxName-4)/2) + ".jpg"},
	} {
		if got := legalName(tt.in); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzLegalName(f *testing.F) {
	for _, seed := range []string{"IMG.JPG", "con", "..", "a\u0300b", "COM1 .x", strings.Repeat("é.", 200), "\u200d", ". .x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := legalName(in)
		if got == "" || len(got) > maxName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\<>:\"|?*\x00\n") {
			t.Errorf("%q: %q", in, got)
		}
		if strings.HasPrefix(got, ".") || strings.HasSuffix(got, ".") || strings.HasSuffix(got, " ") {
			t.Errorf("%q: %q", in, got)
		}
		if stem, _, _ := strings.Cut(got, "."); reserved[strings.ToLower(strings.TrimSpace(stem))] {
			t.Errorf("%q: %q is a device", in, got)
		}
		if !norm.NFC.IsNormalString(got) || legalName(got) != got {
			t.Errorf("%q: %q is not stable: %q", in, got, legalName(got))
		}
	})
}

func TestFolderFor(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]time.Time{
		"2024/2024-05": may,
		"2023/2023-12": time.Date(2023, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600)), // its own zone
		"undated":      {},
		"1839/1839-01": time.Date(1839, 1, 7, 0, 0, 0, 0, time.UTC),
	} {
		if got := folderFor(in); got != want {
			t.Errorf("%v: %s, want %s", in, got, want)
		}
	}
	if got := folderFor(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)); got != "undated" {
		t.Errorf("before our time: %s", got)
	}
}

func TestManyOfOneName(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	b := s.NewBatch()
	for i := range 40 {
		if _, err := b.Put(t.Context(), strings.NewReader(strings.Repeat("x", i)), Meta{Name: "ß.jpg", Time: may}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	folded := make(map[string]bool)
	for rel := range files(t, s) {
		folded[fold(rel)] = true
	}
	if len(folded) != 40 {
		t.Errorf("%d names, want 40", len(folded))
	}
}

// TestOthersTakeNames lets another program write into a folder whose names the store
// has read: between two batches, in the moment between two looks, and in the middle of
// a batch that needs one of its names.
func TestOthersTakeNames(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"between", "unseen", "within"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			disk := &faulty{}
			s := newDirs(t).open(t, disk)
			put(t, s, "0.jpg", "makes the folder")
			put(t, s, "a.jpg", "first")
			dir := filepath.Join(s.library, "2024", "2024-05")
			before, err := os.Stat(dir)
			if err != nil {
				t.Fatal(err)
			}
			foreign, taken := "B.JPG", when != "within"
			if when != "between" { // on a disk that is not blind to case the other name would be free
				foreign = "b.jpg"
			}
			write := func() {
				if err := os.WriteFile(filepath.Join(dir, foreign), []byte("foreign"), 0o600); err != nil {
					t.Error(err)
				}
			}
			if when == "within" {
				disk.fail = func(op, _ string) error {
					if op == "rename" && !taken {
						taken = true
						write()
					}
					return nil
				}
			} else {
				write()
			}
			seen := before.ModTime()
			if when == "between" {
				seen = seen.Add(time.Second)
			}
			if err := os.Chtimes(dir, seen, seen); err != nil {
				t.Fatal(err)
			}
			put(t, s, "b.jpg", "second")
			wantFiles(t, s, map[string]string{
				"2024/2024-05/0.jpg": "makes the folder", "2024/2024-05/a.jpg": "first",
				"2024/2024-05/" + foreign: "foreign", "2024/2024-05/b-2.jpg": "second",
			})
		})
	}
}

// TestFolderIsReadOnce imports into one folder, batch after batch.
func TestFolderIsReadOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const rel = "2024/2024-05"
	put(t, s, "0.jpg", "makes the folder")
	put(t, s, "a.jpg", "a")
	first := s.listed[rel]
	put(t, s, "b.jpg", "b")
	if first == nil || s.listed[rel] != first {
		t.Error("the folder was read again, though nobody else wrote there")
	}
	if first != nil && len(first.names) != 3 {
		t.Errorf("known to be there: %v", first.names)
	}
}
