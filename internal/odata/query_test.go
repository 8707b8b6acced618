package odata

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// documented are the query strings of testdata/queries.txt.
func documented(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/queries.txt")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if len(lines) < 90 {
		t.Fatalf("only %d documented queries", len(lines))
	}
	return lines
}

func TestEveryDocumentedQueryIsRead(t *testing.T) {
	t.Parallel()
	for _, raw := range documented(t) {
		q, err := Parse(raw, Limits{})
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		wantWhole(t, raw, q)
	}
}

// wantWhole fails if an option was given and left no trace, or the reverse.
func wantWhole(t *testing.T, raw string, q Query) {
	t.Helper()
	for option, present := range map[Options]bool{
		Filter: q.Filter != nil, Select: q.Select != nil, Expand: q.Expand != nil, OrderBy: q.OrderBy != nil,
		Top: q.Top != nil, Skip: q.Skip != nil, SkipToken: q.SkipToken != "", DeltaToken: q.DeltaToken != "",
		Search: q.Search != nil, Format: q.Format != "",
	} {
		if given := q.Given&option != 0; given != present {
			t.Errorf("%s: %s given: %t, read: %t", raw, option, given, present)
		}
	}
	if q.Count && q.Given&Count == 0 {
		t.Errorf("%s: $count read but not given", raw)
	}
}

// The page user-list prints "$orderbydisplayName" without its equals sign; read as
// nothing it would lose the order that was asked for.
func TestSlipInAnExampleIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Parse(`$search="displayName:wa" OR "displayName:ad"&$orderbydisplayName&$count=true`, Limits{})
	wantFault(t, err, "'$orderbydisplayName' is not supported")
}

func TestQueryOptionsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	rows := []struct {
		raw  string
		want Query
	}{
		{"", Query{}},
		{"&&", Query{}},
		{"$select=id,%20displayName&$top=5&$count=true", Query{Given: Select | Top | Count, Select: []string{"id", "displayName"}, Top: new(5), Count: true}},
		{"select=id,ID,mail", Query{Given: Select, Select: []string{"id", "mail"}}},
		{"$select=*", Query{Given: Select, Select: []string{"*"}}},
		{"%24Top=0&$SKIP=7", Query{Given: Top | Skip, Top: new(0), Skip: new(7)}},
		{"$count=False", Query{Given: Count}},
		{"$orderBy=displayName+desc,a/b,id%20ASC", Query{Given: OrderBy, OrderBy: []Order{{Path: []string{"displayName"}, Desc: true}, {Path: []string{"a", "b"}}, {Path: []string{"id"}}}}},
		{"$filter = id eq 'a'", Query{Given: Filter, Filter: eq("id", Text("a"))}},
		{"$filter=a+eq+'b%2Bc'", Query{Given: Filter, Filter: eq("a", Text("b+c"))}},
		{"$filter=a eq 'b%26c=d'", Query{Given: Filter, Filter: eq("a", Text("b&c=d"))}},
		{"$filter=t ge 2021-07-09T14:00:00%2B02:00", Query{Given: Filter, Filter: Compare{Op: Ge, Path: path("t"), Value: lit(Instant(noon))}}},
		{"skiptoken=Ab-_9", Query{Given: SkipToken, SkipToken: "Ab-_9"}},
		{"$deltatoken=x", Query{Given: DeltaToken, DeltaToken: "x"}},
		{"$format=application/json;odata.metadata=none", Query{Given: Format, Format: "application/json;odata.metadata=none"}},
		{`$search="displayName:wa" OR "mail:b"`, Query{Given: Search, Search: &SearchNode{Any: true, Terms: []*SearchNode{{Property: "displayName", Text: "wa"}, {Property: "mail", Text: "b"}}}}},
		{"$expand=*", Query{Given: Expand, Expand: []Expansion{{Path: "*"}}}},
		{"$expand=policy($expand=rules($select=id,%20x;$filter=a eq ';,)(''');$select=id),scope", Query{Given: Expand, Expand: []Expansion{
			{Path: "policy", Query: Query{Given: Expand | Select, Select: []string{"id"}, Expand: []Expansion{
				{Path: "rules", Query: Query{Given: Select | Filter, Select: []string{"id", "x"}, Filter: eq("a", Text(";,)('"))}},
			}}},
			{Path: "scope"},
		}}},
		{"expand=members ( select = id ; $top=3 )", Query{Given: Expand, Expand: []Expansion{
			{Path: "members", Query: Query{Given: Select | Top, Select: []string{"id"}, Top: new(3)}},
		}}},
	}
	for _, row := range rows {
		t.Run(row.raw, func(t *testing.T) {
			t.Parallel()
			got, err := Parse(row.raw, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got, anywhere); diff != "" {
				t.Fatalf("want - got +\n%s", diff)
			}
		})
	}
}

