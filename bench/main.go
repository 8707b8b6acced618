// Command bench measures Ephor beside the machine's own limits: a map, a bare HTTP server,
// a bare fdatasync, PostgreSQL's own commits. What it prints are ratios, each taken in one
// run, in both orders, because absolute figures say more about the machine than about us.
// A goal that is missed is printed as missed; it is no failure of the run.
//
// The HTTP figures are of the real binary, over plain HTTP on loopback, in a process of its
// own. README.md has the figures of the last full run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == bareArgument {
		os.Exit(code(serveBare(os.Stdin, os.Stdout)))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	o := options()
	err := run(ctx, o)
	stop()
	os.Exit(code(err))
}

func code(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	return 1
}

// A plan is what to measure, and how large.
type plan struct {
	ephor        string // the binary
	data         string // where the data sets are kept, "" for a folder that goes away
	small, large int    // users
	activators   int    // with rolesEach eligibilities each
	activations  int    // that one run asks for, at each size
	ending       int    // grants that end at one instant
	storm        int    // the same, for what decisions take meanwhile
	rounds       int
	window       time.Duration // of one contestant in one round
	only         string
}

func options() plan {
	p := plan{}
	quick := flag.Bool("quick", false, "a data set of 50 thousand users in place of a million, and short rounds: for trying, not for figures")
	flag.StringVar(&p.ephor, "ephor", "bin/ephor", "the `binary` to measure")
	flag.StringVar(&p.data, "data", "", "a `folder` to keep the data sets in, for the next run; by default they go away")
	flag.IntVar(&p.small, "small", 10_000, "`users` of the small data set")
	flag.IntVar(&p.large, "large", 1_000_000, "`users` of the large one")
	flag.IntVar(&p.activators, "activators", 1000, "`users` with ten eligibilities each, of which each is activated once at most")
	flag.IntVar(&p.activations, "activations", 5000, "`activations` of each size, at most what the activators can ask for")
	flag.IntVar(&p.ending, "ending", 10_000, "`grants` that end at one instant")
	flag.IntVar(&p.storm, "storm", 100_000, "`grants` that end at one instant, of which only what decisions take meanwhile is measured")
	flag.IntVar(&p.rounds, "rounds", 5, "`rounds` of each contest, of which the median counts")
	flag.DurationVar(&p.window, "window", time.Second, "the `time` of one contestant in one round")
	flag.StringVar(&p.only, "only", "", "some `sections` only, with commas between: "+strings.Join(sectionNames(), ", "))
	flag.Parse()
	if *quick {
		for name, value := range map[string]string{"large": "50000", "ending": "1000", "storm": "10000", "rounds": "3", "window": "200ms", "activators": "300", "activations": "1000"} {
			if err := unlessGiven(name, value); err != nil {
				panic("bench: " + err.Error())
			}
		}
	}
	return p
}

// unlessGiven sets a flag that the command line leaves out.
func unlessGiven(name, value string) error {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if given {
		return nil
	}
	return flag.Set(name, value)
}

// A section measures one kind of thing.
type section struct {
	name    string
	measure func(context.Context, *bench) error
}

var sections = []section{
	{"decide", measureDecisions},
	{"token", measureTokens},
	{"start", measureStart},
	{"http", measureHTTP},
	{"read", measureReads},
	{"activate", measureActivations},
	{"approve", measureApprovals},
	{"policy", measurePolicies},
	{"tenant", measureTenants},
	{"expiry", measureExpiry},
	{"storm", measureStorm},
	{"signin", measureSignIns},
	{"postgres", measurePostgres},
}

func sectionNames() []string {
	names := make([]string, len(sections))
	for i, s := range sections {
		names[i] = s.name
	}
	return names
}

// A bench is one run.
type bench struct {
	plan
	dir   string
	sheet sheet
	log   io.Writer
	small *city
	large *city

	bare   *bare    // started by the first section that needs it, as are the others
	houses []*house // the small one, then the large
	stops  []func() error
}

func run(ctx context.Context, p plan) (err error) {
	b := &bench{plan: p, log: os.Stderr, small: newCity(p.small, p.activators), large: newCity(p.large, p.activators)}
	if b.dir = p.data; b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "ephor-bench-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	if b.ephor, err = filepath.Abs(p.ephor); err != nil {
		return err
	}
	before := machine(b.dir)
	wanted := strings.Split(p.only, ",")
	for _, s := range sections {
		if p.only != "" && !slices.Contains(wanted, s.name) {
			continue
		}
		b.say("%s", s.name)
		if err := s.measure(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		b.sheet.print(b.log) // so that an interrupted run has said what it found
	}
	fmt.Printf("%s\n%s users, then %s; %d rounds of %s; load when it began %s, when it ended %s\n\n",
		before, count(p.small), count(p.large), p.rounds, p.window, before.load, machine(b.dir).load)
	b.sheet.print(os.Stdout)
	return nil
}

// say tells whoever waits what is going on.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// later is done when the run ends, in the order of a pile.
func (b *bench) later(stop func() error) { b.stops = append(b.stops, stop) }

func (b *bench) stop() error {
	var errs []error
	for _, stop := range slices.Backward(b.stops) {
		errs = append(errs, stop())
	}
	b.stops = nil
	return errors.Join(errs...)
}

// cities are both data sets.
func (b *bench) cities() []*city { return []*city{b.small, b.large} }

// count is a number of thousands or millions as a person says it.
func count(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%d million", n/1_000_000)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%d thousand", n/1000)
	}
	return fmt.Sprint(n)
}
