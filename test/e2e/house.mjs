// The started server, as its dev.json describes it, and tenants of a test's own.
import { readFileSync } from 'node:fs';

const dev = JSON.parse(readFileSync(process.env.EPHOR_DEV_JSON ?? fail('run these with run.mjs'), 'utf8'));

export const baseURL = dev.baseUrl;
export const caFile = dev.caFile;

function fail(why) {
	throw new Error(why);
}

// newTenant is a tenant in memory with contoso's people. It is gone with the server.
export async function newTenant(name) {
	const tenant = await call('POST', '/_ephor/dev/tenants', { body: { name, seed: 'contoso', memory: true }, want: 201 });
	tenant.client = (kind) => tenant.clients.find((c) => c.kind === kind);
	tenant.user = (name) => tenant.users.find((u) => u.userPrincipalName === name);
	// token is one from the control API, for what a test needs around the person.
	const client = tenant.clients.find((c) => c.displayName === 'Ephor command line').appId;
	tenant.token = async (user) =>
		(await call('POST', `/_ephor/dev/tenants/${tenant.tenantId}/token`, { body: { user, client, amr: ['pwd', 'mfa'] } })).access_token;
	return tenant;
}

// call makes a request, and answers with its JSON. Another status than the one wanted is an error.
export async function call(method, path, { token, body, want = 200 } = {}) {
	const res = await fetch(baseURL + path, {
		method,
		headers: { ...(body && { 'Content-Type': 'application/json' }), ...(token && { Authorization: `Bearer ${token}` }) },
		body: body && JSON.stringify(body),
	});
	const text = await res.text();
	if (res.status !== want) fail(`${method} ${path}: ${res.status} ${text}, want ${want}`);
	return text ? JSON.parse(text) : undefined;
}
