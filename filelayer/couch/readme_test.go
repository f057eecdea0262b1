package couch

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/libpaul/paul/filelayer/couch/couchtest"
)

// TestReadmeSaysWhatTheSuiteChecks holds the package's table of endpoints
// against the suite: what it calls answered is answered in a case, and no
// endpoint of the suite or of the server is left out.
func TestReadmeSaysWhatTheSuiteChecks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(string(text), "Outside the suite")
	answered := couchtest.Endpoints()
	said := make(map[string]bool)
	rows := regexp.MustCompile("(?m)^\\| `([A-Z, ]+) (/[^`]*)` \\| ([a-z ]+) \\|").FindAllStringSubmatch(table, -1)
	if len(rows) < 30 {
		t.Fatalf("%d rows were read", len(rows))
	}
	for _, row := range rows {
		for method := range strings.SplitSeq(row[1], ", ") {
			e := method + " " + row[2]
			said[e] = true
			if !slices.Contains(answered, e) {
				t.Errorf("%s is called %q, but no case of the suite shows it", e, row[3])
			}
		}
	}
	for _, e := range answered {
		if !said[e] {
			t.Errorf("%s is in the suite, but not in the table", e)
		}
	}
	for path, e := range databaseEndpoints {
		for method := range e {
			if full := method + " " + strings.TrimSuffix("/{db}/"+path, "/"); !said[full] {
				t.Errorf("%s is answered, but not in the table", full)
			}
		}
	}
	for path, e := range serverEndpoints {
		for method := range e {
			if full := method + " /" + path; !said[full] {
				t.Errorf("%s is answered, but not in the table", full)
			}
		}
	}
}
