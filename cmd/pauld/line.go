package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/libpaul/paul/app"
)

// line is a command line, taken apart.
type line struct {
	command *command
	args    []string // what is no flag, without the command's name
	given   []string // names of the flags that were given

	json, help, verbose, version       bool
	home, name, library                string
	listen, peers, forward             list
	stun                               servers
	noLAN, noPublicPeers               bool
	noDirect, noPortMap                bool
	couch, socks, database             string
	force, yes, readData, repair, held bool
	restore, empty                     bool
	part                               part
	space                              space
	preview, plan                      bool
	album                              string
	on                                 list
	output                             string
	since                              sinceTime
	ifLost                             string
	whenSafe, serving, queued          bool
	down, up                           rate
	date                               app.DateOrder
	dryRun                             bool
	apply, dismiss                     int
	mirror, edited                     bool
	rotate                             turn
	straighten                         angle
	crop                               crop
}

// list is the value of a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// servers is a list of STUN servers.
type servers []string

func (l *servers) String() string { return strings.Join(*l, " ") }

func (l *servers) Set(s string) error {
	*l = append(*l, s)
	if s == "" {
		return nil // told of all flags
	}
	return app.CheckSTUN(s)
}

// part is which part of the photos is to be read.
type part struct{ app.Part }

func (p *part) String() string { return fmt.Sprintf("%d/%d", p.N, p.Of) }

func (p *part) Set(s string) (err error) {
	if p.Part, err = app.ParsePart(s); err != nil {
		return errors.New("a subset is N/OF, with N from 1 to OF: 1/10 reads the first of ten parts, 2/10 the next")
	}
	return nil
}

// space is a limit in bytes: a number with a unit, such as 60GB, or none.
type space struct{ bytes int64 }

func (s *space) String() string { return size(s.bytes) }

func (s *space) Set(text string) (err error) {
	s.bytes, err = parseSize(text)
	return err
}

// rate is a limit in bytes a second. None is the same as 0.
type rate struct{ space }

func (r *rate) Set(text string) error {
	if text == "0" {
		text = "none"
	}
	return r.space.Set(text)
}

