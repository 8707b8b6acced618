package odata

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exampleBatch is the request of the page on batching.
const exampleBatch = `{"requests": [
 {"id": "1", "method": "GET", "url": "/me/memberOf"},
 {"id": "2", "method": "GET", "url": "/me/planner/tasks"},
 {"id": "3", "method": "DELETE", "url": "/groups/0e226165-c685-41ce-8bfc-df8360ab325d"},
 {"id": "4", "url": "/users/161ab652-cdbc-490d-82a4-0ada1f0db247/getPasswordSingleSignOnCredentials", "method": "POST", "body": {}, "headers": {"Content-Type": "application/json"}},
 {"id": "5", "url": "users?$select=id,displayName,userPrincipalName&$filter=city eq null&$count=true", "method": "GET", "headers": {"ConsistencyLevel": "eventual"}}
]}`

func TestBatchOfTheReferenceIsRead(t *testing.T) {
	t.Parallel()
	got, err := DecodeBatch([]byte(exampleBatch))
	if err != nil {
		t.Fatal(err)
	}
	want := []BatchItem{
		{ID: "1", Method: "GET", Path: "/me/memberOf"},
		{ID: "2", Method: "GET", Path: "/me/planner/tasks"},
		{ID: "3", Method: "DELETE", Path: "/groups/0e226165-c685-41ce-8bfc-df8360ab325d"},
		{
			ID: "4", Method: "POST", Path: "/users/161ab652-cdbc-490d-82a4-0ada1f0db247/getPasswordSingleSignOnCredentials",
			Headers: map[string]string{"content-type": "application/json"}, Body: json.RawMessage("{}"),
		},
		{
			ID: "5", Method: "GET", Path: "/users", RawQuery: "$select=id,displayName,userPrincipalName&$filter=city eq null&$count=true",
			Headers: map[string]string{"consistencylevel": "eventual"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("want - got +\n%s", diff)
	}
	if _, err := Parse(got[4].RawQuery, Limits{}); err != nil {
		t.Fatal(err)
	}
}

func TestBatchItemsFollowWhatTheyDependOn(t *testing.T) {
	t.Parallel()
	got, err := DecodeBatch([]byte(`{"requests":[
		{"id":"d","method":"get","url":"/d","dependsOn":["B","c"]},
		{"id":"c","method":"get","url":"/c","dependsOn":["a"],"body":null,"headers":null},
		{"id":"b","method":"get","url":"/b","dependsOn":null},
		{"id":"A","method":"get","url":"/a","dependsOn":[]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, item := range got {
		order = append(order, item.ID+"<"+strings.Join(item.DependsOn, ","))
	}
	if diff := cmp.Diff([]string{"b<", "A<", "c<A", "d<b,c"}, order); diff != "" {
		t.Fatal(diff)
	}
}

// CLI for Microsoft 365 numbers its items.
func TestBatchIdsMayBeWholeNumbers(t *testing.T) {
	t.Parallel()
	got, err := DecodeBatch([]byte(`{"requests":[{"id":21,"method":"GET","url":"/b","dependsOn":[1,"0"]},{"id":1,"method":"GET","url":"/a"},{"id":0,"method":"GET","url":"/a"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []BatchItem{{ID: "1", Method: "GET", Path: "/a"}, {ID: "0", Method: "GET", Path: "/a"}, {ID: "21", Method: "GET", Path: "/b", DependsOn: []string{"1", "0"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestItemIsBlockedByAFailedDependency(t *testing.T) {
	t.Parallel()
	item := BatchItem{DependsOn: []string{"a", "b"}}
	for name, row := range map[string]struct {
		statuses map[string]int
		want     bool
	}{
		"both succeeded": {map[string]int{"a": 200, "b": 204}, false},
		"one failed":     {map[string]int{"a": 200, "b": 400}, true},
		"one is blocked": {map[string]int{"a": 424, "b": 200}, true},
		"one is missing": {map[string]int{"a": 200}, true},
	} {
		if got := item.Blocked(row.statuses); got != row.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if (BatchItem{}).Blocked(nil) {
		t.Error("an item without dependencies is blocked")
	}
}

func TestMalformedBatchIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	item := func(members string) string {
		return `{"requests":[{"id":"1","method":"GET","url":"/me"},{` + members + `}]}`
	}
	good := `"id":"2","method":"GET","url":"/a"`
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprintf(`{"id":"%d","method":"GET","url":"/me"}`, i))
	}
	rows := []struct{ body, says string }{
		{``, "not JSON"},
		{`{"requests":[`, "not JSON"},
		{`[]`, "an object is expected"},
		{`null`, "an object is expected"},
		{`{}`, "'requests' is an array of 1 to 20 items"},
		{`{"requests":null}`, "'requests' is an array"},
		{`{"requests":{}}`, "'requests' is an array"},
		{`{"requests":[]}`, "'requests' is an array"},
		{`{"Requests":[]}`, "'Requests' is not supported"},
		{`{"requests":[],"requests":[]}`, "'requests' is given more than once"},
		{`{"requests":[],"other":1}`, "'other' is not supported"},
		{`{"requests":[` + strings.Join(many, ",") + `]}`, "1 to 20 items"},
		{`{"requests":[null]}`, "an object is expected"},
		{`{"requests":[` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `]}`, "nested deeper than 64"},
		{"{\"requests\":[{\"id\":\"\xff\"}]}", "not JSON in UTF-8"},
		{strings.Repeat(" ", 4<<20) + " ", "larger than 4194304 bytes"},
		{item(`"method":"GET","url":"/a"`), "'id' is missing"},
		{item(`"id":2.5,"method":"GET","url":"/a"`), "'id' is missing, empty or neither a string nor a whole number"},
		{item(`"id":2e1,"method":"GET","url":"/a"`), "neither a string nor a whole number"},
		{item(`"id":-2,"method":"GET","url":"/a"`), "neither a string nor a whole number"},
		{item(`"id":true,"method":"GET","url":"/a"`), "neither a string nor a whole number"},
		{item(`"id":["2"],"method":"GET","url":"/a"`), "neither a string nor a whole number"},
		{item(`"id":1,"method":"GET","url":"/a"`), "the id '1' is given more than once"},
		{item(`"id":null,"method":"GET","url":"/a"`), "'id' is missing"},
		{item(`"id":"","method":"GET","url":"/a"`), "'id' is missing"},
		{item(`"id":"\u0000","method":"GET","url":"/a"`), "control characters"},
		{item(`"id":"` + strings.Repeat("i", 129) + `","method":"GET","url":"/a"`), "longer than 128 bytes"},
		{item(`"id":"2","url":"/a"`), "'method' is missing"},
		{item(`"id":"2","method":"TRACE","url":"/a"`), "the method 'TRACE' is not supported"},
		{item(`"id":"2","method":"GET"`), "'url' is missing"},
		{item(`"id":"2","method":"GET","url":"/a","URL":"/b"`), "'URL' is not supported"},
		{item(`"id":"2","method":"GET","url":"/a","url":"/b"`), "'url' is given more than once"},
		{item(`"id":"2","method":"GET","url":"/a","atomicityGroup":"g"`), "'atomicityGroup' is not supported"},
		{item(`"id":"1","method":"GET","url":"/a"`), "the id '1' is given more than once"},
		{item(good + `,"body":{}`), "a body needs a Content-Type header"},
		{item(good + `,"body":{},"headers":{"Accept":"x"}`), "a body needs a Content-Type header"},
		{item(good + `,"headers":[]`), "an object is expected"},
		{item(good + `,"headers":{"A":1}`), "the header 'A' is not a name with a string"},
		{item(good + `,"headers":{"A":null}`), "the header 'A' is not a name with a string"},
		{item(good + `,"headers":{"A":"b\r\nC: d"}`), "the header 'A' is not a name with a string"},
		{item(good + `,"headers":{"A b":"c"}`), "is not a name with a string"},
		{item(good + `,"headers":{"":"c"}`), "is not a name with a string"},
		{item(good + `,"headers":{"a":"b","A":"c"}`), "the header 'a' is given more than once"},
		{item(good + `,"headers":{"Authorization":"Bearer x"}`), "the header 'Authorization' belongs to the batch"},
		{item(good + `,"headers":{"x-forwarded-for":"::1"}`), "belongs to the batch"},
		{item(good + `,"dependsOn":"1"`), "'dependsOn' is an array of ids"},
		{item(good + `,"dependsOn":[1.5]`), "'dependsOn' is an array of ids"},
		{item(good + `,"dependsOn":[3]`), "'2' depends on '3', which is no request of the batch"},
		{item(good + `,"dependsOn":["3"]`), "'2' depends on '3', which is no request of the batch"},
		{item(good + `,"dependsOn":[null]`), "which is no request of the batch"},
		{item(good + `,"dependsOn":["2"]`), "in a circle"},
		{`{"requests":[{"id":"a","method":"GET","url":"/a","dependsOn":["b"]},{"id":"b","method":"GET","url":"/a","dependsOn":["A"]}]}`, "in a circle"},
		{`{"requests":[{"id":"a","method":"GET","url":"/a"},{"id":"A","method":"GET","url":"/a"}]}`, "the id 'A' is given more than once"},
	}
	for _, row := range rows {
		items, err := DecodeBatch([]byte(row.body))
		if err == nil {
			t.Fatalf("%s is read as %+v", row.body, items)
		}
		wantFault(t, err, "Invalid batch", row.says)
	}
}

func TestBatchURLStaysBelowTheServiceRoot(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"me":                          "/me",
		"/me":                         "/me",
		"users/admin%40contoso.com":   "/users/admin%40contoso.com",
		"users/a+b":                   "/users/a+b",
		"applications(appId='api:x')": "/applications(appId='api:x')",
		"/users/ada:x":                "/users/ada:x",
	} {
		var item BatchItem
		if err := item.setURL(url, ""); err != nil || item.Path != want {
			t.Errorf("%s: %s, %v", url, item.Path, err)
		}
	}
	for _, url := range []string{
		"https://graph.microsoft.com/v1.0/me", "HTTP:x", "//evil.example/me", "mailto:a", "/a/../b", "/a/..%2fb", "%2e%2e/b", "./a",
		"/a/..", "/a\\b", "/a#b", "/a\nb", "/a%zz", "/a%00", "/a%ff", "$batch", "/%24BATCH", "/v1.0/$batch", strings.Repeat("a", 18433),
	} {
		var item BatchItem
		wantFault(t, item.setURL(url, "requests[0]"), "Invalid batch")
	}
}

func TestBatchAnswerIsEncodedAsTheReferenceShows(t *testing.T) {
	t.Parallel()
	got, err := EncodeBatch([]BatchResponse{
		{ID: "1", Status: 200, Headers: map[string]string{"OData-Version": "4.0", "Content-Type": "application/json"}, Body: json.RawMessage(`{"value":"<&>"}`)},
		{ID: "2", Status: 204},
	})
	want := `{"responses":[{"id":"1","status":200,"headers":{"Content-Type":"application/json","OData-Version":"4.0"},"body":{"value":"<&>"}},{"id":"2","status":204}]}`
	if err != nil || string(got) != want {
		t.Fatalf("%s, %v", got, err)
	}
	if got, err := EncodeBatch(nil); err != nil || string(got) != `{"responses":[]}` {
		t.Fatalf("%s, %v", got, err)
	}
	if got, err := EncodeBatch([]BatchResponse{{ID: "1", Body: json.RawMessage(`36 users`)}}); err == nil {
		t.Fatalf("a body that is not JSON gives %s", got)
	}
}
