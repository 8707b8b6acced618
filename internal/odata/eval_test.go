package odata

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ephor/internal/guid"
)

// properties is a row of named values; what is not named cannot be evaluated.
func properties(values map[string]Value) Row {
	return func(path []string) (Value, bool) {
		v, ok := values[strings.Join(path, "/")]
		return v, ok
	}
}

var ada = properties(map[string]Value{
	"displayName": Folded("Ada Lovelace"),
	"exact":       Text("Ada"),
	"mail":        Null(),
	"enabled":     Bool(true),
	"count":       Int(5),
	"ratio":       Float(2.5),
	"big":         Int(math.MaxInt64),
	"created":     Instant(noon),
	"length":      Duration(5 * time.Hour),
	"skuId":       ID(guid.Must("184efa21-98c3-4e5d-95ab-d07053a96e67")),
	"flags":       Text("MultiFactorAuthentication,Justification"),
	"types":       List(Folded("Unified"), Folded("DynamicMembership")),
	"none":        List(),
	"nothing":     Null(),
	"licenses": List(
		Object(properties(map[string]Value{"skuId": ID(sku), "plans": List(Int(1), Int(2))})),
		Object(properties(map[string]Value{"skuId": Null()}))),
	"partly":      List(Object(properties(nil)), Object(properties(map[string]Value{"x": Int(1)}))),
	"@odata.type": Text("#microsoft.graph.user"),
})

func TestEvalAgreesWithTheRulesOfOData(t *testing.T) {
	t.Parallel()
	rows := map[string]bool{
		"displayName eq 'ada lovelace'": true,  // the property folds
		"exact eq 'ada'":                false, // this one does not
		"exact eq 'Ada'":                true,
		"exact ne 'Ada'":                false,
		"exact lt 'B'":                  true,
		"exact ge 'Ada'":                true,
		"displayName gt 'ADA'":          true,
		"enabled eq true":               true,
		"enabled ne true":               false,
		"count eq 5":                    true,
		"count eq 5.0":                  true,
		"count gt 5":                    false,
		"count ge 5":                    true,
		"count lt 5.5":                  true,
		"ratio gt 2":                    true,
		"ratio le 2":                    false,
		// As float64 both sides were equal.
		"big lt 9223372036854775808.0":                    true,
		"created eq 2021-07-09T14:00:00+02:00":            true,
		"created lt 2021-07-09T12:00:00.0000001Z":         true,
		"created gt 2021-07-09":                           true,
		"length eq duration'PT300M'":                      true,
		"length gt duration'PT5H'":                        false,
		"skuId eq 184EFA21-98c3-4e5d-95ab-d07053a96e67":   true,
		"skuId eq '184EFA21-98C3-4e5d-95ab-d07053a96e67'": true,
		"skuId eq 'x'":                                    false,
		"flags has 'justification'":                       true,
		"flags has 'Ticketing'":                           false,
		"mail eq null":                                    true,
		"mail ne null":                                    false,
		"exact eq null":                                   false,
		"exact ne null":                                   true,
		"mail eq 'a'":                                     false,
		"mail ne 'a'":                                     true,
		"not(mail eq 'a')":                                true,
		"mail gt 'a'":                                     false,
		"mail le null":                                    false,
		"exact in ('x','Ada')":                            true,
		"exact in ('x',null)":                             false,
		"mail in ('x',null)":                              true,
		"not(exact in ('x'))":                             true,
		"startswith(displayName,'ada')":                   true,
		"endswith(displayName,'LACE')":                    true,
		"contains(displayName,'a l')":                     true,
		"contains(exact,'D')":                             false,
		"startswith(exact,'')":                            true,
		"types/any(x:x eq 'unified')":                     true,
		"types/any(x:x eq 'other')":                       false,
		"not(types/any(x:x eq 'other'))":                  true,
		"types/any()":                                     true,
		"none/any()":                                      false,
		"nothing/any()":                                   false,
		"not(none/any(x:x eq 'a'))":                       true,
		"types/$count eq 2":                               true,
		"none/$count eq 0":                                true,
		"licenses/any(l:l/skuId eq 184efa21-98c3-4e5d-95ab-d07053a96e67)": true,
		"licenses/any(l:l/skuId eq null)":                                 true,
		"licenses/any(l:l/plans/$count gt 1)":                             true,
		"partly/any(p:p/x eq 1)":                                          true,
		"isof('microsoft.graph.user')":                                    true,
		"isof('graph.User')":                                              false,
		"isof('microsoft.graph.group')":                                   false,
		"count eq 5 and enabled eq true":                                  true,
		"count eq 5 and enabled eq false":                                 false,
		"count eq 6 or enabled eq true":                                   true,
		"unknown eq 1 or enabled eq true":                                 true,
		"not(unknown eq 1 and enabled eq false)":                          true,
	}
	for text, want := range rows {
		if got := evaluate(t, text, ada); got != want {
			t.Errorf("%s: got %t, want %t", text, got, want)
		}
	}
}

