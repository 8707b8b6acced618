package odata

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// anywhere compares trees without their positions.
var anywhere = cmp.Options{
	cmpopts.IgnoreFields(And{}, "Pos"), cmpopts.IgnoreFields(Or{}, "Pos"), cmpopts.IgnoreFields(Not{}, "Pos"),
	cmpopts.IgnoreFields(Compare{}, "Pos"), cmpopts.IgnoreFields(In{}, "Pos"), cmpopts.IgnoreFields(Match{}, "Pos"),
	cmpopts.IgnoreFields(IsOf{}, "Pos"), cmpopts.IgnoreFields(Any{}, "Pos"), cmpopts.IgnoreFields(Path{}, "Pos"),
	cmpopts.IgnoreFields(Literal{}, "Pos"), cmpopts.IgnoreFields(SearchNode{}, "Pos"), cmpopts.EquateEmpty(),
}

func path(s string) Path { return Path{Names: strings.Split(s, "/")} }

func lit(v Value) Literal { return Literal{Value: v} }

func eq(p string, v Value) Node { return Compare{Op: Eq, Path: path(p), Value: lit(v)} }

var (
	sku   = guid.Must("184efa21-98c3-4e5d-95ab-d07053a96e67")
	noon  = instant("2021-07-09T12:00:00Z")
	dayOf = instant("2021-11-01T00:00:00Z")
)

func instant(s string) when.Instant {
	t, ok := when.Parse(s)
	if !ok {
		panic("not an instant: " + s)
	}
	return t
}

