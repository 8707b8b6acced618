package people

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/when"
)

type user = directory.User

// profile declares a text property of a person's profile, shown only on $select.
func profile(name, key string, field func(*directory.Profile) *string, plain, advanced edm.Ops) edm.Property[user] {
	p := face.TextOf(name, key, func(u *user) *string { return field(&u.Profile) }, face.Written)
	return face.Hidden(face.Filters(p, plain, advanced))
}

// shown is profile for what an answer has without $select.
func shown(name, key string, field func(*directory.Profile) *string, plain, advanced edm.Ops) edm.Property[user] {
	p := profile(name, key, field, plain, advanced)
	p.Hidden = false
	return p
}

// kept declares what is kept of a person as it was said, shown only on $select.
func kept(f edm.Field) edm.Property[user] {
	return face.Hidden(face.Kept(f, func(u *user) *directory.Manifest { return &u.Profile.Kept }, face.Written))
}

var employeeOrgData = &edm.ComplexType{Name: "employeeOrgData", Fields: []edm.Field{
	{Name: "costCenter", Type: edm.String},
	{Name: "division", Type: edm.String},
}}

var passwordProfile = &edm.ComplexType{Name: "passwordProfile", Fields: []edm.Field{
	{Name: "password", Type: edm.String},
	{Name: "forceChangePasswordNextSignIn", Type: edm.Boolean},
	{Name: "forceChangePasswordNextSignInWithMfa", Type: edm.Boolean},
}}

// userEntity is microsoft.graph.user as far as Ephor keeps it: the eleven default
// properties first, in the order of A:user-list.
var userEntity = edm.Declare(edm.Entity[user]{
	Name: "user", Base: "directoryObject",
	Properties: basically(append(userDefaults(), userMore()...)),
})

// basically marks what User.ReadBasic.All opens: name, address and id (R:users).
func basically(list []edm.Property[user]) []edm.Property[user] {
	for i := range list {
		switch list[i].Name {
		case "id", "displayName", "givenName", "surname", "mail", "userPrincipalName":
			list[i].Basic = true
		}
	}
	return list
}

func userDefaults() []edm.Property[user] {
	phones := face.ListOf("businessPhones", "business_phones", 1, func(u *user) *[]string { return &u.Profile.BusinessPhones }, face.Written)
	return []edm.Property[user]{
		face.Filters(face.IDOf("id", "id", func(u *user) guid.ID { return u.ID }), face.ByValue, face.Exclusion),
		face.Filters(phones, edm.Eq, edm.Not),
		face.Sorted(face.Filters(face.TextOf("displayName", "display_name", func(u *user) *string { return &u.DisplayName }, face.Written|edm.Required), face.ByValue|face.ByPrefix, face.Exclusion|edm.Null)),
		shown("givenName", "given_name", func(p *directory.Profile) *string { return &p.GivenName }, face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null),
		shown("jobTitle", "job_title", func(p *directory.Profile) *string { return &p.JobTitle }, face.ByValue|face.ByRange, face.Exclusion|edm.Null),
		shown("mail", "mail", func(p *directory.Profile) *string { return &p.Mail }, face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null|edm.EndsWith),
		shown("mobilePhone", "mobile_phone", func(p *directory.Profile) *string { return &p.MobilePhone }, 0, edm.Ranged|face.ByPrefix|edm.Null),
		shown("officeLocation", "office_location", func(p *directory.Profile) *string { return &p.OfficeLocation }, 0, edm.Ranged|face.ByPrefix|edm.Null),
		shown("preferredLanguage", "preferred_language", func(p *directory.Profile) *string { return &p.PreferredLanguage }, 0, edm.Ranged|face.ByPrefix|edm.Null),
		shown("surname", "surname", func(p *directory.Profile) *string { return &p.Surname }, face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null),
		face.Sorted(face.Filters(face.TextOf("userPrincipalName", "upn", func(u *user) *string { return &u.UPN }, face.Written|edm.Required), face.ByValue|face.ByPrefix|edm.Le, face.Exclusion|edm.EndsWith)),
	}
}