// Neither a condition nor its negation may select a row about which it says nothing.
func TestRowThatCannotBeEvaluatedIsLeftOutEvenUnderNot(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"unknown eq 1", "unknown ne 1", "unknown eq null", "unknown in (1)", "unknown/any()", "unknown/any(x:x eq 1)",
		"startswith(unknown,'a')", "startswith(mail,'a')", "startswith(count,'5')", "contains(types,'U')",
		"exact eq 5", "exact gt 5", "count eq '5'", "created gt '2021'", "enabled gt false", "enabled eq 1",
		"skuId gt 184efa21-98c3-4e5d-95ab-d07053a96e67", "types eq 'Unified'", "count has 'a'", "exact/any()",
		"exact/$count eq 1", "nothing/$count eq 0", "types/any(x:x/y eq 1)", "partly/any(p:p/x eq 2)", "licenses/any(l:l eq 1)",
		"unknown eq 1 and enabled eq true", "unknown eq 1 or enabled eq false",
	} {
		for _, text := range []string{text, "not(" + text + ")", "not(not(" + text + "))"} {
			if evaluate(t, text, ada) {
				t.Errorf("%s selects the row", text)
			}
		}
	}
	if evaluate(t, "not(isof('microsoft.graph.user'))", properties(nil)) {
		t.Error("a row without a type is selected")
	}
	if !Eval(nil, ada) {
		t.Error("no filter leaves the row out")
	}
}

func evaluate(t *testing.T, text string, row Row) bool {
	t.Helper()
	n, err := ParseFilter(text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return Eval(n, row)
}

// Whatever the filter, a row is selected by it or by its negation or by neither.
func TestFilterAndItsNegationNeverBothSelect(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := nodes("", 3).Draw(t, "filter")
		// The row answers alike each time it is asked; some paths it cannot evaluate.
		known := map[string]Value{}
		row := func(path []string) (Value, bool) {
			key := strings.Join(path, "/")
			if _, asked := known[key]; !asked {
				known[key] = literals().Draw(t, "value").Value
			}
			return known[key], len(path)%2 == 1
		}
		if Eval(n, row) && Eval(Not{Term: n}, row) {
			t.Fatalf("%s and its negation select one row", n)
		}
	})
}

func TestRowsAreOrderedWithNullFirst(t *testing.T) {
	t.Parallel()
	q, err := Parse("$orderby=name,age desc", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	row := func(name, age Value) Row { return properties(map[string]Value{"name": name, "age": age}) }
	ordered := []Row{
		properties(map[string]Value{"age": Int(9)}),
		row(Null(), Int(8)),
		row(Folded("ada"), Int(3)),
		row(Folded("ADA"), Int(2)),
		row(Folded("ADA"), Null()),
		row(Folded("bob"), Bool(true)),
		row(Folded("bob"), Bool(false)),
		row(Folded("cy"), ID(sku)),
	}
	for i, a := range ordered {
		for j, b := range ordered {
			got := q.CompareRows(a, b)
			if (i < j) != (got < 0) || (i > j) != (got > 0) {
				t.Errorf("row %d against row %d: %d", i, j, got)
			}
		}
	}
}