func TestFilterIsReadAsTheReferenceDescribesIt(t *testing.T) {
	t.Parallel()
	element := Path{Var: "x"}
	rows := []struct {
		text string
		want Node
	}{
		{"principalId eq 'a'", eq("principalId", Text("a"))},
		{"PrincipalId EQ 'a'", eq("PrincipalId", Text("a"))},
		{"displayName eq 'O''Brien'", eq("displayName", Text("O'Brien"))},
		{"displayName eq ''", eq("displayName", Text(""))},
		{"displayName eq 'é (and) or, %41'", eq("displayName", Text("é (and) or, %41"))},
		{"a ne 1", Compare{Op: Ne, Path: path("a"), Value: lit(Int(1))}},
		{"a gt -1", Compare{Op: Gt, Path: path("a"), Value: lit(Int(-1))}},
		{"a ge 1.5", Compare{Op: Ge, Path: path("a"), Value: lit(Float(1.5))}},
		{"a lt 1e3", Compare{Op: Lt, Path: path("a"), Value: lit(Float(1000))}},
		{"a le 9223372036854775807", Compare{Op: Le, Path: path("a"), Value: lit(Int(9223372036854775807))}},
		{"a has 'x'", Compare{Op: Has, Path: path("a"), Value: lit(Text("x"))}},
		{"a eq TRUE", eq("a", Bool(true))},
		{"a eq false", eq("a", Bool(false))},
		{"appScopeId eq null", eq("appScopeId", Null())},
		{"skuId eq 184efa21-98c3-4e5d-95ab-d07053a96e67", eq("skuId", ID(sku))},
		{"skuId eq CBDC14AB-d96c-4c30-b9f4-6ada7cdc1d46", eq("skuId", ID(guid.Must("cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46")))},
		{"t ge 2021-07-09T12:00:00Z", Compare{Op: Ge, Path: path("t"), Value: lit(Instant(noon))}},
		{"t ge 2021-07-09T14:00:00.000+02:00", Compare{Op: Ge, Path: path("t"), Value: lit(Instant(noon))}},
		{"t ge 2021-11-01", Compare{Op: Ge, Path: path("t"), Value: lit(Instant(dayOf))}},
		{"d eq duration'PT5H'", eq("d", Duration(5*time.Hour))},
		{"d eq duration'P1DT2H3M4.5S'", eq("d", Duration(26*time.Hour+3*time.Minute+4500*time.Millisecond))},
		{"initiatedBy/user/id eq 'a'", eq("initiatedBy/user/id", Text("a"))},
		{"owners/$count eq 0", Compare{Op: Eq, Path: Path{Names: []string{"owners"}, Count: true}, Value: lit(Int(0))}},
		{"a eq 1 and b eq 2 or c eq 3", Or{Terms: []Node{And{Terms: []Node{eq("a", Int(1)), eq("b", Int(2))}}, eq("c", Int(3))}}},
		{"a eq 1 and (b eq 2 or c eq 3)", And{Terms: []Node{eq("a", Int(1)), Or{Terms: []Node{eq("b", Int(2)), eq("c", Int(3))}}}}},
		{"a eq 1 AND b eq 2 And c eq 3", And{Terms: []Node{eq("a", Int(1)), eq("b", Int(2)), eq("c", Int(3))}}},
		{"NOT startsWith(displayName, 'Conf')", Not{Term: Match{Func: StartsWith, Path: path("displayName"), Arg: "Conf"}}},
		{"NOT(a eq 'x')", Not{Term: eq("a", Text("x"))}},
		{"not not (a eq 1)", Not{Term: Not{Term: eq("a", Int(1))}}},
		{"endsWith(mail,'@outlook.com')", Match{Func: EndsWith, Path: path("mail"), Arg: "@outlook.com"}},
		{"CONTAINS( a/b , 'c' )", Match{Func: Contains, Path: path("a/b"), Arg: "c"}},
		{"isof('microsoft.graph.user')", IsOf{Type: "microsoft.graph.user"}},
		{"id in ('a', 'b')", In{Path: path("id"), Values: []Literal{lit(Text("a")), lit(Text("b"))}}},
		{"isBuiltIn in (true)", In{Path: path("isBuiltIn"), Values: []Literal{lit(Bool(true))}}},
		{"assignedLicenses/any()", Any{Path: path("assignedLicenses")}},
		{"groupTypes/any(x:x eq 'Unified')", Any{
			Path: path("groupTypes"), Var: "x",
			Body: Compare{Path: element, Value: lit(Text("Unified"))},
		}},
		{"l/any (x:x/skuId eq 184efa21-98c3-4e5d-95ab-d07053a96e67)", Any{
			Path: path("l"), Var: "x",
			Body: Compare{Path: Path{Var: "x", Names: []string{"skuId"}}, Value: lit(ID(sku))},
		}},
		{"a/b/any(x:endswith(x,'c') or x in ('d'))", Any{Path: path("a/b"), Var: "x", Body: Or{Terms: []Node{
			Match{Func: EndsWith, Path: element, Arg: "c"}, In{Path: element, Values: []Literal{lit(Text("d"))}},
		}}}},
		{"and eq 1 and in in (1)", And{Terms: []Node{eq("and", Int(1)), In{Path: path("in"), Values: []Literal{lit(Int(1))}}}}},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			got, err := ParseFilter(row.text, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got, anywhere); diff != "" {
				t.Fatalf("want - got +\n%s", diff)
			}
		})
	}
}

