package app

import (
	"strings"
	"sync"
	"testing"
)

// A command that needs other devices does not make do with one that was opened
// without links: it waits until that has gone.
func TestReachWaitsForLinks(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	first, err := Reach(t.Context(), Options{Home: home, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	waits := make(chan string, 1)
	second, failed := make(chan *Client, 1), make(chan error, 1)
	go func() {
		c, err := Reach(t.Context(), Options{
			Home: home, NoLAN: true, NoPublicPeers: true, Waiting: func(text string) { waits <- text },
		})
		second <- c
		failed <- err
	}()
	if text := <-waits; !strings.Contains(text, "Waiting") {
		t.Errorf("it says %q while it waits", text)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := <-second, <-failed
	if err != nil {
		t.Fatal(err)
	}
	if !c.Local() || c.Hello().Offline {
		t.Errorf("local %v, %+v", c.Local(), c.Hello())
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// A device that was opened for one command stays for another that has been
// greeted, also when that asks nothing at the moment.
func TestReachStaysForAnotherCommand(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	waits := make(chan string, 1)
	first, err := Reach(t.Context(), Options{Home: home, Offline: true, Waiting: func(text string) { waits <- text }})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Reach(t.Context(), Options{Home: home, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- first.Close() }()
	if text := <-waits; !strings.Contains(text, "another command") {
		t.Errorf("it says %q while it waits", text)
	}
	if _, err := second.Status(t.Context()); err != nil || second.Local() {
		t.Errorf("the second command, in this process %v: %v", second.Local(), err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
}

// Commands that begin all the time beside each other all do their work, though
// each may meet a device at the moment when it goes.
func TestReachAtOnce(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				c, err := Reach(t.Context(), Options{Home: home, Offline: true})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := c.Status(t.Context()); err != nil {
					t.Errorf("asked a device in this process (%v): %v", c.Local(), err)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
