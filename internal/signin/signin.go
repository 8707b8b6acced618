// Package signin holds what a sign-in is made of: passwords, factors and sessions. It is
// pure: salts and instants are arguments, and nothing here waits or remembers. How many
// passwords may be hashed at once is for the caller to bound: one hash takes tens of
// megabytes and tens of milliseconds on purpose.
package signin
