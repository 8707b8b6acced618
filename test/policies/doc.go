// Package policies tests the policies of roles and groups over HTTP: the rules and their
// defaults, what a change may say, and what the changed rules then do.
package policies
