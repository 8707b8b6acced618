package signin

import "testing"

// Who could sign in at all, and who with a second factor: the states of accounts that an
// administrator, or their holder, can bring about.
func TestAble(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name              string
		account           Account
		passkey, password bool
		any, second       bool
	}{
		{"nothing", Account{}, false, false, false, false},
		{"a password", Account{}, false, true, true, false},
		{"a password and an app", Account{Factors: 1, Had: true}, false, true, true, true},
		{"a passkey alone", Account{Factors: 1, Had: true}, true, false, true, true},
		{"an initial password", Account{MustChange: true}, false, true, true, true},
		{"a password that was set for who had an app", Account{MustChange: true, Had: true}, false, true, true, false},
		{"a password that may be changed with an app only, and there is none", Account{MustChangeMFA: true, Had: true}, false, true, false, false},
		{"a password that may be changed with an app only", Account{MustChangeMFA: true, Had: true, Factors: 1}, false, true, true, true},
		{"an app is asked for, and there is none", Account{MFA: Enforced, Had: true}, false, true, false, false},
		{"an app is asked for, of who never had one", Account{MFA: Enabled}, false, true, false, false},
		{"an app is asked for at the first sign-in", Account{MFA: Enabled, MustChange: true}, false, true, true, true},
		{"recovery codes alone", Account{MFA: Enforced, Had: true, Codes: 8}, false, true, false, false},
		{"still to enrol", Account{Waiting: true, Factors: 1}, true, true, false, false},
	} {
		if got := c.account.AbleByPass(Demand{MFA: true}); got == c.account.Waiting { // whatever else there is
			t.Errorf("%s: signs in by a pass %v", c.name, got)
		}
		if got := c.account.Able(c.passkey, c.password, Demand{}); got != c.any {
			t.Errorf("%s: signs in %v", c.name, got)
		}
		if got := c.account.Able(c.passkey, c.password, Demand{MFA: true}); got != c.second {
			t.Errorf("%s: with a second factor %v", c.name, got)
		}
	}
}
