// Package rows holds the reference's tables against the tests: each row of the actions, the
// states, the rules and the schedules of behaviour.md, and each row of errors.md that a client
// can rely on (grades A and B), is shown by a test that has its name, or is said not to apply.
package rows
