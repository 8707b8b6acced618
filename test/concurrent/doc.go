// Package concurrent asks many things of one tenant at once, on one server and on two that
// share a database: of those who want the same, one gets it and the others are told why;
// every answer fits some order in which the calls might have been made one by one; the
// log has no gap, and memory says what the database says.
package concurrent
