// What a passkey needs: the browser's answer to a ceremony, put into the form. Nothing else
// of the pages runs a script.
"use strict";
(() => {
  const form = document.getElementById("passkey");
  const button = document.getElementById("submit");
  if (!form || !button) return;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function options() {
    const o = JSON.parse(form.dataset.options).publicKey;
    o.challenge = bytes(o.challenge);
    if (o.user) o.user.id = bytes(o.user.id);
    for (const list of [o.excludeCredentials, o.allowCredentials]) {
      for (const c of list || []) c.id = bytes(c.id);
    }
    return { publicKey: o };
  }

  function answer(c) {
    const r = c.response;
    const out = { id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: c.getClientExtensionResults(), response: { clientDataJSON: text(r.clientDataJSON) } };
    if (c.authenticatorAttachment) out.authenticatorAttachment = c.authenticatorAttachment;
    if (r.attestationObject) {
      out.response.attestationObject = text(r.attestationObject);
      if (r.getTransports) out.response.transports = r.getTransports();
    } else {
      out.response.authenticatorData = text(r.authenticatorData);
      out.response.signature = text(r.signature);
      if (r.userHandle) out.response.userHandle = text(r.userHandle);
    }
    return JSON.stringify(out);
  }

  function fail(message) {
    const bar = document.getElementById("passkey-error");
    bar.querySelector("span").textContent = message;
    bar.hidden = false;
    button.disabled = false;
  }

  button.addEventListener("click", async () => {
    if (!window.PublicKeyCredential) return fail("This browser has no passkeys.");
    button.disabled = true;
    try {
      const made = form.dataset.ceremony === "create" ? await navigator.credentials.create(options()) : await navigator.credentials.get(options());
      document.getElementById("answer").value = answer(made);
      form.requestSubmit(); // form.submit is the button of that name
    } catch (e) {
      fail(e.name === "InvalidStateError" ? "This device has a passkey for the account already." : "The passkey was not used. Try again.");
    }
  });
})();
