package matrix

import (
	"errors"
	"sync"
	"testing"

	"ephor/internal/dev"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
	"ephor/test/harness"
)

// Examples of the operations on how people sign in. Only plain and the Global Administrator
// have second factors and passes: who else is let in to their own finds none.
func init() {
	none := []string{"Request_ResourceNotFound"}
	const below = "/authentication/"
	for _, of := range []string{"methods", "passwordMethods", "softwareOathMethods", "fido2Methods", "temporaryAccessPassMethods"} {
		examples["GET /users/{id}"+below+of+"|other"] = &example{path: "/users/{plain}" + below + of}
		examples["GET /users/{id}"+below+of+"|own"] = &example{path: "/users/{self}" + below + of}
		examples["GET /me"+below+of] = &example{path: "/me" + below + of}
		if of == "methods" {
			continue
		}
		one := below + of + "/"
		examples["GET /users/{id}"+below+of+"/{method}|other"] = &example{path: "/users/{plain}" + one + "{plain:" + of + "}"}
		examples["GET /users/{id}"+below+of+"/{method}|own"] = &example{path: "/users/{self}" + one + "{" + ga + ":" + of + "}", passes: none}
		examples["GET /me"+below+of+"/{method}"] = &example{path: "/me" + one + "{" + ga + ":" + of + "}", passes: none}
		examples["DELETE /users/{id}"+below+of+"/{method}"] = &example{path: "/users/{target}" + one + methodNone, passes: none}
	}
	delete(examples, "DELETE /users/{id}"+below+"passwordMethods/{method}")
	examples["POST /users/{id}"+below+"temporaryAccessPassMethods"] = &example{path: "/users/{target}" + below + "temporaryAccessPassMethods", body: `{"lifetimeInMinutes": 60}`, passes: []string{"Request_BadRequest"}}
	examples["GET /users/{id}"+below+"requirements"] = &example{path: "/users/{plain}" + below + "requirements"}
	examples["GET /me"+below+"requirements"] = &example{path: "/me" + below + "requirements"}
	examples["PATCH /users/{id}"+below+"requirements"] = &example{path: "/users/{target}" + below + "requirements", body: `{"perUserMfaState": "enabled"}`}
	examples["GET /auditLogs/signIns/{id}"] = &example{path: "/auditLogs/signIns/{signIn}"}
}

// everybodys is the password of every actor. Its hash is the cheapest that may be stored.
const everybodys = "right-horse-3-battery"

var everybodysHash = sync.OnceValue(func() string {
	phc, err := signin.Hash(everybodys, dev.PasswordCost, []byte("sixteen bytes!!!"))
	if err != nil {
		panic(err)
	}
	return phc
})

func names(actors []*actor) (all []string) {
	for _, a := range actors {
		all = append(all, a.name)
	}
	return all
}

// learnMethods lets two people have one method of each kind, and somebody have signed in.
func (w *world) learnMethods() {
	w.t.Helper()
	w.text["signIn"] = harness.ID("signIn").String()
	w.Write(func(tx *store.WriteTx) error {
		for _, name := range []string{"plain", ga} {
			id := func(kind string) guid.ID {
				made := harness.ID(name + ":" + kind)
				w.text[name+":"+kind] = made.String()
				return made
			}
			user := w.ID(name)
			w.text[name+":passwordMethods"] = "28c10230-6103-485e-b985-444c60001490"
			tx.AddMethod(signin.Method{ID: id("softwareOathMethods"), User: user, Kind: signin.AppMethod, Seed: []byte("seed")})
			tx.AddMethod(signin.Method{ID: id("fido2Methods"), User: user, Kind: signin.PasskeyMethod, Passkey: signin.Passkey{ID: name, Credential: []byte("{}")}})
			tx.PutPass(signin.TemporaryPass{ID: id("temporaryAccessPassMethods"), User: user, Ends: when.Never})
		}
		// So that the Global Administrator, who can sign in now, is not the last who could.
		tx.AddMethod(signin.Method{ID: harness.ID("eligible:passkey"), User: w.ID("eligible"), Kind: signin.PasskeyMethod, Passkey: signin.Passkey{ID: "eligible", Credential: []byte("{}")}})
		for _, name := range append(names(w.actors), "plain") {
			u, found, err := tx.User(w.ID(name))
			if err != nil {
				return err
			}
			if !found {
				continue // an application
			}
			u.Password.Hash = everybodysHash()
			if err := tx.UpdateUser(u); err != nil {
				return err
			}
		}
		tx.SignIn(signin.Event{ID: harness.ID("signIn"), User: w.ID("plain"), UPN: "plain@house.example", UserName: "plain"})
		return nil
	})
}

// methodNone is the id of a method that nobody has, until giveMethod gives it to somebody.
const methodNone = "00000000-0000-4000-8000-00000000dead"

// giveMethod gives the target of a call the method that the call deletes.
func (w *world) giveMethod(c call) {
	w.t.Helper()
	id, user := guid.Must(methodNone), w.ID(c.t.name)
	w.Write(func(tx *store.WriteTx) error {
		switch c.Name {
		case "deleteTemporaryAccessPassMethod":
			tx.PutPass(signin.TemporaryPass{ID: id, User: user, Ends: when.Never})
		case "deleteFido2Method":
			tx.AddMethod(signin.Method{ID: id, User: user, Kind: signin.PasskeyMethod, Passkey: signin.Passkey{ID: "x", Credential: []byte("{}")}})
		default:
			tx.AddMethod(signin.Method{ID: id, User: user, Kind: signin.AppMethod, Seed: []byte("seed")})
		}
		return nil
	})
}

// The guards against lockout have something to guard: there is somebody who could become
// Global Administrator for good, and without what learnMethods gives nobody.
func TestWorldHasAnAdministratorToLose(t *testing.T) {
	t.Parallel()
	w := open(t)
	undo := errors.New("undo")
	var kept bool
	err := w.Tenant.Write(t.Context(), func(tx *store.WriteTx) error {
		var err error
		kept, err = tx.KeepsAdministrator(func() error {
			for _, name := range []string{ga, "eligible"} {
				methods, err := tx.Methods(w.ID(name))
				if err != nil {
					return err
				}
				for _, m := range methods {
					tx.DropMethod(m)
				}
				u, _, err := tx.User(w.ID(name))
				if err != nil {
					return err
				}
				u.Password.Hash = ""
				if err := tx.UpdateUser(u); err != nil {
					return err
				}
			}
			return nil
		})
		return errors.Join(err, undo)
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	if kept {
		t.Error("who could sign in as Global Administrator lost every way to, and no guard says so")
	}
}
