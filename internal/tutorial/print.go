package tutorial

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// A Printer tells a run to a person as it goes. With Verbose it also tells request-ids and
// the tenant's clock at every step, not only where it moves.
type Printer struct {
	To      io.Writer
	Verbose bool

	chapter, clock string
	counts         map[string]int
}

// Step tells one step: heading, request, answer, and what it proved or where it differs.
func (p *Printer) Step(r Result) error {
	var b strings.Builder
	if r.Chapter != p.chapter {
		fmt.Fprintf(&b, "\n== %s ==\n", r.Chapter)
	}
	fmt.Fprintf(&b, "\n%d. %s\n", r.Step, r.Name)
	if r.Clock != p.clock || p.Verbose {
		fmt.Fprintf(&b, "   the tenant's clock shows %s\n", r.Clock)
	}
	fmt.Fprintf(&b, "   %s, as %s\n", r.Request.Method+" "+r.Request.Path, r.As)
	indented(&b, r.Request.Body)
	if r.State != Skipped {
		fmt.Fprintf(&b, "   -> %d\n", r.Answer.Status)
		indented(&b, pretty(r.Answer.Body))
	}
	if p.Verbose && r.Answer.RequestID != "" {
		fmt.Fprintf(&b, "   request-id %s\n", r.Answer.RequestID)
	}
	if r.State == Proved {
		fmt.Fprintf(&b, "   proved: %s\n", r.Proves)
	} else {
		fmt.Fprintf(&b, "   %s: %s\n", strings.ToUpper(r.State), r.Proves)
	}
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "     %s\n", d)
	}
	p.chapter, p.clock = r.Chapter, r.Clock
	if p.counts == nil {
		p.counts = map[string]int{}
	}
	p.counts[r.State]++
	_, err := io.WriteString(p.To, b.String())
	return err
}

// Close tells the counts.
func (p *Printer) Close() error {
	n := p.counts
	line := fmt.Sprintf("\n%d steps: %d proved", n[Proved]+n[Differs]+n[Skipped], n[Proved])
	if n[Differs] > 0 {
		line += fmt.Sprintf(", %d differ", n[Differs])
	}
	if n[Skipped] > 0 {
		line += fmt.Sprintf(", %d could not be tried", n[Skipped])
	}
	_, err := io.WriteString(p.To, line+"\n")
	return err
}

// indented writes each line of a body behind a margin.
func indented(b *strings.Builder, body string) {
	if body == "" {
		return
	}
	for line := range strings.Lines(body) {
		b.WriteString("     " + strings.TrimRight(line, "\n") + "\n")
	}
}

// pretty is JSON laid out for a person; what is not JSON stays as it is.
func pretty(body string) string {
	var b bytes.Buffer
	if body == "" || json.Indent(&b, []byte(body), "", "    ") != nil {
		return body
	}
	return b.String()
}

// Line writes a step as one JSON object on a line of its own.
func Line(w io.Writer, r Result) error {
	if r.Differences == nil {
		r.Differences = []Difference{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
