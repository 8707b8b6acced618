package guid

import (
	"encoding/base64"
	"testing"
)

func TestParseAcceptsOnlyTheWireForm(t *testing.T) {
	good := "E77CBB23-0ff2-4e18-819c-690f58269752"
	id, ok := Parse(good)
	if !ok || id.String() != "e77cbb23-0ff2-4e18-819c-690f58269752" {
		t.Fatalf("Parse(%q) = %v, %v", good, id, ok)
	}
	for _, bad := range []string{
		"", "e77cbb230ff24e18819c690f58269752", "{e77cbb23-0ff2-4e18-819c-690f58269752}",
		"e77cbb23-0ff2-4e18-819c-690f5826975g", "e77cbb23-0ff2-4e18-819c-690f582697522", "e77cbb23+0ff2-4e18-819c-690f58269752",
	} {
		if _, ok := Parse(bad); ok {
			t.Errorf("Parse(%q) was accepted", bad)
		}
	}
}

// The published role assignment id decodes to role and principal in .NET order
// (behaviour.md, Id formats).
func TestDotNetOrderIsThatOfPublishedAssignmentIDs(t *testing.T) {
	raw, err := base64.RawURLEncoding.DecodeString("lAPpYvVpN0KRkAEhdxReEAWz5Gtet_xOv8wxvTtTpfg")
	if err != nil {
		t.Fatal(err)
	}
	if got := FromDotNet([16]byte(raw[:16])).String(); got != "62e90394-69f5-4237-9190-012177145e10" {
		t.Errorf("role = %s", got)
	}
	if got := FromDotNet([16]byte(raw[16:])).String(); got != "6be4b305-b75e-4efc-bfcc-31bd3b53a5f8" {
		t.Errorf("principal = %s", got)
	}
}
