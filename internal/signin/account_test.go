package signin

import (
	"fmt"
	"testing"
	"time"
)

// The sign-in's state machine, row by row. Rows that refuse name what they protect.
func TestNext(t *testing.T) {
	t.Parallel()
	now := at(10_000)
	pwd, otp, mfa := Factor{Password, now}, Factor{OneTimeCode, now}, Factor{MultiFactor, now}
	fido, tap, link := Factor{PasskeyUsed, now}, Factor{Pass, now}, Factor{Enrolment, now}
	old := Factor{MultiFactor, now.Add(-10 * time.Minute)}
	all := func(f ...Factor) Progress { return Progress{Factors: f} }
	opened := func(f ...Factor) Progress { return Progress{Factors: f, Opened: true} }
	for _, c := range []struct {
		name     string
		account  Account
		progress Progress
		demand   Demand
		want     Step
	}{
		{"nothing yet", Account{}, Progress{}, Demand{}, Identify},
		{"a password is enough", Account{}, all(pwd), Demand{}, Complete},
		{"prompt=login wants a new proof", Account{}, all(pwd), Demand{Since: now + 1}, Identify},
		{"MFA is enabled and a factor is there", Account{MFA: Enabled, Factors: 1}, all(pwd), Demand{}, Challenge},
		{"MFA was given", Account{MFA: Enforced, Factors: 1}, all(pwd, otp, mfa), Demand{}, Complete},
		{"a factor without MFA enabled is not asked for", Account{Factors: 1}, all(pwd), Demand{}, Complete},
		{"the client demands MFA", Account{Factors: 1}, all(pwd), Demand{MFA: true}, Challenge},
		{"a context demands a fresh factor", Account{Factors: 1}, all(pwd, old), Demand{Contexts: []string{"c1"}}, Challenge},
		{"a context with a fresh factor", Account{Factors: 1}, all(pwd, mfa), Demand{Contexts: []string{"c1"}}, Complete},
		{"a passkey is both", Account{MFA: Enforced, Factors: 1}, all(fido, mfa), Demand{MFA: true}, Complete},

		{"tutorial: the initial password is changed first", Account{MustChange: true, MFA: Enabled}, opened(pwd), Demand{}, Change},
		{"tutorial: then the app is registered", Account{MFA: Enabled}, opened(pwd), Demand{}, Register},
		{"tutorial: then it is done", Account{MFA: Enforced, Factors: 1, Had: true}, opened(pwd, otp, mfa), Demand{}, Complete},
		{"without MFA enabled nobody is asked to register", Account{}, opened(pwd), Demand{}, Complete},

		{"stolen password: no first factor outside an initial sign-in", Account{MFA: Enabled}, all(pwd), Demand{}, Locked},
		{"stolen password: not for a client's demand either", Account{}, all(pwd), Demand{MFA: true}, Locked},
		{"reset password: the factor comes before the change", Account{MustChange: true, MFA: Enforced, Factors: 1, Had: true}, all(pwd), Demand{}, Challenge},
		{"reset password: after the factor, the change", Account{MustChange: true, MFA: Enforced, Factors: 1, Had: true}, all(pwd, otp, mfa), Demand{}, Change},
		{"reset password of who had a factor: change, then no registration", Account{MFA: Enforced, Had: true}, all(pwd), Demand{}, Locked},
		{"change only with MFA, and there is none", Account{MustChangeMFA: true, Had: true}, all(pwd), Demand{}, Locked},
		{"change only with MFA", Account{MustChangeMFA: true, Factors: 1}, all(pwd), Demand{}, Challenge},

		{"a pass registers the first factor", Account{MFA: Enabled, Had: true}, opened(tap, mfa), Demand{}, Register},
		{"a pass signs in", Account{Factors: 1, MFA: Enforced}, opened(tap, mfa), Demand{MFA: true}, Complete},
		{"a pass does not ask for a new password", Account{MustChange: true}, opened(tap, mfa), Demand{}, Complete},

		{"enrolment: a password", Account{Waiting: true, MustChange: true}, opened(link), Demand{}, Change},
		{"enrolment: a second factor", Account{Waiting: true}, opened(link, pwd), Demand{}, Register},
		{"enrolment: done", Account{Waiting: true, Factors: 1, Had: true}, opened(link, pwd, otp, mfa), Demand{}, Complete},
	} {
		if got := Next(c.account, c.progress, c.demand, now); got != c.want {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
	}
}

func TestWhoMayRegisterAFirstFactor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		account Account
		method  string
		want    bool
	}{
		{"an initial password", Account{MustChange: true}, Password, true},
		{"one's own password", Account{}, Password, false},
		{"a password that was set for who had a factor", Account{MustChange: true, Had: true}, Password, false},
		{"a password that was set for who has a factor", Account{MustChange: true, Factors: 1, Had: true}, Password, false},
		{"a pass", Account{Had: true}, Pass, true},
		{"an enrolment link", Account{Had: true}, Enrolment, true},
		{"a code", Account{MustChange: true}, OneTimeCode, false},
	} {
		if got := c.account.Opens(c.method); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestFactorsAreChangedOnlyAfterAFreshSecondFactor(t *testing.T) {
	t.Parallel()
	now := at(10_000)
	for _, c := range []struct {
		account Account
		p       Progress
		want    bool
	}{
		{Account{Factors: 1}, Progress{Factors: []Factor{{MultiFactor, now.Add(-10*time.Minute) + 1}}}, true},
		{Account{Factors: 1}, Progress{Factors: []Factor{{MultiFactor, now.Add(-10 * time.Minute)}}}, false},
		{Account{Factors: 1}, Progress{Factors: []Factor{{Password, now}}}, false},
		{Account{Factors: 1}, Progress{Factors: []Factor{{Password, now}}, Opened: true}, false},
		{Account{}, Progress{Factors: []Factor{{Password, now}}, Opened: true}, true},
		{Account{}, Progress{Factors: []Factor{{Password, now}}}, false},
	} {
		if got := MayManage(c.account, c.p, now); got != c.want {
			t.Errorf("%s: %v", fmt.Sprintf("%+v", c), got)
		}
	}
}
