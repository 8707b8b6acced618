package server

import (
	"strings"
	"testing"

	"ephor/internal/dev"
	"ephor/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestDevelopmentOnPostgreSQL(t *testing.T) {
	t.Parallel()
	c := devConfig(t)
	c.Database = pgtest.Start(t)
	h := start(t, c)
	first := h.Tenants[0]
	var second dev.Element
	h.control(201, "POST", "tenants", `{"name":"second","seed":"contoso"}`).into(t, &second)
	for _, e := range []dev.Element{first, second, h.memory(`"empty"`)} {
		token := h.token(e, `{"user":"admin@contoso.com"}`)
		if a := h.send("POST", "/v1.0/users", newUser, "Authorization: Bearer "+token); a.status != 201 {
			t.Fatalf("create user in %s: %d %s", e.Name, a.status, a.body)
		}
		h.control(200, "POST", "tenants/"+e.TenantID.String()+"/reset", "")
		if a := h.get(token, "/me"); a.status != 401 {
			t.Errorf("%s: a token from before the reset: %d", e.Name, a.status)
		}
		if a := h.get(h.token(e, `{"user":"admin@contoso.com"}`), "/users/AlineD@contoso.com"); a.status != 404 {
			t.Errorf("%s: what was made before the reset: %d %s", e.Name, a.status, a.body)
		}
	}
	h.control(204, "DELETE", "tenants/"+second.TenantID.String(), "")
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	h = start(t, c)
	if len(h.Tenants) != 1 || asText(t, h.Tenants[0]) != asText(t, first) {
		t.Errorf("the second start tells of %+v", h.Tenants)
	}
}

func TestProductionOnPostgreSQL(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.Database = pgtest.Start(t)
	f, err := o.Init(t.Context(), Founding{Domain: "contoso.com", Admin: "ada@contoso.com"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Init(t.Context(), Founding{Domain: "contoso.com", Admin: "ada@contoso.com"}); err == nil {
		t.Error("a second tenant is made")
	}
	elsewhere := newOperator(t)
	elsewhere.Database = o.Database
	if _, err := elsewhere.Init(t.Context(), Founding{Domain: "contoso.com", Admin: "ada@contoso.com"}); err == nil || !strings.Contains(err.Error(), "master key") {
		t.Errorf("another key's owner: %v", err)
	}
	back, err := o.Recover(t.Context(), "", "ada@contoso.com")
	if err != nil || back.Admin.Enabled || back.Admin.ID != f.Admin.ID {
		t.Fatalf("recovered %+v, %v", back, err)
	}
	if logs, err := o.Verify(t.Context(), ""); err != nil || len(logs) != 1 || !logs[0].Whole {
		t.Errorf("verified %+v, %v", logs, err)
	}
	h := start(t, serving(t, o))
	for _, k := range []Key{f.Client, back.Client} {
		if a := h.get(h.clientToken("contoso.com", k).access(t), "/users"); a.status != 200 {
			t.Errorf("the users: %d %s", a.status, a.body)
		}
	}
}
