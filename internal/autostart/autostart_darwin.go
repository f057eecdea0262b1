package autostart

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
)

// path is the launch agent of the program; see launchd.plist(5).
func (p Program) path() (string, error) {
	home, err := os.UserHomeDir()
	return filepath.Join(home, "Library", "LaunchAgents", p.ID+".plist"), err
}

// Enabled tells whether the system starts the program.
func (p Program) Enabled() (bool, error) {
	path, err := p.path()
	if err != nil {
		return false, err
	}
	text, err := read(path)
	return text != "", err
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
	return write(path, p.agent())
}

// Disable lets the system no longer start the program.
func (p Program) Disable() error {
	path, err := p.path()
	if err != nil {
		return err
	}
	return remove(path)
}

// agent is the property list of the launch agent.
func (p Program) agent() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + escape(p.ID) + `</string>
	<key>ProgramArguments</key>
	<array>
`)
	for _, w := range p.Command {
		b.WriteString("\t\t<string>" + escape(w) + "</string>\n")
	}
	b.WriteString(`	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>ProcessType</key>
	<string>Interactive</string>
</dict>
</plist>
`)
	return b.String()
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes all
	return b.String()
}
