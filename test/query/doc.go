// Package query asks the directory's collections what query.md says that they answer:
// relations, searches, counts.
package query
