package crash

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ephor/internal/pgtest"
)

// engines runs a test on a site of each engine.
func engines(t *testing.T, test func(s *site)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(&site{t: t, dir: t.TempDir()})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(&site{t: t, dir: t.TempDir(), database: pgtest.Start(t)})
	})
}

func TestKilledServerHasAllThatItAnsweredAndNothingByHalves(t *testing.T) {
	t.Parallel()
	engines(t, func(s *site) {
		seed := rand.Uint64()
		s.t.Logf("chance: %d", seed)
		chance := rand.New(rand.NewPCG(seed, 0))
		book, first := newLedger(), set(nil)
		for round := range rounds {
			v := s.start().ready()
			if round == 0 {
				v.prepare(book)
			}
			v.underLoad(book, round, chance)
			s.verify()
			l := s.look(book.group)
			if first == nil {
				if first = l.unrecorded(); len(first) != contoso {
					s.t.Errorf("%d users are in no record, want %d", len(first), contoso)
				}
			}
			s.whole(l, book, first)
			if s.t.Failed() {
				return
			}
		}
		s.t.Logf("%d users, %d members and %d requests were answered", len(book.users), len(book.members), len(book.requests))
	})
}

// contoso is how many people the seed has.
const contoso = 4

// unrecorded are the users of whom the log does not say that they were made: the seed's.
// Their number is known, so that nobody else can hide among them.
func (l *left) unrecorded() set {
	first := set{}
	for id := range l.users {
		if !l.recordedUsers[id] {
			first[id] = true
		}
	}
	return first
}

// prepare makes the group that people are put into.
func (v *server) prepare(book *ledger) {
	v.t.Helper()
	token, err := v.token(admin)
	if err != nil {
		v.t.Fatal(err)
	}
	status, a, err := v.call(token, "POST", "/v1.0/groups", `{"displayName":"load","mailNickname":"load","mailEnabled":false,"securityEnabled":true}`)
	if err != nil || status != http.StatusCreated {
		v.t.Fatalf("make the group: %d %v %v", status, a, err)
	}
	book.group, _ = a["id"].(string)
}

// underLoad lets clients write until so many calls have been answered, and kills the server
// a moment later, whatever it is doing.
func (v *server) underLoad(book *ledger, round int, chance *rand.Rand) {
	v.t.Helper()
	token, err := v.token(admin)
	if err != nil {
		v.t.Fatal(err)
	}
	enough, moment := int64(10+chance.IntN(80)), time.Duration(chance.IntN(4000))*time.Microsecond
	var answered atomic.Int64
	var all sync.WaitGroup
	for i := range clients {
		visitor := &visitor{server: v, ledger: book, admin: token, name: fmt.Sprintf("p%d-%d", round, i), answered: &answered}
		all.Go(func() {
			if err := visitor.stay(); err != nil {
				v.t.Error(err)
			}
		})
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); answered.Load() < enough && time.Now().Before(deadline) && !v.t.Failed(); {
		<-tick.C
	}
	<-time.After(moment)
	v.kill()
	all.Wait()
	v.client.CloseIdleConnections()
	if answered.Load() < enough {
		v.t.Fatalf("only %d calls were answered\n%s", answered.Load(), v.said)
	}
}

// A start makes a folder, keys, a certificate and a tenant, in many steps.
func TestServerKilledWhileItStartsForTheFirstTimeStartsAgain(t *testing.T) {
	t.Parallel()
	engines(t, func(s *site) {
		chance := rand.New(rand.NewPCG(rand.Uint64(), 0))
		for range rounds {
			moment := time.Duration(chance.IntN(300)) * time.Millisecond
			v := s.start()
			<-time.After(moment)
			v.kill()
		}
		v := s.start().ready()
		if _, err := v.token(admin); err != nil {
			s.t.Error(err)
		}
		v.kill()
		s.verify()
	})
}
