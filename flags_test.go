package main

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	photo, err := filepath.Abs("photo.jpg")
	if err != nil {
		t.Fatal(err)
	}
	opts, open, err := parse([]string{"photo.jpg", "--home", "h", "--peer", "tls://a", "PAUL:CODE", "--peer=tls://b", "--no-lan"})
	if err != nil {
		t.Fatal(err)
	}
	if opts.Home != "h" || !opts.NoLAN || opts.NoPublicPeers || !slices.Equal(opts.Peers, []string{"tls://a", "tls://b"}) {
		t.Errorf("options %+v", opts)
	}
	if !slices.Equal(open, []string{photo, "PAUL:CODE"}) {
		t.Errorf("to open: %q", open)
	}
	if _, _, err := parse([]string{"--no-such-flag"}); err == nil {
		t.Error("an unknown flag is taken")
	}
}
