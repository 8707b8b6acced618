package pages

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"ephor/internal/oauth"
)

// showDevice is where a person types the code that a device shows.
func (s *Server) showDevice(v *visit) error { return s.askCode(v, http.StatusOK, "") }

func (s *Server) askCode(v *visit, status int, wrong string) error {
	return s.device(v, view{Page: "device", Title: "Enter code", Error: wrong, Status: status})
}

// device shows a page about a device, under the organization's name.
func (s *Server) device(v *visit, d view) error {
	d.Org = s.org(v)
	return s.render(v, d)
}

// postDevice takes a code that was typed, or the answer to whether the device is the person's.
func (s *Server) postDevice(v *visit) error {
	if handle := v.form.one("flow"); handle != "" {
		return s.answerDevice(v, handle, v.form.one("answer") == "yes")
	}
	w, err := s.Tokens.Type(v.w, v.r, v.tenant, v.form.one("user_code"))
	switch {
	case errors.Is(err, oauth.ErrTries):
		return s.askCode(v, http.StatusTooManyRequests, "Too many codes were entered. Wait a quarter of an hour.")
	case errors.Is(err, oauth.ErrNoDevice):
		return s.askCode(v, http.StatusOK, "That code didn't work. Check the code and try again.")
	case err != nil:
		return err
	}
	asked := fmt.Sprintf("A device at the network address %s asked for this at %s UTC.", w.Address, w.Asked.Time().Format(time.TimeOnly))
	return s.device(v, view{Page: "isdevice", Title: "Are you trying to sign in to " + w.Client + "?", Flow: w.Flow, Data: asked})
}

// answerDevice goes on to the sign-in, or refuses the device.
func (s *Server) answerDevice(v *visit, handle string, yes bool) error {
	f, err := s.Tokens.Flow(v.ctx(), v.tenant, handle, s.Tokens.Browser(v.r))
	if err == nil && f.Kind != oauth.DeviceFlow {
		err = oauth.ErrNoFlow
	}
	if err == nil && yes {
		return redirect(v, s.Tokens.PagesURL(v.tenant, handle))
	}
	if err == nil {
		err = s.Tokens.Refuse(v.w, v.r, v.tenant, f, codeDeclined)
	}
	switch {
	case errors.Is(err, oauth.ErrNoFlow):
		return s.askCode(v, http.StatusOK, "That took too long. Enter the code again.")
	case err != nil:
		return err
	}
	return s.device(v, view{Page: "message", Title: "You have cancelled the sign-in", Notice: "You can close this window."})
}