func TestMalformedFilterIsRefusedWithItsPosition(t *testing.T) {
	t.Parallel()
	rows := []struct{ text, says string }{
		{"", "a condition is expected, not the end (position 0)"},
		{"   ", "not the end (position 3)"},
		{"displayName", "an operator is expected behind 'displayName', not the end (position 11)"},
		{"displayName eq", "a literal is expected, not the end (position 14)"},
		{"displayName eq 'a", "the string is not closed (position 15)"},
		{"displayName eq 'a' b", "'and', 'or' or the end is expected, not 'b' (position 19)"},
		{"displayName eq 'a' and", "a condition is expected, not the end (position 22)"},
		{"displayName like 'a'", "an operator is expected behind 'displayName', not 'like' (position 12)"},
		{"displayName eq Ada", "strings stand in single quotes (position 15)"},
		{"displayName eq givenName", "a literal is expected, not 'givenName'"},
		{"'a' eq displayName", "begins with a property or a function, not 'a' (position 0)"},
		{"true", "begins with a property or a function, not 'true'"},
		{"(a eq 1", "')' is expected, not the end (position 7)"},
		{"a eq 1)", "not ')' (position 6)"},
		{"()", "a condition begins with a property or a function, not ')' (position 1)"},
		{"not a eq 1", "in parentheses: not(a eq 1) (position 4)"},
		{"not a in (1)", "in parentheses"},
		{"(a eq 1) eq true", "not 'eq' (position 9)"},
		{"a in ()", "a literal is expected, not ')' (position 6)"},
		{"a in (1,)", "a literal is expected, not ')' (position 8)"},
		{"a in 1", "'(' is expected, not '1' (position 5)"},
		{"l/all(x:x eq 1)", "'all' is not supported; 'any' is (position 2)"},
		{"any(x:x eq 1)", "stands behind a collection"},
		{"l/any(x:y eq 1)", "inside any(x:…) a property begins with x/, not 'y' (position 8)"},
		{"l/any(x:x/m/any(y:y eq 1))", "'any' inside 'any' is not supported (position 12)"},
		{"l/any(x eq 1)", "':' is expected, not 'eq' (position 8)"},
		{"l/any('x':x eq 1)", "a variable is expected, not 'x' (position 6)"},
		{"l/any(x:isof('t'))", "isof inside any"},
		{"l/$count/any()", "an operator is expected behind 'l/$count', not 'any'"},
		{"l/$count/b eq 1", "an operator is expected behind 'l/$count', not 'b'"},
		{"$count eq 1", "a property is expected, not '$count'"},
		{"$it eq 1", "a property is expected, not '$it' (position 0)"},
		{"startswith(displayName)", "',' is expected, not ')' (position 22)"},
		{"startswith(displayName,1)", "a string in single quotes, not '1' (position 23)"},
		{"startswith(l/$count,'1')", "tests a string, not a number (position 11)"},
		{"tolower(a) eq 'b'", "the function 'tolower' is not supported (position 0)"},
		{"microsoft.graph.user/displayName eq 'a'", "type casts such as 'microsoft.graph.user' are not supported here (position 0)"},
		{"a//b eq 1", "a property is expected, not '/' (position 2)"},
		{"a eq 2021-07-09T12:00:00", "with an offset"},
		{"a eq 2021-07-09T12:00:00 02:00", "with an offset"},
		{"a eq 2021-13-01", "with an offset"},
		{"a eq 12abc", "'12abc' is not a number, a GUID or a date and time (position 5)"},
		{"a eq -INF", "is not a number"},
		{"a eq 1e999", "is not a number"},
		{"a eq 0x10", "is not a number"},
		{"a eq 9223372036854775808", "does not fit into 64 bits (position 5)"},
		{"a eq cbdc14ab-d96c", "'cbdc14ab-d96c' is neither a name nor a GUID (position 5)"},
		{"a eq duration'5H'", "is not a duration such as PT5H"},
		{"a eq duration'P1M'", "is not a duration such as PT5H"},
		{"a eq microsoft.graph.status'x'", "write an enumeration's member as a string"},
		{"a eq \"b\"", "'\"' is not expected (position 5)"},
		{"a = 1", "'=' is not expected (position 2)"},
		{"naïve eq 1", "'ï' is not expected (position 2)"},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			n, err := ParseFilter(row.text, Limits{})
			if err == nil {
				t.Fatalf("read as %s", n)
			}
			wantFault(t, err, "Invalid filter clause", row.says)
		})
	}
}

// wantFault fails unless err is the gateway's 400 and its message holds each of says.
func wantFault(t *testing.T, err error, says ...string) {
	t.Helper()
	f := faultOf(t, err)
	for _, s := range says {
		if !strings.Contains(f.Message, s) {
			t.Fatalf("want %q in %q", s, f.Message)
		}
	}
}

