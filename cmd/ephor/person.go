package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/oauth2"

	"ephor/internal/client"
)

// The exit codes of a person's commands, besides exitDone, exitFailed and exitUsage.
const (
	exitDenied  = 3 // the server refused: a right is missing, or the policy says no
	exitPending = 4 // asked for, and waiting for somebody's decision
)

// exitCodes is what the help of each of these commands says of them.
const exitCodes = `It ends with 0 when it is done, 2 when it was called wrongly, 3 when the server refused,
4 when it waits for a decision, and 1 when anything else went wrong.`

// errPending ends a command whose request waits for a decision.
var errPending = errors.New("waiting for approval")

// personFlags say with whose sign-in a command works, and how it answers.
type personFlags struct {
	Profile string `help:"The file that keeps the sign-in. By default ephor/profile.json in your configuration folder." placeholder:"FILE"`
	Output  string `help:"The form of the answer: ${enum}." enum:"table,json" default:"table"`
}

// file is where the profile is.
func (f personFlags) file() (string, error) {
	if f.Profile != "" {
		return f.Profile, nil
	}
	return client.DefaultFile()
}

// client is one that calls with the sign-in that was kept, or with the token in
// EPHOR_ACCESS_TOKEN, which scripts give.
func (f personFlags) client(t *terminal) (*client.Client, error) {
	file, err := f.file()
	var p *client.Profile
	if err == nil {
		p, err = client.ReadProfile(file)
	}
	if given := givenProfile(p); given != nil && (err == nil || given.URL != "") { // which needs no profile
		return client.New(given, "", t.err)
	}
	if err != nil {
		return nil, err
	}
	c, err := client.New(p, file, t.err)
	if err == nil && isatty.IsTerminal(os.Stdin.Fd()) {
		c.Browse = browse
	}
	return c, err
}

// givenProfile is the sign-in that the environment gives, over the one that was kept; nil
// when it gives none.
func givenProfile(kept *client.Profile) *client.Profile {
	token := strings.TrimSpace(os.Getenv("EPHOR_ACCESS_TOKEN"))
	if token == "" {
		return nil
	}
	p := &client.Profile{Tenant: "organizations"}
	if kept != nil {
		*p = *kept
	}
	if url := os.Getenv("EPHOR_URL"); url != "" {
		p.URL, p.CAFile = url, os.Getenv("EPHOR_CA_FILE")
	}
	p.Way, p.Token = client.Given, &oauth2.Token{AccessToken: token}
	return p
}

// browse opens an address in the person's browser.
func browse(address string) error {
	program := map[string][]string{
		"darwin":  {"open"},
		"windows": {"rundll32", "url.dll,FileProtocolHandler"},
	}[runtime.GOOS]
	if program == nil {
		program = []string{"xdg-open"}
	}
	// Not the command's context: the browser stays open when the command has ended. The
	// address is an argument of its own, which no shell reads.
	return exec.CommandContext(context.Background(), program[0], append(program[1:], address)...).Start() //nolint:gosec // see above
}

// print writes an answer as JSON, or as the table that rows fills.
func (f personFlags) print(out io.Writer, answer any, rows func(w io.Writer)) error {
	if f.Output == "json" {
		return writeJSON(out, answer)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	rows(w)
	return w.Flush()
}

// writeJSON writes an answer as JSON, indented, with the characters that it has.
func writeJSON(out io.Writer, answer any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(answer)
}

// row writes the cells of one row of a table.
func row(w io.Writer, cells ...string) {
	for i, cell := range cells {
		cells[i] = client.Plain(cell)
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

// line writes a sentence that stands by itself.
func line(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, client.Plain(fmt.Sprintf(format, args...)))
}

// clockTime is an instant as a table shows it, "-" for none.
func clockTime(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// told is a command's error as its exit code: a refusal and a wait have codes of their own.
func told(errs io.Writer, err error) int {
	if errors.Is(err, errPending) {
		fmt.Fprintln(errs, "ephor:", err)
		return exitPending
	}
	code := failed(errs, err)
	if r, ok := errors.AsType[*client.Refusal](err); ok && r.Denied() {
		code = exitDenied
	}
	_, usage := errors.AsType[usageError](err)
	_, unclear := errors.AsType[*client.Unclear](err)
	if usage || unclear {
		code = exitUsage
	}
	if say := wayOut(err); say != "" {
		fmt.Fprintln(errs, say)
	}
	return code
}

// wayOut is what a person can do about an error, where that is known.
func wayOut(err error) string {
	if r, ok := errors.AsType[*client.Refusal](err); ok && r.Status == http.StatusUnauthorized {
		return "The sign-in, or the token that was given, is not accepted any more: run `ephor login`."
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "If you trust the server, say which authority its certificate is from: `ephor login --ca-file FILE`, or EPHOR_CA_FILE."
	}
	return ""
}

// A usageError is a command called with what cannot be meant.
type usageError struct{ error }
