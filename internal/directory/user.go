package directory

import (
	"ephor/internal/when"
)

// A User is a person's account. Strings are empty where Graph shows null.
type User struct {
	Object
	UPN          string
	MailNickname string
	Enabled      bool
	Type         string // "Member" or "Guest"
	Profile      Profile
	Password     Password
	// SessionsFrom is the instant of the last revocation, shown as
	// signInSessionsValidFromDateTime. Nothing is decided by it: see Generation.
	SessionsFrom when.Instant
	// Generation counts revocations; a token of an earlier generation is void.
	Generation int64
}

// A Profile is what others may read of a person beyond the name. Most of it is empty for
// most people, and is then left out of what is stored.
type Profile struct {
	GivenName         string   `json:",omitempty"`
	Surname           string   `json:",omitempty"`
	JobTitle          string   `json:",omitempty"`
	Department        string   `json:",omitempty"`
	CompanyName       string   `json:",omitempty"`
	EmployeeID        string   `json:",omitempty"`
	EmployeeType      string   `json:",omitempty"`
	Mail              string   `json:",omitempty"`
	OtherMails        []string `json:",omitempty"`
	ProxyAddresses    []string `json:",omitempty"`
	BusinessPhones    []string `json:",omitempty"`
	MobilePhone       string   `json:",omitempty"`
	FaxNumber         string   `json:",omitempty"`
	OfficeLocation    string   `json:",omitempty"`
	StreetAddress     string   `json:",omitempty"`
	City              string   `json:",omitempty"`
	State             string   `json:",omitempty"`
	PostalCode        string   `json:",omitempty"`
	Country           string   `json:",omitempty"`
	PreferredLanguage string   `json:",omitempty"`
	UsageLocation     string   `json:",omitempty"`
	AgeGroup          string   `json:",omitempty"`
	ConsentProvided   string   `json:",omitempty"` // consentProvidedForMinor
	PasswordPolicies  string   `json:",omitempty"`
	ImmutableID       string   `json:",omitempty"` // onPremisesImmutableId
	Kept              Manifest `json:",omitempty"` // what is kept as it was said
}

// A Password is the stored proof of one, never the password.
type Password struct {
	Hash           string // PHC string, "" when the account has none
	ForceChange    bool
	ForceChangeMFA bool
	Changed        when.Instant
}