func TestWhatIsNotUnderstoodIsRefusedByName(t *testing.T) {
	t.Parallel()
	deep := "$expand=a($expand=b($expand=c($expand=d)))"
	rows := []struct{ raw, target, says string }{
		{"$apply=x", "$apply", "'$apply' is not supported"},
		{"foo=1", "foo", "'foo' is not supported"},
		{"api-version=1", "api-version", "'api-version' is not supported"},
		{"@id=x", "@id", "'@id' is not supported"},
		{"=x", "", "'' is not supported"},
		{"$$filter=a eq 1", "$$filter", "'$$filter' is not supported"},
		{"$filter=a eq 1&$filter=a eq 1", "$filter", "given more than once"},
		{"$filter=a eq 1&%24FILTER=b eq 1", "$filter", "given more than once"},
		{"$filter=a eq 1&filter=b eq 1", "$filter", "given more than once"},
		{"$filter", "$filter", "'$filter' has no value"},
		{"$filter=", "$filter", "'$filter' has no value"},
		{"$filter=%20", "$filter", "'$filter' has no value"},
		{"$select=", "$select", "has no value"},
		{"$expand=", "$expand", "has no value"},
		{"$skiptoken=", "$skiptoken", "has no value"},
		{"$filter=a eq 'b&c'", "$filter", "the string is not closed"},
		{"$filter=a eq 1;b", "$filter", "';' is not expected (position 6)"},
		{"$filter=a eq %zz", "$filter", "percent sign"},
		{"$filter=a eq '%00'", "$filter", "bytes that are not text"},
		{"$filter=a eq '%ff'", "$filter", "bytes that are not text"},
		{"%fftop=1", "", "bytes that are not text"},
		{"$top=-1", "$top", "Invalid $top clause: '-1' is not a whole number"},
		{"$top=1.5", "$top", "'1.5'"},
		{"$top=2147483648", "$top", "from 0 to 2147483647"},
		{"$skip=x", "$skip", "Invalid $skip clause"},
		{"$count=1", "$count", "neither true nor false"},
		{"$format=xml", "$format", "only application/json"},
		{"$select=id,", "$select", "Parsing OData Select and Expand failed: '' is not a property name (position 3)"},
		{"$select=id;name", "$select", "'id;name' is not a property name (position 0)"},
		{"$select=a//b", "$select", "'' is not a property name (position 2)"},
		{"$select=a(b)", "$select", "not a property name"},
		{"$orderby=a up", "$orderby", "Invalid $orderby clause: 'up' is neither asc nor desc (position 2)"},
		{"$orderby=a desc b", "$orderby", "not a property and a direction"},
		{"$orderby=a,,b", "$orderby", "not a property and a direction (position 2)"},
		{"$orderby=a,A desc", "$orderby", "'A' is given more than once (position 2)"},
		{"$orderby=microsoft.graph.user/a", "$orderby", "type casts"},
		{"$orderby=a/$count", "$orderby", "'$count' is not a property name (position 2)"},
		{"$expand=a,A", "$expand", "'A' is expanded more than once (position 2)"},
		{"$expand=a/$ref", "$expand", "'$ref' is not a property name"},
		{"$expand=a(", "$expand", "not closed"},
		{"$expand=a)", "$expand", "')' closes nothing (position 1)"},
		{"$expand=a()", "$expand", "'' is not an option with a value (position 2)"},
		{"$expand=a(b)c", "$expand", "')' is expected at the end"},
		{"$expand=a(b=1)c(d=2)", "$expand", "')' closes nothing"},
		{"$expand=a($levels=max)", "$levels", "'$levels' is not supported inside $expand"},
		{"$expand=a($skiptoken=x)", "$skiptoken", "not supported inside $expand"},
		{"$expand=a($select=id;select=b)", "$select", "given more than once"},
		{"$expand=a($select=)", "$select", "has no value"},
		{"$expand=ab($filter=c xx 1)", "$filter", "Invalid filter clause: an operator is expected behind 'c', not 'xx' (position 13)"},
		{deep, "$expand", "nested deeper than 3 (position 30)"},
		{"$search=displayName:a", "$search", "in double quotes"},
		{`$search="a"`, "$search", "a clause is a property, a colon and a text, not 'a' (position 0)"},
		{`$search="displayName:"`, "$search", "a clause is a property"},
		{`$search="a:b" "c:d"`, "$search", "AND, OR or the end is expected (position 6)"},
		{`$search="a:b" OR`, "$search", "a clause in double quotes is expected"},
		{`$search="a:b`, "$search", "not closed (position 0)"},
		{`$search="a:b\c"`, "$search", "backslash"},
		{`$search=("a:b"`, "$search", "')' is expected"},
		{`$search=NOT "a:b"`, "$search", "in double quotes is expected"},
	}
	for _, row := range rows {
		t.Run(row.raw, func(t *testing.T) {
			t.Parallel()
			q, err := Parse(row.raw, Limits{})
			if err == nil {
				t.Fatalf("read as %+v", q)
			}
			wantFault(t, err, row.says)
			if f := faultOf(t, err); f.Target != row.target {
				t.Fatalf("target %q, want %q", f.Target, row.target)
			}
		})
	}
}

