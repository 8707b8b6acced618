package rest

import (
	"encoding/json"
	"strconv"
	"sync"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// An asker is who asks for decisions, and the one version and instant that they are made
// on.
type asker struct {
	snap   *authz.Snapshot
	now    when.Instant
	caller *authz.Caller

	judged  bool         // it is known whether the caller may ask about others
	refusal *fault.Fault // why it may not, nil if it may
	strayed bool         // it may not, and did
}

// askOthers is who may ask what others may do.
var askOthers = sync.OnceValue(func() *authz.Rule {
	permissions := []string{"RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"}
	return authz.Rule{
		Delegated: permissions, Application: permissions, Reads: true,
		Ways: []authz.Way{authz.Role(
			"microsoft.directory/privilegedIdentityManagement/allProperties/read",
			"microsoft.directory/privilegedIdentityManagement/allProperties/allTasks",
		)},
	}.Compile()
})

// others is why the caller may not ask about others, or nil.
func (a *asker) others() *fault.Fault {
	if !a.judged {
		a.judged, a.refusal = true, a.snap.Require(a.caller, askOthers(), authz.Tenant, a.now)
	}
	return a.refusal
}

// self reports whether ref is the caller.
func (a *asker) self(ref directory.Ref) bool {
	own := directory.KindUser
	if a.caller.AppOnly {
		own = directory.KindServicePrincipal
	}
	return ref.Kind == own && ref.ID == a.caller.Principal.ID
}

// decide answers one question. Whether the subject exists is told only to who may ask
// about it.
func (a *asker) decide(q *question) verdict {
	if err := q.check(); err != nil {
		return verdict{err: err}
	}
	subject := q.subject.ref()
	self := a.self(subject)
	if !self && a.others() != nil {
		a.strayed = true
		return verdict{err: a.refusal}
	}
	if f, _ := a.snap.Object(subject.ID); f.Kind == directory.KindNone || f.Kind != subject.Kind {
		return no(authz.UnknownSubject)
	}
	action, known := roledata.ActionOf(q.action)
	if !known {
		return no(authz.UnknownAction)
	}
	resource := q.resource.ref()
	if resource.Kind == directory.KindNone || resource.ID.IsZero() {
		return no(authz.UnknownResource)
	}
	d := a.snap.Can(subject.ID, action, resource, a.now)
	return verdict{Decision: d, hidden: self && a.hides(resource, d)}
}

// hides reports whether d says more than the caller may know: that an object exists which
// it may not read, or what privilege others have.
func (a *asker) hides(on directory.Ref, d authz.Decision) bool {
	if d.Allowed || d.Reason <= authz.UnknownAction || a.others() == nil {
		return false
	}
	return d.Reason >= authz.TargetPrivileged || !a.reads(on)
}

// reads reports whether the caller may know if ref exists: it is the tenant, or itself, or
// of a kind that it may read.
func (a *asker) reads(ref directory.Ref) bool {
	return ref.Kind == directory.KindTenant || a.self(ref) || a.snap.MayRead(a.caller, ref.Kind, a.now)
}

// A verdict is the answer to one question: a decision, or why there is none.
type verdict struct {
	authz.Decision
	hidden bool         // the caller may not know the reason, nor when it passes
	err    *fault.Fault // the question's own error; the decision is then no
}

func no(r authz.Reason) verdict {
	return verdict{Decision: authz.Decision{Reason: r, Until: when.Never}}
}

// explained are the contexts of answers by reason, up to the value of until.
var explained = func() (all [authz.Allowed + 1]string) {
	for r := range all {
		all[r] = explain(authz.Reason(r).String(), authz.Reason(r).Text())
	}
	return all
}()

// unexplained is the context of a refusal whose reason the caller may not know. An object
// that is not there is refused in the same words.
var unexplained = explain("outOfReach", "There is no such object, or it is out of reach of what the subject holds.")

func explain(code, text string) string {
	return `,"context":{"reason_code":` + string(quoted(code)) + `,"reason":` + string(quoted(text)) + `,"until":`
}

// quoted is s as JSON.
func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic("rest: a string is not JSON: " + err.Error())
	}
	return b
}

// append writes the verdict to b.
func (v *verdict) append(b []byte) []byte {
	if v.err != nil {
		b = append(b, `{"decision":false,"context":{"error":{"status":`...)
		b = strconv.AppendInt(b, int64(v.err.Status), 10)
		b = append(append(b, `,"message":`...), quoted(inOneLine(v.err))...)
		return append(b, "}}}"...)
	}
	b = strconv.AppendBool(append(b, `{"decision":`...), v.Allowed)
	context, until := explained[v.Reason], v.Until
	if v.hidden {
		context, until = unexplained, when.Never
	}
	b = append(b, context...)
	if until == when.Never {
		return append(b, "null}}"...)
	}
	b = until.Time().AppendFormat(append(b, '"'), "2006-01-02T15:04:05.9999999Z")
	return append(b, `"}}`...)
}

// ref is what the entity names; of KindNone if its type is none of ours, and with a zero id
// if its id is none.
func (e *entity) ref() directory.Ref {
	kind, _ := directory.ParseKind(e.kind)
	id, _ := guid.Parse(e.id)
	return directory.Ref{ID: id, Kind: kind}
}
