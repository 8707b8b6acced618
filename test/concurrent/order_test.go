package concurrent

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"ephor/internal/store"
	"ephor/test/harness"
)

// The calls that a history is made of.
const (
	assign = iota
	remove
	entitle
	disentitle
	activate
	deactivate
	decide
	use // the call that the role is for
)

// A step is one call about one person; its answer is whether it had effect, or was allowed.
type step struct {
	who  string
	call int
}

// A rights is what one person has of the role: it is the whole model.
type rights struct{ assigned, eligible, active bool }

// next is what a call is answered, and what there is after it.
func (r rights) next(call int) (done bool, after rights) {
	after = r
	switch call {
	case assign:
		done, after.assigned = !r.assigned, true
	case remove: // which takes what is activated too
		done, after.assigned, after.active = r.assigned || r.active, false, false
	case entitle:
		done, after.eligible = !r.eligible, true
	case disentitle: // with which goes what stands on it
		done, after.eligible, after.active = r.eligible, false, false
	case activate:
		if done = r.eligible && !r.active && !r.assigned; done {
			after.active = true
		}
	case deactivate:
		done, after.active = r.active, false
	default:
		done = r.assigned || r.active
	}
	return done, after
}

// held is the model of everybody, each by themselves.
var held = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		of := map[string][]porcupine.Operation{}
		for _, o := range history {
			who := o.Input.(step).who
			of[who] = append(of[who], o)
		}
		var all [][]porcupine.Operation
		for _, h := range of {
			all = append(all, h)
		}
		return all
	},
	Init: func() any { return rights{} },
	Step: func(state, input, output any) (bool, any) {
		done, after := state.(rights).next(input.(step).call)
		return done == output.(bool), after
	},
	DescribeOperation: func(input, output any) string {
		in := input.(step)
		return fmt.Sprintf("%s %s: %v", [...]string{"assign", "remove", "entitle", "disentitle", "activate", "deactivate", "decide", "use"}[in.call], in.who, output)
	},
}

// clients is how many call at once, and length how many calls each makes.
const (
	clients = 8
	length  = 40
)

// crowd is who is assigned and removed.
var crowd = []string{"kim", "lee"}

func crowded() harness.Seed {
	s := seed()
	for _, name := range crowd {
		s.People = append(s.People, harness.Person{Name: name})
	}
	return s
}

// A client makes calls on one node.
type client struct {
	house *harness.House
	ada   *harness.Caller
	crowd map[string]*harness.Caller
}

func newClient(h *harness.House) client {
	c := client{h, h.As("ada"), map[string]*harness.Caller{}}
	for _, name := range crowd {
		c.crowd[name] = h.As(name)
	}
	return c
}

// A form is how a step is asked for, and the codes of its refusals.
type form struct {
	set, action string
	lasts       string
	loses       []string
}

const none = "RoleAssignmentDoesNotExist"

var forms = map[int]form{
	assign:     {assignments, "adminAssign", "P1D", []string{"RoleAssignmentExists"}},
	remove:     {assignments, "adminRemove", "", []string{none}},
	entitle:    {eligibilities, "adminAssign", "P2D", []string{"RoleAssignmentExists"}},
	disentitle: {eligibilities, "adminRemove", "", []string{none}},
	activate:   {assignments, "selfActivate", "PT1H", []string{"RoleAssignmentExists", "RoleAssignmentRequestPolicyValidationFailed"}},
	deactivate: {assignments, "selfDeactivate", "", []string{none}},
}

// do makes one call.
func (c client) do(in step) (done bool, err error) {
	switch in.call {
	case decide:
		q := may
		q.Subject = in.who
		r, err := c.ada.Decide(q)
		return r.Decision, err
	case use:
		a := c.crowd[in.who].Do("POST", "/users/{bystander}/revokeSignInSessions", "")
		return outcome(in, a, 200, 403, "Authorization_RequestDenied")
	}
	f, caller := forms[in.call], c.ada
	if in.call == activate || in.call == deactivate {
		caller = c.crowd[in.who]
	}
	body := fmt.Sprintf(`{"action":%q,"principalId":"{%s}","roleDefinitionId":"%s","directoryScopeId":"/","justification":"because"`, f.action, in.who, helpdesk)
	if f.lasts != "" {
		body += `,"scheduleInfo":{"expiration":{"type":"afterDuration","duration":"` + f.lasts + `"}}`
	}
	return outcome(in, caller.Do("POST", f.set, body+"}"), 201, 400, f.loses...)
}

// outcome is whether a call had effect, or an error if it is refused in other words.
func outcome(in step, a harness.Answer, yes, no int, codes ...string) (bool, error) {
	switch {
	case a.Status == yes:
		return true, nil
	case a.Status == no && slices.Contains(codes, a.Code()):
		return false, nil
	}
	return false, fmt.Errorf("%v: %d %s", in, a.Status, a.Text)
}

