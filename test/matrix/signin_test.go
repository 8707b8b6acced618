package matrix

import (
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// Examples of the operations on how people sign in. Nobody in the house has a second factor
// or a pass, so that who is let in to one finds none.
func init() {
	none, nobody := []string{"Request_ResourceNotFound"}, methodNone
	const below = "/authentication/"
	for _, of := range []string{"methods", "passwordMethods", "softwareOathMethods", "fido2Methods", "temporaryAccessPassMethods"} {
		examples["GET /users/{id}"+below+of+"|other"] = &example{path: "/users/{plain}" + below + of}
		examples["GET /users/{id}"+below+of+"|own"] = &example{path: "/users/{self}" + below + of}
		examples["GET /me"+below+of] = &example{path: "/me" + below + of}
		if of == "methods" {
			continue
		}
		one := below + of + "/" + nobody
		examples["GET /users/{id}"+below+of+"/{method}|other"] = &example{path: "/users/{plain}" + one, passes: none}
		examples["GET /users/{id}"+below+of+"/{method}|own"] = &example{path: "/users/{self}" + one, passes: none}
		examples["GET /me"+below+of+"/{method}"] = &example{path: "/me" + one, passes: none}
		examples["DELETE /users/{id}"+below+of+"/{method}"] = &example{path: "/users/{target}" + one, passes: none}
	}
	delete(examples, "DELETE /users/{id}"+below+"passwordMethods/{method}")
	examples["POST /users/{id}"+below+"temporaryAccessPassMethods"] = &example{path: "/users/{target}" + below + "temporaryAccessPassMethods", body: `{"lifetimeInMinutes": 60}`, passes: []string{"Request_BadRequest"}}
	examples["GET /users/{id}"+below+"requirements"] = &example{path: "/users/{plain}" + below + "requirements"}
	examples["PATCH /users/{id}"+below+"requirements"] = &example{path: "/users/{target}" + below + "requirements", body: `{"perUserMfaState": "enabled"}`}
	examples["GET /auditLogs/signIns/{id}"] = &example{path: "/auditLogs/signIns/" + nobody, passes: none}
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
