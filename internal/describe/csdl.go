package describe

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ephor/internal/edm"
	"ephor/internal/op"
)

// Metadata is the CSDL of one API version: the types that are served, as $metadata gives
// them. It has no more than what Ephor keeps, so it is a part of Graph's own.
func Metadata(list op.Operations, types []edm.Description, version op.Versions) []byte {
	var b strings.Builder
	b.WriteString(xml.Header)
	b.WriteString(`<edmx:Edmx xmlns="http://docs.oasis-open.org/odata/ns/edm" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">` + "\n <edmx:DataServices>\n")
	b.WriteString(`  <Schema Namespace="microsoft.graph" Alias="graph">` + "\n")
	b.WriteString(`   <EntityType Name="entity" Abstract="true"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.String" Nullable="false"/></EntityType>` + "\n")
	b.WriteString(`   <EntityType Name="directoryObject" BaseType="graph.entity" OpenType="true"/>` + "\n")
	for _, base := range bases(types) {
		fmt.Fprintf(&b, "   <EntityType Name=%q BaseType=\"graph.entity\" Abstract=\"true\"/>\n", base)
	}
	d := declaring{enums: map[string]bool{}, entities: map[string]edm.Description{}}
	for _, t := range types {
		if !t.Complex {
			d.entities[t.Name] = t
		}
	}
	for _, t := range types {
		d.write(&b, t)
	}
	writeContainer(&b, list, version)
	b.WriteString("  </Schema>\n </edmx:DataServices>\n</edmx:Edmx>\n")
	return []byte(b.String())
}

// bases are the abstract types that entities name and that are not declared themselves.
func bases(types []edm.Description) []string {
	declared := map[string]bool{"": true, "directoryObject": true}
	for _, t := range types {
		declared[t.Name] = true
	}
	var out []string
	for _, t := range types {
		if !declared[t.Base] {
			declared[t.Base] = true
			out = append(out, t.Base)
		}
	}
	return out
}

// A declaring writes types, each enum once; a property whose type is an entity is a
// relation, and what the base type has is said there.
type declaring struct {
	enums    map[string]bool
	entities map[string]edm.Description
}

// inherited reports whether an entity has a property of its base type's.
func (d declaring) inherited(t edm.Description, property string) bool {
	return !t.Complex && slices.ContainsFunc(d.entities[t.Base].Fields, func(f edm.Described) bool { return f.Name == property })
}

func (d declaring) write(b *strings.Builder, t edm.Description) {
	for _, f := range t.Fields {
		if e := f.Enum; e != nil && !d.enums[e.Name] {
			d.enums[e.Name] = true
			fmt.Fprintf(b, "   <EnumType Name=%q>\n", e.Name)
			for i, m := range e.Members {
				fmt.Fprintf(b, "    <Member Name=%q Value=\"%d\"/>\n", m, e.First+i)
			}
			b.WriteString("   </EnumType>\n")
		}
	}
	element, base := "ComplexType", ""
	if !t.Complex {
		element, base = "EntityType", fmt.Sprintf(" BaseType=%q", "graph."+or(t.Base, "entity"))
	}
	fmt.Fprintf(b, "   <%s Name=%q%s>\n", element, t.Name, base)
	for _, f := range t.Fields {
		if f.Name == "id" && !t.Complex || d.inherited(t, f.Name) {
			continue
		}
		element := "Property"
		if f.Of != nil && d.entities[f.Of.Name].Name != "" {
			element = "NavigationProperty"
		}
		fmt.Fprintf(b, "    <%s Name=%q Type=%q%s/>\n", element, f.Name, typeOf(f.Field), nullable(f.NonNull))
	}
	fmt.Fprintf(b, "   </%s>\n", element)
}

func typeOf(f edm.Field) string {
	name := f.Type.String()
	switch {
	case f.Enum != nil:
		name = "graph." + f.Enum.Name
	case f.Of != nil:
		name = "graph." + f.Of.Name
	}
	if f.Many {
		return "Collection(" + name + ")"
	}
	return name
}

func nullable(non bool) string {
	if non {
		return ` Nullable="false"`
	}
	return ""
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// writeContainer lists the sets at the root of the service.
func writeContainer(b *strings.Builder, list op.Operations, version op.Versions) {
	b.WriteString("   <EntityContainer Name=\"GraphService\">\n")
	for _, o := range sorted(list) {
		set := strings.TrimPrefix(o.Path, "/")
		if o.Versions&version != 0 && o.Collection && o.Method == http.MethodGet && !strings.ContainsAny(set, "/({$") {
			fmt.Fprintf(b, "    <EntitySet Name=%q EntityType=%q/>\n", set, "microsoft.graph."+o.Entity)
		}
	}
	b.WriteString("   </EntityContainer>\n")
}
