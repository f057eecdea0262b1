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

// Enabled tells whether the system starts the program.
func (p Program) Enabled() (bool, error) {
	path, err := p.path()
	if err != nil {
		return false, err
	}
	text, err := read(path)
	return text != "" && !hasLine(text, "Hidden=true") && !hasLine(text, "X-GNOME-Autostart-enabled=false"), err
}

// Enable has the system start the program from the next login on.
func (p Program) Enable() error {
	path, err := p.path()
	if err != nil {
		return err
	}
	if len(p.Command) == 0 {
		return errNoCommand
	}
	return write(path, p.entry())
}

// Disable lets the system no longer start the program.
func (p Program) Disable() error {
	path, err := p.path()
	if err != nil {
		return err
	}
	return remove(path)
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
