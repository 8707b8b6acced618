// Package face is what the resources of the Graph face are made of, and knows none of them:
// a Resource with its lists and gets, paging, expansion, properties, references, deleted
// objects, access rules and audit targets.
package face