// faultOf is the fault in err, which must be the gateway's 400.
func faultOf(t *testing.T, err error) *fault.Fault {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Status != 400 || f.Code != "BadRequest" {
		t.Fatalf("want a 400 BadRequest, got %v", err)
	}
	return f
}

func TestFilterIsBoundedInEveryDirection(t *testing.T) {
	t.Parallel()
	small := Limits{Query: 100_000, Depth: 4, Nodes: 5, InList: 3}
	rows := []struct{ name, within, beyond, says string }{
		{"parentheses", "((((a eq 1))))", "(((((a eq 1)))))", "nested deeper than 4"},
		{"side by side is not deep", "(a eq 1) and ((((a eq 1))))", "(a eq 1) and (((((a eq 1)))))", "nested deeper than 4"},
		{"not", "not not not not (a eq 1)", "not not not not not (a eq 1)", "nested deeper than 4"},
		{"any in parentheses", "(((l/any(x:x eq 1))))", "((((l/any(x:x eq 1)))))", "nested deeper than 4"},
		{"nodes", "a eq 1 or a eq 2 or a eq 3 or a eq 4", "a eq 1 or a eq 2 or a eq 3 or a eq 4 or a eq 5", "more than 5 conditions"},
		{"list", "a in (1,2,3)", "a in (1,2,3,4)", "more than 3 values"},
		{"depth of a hostile text", "a eq 1", strings.Repeat("(", 50_000), "nested deeper than 4"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if _, err := ParseFilter(row.within, small); err != nil {
				t.Fatalf("within the limit: %v", err)
			}
			_, err := ParseFilter(row.beyond, small)
			wantFault(t, err, row.says)
		})
	}
	_, err := ParseFilter(strings.Repeat(" ", 16385), Limits{})
	wantFault(t, err, "longer than 16384 bytes")
}

func TestDurationHasAFixedLengthThatFits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"PT0S": 0, "P1D": 24 * time.Hour, "PT90M": 90 * time.Minute, "PT0.000000001S": 1, "P73000D": 200 * 365 * 24 * time.Hour,
	} {
		n, err := ParseFilter("a eq duration'"+text+"'", Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(eq("a", Duration(want)), n, anywhere); diff != "" {
			t.Error(diff)
		}
	}
	for _, text := range []string{
		"", "P", "PT", "P1DT", "5H", "pt5h", "-PT5H", "P1Y", "P1M", "P1W", "PT5H3H", "PT3M5H", "PT1D", "P5H", "PT1.5H", "PT.5S", "PT1.S",
		"PT1.0000000001S", "PT+1S", "PT1_0S", "PT S", "P73000DT1S", "P73001D", "P106752D", "PT9223372037S", "P99999999999999999999D",
	} {
		_, err := ParseFilter("a eq duration'"+text+"'", Limits{})
		wantFault(t, err, "is not a duration such as PT5H (position 5)")
	}
}

func TestEveryNodeKnowsWhereItStands(t *testing.T) {
	t.Parallel()
	text := "not (a/b eq 'c') and (l/any(x:x/y in (1,2)) or startswith(d,'e') or isof('f'))"
	n, err := ParseFilter(text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var starts []string
	Walk(n, func(n Node) bool {
		starts = append(starts, strings.FieldsFunc(text[n.At():], func(r rune) bool { return strings.ContainsRune(" /(", r) })[0])
		return true
	})
	want := []string{"not", "not", "a", "l", "l", "x", "startswith", "isof"}
	if diff := cmp.Diff(want, starts); diff != "" {
		t.Fatal(diff)
	}
	var paths []string
	for _, p := range Paths(n) {
		paths = append(paths, p.String())
	}
	if diff := cmp.Diff([]string{"a/b", "l", "x/y", "d"}, paths); diff != "" {
		t.Fatal(diff)
	}
}
