package signin

// Able reports whether the holder of an account could complete a sign-in that meets d with
// what they have: a passkey, or, if that is all, the password. The rules themselves are
// asked. Who has still to enrol cannot.
func (a Account) Able(passkey, password bool, d Demand) bool {
	if a.Waiting {
		return false
	}
	if passkey && a.completes(Progress{Factors: []Factor{{Method: PasskeyUsed}, {Method: MultiFactor}}}, d) {
		return true
	}
	return password && a.completes(Progress{Factors: []Factor{{Method: Password}}, Opened: a.Opens(Password)}, d)
}

// AbleByPass reports whether who holds a pass could complete a sign-in to a that meets d.
func (a Account) AbleByPass(d Demand) bool {
	return !a.Waiting && a.completes(Progress{Factors: []Factor{{Method: Pass}}, Opened: a.Opens(Pass)}, d)
}

// completes follows a sign-in's steps as far as its holder can take them.
func (a Account) completes(p Progress, d Demand) bool {
	for range Steps {
		switch Next(a, p, d, 0) {
		case Complete:
			return true
		case Change:
			a.MustChange, a.MustChangeMFA = false, false
		case Challenge, Register:
			p.Factors = append(p.Factors, Factor{Method: MultiFactor})
			a.Factors = max(a.Factors, 1)
		default:
			return false
		}
	}
	return false
}
