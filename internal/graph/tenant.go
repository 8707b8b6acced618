package graph

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/op"
)

type organization = directory.Organization

// organizationEntity is the tenant itself (A:organization-list).
var organizationEntity = edm.Declare(edm.Entity[organization]{
	Name: "organization", Base: "directoryObject",
	Properties: []edm.Property[organization]{
		idOf("id", "", func(o *organization) guid.ID { return o.ID }),
		absent[organization]("deletedDateTime", edm.DateTime),
		none[organization]("businessPhones"),
		absent[organization]("city", edm.String),
		absent[organization]("country", edm.String),
		absent[organization]("countryLetterCode", edm.String),
		{Name: "createdDateTime", Type: edm.DateTime, Write: func(w *edm.Writer, o *organization) { w.Instant(o.Created) }},
		textOf("displayName", "", func(o *organization) *string { return &o.DisplayName }, 0),
		none[organization]("marketingNotificationEmails"),
		absent[organization]("onPremisesSyncEnabled", edm.Boolean),
		absent[organization]("preferredLanguage", edm.String),
		none[organization]("securityComplianceNotificationMails"),
		none[organization]("technicalNotificationMails"),
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
	rule := reads(readOrganization, readOrganizationApp, authz.Anyone)
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

var organizations = &resource[organization]{entity: organizationEntity, set: "organization", id: func(o *organization) string { return o.ID.String() }}

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
	writeContext(c, &w, organizations.set, false)
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
	return organizations.one(c, &o)
}
