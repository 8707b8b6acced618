package people

import (
	"slices"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/login"
	"ephor/internal/op"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A userBody is what a create or update says of a user: the body, which properties it
// gives, and the new password, which becomes a hash before the write lane is entered.
type userBody struct {
	body     edm.Value
	given    []string
	scratch  user // the properties read into an empty user
	password *newPassword
}

// A newPassword is passwordProfile. Text is gone once Hash is made.
type newPassword struct {
	text, hash            string
	forceChange, forceMFA bool
	set                   bool // a password was given, not only flags
}

func (b *userBody) gives(name string) bool {
	return slices.Contains(b.given, name)
}

// readUser decodes a user's body for the given use and judges what can be judged without
// the directory: form, lengths, the password's rules.
func readUser(use edm.Uses) func(edm.Value) (any, error) {
	return func(body edm.Value) (any, error) {
		b := &userBody{body: body}
		var err error
		if b.given, err = userEntity.Apply(&b.scratch, body, use|edm.Ahead); err != nil {
			return nil, err
		}
		if len(b.given) == 0 {
			return nil, fault.BadRequest("", "The request body names no property that can be set.")
		}
		if err := directory.CheckUser(&b.scratch, b.given); err != nil {
			return nil, err
		}
		if b.gives("passwordProfile") {
			return b, b.readPassword(use)
		}
		return b, nil
	}
}

func (b *userBody) readPassword(use edm.Uses) error {
	profile, _ := b.body.Get("passwordProfile")
	p := &newPassword{forceChange: true}
	if v, ok := profile.Get("password"); ok && !v.IsNull() {
		p.text, p.set = v.Text, true
	} else if use == edm.OnCreate {
		return fault.BadRequest(atPassword, "The property 'password' is required.")
	}
	if v, ok := profile.Get("forceChangePasswordNextSignIn"); ok && !v.IsNull() {
		p.forceChange = v.Bool
	}
	if v, ok := profile.Get("forceChangePasswordNextSignInWithMfa"); ok && !v.IsNull() {
		p.forceMFA = v.Bool
	}
	b.password = p
	if !p.set {
		return nil
	}
	if f := signin.RulesFor(b.scratch.Profile.PasswordPolicies).Judge(p.text, b.scratch.UPN); f != nil {
		return f.About(atPassword)
	}
	return nil
}

// hashPassword is the slow part of a userBody, done before the lane. It works on a copy,
// so that the input stays what was decoded.
func hashPassword(by *op.Preparing, in any) (any, error) {
	b, ok := in.(*userBody)
	if !ok || b.password == nil || !b.password.set {
		return in, nil
	}
	if err := b.ordinary(by); err != nil {
		return nil, err
	}
	hash, err := by.Hash(b.password.text)
	if err != nil {
		return nil, err
	}
	hashed, p := *b, *b.password
	p.hash, p.text = hash, ""
	hashed.password = &p
	return &hashed, nil
}

// ordinary refuses a password that is made of what the tenant is called, as its holder would
// be refused it.
func (b *userBody) ordinary(by *op.Preparing) error {
	rules := signin.RulesFor(b.scratch.Profile.PasswordPolicies)
	err := by.Read(func(tx *store.ReadTx) error {
		org, err := tx.Organization()
		rules.Banned = login.BannedOf(org)
		return err
	})
	if err != nil {
		return err
	}
	if f := rules.Judge(b.password.text, b.scratch.UPN); f != nil {
		return f.About(atPassword)
	}
	return nil
}

const atPassword = "passwordProfile/password"

// apply puts the body's properties into u.
func (b *userBody) apply(u *user, use edm.Uses, now when.Instant) error {
	if _, err := userEntity.Apply(u, b.body, use); err != nil {
		return err
	}
	if p := b.password; p != nil {
		if p.set {
			u.Password.Hash, u.Password.Changed = p.hash, now
		}
		u.Password.ForceChange, u.Password.ForceChangeMFA = p.forceChange, p.forceMFA
	}
	u.UPN, u.Profile.Mail = strings.TrimSpace(u.UPN), strings.TrimSpace(u.Profile.Mail)
	return nil
}
