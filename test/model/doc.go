// Package model holds the server against a small reference model of privileged access, by
// random steps: what the lists show, what calls are answered and who may do what must agree
// after each of them, at every instant. The model shares no code with the server: it is
// loops over lists, written from the reference documents, with time arithmetic of its own.
//
// EPHOR_ROUNDS says how many random histories each engine is given; `make check` has the
// same few as `make test`, under the race detector: some two thousand steps, which -v counts,
// and each test fails that has too few of them. After each step everything is compared.
package model
