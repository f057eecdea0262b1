package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A mistake is answered by what happened and what to do, not by what the
// system was asked.
func TestMistakes(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start(t)
	for _, dir := range []string{"in", "in2"} {
		drawPhotos(t, filepath.Join(h.cwd, dir), 1, 31)
	}
	h.want(t, exitDone, "import", "in")
	digest := h.list(t)[0].Digest
	file := filepath.Join(h.cwd, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		line string
		code int
		want []string
	}{
		{"import gone", exitUsage, []string{"nothing was imported", "there is no", "gone", "typing mistake"}},
		{"import in2 gone", exitUsage, []string{"nothing was imported", "gone"}},
		{"check --read-data --subset 3/2", exitUsage, []string{"a subset is N/OF", "1/10"}},
		{"import file/x", exitFailed, []string{"nothing was imported", "file/x cannot be read: not a directory"}},
		{"fetch " + digest + " -o gone/x.jpg", exitUsage, []string{"nothing was fetched", "there is no gone"}},
		{"fetch " + digest + " -o file/x.jpg", exitFailed, []string{"nothing was fetched", "not a folder"}},
		{"save abc", exitUsage, []string{"64 hex digits"}},
		{"save 00000000", exitNotFound, []string{"00000000", "pauld list", "pauld trash"}},
		{"restore " + strings.Repeat("0", 64), exitNotFound, []string{"pauld list", "pauld trash"}},
		{"fetch " + strings.Repeat("0", 64), exitNotFound, []string{"pauld list"}},
		{"device remove abc", exitUsage, []string{"first 8 digits", "pauld devices"}},
		{"device remove abcdefab", exitNotFound, []string{"abcdefab", "pauld devices"}},
		{"peer add nonsense", exitUsage, []string{"nothing was added", "tls://192.0.2.1:7330"}},
		{"peer remove tls://192.0.2.1:1", exitNotFound, []string{"pauld peer list"}},
		{"join nonsense", exitUsage, []string{"pair code", "copy all of it"}},
		{"list --home file", exitFailed, []string{"file cannot be used as a home", "not a directory", "--home", "disk is full"}},
		{"run --home file/x", exitFailed, []string{"cannot be used as a home", "--home"}},
	} {
		t.Run(test.line, func(t *testing.T) {
			r := h.want(t, test.code, strings.Fields(test.line)...)
			for _, w := range test.want {
				if !strings.Contains(r.err, w) {
					t.Errorf("it says %q, want it to say %q", r.err, w)
				}
			}
			for _, raw := range []string{"stat", "lstat", "mkdir", "open"} {
				if slices.Contains(strings.Fields(r.err), raw) {
					t.Errorf("it says %q", r.err)
				}
			}
		})
	}
	if n := len(h.list(t)); n != 1 {
		t.Errorf("%d photos are listed after that, want 1", n)
	}
}
