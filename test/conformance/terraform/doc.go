// Package terraform applies, changes and destroys main.tf with Terraform (or OpenTofu) and its
// azuread provider, only the endpoint changed. Neither comes from a registry of Go or npm, so
// `make terraform` runs it where both are at hand, and nothing else does.
package terraform
