package graph

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/when"
)

const written = edm.OnCreate | edm.OnUpdate

// Operators as query.md §5 gives them for users: plain ones always answer, the others need
// an advanced query.
const (
	byValue   = edm.Eq | edm.In // "D" for eq and in
	byRange   = edm.Ge | edm.Le
	byPrefix  = edm.StartsWith
	exclusion = edm.Ne | edm.Not
)

type user = directory.User

// profile declares a text property of a person's profile, shown only on $select.
func profile(name, key string, field func(*directory.Profile) *string, plain, advanced edm.Ops) edm.Property[user] {
	p := textOf(name, key, func(u *user) *string { return field(&u.Profile) }, written)
	return hidden(filters(p, plain, advanced))
}

// shown is profile for what an answer has without $select.
func shown(name, key string, field func(*directory.Profile) *string, plain, advanced edm.Ops) edm.Property[user] {
	p := profile(name, key, field, plain, advanced)
	p.Hidden = false
	return p
}

var passwordProfile = &edm.ComplexType{Name: "passwordProfile", Fields: []edm.Field{
	{Name: "password", Type: edm.String},
	{Name: "forceChangePasswordNextSignIn", Type: edm.Boolean},
	{Name: "forceChangePasswordNextSignInWithMfa", Type: edm.Boolean},
}}

// userEntity is microsoft.graph.user as far as Ephor keeps it: the eleven default
// properties first, in the order of A:user-list.
var userEntity = edm.Declare(edm.Entity[user]{
	Name: "user", Base: "directoryObject",
	Properties: append(userDefaults(), userMore()...),
})

func userDefaults() []edm.Property[user] {
	phones := listOf("businessPhones", "business_phones", 1, func(u *user) *[]string { return &u.Profile.BusinessPhones }, written)
	return []edm.Property[user]{
		filters(idOf("id", "id", func(u *user) guid.ID { return u.ID }), byValue, exclusion),
		filters(phones, edm.Eq, edm.Not),
		sorted(filters(textOf("displayName", "display_name", func(u *user) *string { return &u.DisplayName }, written|edm.Required), byValue|byPrefix, exclusion|edm.Null)),
		shown("givenName", "given_name", func(p *directory.Profile) *string { return &p.GivenName }, byValue|byRange|byPrefix, exclusion|edm.Null),
		shown("jobTitle", "job_title", func(p *directory.Profile) *string { return &p.JobTitle }, byValue|byRange, exclusion|edm.Null),
		shown("mail", "mail", func(p *directory.Profile) *string { return &p.Mail }, byValue|byRange|byPrefix, exclusion|edm.Null|edm.EndsWith),
		shown("mobilePhone", "mobile_phone", func(p *directory.Profile) *string { return &p.MobilePhone }, 0, edm.Ranged|byPrefix|edm.Null),
		shown("officeLocation", "office_location", func(p *directory.Profile) *string { return &p.OfficeLocation }, 0, edm.Ranged|byPrefix|edm.Null),
		shown("preferredLanguage", "preferred_language", func(p *directory.Profile) *string { return &p.PreferredLanguage }, 0, edm.Ranged|byPrefix|edm.Null),
		shown("surname", "surname", func(p *directory.Profile) *string { return &p.Surname }, byValue|byRange|byPrefix, exclusion|edm.Null),
		sorted(filters(textOf("userPrincipalName", "upn", func(u *user) *string { return &u.UPN }, written|edm.Required), byValue|byPrefix|edm.Le, exclusion|edm.EndsWith)),
	}
}

