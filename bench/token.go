package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"time"

	"ephor/internal/dev"
	"ephor/internal/env"
	"ephor/internal/oauth"
)

// A mint gives out and judges tokens in this process, and makes and judges bare signatures.
type mint struct {
	ctx     context.Context //nolint:containedctx // of the section
	server  *oauth.Server
	path    string
	form    string
	private *ecdsa.PrivateKey
	signed  [][]byte // of text
	text    []byte   // as long as a token's
	fresh   []string // tokens that nobody has looked at
}

// minted is how many tokens one round makes.
const minted = 400

// measureTokens compares a client's token, from the form to the answer, and a token's
// validation, first and again, with the one signature that neither can do without.
func measureTokens(ctx context.Context, b *bench) (err error) {
	dir, err := os.MkdirTemp(b.dir, "tokens-")
	if err != nil {
		return err
	}
	st, err := open(ctx, dir, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	tenants := dev.Tenants{Store: st, Env: env.System(), Operator: operator}
	e, err := tenants.Create(ctx, "tokens", dev.Contoso, true)
	if err != nil {
		return err
	}
	m := &mint{ctx: ctx, path: "/" + e.TenantID.String() + "/oauth2/v2.0/token", text: make([]byte, 1200)}
	m.form = url.Values{
		"grant_type": {"client_credentials"}, "client_id": {e.Clients[0].AppID.String()}, "client_secret": {*e.Clients[0].Secret},
		"scope": {"https://graph.microsoft.com/.default"},
	}.Encode()
	if m.server, err = oauth.New(oauth.DefaultSettings("https://localhost:8443"), st, env.System(), slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	if m.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return err
	}
	samples, err := contest(b.rounds, m.signatures, m.tokens, m.verifications, m.first, m.again)
	if err != nil {
		return err
	}
	b.sheet.add("client-credentials token, to a bare ES256 signature", atMost(4), ratio(samples[1], samples[0], p50),
		fmt.Sprintf("(%.0f to %.0f µs)", alone(samples[1], micros).median, alone(samples[0], micros).median))
	b.sheet.add("a token's first validation, to a bare check of a signature", atMost(1.5), ratio(samples[3], samples[2], p50),
		fmt.Sprintf("(%.0f to %.0f µs)", alone(samples[3], micros).median, alone(samples[2], micros).median))
	b.sheet.add("a repeated token's validation", within(2, "µs"), alone(samples[4], micros), "")
	return nil
}

// each times count calls of one by one.
func each(count int, one func(i int) error) (sample, error) {
	times := make([]time.Duration, count)
	began := time.Now()
	for i := range times {
		at := time.Now()
		if err := one(i); err != nil {
			return sample{}, err
		}
		times[i] = time.Since(at)
	}
	return sampled(times, time.Since(began)), nil
}

// signatures are bare ones, of a text as long as a token's.
func (m *mint) signatures() (sample, error) {
	m.signed = m.signed[:0]
	return each(minted, func(int) error {
		sum := sha256.Sum256(m.text)
		signature, err := ecdsa.SignASN1(rand.Reader, m.private, sum[:])
		m.signed = append(m.signed, signature)
		return err
	})
}

// tokens are a client's, from its form to the answer.
func (m *mint) tokens() (sample, error) {
	m.fresh = m.fresh[:0]
	h := m.server.Handler(m.path)
	return each(minted, func(int) error {
		r := httptest.NewRequestWithContext(m.ctx, http.MethodPost, m.path, strings.NewReader(m.form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var body struct {
			Access string `json:"access_token"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Access == "" {
			return fmt.Errorf("no token: %d %s", w.Code, w.Body)
		}
		m.fresh = append(m.fresh, body.Access)
		return nil
	})
}

// verifications are bare checks of the signatures of the round.
func (m *mint) verifications() (sample, error) {
	if len(m.signed) == 0 { // in the other order, they are still to be made
		if _, err := m.signatures(); err != nil {
			return sample{}, err
		}
	}
	return each(len(m.signed), func(i int) error {
		sum := sha256.Sum256(m.text)
		if !ecdsa.VerifyASN1(&m.private.PublicKey, sum[:], m.signed[i]) {
			return errors.New("a signature of ours is not good")
		}
		return nil
	})
}

// first judges tokens that nobody has looked at.
func (m *mint) first() (sample, error) {
	if _, err := m.tokens(); err != nil {
		return sample{}, err
	}
	return each(len(m.fresh), m.judge)
}

// again judges tokens that were looked at before.
func (m *mint) again() (sample, error) {
	if len(m.fresh) == 0 {
		if _, err := m.tokens(); err != nil {
			return sample{}, err
		}
	}
	if err := m.judge(0); err != nil {
		return sample{}, err
	}
	return each(20*minted, func(int) error { return m.judge(0) })
}

func (m *mint) judge(i int) error {
	_, _, err := m.server.Authenticate(m.ctx, m.fresh[i], "")
	return err
}
