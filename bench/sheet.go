package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A sheet is the figures of a run, each beside its goal.
type sheet struct{ rows [][4]string }

// A goal is a bound that a figure is to keep.
type goal struct {
	bound   float64
	atLeast bool   // or else at most
	unit    string // written behind figures and bound
}

func atLeast(bound float64) goal { return goal{bound, true, "×"} }
func atMost(bound float64) goal  { return goal{bound, false, "×"} }

// within is a goal in absolute terms.
func within(bound float64, unit string) goal { return goal{bound, false, " " + unit} }

func (g goal) met(value float64) bool {
	if g.atLeast {
		return value >= g.bound
	}
	return value <= g.bound
}

func (g goal) String() string {
	sign := "≤ "
	if g.atLeast {
		sign = "≥ "
	}
	return sign + short(g.bound) + g.unit
}

// add enters a figure that has a goal. Of a figure of several rounds it also says how far
// they lie apart.
func (s *sheet) add(what string, g goal, f figure, note string) {
	verdict := "met"
	if !g.met(f.median) {
		verdict = "MISSED"
	}
	text := short(f.median) + g.unit
	if f.low != f.high {
		text += fmt.Sprintf(" (%s–%s)", short(f.low), short(f.high))
	}
	s.rows = append(s.rows, [4]string{what, g.String(), text, strings.TrimSpace(verdict + " " + note)})
}

// note enters what has no goal.
func (s *sheet) note(what, figure string) {
	s.rows = append(s.rows, [4]string{what, "", figure, ""})
}

// print writes the sheet as a Markdown table.
func (s *sheet) print(w io.Writer) {
	rows := append([][4]string{{"what", "goal", "measured", "so"}, {"", "", "", ""}}, s.rows...)
	var widths [4]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for i, row := range rows {
		fill := " "
		if i == 1 {
			fill = "-"
		}
		for c, cell := range row {
			fmt.Fprint(w, "|"+fill, cell, strings.Repeat(fill, widths[c]-utf8.RuneCountInString(cell)), fill)
		}
		fmt.Fprintln(w, "|")
	}
	fmt.Fprintln(w)
}

// short is a number in as few digits as say something.
func short(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v == float64(int(v)):
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
