// Package crash kills the real server, over and over, with no warning and under load, and
// then looks at what it left: all that it had answered is there, nothing is half done, and
// its log is whole.
//
// EPHOR_ROUNDS says how often a server is killed on each engine: a few times unless it is
// set, in `make check` as in `make test`. EPHOR_ROUNDS=50 is for a long look.
package crash
