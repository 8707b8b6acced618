package crash

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"ephor/test/harness"
)

// clients is how many write at once.
const clients = 6

// The roles that are given and taken.
var (
	helpdesk = harness.Role("Helpdesk Administrator")
	reader   = harness.Role("Global Reader")
)

const (
	admin         = "admin@contoso.com"
	eligibilities = "/v1.0/roleManagement/directory/roleEligibilityScheduleRequests"
	assignments   = "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests"
)

// A ledger is what was answered with success, by id, in all rounds together.
type ledger struct {
	sync.Mutex
	group    string
	users    map[string]bool
	members  map[string]bool
	requests map[string]standing
}

// A standing says whether the schedule with a request's id should be there.
type standing int

const (
	there standing = iota
	gone
	leaving // its removal was asked for and not answered: it may be either
)

func newLedger() *ledger {
	return &ledger{users: map[string]bool{}, members: map[string]bool{}, requests: map[string]standing{}}
}

// A visitor writes, one call after the other, until the server is gone.
type visitor struct {
	server   *server
	ledger   *ledger
	admin    string // token
	name     string // no other visitor's, in any round
	answered *atomic.Int64
}

// errRefused is an answer that should have been another one.
var errRefused = errors.New("refused")

// write makes a call that should have effect, and gives its id to note.
func (v *visitor) write(token, method, path, body string, want int, note func(id string)) (id string, err error) {
	status, a, err := v.server.call(token, method, path, body)
	if err != nil {
		return "", err
	}
	if status != want {
		return "", fmt.Errorf("%w: %s %s %s = %d %v", errRefused, method, path, body, status, a)
	}
	id, _ = a["id"].(string)
	v.ledger.Lock()
	note(id)
	v.ledger.Unlock()
	v.answered.Add(1)
	return id, nil
}

// ask posts a schedule request.
func (v *visitor) ask(token, path, action, who string, role fmt.Stringer, note func(id string)) (id string, err error) {
	length := "PT4H"
	if path == eligibilities {
		length = "P30D"
	}
	body := fmt.Sprintf(`{"action":%q,"principalId":%q,"roleDefinitionId":"%s","directoryScopeId":"/","justification":"load",
		"scheduleInfo":{"expiration":{"type":"afterDuration","duration":%q}}}`, action, who, role, length)
	return v.write(token, "POST", path, body, http.StatusCreated, note)
}

// visit is one person's way: made, put into the group, made eligible and assigned; what was
// eligible is activated, what was assigned taken away again.
func (v *visitor) visit(n int) error {
	l := v.ledger
	name := fmt.Sprintf("%s-%d", v.name, n)
	who, err := v.write(v.admin, "POST", "/v1.0/users", fmt.Sprintf(
		`{"accountEnabled":true,"displayName":%q,"mailNickname":%q,"userPrincipalName":"%s@contoso.com","passwordProfile":{"password":"xWwvJ]6NMw+bWH-d"}}`, name, name, name),
		http.StatusCreated, func(id string) { l.users[id] = true })
	if err != nil {
		return err
	}
	ref := fmt.Sprintf(`{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/%s"}`, who)
	if _, err := v.write(v.admin, "POST", "/v1.0/groups/"+l.group+"/members/$ref", ref, http.StatusNoContent, func(string) { l.members[who] = true }); err != nil {
		return err
	}
	made := func(id string) { l.requests[id] = there }
	if _, err := v.ask(v.admin, eligibilities, "adminAssign", who, helpdesk, made); err != nil {
		return err
	}
	given, err := v.ask(v.admin, assignments, "adminAssign", who, reader, made)
	if err != nil {
		return err
	}
	own, err := v.server.token(who)
	if err != nil {
		return err
	}
	if _, err := v.ask(own, assignments, "selfActivate", who, helpdesk, made); err != nil {
		return err
	}
	l.Lock()
	l.requests[given] = leaving
	l.Unlock()
	_, err = v.ask(v.admin, assignments, "adminRemove", who, reader, func(id string) { l.requests[id], l.requests[given] = gone, gone })
	return err
}

// stay visits until the server is gone, which is no fault; a refusal is one.
func (v *visitor) stay() error {
	for n := 0; ; n++ {
		if err := v.visit(n); errors.Is(err, errRefused) {
			return err
		} else if err != nil {
			return nil //nolint:nilerr // there is no server any more, as was to come
		}
	}
}
