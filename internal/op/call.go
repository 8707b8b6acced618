package op

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/store"
	"ephor/internal/when"
)

// An Input is a call as it came over the wire: matched, authenticated and read.
type Input struct {
	Op     *Operation
	Caller *authz.Caller
	Params map[string]string
	// Read fills in Query and Body. It is called when the caller's scopes have been judged:
	// who may not call an operation is not told what is wrong with the call.
	Read  func(*Input) error
	Query odata.Query
	Body  []byte // JSON, inflated; nil when there is none
	// Advanced is set by the header ConsistencyLevel: eventual (query.md §1).
	Advanced bool
	// Root is the address of the API version, such as https://localhost:8443/v1.0.
	Root string
	// Self is the address of this request without its query, for links to the next page.
	Self string
	// RawQuery is the query as it came, for links to the next page.
	RawQuery string
	// Metadata is the odata.metadata level: "minimal", "full" or "none".
	Metadata string
	// Request is the request-id, under which audit and log speak of this call.
	Request guid.ID
	// Address is the caller's network address.
	Address string
}

// A Call is one run of an operation inside its transaction: what handlers are given.
type Call struct {
	*Input
	Now    when.Instant    // the tenant's time, one for the whole transaction
	Tx     *store.ReadTx   // reads
	W      *store.WriteTx  // writes; nil in a read and in a dry run
	Snap   *authz.Snapshot // rights as of this transaction
	Tenant *store.Tenant   // for what is the tenant's and not the transaction's
	In     any             // what Decode made of the body
	Object authz.Object    // what Locate found
	Env    *env.Env        // ids

	// ActorName and ActorUPN are what the caller is called now, for records.
	ActorName, ActorUPN string

	records []audit.Record
}

// An Answer is what a handler says: a status and JSON, or nothing but a status.
type Answer struct {
	Status int
	Body   []byte
	Type   string // content type, "" for Graph's JSON
	// Location of what was made, "" for none.
	Location string
	// Free, unless it is nil, takes Body back for others, once it has been written.
	Free func()
}

// Param is the path parameter of that name.
func (c *Call) Param(name string) string { return c.Params[name] }

// ID is the path parameter of that name as an id. What is not a GUID names nothing.
func (c *Call) ID(name string) (guid.ID, error) {
	id, ok := guid.Parse(c.Params[name])
	if !ok {
		return id, Unknown(c.Params[name])
	}
	return id, nil
}

// Body is the input of type T that Decode made.
func Body[T any](c *Call) T {
	in, _ := c.In.(T)
	return in
}

// Record is the call's audit record, which handlers complete with targets and details.
func (c *Call) Record() *audit.Record { return &c.records[0] }

// Also starts a further record of the same call: same actor, time and correlation, with
// the targets and details of the first so far, under another activity.
func (c *Call) Also(activity string) *audit.Record {
	r := c.records[0]
	r.ID, r.Activity = c.Env.NextID(), activity
	r.Targets = append([]audit.Target(nil), r.Targets...)
	r.Details = append([]audit.Detail(nil), r.Details...)
	c.records = append(c.records, r)
	return &c.records[len(c.records)-1]
}

// Target adds what the activity touched.
func (c *Call) Target(t audit.Target) { c.records[0].Targets = append(c.records[0].Targets, t) }

// Detail adds one of additionalDetails; an empty value is left out.
func (c *Call) Detail(key, value string) {
	if value != "" {
		c.records[0].Details = append(c.records[0].Details, audit.Detail{Key: key, Value: value})
	}
}

// unknown is the error of Locate for an object that is not there. The gate turns it into
// 404 or 403, by what the caller may know.
type unknown struct{ id string }

func (u unknown) Error() string { return "no object " + u.id }

// Unknown is what Locate answers when id names no object that the call can be about.
func Unknown(id string) error { return unknown{id} }

// NotFound is the fault for an object that is not there, in the operation's words.
func (c *Call) NotFound(id string) error {
	if c.Op.NotFound != nil {
		return c.Op.NotFound(id)
	}
	return fault.NotFound(id)
}
