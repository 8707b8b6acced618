package people

import (
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// The kinds of authentication method, as the published CSDL has them. Secrets are null: a
// password and a key are never shown, a pass once.

// anyMethod is what all of them have. Nothing is only that.
var anyMethod = edm.Declare(edm.Entity[factor]{Name: "authenticationMethod", Properties: []edm.Property[factor]{methodID(), methodMade()}})

func methodID() edm.Property[factor] {
	return face.IDOf("id", "", func(f *factor) guid.ID { return f.id() })
}

func methodMade() edm.Property[factor] {
	return face.InstantOf("createdDateTime", "", func(f *factor) when.Instant { return f.at })
}

var passwordMethod = edm.Declare(edm.Entity[factor]{
	Name: "passwordAuthenticationMethod", Base: "authenticationMethod",
	Properties: []edm.Property[factor]{methodID(), face.Absent[factor]("password", edm.String), methodMade()},
})

var softwareOathMethod = edm.Declare(edm.Entity[factor]{
	Name: "softwareOathAuthenticationMethod", Base: "authenticationMethod",
	Properties: []edm.Property[factor]{methodID(), face.Absent[factor]("secretKey", edm.String), methodMade()},
})

var attestationLevel = &edm.Enum{Name: "attestationLevel", Members: []string{"attested", "notAttested", "unknownFutureValue"}}

var fido2Method = edm.Declare(edm.Entity[factor]{
	Name: "fido2AuthenticationMethod", Base: "authenticationMethod",
	Properties: []edm.Property[factor]{
		methodID(),
		face.TextOf("displayName", "", func(f *factor) *string { return &f.method.Name }, 0),
		methodMade(),
		{Name: "aaGuid", Type: edm.String, Write: func(w *edm.Writer, f *factor) { w.Str(f.method.Passkey.AAGUID.String()) }},
		face.Absent[factor]("model", edm.String),
		face.None[factor]("attestationCertificates"),
		{Name: "attestationLevel", Type: edm.String, Enum: attestationLevel, Write: func(w *edm.Writer, _ *factor) { w.Str("notAttested") }},
	},
})

var temporaryAccessPassMethod = edm.Declare(edm.Entity[factor]{
	Name: "temporaryAccessPassAuthenticationMethod", Base: "authenticationMethod",
	Properties: []edm.Property[factor]{
		methodID(),
		{Name: "temporaryAccessPass", Type: edm.String, Write: func(w *edm.Writer, f *factor) { w.OptStr(f.secret) }},
		methodMade(),
		face.InstantOf("startDateTime", "", func(f *factor) when.Instant { return f.pass.Start }),
		{Name: "lifetimeInMinutes", Type: edm.Int32, Write: func(w *edm.Writer, f *factor) { w.Int(f.pass.Minutes) }},
		{Name: "isUsableOnce", Type: edm.Boolean, Write: func(w *edm.Writer, f *factor) { w.Bool(f.pass.Once) }},
		{Name: "isUsable", Type: edm.Boolean, Write: func(w *edm.Writer, f *factor) { usable, _ := f.pass.Usable(f.machine); w.Bool(usable) }},
		{Name: "methodUsabilityReason", Type: edm.String, Write: func(w *edm.Writer, f *factor) { _, why := f.pass.Usable(f.machine); w.Str(why) }},
	},
})
