package people

import (
	"strings"

	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// A domain is one of the tenant's verified domains. The first is the default, and the last
// the one that the tenant began with.
type domain struct {
	name             string
	standard, oldest bool
}

// domainEntity is microsoft.graph.domain (A:domain-list).
var domainEntity = edm.Declare(edm.Entity[domain]{
	Name: "domain",
	Properties: []edm.Property[domain]{
		{Name: "id", Type: edm.String, NonNull: true, Write: func(w *edm.Writer, d *domain) { w.Str(d.name) }},
		{Name: "authenticationType", Type: edm.String, NonNull: true, Write: func(w *edm.Writer, _ *domain) { w.Str("Managed") }},
		face.Absent[domain]("availabilityStatus", edm.String),
		{Name: "isAdminManaged", Type: edm.Boolean, NonNull: true, Write: func(w *edm.Writer, _ *domain) { w.Bool(true) }},
		{Name: "isDefault", Type: edm.Boolean, NonNull: true, Write: func(w *edm.Writer, d *domain) { w.Bool(d.standard) }},
		{Name: "isInitial", Type: edm.Boolean, NonNull: true, Write: func(w *edm.Writer, d *domain) { w.Bool(d.oldest) }},
		{Name: "isRoot", Type: edm.Boolean, NonNull: true, Write: func(w *edm.Writer, _ *domain) { w.Bool(true) }},
		{Name: "isVerified", Type: edm.Boolean, NonNull: true, Write: func(w *edm.Writer, _ *domain) { w.Bool(true) }},
		{Name: "supportedServices", Type: edm.String, Many: true, NonNull: true, Write: func(w *edm.Writer, _ *domain) { w.Strs([]string{"Email", "OfficeCommunicationsOnline"}) }},
	},
})

var domains = &face.Resource[domain]{Entity: domainEntity, Set: "domains"}

// domainOperations are the reads of the tenant's domains (operations.md 5h). They are set
// when the tenant is made.
func domainOperations() op.Operations {
	scopes := []string{"Domain.Read.All", "Directory.Read.All", "Domain.ReadWrite.All"}
	rule := face.Reads(face.AsUser(scopes), scopes, authz.Member, face.InDirectory("domains/standard/read"))
	return op.Operations{
		{
			Name: "listDomains", Summary: "List the tenant's domains.",
			Method: "GET", Path: "/domains", Versions: op.Both, Success: 200, Entity: "domain", Collection: true,
			Rule: rule, Query: odata.Select | odata.Format, Do: listDomains,
		},
		{
			Name: "getDomain", Summary: "Read one of the tenant's domains.",
			Method: "GET", Path: "/domains/{id}", Versions: op.Both, Success: 200, Entity: "domain",
			Rule: rule, Query: odata.Select | odata.Format, Do: domains.Get(loadDomain),
		},
	}
}

func tenantDomains(c *op.Call) ([]domain, error) {
	o, err := c.Tx.Organization()
	var list []domain
	for i, name := range o.Domains {
		list = append(list, domain{name: name, standard: i == 0, oldest: i == len(o.Domains)-1})
	}
	return list, err
}

func loadDomain(c *op.Call) (domain, bool, error) {
	list, err := tenantDomains(c)
	for _, d := range list {
		if strings.EqualFold(d.name, c.Param("id")) {
			return d, true, err
		}
	}
	return domain{}, false, err
}

func listDomains(c *op.Call) (op.Answer, error) {
	list, err := tenantDomains(c)
	if err != nil {
		return op.Answer{}, err
	}
	s, err := domainEntity.Select(c.Query.Select, true)
	if err != nil {
		return op.Answer{}, err
	}
	return face.WritePage(c, domains.Set, nil, -1, func(w *edm.Writer) {
		for i := range list {
			domainEntity.Write(w, &list[i], s)
		}
	})
}
