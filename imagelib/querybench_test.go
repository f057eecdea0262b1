package imagelib

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// asked are queries and what they are in SQL, over the tables of [fillSQL].
var asked = []struct {
	name string
	q    Query
	sql  string
}{
	{"favourites", Query{Favourite: true}, "SELECT id FROM images WHERE favourite = 1"},
	{"year", Query{From: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}, "SELECT id FROM images WHERE wall >= 1546300800 AND wall < 1577836800"},
	{"one-copy", Query{Where: OneCopy}, "SELECT id FROM images WHERE holders <= 1"},
	{"album", Query{Album: "album:Sea"}, "SELECT image FROM albums WHERE album = 'album:Sea'"},
	{"tag", Query{Tag: "zurich"}, "SELECT id FROM words WHERE words MATCH 'tags:zurich'"},
	{"camera-here", Query{Camera: "nikon", Where: Here}, "SELECT i.id FROM images i JOIN words w ON w.id = i.id WHERE words MATCH 'camera:nikon*' AND here = 1"},
	{"place", Query{Place: "germany"}, "SELECT id FROM words WHERE words MATCH 'place:germany*'"},
	{"place-and-text", Query{Text: "berlin nikon"}, "SELECT id FROM words WHERE words MATCH 'berlin* nikon*'"},
	{"one-letter", Query{Text: "i"}, "SELECT id FROM words WHERE words MATCH 'i*'"},
	{"rare", Query{Text: "img 12345"}, "SELECT id FROM words WHERE words MATCH 'img* 12345*'"},
	{"captions", Query{Text: "mountains day"}, "SELECT id FROM words WHERE words MATCH 'mountains* day*'"},
	{"nothing", Query{Text: "nowhere at all"}, "SELECT id FROM words WHERE words MATCH 'nowhere* at* all*'"},
	{"accents", Query{Text: "zurich lens apple"}, "SELECT id FROM words WHERE words MATCH 'zurich* lens* apple*'"},
}

// fillSQL writes images as rows, with indexes for what is asked, and their
// texts into a full-text index (FTS5) that serves beginnings of words.
func fillSQL(b *testing.B, dir string, images []*Image) (path string) {
	b.Helper()
	rows, albums := filepath.Join(dir, "images.csv"), filepath.Join(dir, "albums.csv")
	writeCSV(b, rows, func(w *csv.Writer) {
		for i, img := range images {
			_ = w.Write([]string{ // its error is told by Error
				strconv.Itoa(i), img.Name, img.Caption, strings.Join(img.Tags, " "), img.Camera, img.Lens,
				img.Place().City + ", " + img.Place().Region + ", " + img.Place().Country,
				strconv.FormatInt(img.Date.Wall.Unix(), 10), flag(img.Favourite), flag(img.Here), strconv.Itoa(int(img.Holders)),
			})
		}
	})
	writeCSV(b, albums, func(w *csv.Writer) {
		for i, img := range images {
			for _, a := range img.Albums {
				_ = w.Write([]string{a, strconv.Itoa(i)}) // as above
			}
		}
	})
	path = filepath.Join(dir, "images.db")
	runSQL(b, path, fmt.Sprintf(`CREATE TABLE images(id INTEGER PRIMARY KEY, name, caption, tags, camera, lens, place, wall INTEGER, favourite INTEGER, here INTEGER, holders INTEGER);
CREATE TABLE albums(album, image INTEGER);
.import --csv %s images
.import --csv %s albums
CREATE INDEX by_wall ON images(wall);
CREATE INDEX by_favourite ON images(favourite);
CREATE INDEX by_holders ON images(holders);
CREATE INDEX by_album ON albums(album);
CREATE VIRTUAL TABLE words USING fts5(id UNINDEXED, name, caption, tags, camera, lens, place, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3');
INSERT INTO words SELECT id, name, caption, tags, camera, lens, place FROM images;
ANALYZE;
`, rows, albums))
	return path
}

func flag(set bool) string { return strconv.Itoa(map[bool]int{true: 1}[set]) }

func writeCSV(b *testing.B, path string, fill func(*csv.Writer)) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := csv.NewWriter(f)
	fill(w)
	w.Flush()
	if err := w.Error(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

func runSQL(b *testing.B, path, sql string) string {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "sqlite3", "-bail", path)
	cmd.Stdin = strings.NewReader(sql)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

var sqlTook = regexp.MustCompile(`(?s)(\d+)\|.*Run Time: real ([0-9.]+)`)

// askSQL returns how many rows there are, and how long it took to find them, the
// second time. They are counted and added up, not printed.
func askSQL(b *testing.B, path, sql string) (rows int, took time.Duration) {
	b.Helper()
	count := "SELECT count(*), sum(id) FROM (" + strings.Replace(sql, "SELECT image ", "SELECT image AS id ", 1) + ");\n"
	m := sqlTook.FindStringSubmatch(runSQL(b, path, count+".timer on\n"+count))
	if m == nil {
		b.Fatal("no time was told")
	}
	rows, err := strconv.Atoi(m[1])
	if err != nil {
		b.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(m[2], 64)
	if err != nil {
		b.Fatal(err)
	}
	return rows, time.Duration(seconds * float64(time.Second))
}

// BenchmarkQuery asks for images of 100,000, and, where the program sqlite3 is,
// asks it for the same rows, which must be as many.
func BenchmarkQuery(b *testing.B) {
	scattered := indexOf(sampleImages(many))
	x := newIndex()
	if err := x.decode(scattered.encode()); err != nil { // as they lie after a start
		b.Fatal(err)
	}
	s := x.view()
	path := ""
	if _, err := exec.LookPath("sqlite3"); err == nil {
		path = fillSQL(b, b.TempDir(), s.Images)
	}
	for _, a := range asked {
		b.Run(a.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n = len(s.Filter(a.q))
			}
			ms := b.Elapsed().Seconds() * 1000 / float64(b.N)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ms, "ms")
			b.ReportMetric(float64(n), "found")
			if path == "" {
				return
			}
			rows, took := askSQL(b, path, a.sql)
			if rows != n {
				b.Errorf("%d images, and %d rows", n, rows)
			}
			b.ReportMetric(max(took.Seconds()*1000, 0.5)/ms, "x-of-SQLite")
		})
	}
	b.Run("scattered", func(b *testing.B) { // as they lie in no order at all
		for b.Loop() {
			scattered.view().Filter(Query{Text: "img 12345"})
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms")
	})
}