// mix is how often each call is made.
var mix = []int{assign, remove, entitle, entitle, disentitle, activate, activate, deactivate, decide, decide, decide, use, use}

// history lets the clients loose. Whoever activates may deactivate at once.
func history(t *testing.T, nodes []*harness.House) []porcupine.Operation {
	t.Helper()
	nodes[0].Write(func(tx *store.WriteTx) error {
		s, err := tx.PIMSettings()
		s.DeactivateWait = 0
		tx.PutPIMSettings(s)
		return err
	})
	began := time.Now()
	var mu sync.Mutex
	var all []porcupine.Operation
	var workers [clients]client
	for i := range workers {
		workers[i] = newClient(nodes[i%len(nodes)])
	}
	together(clients, func(id int) {
		chance := rand.New(rand.NewPCG(1, uint64(id)))
		for range length {
			in := step{crowd[chance.IntN(len(crowd))], mix[chance.IntN(len(mix))]}
			o := porcupine.Operation{ClientId: id, Input: in, Call: int64(time.Since(began))}
			done, err := workers[id].do(in)
			o.Output, o.Return = done, int64(time.Since(began))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			all = append(all, o)
			mu.Unlock()
		}
	})
	return all
}

func TestAnswersFitAnOrderOfTheCalls(t *testing.T) {
	t.Parallel()
	every(t, crowded(), func(t *testing.T, nodes []*harness.House) {
		all := history(t, nodes)
		if result, info := porcupine.CheckOperationsVerbose(held, all, time.Minute); result != porcupine.Ok {
			t.Errorf("%d calls are in no order that explains their answers: %v; the longest that could be explained are %v", len(all), result, len(info.PartialLinearizations()))
		}
		if _, err := nodes[0].Tenant.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The model must be able to say no.
func TestModelSeesAnAnswerThatIsTooLate(t *testing.T) {
	t.Parallel()
	late := []porcupine.Operation{
		{ClientId: 0, Input: step{"kim", assign}, Output: true, Call: 0, Return: 1},
		{ClientId: 0, Input: step{"kim", remove}, Output: true, Call: 2, Return: 3},
		{ClientId: 1, Input: step{"kim", decide}, Output: true, Call: 4, Return: 5},
	}
	if porcupine.CheckOperations(held, late) {
		t.Error("a right that was decided on after it was taken away is explained")
	}
	late[2].Call = 2
	if !porcupine.CheckOperations(held, late) {
		t.Error("a right that was decided on while it was taken away is not explained")
	}
	// What was activated goes with its eligibility.
	late = []porcupine.Operation{
		{ClientId: 0, Input: step{"kim", entitle}, Output: true, Call: 0, Return: 1},
		{ClientId: 1, Input: step{"kim", activate}, Output: true, Call: 2, Return: 3},
		{ClientId: 0, Input: step{"kim", disentitle}, Output: true, Call: 4, Return: 5},
		{ClientId: 1, Input: step{"kim", use}, Output: true, Call: 6, Return: 7},
	}
	if porcupine.CheckOperations(held, late) {
		t.Error("an activation that outlived its eligibility is explained")
	}
}

// pairs is how often a right is taken away on one node and asked for on the other.
const pairs = 40

// Old decisions must not meet new facts: what one node has answered, the other knows, even
// while both have other work.
func TestRightTakenAwayOnOneNodeIsNeverHonouredOnTheOther(t *testing.T) {
	t.Parallel()
	nodes := harness.Nodes(t, 2, crowded())
	stop := make(chan struct{})
	var noise sync.WaitGroup
	for _, h := range nodes {
		ada := h.As("ada")
		noise.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if a := ada.Do("PATCH", "/users/{bystander}", fmt.Sprintf(`{"jobTitle":"t%d"}`, i)); a.Status != 204 {
					t.Errorf("noise: %d %s", a.Status, a.Text)
					return
				}
			}
		})
	}
	defer noise.Wait()
	defer close(stop)
	workers := []client{newClient(nodes[0]), newClient(nodes[1])}
	for i := range pairs {
		here, there := workers[i%2], workers[(i+1)%2]
		who := crowd[i%len(crowd)]
		for _, s := range []struct {
			on   client
			call int
			want bool
		}{{here, assign, true}, {there, decide, true}, {there, use, true}, {here, remove, true}, {there, use, false}, {there, decide, false}} {
			done, err := s.on.do(step{who, s.call})
			if err != nil {
				t.Fatal(err)
			}
			if done != s.want {
				t.Fatalf("round %d: %v of %s is %v, want %v", i, s.call, who, done, s.want)
			}
		}
	}
}
