// Command ephor is the Ephor server and the tools of whoever runs it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands are all that ephor can do, one file each. A new command is a line here.
type commands struct {
	Config kong.ConfigFlag `help:"A JSON file with any of the flags, by their names." placeholder:"FILE"`

	Serve    serveCommand    `cmd:"" help:"Serve Microsoft Graph's PIM."`
	Init     initCommand     `cmd:"" help:"Make a production tenant."`
	Admin    adminCommand    `cmd:"" help:"The operator's way back into a tenant."`
	Audit    auditCommand    `cmd:"" help:"Look after audit logs."`
	Tutorial tutorialCommand `cmd:"" help:"Carry out Graph's PIM tutorial against a running server, and compare every answer."`
	Version  versionCommand  `cmd:"" help:"Say which version this is."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// A terminal is what commands write to: answers to out, everything else to err.
type terminal struct{ out, err io.Writer }

// quit ends the run from inside the parser, after it has printed its help.
type quit struct{ code int }

// run is the program without its process: it takes arguments and gives the exit code.
func run(args []string, out, errs io.Writer) (code int) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case quit:
			code = p.code
		default:
			panic(p)
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	var c commands
	parser, err := kong.New(&c,
		kong.Name("ephor"),
		kong.Description("A self-hosted privileged identity management server that speaks Microsoft Graph."),
		kong.Writers(out, errs),
		kong.Exit(func(code int) { panic(quit{code}) }),
		kong.DefaultEnvars("EPHOR"),
		kong.Configuration(readConfig),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&terminal{out, errs}),
	)
	if err != nil {
		fmt.Fprintln(errs, "ephor:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(errs, "ephor: %s\nRun `ephor --help` for what it can do.\n", err)
		return exitUsage
	}
	if err := parsed.Run(); err != nil {
		return failed(errs, err)
	}
	return exitDone
}

// failed says what went wrong, unless the command has said it already.
func failed(errs io.Writer, err error) int {
	if !errors.Is(err, errSaid) {
		fmt.Fprintln(errs, "ephor:", err)
	}
	return exitFailed
}

// errSaid is the error of a command that has printed what is wrong.
var errSaid = errors.New("the answer has been printed")
