package pages

import (
	"strings"

	"ephor/internal/signin"
)

// What the seal of a seed is bound to, beside the flow.
const seedPurpose = "flow/seed"

// showRegister lets the person register a second factor: an authenticator app unless they
// choose a passkey.
func (s *Server) showRegister(v *visit, st *stand, with, wrong string) error {
	if with == "passkey" || with != "app" && st.state.Task == taskPasskey {
		return s.showMakePasskey(v, st, wrong)
	}
	seed, err := s.seed(v, st)
	if err != nil {
		return err
	}
	link := signin.SeedLink(seed, "Ephor "+st.org, st.user.UPN)
	picture, err := qrCode(link)
	if err != nil {
		return err
	}
	d := st.view("register", "Set up an authenticator app", wrong)
	d.Key, d.QR = grouped(signin.SeedText(seed)), picture
	return s.render(v, d)
}

// seed is that of the app that is being registered: one for the whole flow, so that
// reloading the page does not void what the phone has read.
func (s *Server) seed(v *visit, st *stand) ([]byte, error) {
	if len(st.state.Seed) > 0 {
		return v.tenant.Unseal(seedPurpose, st.flow.ID, st.state.Seed)
	}
	seed := s.Login.NewSeed()
	st.state.Seed = v.tenant.Seal(seedPurpose, st.flow.ID, seed)
	return seed, s.keep(v, st)
}

// grouped is a key in groups of four, as people read it.
func grouped(key string) string {
	var out strings.Builder
	for i, r := range key {
		if i > 0 && i%4 == 0 {
			out.WriteByte(' ')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// registering reports whether the flow is at the point where a factor is registered.
func (st *stand) registering() bool {
	return st.step == signin.Register || st.step == signin.Complete && (st.state.Task == taskApp || st.state.Task == taskPasskey)
}

// doAddApp registers the authenticator app whose first code was typed.
func (s *Server) doAddApp(v *visit, st *stand) error {
	if !st.registering() || len(st.state.Seed) == 0 {
		return redirect(v, st.again(v))
	}
	seed, err := s.seed(v, st)
	if err != nil {
		return err
	}
	st.finishTask(taskApp)
	codes, err := s.Login.AddApp(v.ctx(), v.tenant, s.try(v, &st.flow), st.manager(), seed, v.form.one("code"), v.form.one("label"), s.second(st))
	return s.added(v, st, taskApp, "app", codes, err)
}

// doAddPasskey registers the passkey that the browser has made.
func (s *Server) doAddPasskey(v *visit, st *stand) error {
	ceremony := st.state.Ceremony
	if !st.registering() || len(ceremony) == 0 || !st.state.Maker {
		return redirect(v, st.again(v))
	}
	st.state.Ceremony = nil
	if err := s.keep(v, st); err != nil {
		return err
	}
	st.finishTask(taskPasskey)
	codes, err := s.Login.AddPasskey(v.ctx(), v.tenant, s.try(v, &st.flow), st.manager(), ceremony, v.form.answer(), v.form.one("label"), s.second(st))
	return s.added(v, st, taskPasskey, "passkey", codes, err)
}

// added goes on after a factor was registered. Recovery codes that were made with it are
// shown this once.
func (s *Server) added(v *visit, st *stand, task, with string, codes []string, err error) error {
	if err != nil {
		st.undoTask(task)
		return s.on(v, st, with, err)
	}
	if len(codes) == 0 {
		return redirect(v, st.again(v))
	}
	return s.showCodes(v, st, codes, "Your second factor is set up.")
}

// showCodes shows recovery codes; nobody can show them again.
func (s *Server) showCodes(v *visit, st *stand, codes []string, notice string) error {
	d := st.view("codes", "Keep your recovery codes", "")
	d.Codes, d.Notice = codes, notice
	return s.render(v, d)
}

// showMakePasskey begins to make a passkey and shows the page that goes on with it.
func (s *Server) showMakePasskey(v *visit, st *stand, wrong string) error {
	c, err := s.Login.NewPasskey(v.ctx(), v.tenant, st.user.ID)
	if err != nil {
		return err
	}
	st.state.Ceremony, st.state.Maker = c.State, true
	if err := s.keep(v, st); err != nil {
		return err
	}
	d := st.view("makepasskey", "Set up a passkey", wrong)
	d.Ceremony, d.Script = string(c.Options), true
	return s.render(v, d)
}
