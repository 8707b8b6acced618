// MSAL in the browser: a single-page application on another origin, by redirection.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { enter, launch } from '../../e2e/browser.mjs';
import { baseURL, newTenant } from '../../e2e/house.mjs';
import { scopes } from './help.mjs';

const library = path.join(import.meta.dirname, 'node_modules/@azure/msal-browser/lib/msal-browser.min.js');

// app is the page of the single-page application. What it learns it puts on window.
const app = (clientId, tenantId) => `<!DOCTYPE html><title>app</title><script src="/msal.js"></script><script>
(async () => {
	const request = { scopes: ${JSON.stringify(scopes)} };
	const client = await msal.createStandardPublicClientApplication({
		auth: { clientId: '${clientId}', authority: '${baseURL}/${tenantId}', knownAuthorities: ['${new URL(baseURL).host}'], redirectUri: 'http://localhost:3000/', postLogoutRedirectUri: 'http://localhost:3000/' },
		cache: { cacheLocation: 'sessionStorage' },
	});
	window.out = () => client.logoutRedirect({ account: client.getAllAccounts()[0] });
	window.silent = async () => (await client.acquireTokenSilent({ ...request, account: client.getAllAccounts()[0], forceRefresh: true })).accessToken;
	window.graph = async (token) => (await fetch('${baseURL}/v1.0/me', { headers: { Authorization: 'Bearer ' + token } })).json();
	const back = await client.handleRedirectPromise();
	window.signedIn = back ? { token: back.accessToken, username: back.account.username } : null;
	if (!back && location.search === '?begin') await client.loginRedirect(request);
	window.state = 'ready';
})().catch((e) => { window.state = 'failed: ' + e; });
</script>`;

let browser, tenant, server;
before(async () => {
	browser = await launch();
	tenant = await newTenant('spa');
	server = http.createServer((req, res) => {
		const script = req.url === '/msal.js';
		res.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
		res.end(script ? readFileSync(library) : app(tenant.client('spa').appId, tenant.tenantId));
	}).listen(3000, 'localhost');
	await once(server, 'listening');
});
after(async () => {
	await browser?.close();
	server?.close();
});

test('signs in, calls Graph across origins, renews and signs out', async () => {
	const sam = tenant.user('sam@contoso.com');
	const page = await (await browser.newContext()).newPage();
	await page.goto('http://localhost:3000/?begin');
	await page.waitForSelector('#password');
	await enter(page, sam.userPrincipalName, sam.password);
	await page.waitForURL((url) => url.port === '3000');
	await page.waitForFunction(() => window.state);
	assert.equal(await page.evaluate(() => window.state), 'ready');
	const { token, username } = await page.evaluate(() => window.signedIn);
	assert.equal(username, sam.userPrincipalName);
	assert.equal((await page.evaluate((t) => window.graph(t), token)).userPrincipalName, username);
	const fresh = await page.evaluate(() => window.silent());
	assert.notEqual(fresh, token);
	assert.equal((await page.evaluate((t) => window.graph(t), fresh)).userPrincipalName, username);
	await page.evaluate(() => { window.out(); });
	await page.waitForURL((url) => url.port === '3000' && url.searchParams.has('state'));
	await page.goto('http://localhost:3000/?begin');
	await page.waitForSelector('#password');
});
