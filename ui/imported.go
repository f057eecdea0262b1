package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/ui/look"
	"github.com/libpaul/paul/ui/words"
)

// importSummary is what came of an import, told over the page until it is closed.
type importSummary struct {
	paths  []string // what was chosen
	since  time.Time
	result app.ImportResult
	undo   *step // takes it back; nil when nothing was added
}

// importedID is the page of the photos of the last import.
const importedID = "imported"

// imported tells what came of an import, and asks about what was deleted before.
func (s *shell) imported(done *importSummary) {
	if a, ok := s.noted(app.KindImport, done.since); ok && len(done.result.Added) > 0 {
		text := words.N("{{.N}} photos imported", len(done.result.Added))
		done.undo = &step{text: text, at: s.now(), id: a.ID, back: func() { s.takeBack(a, s.orUndone(text, nil)) }}
		s.undos.push(done.undo)
	}
	s.lastImport = done
	s.notices.reload()
	s.askDeleted(done)
	if len(done.result.Known)+len(done.result.Problems) > 0 {
		return // there is something to look at
	}
	s.after(plainImportTime, func() {
		s.do(func() {
			if s.lastImport == done {
				s.closeImport()
			}
		})
	})
}

// plainImportTime is how long the summary of an import stays of which all was new.
const plainImportTime = time.Minute

// askDeleted asks whether photos that were deleted before are to come back.
func (s *shell) askDeleted(done *importSummary) {
	var paths []string
	for _, k := range done.result.Known {
		if k.Deleted {
			paths = append(paths, k.Path)
		}
	}
	if len(paths) == 0 {
		return
	}
	s.ask(question{
		symbol: "trash", title: words.N("{{.N}} photos were deleted before", len(paths)),
		text: words.N("You have chosen {{.N}} photos that were deleted from the library. They were left out, so that they do not come back by accident.", len(paths)),
		yes:  words.T("Import again"), no: words.T("Leave out"),
		do: func() { s.importWith(s.dev.Import, paths) },
	})
}

// text says in some sentences what came of an import.
func (m *importSummary) text(s *shell) string {
	r := m.result
	parts := []string{words.N("{{.N}} photos imported", len(r.Added)) + "."}
	add := func(n int, text string) {
		if n > 0 {
			parts = append(parts, text)
		}
	}
	if n, where := knownBefore(s, r); n > 0 {
		add(n, words.N("{{.N}} were already in the library: {{.Where}}.", n, "Where", where))
	} else {
		add(r.Duplicates, words.N("{{.N}} already in the library", r.Duplicates)+".")
	}
	add(r.Brought, words.N("{{.N}} of them are now on this computer too.", r.Brought))
	add(twice(r), words.N("{{.N}} files were there twice.", twice(r)))
	add(r.Deleted, words.N("{{.N}} stay deleted.", r.Deleted))
	add(r.Failed, words.N("{{.N}} files were not imported.", r.Failed))
	return strings.Join(parts, " ")
}

// knownBefore counts what the library had before the import, and says where: "20 here,
// 11 on Desktop".
func knownBefore(s *shell, r app.ImportResult) (n int, where string) {
	here := 0
	on := map[string]int{} // by the devices that had it
	for _, k := range r.Known {
		switch {
		case k.Twice, k.Deleted:
			continue
		case k.Here:
			here++
		default:
			on[words.List(s.deviceNames(k.On))]++
		}
		n++
	}
	var parts []string
	if here > 0 {
		parts = append(parts, words.T("{{.N}} here", "N", words.Number(here)))
	}
	for _, names := range sortedKeys(on) {
		if names == "" {
			parts = append(parts, words.T("{{.N}} on no device that is known", "N", words.Number(on[names])))
			continue
		}
		parts = append(parts, words.T("{{.N}} on {{.Devices}}", "N", words.Number(on[names]), "Devices", names))
	}
	return n, strings.Join(parts, ", ")
}

