package meta

import (
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed testdata/real.txt
var realFacts string

// TestRealFacts reads the real photos of ../shared/data, and expects the facts of
// testdata/real.txt, which other readers agree on.
func TestRealFacts(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(realFacts) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		col := strings.Split(strings.TrimSpace(line), " | ")
		t.Run(col[0], func(t *testing.T) {
			t.Parallel()
			in, err := readFile(filepath.Join("../../../shared/data", col[0]))
			if os.IsNotExist(err) {
				t.Skip("../shared/data is not there: no real files to try")
			}
			if err != nil {
				t.Fatal(err)
			}
			gps := ""
			if in.GPS != nil {
				gps = fmt.Sprintf("%.4f %.4f", in.GPS.Lat, in.GPS.Lon)
			}
			maker, model := strings.TrimPrefix(col[3], "-"), strings.TrimPrefix(col[4], "-")
			for _, f := range []struct{ name, got, want string }{
				{"date", cmp.Or(in.Date.String(), "-"), col[1]},
				{"orientation", fmt.Sprint(in.Orientation), col[2]},
				{"camera", in.Camera, camera(maker, model)},
				{"place", cmp.Or(gps, "-"), col[5]},
			} {
				if f.got != f.want {
					t.Errorf("%s %q, want %q", f.name, f.got, f.want)
				}
			}
		})
	}
}
