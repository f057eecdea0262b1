package ui

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/ui/words"
)

// paste imports the files and folders that were copied in a file manager, and joins by
// a pair code.
func (s *shell) paste() {
	text := s.fyne.Clipboard().Content()
	if code := strings.TrimSpace(text); strings.HasPrefix(strings.ToLower(code), "paul:") {
		s.joinByLink(code)
		return
	}
	if paths := pastedPaths(text); len(paths) > 0 {
		s.importPaths(paths)
		return
	}
	var picture []byte
	s.goDo(func(ctx context.Context) (err error) {
		picture, err = s.board.picture(ctx)
		return err
	}, func(err error) {
		if err != nil {
			s.toasts.show(words.T("No photos to paste: copy some, or a folder, in the file manager first"), nil)
			return
		}
		s.importPicture(picture)
	})
}

// importPicture imports a picture that no file holds, under a name that tells when it
// was pasted.
func (s *shell) importPicture(png []byte) {
	name := "Pasted " + s.now().Format("2006-01-02 15.04.05") + ".png"
	s.importWith(func(ctx context.Context, _ []string) (r app.ImportResult, err error) {
		dir, err := os.MkdirTemp("", "paul-paste-")
		if err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, png, 0o600); err != nil {
			return r, err
		}
		return s.dev.ImportNew(ctx, []string{path})
	}, nil)
}

// pastedPaths are the files and folders that a text names, one a line, as paths or as
// file URIs, and that are there.
func pastedPaths(text string) (paths []string) {
	for line := range strings.Lines(text) {
		for _, path := range mayName(strings.Trim(strings.TrimSpace(line), `"'`)) {
			if _, err := os.Stat(path); err == nil && filepath.IsAbs(path) {
				paths = append(paths, path)
				break
			}
		}
	}
	return paths
}

// mayName is what a line may name: a path, or a URI, which some programs write
// without the escapes that it should have.
func mayName(line string) (paths []string) {
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
