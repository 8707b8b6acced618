package describe

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"ephor/internal/pim"
)

const statesTop = `# The life of a request

Generated from the tables by which ` + "`pim.Decide`" + ` and the store work (` + "`internal/pim/decide.go`, `internal/pim/life.go`" + `):
` + "`make generate`" + ` writes it anew. A state without a way out is final: history, which nothing changes.

` + "```mermaid" + `
stateDiagram-v2
`

// States is docs/state.md: what requests can become, as a diagram and a table.
func States() []byte {
	var b bytes.Buffer
	b.WriteString(statesTop)
	life := pim.Life()
	for _, way := range ways(life) {
		from := string(way.from)
		if from == "" {
			from = "[*]"
		}
		fmt.Fprintf(&b, "    %s --> %s: %s\n", from, way.to, strings.Join(way.on, ", "))
	}
	for _, s := range final(life) {
		fmt.Fprintf(&b, "    %s --> [*]\n", s)
	}
	b.WriteString("```\n\n| from | on | where | to |\n|---|---|---|---|\n")
	for _, c := range life {
		from, where := string(c.From), "both endpoints"
		if from == "" {
			from = "(new)"
		}
		switch len(c.Sides) {
		case 0:
			where = ""
		case 1:
			where = strings.ToLower(c.Sides[0].String()) + " requests"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", from, c.On, where, c.To)
	}
	return b.Bytes()
}

// A way is all that leads from one state to another.
type way struct {
	from, to pim.Status
	on       []string
}

func ways(life []pim.Change) []way {
	var all []way
	for _, c := range life {
		i := slices.IndexFunc(all, func(w way) bool { return w.from == c.From && w.to == c.To })
		if i < 0 {
			i, all = len(all), append(all, way{from: c.From, to: c.To})
		}
		all[i].on = append(all[i].on, c.On)
	}
	return all
}

// final are the states that something leads to and nothing leads from.
func final(life []pim.Change) []pim.Status {
	var all []pim.Status
	for _, c := range life {
		if !c.To.Waits() && !slices.Contains(all, c.To) {
			all = append(all, c.To)
		}
	}
	return all
}
