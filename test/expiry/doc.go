// Package expiry reads decisions without a pause while time passes over the beginning and
// the end of a grant: they turn at that instant, and no job has anything to do with it.
package expiry
