// openid-client and oauth4webapi: strict clients that know nothing of Microsoft.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { launch } from '../../e2e/browser.mjs';
import { baseURL, newTenant } from '../../e2e/house.mjs';
import { scopes, signIn, works } from './help.mjs';

let browser, tenant, issuer;
before(async () => {
	browser = await launch();
	tenant = await newTenant('openid');
	issuer = new URL(`${baseURL}/${tenant.tenantId}/v2.0`);
});
after(() => browser?.close());

test('openid-client signs a person in and renews', async () => {
	const config = await openid.discovery(issuer, tenant.client('public').appId, undefined, openid.None());
	const verifier = openid.randomPKCECodeVerifier(), state = openid.randomState(), nonce = openid.randomNonce();
	const challenge = await openid.calculatePKCECodeChallenge(verifier);
	const sam = tenant.user('sam@contoso.com');
	const back = await signIn(browser, sam, (redirect_uri) => openid.buildAuthorizationUrl(config, {
		redirect_uri, scope: `openid profile offline_access ${scopes}`, code_challenge: challenge, code_challenge_method: 'S256', state, nonce,
	}));
	const got = await openid.authorizationCodeGrant(config, new URL(`?${back.query}`, back.redirectUri), { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce });
	await works(got.access_token, sam.userPrincipalName);
	const claims = got.claims();
	assert.equal(claims.oid, sam.id);
	assert.equal((await openid.fetchUserInfo(config, got.access_token, claims.sub)).sub, claims.sub);
	const fresh = await openid.refreshTokenGrant(config, got.refresh_token);
	await works(fresh.access_token, sam.userPrincipalName);
	await assert.rejects(openid.refreshTokenGrant(config, got.refresh_token), 'a refresh token was taken twice');
	await assert.rejects(openid.refreshTokenGrant(config, fresh.refresh_token), 'its family goes on');
});

test('openid-client signs an application in', async () => {
	const { appId, secret } = tenant.client('confidential');
	const config = await openid.discovery(issuer, appId, secret);
	await works((await openid.clientCredentialsGrant(config, { scope: scopes[0] })).access_token);
});

test('oauth4webapi sees the error of a wrong secret', async () => {
	const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
	const client = { client_id: tenant.client('confidential').appId };
	const res = await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretPost('wrong'), { scope: scopes[0] });
	await assert.rejects(oauth.processClientCredentialsResponse(as, client, res), (e) => e.error === 'invalid_client' && e.status === 401 && /AADSTS7000215/.test(e.error_description));
});
