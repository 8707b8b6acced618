package people

import (
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
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
		notified("marketingNotificationEmails", func(o *organization) *[]string { return &o.Marketing }),
		face.Absent[organization]("onPremisesSyncEnabled", edm.Boolean),
		face.Absent[organization]("preferredLanguage", edm.String),
		notified("securityComplianceNotificationMails", func(o *organization) *[]string { return &o.Security }),
		notified("technicalNotificationMails", func(o *organization) *[]string { return &o.Technical }),
		{Name: "tenantType", Type: edm.String, Write: func(w *edm.Writer, _ *organization) { w.Str("AAD") }},
		{Name: "verifiedDomains", Type: edm.Complex, Many: true, NonNull: true, Of: &edm.ComplexType{Name: "verifiedDomain"}, Write: writeDomains},
	},
})

// mostNotified bounds the addresses in one list of whom to tell.
const mostNotified = 100

// notified is a list of mail addresses of whom to tell.
func notified(name string, of func(*organization) *[]string) edm.Property[organization] {
	return face.ListOf(name, "", mostNotified, of, edm.OnUpdate)
}

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
		{
			Name: "updateOrganization", Summary: "Change whom the tenant tells of what concerns it.",
			Method: "PATCH", Path: "/organization/{id}", Versions: op.Both, Success: 204,
			Rule:   face.Writes(changeOrganization, changeOrganization, face.InDirectory("organization/allProperties/allTasks")),
			Locate: locateOrganization, Decode: readOrganizationChange, Do: updateOrganization,
			Writes: true, Activity: op.Activity{Name: "Update company settings", Category: "DirectoryManagement", Type: "Update", Service: "Core Directory"},
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

// changeOrganization are the scopes of a change of the tenant (operations.md 5h).
var changeOrganization = []string{"Organization.ReadWrite.All"}

// locateOrganization is the tenant, if the path names it.
func locateOrganization(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}}
	if id, ok := guid.Parse(c.Param("id")); !ok || id != c.Caller.Tenant {
		return o, op.Unknown(c.Param("id"))
	}
	return o, nil
}

// readOrganizationChange decodes the body of a change of the tenant.
func readOrganizationChange(body edm.Value) (any, error) {
	var scratch organization
	given, err := organizationEntity.Apply(&scratch, body, edm.OnUpdate)
	if err == nil && len(given) == 0 {
		err = fault.BadRequest("", "The request body names no property that can be set.")
	}
	if err == nil {
		err = directory.CheckOrganization(&scratch)
	}
	return body, err
}

func updateOrganization(c *op.Call) (op.Answer, error) {
	o, err := c.Tx.Organization()
	if err != nil {
		return op.Answer{}, err
	}
	before := o
	given, err := organizationEntity.Apply(&o, op.Body[edm.Value](c), edm.OnUpdate)
	if err != nil {
		return op.Answer{}, err
	}
	c.W.PutOrganization(o)
	target := face.RefTarget(directory.Ref{Kind: directory.KindTenant, ID: o.ID})
	target.Name, target.Modified = o.DisplayName, face.Modified(organizationEntity, given, &before, &o)
	c.Target(target)
	return op.Answer{Status: c.Op.Success}, nil
}
