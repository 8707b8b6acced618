// What several clients' tests need around the client.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { enter, press, totp } from '../../e2e/browser.mjs';
import { baseURL, call } from '../../e2e/house.mjs';

export const scopes = ['https://graph.microsoft.com/.default'];

// works reports that Graph takes a token: a person's by that name, or an application's.
export async function works(token, name) {
	if (!name) return call('GET', '/v1.0/users?$top=1', { token });
	assert.equal((await call('GET', '/v1.0/me', { token })).userPrincipalName, name);
}

// certificate gives the tenant's confidential client one, as an administrator does.
export async function certificate(tenant) {
	const dir = mkdtempSync(path.join(tmpdir(), 'ephor-certificate-'));
	try {
		execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=conformance', '-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: dir, stdio: 'ignore' });
		const pem = readFileSync(path.join(dir, 'cert.pem'), 'utf8'), key = readFileSync(path.join(dir, 'key.pem'), 'utf8');
		const der = new X509Certificate(pem).raw;
		await call('PATCH', `/v1.0/applications(appId='${tenant.client('confidential').appId}')`, { token: await tenant.token('admin@contoso.com'), want: 204, body: {
			keyCredentials: [{ type: 'AsymmetricX509Cert', usage: 'Verify', displayName: 'conformance', key: der.toString('base64') }],
		} });
		return { pem, key, thumbprintSha256: createHash('sha256').update(der).digest('hex') };
	} finally {
		rmSync(dir, { recursive: true });
	}
}

export const userAdministrator = 'fe930be7-5e62-47db-91af-98c3a49a38b1';

// decoded is what a token says.
export const decoded = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

// api makes the tenant's confidential client a service of its own: an administrator lets the
// public client call it, for everybody, and the person lets it read who they are. The scope
// is that of a call.
export async function api(browser, tenant, person) {
	const service = tenant.client('confidential').appId, scope = `api://${service}/access_as_user`, token = await tenant.token('admin@contoso.com');
	await call('PATCH', `/v1.0/applications(appId='${service}')`, { token, want: 204, body: { api: { oauth2PermissionScopes: [{
		id: '7a1d0b1c-0000-4000-8000-000000000001', value: 'access_as_user', type: 'User', isEnabled: true,
		adminConsentDisplayName: 'Act for you', adminConsentDescription: 'Act for the person who is signed in.',
	}] } } });
	const register = (uri) => call('PATCH', `/v1.0/applications(appId='${service}')`, { token, want: 204, body: { web: { redirectUris: [uri] } } });
	await consent(browser, tenant, tenant.client('public').appId, scope, tenant.user('admin@contoso.com'));
	await consent(browser, tenant, service, 'User.Read', person, register);
	return { scope, allowed: ['User.Read', 'openid'] };
}

// consent has a person sign in to a client that asks for a scope, and accept.
async function consent(browser, tenant, client_id, scope, person, register = () => {}) {
	const back = await signIn(browser, person, async (redirect_uri) => {
		await register(redirect_uri);
		return `${baseURL}/${tenant.tenantId}/oauth2/v2.0/authorize?` + new URLSearchParams({
			client_id, scope: `openid ${scope}`, redirect_uri, response_type: 'code',
			code_challenge: createHash('sha256').update(redirect_uri).digest('base64url'), code_challenge_method: 'S256',
		});
	});
	assert.ok(back.query.get('code'), String(back.query));
}

// aline is the tutorial's new user as step 1 makes her: she must change her password, and
// because an administrator requires it of her, use a second factor.
export async function aline(tenant) {
	const token = await tenant.token('admin@contoso.com');
	const { id, userPrincipalName } = await call('POST', '/v1.0/users', { token, want: 201, body: {
		accountEnabled: true, displayName: 'Aline Dupuy', mailNickname: 'AlineD', userPrincipalName: 'AlineD@Contoso.com', passwordProfile: firstPassword,
	} });
	await requireMFA(token, id);
	return { id, userPrincipalName, password: firstPassword.password };
}

export const firstPassword = { forceChangePasswordNextSignIn: true, password: 'xWwvJ]6NMw+bWH-d' };

// requireMFA has a user use a second factor, which the first sign-in then makes them register.
export const requireMFA = (token, id) =>
	call('PATCH', `/v1.0/users/${id}/authentication/requirements`, { token, want: 204, body: { perUserMfaState: 'enabled' } });

// The password of who had to choose one.
const chosen = 'mangrove-Lagoon-47';

// proceed does what the pages ask of a person, until they ask for nothing more or lead to
// the client. What the person chooses and registers on the way, they keep.
async function proceed(page, person) {
	while (page.url().startsWith(baseURL)) {
		if (await page.isVisible('#error')) assert.fail(await page.textContent('#error'));
		if (await page.isVisible('#password')) {
			await enter(page, person.userPrincipalName, person.password);
		} else if (await page.isVisible('form#change')) {
			await page.fill('#newPassword', chosen);
			await page.fill('#confirmPassword', chosen);
			await press(page);
			person.password = chosen;
		} else if (await page.isVisible('form#register')) {
			person.key = await page.textContent('#key');
			await page.fill('#code', nextCode(person));
			await press(page);
		} else if (await page.isVisible('form#challenge')) {
			await page.fill('#code', nextCode(person));
			await press(page);
			person.challenged = true;
		} else if (await page.isVisible('#continue')) {
			await press(page, '#continue');
		} else if (await page.isVisible('#pick')) {
			await press(page, '#pick');
		} else if (await page.isVisible('main form button.primary')) {
			await press(page, 'main form button.primary');
		} else {
			return;
		}
	}
}

// nextCode is one of the person's app that was not shown yet: the present one, or the one
// after that, which a server takes as well because clocks differ.
function nextCode(person) {
	const now = Math.floor(Date.now() / 30_000);
	person.step = Math.max(now, (person.step ?? 0) + 1);
	assert.ok(person.step <= now + 1, 'the app has no code that was not used');
	return totp(person.key, person.step * 30_000);
}

// signIn opens the address that begin makes for a redirect URI, signs the person in, and
// answers with what the browser came back with.
export async function signIn(browser, person, begin) {
	let came;
	const arrived = new Promise((resolve) => { came = resolve; });
	const server = http.createServer((req, res) => {
		res.end('back');
		came(new URL(req.url, 'http://localhost').searchParams);
	}).listen(0, 'localhost');
	await once(server, 'listening');
	const redirectUri = `http://localhost:${server.address().port}/`;
	const context = await browser.newContext();
	try {
		const page = await context.newPage();
		await page.goto(String(await begin(redirectUri)));
		await proceed(page, person);
		assert.ok(!page.url().startsWith(baseURL), `the sign-in ends at a page: ${await page.textContent('body')}`);
		return { redirectUri, query: await arrived };
	} finally {
		await context.close();
		server.close();
	}
}

// typeCode types a device's code into a browser, signs in and confirms.
export async function typeCode(browser, person, address, code) {
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(address);
	await page.fill('[name=user_code]', code);
	await press(page, 'main form button.primary');
	await proceed(page, person);
	await context.close();
}
