package tutorial

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Difference is one place where an answer is not what was wanted.
type Difference struct {
	Path    string `json:"path"`    // as in JSONPath: $.value[0].status
	Problem string `json:"problem"` // missing, extra or different
	Want    string `json:"want,omitempty"`
	Got     string `json:"got,omitempty"`
}

// String is d as a person reads it.
func (d Difference) String() string {
	switch d.Problem {
	case missing:
		return d.Path + " is missing, want " + d.Want
	case extra:
		return d.Path + " is extra, got " + d.Got
	}
	return d.Path + " is different, want " + d.Want + ", got " + d.Got
}

const (
	missing   = "missing"
	extra     = "extra"
	different = "different"
)

// Besides holes, a template has three forms of object that stand for something else:
//
//	{"${set}": […]}     an array of exactly these elements in any order
//	{"${among}": […]}   an array that has these elements among others
//	{"${either}": […]}  one of these
//
// and a member whose name ends in "?" may be left out.

// match compares the answer got with the template want, whole. What it learns on the way
// it writes into s, also when there are differences, so that later steps can go on.
func (s scope) match(path string, want, got any) []Difference {
	switch want := want.(type) {
	case map[string]any:
		if form, list, ok := special(want); ok {
			return s.special(path, form, list, got)
		}
		return s.object(path, want, got)
	case []any:
		return s.array(path, want, got)
	case string:
		if wanted := s.hole(want, got); wanted != "" {
			return differ(path, wanted, got)
		}
		return nil
	}
	if want != got { // nil, bool or json.Number
		return differ(path, text(want), got)
	}
	return nil
}

func differ(path, want string, got any) []Difference {
	return []Difference{{Path: path, Problem: different, Want: want, Got: text(got)}}
}

func (s scope) object(path string, want map[string]any, got any) []Difference {
	members, ok := got.(map[string]any)
	if !ok {
		return differ(path, "an object", got)
	}
	var list []Difference
	named := map[string]bool{}
	for _, key := range keysInOrder(want) {
		name, optional := strings.CutSuffix(key, "?")
		named[name] = true
		v, there := members[name]
		if there {
			list = append(list, s.match(path+"."+name, want[key], v)...)
		} else if !optional {
			list = append(list, Difference{Path: path + "." + name, Problem: missing, Want: s.shown(want[key])})
		}
	}
	for _, name := range keys(members) {
		if !named[name] {
			list = append(list, Difference{Path: path + "." + name, Problem: extra, Got: text(members[name])})
		}
	}
	return list
}

// keysInOrder puts members that give names before those that use them: a hole that names
// stands earlier than one that compares, whatever they are called.
func keysInOrder(want map[string]any) []string {
	names := keys(want)
	slices.SortStableFunc(names, func(a, b string) int { return gives(want[b]) - gives(want[a]) })
	return names
}

// gives is 2 for a hole that gives a name without needing another, 1 for one that needs
// one, 0 for all else.
func gives(v any) int {
	hole, _ := v.(string)
	p := whole.FindStringSubmatch(hole)
	if p == nil {
		return 0
	}
	switch m := pattern.FindStringSubmatch(p[1]); {
	case m == nil || m[3] == "":
		return 0
	case m[2] == "":
		return 2
	}
	return 1
}

func (s scope) array(path string, want []any, got any) []Difference {
	items, ok := got.([]any)
	if !ok {
		return differ(path, "an array", got)
	}
	var list []Difference
	for i := range max(len(want), len(items)) {
		at := path + "[" + strconv.Itoa(i) + "]"
		switch {
		case i >= len(items):
			list = append(list, Difference{Path: at, Problem: missing, Want: s.shown(want[i])})
		case i >= len(want):
			list = append(list, Difference{Path: at, Problem: extra, Got: text(items[i])})
		default:
			list = append(list, s.match(at, want[i], items[i])...)
		}
	}
	return list
}

// special takes apart an object that stands for something else.
func special(want map[string]any) (form string, list []any, ok bool) {
	if len(want) != 1 {
		return "", nil, false
	}
	for name := range maps.Keys(want) {
		list, ok = want[name].([]any)
		form = name
	}
	return form, list, ok && slices.Contains([]string{"${set}", "${among}", "${either}"}, form)
}

func (s scope) special(path, form string, list []any, got any) []Difference {
	if form == "${either}" {
		return s.either(path, list, got)
	}
	items, ok := got.([]any)
	if !ok {
		return differ(path, "an array", got)
	}
	var out []Difference
	taken := make([]bool, len(items))
	for _, want := range list {
		i, nearest := s.find(path, want, items, taken)
		if i >= 0 {
			taken[i] = true
			continue
		}
		out = append(out, Difference{Path: path + "[*]", Problem: missing, Want: s.shown(want)})
		out = append(out, nearest...)
	}
	for i, item := range items {
		if !taken[i] && form == "${set}" {
			out = append(out, Difference{Path: path + "[" + strconv.Itoa(i) + "]", Problem: extra, Got: text(item)})
		}
	}
	return out
}

// find is the first of the items not yet taken that is what want says, and learns from it.
// Without one it is -1 and what the nearest lacks.
func (s scope) find(path string, want any, items []any, taken []bool) (int, []Difference) {
	var nearest []Difference
	for i, item := range items {
		if taken[i] {
			continue
		}
		trial := s.copied()
		list := trial.match(path+"["+strconv.Itoa(i)+"]", want, item)
		if len(list) == 0 {
			s.adopt(trial)
			return i, nil
		}
		if nearest == nil || len(list) < len(nearest) {
			nearest = list
		}
	}
	return -1, nearest
}

// either admits what any of the templates admits. Of an answer that none does, it tells what
// the nearest lacks.
func (s scope) either(path string, list []any, got any) []Difference {
	var nearest []Difference
	for _, want := range list {
		trial := s.copied()
		differences := trial.match(path, want, got)
		if len(differences) == 0 {
			s.adopt(trial)
			return nil
		}
		if nearest == nil || len(differences) < len(nearest) {
			nearest = differences
		}
	}
	return nearest
}

// shown is a template as a person reads it, with what is known filled in.
func (s scope) shown(want any) string {
	line := text(want)
	return reference.ReplaceAllStringFunc(line, func(hole string) string {
		if v, err := s.lookUp(hole[2 : len(hole)-1]); err == nil {
			return v
		}
		return hole
	})
}

// compare judges an answer's text by a template's text. An empty template wants no body.
func (s scope) compare(template string, body []byte) []Difference {
	if template == "" {
		if len(body) > 0 {
			return []Difference{{Path: "$", Problem: extra, Got: string(body)}}
		}
		return nil
	}
	want, err := decode([]byte(template))
	if err != nil {
		return []Difference{{Path: "$", Problem: different, Want: fmt.Sprintf("a template, but this one cannot be read: %v", err)}}
	}
	if len(body) == 0 {
		return []Difference{{Path: "$", Problem: missing, Want: s.shown(want)}}
	}
	got, err := decode(body)
	if err != nil {
		return []Difference{{Path: "$", Problem: different, Want: "JSON", Got: fmt.Sprintf("%s (%v)", body, err)}}
	}
	return s.match("$", want, got)
}
