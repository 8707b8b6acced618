// Package sdk holds the tutorial as a program with the Microsoft Graph SDK for Go does it. It
// is a module of its own because that SDK takes long to compile: `make conformance` builds it
// last.
package sdk
