package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/libpaul/paul"

// doors states who may open whose door. It is policy: change the code to fit
// the rules, not the rules to fit the code. Test files are held to it too.
var doors = map[string][]string{
	".":         {"app", "ui", "assets"},
	"cmd":       {"app"},
	"ui":        {"app", "imagelib", "assets"},
	"app":       {"imagelib", "filelayer", "overlay"},
	"imagelib":  {"filelayer"},
	"filelayer": {},
	"overlay":   {},
	"assets":    {},
	"internal":  {}, // leaves that anyone may use
	"e2e":       {"app"},
	"bench":     {"app", "imagelib", "filelayer", "overlay"},
}

// vendors names the rooms that a third-party library is kept to.
var vendors = map[string][]string{
	"fyne.io/fyne/v2/app":               {"."},
	"fyne.io/":                          {"ui", "."},
	"github.com/skip2/go-qrcode":        {"ui"},
	"github.com/godbus/":                {"ui", "internal"},
	"github.com/makiuchi-d/gozxing":     {"ui"},
	"github.com/disintegration/imaging": {"imagelib"},
	"github.com/go-kivik/":              {"filelayer"},
	"modernc.org/sqlite":                {"filelayer"},
	"github.com/yggdrasil-network/":     {"overlay"},
	"github.com/Arceliar/":              {"overlay"},
	"github.com/huin/":                  {"overlay"},
	"github.com/jackpal/":               {"overlay"},
	"gvisor.dev/":                       {"overlay"},
	"github.com/pion/":                  {"overlay"},
	"github.com/matrix-org/":            {"overlay"}, // its module comparison/pinecone
	"github.com/fsnotify/":              {"internal"},
	"github.com/gen2brain/":             {"imagelib"},
	"go.n16f.net/thumbhash":             {"imagelib"},
}

func TestImports(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := room(filepath.ToSlash(filepath.Dir(path)))
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			checkDoor(t, path, from, imp)
			checkVendor(t, path, from, imp)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkDoor(t *testing.T, path, from, imp string) {
	t.Helper()
	rel, ok := strings.CutPrefix(imp, module+"/")
	if !ok {
		return
	}
	to := room(rel)
	if to == from || to == "internal" || slices.Contains(doors[from], to) {
		return
	}
	t.Errorf("%s: %s may not import %s", path, from, imp)
}

func checkVendor(t *testing.T, path, from, imp string) {
	t.Helper()
	longest := ""
	for prefix := range vendors {
		if strings.HasPrefix(imp, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	if longest != "" && !slices.Contains(vendors[longest], from) {
		t.Errorf("%s: %s belongs to %v", path, imp, vendors[longest])
	}
}

func room(dir string) string {
	top, _, _ := strings.Cut(dir, "/")
	return top
}
