package authz

import (
	"slices"
	"sync"

	"ephor/internal/directory"
	"ephor/internal/roledata"
)

// way reports whether w admits the signed-in caller.
func (k *call) way(w *Way) bool {
	switch w.kind {
	case byRole:
		return k.role(w)
	case bySelf:
		own := (k.o.Own || k.o.Kind == directory.KindUser && k.o.ID == k.c.Principal.ID) && k.onSelf(w)
		k.missed(own, SelfOnly)
		return own
	case byOwner:
		owner := k.owner() && k.onOwned(w)
		k.missed(owner, OwnerOnly)
		return owner && k.ownerMay()
	case byMember:
		return !k.actor.Flags.Has(Guest) && k.ordinary()
	case byPlace:
		return (k.owner() || k.inside()) && k.ordinary()
	case byAnyone:
		return k.ordinary()
	}
	return false
}

// onSelf reports whether the caller may do it to itself: what is not said is allowed, else
// its implicit role must have the action.
func (k *call) onSelf(w *Way) bool {
	return w.actions == nil || meet(&k.s.implicit(k.actor.Facts).self, w.actions)
}

// onOwned reports whether the caller may do it to what it owns: what is not said is
// allowed, else its implicit role must have the action.
func (k *call) onOwned(w *Way) bool {
	return w.actions == nil || meet(&k.s.implicit(k.actor.Facts).owned, w.actions)
}

// missed notes what would have admitted.
func (k *call) missed(met bool, reason Reason) {
	if !met {
		k.reason = max(k.reason, reason)
	}
}

// ordinary reports whether the object is one on which those without a role may act.
// Reading always is.
func (k *call) ordinary() bool {
	if k.r.Reads {
		return true
	}
	j := k.question(nil, noTable)
	switch {
	case k.guards != 0:
		k.reason = max(k.reason, GroupGuarded)
	case j.restricted:
		k.reason = max(k.reason, RestrictedUnit)
	case len(k.r.Tables) > 0 && !j.privilege().None():
		k.reason = max(k.reason, TargetPrivileged)
	default:
		return true
	}
	return false
}

// owner reports whether the caller owns the object: as it was told, or as the snapshot
// knows of tracked groups.
func (k *call) owner() bool {
	if k.o.Owner {
		return true
	}
	return k.o.Kind == directory.KindGroup && k.s.owns(k.actor, k.o.ID, k.now).Covers(k.now)
}

// ownerMay reports whether ownership is enough for the object. Of a role-assignable group
// an owner may add others, never itself; where privilege comes in from elsewhere
// ownership is no ground; nor does it reach into restricted management units.
func (k *call) ownerMay() bool {
	if k.r.Reads {
		return true
	}
	j := k.question(nil, noTable)
	if j.restricted {
		k.reason = max(k.reason, RestrictedUnit)
		return false
	}
	if len(k.r.Tables) > 0 && k.o.Kind == directory.KindUser {
		return k.ordinary()
	}
	if k.guards&guardRoles == 0 {
		return true
	}
	if !k.object.Flags.Has(RoleAssignable) || AddsSelf(k.c, k.o) {
		k.reason = max(k.reason, GroupGuarded)
		return false
	}
	return true
}

// AddsSelf reports whether c is among those that it would add to the group o. By
// ownership of a group that roles stand behind nobody may (design, Who may touch whom).
func AddsSelf(c *Caller, o *Object) bool { return slices.Contains(o.Adds, c.Principal.ID) }

// inside reports whether the caller is a member of the group.
func (k *call) inside() bool {
	return k.o.Inside || k.o.Kind == directory.KindGroup && k.s.InGroup(k.c.Principal.ID, k.o.ID, k.now)
}

// ownedOnly are the permissions that count on what the caller owns.
var ownedOnly = sync.OnceValue(func() Scopes { return mustScopes([]string{"Application.ReadWrite.OwnedBy"}) })

// selfOnly are the permissions that open the signed-in user to the client and nobody else.
var selfOnly = sync.OnceValue(func() Scopes {
	return mustScopes([]string{"User.Read", "User.ReadWrite", "UserAuthenticationMethod.Read", "UserAuthenticationMethod.ReadWrite"})
})

// reading is what lets a caller read what others hold or could come to hold.
var reading = sync.OnceValue(func() *roledata.Set {
	return mustActions("microsoft.directory/privilegedIdentityManagement/allProperties/read", managePIM)
})
