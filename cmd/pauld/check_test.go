package main

import (
	"testing"

	"github.com/libpaul/paul/app"
)

func TestCheckTexts(t *testing.T) {
	t.Parallel()
	rotten := app.Problem{Name: "a.jpg", Error: "it has rotted", Path: "/lib/.paul/quarantine/0a.jpg"}
	coming, repaired, lost := rotten, rotten, rotten
	lost.Lost, lost.Digest = true, "0123456789abcdef"
	coming.Coming, repaired.Coming, repaired.Repaired = true, true, true
	for _, tt := range []struct{ got, want string }{
		{checkedText(&app.CheckSummary{Files: 2, Bytes: 3e6, Read: 1}), "Checked 2 photos, 3.0 MB, and read 1 of them: 0 problems, 0 repaired"},
		{
			checkedText(&app.CheckSummary{Files: 1, Bytes: 5, Waiting: 3, WaitingBytes: 2e6, Problems: 1}),
			"Checked 1 photo, 5 B, and read 0 of them: 1 problem, 0 repaired\n3 photos are still to be fetched from another device, 2.0 MB",
		},
		{problemText(&rotten), "a.jpg: it has rotted (/lib/.paul/quarantine/0a.jpg)"},
		{problemText(&coming), "a.jpg: it has rotted (/lib/.paul/quarantine/0a.jpg); it comes again by itself from another device"},
		{problemText(&lost), "a.jpg: it has rotted (/lib/.paul/quarantine/0a.jpg); no copy is known, digest 0123456789ab"},
		{problemText(&repaired), "a.jpg: it has rotted (/lib/.paul/quarantine/0a.jpg) (repaired)"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
