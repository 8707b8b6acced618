// Package op holds what an operation is, and the gate that runs every one of them.
package op

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/odata"
	"ephor/internal/pim"
	"ephor/internal/store"
)

// Versions are the API versions that serve an operation.
type Versions uint8

// The versions of Graph.
const (
	V1 Versions = 1 << iota
	Beta
	Both = V1 | Beta
)

// The query options of a list and of one object.
const (
	ListOptions   = odata.Filter | odata.Select | odata.Expand | odata.OrderBy | odata.Top | odata.Count | odata.SkipToken | odata.Format
	SingleOptions = odata.Select | odata.Expand | odata.Format
)

// An Activity is how the audit log names what an operation did.
type Activity struct {
	Name     string // activityDisplayName
	Category string
	Type     string // operationType: Add, Update, Delete, Assign, …
	Service  string // loggedByService
}

// An Operation is one thing that a caller can ask for, declared in one place. Routes, the
// permission table, OpenAPI, metadata and the tests that walk the list come from it.
type Operation struct {
	Name     string // unique, lowerCamel: "createUser"
	Summary  string // one sentence for OpenAPI and the CLI's help
	Method   string
	Path     string // "/users/{id}/revokeSignInSessions"; braces name parameters
	Versions Versions
	Rule     *authz.Rule
	Query    odata.Options // what it takes; any other is refused
	Success  int           // the status of an answer
	// NotFound is the fault for an object that is not there; nil is the directory's.
	NotFound func(id string) *fault.Fault

	// Decode reads the body into the operation's input; nil when it takes none.
	Decode func(body edm.Value) (any, error)
	// BadBody is the fault for a body that is missing or no JSON; nil is the directory's.
	BadBody func(target, why string) *fault.Fault
	// Prepare is slow work on the input that needs no transaction, such as hashing a
	// password. It is done once, for callers who have been let in, before the lane.
	Prepare func(p *Preparing, in any) (any, error)
	// Demands are the rules that the object is judged by where they depend on the input or
	// on what Locate found: a change of some properties asks for more than that of others,
	// and some paths lead to objects of several kinds. All must be met. Rule is then for
	// the scopes alone.
	Demands func(c *Call) []*authz.Rule
	// Locate finds the object that the call is about; nil when that is the tenant. It
	// may read but not judge; Unknown is its error for an object that is not there.
	Locate func(c *Call) (authz.Object, error)
	// About, of a write whose handler begins by gathering PIM's facts, is the request that it
	// will gather them for. What others in the lane ask for is then read together with it.
	About func(c *Call) *pim.Request
	// Do is the handler: gather facts, decide, apply. It holds no permission, no SQL, no
	// clock and no commit.
	Do func(c *Call) (Answer, error)

	// Writes marks an operation that changes state. It runs in the write lane, and its
	// Activity is recorded in the same transaction.
	Writes   bool
	Activity Activity
	// Me marks an operation on the signed-in user, which an application is not.
	Me bool
	// DryRun reports, from the input, that nothing is to be changed or recorded.
	DryRun func(in any) bool
	// Sensitive reads are recorded when they are refused.
	Sensitive bool

	// Entity is the type of the answer, for OpenAPI and metadata; "" for none.
	Entity     string
	Collection bool
	// Function and Action mark OData functions and actions, for metadata.
	Function, Action bool
}

// A Preparing is what slow work before the lane may use.
type Preparing struct {
	*Input
	Env *env.Env
	// Read runs fn in a read transaction.
	Read func(fn func(tx *store.ReadTx) error) error

	ctx       context.Context //nolint:containedctx // of the call, which ends with it
	passwords Passwords
}

// Hash is what is stored of a password: few are made at once, so it may wait.
func (p *Preparing) Hash(password string) (string, error) { return p.passwords.Hash(p.ctx, password) }

// Verify reports whether phc is what is stored of password. It takes as long for "", which is
// nobody's.
func (p *Preparing) Verify(password, phc string) (bool, error) {
	return p.passwords.Verify(p.ctx, password, phc)
}

// Passwords compute hashes of passwords.
type Passwords interface {
	Hash(ctx context.Context, password string) (string, error)
	Verify(ctx context.Context, password, phc string) (bool, error)
}

// Check reports what is missing from a declaration. An operation without a rule is never
// served.
func (o *Operation) Check() error {
	switch {
	case o.Name == "" || o.Method == "" || !strings.HasPrefix(o.Path, "/"):
		return fmt.Errorf("operation %q %s %s: name, method or path is missing", o.Name, o.Method, o.Path)
	case o.Rule == nil:
		return fmt.Errorf("operation %s declares no access", o.Name)
	case o.Do == nil || o.Success == 0 || o.Versions == 0:
		return fmt.Errorf("operation %s: handler, status or versions are missing", o.Name)
	case o.Writes && (o.Activity.Name == "" || o.Activity.Category == "" || o.Activity.Service == ""):
		return fmt.Errorf("operation %s writes and names no audit activity", o.Name)
	case o.Writes && o.Method == http.MethodGet:
		return fmt.Errorf("operation %s writes on GET", o.Name)
	}
	return nil
}

// Operations is the list of all that is served.
type Operations []*Operation

// MustCheck panics on the first operation whose declaration is incomplete, or whose name
// or method and path are another's.
func (list Operations) MustCheck() {
	seen := map[string]bool{}
	for _, o := range list {
		if err := o.Check(); err != nil {
			panic(err)
		}
		for _, key := range []string{o.Name, fmt.Sprintf("%s %s %d", o.Method, strings.ToLower(o.Path), o.Versions)} {
			if seen[key] {
				panic("operation declared twice: " + key)
			}
			seen[key] = true
		}
	}
}

// Find is the operation of that name.
func (list Operations) Find(name string) (*Operation, bool) {
	for _, o := range list {
		if o.Name == name {
			return o, true
		}
	}
	return nil, false
}
