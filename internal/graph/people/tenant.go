package people

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
)

type organization = directory.Organization

// organizationEntity is the tenant itself (A:organization-list).
var organizationEntity = edm.Declare(edm.Entity[organization]{
	Name: "organization", Base: "directoryObject",
	Properties: []edm.Property[organization]{
		face.IDOf("id", "", func(o *organization) guid.ID { return o.ID }),
		face.Absent[organization]("deletedDateTime", edm.DateTime),
		face.None[organization]("businessPhones"),
		face.Absent[organization]("city", edm.String),
		face.Absent[organization]("country", edm.String),
		face.Absent[organization]("countryLetterCode", edm.String),
		{Name: "createdDateTime", Type: edm.DateTime, Write: func(w *edm.Writer, o *organization) { w.Instant(o.Created) }},
		face.TextOf("displayName", "", func(o *organization) *string { return &o.DisplayName }, 0),
		face.None[organization]("marketingNotificationEmails"),
		face.Absent[organization]("onPremisesSyncEnabled", edm.Boolean),
		face.Absent[organization]("preferredLanguage", edm.String),
		face.None[organization]("securityComplianceNotificationMails"),
		face.None[organization]("technicalNotificationMails"),
		{Name: "tenantType", Type: edm.String, Write: func(w *edm.Writer, _ *organization) { w.Str("AAD") }},
		{Name: "verifiedDomains", Type: edm.Complex, Many: true, NonNull: true, Of: &edm.ComplexType{Name: "verifiedDomain"}, Write: writeDomains},
	},
})

func writeDomains(w *edm.Writer, o *organization) {
	w.BeginArray()
	for i, d := range o.Domains {
		w.Begin()
		w.Name("capabilities")
		w.Str("Email, OfficeCommunicationsOnline")
		w.Name("isDefault")
		w.Bool(i == 0)
		w.Name("isInitial")
		w.Bool(i == len(o.Domains)-1)
		w.Name("name")
		w.Str(d)
		w.Name("type")
		w.Str("Managed")
		w.End()
	}
	w.EndArray()
}

// tenantOperations are the operations on the tenant itself (operations.md 5h).
func tenantOperations() op.Operations {
	rule := face.Reads(readOrganization, readOrganizationApp, authz.Anyone)
	return op.Operations{
		{
			Name: "listOrganization", Summary: "List the tenant, which is one.",
			Method: "GET", Path: "/organization", Versions: op.Both, Success: 200, Entity: "organization", Collection: true,
			Rule: rule, Query: op.SingleOptions, Do: listOrganization,
		},
		{
			Name: "getOrganization", Summary: "Read the tenant.",
			Method: "GET", Path: "/organization/{id}", Versions: op.Both, Success: 200, Entity: "organization",
			Rule: rule, Query: op.SingleOptions, Do: getOrganization,
		},
	}
}

var organizations = &face.Resource[organization]{Entity: organizationEntity, Set: "organization", ID: func(o *organization) string { return o.ID.String() }}

func listOrganization(c *op.Call) (op.Answer, error) {
	o, err := c.Tx.Organization()
	if err != nil {
		return op.Answer{}, err
	}
	s, err := organizationEntity.Select(c.Query.Select, true)
	if err != nil {
		return op.Answer{}, err
	}
	var w edm.Writer
	w.Begin()
	face.WriteContext(c, &w, organizations.Set, false)
	w.Name("value")
	w.BeginArray()
	organizationEntity.Write(&w, &o, s)
	w.EndArray()
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

func getOrganization(c *op.Call) (op.Answer, error) {
	o, err := c.Tx.Organization()
	if err != nil {
		return op.Answer{}, err
	}
	if id, ok := guid.Parse(c.Param("id")); !ok || id != o.ID {
		return op.Answer{}, c.NotFound(c.Param("id"))
	}
	return organizations.One(c, &o)
}