// sortedKeys are the keys of counts, the greatest first.
func sortedKeys(counts map[string]int) []string {
	var keys []string
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := counts[b] - counts[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}

func twice(r app.ImportResult) (n int) {
	for _, k := range r.Known {
		if k.Twice {
			n++
		}
	}
	return n
}

// importNotice sums an import up, with what can be done about it.
func (s *shell) importNotice(m *importSummary) fyne.CanvasObject {
	symbol, colour, ground := "check", look.ColorSafe, look.ColorSafeSoft
	if m.result.Failed > 0 || len(m.result.Problems) > 0 {
		symbol, colour, ground = "warning", look.ColorRisk, look.ColorRiskSoft
	}
	row := look.HBox(8)
	if len(m.result.Added) > 0 {
		row.Add(look.NewButton(words.T("Show them"), "photos", look.Plain, s.showImported))
	}
	if len(m.result.Problems)+len(m.result.Known) > 0 {
		row.Add(look.NewButton(words.T("Details"), "", look.Plain, func() { s.importDetails(m) }))
	}
	if m.undo != nil {
		row.Add(look.NewButton(words.T("Undo"), "undo", look.Plain, func() {
			s.closeImport()
			if s.undos.take(m.undo) {
				m.undo.back()
			}
		}))
	}
	if dir := m.folder(s); dir != "" {
		row.Add(look.NewButton(words.T("Watch this folder"), "", look.Ghost, func() {
			s.closeImport()
			s.watch(dir)
		}))
	}
	close := look.NewIconButton("close", words.T("Close"), look.Ghost, s.closeImport)
	head := container.NewBorder(nil, nil, look.Pad(0, 14, 0, 0, look.NewIcon(symbol, colour, 20)), look.Pad(0, 0, 0, 14, container.NewCenter(close)),
		look.Middle(look.NewPara(m.text(s), look.SizeBody, 400, theme.ColorNameForeground)))
	return container.NewStack(look.NewSurface(ground, "", look.Radius), look.Pad(8, 10, 10, 14, look.VBox(6, head, look.Pad(0, 0, 0, 34, row))))
}

// folder is the one folder that was imported, if it can be watched from now on.
func (m *importSummary) folder(s *shell) string {
	if len(m.paths) != 1 || slices.ContainsFunc(s.dev.WatchedFolders(), func(w app.WatchedFolder) bool { return w.Path == m.paths[0] }) {
		return ""
	}
	if st, err := os.Stat(m.paths[0]); err != nil || !st.IsDir() {
		return ""
	}
	return m.paths[0]
}

// key changes when the notice of an import would.
func (m *importSummary) key() string { return fmt.Sprintf("import %p", m) }

func (s *shell) closeImport() {
	s.lastImport = nil
	s.notices.reload()
}

// showImported opens the photos of the last import as a page.
func (s *shell) showImported() {
	m := s.lastImport
	if m == nil {
		return
	}
	s.closeImport()
	g := newGridPage(s, words.T("Imported just now"), imagelib.Query{}, false)
	g.few = m.result.Added
	if s.current == importedID { // another page takes its place
		s.present().hidden()
		s.current = ""
	}
	s.pages[importedID] = g
	s.open(importedID)
}

// within are the places, in a snapshot, of some photos, of those in which if that is
// not nil.
func within(snap snapshot, only []app.Digest, which []int) []int {
	some := []int{}
	for _, d := range only {
		if _, i, ok := snap.find(d); ok && (which == nil || has(which, i)) {
			some = append(some, i)
		}
	}
	slices.Sort(some)
	return slices.Compact(some)
}

func has(sorted []int, i int) bool {
	_, found := slices.BinarySearch(sorted, i)
	return found
}

// mostListed bounds the lines of details that are drawn; all can be copied.
const mostListed = 200

// importDetails lists the files that were not imported, and why, and those that the
// library had.
func (s *shell) importDetails(m *importSummary) {
	lines := m.lines(s)
	shown := lines[:min(len(lines), mostListed)]
	if more := len(lines) - len(shown); more > 0 {
		shown = append(slices.Clone(shown), words.N("and {{.N}} more", more))
	}
	list := look.VBox(6)
	for _, line := range shown {
		list.Add(look.NewPara(line, look.SizeCaption, dialogWidth-20, theme.ColorNameForeground))
	}
	s.ask(question{
		symbol: "info", title: words.T("What came of the import"), text: m.text(s),
		more: look.Fixed(dialogWidth, 220, column(dialogWidth, list)),
		yes:  tOK(), third: words.T("Copy this list"), thirdDo: func() { s.copy(strings.Join(lines, "\n")) },
	})
}

// lines tell of each file that is not simply new: first what failed.
func (m *importSummary) lines(s *shell) (lines []string) {
	line := func(path, what string) {
		lines = append(lines, words.T("{{.File}}: {{.Problem}}", "File", filepath.Base(path), "Problem", what))
	}
	for _, kept := range []bool{false, true} {
		for _, p := range m.result.Problems {
			if p.Kept() == kept {
				line(p.Path, troubleText(app.Trouble{Err: p.Err}))
			}
		}
	}
	for _, k := range m.result.Known {
		names := s.deviceNames(k.On)
		switch {
		case k.Deleted:
			line(k.Path, words.T("It was deleted before, and stays deleted."))
		case k.Twice:
			line(k.Path, words.T("The same photo was there under another name too."))
		case k.Here:
			line(k.Path, words.T("It was on this computer already."))
		case len(names) > 0:
			line(k.Path, words.T("It was on {{.Devices}} already, and is here too now.", "Devices", words.List(names)))
		default:
			line(k.Path, words.T("It was in the library already, and is here now."))
		}
	}
	return lines
}
