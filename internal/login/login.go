// Package login is where people prove who they are: passwords, codes, passes and passkeys
// against what the tenant keeps, with lockout, the sign-in log and the audit records of
// what they change about their own factors. It knows no HTTP and no page: whoever asks a
// person (the sign-in pages, the password grant, the account page) says from where, and
// keeps what was proved.
//
// Every proof takes the same way: the doors that may be closed are read, slow work is done
// outside of the lane, and all is judged again inside it, where nobody can come between.
// What a refusal leaves behind (a failure counted, a code spent) is on disk before it is
// answered.
package login

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"strings"
	"unicode/utf8"

	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A Server judges proofs.
type Server struct {
	env    *env.Env
	hasher *Hasher
	site   *signin.Site
}

// New is a Server that hashes by h; publicURL is the address that passkeys are made for.
func New(e *env.Env, h *Hasher, publicURL string) (*Server, error) {
	site, err := signin.NewSite(publicURL, "Ephor")
	if err != nil {
		return nil, err
	}
	return &Server{env: e, hasher: h, site: site}, nil
}

// A Try is where an attempt comes from and what it is for.
type Try struct {
	Address     string // the caller's network address
	UserAgent   string
	Correlation guid.ID
	App         guid.ID // application id of the client, zero for the server's own pages
	AppName     string
	ClientUsed  string // signin.ClientBrowser unless given
}

// write runs fn in the tenant's lane. All sign-ins share one place in it, so that a flood of
// them fills that and leaves room for everybody else's changes.
func write(ctx context.Context, t *store.Tenant, fn func(tx *store.WriteTx) error) error {
	return t.WriteAs(ctx, "sign-in", fn)
}

// A Proof is what an attempt has proved.
type Proof struct {
	User    guid.ID
	Factors []signin.Factor
	// Opened reports that the first second factor may be registered in this sign-in.
	Opened bool
}

// A Keep stores a proof where the rest of the sign-in finds it, in the transaction that
// judged it. Its error is the attempt's.
type Keep func(tx *store.WriteTx, p Proof) error

// maxName bounds, in bytes, a user principal name that is looked up.
const maxName = 1024

// A name is a user principal name as it was typed, ready to be looked up and counted.
type name string

// nameOf is what was typed as a name; what cannot be one is a name that nobody has.
func nameOf(typed string) name {
	typed = strings.TrimSpace(typed)
	if len(typed) > maxName || !utf8.ValidString(typed) || strings.ContainsRune(typed, 0) {
		return ""
	}
	return name(strings.ToLower(typed))
}

// find is the user of that name, and the zero user if there is none.
func (n name) find(tx *store.ReadTx) (directory.User, bool, error) { return tx.UserByUPN(string(n)) }

// Network is the part of an address that one attacker has to themselves: an IPv4 address,
// or the half of an IPv6 address that a provider hands out.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	p, err := ip.Prefix(64)
	if err != nil {
		return ip.String()
	}
	return p.String()
}

// tallyKey names what is counted: a hash, so that the table tells nobody which names were
// tried.
func tallyKey(kind string, parts ...string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + strings.Join(parts, "\x00")))
	return kind + ":" + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// familiarFor is how long an address at which somebody has signed in is theirs.
const familiarFor = 60 * when.Day

// A door is one count that may be closed.
type door struct {
	key   string
	limit signin.Limit
	tally signin.Tally
}

// doors are the counts that an attempt at n's first proof passes. At an address where the
// account has signed in before, what strangers did elsewhere does not count.
func doors(tx *store.ReadTx, n name, u *directory.User, t Try) ([]door, error) {
	network := Network(t.Address)
	all := []door{
		{key: tallyKey("pair", string(n), network), limit: signin.PairLimit},
		{key: tallyKey("address", network), limit: signin.AddressLimit},
	}
	known, err := tx.Familiar(u.ID, network, tx.Machine()-familiarFor)
	if err != nil {
		return nil, err
	}
	if !known {
		all = append(all, door{key: tallyKey("account", string(n)), limit: signin.AccountLimit})
	}
	return read(tx, all)
}

// codeDoors are those of an account's second factors.
func codeDoors(tx *store.ReadTx, user guid.ID) ([]door, error) {
	return read(tx, []door{{key: tallyKey("code", user.String()), limit: signin.CodeLimit}})
}

func read(tx *store.ReadTx, all []door) (_ []door, err error) {
	for i := range all {
		if all[i].tally, err = tx.Tally(all[i].key); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// closed is the instant at which the last of doors opens, if one is closed at now.
func closed(all []door, now when.Instant) (until when.Instant, shut bool) {
	for _, d := range all {
		if d.limit.Closed(d.tally, now) {
			until, shut = max(until, d.limit.Until(d.tally)), true
		}
	}
	return until, shut
}

// count counts a failure at every door, and reports whether one closed by it.
func count(tx *store.WriteTx, all []door) (shut bool) {
	for _, d := range all {
		after := d.limit.Failed(d.tally, tx.Machine())
		tx.PutTally(d.key, after, d.limit.Forgotten(after))
		shut = shut || d.limit.Closed(after, tx.Machine())
	}
	return shut
}
