package concurrent

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"ephor/test/harness"
)

// The calls that a history is made of.
const (
	assign = iota
	remove
	decide
	use // the call that the role is for
)

// A step is one call about one person; its answer is whether it had effect, or was allowed.
type step struct {
	who  string
	call int
}

// held is the whole model: one person has the role, or has not.
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
	Init: func() any { return false },
	Step: func(state, input, output any) (bool, any) {
		has, done := state.(bool), output.(bool)
		switch input.(step).call {
		case assign:
			return done == !has, true
		case remove:
			return done == has, false
		}
		return done == has, has
	},
	DescribeOperation: func(input, output any) string {
		in := input.(step)
		return fmt.Sprintf("%s %s: %v", [...]string{"assign", "remove", "decide", "use"}[in.call], in.who, output)
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

// do makes one call.
func (c client) do(in step) (done bool, err error) {
	var a harness.Answer
	var code string
	yes, no := 201, 400
	switch in.call {
	case assign:
		a, code = c.ada.Do("POST", assignments, request("adminAssign", in.who)), "RoleAssignmentExists"
	case remove:
		a, code = c.ada.Do("POST", assignments, request("adminRemove", in.who)), "RoleAssignmentDoesNotExist"
	case use:
		a, yes, no, code = c.crowd[in.who].Do("POST", "/users/{bystander}/revokeSignInSessions", ""), 200, 403, "Authorization_RequestDenied"
	default:
		q := may
		q.Subject = in.who
		r, err := c.ada.Decide(q)
		return r.Decision, err
	}
	switch {
	case a.Status == yes:
		return true, nil
	case a.Status == no && a.Code() == code:
		return false, nil
	}
	return false, fmt.Errorf("%v: %d %s", in, a.Status, a.Text)
}

// history lets the clients loose, two of three on decisions.
func history(t *testing.T, nodes []*harness.House) []porcupine.Operation {
	t.Helper()
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
			in := step{crowd[chance.IntN(len(crowd))], [...]int{assign, remove, decide, decide, use}[chance.IntN(5)]}
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
