package meta

import (
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// IsSidecar reports whether a file of that name may be one that says something of
// a photo beside it.
func IsSidecar(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xmp", ".json":
		return true
	}
	return false
}

// SidecarNames returns the names, in lower case, under which what XMP says of a
// photo may lie beside it, the likeliest first, and those under which what Google
// Takeout says may.
func SidecarNames(photo string) (xmp, takeout []string) {
	photo = strings.ToLower(photo)
	ext := filepath.Ext(photo)
	stem := strings.TrimSuffix(photo, ext)
	return []string{photo + ".xmp", stem + ".xmp"}, takeoutNames(stem, ext)
}

// numbered is a name that got a number, for there is another one like it.
var numbered = regexp.MustCompile(`^(.+)(\(\d{1,5}\))$`)

// editedSuffixes are what Google adds to the names of edited photos, which share
// the JSON of their originals, by language.
var editedSuffixes = []string{
	"-edited", "-effects", "-smile", "-mix", "-bearbeitet", "-bewerkt", "-edytowane", "-modifié", "-modificato", //nolint:misspell // Italian
	"-ha editado", "-editado", "-editat", "-redigerad", "-redigeret", "-redigert", "-muokattu", "-編集済み",
}

// takeoutNames returns the names of JSON that may be of a photo. Google writes a
// number before the extension of the photo, and at the end of the name of the
// JSON; edited photos and the films of live photos have none of their own.
func takeoutNames(stem, ext string) (names []string) {
	names = jsonNames(stem+ext, "")
	number := ""
	if m := numbered.FindStringSubmatch(stem); m != nil {
		stem, number = m[1], m[2]
		names = append(names, jsonNames(stem+ext, number)...)
	}
	for _, suffix := range editedSuffixes {
		if original, ok := strings.CutSuffix(stem, suffix); ok {
			names = append(names, jsonNames(original+ext, number)...)
		}
	}
	if ext == ".mp4" || ext == ".mov" || ext == ".mp" {
		for _, still := range []string{".heic", ".jpg", ".jpeg"} {
			names = append(names, jsonNames(stem+still, number)...)
		}
	}
	return append(names, stem+number+".json")
}

// clipped is how many characters of a JSON's name Google keeps before .json.
const clipped = 46

// jsonNames returns the names of the JSON of a file called title. A longer name is
// clipped, with what stands behind the title going first.
func jsonNames(title, number string) (names []string) {
	const tail = ".supplemental-metadata"
	for n := len(tail); n > 0; n-- {
		names = append(names, title+tail[:n]+number+".json")
	}
	names = append(names, title+number+".json")
	if utf8.RuneCountInString(title) > clipped {
		names = append(names, string([]rune(title)[:clipped])+number+".json")
	}
	return names
}
