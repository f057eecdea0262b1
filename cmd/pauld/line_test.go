package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line    string
		check   func(*line) bool
		wantErr string // part of the error; "" = none
	}{
		{"list", func(l *line) bool { return l.command.name == "list" }, ""},
		{"--home /h list --json", func(l *line) bool { return l.home == "/h" && l.json }, ""},
		{"list --home=/h", func(l *line) bool { return l.home == "/h" }, ""},
		{"--yes pair", func(l *line) bool { return l.yes && l.command.name == "pair" }, ""},
		{"run --peer a --listen b --peer c --no-lan", func(l *line) bool {
			return slices.Equal(l.peers, []string{"a", "c"}) && slices.Equal(l.listen, []string{"b"}) && l.noLAN && !l.noPublicPeers
		}, ""},
		{"run --stun a.example:1 --no-direct --stun b.example:2 --no-port-map", func(l *line) bool {
			return slices.Equal(l.stun, []string{"a.example:1", "b.example:2"}) && l.noDirect && l.noPortMap
		}, ""},
		{"save 01234567 --stun none", func(l *line) bool { return slices.Equal(l.stun, []string{"none"}) }, ""},
		{"run --stun a.example", nil, "stun.example.org:3478"},
		{"status --no-direct", nil, "status does not take --no-direct"},
		{"fetch 0123456789 -o out", func(l *line) bool { return l.output == "out" && slices.Equal(l.args, []string{"0123456789"}) }, ""},
		{"fetch -o out 0123456789", func(l *line) bool { return l.output == "out" }, ""},
		{"import -- --json -x", func(l *line) bool { return slices.Equal(l.args, []string{"--json", "-x"}) }, ""},
		{"", func(l *line) bool { return l.command == nil && !l.help }, ""},
		{"help save", func(l *line) bool { return l.help && l.command.name == "save" }, ""},
		{"save --help", func(l *line) bool { return l.help && l.command.name == "save" }, ""},
		{"-h", func(l *line) bool { return l.help && l.command == nil }, ""},
		{"--version", func(l *line) bool { return l.command.name == "version" }, ""},
		{"fly", nil, `no command "fly"`},
		{"list --yes", nil, "list does not take --yes"},
		{"list -o x", nil, "list does not take -o"},
		{"list --nonsense", nil, "--nonsense"},
		{"devices extra", nil, "usage: pauld devices"},
		{"save", nil, "usage: pauld save"},
		{"join", nil, "usage: pauld join"},
		{"device remove", nil, "usage: pauld device"},
		{"list --home", nil, "--home"},
		{"status --peer x", nil, "status does not take --peer"},
	} {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			l, err := parse(strings.Fields(test.line))
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) || exitOf(err) != exitUsage {
					t.Fatalf("error %v (exit %d), want one of usage with %q", err, exitOf(err), test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !test.check(l) {
				t.Errorf("parsed as %+v", l)
			}
		})
	}
}

// An empty path would be the current folder.
func TestParseEmpty(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{
		{"import", ""},
		{"import", "a", ""},
		{"import", "--", ""},
		{"save", ""},
		{"join", ""},
		{"peer", "add", ""},
		{"backup", ""},
		{"fetch", "01234567", "-o", ""},
		{"list", "--home="},
		{"run", "--listen", ""},
	} {
		if _, err := parse(words); exitOf(err) != exitUsage {
			t.Errorf("%q: error %v, want one of usage", words, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"list --json", "save -- -x", "fetch a -o b", "--home", "help help", "-", "--", "-=", "run --peer"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := parse(strings.Fields(s))
		if l == nil {
			t.Fatal("no line")
		}
		if err != nil && exitOf(err) != exitUsage {
			t.Errorf("error %v is not one of usage", err)
		}
		if err == nil && !l.help && l.command != nil && len(l.args) < l.command.least {
			t.Errorf("%s was let through with %d arguments", l.command.name, len(l.args))
		}
	})
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("odd"), 1},
		{app.ErrRunning, 1},
		{usagef("no"), 2},
		{&app.Failure{Code: "ambiguous"}, 2},
		{fmt.Errorf("x: %w", app.ErrLastCopy), 3},
		{&app.Failure{Code: "lastCopy"}, 3},
		{&app.Failure{Code: "unverified"}, 3},
		{&app.Failure{Code: "leased"}, 3},
		{&app.Failure{Code: "notFound"}, 4},
		{&app.Failure{Code: "deleted"}, 4},
		{&app.Failure{Code: "noHolder"}, 5},
		{&app.Failure{Code: "expired"}, 1},
		{&severalError{3}, 3},
		{errors.Join(&severalError{5}, errors.New("close")), 5},
	} {
		if got := exitOf(test.err); got != test.want {
			t.Errorf("exit code of %v is %d, want %d", test.err, got, test.want)
		}
	}
}

func TestWorse(t *testing.T) {
	t.Parallel()
	order := []int{exitUsage, exitFailed, exitProtected, exitNoHolder, exitNotFound, exitDone}
	for i, a := range order {
		for j, b := range order {
			if got, want := worse(a, b), order[min(i, j)]; got != want {
				t.Errorf("worse(%d, %d) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 123456: "123.5 kB", 999_949: "999.9 kB", 999_950: "1.0 MB",
		1_500_000: "1.5 MB", 2_000_000_000: "2.0 GB", 5_000_000_000_000: "5.0 TB", 1 << 62: "4611686.0 TB",
	} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 10, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		at   time.Time
		want string
	}{
		{time.Time{}, "never"},
		{now.Add(time.Second), "now"},
		{now.Add(-5 * time.Minute), "5 min ago"},
		{now.Add(-3 * time.Hour), "3 h ago"},
		{now.AddDate(0, 0, -5), "2024-05-05"},
	} {
		if got := ago(test.at, now); got != test.want {
			t.Errorf("ago(%v) = %q, want %q", test.at, got, test.want)
		}
	}
}

// Each command has help, and each flag it takes exists.
func TestCommandsAreWhole(t *testing.T) {
	t.Parallel()
	known := (&line{}).flags()
	for _, c := range commands() {
		if c.run == nil || c.short == "" || !strings.HasPrefix(c.usage, c.name) || !strings.Contains(overview(), c.short) {
			t.Errorf("%s is not whole", c.name)
		}
		for _, name := range c.flags {
			if known.Lookup(name) == nil {
				t.Errorf("%s takes unknown flag %s", c.name, name)
			}
			if !strings.Contains(c.help(), dashed(name)) {
				t.Errorf("help of %s does not tell %s", c.name, dashed(name))
			}
		}
	}
}
