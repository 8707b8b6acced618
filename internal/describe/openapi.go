package describe

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ephor/internal/edm"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// openAPI is OpenAPI 3.0 of all operations under /v1.0.
func openAPI(list op.Operations, types []edm.Description) []byte {
	paths := map[string]map[string]any{}
	for _, o := range list {
		if o.Versions&op.V1 == 0 {
			continue
		}
		path := "/v1.0" + o.Path
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(o.Method)] = describeOperation(o)
	}
	document := map[string]any{
		"openapi": "3.0.3",
		"info":    map[string]any{"title": "Ephor", "version": "1", "description": "The part of Microsoft Graph that Ephor serves."},
		"paths":   paths,
		"components": map[string]any{
			"schemas": schemas(types),
			"securitySchemes": map[string]any{
				"token": map[string]any{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
			},
		},
		"security": []any{map[string]any{"token": []any{}}},
	}
	out, err := json.MarshalIndent(document, "", " ")
	if err != nil {
		panic(fmt.Sprintf("describe: %v", err)) // maps of strings always marshal
	}
	return append(out, '\n')
}

var hole = regexp.MustCompile(`\{(\w+)\}`)

func describeOperation(o *op.Operation) map[string]any {
	var parameters []any
	for _, m := range hole.FindAllStringSubmatch(o.Path, -1) {
		parameters = append(parameters, map[string]any{"name": m[1], "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
	}
	for name := range strings.SplitSeq(optionNames(o.Query), ",") {
		if name != "" {
			parameters = append(parameters, map[string]any{"name": name, "in": "query", "schema": map[string]any{"type": "string"}})
		}
	}
	out := map[string]any{
		"operationId": o.Name, "summary": o.Summary,
		"responses": map[string]any{
			fmt.Sprint(o.Success): answer(o),
			"default":             map[string]any{"description": "A refusal, in Graph's envelope.", "content": content(ref("error"))},
		},
		"x-ms-permissions": map[string]any{"delegated": o.Rule.Delegated, "application": o.Rule.Application},
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if o.Decode != nil {
		out["requestBody"] = map[string]any{"required": true, "content": content(body(o))}
	}
	return out
}

func optionNames(o odata.Options) string { return o.String() }

func answer(o *op.Operation) map[string]any {
	if o.Success >= 400 {
		return map[string]any{"description": "Always refused.", "content": content(ref("error"))}
	}
	if o.Success == 204 || o.Entity == "" {
		return map[string]any{"description": "Done."}
	}
	schema := ref(o.Entity)
	if o.Collection {
		schema = map[string]any{"type": "object", "properties": map[string]any{
			"@odata.count":    map[string]any{"type": "integer"},
			"@odata.nextLink": map[string]any{"type": "string"},
			"value":           map[string]any{"type": "array", "items": schema},
		}}
	}
	return map[string]any{"description": "The answer.", "content": content(schema)}
}

func body(o *op.Operation) map[string]any {
	if o.Entity == "" {
		return map[string]any{"type": "object"}
	}
	return ref(o.Entity)
}

func content(schema map[string]any) map[string]any {
	return map[string]any{"application/json": map[string]any{"schema": schema}}
}

func ref(name string) map[string]any {
	return map[string]any{"$ref": "#/components/schemas/microsoft.graph." + name}
}

func schemas(types []edm.Description) map[string]any {
	out := map[string]any{
		"microsoft.graph.directoryObject": map[string]any{"type": "object", "properties": map[string]any{
			"@odata.type": map[string]any{"type": "string"}, "id": map[string]any{"type": "string"},
		}},
		"microsoft.graph.error": map[string]any{"type": "object", "properties": map[string]any{
			"error": map[string]any{"type": "object", "required": []string{"code", "message"}, "properties": map[string]any{
				"code": map[string]any{"type": "string"}, "message": map[string]any{"type": "string"}, "target": map[string]any{"type": "string"},
				"details":    map[string]any{"type": "array", "items": map[string]any{"type": "object"}},
				"innerError": map[string]any{"type": "object"},
			}},
		}},
	}
	for _, t := range types {
		properties := map[string]any{}
		for _, f := range t.Fields {
			properties[f.Name] = schemaOf(f)
		}
		out["microsoft.graph."+t.Name] = map[string]any{"type": "object", "properties": properties}
	}
	return out
}

// jsonTypes are the JSON types and formats of primitive types.
var jsonTypes = map[edm.Type][2]string{
	edm.String: {"string", ""}, edm.Boolean: {"boolean", ""}, edm.Int32: {"integer", "int32"}, edm.Int64: {"integer", "int64"},
	edm.DateTime: {"string", "date-time"}, edm.Duration: {"string", "duration"}, edm.GUID: {"string", "uuid"}, edm.Binary: {"string", "byte"},
}

func schemaOf(f edm.Described) map[string]any {
	var s map[string]any
	switch {
	case f.Enum != nil:
		s = map[string]any{"type": "string", "enum": slices.Clone(f.Enum.Members)}
	case f.Of != nil:
		s = ref(f.Of.Name)
	case f.Type == edm.Complex:
		s = map[string]any{"type": "object"}
	default:
		s = map[string]any{"type": jsonTypes[f.Type][0]}
		if format := jsonTypes[f.Type][1]; format != "" {
			s["format"] = format
		}
	}
	if f.Many {
		s = map[string]any{"type": "array", "items": s}
	}
	if _, isRef := s["$ref"]; !isRef {
		if !f.NonNull {
			s["nullable"] = true
		}
		if f.ReadOnly {
			s["readOnly"] = true
		}
	}
	return s
}
