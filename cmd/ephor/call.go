package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"ephor/internal/graph"
	"ephor/internal/op"
)

// callCommand is `ephor call`.
type callCommand struct {
	personFlags
	Operation string   `arg:"" optional:"" help:"The operation, by its name in api/permissions.md. Without one, all are listed."`
	Args      []string `arg:"" optional:"" help:"NAME=VALUE for each part of the path in braces, and for query options such as '$$top=5'."`
	Body      string   `help:"The JSON body, @FILE for a file's content, or - for standard input." placeholder:"JSON"`
	Beta      bool     `help:"Call the beta version."`
	Eventual  bool     `help:"Send ConsistencyLevel: eventual, which advanced queries and counts of directory objects ask for."`
}

// Help is what `ephor call --help` says besides the flags.
func (callCommand) Help() string {
	return `It calls any operation of the API by its name, and prints the answer as it came.

Examples:

  ephor call
  ephor call getUser id=ada@contoso.com '$select=id,displayName'
  ephor call countUsers --eventual
  ephor call createGroup --body @group.json

` + exitCodes
}

// Run calls the operation.
func (c *callCommand) Run(ctx context.Context, t *terminal) error {
	if c.Operation == "" {
		return c.index(t)
	}
	o, err := operation(c.Operation)
	if err != nil {
		return usageError{err}
	}
	path, err := c.path(o)
	if err != nil {
		return usageError{err}
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	k, err := c.client(t)
	if err != nil {
		return err
	}
	k.Eventual = c.Eventual
	var sent any
	if body != nil {
		sent = body
	}
	var answer json.RawMessage
	if err := k.Call(ctx, o.Method, path, sent, &answer); err != nil {
		return err
	}
	return show(t.out, answer)
}

// show prints JSON, indented.
func show(out io.Writer, answer json.RawMessage) error {
	if len(answer) == 0 {
		return nil
	}
	return writeJSON(out, answer)
}

// operation is the one of that name, without case, or the only one that begins so.
func operation(name string) (*op.Operation, error) {
	var found []*op.Operation
	for _, o := range graph.Operations() {
		if strings.EqualFold(o.Name, name) {
			return o, nil
		}
		if len(o.Name) > len(name) && strings.EqualFold(o.Name[:len(name)], name) {
			found = append(found, o)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, fmt.Errorf("%q can be %s or %s: say more of it", name, found[0].Name, found[1].Name)
	}
	return nil, fmt.Errorf("no operation is called %q: `ephor call` lists them", name)
}

// path is the operation's path with its parts filled in, and the query behind it.
func (c *callCommand) path(o *op.Operation) (string, error) {
	version := "/v1.0"
	if c.Beta || o.Versions&op.V1 == 0 {
		version = "/beta"
	}
	path, query := o.Path, url.Values{}
	for _, arg := range c.Args {
		name, value, given := strings.Cut(arg, "=")
		hole := "{" + name + "}"
		switch {
		case !given:
			return "", fmt.Errorf("%q is not NAME=VALUE", arg)
		case strings.Contains(path, hole):
			path = strings.ReplaceAll(path, hole, filled(o.Path, hole, value))
		default:
			query.Add(name, value)
		}
	}
	if i := strings.IndexByte(path, '{'); i >= 0 {
		return "", fmt.Errorf("%s %s: give %s=…", o.Method, o.Path, strings.Trim(path[i:i+strings.IndexByte(path[i:], '}')+1], "{}"))
	}
	if len(query) == 0 {
		return version + path, nil
	}
	return version + path + "?" + query.Encode(), nil
}

// filled is the value for a part of the path: a function's argument is a quoted string.
func filled(path, hole, value string) string {
	value = url.PathEscape(value)
	if strings.Contains(path, "="+hole) && !strings.HasPrefix(value, "'") {
		return "'" + value + "'"
	}
	return value
}

// body is the JSON to send, nil for none.
func (c *callCommand) body() (json.RawMessage, error) {
	text := []byte(c.Body)
	var err error
	if name, is := strings.CutPrefix(c.Body, "@"); is {
		text, err = os.ReadFile(name)
	} else if c.Body == "-" {
		text, err = io.ReadAll(os.Stdin)
	}
	switch {
	case err != nil:
		return nil, err
	case len(text) == 0:
		return nil, nil
	case !json.Valid(text):
		return nil, usageError{fmt.Errorf("--body is not JSON")}
	}
	return text, nil
}

// index lists all operations.
func (c *callCommand) index(t *terminal) error {
	list := graph.Operations()
	slices.SortFunc(list, func(a, b *op.Operation) int { return strings.Compare(a.Name, b.Name) })
	type entry struct {
		Name    string `json:"name"`
		Method  string `json:"method"`
		Path    string `json:"path"`
		Summary string `json:"summary"`
	}
	var all []entry
	for _, o := range list {
		all = append(all, entry{o.Name, o.Method, o.Path, o.Summary})
	}
	return c.print(t.out, all, func(w io.Writer) {
		for _, e := range all {
			row(w, e.Name, e.Method, e.Path, e.Summary)
		}
	})
}