func TestQueryIsBoundedInEveryDirection(t *testing.T) {
	t.Parallel()
	limits := Limits{Query: 200, Options: 3, Select: 2, OrderBy: 2, Expand: 2, Nodes: 2, Depth: 2}
	rows := []struct{ name, within, beyond, says string }{
		{"bytes", "$skiptoken=" + strings.Repeat("a", 189), "$skiptoken=" + strings.Repeat("a", 190), "longer than 200 bytes"},
		{"parameters", "$top=1&$skip=1&$count=true", "$top=1&$skip=1&$count=true&&", "more than 3 parameters"},
		{"select", "$select=a,b", "$select=a,b,c", "more than 2 names (position 4)"},
		{"orderby", "$orderby=a,b", "$orderby=a,b,c", "more than 2 keys (position 4)"},
		{"expand", "$expand=a,b", "$expand=a,b,c", "more than 2 relations (position 4)"},
		{"options of an expansion", "$expand=a($top=1;$skip=1;$count=true)", "$expand=a($top=1;$skip=1;$count=true;$select=a)", "more than 3 options"},
		{"search clauses", `$search="a:b" OR "c:d"`, `$search="a:b" OR "c:d" OR "e:f"`, "more than 2 clauses (position 18)"},
		{"search depth", `$search=(("a:b"))`, `$search=((("a:b")))`, "nested deeper than 2"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(row.within, limits); err != nil {
				t.Fatalf("within the limit: %v", err)
			}
			_, err := Parse(row.beyond, limits)
			wantFault(t, err, row.says)
		})
	}
}