// userMore are the properties that an answer has only when $select names them.
func userMore() []edm.Property[user] {
	return []edm.Property[user]{
		face.Hidden(face.Filters(face.FlagOf("accountEnabled", "enabled", func(u *user) *bool { return &u.Enabled }, face.Written|edm.Required), face.ByValue, face.Exclusion|face.ByRange)),
		profile("ageGroup", "age_group", func(p *directory.Profile) *string { return &p.AgeGroup }, face.ByValue, face.Exclusion),
		profile("city", "city", func(p *directory.Profile) *string { return &p.City }, face.ByValue|face.ByPrefix|edm.Ge, face.Exclusion|edm.Null),
		profile("companyName", "company_name", func(p *directory.Profile) *string { return &p.CompanyName }, 0, edm.Ranged|face.ByPrefix|edm.Null),
		profile("consentProvidedForMinor", "", func(p *directory.Profile) *string { return &p.ConsentProvided }, 0, 0),
		profile("country", "country", func(p *directory.Profile) *string { return &p.Country }, face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null),
		face.SortedAdvanced(face.Hidden(face.Filters(face.InstantOf("createdDateTime", "created", func(u *user) when.Instant { return u.Created }), edm.Eq|face.ByRange, face.Exclusion|edm.In))),
		face.Hidden(face.Absent[user]("creationType", edm.String)),
		face.SortedAdvanced(face.Hidden(face.Filters(face.InstantOf("deletedDateTime", "deleted", func(u *user) when.Instant { return u.Deleted }), edm.Eq|face.ByRange, face.Exclusion|edm.In))),
		profile("department", "department", func(p *directory.Profile) *string { return &p.Department }, face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null),
		kept(edm.Field{Name: "employeeHireDate", Type: edm.DateTime}),
		profile("employeeId", "employee_id", func(p *directory.Profile) *string { return &p.EmployeeID }, face.ByValue|face.ByPrefix, edm.Ne|edm.Le|edm.Null),
		kept(edm.Field{Name: "employeeOrgData", Type: edm.Complex, Of: employeeOrgData}),
		profile("employeeType", "employee_type", func(p *directory.Profile) *string { return &p.EmployeeType }, 0, edm.Eq|edm.Ne|edm.In|face.ByRange|face.ByPrefix),
		face.Hidden(face.Absent[user]("externalUserState", edm.String)),
		profile("faxNumber", "", func(p *directory.Profile) *string { return &p.FaxNumber }, 0, 0),
		face.Hidden(face.None[user]("imAddresses")),
		face.Hidden(face.Filters(face.TextOf("mailNickname", "mail_nickname", func(u *user) *string { return &u.MailNickname }, face.Written|edm.Required), face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null)),
		face.Hidden(face.Absent[user]("onPremisesDistinguishedName", edm.String)),
		face.Hidden(face.Absent[user]("onPremisesDomainName", edm.String)),
		profile("onPremisesImmutableId", "immutable_id", func(p *directory.Profile) *string { return &p.ImmutableID }, 0, edm.Equal|face.ByRange),
		face.Hidden(face.Absent[user]("onPremisesLastSyncDateTime", edm.DateTime)),
		face.Hidden(face.OfType(face.None[user]("onPremisesProvisioningErrors"), "onPremisesProvisioningError")),
		face.Hidden(face.Absent[user]("onPremisesSamAccountName", edm.String)),
		face.Hidden(face.Absent[user]("onPremisesSecurityIdentifier", edm.String)),
		face.Hidden(face.Absent[user]("onPremisesSyncEnabled", edm.Boolean)),
		face.Hidden(face.Absent[user]("onPremisesUserPrincipalName", edm.String)),
		face.Hidden(face.Filters(face.ListOf("otherMails", "other_mails", 250, func(u *user) *[]string { return &u.Profile.OtherMails }, face.Written), edm.Eq|face.ByPrefix, face.Exclusion|edm.EndsWith)),
		profile("passwordPolicies", "password_policies", func(p *directory.Profile) *string { return &p.PasswordPolicies }, 0, edm.Eq|edm.Ne|edm.Null),
		{Name: "passwordProfile", Type: edm.Complex, Of: passwordProfile, Hidden: true, Uses: face.Written | edm.Required, Read: func(*user, edm.Value) error { return nil }},
		profile("postalCode", "postal_code", func(p *directory.Profile) *string { return &p.PostalCode }, 0, edm.Ranged|face.ByPrefix|edm.Null),
		face.Hidden(face.Filters(face.ListOf("proxyAddresses", "proxy_addresses", 250, func(u *user) *[]string { return &u.Profile.ProxyAddresses }, 0), edm.Eq|face.ByPrefix, face.Exclusion|edm.EndsWith)),
		face.Hidden(edm.Property[user]{Name: "securityIdentifier", Type: edm.String, Write: func(w *edm.Writer, u *user) { w.Str(directory.SecurityIdentifier(u.ID)) }}),
		face.Hidden(face.InstantOf("lastPasswordChangeDateTime", "", func(u *user) when.Instant { return u.Password.Changed })),
		kept(edm.Field{Name: "showInAddressList", Type: edm.Boolean}),
		face.Hidden(face.InstantOf("signInSessionsValidFromDateTime", "", func(u *user) when.Instant { return u.SessionsFrom })),
		profile("state", "state", func(p *directory.Profile) *string { return &p.State }, face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null),
		profile("streetAddress", "street_address", func(p *directory.Profile) *string { return &p.StreetAddress }, 0, edm.Ranged|face.ByPrefix|edm.Null),
		profile("usageLocation", "usage_location", func(p *directory.Profile) *string { return &p.UsageLocation }, face.ByValue|face.ByRange|face.ByPrefix, face.Exclusion|edm.Null),
		face.Hidden(face.Filters(face.TextOf("userType", "user_type", func(u *user) *string { return &u.Type }, face.Written), face.ByValue, face.Exclusion)),
	}
}
