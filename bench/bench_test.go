package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestMissedGoalIsPrintedAsMissed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		goal  goal
		value float64
		want  string
	}{{atLeast(0.75), 0.75, " met "}, {atLeast(0.75), 0.74, " MISSED "}, {atMost(1.2), 1.2, " met "}, {atMost(1.2), 1.21, " MISSED "}} {
		var s sheet
		s.add("it", c.goal, exactly(c.value), "")
		var out bytes.Buffer
		if s.print(&out); !strings.Contains(out.String(), c.want) {
			t.Errorf("%v of %v:\n%s", c.value, c.goal, out.String())
		}
	}
}

func TestContestantsTakeTurnsInBothOrders(t *testing.T) {
	t.Parallel()
	var order []string
	runs := func(name string) contestant {
		return func() (sample, error) {
			order = append(order, name)
			return sample{rate: float64(len(order))}, nil
		}
	}
	samples, err := contest(2, runs("a"), runs("b"))
	if err != nil || !slices.Equal(order, []string{"a", "b", "b", "a"}) {
		t.Fatalf("%v, %v", order, err)
	}
	if f := ratio(samples[1], samples[0], rate); f != (figure{2, 0.75, 2}) {
		t.Errorf("ratio %v: rounds must be compared with themselves", f)
	}
}

func TestIdentitiesAscendAndDiffer(t *testing.T) {
	t.Parallel()
	for n := 1; n < 10_000; n++ {
		if a, b := identity(aUser, n-1, 10_000), identity(aUser, n, 10_000); a.Compare(b) >= 0 {
			t.Fatalf("%d: %s is not before %s", n, a, b)
		}
	}
}

func TestWireReadsAnswersOfEitherForm(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ephor ", 10_000)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := r.URL.Path
		if body == "/long" {
			body = long // is sent in chunks
		}
		_, _ = w.Write([]byte(body))
	}))
	defer s.Close()
	w, err := dial(t.Context(), s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer w.conn.Close()
	for path, want := range map[string]string{"/short": "/short", "/long": long, "/again": "/again"} {
		status, err := w.do(request("GET", "localhost", path, "", nil))
		if err != nil || status != http.StatusOK || string(w.body) != want {
			t.Errorf("%s: %d, %d bytes, %v", path, status, len(w.body), err)
		}
	}
}
