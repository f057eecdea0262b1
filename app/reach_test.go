package app

import (
	"strings"
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
