// Package harness is a server inside the test process: a real store, the gate, Graph's
// operations and real signed tokens, but no network. A test says who is there, and asks as
// one of them:
//
//	h := harness.Open(t, harness.Seed{
//		People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "sam"}},
//	})
//	h.As("ada", "User.ReadWrite.All").Want(204, "DELETE", "/users/{sam}", "")
//
// Names in braces stand for ids, in paths and bodies alike. The package's TestMain must
// call Main. All tenants of a package share one SQLite store in a temporary folder; each
// is in memory and a copy of a file that its seed filled once, so making one takes
// milliseconds.
package harness
