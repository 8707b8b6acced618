package audit

import (
	"errors"
	"fmt"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// MaxBytes bounds a record's canonical bytes. The schema has a fixed depth, so the
// bound on size bounds every list and text too. It leaves room for a change that holds
// the largest body a caller may send, once as old and once as new value.
const MaxBytes = 4 << 20

// A Record is one audit event: Graph's directoryAudit (behaviour.md, 13), and what Ephor
// needs to find and prove it. An empty text is null on the wire.
type Record struct {
	ID          guid.ID      `json:"id"`  // time-ordered
	Seq         uint64       `json:"seq"` // the record's place in the tenant's log, from 0
	At          when.Instant `json:"at"`  // on the tenant's clock
	Activity    string       `json:"activity"`
	Category    string       `json:"category"`
	Service     string       `json:"service"`     // loggedByService
	Type        string       `json:"type"`        // operationType: Add, Assign, Update, …
	Operation   string       `json:"op"`          // the name of Ephor's operation
	Result      Result       `json:"result"`      // how it ended
	Reason      string       `json:"reason"`      // resultReason
	Correlation guid.ID      `json:"correlation"` // shared by all records of one request
	Actor       Actor        `json:"actor"`       // initiatedBy
	Targets     []Target     `json:"targets"`     // targetResources
	Details     []Detail     `json:"details"`     // additionalDetails
}

// A Result is how an activity ended, in Graph's words.
type Result string

// The results of the wire's operationResult. A refusal is a Failure.
const (
	Success Result = "success"
	Failure Result = "failure"
	Timeout Result = "timeout"
)

// An Actor is who did it: a user, an application, a user through an application, or the
// person at the server's own machine, who is neither and stands alone.
type Actor struct {
	User     User   `json:"user"`
	App      App    `json:"app"`
	Operator string `json:"operator"` // the account's name on the server's machine
}

// A User as it was when it acted; names change and addresses move.
type User struct {
	ID   guid.ID `json:"id"`
	UPN  string  `json:"upn"`
	Name string  `json:"name"` // displayName
	IP   string  `json:"ip"`
}

// An App is a client or service that acted. Ephor itself, recording what time has
// decided, is an App with a Name and no ids.
type App struct {
	ID                 string  `json:"id"` // appId
	ServicePrincipalID guid.ID `json:"principal"`
	ServicePrincipal   string  `json:"principalName"` // servicePrincipalName
	Name               string  `json:"name"`          // displayName
}

// A Target is one thing that the activity touched.
type Target struct {
	ID        string     `json:"id"` // not always a GUID: a policy's and a scope's are not
	Kind      Kind       `json:"kind"`
	Name      string     `json:"name"` // displayName
	UPN       string     `json:"upn"`
	GroupType string     `json:"groupType"` // unifiedGroups or azureAD
	Modified  []Property `json:"modified"`
}

// A Kind is a target's type on the wire.
type Kind string

// The kinds of target that Graph names, Other among them.
const (
	KindUser             Kind = "User"
	KindRole             Kind = "Role"
	KindGroup            Kind = "Group"
	KindPolicy           Kind = "Policy"
	KindServicePrincipal Kind = "ServicePrincipal"
	KindApplication      Kind = "Application"
	KindDirectory        Kind = "Directory"
	KindOther            Kind = "Other"
)

// A Property is one changed property of a target; Old and New are JSON text. Secrets
// are named here and never shown.
type Property struct {
	Name string `json:"name"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// A Detail is one of additionalDetails: justification, ticketNumber, startTime, scope, ….
type Detail struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Check reports why r may not enter a log. A record that passes is given back whole by
// Decode; one that does not would break the log for every later reader, so the write
// that made it must be refused.
func (r Record) Check() error {
	_, err := r.checked()
	return err
}

// Row is what the store keeps of r: its canonical bytes and their leaf hash, if r passes
// Check.
func (r Record) Row() (Row, error) {
	b, err := r.checked()
	if err != nil {
		return Row{}, err
	}
	return Row{Canonical: b, Leaf: Leaf(b)}, nil
}

// checked is Check that also gives the canonical bytes, which it had to make.
func (r Record) checked() ([]byte, error) {
	switch {
	case r.ID.IsZero():
		return nil, errors.New("audit record has no id")
	case r.At == when.Never:
		return nil, errors.New("audit record has no time")
	case r.Activity == "" || r.Category == "":
		return nil, errors.New("audit record has no activity or category")
	case r.Result != Success && r.Result != Failure && r.Result != Timeout:
		return nil, fmt.Errorf("audit record has result %q", r.Result)
	case !r.Actor.one():
		return nil, errors.New("audit record must have an actor, and an operator acts alone")
	}
	for _, t := range r.Targets {
		if !t.Kind.known() {
			return nil, fmt.Errorf("audit target %q has kind %q", t.ID, t.Kind)
		}
	}
	b, exact := r.encode()
	if !exact {
		return nil, errors.New("audit record holds text that is not UTF-8")
	}
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("audit record has %d bytes, more than %d", len(b), MaxBytes)
	}
	return b, nil
}

func (a Actor) one() bool {
	served := a.User != User{} || a.App != App{}
	return served != (a.Operator != "")
}

func (k Kind) known() bool {
	switch k {
	case KindUser, KindRole, KindGroup, KindPolicy, KindServicePrincipal, KindApplication, KindDirectory, KindOther:
		return true
	}
	return false
}