// parseSize reads a number of bytes as size writes it, and more forgivingly;
// none is 0.
func parseSize(text string) (int64, error) {
	number := strings.TrimSuffix(strings.ToUpper(strings.ReplaceAll(text, " ", "")), "/S")
	if number == "NONE" {
		return 0, nil
	}
	number = strings.TrimSuffix(number, "B")
	unit := 1.0
	for i, letter := range []string{"K", "M", "G", "T"} {
		if rest, ok := strings.CutSuffix(number, letter); ok {
			number, unit = rest, math.Pow(1000, float64(i+1))
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n > 0) || n*unit >= math.MaxInt64 || n*unit < 1 {
		return 0, fmt.Errorf("%q is no size: write one like 500MB or 60GB, or none", text)
	}
	return int64(n * unit), nil
}

// Groups of flags, as commands take them.
var (
	commonFlags = []string{"home", "json", "help", "h", "verbose"}
	linkFlags   = []string{"listen", "peer", "stun", "no-lan", "no-public-peers", "no-direct", "no-port-map"}
	runFlags    = slices.Concat([]string{"name", "library", "couch", "socks", "forward", "database"}, linkFlags)
)

func (l *line) flags() *flag.FlagSet {
	fs := flag.NewFlagSet("pauld", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.StringVar(&l.home, "home", "", "")
	fs.BoolVar(&l.json, "json", false, "")
	fs.BoolVar(&l.help, "help", false, "")
	fs.BoolVar(&l.help, "h", false, "")
	fs.BoolVar(&l.verbose, "verbose", false, "")
	fs.BoolVar(&l.version, "version", false, "")
	fs.StringVar(&l.name, "name", "", "")
	fs.StringVar(&l.library, "library", "", "")
	fs.Var(&l.listen, "listen", "")
	fs.Var(&l.peers, "peer", "")
	fs.BoolVar(&l.noLAN, "no-lan", false, "")
	fs.BoolVar(&l.noPublicPeers, "no-public-peers", false, "")
	fs.Var(&l.stun, "stun", "")
	fs.BoolVar(&l.noDirect, "no-direct", false, "")
	fs.BoolVar(&l.noPortMap, "no-port-map", false, "")
	fs.StringVar(&l.couch, "couch", "", "")
	fs.StringVar(&l.socks, "socks", "", "")
	fs.Var(&l.forward, "forward", "")
	fs.StringVar(&l.database, "database", "", "")
	fs.BoolVar(&l.force, "force", false, "")
	fs.BoolVar(&l.yes, "yes", false, "")
	fs.BoolVar(&l.readData, "read-data", false, "")
	fs.Var(&l.part, "subset", "")
	fs.Var(&l.space, "space", "")
	fs.BoolVar(&l.preview, "preview", false, "")
	fs.BoolVar(&l.plan, "plan", false, "")
	fs.StringVar(&l.album, "album", "", "")
	fs.Var(&l.on, "on", "")
	fs.BoolVar(&l.repair, "repair", false, "")
	fs.BoolVar(&l.held, "held", false, "")
	fs.BoolVar(&l.queued, "queued", false, "")
	fs.BoolVar(&l.restore, "restore", false, "")
	fs.BoolVar(&l.empty, "empty", false, "")
	fs.StringVar(&l.output, "o", "", "")
	fs.Var(&l.since, "since", "")
	fs.BoolVar(&l.whenSafe, "when-safe", false, "")
	fs.StringVar(&l.ifLost, "if-lost", "", "")
	fs.BoolVar(&l.serving, "serving", false, "")
	fs.Var(&l.down, "down", "")
	fs.Var(&l.up, "up", "")
	fs.StringVar(&l.date.Set, "set", "", "")
	fs.StringVar(&l.date.Shift, "shift", "", "")
	fs.StringVar(&l.date.Zone, "zone", "", "")
	fs.StringVar(&l.date.From, "from", "", "")
	fs.BoolVar(&l.date.KeepClock, "keep-clock", false, "")
	fs.BoolVar(&l.date.Reset, "reset", false, "")
	fs.BoolVar(&l.dryRun, "dry-run", false, "")
	fs.IntVar(&l.apply, "apply", 0, "")
	fs.IntVar(&l.dismiss, "dismiss", 0, "")
	fs.BoolVar(&l.mirror, "mirror", false, "")
	fs.BoolVar(&l.edited, "edited", false, "")
	fs.Var(&l.rotate, "rotate", "")
	fs.Var(&l.straighten, "straighten", "")
	fs.Var(&l.crop, "crop", "")
	return fs
}

// parse takes a command line apart. Flags may stand anywhere; what follows
// "--" is no flag. With an error that has to do with the line, line tells as
// much as was understood.
func parse(args []string) (*line, error) {
	l := &line{}
	// How errors are printed must not depend on what stands before --json.
	flags := args
	if i := slices.Index(args, "--"); i >= 0 {
		flags = args[:i]
	}
	l.json = slices.ContainsFunc(flags, func(s string) bool { return s == "--json" || s == "-json" })
	words, err := l.split(args)
	if err != nil {
		return l, err
	}
	if l.version {
		words = []string{"version"}
	}
	if len(words) > 0 && words[0] == "help" {
		l.help = true
		words = words[1:]
	}
	if len(words) == 0 {
		return l, nil
	}
	if l.command = find(words[0]); l.command == nil {
		return l, usagef("there is no command %q; see: pauld help", words[0])
	}
	l.args = words[1:]
	if l.help {
		return l, nil
	}
	return l, l.check()
}

// split reads the flags and returns the rest.
func (l *line) split(args []string) (words []string, err error) {
	fs := l.flags()
	var rest []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, rest = args[:i], args[i+1:]
	}
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			l.help = true
			break
		}
		if err != nil {
			return nil, usagef("%s; see: pauld help", strings.NewReplacer(": -", ": --", "flag -", "flag --").Replace(err.Error()))
		}
		if fs.NArg() == 0 {
			break
		}
		words = append(words, fs.Arg(0))
		args = fs.Args()[1:]
	}
	fs.Visit(func(f *flag.Flag) {
		l.given = append(l.given, f.Name)
		if f.Value.String() == "" {
			err = usagef("%s is empty; leave it out, or say what it should be", dashed(f.Name))
		}
	})
	if err != nil {
		return nil, err
	}
	return append(words, rest...), nil
}

// check reports flags and arguments that the command does not take.
func (l *line) check() error {
	c := l.command
	for _, name := range l.given {
		if !slices.Contains(commonFlags, name) && !slices.Contains(c.flags, name) && name != "version" {
			return usagef("%s does not take %s; see: pauld help %s", c.name, dashed(name), c.name)
		}
	}
	if len(l.args) < c.least || c.most >= 0 && len(l.args) > c.most {
		return usagef("usage: pauld %s", c.usage)
	}
	if slices.Contains(l.args, "") {
		return usagef("an argument is empty; usage: pauld %s", c.usage)
	}
	return nil
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// has tells whether one of the named flags was given.
func (l *line) has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(l.given, n) })
}

// options is how the line wants a device opened, which logs to p from level on.
func (l *line) options(p *printer, level slog.Level) app.Options {
	return app.Options{
		Home: l.home, Name: l.name, Library: l.library, Listen: l.listen, Peers: l.peers,
		NoLAN: l.noLAN, NoPublicPeers: l.noPublicPeers, NoDirect: l.noDirect, NoPortMap: l.noPortMap, STUN: l.stun,
		Couch: l.couch, Socks: l.socks, Forward: l.forward, Database: l.database, Log: l.log(p, level), Waiting: p.waiting,
	}
}

// usageError is a command line that cannot be carried out.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }
