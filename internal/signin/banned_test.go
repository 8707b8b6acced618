package signin

import "testing"

func TestPasswordsThatAreGuessedFirstAreRefused(t *testing.T) {
	t.Parallel()
	rules := DefaultRules
	rules.Banned = []string{"Contoso", "fabrikam"}
	for password, ok := range map[string]bool{
		"Password1!": false, "P@ssw0rd123": false, "Welcome2026!": false, "Contoso2026!": false, "c0ntoso-Summer-1": true,
		"Qwertyuiop1!": false, "Aaaaaaaaaaaa1!": false, "Abcdefgh1!": false, "Summer2025Winter1!": true, "Fabrikam1!": false,
		"12345678Aa!": false, "123456789Ab": false, "xWwvJ]6NMw+bWH-d": true, "Correct-Horse-7-Battery": true,
	} {
		if f := rules.Judge(password, "ada@contoso.com"); (f == nil) != ok {
			t.Errorf("%s: %v (%d points)", password, f, points(password, rules.Banned))
		}
	}
}
