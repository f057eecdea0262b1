package ui

import (
	"slices"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
)

// TestNothingIsHandedToAClosedQueue: a channel that is closed as the toolkit's is
// gets nothing more.
func TestNothingIsHandedToAClosedQueue(t *testing.T) {
	t.Parallel()
	queue := make(chan func(), 1000)
	d := &doer{hand: func(f func()) { queue <- f }}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range 100 {
				d.do(func() {})
			}
		})
	}
	d.close()
	close(queue)
	d.doLast(func() {}) // too late as well
	all.Wait()
}

func TestLastIsHandedOver(t *testing.T) {
	t.Parallel()
	var ran []string
	d := &doer{hand: func(f func()) { f() }}
	d.do(func() { ran = append(ran, "first") })
	d.doLast(func() {
		d.do(func() { ran = append(ran, "too late") })
		ran = append(ran, "last")
	})
	if !slices.Equal(ran, []string{"first", "last"}) {
		t.Errorf("ran %v", ran)
	}
}

// TestToolkitEndsQuietly: there is such a hook to be taken back.
func TestToolkitEndsQuietly(t *testing.T) {
	t.Parallel()
	l := lifecycle{}
	keepQuietAtTheEnd(&l)
	if !l.quiet {
		t.Error("the hook stays")
	}
}

type lifecycle struct {
	fyne.Lifecycle
	quiet bool
}

func (l *lifecycle) SetOnStoppedHookExecuted(f func()) { l.quiet = f == nil }
