package dev

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // contoso.json
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// The names of the two seeds that come with Ephor.
const (
	Empty   = "empty"
	Contoso = "contoso"
)

// MaxSeed bounds a seed, in bytes of JSON.
const MaxSeed = 16 << 20

// Beginning is the instant at which everything in a seed was made, and from which its
// grants hold unless they say otherwise.
var Beginning = when.Of(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))

//go:embed seed/contoso.json
var contosoJSON []byte

// A Seed is what a development tenant begins with, in the shapes of Graph's own request
// bodies. Ids that are given are kept; others are made from what they name, so that the
// same seed always makes the same tenant.
type Seed struct {
	Users []User `json:"users"`
	// Applications without a value are contoso's three clients, because nobody can act in
	// a tenant without a client; an empty list is none.
	Applications    *[]Application `json:"applications"`
	Groups          []Group        `json:"groups"`
	RoleAssignments []Grant        `json:"roleAssignments"`
	Eligibilities   []Grant        `json:"eligibilities"`
}

// A User is a user in the shape of POST /users.
type User struct {
	ID                guid.ID         `json:"id"`
	UserPrincipalName string          `json:"userPrincipalName"`
	DisplayName       string          `json:"displayName"`
	MailNickname      string          `json:"mailNickname"`
	AccountEnabled    *bool           `json:"accountEnabled"` // true unless given
	UserType          string          `json:"userType"`       // Member unless given
	PasswordProfile   PasswordProfile `json:"passwordProfile"`
	GivenName         string          `json:"givenName"`
	Surname           string          `json:"surname"`
	JobTitle          string          `json:"jobTitle"`
	Department        string          `json:"department"`
	CompanyName       string          `json:"companyName"`
	EmployeeID        string          `json:"employeeId"`
	Mail              string          `json:"mail"`
	MobilePhone       string          `json:"mobilePhone"`
	BusinessPhones    []string        `json:"businessPhones"`
	OfficeLocation    string          `json:"officeLocation"`
	City              string          `json:"city"`
	Country           string          `json:"country"`
	UsageLocation     string          `json:"usageLocation"`
	PreferredLanguage string          `json:"preferredLanguage"`
}

// A PasswordProfile is a user's password. Without one the account has none.
type PasswordProfile struct {
	Password                             string `json:"password"`
	ForceChangePasswordNextSignIn        bool   `json:"forceChangePasswordNextSignIn"`
	ForceChangePasswordNextSignInWithMFA bool   `json:"forceChangePasswordNextSignInWithMfa"`
}

// A Group is a group in the shape of POST /groups. Owners and members are addresses that
// end in an object's id.
type Group struct {
	ID                 guid.ID  `json:"id"`
	DisplayName        string   `json:"displayName"`
	Description        string   `json:"description"`
	MailNickname       string   `json:"mailNickname"`
	MailEnabled        bool     `json:"mailEnabled"`
	SecurityEnabled    *bool    `json:"securityEnabled"` // true unless given
	GroupTypes         []string `json:"groupTypes"`
	IsAssignableToRole bool     `json:"isAssignableToRole"`
	Visibility         string   `json:"visibility"`
	Owners             []string `json:"owners@odata.bind"`
	Members            []string `json:"members@odata.bind"`
}

// An Application is a client: a registration in the shape of POST /applications with its
// service principal, and what an administrator has consented to, by the names of Microsoft
// Graph's permissions.
type Application struct {
	ID                     guid.ID      `json:"id"`
	AppID                  guid.ID      `json:"appId"`
	ServicePrincipalID     guid.ID      `json:"servicePrincipalId"`
	DisplayName            string       `json:"displayName"`
	SignInAudience         string       `json:"signInAudience"` // AzureADMyOrg unless given
	Web                    Redirects    `json:"web"`
	SPA                    Redirects    `json:"spa"`
	PublicClient           Redirects    `json:"publicClient"`
	IsFallbackPublicClient bool         `json:"isFallbackPublicClient"`
	PasswordCredentials    []Credential `json:"passwordCredentials"`
	DelegatedPermissions   []string     `json:"delegatedPermissions"`
	ApplicationPermissions []string     `json:"applicationPermissions"`
}

// Redirects are the addresses to which sign-ins return.
type Redirects struct {
	RedirectURIs []string `json:"redirectUris"`
}

// A Credential is a client's secret. A seed says its text.
type Credential struct {
	KeyID       guid.ID `json:"keyId"`
	DisplayName string  `json:"displayName"`
	SecretText  string  `json:"secretText"`
}

// A Grant is a role that a principal has, or is eligible for, in the shape of a
// roleAssignment or of an adminAssign schedule request.
type Grant struct {
	ID               guid.ID       `json:"id"`
	PrincipalID      guid.ID       `json:"principalId"`
	RoleDefinitionID guid.ID       `json:"roleDefinitionId"`
	DirectoryScopeID string        `json:"directoryScopeId"` // "/" unless given
	Justification    string        `json:"justification"`
	ScheduleInfo     *ScheduleInfo `json:"scheduleInfo"`
}

// A ScheduleInfo is a grant's window. Without a start it begins at Beginning.
type ScheduleInfo struct {
	StartDateTime *string    `json:"startDateTime"`
	Expiration    Expiration `json:"expiration"`
}

// An Expiration is a window's end in the shape of expirationPattern.
type Expiration struct {
	Type        string  `json:"type"`
	EndDateTime *string `json:"endDateTime"`
	Duration    *string `json:"duration"`
}

// contoso is the seed of that name.
func contoso() (Seed, error) {
	var s Seed
	if err := decode(contosoJSON, &s); err != nil {
		return Seed{}, fmt.Errorf("seed/contoso.json: %w", err)
	}
	return s, nil
}

// parse reads a seed's text. A refusal is a fault that names the member.
func parse(text string) (Seed, error) {
	standard, err := contoso()
	if err != nil {
		return Seed{}, err
	}
	switch text {
	case Contoso:
		return standard, nil
	case Empty:
		return Seed{Users: standard.Users[:1], Applications: standard.Applications, RoleAssignments: standard.RoleAssignments[:1]}, nil
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return Seed{}, fault.BadRequest("seed", `A seed is "empty", "contoso" or an object with users, groups, applications, roleAssignments and eligibilities.`)
	}
	if len(text) > MaxSeed {
		return Seed{}, fault.BadRequest("seed", "A seed is at most %d bytes.", MaxSeed)
	}
	var s Seed
	if err := decode([]byte(text), &s); err != nil {
		return Seed{}, err
	}
	if s.Applications == nil {
		s.Applications = standard.Applications
	}
	return s, nil
}

// decode reads one JSON value into v. Members that v does not have, and text behind the
// value, are refused.
func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			return fault.BadRequest("", "There is text after the JSON value.")
		}
		return nil
	}
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fault.BadRequest(wrong.Field, "'%s' must not be a JSON %s.", wrong.Field, wrong.Value)
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		name := strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
		return fault.BadRequest(name, "The member '%s' is not known here. Check its name, or leave it out.", name)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fault.BadRequest("", "The JSON is not complete: it ends at byte %d.", d.InputOffset())
	}
	return fault.BadRequest("", "The JSON cannot be read near byte %d: %s.", d.InputOffset(), strings.TrimPrefix(err.Error(), "json: "))
}

// digest names a seed's text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// idFor is the id of something in a seed that gives none: a UUID of version 8 made of what
// names it there.
func idFor(parts ...string) guid.ID {
	sum := sha256.Sum256([]byte("ephor seed\x00" + strings.Join(parts, "\x00")))
	id := guid.ID(sum[:16])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
