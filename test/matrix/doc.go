// Package matrix compares the running server with what is published: who may call which
// operation on what, with which permissions, what every operation does with a bad call, and
// what its answers look like. Everything expected is read from files in testdata that were
// typed or copied from the reference, never from a declaration of the server:
//
//   - operations.json: the rows of operations.md, and how each Roles column is to be read;
//   - builtin-roles.json, sensitive-actions.json: the published roles and tables;
//   - pim.csdl.xml: the published entity types;
//   - examples: the published requests and answers.
package matrix
