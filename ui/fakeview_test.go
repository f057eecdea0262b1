package ui

import "slices"

// viewing is what a fake knows of how its photos are looked at.
type viewing struct {
	remembered []byte // at its next start
	instant    bool   // something of every photo can be had at once
}

func (f *fake) Remembered() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.remembered), nil
}

func (f *fake) Remember(data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remembered = slices.Clone(data)
	return nil
}
