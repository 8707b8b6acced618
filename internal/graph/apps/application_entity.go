package apps

import (
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/when"
)

type (
	application = directory.Application
	principal   = directory.ServicePrincipal
)

// applicationEntity is microsoft.graph.application as far as Ephor keeps it. Secrets are
// shown by name and hint, never by value.
var applicationEntity = edm.Declare(edm.Entity[application]{
	Name: "application", Base: "directoryObject",
	Properties: append([]edm.Property[application]{
		face.Filters(face.IDOf("id", "id", func(a *application) guid.ID { return a.ID }), face.ByValue, face.Exclusion),
		face.SortedAdvanced(face.Filters(face.InstantOf("deletedDateTime", "deleted", func(a *application) when.Instant { return a.Deleted }), edm.Eq|face.ByRange, 0)),
		face.Filters(face.IDOf("appId", "app_id", func(a *application) guid.ID { return a.AppID }), face.ByValue, face.Exclusion),
		face.SortedAdvanced(face.Filters(face.InstantOf("createdDateTime", "created", func(a *application) when.Instant { return a.Created }), edm.Eq|face.ByRange, 0)),
		face.SortedAdvanced(face.Filters(face.TextOf("displayName", "display_name", func(a *application) *string { return &a.DisplayName }, face.Written|edm.Required), face.ByValue|face.ByPrefix, face.Exclusion)),
		face.Filters(face.TextOf("signInAudience", "audience", func(a *application) *string { return &a.Audience }, face.Written), face.ByValue, face.Exclusion),
		uris(), tags(func(a *application) *[]string { return &a.Tags }), needs(),
		fallback(),
		webClient(),
		redirects("spa", "spaApplication", func(a *application) *[]string { return &a.SPARedirects }),
		redirects("publicClient", "publicClientApplication", func(a *application) *[]string { return &a.PublicURIs }),
		{Name: "passwordCredentials", Type: edm.Complex, Many: true, Of: passwordCredential, Write: func(w *edm.Writer, a *application) { writeSecrets(w, a.Secrets) }},
		// What is given is read with the keys that there are (see key.go).
		{Name: "keyCredentials", Type: edm.Complex, Many: true, NonNull: true, Of: keyCredential, Uses: face.Written, Read: func(*application, edm.Value) error { return nil }, Write: func(w *edm.Writer, a *application) { writeKeys(w, a.Keys) }},
	}, said()...),
})

var passwordCredential = &edm.ComplexType{Name: "passwordCredential", Fields: []edm.Field{
	{Name: "displayName", Type: edm.String},
	{Name: "startDateTime", Type: edm.DateTime},
	{Name: "endDateTime", Type: edm.DateTime},
}}

// uris are the names under which clients ask for tokens for the application.
func uris() edm.Property[application] {
	p := face.ListOf("identifierUris", "uris", 50, func(a *application) *[]string { return &a.IdentifierURIs }, face.Written)
	return face.Filters(p, edm.Eq|face.ByPrefix, edm.Not)
}

// tags are the labels of a registration or a service principal.
func tags[T any](field func(*T) *[]string) edm.Property[T] {
	return face.Filters(face.ListOf("tags", "tags", 64, field, face.Written), edm.Eq|face.ByPrefix, edm.Not)
}

// webClient is what is particular to web applications. A null is none of it.
func webClient() edm.Property[application] {
	p := redirects("web", "webApplication", func(a *application) *[]string { return &a.WebRedirects })
	p.Of.Fields = append(append(p.Of.Fields, edm.Field{Name: "logoutUrl", Type: edm.String}), webKept...)
	kept := face.Kept(webRest, func(a *application) *directory.Manifest { return &a.Manifest }, face.Written)
	p.Write = func(w *edm.Writer, a *application) {
		var rest edm.Writer
		kept.Write(&rest, a)
		w.Begin()
		w.Members(rest.Bytes()[1 : len(rest.Bytes())-1])
		w.Name("logoutUrl")
		w.OptStr(a.LogoutURL)
		w.Name("redirectUris")
		w.Strs(a.WebRedirects)
		w.End()
	}
	read := p.Read
	p.Read = func(a *application, in edm.Value) (err error) {
		if in.IsNull() {
			a.LogoutURL = ""
		} else if url, given := in.Get("logoutUrl"); given {
			if a.LogoutURL, err = url.OptStr(); err != nil {
				return err
			}
		}
		if err := kept.Read(a, in); err != nil {
			return err
		}
		return read(a, in)
	}
	return p
}

// redirects are the redirect URIs of one kind of client. A null is none.
func redirects(name, of string, field func(*application) *[]string) edm.Property[application] {
	return edm.Property[application]{
		Name: name, Type: edm.Complex, Uses: face.Written,
		Of: &edm.ComplexType{Name: of, Fields: []edm.Field{{Name: "redirectUris", Type: edm.String, Many: true}}},
		Write: func(w *edm.Writer, a *application) {
			w.Begin()
			w.Name("redirectUris")
			w.Strs(*field(a))
			w.End()
		},
		Read: func(a *application, in edm.Value) (err error) {
			if in.IsNull() {
				*field(a) = nil
				return nil
			}
			if uris, given := in.Get("redirectUris"); given {
				*field(a), err = uris.Strings(mostRedirects)
			}
			return err
		},
	}
}

// mostRedirects bounds a list of redirect URIs.
const mostRedirects = 256

func writeSecrets(w *edm.Writer, list []directory.Secret) {
	w.BeginArray()
	for i := range list {
		writeSecret(w, &list[i], "")
	}
	w.EndArray()
}

// writeSecret puts a passwordCredential; text is the secret itself, once, when it is made.
func writeSecret(w *edm.Writer, s *directory.Secret, text string) {
	w.Begin()
	writeSecretMembers(w, s, text)
	w.End()
}

// writeSecretMembers is writeSecret into an object that is open.
func writeSecretMembers(w *edm.Writer, s *directory.Secret, text string) {
	w.Name("customKeyIdentifier")
	w.Null()
	w.Name("displayName")
	w.OptStr(s.Name)
	w.Name("endDateTime")
	w.Instant(s.End)
	w.Name("hint")
	w.OptStr(s.Hint)
	w.Name("keyId")
	w.ID(s.KeyID)
	w.Name("secretText")
	w.OptStr(text)
	w.Name("startDateTime")
	w.Instant(s.Start)
}

// fallback is isFallbackPublicClient, which null sets back to false.
func fallback() edm.Property[application] {
	p := face.FlagOf("isFallbackPublicClient", "", func(a *application) *bool { return &a.Public }, face.Written)
	read := p.Read
	p.Read = func(a *application, in edm.Value) error {
		if a.Public = false; in.IsNull() {
			return nil
		}
		return read(a, in)
	}
	return p
}
