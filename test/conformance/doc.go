// Package conformance holds clients that others wrote against a started server: what they
// do decides, not what our own client expects. It is a module of its own, so that what they
// are built from is no part of the product. `make conformance` builds the server and runs
// this package, and the clients from npm in node/.
package conformance
