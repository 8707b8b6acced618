package face

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"

	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// Page tokens are sealed, and good only for the tenant, its incarnation, the caller and
// the query that they were given to.

// NextLink is the address of the page behind p: this request's, with another $skiptoken.
func NextLink(c *op.Call, p *store.Position) (string, error) {
	token, err := odata.Seal(odata.Token{
		Keys: []odata.Value{odata.Text(p.By), odata.Text(p.Text), odata.Int(p.Number)}, ID: p.ID,
	}, c.Tenant.PageKey(), binding(c), c.Env)
	if err != nil {
		return "", fmt.Errorf("seal a page token: %w", err)
	}
	var kept []string
	for piece := range strings.SplitSeq(c.RawQuery, "&") {
		name, _, _ := strings.Cut(piece, "=")
		plain, err := url.QueryUnescape(name)
		if piece == "" || err != nil || strings.EqualFold(strings.TrimLeft(strings.TrimSpace(plain), "$"), "skiptoken") {
			continue
		}
		kept = append(kept, piece)
	}
	return c.Self + "?" + strings.Join(append(kept, "$skiptoken="+token), "&"), nil
}

// OpenPosition reads the caller's $skiptoken.
func OpenPosition(c *op.Call) (*store.Position, error) {
	t, err := odata.Open(c.Query.SkipToken, c.Tenant.PageKey(), binding(c))
	if err != nil {
		return nil, err
	}
	p := &store.Position{ID: t.ID}
	if len(t.Keys) == 3 {
		p.By, p.Text, p.Number = t.Keys[0].Text, t.Keys[1].Text, t.Keys[2].Int
	}
	return p, nil
}

func binding(c *op.Call) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %s %s\n%s\n%s", c.Tenant.ID(), c.Snap.Version().Incarnation, c.Caller.Principal.ID, c.Op.Name, strings.ToLower(c.Self), c.Query.Shape())
	return h.Sum(nil)
}
