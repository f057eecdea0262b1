package app

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/libpaul/paul/internal/cards"
)

// CardInfo is a camera or a memory card that is plugged in and has photos that the
// library seems not to have.
type CardInfo struct {
	Path   string // of its folder of photos
	Name   string // such as "EOS_DIGITAL"
	Photos int    // photos and films there
	New    int    // of them, those of which the library has none of that name and size
}

// mostOnCard bounds how many files of a card are looked at.
const mostOnCard = 50_000

// plugged is what is plugged in.
type plugged struct {
	app *App

	mu   sync.Mutex // guards list and gone
	list []CardInfo
	gone map[string]bool // paths of cards that the person does not want to hear of until they are plugged in again
}

// Cards lists the cameras and cards that are plugged in and have something new. Nothing
// of them is imported by itself.
func (a *App) Cards() []CardInfo { return a.plugged.cards() }

func (p *plugged) cards() []CardInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.list), func(c CardInfo) bool { return p.gone[c.Path] })
}

// DismissCard takes the card with a path off Cards until it is plugged in again.
func (a *App) DismissCard(path string) { a.plugged.dismiss(path) }

func (p *plugged) dismiss(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone == nil {
		p.gone = make(map[string]bool)
	}
	p.gone[path] = true
	p.app.changed.Raise()
}

// run looks for cards until ctx ends. A system that does not tell of them is no failure.
func (p *plugged) run(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-p.app.ready: // before, all would look new
	}
	src, err := cards.System()
	if err == nil {
		err = cards.Watch(ctx, src, func(found []cards.Card) { p.found(ctx, found) })
		_ = src.Close() // opened for reading
	}
	if err != nil {
		p.app.log.WarnContext(ctx, "Cards that are plugged in are not noticed", "error", err)
		<-ctx.Done()
	}
	return nil
}

// found takes in which cards there are.
func (p *plugged) found(ctx context.Context, found []cards.Card) {
	var list []CardInfo
	for _, c := range found {
		if p.ours(c.Path) {
			continue
		}
		if info := p.look(ctx, c); info.New > 0 {
			list = append(list, info)
		}
	}
	p.mu.Lock()
	changed := !slices.Equal(list, p.list)
	p.list = list
	for path := range p.gone {
		if !slices.ContainsFunc(found, func(c cards.Card) bool { return c.Path == path }) {
			delete(p.gone, path)
		}
	}
	p.mu.Unlock()
	if changed {
		p.app.changed.Raise()
	}
}

// ours tells whether the photos at a path come into the library in another way, or are
// it.
func (p *plugged) ours(path string) bool {
	c := p.app.config.get()
	for _, other := range slices.Concat([]string{c.Library}, c.Watched, c.Places) {
		if related(path, other) {
			return true
		}
	}
	return false
}

// look counts what a card has. A photo that the library has under the same name and of
// the same size is taken for the same: reading all of a card would take minutes, and the
// import does it anyway.
func (p *plugged) look(ctx context.Context, c cards.Card) CardInfo {
	type file struct {
		name string
		size int64
	}
	have := make(map[file]bool)
	for _, e := range p.app.files.Entries() {
		have[file{strings.ToLower(e.Name), e.Size}] = true
	}
	info := CardInfo{Path: c.Path, Name: c.Name}
	_ = filepath.WalkDir(c.Path, func(path string, d fs.DirEntry, err error) error { // what cannot be read is left out
		switch {
		case ctx.Err() != nil, info.Photos >= mostOnCard:
			return fs.SkipAll
		case err != nil:
			return nil
		case strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".") || !slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(path))):
			return nil
		}
		info.Photos++
		if st, err := d.Info(); err == nil && !have[file{strings.ToLower(d.Name()), st.Size()}] {
			info.New++
		}
		return nil
	})
	return info
}

// pictureEndings are the endings of what cameras and phones write into a DCIM folder.
var pictureEndings = []string{
	".jpg", ".jpeg", ".png", ".gif", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl",
	".dng", ".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".srf", ".sr2", ".raf", ".orf", ".rw2", ".pef", ".srw", ".x3f", ".3fr", ".iiq",
	".mp4", ".mov", ".m4v", ".avi", ".mts", ".m2ts", ".3gp", ".mkv", ".webm", ".insv",
}
