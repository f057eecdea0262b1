//go:build unix && !darwin

package autostart

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// path is the entry of the program in the autostart folder, as the Desktop
// Application Autostart Specification says.
func (p Program) path() (string, error) {
	dir, err := os.UserConfigDir()
	return filepath.Join(dir, "autostart", p.ID+".desktop"), err
}

// isOn tells whether the entry with a text starts the program.
func isOn(text string) bool {
	return text != "" && !hasLine(text, "Hidden=true") && !hasLine(text, "X-GNOME-Autostart-enabled=false")
}

// entry is the desktop entry (Desktop Entry Specification 1.5).
func (p Program) entry() string {
	words := make([]string, len(p.Command))
	for i, w := range p.Command {
		words[i] = quote(w)
	}
	return fmt.Sprintf("[Desktop Entry]\nType=Application\nName=%s\nExec=%s\nIcon=%s\nTerminal=false\nX-GNOME-Autostart-enabled=true\n",
		value(p.Name), value(strings.Join(words, " ")), p.ID)
}

// quote writes an argument as the key Exec wants it.
func quote(arg string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`, `%`, `%%`).Replace(arg) + `"`
}

// value writes a text as any key wants it.
func value(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text)
}

func hasLine(text, line string) bool {
	for l := range strings.Lines(text) {
		if strings.TrimSpace(l) == line {
			return true
		}
	}
	return false
}
