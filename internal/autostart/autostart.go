// Package autostart has the system start a program when its user logs in: by an
// entry of the desktop's autostart folder, a launch agent (macOS) or a value of the
// registry (Windows).
package autostart

import (
	"errors"
	"os"
)

// Program is what is to be started.
type Program struct {
	ID      string   // names it, such as "io.github.example.Program"
	Name    string   // as a person reads it
	Command []string // the program, by its whole path, and its arguments
}

// errNoCommand: a Program without a Command cannot be started.
var errNoCommand = errors.New("start at login: it is not known which program to start")

// Command is the program that runs, by the path that is still there at the next
// login, and its arguments.
func Command(args ...string) ([]string, error) {
	if image := os.Getenv("APPIMAGE"); image != "" { // the program itself lies in a folder of this run
		return append([]string{image}, args...), nil
	}
	self, err := os.Executable()
	return append([]string{self}, args...), err
}
