// What several clients' tests need around the client.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { enter, press } from '../../e2e/browser.mjs';
import { call } from '../../e2e/house.mjs';

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
	const page = await context.newPage();
	await page.goto(String(await begin(redirectUri)));
	await enter(page, person.userPrincipalName, person.password);
	const query = await arrived;
	await context.close();
	server.close();
	return { redirectUri, query };
}

// typeCode types a device's code into a browser, signs in and confirms.
export async function typeCode(browser, person, address, code) {
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(address);
	await page.fill('[name=user_code]', code);
	await press(page, 'main form button.primary');
	for (;;) {
		if (await page.isVisible('#password')) await enter(page, person.userPrincipalName, person.password);
		else if (await page.isVisible('main form button.primary')) await press(page, 'main form button.primary');
		else break;
	}
	await context.close();
}
