package describe

import (
	"encoding/xml"
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
