package ui

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/libpaul/paul/ui/words"
)

// paste imports the files and folders that were copied in a file manager, and joins by
// a pair code.
func (s *shell) paste() {
	text := s.fyne.Clipboard().Content()
	if code := strings.TrimSpace(text); strings.HasPrefix(strings.ToLower(code), "paul:") {
		s.join(code)
		return
	}
	paths := pastedPaths(text)
	if len(paths) == 0 {
		s.toasts.show(words.T("No photos to paste: copy some, or a folder, in the file manager first"), nil)
		return
	}
	s.importPaths(paths)
}

// pastedPaths are the files and folders that a text names, one a line, as paths or as
// file URIs, and that are there.
func pastedPaths(text string) (paths []string) {
	for line := range strings.Lines(text) {
		for _, path := range pastedPath(strings.Trim(strings.TrimSpace(line), `"'`)) {
			if _, err := os.Stat(path); err == nil && filepath.IsAbs(path) {
				paths = append(paths, path)
				break
			}
		}
	}
	return paths
}

// pastedPath is what a line may name: a path, or a URI, which some programs write
// without the escapes that it should have.
func pastedPath(line string) (paths []string) {
	if !strings.HasPrefix(strings.ToLower(line), "file:") {
		return []string{line}
	}
	if u, err := url.Parse(line); err == nil && (u.Host == "" || u.Host == "localhost") {
		paths = append(paths, u.Path)
	}
	paths = append(paths, strings.TrimPrefix(line[len("file:"):], "//"))
	for i, path := range paths {
		if runtime.GOOS == "windows" {
			path = strings.TrimPrefix(path, "/") // /C:/Photos
		}
		paths[i] = filepath.FromSlash(path)
	}
	return paths
}
