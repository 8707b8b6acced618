// Package e2e runs what needs a real browser: people at the sign-in pages, and the clients
// from npm in test/conformance/node. The tests themselves are JavaScript; this package
// starts them against a server of their own.
package e2e
