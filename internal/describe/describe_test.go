package describe

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"ephor/internal/graph"
	"ephor/internal/op"
)

func TestTheOpenAPIDocumentIsValid(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(Documents(graph.Operations(), graph.Types())["openapi.json"])
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTheMetadataIsWellFormed(t *testing.T) {
	t.Parallel()
	var v any
	if err := xml.Unmarshal(Metadata(graph.Operations(), graph.Types(), op.V1), &v); err != nil {
		t.Fatal(err)
	}
}

func TestOperationsAreDeclaredWhole(t *testing.T) {
	t.Parallel()
	graph.Operations().MustCheck()
}

func TestCoverageTellsServedFromNot(t *testing.T) {
	t.Parallel()
	if twice := strings.Count(published, "\nGET /users\n"); twice != 1 {
		t.Errorf("GET /users is published %d times", twice)
	}
	list := op.Operations{
		{Name: "listUsers", Method: "GET", Path: "/users", Versions: op.Both},
		{Name: "removeMember", Method: "DELETE", Path: "/groups/{id}/members/{member}/$ref", Versions: op.Both},
		{Name: "listSteps", Method: "GET", Path: "/roleManagement/directory/roleAssignmentApprovals/{approval}/steps", Versions: op.V1},
	}
	text := string(coverage(list))
	for _, want := range []string{
		"Of 201 published operations within Ephor's scope, 4 are served", // with $batch and $metadata, without steps
		"| `GET /users` | listUsers |", "| `POST /users` | - |",
		"| `DELETE /groups/{id}/members/{id}/$ref` | removeMember |",
		"| `GET /roleManagement/directory/roleAssignmentApprovals/{id}/steps (beta)` | - |",
		"| `POST /$batch` | up to twenty calls in one |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the coverage lacks %q", want)
		}
	}
}
