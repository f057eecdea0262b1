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

// isOn tells whether the launch agent with a text starts the program.
func isOn(text string) bool { return text != "" }

// entry is the property list of the launch agent.
func (p Program) entry() string {
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
