package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/env"
	"ephor/internal/oauth"
	"ephor/internal/rest"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// By is As for a person who has signed in by these methods only.
func (h *House) By(name string, methods ...string) *Caller {
	h.t.Helper()
	token, err := h.server.tokens.UserToken(h.t.Context(), h.Tenant, oauth.SignIn{User: h.ID(name), Client: appID(console), Methods: methods})
	if err != nil {
		h.t.Fatalf("token for %s: %v", name, err)
	}
	return h.Bearing(token.Access)
}

// Password is how a person signs in without a second factor.
const Password = signin.Password

// A Question is one that the decision API is asked. Names stand for ids; a resource without
// a name is the tenant.
type Question struct {
	Subject, Action string
	Kind, Resource  string
}

func (q Question) text(h *House) string {
	kind, id := q.Kind, h.Tenant.ID()
	if q.Resource != "" {
		id = h.ID(q.Resource)
	} else {
		kind = "tenant"
	}
	return fmt.Sprintf(`{"subject":{"type":"user","id":"%s"},"action":{"name":"microsoft.directory/%s"},"resource":{"type":"%s","id":"%s"}}`,
		h.ID(q.Subject), q.Action, kind, id)
}

// A Ruling is an answer of the decision API. Until is "" for one that time does not change.
type Ruling struct {
	Decision bool
	Context  struct {
		Reason string `json:"reason_code"`
		Until  string
	}
}

// Decide asks the decision API one question.
func (c *Caller) Decide(q Question) (Ruling, error) {
	var r Ruling
	return r, c.evaluate("/access/v1/evaluation", q.text(c.house), &r)
}

// DecideAll asks the decision API several questions, of one version and instant.
func (c *Caller) DecideAll(all []Question) ([]Ruling, error) {
	texts := make([]string, len(all))
	for i, q := range all {
		texts[i] = q.text(c.house)
	}
	var answer struct{ Evaluations []Ruling }
	err := c.evaluate("/access/v1/evaluations", `{"evaluations":[`+strings.Join(texts, ",")+"]}", &answer)
	if err == nil && len(answer.Evaluations) != len(all) {
		err = fmt.Errorf("%d questions have %d answers", len(all), len(answer.Evaluations))
	}
	return answer.Evaluations, err
}

func (c *Caller) evaluate(path, body string, into any) error {
	r := httptest.NewRequestWithContext(c.house.t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header = c.head.Clone()
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	c.house.decisions().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return fmt.Errorf("%s = %d %s", path, w.Code, w.Body)
	}
	return json.Unmarshal(w.Body.Bytes(), into)
}

// decisions is the server's decision API, on which it needs nothing that lasts.
func (h *House) decisions() http.Handler {
	return rest.NewDecisions(rest.DecisionsConfig{
		Env: env.System(), Log: slog.New(slog.DiscardHandler), PublicURL: URL,
		Address: func(r *http.Request) string { return r.RemoteAddr },
		Authenticate: func(ctx context.Context, token string) (*store.Tenant, *authz.Caller, error) {
			caller, t, err := h.server.tokens.Authenticate(ctx, token, "")
			return t, caller, err
		},
	})
}
