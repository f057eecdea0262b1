// Package assets holds what is built into the program: the icon, the symbols
// of the user interface, and its texts.
package assets

import (
	"embed"
	"io/fs"
)

// Icon is the program's icon, 512 by 512 pixels, PNG.
//
//go:embed icon.png
var Icon []byte

// Translations holds a JSON file for each language in "translations", named by
// its BCP 47 tag: "de.json".
//
//go:embed translations/*.json
var Translations embed.FS

//go:embed icons/*.svg
var symbols embed.FS

// Symbol returns the SVG of a symbol of the user interface, drawn in
// "currentColor" on a field of 24 by 24; nil when there is none of that name.
func Symbol(name string) []byte {
	b, err := symbols.ReadFile("icons/" + name + ".svg")
	if err != nil {
		return nil
	}
	return b
}

// Symbols lists the names of all symbols.
func Symbols() []string {
	files, _ := fs.Glob(symbols, "icons/*.svg")
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f[len("icons/") : len(f)-len(".svg")]
	}
	return names
}
