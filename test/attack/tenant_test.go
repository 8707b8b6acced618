package attack

import (
	"strings"
	"testing"
)

func TestTokenOfAnotherTenantIsRefused(t *testing.T) {
	h := lite(t)
	other := h.Beside(cast)
	foreign := other.As("ada", "User.ReadWrite.All")
	// The token names its tenant; a path that names this one is not that tenant's.
	mine := h.Bearing(foreign.Token)
	before := h.Version()
	for _, call := range [][2]string{{"GET", "/users"}, {"GET", "/users/{sam}"}, {"DELETE", "/users/{sam}"}} {
		a := mine.Want(401, call[0], "/"+h.Tenant.ID().String()+call[1], "")
		if a.Code() != "InvalidAuthenticationToken" {
			t.Errorf("%s %s: code %s", call[0], call[1], a.Code())
		}
	}
	if h.Version() != before {
		t.Error("the other tenant's token has changed something")
	}
	head, _, _ := strings.Cut(foreign.Token, ".")
	_, tail, _ := strings.Cut(h.As("ada", "User.ReadWrite.All").Token, ".")
	h.Bearing(head+"."+tail).Refused(401, "GET", "/users", "")
}

func TestPageTokenOfAnotherIsRefused(t *testing.T) {
	h := lite(t)
	other := h.Beside(cast)
	link := h.As("ada", "User.Read.All").Want(200, "GET", "/users?$top=2", "").Str("@odata.nextLink")
	if link == "" {
		t.Fatal("no page behind the first")
	}
	h.As("una", "User.Read.All").Refused(400, "GET", link, "")
	other.As("ada", "User.Read.All").Refused(400, "GET", link, "")
	h.As("ada", "User.Read.All", "Group.Read.All").Refused(400, "GET", strings.Replace(link, "/users?", "/groups?", 1), "")
	if rows := h.As("ada", "User.Read.All").Want(200, "GET", link, "").Values(); len(rows) != 2 {
		t.Errorf("the next page has %d rows", len(rows))
	}
}