// '%41' that is left inside quotes after decoding once is somebody's data, not an "A".
func TestTextInQuotesIsNotDecodedTwice(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Node{
		"$filter=a eq '%2541'":                      eq("a", Text("%41")),
		"$filter=a eq '100%25'":                     eq("a", Text("100%")),
		"$filter=a%2520eq%2520%2527b%252520c%2527":  eq("a", Text("b%20c")),
		"%2524filter=a%2Beq%2B%2527b%252Bc%2527":    eq("a", Text("b+c")),
		"$filter=endsWith(a,'%2523EXT%2523@b.com')": Match{Func: EndsWith, Path: path("a"), Arg: "%23EXT%23@b.com"},
	} {
		q, err := Parse(raw, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if diff := cmp.Diff(want, q.Filter, anywhere); diff != "" {
			t.Errorf("%s: want - got +\n%s", raw, diff)
		}
	}
}

func TestOtherParametersAreReadOnlyWhenExpected(t *testing.T) {
	t.Parallel()
	raw := "%40id=" + url.QueryEscape("https://localhost/v1.0/users/ada") + "&$top=1"
	q, err := Parse(raw, Limits{}, "@id")
	if err != nil || q.Other["@id"] != "https://localhost/v1.0/users/ada" || *q.Top != 1 {
		t.Fatalf("%+v, %v", q, err)
	}
	_, err = Parse(raw+"&@id=other", Limits{}, "@id")
	wantFault(t, err, "'@id' is given more than once")
	_, err = Parse(raw, Limits{}, "@ID")
	wantFault(t, err, "'@id' is not supported")
}

func TestOptionThatAnOperationDoesNotTakeIsRefusedByName(t *testing.T) {
	t.Parallel()
	q, err := Parse("$top=1&$skip=2&$count=true", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Only(Top | Skip | Count | Filter); err != nil {
		t.Fatal(err)
	}
	wantFault(t, q.Only(Top|Count), "'$skip' is not supported for this request")
	wantFault(t, q.Only(0), "'$top'")
	if got := (Filter | Top).String(); got != "$filter,$top" {
		t.Fatal(got)
	}
}

func TestShapeIsEqualForTheSameRowsInTheSameOrder(t *testing.T) {
	t.Parallel()
	shape := func(raw string) string {
		q, err := Parse(raw, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return q.Shape()
	}
	base := shape("$filter=a eq 1 and b eq 2&$orderby=c desc")
	if base != shape("orderby=c%20DESC&$top=3&$select=x&$skiptoken=t&$filter=a+EQ+1+AND+b+eq+2") {
		t.Error("the same query has two shapes")
	}
	for _, raw := range []string{
		"", "$filter=a eq 1 and b eq 2", "$filter=a eq 1 and b eq 2&$orderby=c",
		"$filter=a eq 1 or b eq 2&$orderby=c desc", `$filter=a eq 1 and b eq 2&$orderby=c desc&$search="a:b"`,
	} {
		if base == shape(raw) {
			t.Errorf("%q has the shape of another query", raw)
		}
	}
}

func TestNextLinkKeepsEveryOptionButThePageToken(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                               "$skiptoken=new",
		"$filter=a eq 'b'&$top=2":        "$filter=a eq 'b'&$top=2&$skiptoken=new",
		"$top=2&%24skiptoken=old&$x":     "$top=2&$x&$skiptoken=new",
		"&skiptoken=old&$count=true":     "$count=true&$skiptoken=new",
		"%2524SkipToken=old&$select=a,b": "$select=a,b&$skiptoken=new",
	} {
		if got := Next(raw, "new"); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestContextIsWrittenAsTheExamplesShow(t *testing.T) {
	t.Parallel()
	requests := "roleManagement/directory/roleAssignmentScheduleRequests"
	rows := []struct {
		set, raw string
		single   bool
		want     string
	}{
		{"users", "", false, "users"},
		{"users", "$top=1", true, "users/$entity"},
		{"users", "$select=id,displayName", false, "users(id,displayName)"},
		{"users", "$select=customSecurityAttributes", true, "users(customSecurityAttributes)/$entity"},
		{"policies/roleManagementPolicies", "$expand=rules", false, "policies/roleManagementPolicies(rules())"},
		{"policies/roleManagementPolicyAssignments", "$expand=policy($expand=rules)", true, "policies/roleManagementPolicyAssignments(policy(rules()))/$entity"},
		{"groups", "$select=id,assignedLicenses&$expand=members($select=id,displayName)", false, "groups(id,assignedLicenses,members())"},
		{
			requests, "$select=principalId,action,roleDefinitionId&$expand=roleDefinition,activatedUsing,principal,targetSchedule", true,
			requests + "(principalId,action,roleDefinitionId,roleDefinition(),activatedUsing(),principal(),targetSchedule())/$entity",
		},
	}
	for _, row := range rows {
		q, err := Parse(row.raw, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := Context(row.set, q, row.single); got != row.want {
			t.Errorf("%s: got %s, want %s", row.raw, got, row.want)
		}
	}
}

func TestSearchBindsAndTighterThanOr(t *testing.T) {
	t.Parallel()
	clause := func(p, text string) *SearchNode { return &SearchNode{Property: p, Text: text} }
	rows := []struct {
		text string
		want *SearchNode
	}{
		{`"displayName:One Video"`, clause("displayName", "One Video")},
		{`"displayName: a:b "`, clause("displayName", "a:b")},
		{`"description:say \"hi\" \\"`, clause("description", `say "hi" \`)},
		{`"a:1" or "b:2" And "c:3"`, &SearchNode{Any: true, Terms: []*SearchNode{clause("a", "1"), {Terms: []*SearchNode{clause("b", "2"), clause("c", "3")}}}}},
		{`("a:1" OR "b:2") AND "c:3"`, &SearchNode{Terms: []*SearchNode{{Any: true, Terms: []*SearchNode{clause("a", "1"), clause("b", "2")}}, clause("c", "3")}}},
	}
	for _, row := range rows {
		got, err := ParseSearch(row.text, Limits{})
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if diff := cmp.Diff(row.want, got, anywhere); diff != "" {
			t.Errorf("%s: want - got +\n%s", row.text, diff)
		}
	}
}