// userMore are the properties that an answer has only when $select names them.
func userMore() []edm.Property[user] {
	return []edm.Property[user]{
		hidden(filters(flagOf("accountEnabled", "enabled", func(u *user) *bool { return &u.Enabled }, written|edm.Required), byValue, exclusion|byRange)),
		profile("ageGroup", "age_group", func(p *directory.Profile) *string { return &p.AgeGroup }, byValue, exclusion),
		profile("city", "city", func(p *directory.Profile) *string { return &p.City }, byValue|byPrefix|edm.Ge, exclusion|edm.Null),
		profile("companyName", "company_name", func(p *directory.Profile) *string { return &p.CompanyName }, 0, edm.Ranged|byPrefix|edm.Null),
		profile("consentProvidedForMinor", "", func(p *directory.Profile) *string { return &p.ConsentProvided }, 0, 0),
		profile("country", "country", func(p *directory.Profile) *string { return &p.Country }, byValue|byRange|byPrefix, exclusion|edm.Null),
		sortedAdvanced(hidden(filters(instantOf("createdDateTime", "created", func(u *user) when.Instant { return u.Created }), edm.Eq|byRange, exclusion|edm.In))),
		hidden(absent[user]("creationType", edm.String)),
		sortedAdvanced(hidden(filters(instantOf("deletedDateTime", "deleted", func(u *user) when.Instant { return u.Deleted }), edm.Eq|byRange, exclusion|edm.In))),
		profile("department", "department", func(p *directory.Profile) *string { return &p.Department }, byValue|byRange|byPrefix, exclusion|edm.Null),
		profile("employeeId", "employee_id", func(p *directory.Profile) *string { return &p.EmployeeID }, byValue|byPrefix, edm.Ne|edm.Le|edm.Null),
		profile("employeeType", "employee_type", func(p *directory.Profile) *string { return &p.EmployeeType }, 0, edm.Eq|edm.Ne|edm.In|byRange|byPrefix),
		profile("faxNumber", "", func(p *directory.Profile) *string { return &p.FaxNumber }, 0, 0),
		hidden(filters(textOf("mailNickname", "mail_nickname", func(u *user) *string { return &u.MailNickname }, written|edm.Required), byValue|byRange|byPrefix, exclusion|edm.Null)),
		hidden(absent[user]("onPremisesDistinguishedName", edm.String)),
		hidden(absent[user]("onPremisesDomainName", edm.String)),
		profile("onPremisesImmutableId", "immutable_id", func(p *directory.Profile) *string { return &p.ImmutableID }, 0, edm.Equal|byRange),
		hidden(absent[user]("onPremisesLastSyncDateTime", edm.DateTime)),
		hidden(ofType(none[user]("onPremisesProvisioningErrors"), "onPremisesProvisioningError")),
		hidden(absent[user]("onPremisesSamAccountName", edm.String)),
		hidden(absent[user]("onPremisesSecurityIdentifier", edm.String)),
		hidden(absent[user]("onPremisesSyncEnabled", edm.Boolean)),
		hidden(absent[user]("onPremisesUserPrincipalName", edm.String)),
		hidden(filters(listOf("otherMails", "other_mails", 250, func(u *user) *[]string { return &u.Profile.OtherMails }, written), edm.Eq|byPrefix, exclusion|edm.EndsWith)),
		profile("passwordPolicies", "password_policies", func(p *directory.Profile) *string { return &p.PasswordPolicies }, 0, edm.Eq|edm.Ne|edm.Null),
		{Name: "passwordProfile", Type: edm.Complex, Of: passwordProfile, Hidden: true, Uses: written | edm.Required, Read: func(*user, edm.Value) error { return nil }},
		profile("postalCode", "postal_code", func(p *directory.Profile) *string { return &p.PostalCode }, 0, edm.Ranged|byPrefix|edm.Null),
		hidden(filters(listOf("proxyAddresses", "proxy_addresses", 250, func(u *user) *[]string { return &u.Profile.ProxyAddresses }, 0), edm.Eq|byPrefix, exclusion|edm.EndsWith)),
		hidden(edm.Property[user]{Name: "securityIdentifier", Type: edm.String, Write: func(w *edm.Writer, u *user) { w.Str(directory.SecurityIdentifier(u.ID)) }}),
		hidden(instantOf("lastPasswordChangeDateTime", "", func(u *user) when.Instant { return u.Password.Changed })),
		hidden(instantOf("signInSessionsValidFromDateTime", "", func(u *user) when.Instant { return u.SessionsFrom })),
		profile("state", "state", func(p *directory.Profile) *string { return &p.State }, byValue|byRange|byPrefix, exclusion|edm.Null),
		profile("streetAddress", "street_address", func(p *directory.Profile) *string { return &p.StreetAddress }, 0, edm.Ranged|byPrefix|edm.Null),
		profile("usageLocation", "usage_location", func(p *directory.Profile) *string { return &p.UsageLocation }, byValue|byRange|byPrefix, exclusion|edm.Null),
		hidden(filters(textOf("userType", "user_type", func(u *user) *string { return &u.Type }, written), byValue, exclusion)),
	}
}
