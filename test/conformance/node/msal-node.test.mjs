// MSAL for Node, as web applications, services and command lines use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } from '@azure/msal-node';
import { launch } from '../../e2e/browser.mjs';
import { baseURL, newTenant } from '../../e2e/house.mjs';
import { certificate, scopes, signIn, typeCode, works } from './help.mjs';

let browser, tenant;
before(async () => {
	browser = await launch();
	tenant = await newTenant('msal-node');
});
after(() => browser?.close());

// auth points MSAL at the tenant. Its host is none of Microsoft's, which MSAL must be told.
const auth = (kind, more) => ({
	clientId: tenant.client(kind).appId, authority: `${baseURL}/${tenant.tenantId}`, knownAuthorities: [new URL(baseURL).host], ...more,
});

test('an application with a secret', async () => {
	const app = new ConfidentialClientApplication({ auth: auth('confidential', { clientSecret: tenant.client('confidential').secret }) });
	const got = await app.acquireTokenByClientCredential({ scopes });
	await works(got.accessToken);
	assert.equal((await app.acquireTokenByClientCredential({ scopes })).fromCache, true);
});

test('a wrong secret is said to be one', async () => {
	const app = new ConfidentialClientApplication({ auth: auth('confidential', { clientSecret: 'wrong' }) });
	await assert.rejects(app.acquireTokenByClientCredential({ scopes }), /7000215/);
});

test('an application with a certificate', async () => {
	const { key, thumbprintSha256, pem } = await certificate(tenant);
	const app = new ConfidentialClientApplication({ auth: auth('confidential', { clientCertificate: { thumbprintSha256, privateKey: key, x5c: pem } }) });
	await works((await app.acquireTokenByClientCredential({ scopes })).accessToken);
});

test('a person with a password, silently afterwards', async () => {
	const sam = tenant.user('sam@contoso.com');
	const app = new PublicClientApplication({ auth: auth('public') });
	const got = await app.acquireTokenByUsernamePassword({ scopes, username: sam.userPrincipalName, password: sam.password });
	await works(got.accessToken, sam.userPrincipalName);
	assert.equal(got.account.homeAccountId, `${sam.id}.${tenant.tenantId}`);
	assert.equal(got.account.username, sam.userPrincipalName);
	const fresh = await app.acquireTokenSilent({ scopes, account: got.account, forceRefresh: true });
	assert.notEqual(fresh.accessToken, got.accessToken);
	await works(fresh.accessToken, sam.userPrincipalName);
});

test('a person in a browser, by code with PKCE', async () => {
	const sam = tenant.user('sam@contoso.com');
	const app = new PublicClientApplication({ auth: auth('public') });
	const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
	const back = await signIn(browser, sam, (redirectUri) => app.getAuthCodeUrl({ scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256' }));
	const got = await app.acquireTokenByCode({ scopes, redirectUri: back.redirectUri, code: back.query.get('code'), codeVerifier: verifier });
	await works(got.accessToken, sam.userPrincipalName);
});

test('a person with a device code', async () => {
	const sam = tenant.user('sam@contoso.com');
	const app = new PublicClientApplication({ auth: auth('public') });
	let typed;
	const got = await app.acquireTokenByDeviceCode({ scopes, timeout: 60, deviceCodeCallback: (d) => {
		typed = typeCode(browser, sam, d.verificationUri, d.userCode);
	} });
	await typed;
	await works(got.accessToken, sam.userPrincipalName);
});
