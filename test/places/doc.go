// Package places tests PIM for groups over HTTP: membership and ownership that people are
// eligible for, activate and lose, what lists and roles make of it, and who may give it.
package places
