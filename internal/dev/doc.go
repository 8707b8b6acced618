// Package dev is development mode: the control API under /_ephor/dev/, seeds, and the clocks
// of development tenants. Nothing of it is served without --dev.
//
// A seed is a text: "empty", "contoso", or a JSON object in Graph's shapes (Seed). Its way
// into a tenant:
//
//	parse    text to Seed: unknown members, broken values and wrong types are refused
//	compile  Seed to plan: every object complete, with its id, every reference resolved,
//	         every password hashed; the same seed gives the same plan on every machine
//	fill     plan to store, through its domain writers, grants through pim.Decide; done
//	         once a process for a seed, and copied for every further tenant
//	finish   what only the tenant itself knows: its organization and signing keys
//
// Everything in a seed exists since Beginning, so that a tenant whose clock is put back to
// 2021 still has its administrators.
package dev
