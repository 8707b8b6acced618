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

	Login      loginCommand      `cmd:"" group:"person" help:"Sign in, in a browser, with a device code, or as an application."`
	Whoami     whoamiCommand     `cmd:"" group:"person" help:"Say who is signed in."`
	List       listCommand       `cmd:"" group:"person" help:"What I can activate, and what I hold."`
	Activate   activateCommand   `cmd:"" group:"person" help:"Take a role, or a place in a group, for a while."`
	Deactivate deactivateCommand `cmd:"" group:"person" help:"Give it back before its time."`
	Extend     extendCommand     `cmd:"" group:"person" help:"Ask that an eligibility or an assignment goes on."`
	Requests   requestsCommand   `cmd:"" group:"person" help:"What I have asked for, or what waits for my decision."`
	Approve    approveCommand    `cmd:"" group:"person" help:"Approve a request that waits for me."`
	Deny       denyCommand       `cmd:"" group:"person" help:"Deny a request that waits for me."`
	Cancel     cancelCommand     `cmd:"" group:"person" help:"Withdraw a request of mine."`
	User       userCommand       `cmd:"" group:"person" help:"Look after users: how they must sign in."`
	Settings   settingsCommand   `cmd:"" group:"person" help:"The tenant's own bounds on requests: show them, or change some."`
	Call       callCommand       `cmd:"" group:"person" help:"Call any operation of the API by its name."`

	Serve    serveCommand    `cmd:"" group:"server" help:"Serve Microsoft Graph's PIM."`
	Init     initCommand     `cmd:"" group:"server" help:"Make a production tenant."`
	Admin    adminCommand    `cmd:"" group:"server" help:"The operator's way back into a tenant."`
	Audit    auditCommand    `cmd:"" group:"server" help:"Look after audit logs."`
	Tutorial tutorialCommand `cmd:"" group:"server" help:"Carry out Graph's PIM tutorial against a running server, and compare every answer."`
	Version  versionCommand  `cmd:"" group:"server" help:"Say which version this is."`
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
		kong.ExplicitGroups([]kong.Group{{Key: "person", Title: "For people:"}, {Key: "server", Title: "For the server:"}}),
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
		return told(errs, err)
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
