package blob

import (
	"fmt"
	"iter"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxName bounds a file name in bytes of UTF-8, suffix not counted: the
// narrowest disk in common use (eCryptfs) takes 143.
const maxName = 128

// maxExt is the longest ending that is kept whole when a name is shortened.
const maxExt = 16

// reserved holds the stems that Windows keeps for devices, whatever follows
// the first dot (Microsoft, "Naming Files, Paths, and Namespaces").
var reserved = func() map[string]bool {
	m := map[string]bool{"con": true, "prn": true, "aux": true, "nul": true, "conin$": true, "conout$": true}
	for _, n := range "0123456789¹²³" {
		m["com"+string(n)] = true
		m["lpt"+string(n)] = true
	}
	return m
}()

// legalName returns name as a file name that Windows, macOS and Linux all take
// and show alike: one element, in NFC, without control characters, without
// characters Windows forbids, no leading dot, no trailing dot or space, no
// device name, at most maxName bytes. It never fails; an empty name is "file".
func legalName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = norm.NFC.String(strings.Map(legalRune, name))
	name = strings.TrimRight(strings.TrimSpace(name), ". ")
	if strings.HasPrefix(name, ".") { // hidden on Unix
		name = "_" + name[1:]
	}
	if name == "" {
		return "file"
	}
	if stem, _, _ := strings.Cut(name, "."); reserved[strings.ToLower(strings.TrimSpace(stem))] {
		name = "_" + name
	}
	return shorten(name, maxName)
}

func legalRune(r rune) rune {
	switch {
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d':
		return -1 // unseen, or turns the reading direction; the joiners shape words and emoji
	case unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), unicode.Is(unicode.Zs, r):
		return ' '
	}
	return r
}

// shorten cuts the stem of name so that the whole takes at most limit bytes.
func shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > maxExt {
		ext = ""
	}
	stem := name[:limit-len(ext)]
	for !utf8.ValidString(stem) { // not in the middle of a character
		stem = stem[:len(stem)-1]
	}
	return strings.TrimRight(stem, ". ") + ext
}

// candidates yields name, then name with suffixes: "-2" to "-9", and after
// those a part of the digest, which ends the search for common names early.
func candidates(name string, d Digest) iter.Seq[string] {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	return func(yield func(string) bool) {
		if !yield(name) {
			return
		}
		for i := 2; i < 10; i++ {
			if !yield(fmt.Sprintf("%s-%d%s", stem, i, ext)) {
				return
			}
		}
		for i := 8; i <= 2*len(d); i += 8 {
			if !yield(fmt.Sprintf("%s-%s%s", stem, d.String()[:i], ext)) {
				return
			}
		}
	}
}

// folderFor returns the folder of a file of time t, relative to the library:
// "2024/2024-05" by t's own zone, "undated" for the zero time and for years
// that no camera saw.
func folderFor(t time.Time) string {
	if t.IsZero() || t.Year() < 1000 || t.Year() > 9999 {
		return "undated"
	}
	return t.Format("2006/2006-01")
}

// fold returns the form in which two relative paths that some system takes
// for the same one are equal: case folded, NFC.
func fold(rel string) string {
	if strings.IndexFunc(rel, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return strings.ToLower(rel) // which is the same, and takes a tenth of the time
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(rel)))
}

// filepathElems yields the elements of a relative path with slashes.
func filepathElems(rel string) iter.Seq[string] { return strings.SplitSeq(rel, "/") }
