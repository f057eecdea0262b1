package ui

import (
	"sync"

	"fyne.io/fyne/v2"
)

// doer hands funcs to the screen's goroutine until the window closes. The toolkit
// closes its queue with the last window, without a lock: whoever hands it something
// at that very moment would end the program with a panic.
type doer struct {
	hand func(func()) // the toolkit's

	mu   sync.RWMutex
	shut bool
}

// do runs f on the screen's goroutine, unless the window closes before that.
func (d *doer) do(f func()) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if !d.shut {
		d.hand(f)
	}
}

// close lets nothing be handed over any more. It reports whether that was so before.
func (d *doer) close() (was bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	was, d.shut = d.shut, true
	return was
}

// doLast is do for what ends the program: nothing comes after it.
func (d *doer) doLast(f func()) {
	if !d.close() {
		d.hand(f) // no lock is held: it may run f at once
	}
}

// keepQuietAtTheEnd takes back what the toolkit hands to itself while it ends, which
// meets its own closed queue now and then: it would save preferences, and there are none.
func keepQuietAtTheEnd(l fyne.Lifecycle) {
	if toolkit, ok := l.(interface{ SetOnStoppedHookExecuted(func()) }); ok {
		toolkit.SetOnStoppedHookExecuted(nil)
	}
}
