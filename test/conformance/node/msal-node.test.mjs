// MSAL for Node, as web applications, services and command lines use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ConfidentialClientApplication, CryptoProvider, InteractionRequiredAuthError, PublicClientApplication } from '@azure/msal-node';
import { launch } from '../../e2e/browser.mjs';
import { baseURL, call, newTenant } from '../../e2e/house.mjs';
import { aline, api, certificate, decoded, scopes, signIn, typeCode, userAdministrator, works } from './help.mjs';

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

test('a service on behalf of the person who called it', async () => {
	const sam = tenant.user('sam@contoso.com'), service = await api(browser, tenant, sam);
	const person = await new PublicClientApplication({ auth: auth('public') })
		.acquireTokenByUsernamePassword({ scopes: [service.scope], username: sam.userPrincipalName, password: sam.password });
	const { appId, secret } = tenant.client('confidential');
	assert.equal(decoded(person.accessToken).aud, appId);
	await call('GET', '/v1.0/me', { token: person.accessToken, want: 401 });
	const middle = new ConfidentialClientApplication({ auth: auth('confidential', { clientSecret: secret }) });
	const got = await middle.acquireTokenOnBehalfOf({ oboAssertion: person.accessToken, scopes });
	await works(got.accessToken, sam.userPrincipalName);
	assert.equal(decoded(got.accessToken).appid, appId);
	assert.deepEqual(decoded(got.accessToken).scp.split(' ').sort(), service.allowed);
	const again = await middle.acquireTokenOnBehalfOf({ oboAssertion: person.accessToken, scopes });
	assert.equal(again.fromCache, true);
	await assert.rejects(middle.acquireTokenOnBehalfOf({ oboAssertion: got.accessToken, scopes }), /AADSTS500131/, 'a token of Graph is taken as an assertion');
});

// A policy asks for an authentication context. The activation is refused with the claims
// that the next sign-in must ask for (errors.md 1a); what satisfies it is a second factor
// that was given just now, and no refreshed token.
test('an authentication context that a policy asks for', async (t) => {
	const person = await aline(tenant), root = await tenant.token('admin@contoso.com');
	await eligible(root, person);
	await contextOf(root, 'c1');
	const app = new PublicClientApplication({ auth: auth('public') });
	const byCode = async (more) => {
		const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
		const back = await signIn(browser, person, (redirectUri) => app.getAuthCodeUrl({ scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256', ...more }));
		assert.equal(back.query.get('error'), null, back.query.get('error_description'));
		return app.acquireTokenByCode({ scopes, redirectUri: back.redirectUri, code: back.query.get('code'), codeVerifier: verifier });
	};
	const activate = (token, want) => call('POST', '/v1.0/roleManagement/directory/roleAssignmentScheduleRequests', { token, want, body: {
		action: 'selfActivate', principalId: person.id, roleDefinitionId: userAdministrator, directoryScopeId: '/', justification: 'Ticket 7',
		scheduleInfo: { expiration: { type: 'afterDuration', duration: 'PT1H' } },
	} });
	let claims, first, stepped;

	await t.test('the activation answers with the claims', async () => {
		first = await byCode();
		assert.deepEqual(decoded(first.accessToken).amr.includes('mfa'), true);
		const { error } = await activate(first.accessToken, 400);
		assert.equal(error.code, 'RoleAssignmentRequestAcrsValidationFailed');
		claims = decodeURIComponent(error.message.match(/claims=([^&]+)/)[1]);
		assert.equal(claims, '{"access_token":{"acrs":{"essential":true, "value":"c1"}}}');
	});

	await t.test('MSAL cannot satisfy them without the person', async () => {
		await assert.rejects(app.acquireTokenSilent({ scopes, account: first.account, claims }), (e) => {
			assert.ok(e instanceof InteractionRequiredAuthError, String(e));
			assert.match(e.errorMessage, /AADSTS50076/);
			assert.deepEqual(JSON.parse(e.claims), JSON.parse(claims));
			return true;
		});
	});

	await t.test('signed in again with them, the person is challenged', async () => {
		stepped = await byCode({ claims, loginHint: person.userPrincipalName });
		assert.equal(person.challenged, true);
		assert.deepEqual(decoded(stepped.accessToken).acrs, ['c1']);
	});

	await t.test('a refreshed token does not carry it', async () => {
		const fresh = await app.acquireTokenSilent({ scopes, account: stepped.account, forceRefresh: true });
		assert.notEqual(fresh.accessToken, stepped.accessToken);
		assert.equal(decoded(fresh.accessToken).acrs, undefined);
		assert.equal((await activate(fresh.accessToken, 400)).error.code, 'RoleAssignmentRequestAcrsValidationFailed');
	});

	await t.test('the token of the sign-in activates', async () => {
		const request = await activate(stepped.accessToken, 201);
		assert.equal(request.status, 'Provisioned');
	});
});

// eligible makes a person eligible for User Administrator.
const eligible = (token, person) => call('POST', '/v1.0/roleManagement/directory/roleEligibilityScheduleRequests', { token, want: 201, body: {
	action: 'adminAssign', principalId: person.id, roleDefinitionId: userAdministrator, directoryScopeId: '/', justification: 'Helpdesk',
	scheduleInfo: { expiration: { type: 'afterDuration', duration: 'P30D' } },
} });

// contextOf has the policy of User Administrator ask for an authentication context.
async function contextOf(token, claimValue) {
	const filter = encodeURIComponent(`scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '${userAdministrator}'`);
	const { value: [{ policyId }] } = await call('GET', `/v1.0/policies/roleManagementPolicyAssignments?$filter=${filter}`, { token });
	await call('PATCH', `/v1.0/policies/roleManagementPolicies/${policyId}/rules/AuthenticationContext_EndUser_Assignment`, { token, want: 204, body: {
		'@odata.type': '#microsoft.graph.unifiedRoleManagementPolicyAuthenticationContextRule', id: 'AuthenticationContext_EndUser_Assignment', isEnabled: true, claimValue,
		target: { caller: 'EndUser', operations: ['All'], level: 'Assignment', inheritableSettings: [], enforcedSettings: [] },
	} });
}
