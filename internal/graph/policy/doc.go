// Package policy is by which rules privilege is had: the policies of roles and of places in
// groups, their 17 rules, and which policy is assigned to what.
package policy
