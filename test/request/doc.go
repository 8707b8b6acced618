// Package request holds the life of role requests against the reference, over HTTP and on
// both engines: every action with its preconditions, states and fields, and every error on
// record. Rows are named by what they are from.
package request
