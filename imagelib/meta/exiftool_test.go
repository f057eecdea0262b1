package meta

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// realFiles returns the real photos of ../shared/data, or of the folder that
// PAUL_PHOTOS names; none is no error.
func realFiles(tb testing.TB) (paths []string) {
	tb.Helper()
	root := cmp.Or(os.Getenv("PAUL_PHOTOS"), "../../../shared/data")
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && readable(p) {
			paths = append(paths, p)
		}
		return nil // what is not there is no photo
	})
	if len(paths) == 0 {
		tb.Skip("../shared/data is not there: no real files to try")
	}
	return paths
}

func readable(path string) bool {
	_, err := readFile(path)
	return err == nil
}

func readFile(path string) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = f.Close() }() // opened for reading
	st, err := f.Stat()
	if err != nil {
		return Info{}, err
	}
	return Read(f, st.Size())
}

// answer is what exiftool says of a file: texts or numbers.
type answer map[string]any

// exiftool asks for the same facts that Read gives, of all files at once: so it
// starts only once.
func exiftool(tb testing.TB, paths []string) (map[string]answer, time.Duration) {
	tb.Helper()
	program, err := exec.LookPath("exiftool")
	if err != nil {
		tb.Skip("exiftool is not installed: nothing to compare with")
	}
	args := append([]string{
		"-fast", "-n", "-j",
		"-DateTimeOriginal", "-CreationDate", "-CreateDate", "-DateTimeCreated", "-DateCreated", "-EXIF:ModifyDate",
		"-Orientation", "-QuickTime:Rotation", "-GPSLatitude", "-GPSLongitude", "-Make", "-Model", "-MIMEType", "--",
	}, paths...)
	start := time.Now()
	out, err := exec.CommandContext(tb.Context(), program, args...).Output()
	took := time.Since(start)
	var list []answer
	if jsonErr := json.Unmarshal(out, &list); jsonErr != nil { // it exits with 1 for one damaged file
		tb.Fatalf("exiftool: %v, %v", err, jsonErr)
	}
	answers := make(map[string]answer, len(list))
	for _, a := range list {
		answers[a.text("SourceFile")] = a
	}
	return answers, took
}

func (a answer) text(tag string) string {
	if a[tag] == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(a[tag]))
}

func (a answer) number(tag string) float64 {
	x, _ := a[tag].(float64)
	return x
}

func (a answer) date() string {
	for _, tag := range []string{"DateTimeOriginal", "CreationDate", "CreateDate", "DateTimeCreated", "DateCreated", "ModifyDate"} {
		if d, ok := ParseDate(a.text(tag), SourceEXIF); ok {
			return d.Wall.Format(time.DateTime)
		}
	}
	return ""
}

func (a answer) gps() string {
	lat, hasLat := a["GPSLatitude"].(float64)
	lon, hasLon := a["GPSLongitude"].(float64)
	return place(lat, lon, hasLat && hasLon)
}

// place prints a place to about ten metres; zero north, zero east is none.
func place(lat, lon float64, ok bool) string {
	if !ok || lat == 0 && lon == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %.0f", math.Round(lat*1e4), math.Round(lon*1e4))
}

// orientation is 1 where exiftool says nothing, and that of the container where
// there is one: a turn with the clock in a film, and against it in a picture.
func (a answer) orientation() string {
	if turn, ok := a["Rotation"].(float64); ok {
		if strings.HasPrefix(a.text("MIMEType"), "image/") {
			turn = math.Mod(360-turn, 360)
		}
		return fmt.Sprint(map[float64]int{0: 1, 90: 6, 180: 3, 270: 8}[turn])
	}
	if n := int(a.number("Orientation")); n >= 1 && n <= 8 {
		return fmt.Sprint(n)
	}
	return "1"
}

func (a answer) camera() string { return camera(a.text("Make"), a.text("Model")) }

// difference is a field that the two read differently.
type difference struct{ path, field, ours, theirs string }

// compareWith counts the fields that one of the two has read, and returns those
// on which they do not agree.
func compareWith(answers map[string]answer, infos map[string]Info) (fields int, differ []difference) {
	for path, a := range answers {
		in := infos[path]
		date := ""
		if !in.Date.Wall.IsZero() {
			date = in.Date.Wall.Format(time.DateTime)
		}
		gps := ""
		if in.GPS != nil {
			gps = place(in.GPS.Lat, in.GPS.Lon, true)
		}
		for _, d := range []difference{
			{path, "date", date, a.date()},
			{path, "orientation", fmt.Sprint(in.Orientation), a.orientation()},
			{path, "gps", gps, a.gps()},
			{path, "camera", in.Camera, a.camera()},
		} {
			if d.ours == "" && d.theirs == "" {
				continue
			}
			fields++
			if d.ours != d.theirs {
				differ = append(differ, d)
			}
		}
	}
	return fields, differ
}

// sameShare is the least share of fields on which both have to agree.
const sameShare = 0.985

// TestSameAsExiftool compares what is read of real files with what exiftool reads.
func TestSameAsExiftool(t *testing.T) {
	t.Parallel()
	paths := realFiles(t)
	answers, _ := exiftool(t, paths)
	infos := make(map[string]Info, len(paths))
	for _, p := range paths {
		infos[p], _ = readFile(p)
	}
	fields, differ := compareWith(answers, infos)
	for _, d := range differ {
		t.Logf("%s: %s is %q, exiftool says %q", d.path, d.field, d.ours, d.theirs)
	}
	if same := 1 - float64(len(differ))/float64(fields); same < sameShare {
		t.Errorf("%.1f %% of %d fields are the same, want %.1f %%", 100*same, fields, 100*sameShare)
	}
}

// BenchmarkMetadata reads what real files say of themselves, one after the
// other, against one exiftool -fast that reads them all for the same facts.
func BenchmarkMetadata(b *testing.B) {
	paths := realFiles(b)
	answers, theirs := exiftool(b, paths)
	infos := make(map[string]Info, len(paths))
	for b.Loop() {
		for _, p := range paths {
			infos[p], _ = readFile(p)
		}
	}
	ours := b.Elapsed() / time.Duration(b.N)
	fields, differ := compareWith(answers, infos)
	b.ReportMetric(float64(len(paths))/ours.Seconds(), "files/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x-of-exiftool-fast")
	b.ReportMetric(100*(1-float64(len(differ))/float64(fields)), "%-same-fields")
}
