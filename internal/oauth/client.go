package oauth

import (
	"context"
	"errors"
	"sync"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// ErrNoClient is the answer to a client that is not there, or that may not act.
var ErrNoClient = errors.New("there is no such client, or it is disabled")

// A party is a client as the endpoints need it, at one version of the tenant.
type party struct {
	able        bool // registered, with a service principal that is live and enabled
	app         guid.ID
	object      guid.ID // of the registration
	name        string
	principal   guid.ID
	web         []string // redirect URIs by kind
	spa         []string
	native      []string
	public      bool // flows without an address are allowed to it (isFallbackPublicClient)
	secrets     []directory.Secret
	keys        []directory.Key
	permissions authz.Scopes // application permissions
	stamp       Stamp
	now         when.Instant // the tenant's time; a secret is shown, and so lives, on it
	machine     when.Instant // the same instant on the machine's clock
}

// until is when on the machine's clock something ends.
type until = when.Instant

// client is the client with that application id, as it is now.
func (s *Server) client(ctx context.Context, t *store.Tenant, app guid.ID) (p party, err error) {
	snap, now, err := t.Snapshot(ctx)
	if err != nil {
		return party{}, err
	}
	if r, known := s.registered.get(t.ID(), app, snap.Version()); known {
		return partyOf(snap, app, r, now, s.env.Now()), nil
	}
	err = t.Read(ctx, func(tx *store.ReadTx) error {
		r, err := readRegistration(tx, app)
		if err == nil {
			s.registered.put(t.ID(), app, tx.Snap().Version(), r)
		}
		p = partyOf(tx.Snap(), app, r, tx.Now(), tx.Machine())
		return err
	})
	return p, err
}

// A registration is what the directory holds of a client.
type registration struct {
	directory.Application
	found bool
}

func readRegistration(tx *store.ReadTx, app guid.ID) (r registration, err error) {
	r.Application, r.found, err = tx.ApplicationByAppID(app)
	return r, err
}

// readParty is the client with that application id. One that is not there is able to
// nothing and has no secrets.
func readParty(tx *store.ReadTx, app guid.ID) (party, error) {
	r, err := readRegistration(tx, app)
	return partyOf(tx.Snap(), app, r, tx.Now(), tx.Machine()), err
}

// partyOf is the client of a registration on a snapshot.
func partyOf(snap *authz.Snapshot, app guid.ID, r registration, now, machine when.Instant) party {
	principal, served := snap.Client(app)
	facts, _ := snap.Object(principal)
	generation := int64(facts.Generation)
	return party{
		able: r.found && served && stands(snap, principal, directory.KindServicePrincipal, generation),
		app:  app, object: r.ID, name: r.DisplayName, principal: principal,
		web: r.WebRedirects, spa: r.SPARedirects, native: r.PublicURIs, public: r.Public,
		secrets: r.Secrets, keys: r.Keys,
		permissions: snap.Permissions(principal, guid.ID{}, authz.AllScopes(), true),
		stamp:       Stamp{Incarnation: snap.Version().Incarnation, Client: generation},
		now:         now, machine: machine,
	}
}

// maxRegistered bounds how many registrations are remembered, over all tenants.
const maxRegistered = 4096

// A registry remembers registrations, each for the one version of its tenant that it was
// read at: whatever is written since, it is read again.
type registry struct {
	mu   sync.RWMutex
	held map[registryKey]dated
}

type registryKey struct{ tenant, app guid.ID }

type dated struct {
	version authz.Version
	registration
}

func (g *registry) get(tenant, app guid.ID, version authz.Version) (registration, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	d, found := g.held[registryKey{tenant, app}]
	return d.registration, found && d.version == version
}

// put remembers r. Clients that are not there are not: anybody can make up ids.
func (g *registry) put(tenant, app guid.ID, version authz.Version, r registration) {
	if !r.found {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held == nil || len(g.held) >= maxRegistered {
		g.held = map[registryKey]dated{}
	}
	g.held[registryKey{tenant, app}] = dated{version, r}
}

// onMachine is the machine's instant that is as far away as at is on the tenant's clock. What
// no token lives to see is when.Never.
func (p party) onMachine(at when.Instant) when.Instant {
	if at == when.Never || at-p.now > when.Day {
		return when.Never
	}
	return p.machine + (at - p.now)
}

// grant is what a token of the client's own says.
func (p party) grant() Grant {
	return Grant{Type: AppToken, Object: p.principal, Client: p.app, App: p.name, Scopes: p.permissions.Names(), Stamp: p.stamp}
}

// admit finds the client of a token request and judges its proof. A client that gives none
// goes on as one that has not proved itself; one that gives a wrong one does not.
func (s *Server) admit(q *request) *failure {
	var err error
	if q.client, err = s.client(q.ctx(), q.tenant, q.creds.client); err != nil {
		return s.broken(q.ctx(), q.tenant, err)
	}
	q.proof, q.until = ProofNone, when.Never
	switch {
	case q.creds.secret != "":
		secret, ok := signin.MatchSecret(q.creds.secret, q.client.secrets, q.client.now)
		if !ok || !q.client.able {
			return s.refusedClient(q, badSecret(q.creds.client))
		}
		q.proof, q.until = ProofSecret, q.client.onMachine(secret.End)
	case q.creds.assertion != "":
		at := place{q.tenant.ID(), q.name}
		key, err := s.set.asserts(q.creds.assertion, q.creds.client, q.client.keys, at, q.client.machine, q.client.now)
		if err != nil || !q.client.able {
			s.log.InfoContext(q.ctx(), "client assertion refused", "client", q.creds.client, "error", err)
			return s.refusedClient(q, badAssertion())
		}
		q.proof, q.until = ProofCertificate, q.client.onMachine(key.End)
	case !q.client.able:
		return unknownClient(q.creds.client.String(), q.tenant.ID())
	}
	return nil
}

// proven is nil if the client has proved itself, else why it must.
func (q *request) proven() *failure {
	if q.proof == ProofNone {
		return noSecret()
	}
	return nil
}
