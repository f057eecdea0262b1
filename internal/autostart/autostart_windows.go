package autostart

import (
	"errors"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// run is the key whose values the system starts when the user logs in.
const run = `Software\Microsoft\Windows\CurrentVersion\Run`

// Enabled tells whether the system starts the program.
func (p Program) Enabled() (bool, error) {
	k, err := registry.OpenKey(registry.CURRENT_USER, run, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, _, err = k.GetStringValue(p.ID)
	return err == nil, errors.Join(known(err), k.Close())
}

// Enable has the system start the program from the next login on.
func (p Program) Enable() error {
	if len(p.Command) == 0 {
		return errNoCommand
	}
	k, _, err := registry.CreateKey(registry.CURRENT_USER, run, registry.SET_VALUE)
	if err != nil {
		return err
	}
	return errors.Join(k.SetStringValue(p.ID, windows.ComposeCommandLine(p.Command)), k.Close())
}

// Disable lets the system no longer start the program.
func (p Program) Disable() error {
	k, err := registry.OpenKey(registry.CURRENT_USER, run, registry.SET_VALUE)
	if err != nil {
		return known(err)
	}
	return errors.Join(known(k.DeleteValue(p.ID)), k.Close())
}

// known is err, but for that there is no such value.
func known(err error) error {
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}
