package oauth

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ephor/internal/store"
)

func TestRefreshTokensFollowOneAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd", "mfa")
	one := w.tokens(redemption(b.code(ask())))
	two := w.tokens(refreshing(one.Refresh))
	three := w.tokens(refreshing(two.Refresh))
	if one.Refresh == two.Refresh || two.Refresh == three.Refresh || three.ID == "" {
		t.Errorf("they do not change: %+v", three)
	}
	w.accepted("the last access token", three.Access)
	if amr, _ := claimsIn(t, three.Access)["amr"].([]any); !slices.Equal(amr, []any{"pwd", "mfa"}) {
		t.Errorf("amr is %v", amr)
	}
	w.turn(60 * 24 * time.Hour)
	if four := w.tokens(refreshing(three.Refresh)); four.Seconds != 3600 {
		t.Errorf("after two months: %+v", four)
	}
}

func TestAttackRefreshTokenShownTwiceEndsTheFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	one := w.tokens(redemption(b.code(ask())))
	two := w.tokens(refreshing(one.Refresh))
	w.accepted("before", two.Access)
	if got := w.denied("the first again", refreshing(one.Refresh), 50173); got.Error != "invalid_grant" {
		t.Errorf("%+v", got)
	}
	w.denied("the second, which was good", refreshing(two.Refresh), 50173)
	w.refused("the access token", two.Access, "", sayOver)
	other := w.tokens(redemption(b.code(ask())))
	w.tokens(refreshing(other.Refresh))
}

// Of many who show the same token at once, one gets the next; then it was shown twice.
func TestAttackRefreshTokenShownAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	one := w.tokens(redemption(b.code(ask())))
	var mu sync.Mutex
	good := 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			rec := w.ask("contoso.com", refreshing(one.Refresh))
			mu.Lock()
			defer mu.Unlock()
			if rec.Code == 200 {
				good++
			}
		})
	}
	all.Wait()
	if good != 1 {
		t.Errorf("%d were answered with the next token", good)
	}
}

func TestAttackRefreshTokenIsOfNoUseToOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	one := w.tokens(redemption(b.code(ask())))
	w.denied("another client", refreshing(one.Refresh, "client_id", spa.String()), 70000)
	w.denied("another client with its secret", refreshing(one.Refresh, "client_id", client.String(), "client_secret", secretText), 70000)
	w.denied("made up", refreshing("x"), 70000)
	w.denied("of no family", refreshing(w.server.marked(contoso, ada)), 50173)
	w.denied("empty", refreshing(""), 900144)
	w.tokens(refreshing(one.Refresh)) // none of it has ended the family
	web := ask("client_id", client.String(), "redirect_uri", webURI)
	held := w.tokens(redemption(b.code(web), "client_id", client.String(), "client_secret", secretText, "redirect_uri", webURI))
	w.denied("a web server's without its secret", refreshing(held.Refresh, "client_id", client.String()), 7000218)
	w.tokens(refreshing(held.Refresh, "client_id", client.String(), "client_secret", secretText))
}

func TestRefreshAsksForLessOrMoreOfWhatIsConsentedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	token := w.tokens(redemption(b.code(ask()))).Refresh
	for _, c := range []struct{ scope, want string }{
		{"User.Read", "openid profile User.Read"},
		{"https://graph.microsoft.com/Group.Read.All", "openid profile https://graph.microsoft.com/Group.Read.All"},
		{"https://ephor.example:8443/.default", "openid profile https://ephor.example:8443/Group.Read.All https://ephor.example:8443/User.Read https://ephor.example:8443/.default"},
		{"user.read", "openid profile user.read"},
		{"", "openid profile User.Read"},
	} {
		got := w.tokens(refreshing(token, "scope", c.scope))
		if got.Scope != c.want {
			t.Errorf("%q: scope is %q, want %q", c.scope, got.Scope, c.want)
		}
		token = got.Refresh
	}
	w.denied("what was not consented to", refreshing(token, "scope", "User.ReadWrite.All"), 65001)
	w.denied("what there is not", refreshing(token, "scope", "Mars.Read"), 650053)
	w.denied("two resources", refreshing(token, "scope", "https://ephor.example:8443/User.Read https://graph.microsoft.com/User.Read"), 28000)
	w.denied(".default and more", refreshing(token, "scope", "https://graph.microsoft.com/.default User.Read"), 70011)
}

func TestRefreshTokensOfPagesLiveADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	values := ask("client_id", spa.String(), "redirect_uri", spaURI)
	f := Flow{Kind: SignInFlow, Client: spa, Principal: spaPrincipal, ClientName: "Page"}
	f.Asked, _ = set.readScopes("openid profile offline_access User.Read", contoso, nil)
	w.consent(b, f, ada, false)
	one := w.tokens(redemption(b.code(values), "client_id", spa.String(), "redirect_uri", spaURI))
	w.turn(24*time.Hour - time.Second)
	two := w.tokens(refreshing(one.Refresh, "client_id", spa.String()))
	if two.Seconds > 1 {
		t.Errorf("the token lives %d seconds, past its session", two.Seconds)
	}
	w.turn(time.Second)
	w.denied("a day later", refreshing(two.Refresh, "client_id", spa.String()), 50173)
}

func TestStepUpIsFreshAndNotCarriedByRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	session := b.signIn("pwd")
	claims := `{"access_token":{"acrs":{"essential":true, "value":"c1"},"xms_cc":{"values":["cp1"]}}}`
	if rec := b.authorize(ask("claims", claims)); !strings.Contains(rec.Header().Get("Location"), "/signin?flow=") {
		t.Fatalf("a password is enough: %v", rec.Header())
	}
	b.stepUp(session)
	body := w.tokens(redemption(b.code(ask("claims", claims)), "claims", claims))
	contexts := func(raw string) []string {
		c, _, err := w.server.Authenticate(t.Context(), raw, "")
		if err != nil {
			t.Fatal(err)
		}
		return c.Proof.Context
	}
	if got := claimsIn(t, body.Access)["acrs"]; got == nil || !slices.Equal(contexts(body.Access), []string{"c1"}) {
		t.Errorf("acrs is %v, the caller's contexts %v", got, contexts(body.Access))
	}
	if cc := claimsIn(t, body.Access)["xms_cc"]; cc == nil {
		t.Error("xms_cc is missing")
	}
	next := w.tokens(refreshing(body.Refresh))
	if claimsIn(t, next.Access)["acrs"] != nil || contexts(next.Access) != nil {
		t.Error("a refresh carries the context")
	}
	got := w.denied("a refresh that asks for it", refreshing(next.Refresh, "claims", claims), 50076)
	if got.Error != "interaction_required" || got.Claims != `{"access_token":{"acrs":{"essential":true, "value":"c1"}}}` {
		t.Errorf("%+v", got)
	}
	plain := w.tokens(redemption(b.code(ask())))
	if contexts(plain.Access) != nil {
		t.Error("a token that did not ask for it has the context")
	}
	w.turn(10*time.Minute - time.Second)
	if !slices.Equal(contexts(body.Access), []string{"c1"}) {
		t.Error("the context has ended early")
	}
	w.turn(time.Second)
	if contexts(body.Access) != nil {
		t.Error("the context outlives its time")
	}
	if rec := b.authorize(ask("claims", claims)); !strings.Contains(rec.Header().Get("Location"), "/signin?flow=") {
		t.Errorf("the factor of ten minutes ago is fresh: %v", rec.Header())
	}
}

func TestSignInsAreLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	code := b.code(ask())
	body := w.tokens(redemption(code))
	w.tokens(refreshing(body.Refresh))
	w.denied("again", redemption(code), 54005)
	err := w.tenant.Read(t.Context(), func(tx *store.ReadTx) error {
		page, err := store.List(tx, store.SignIns, store.ListQuery{Limit: 10})
		if err != nil || len(page.Rows) != 3 {
			t.Fatalf("%d entries, %v", len(page.Rows), err)
		}
		for i, want := range []struct {
			code  int
			grant string
		}{{54005, "authorization_code"}, {0, "refresh_token"}, {0, "authorization_code"}} {
			e := page.Rows[i]
			if e.Code != want.code || e.Detail != want.grant || e.App != native || e.Interactive || want.code == 0 && (e.User != ada || e.UPN != "ada@contoso.com") {
				t.Errorf("entry %d is %+v", i, e)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
