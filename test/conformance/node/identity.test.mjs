// @azure/identity and the Graph client, as automation uses them together.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ClientSecretCredential } from '@azure/identity';
import { Client } from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';
import { baseURL, newTenant } from '../../e2e/house.mjs';
import { scopes, works } from './help.mjs';

let tenant, credential;
before(async () => {
	tenant = await newTenant('identity');
	const { appId, secret } = tenant.client('confidential');
	credential = new ClientSecretCredential(tenant.tenantId, appId, secret, { authorityHost: baseURL, disableInstanceDiscovery: true });
});

test('a secret', async () => works((await credential.getToken(scopes)).token));

test('the Graph client makes a user, a group with members, and an eligibility', async () => {
	const client = Client.initWithMiddleware({
		baseUrl: baseURL, defaultVersion: 'v1.0', customHosts: new Set([new URL(baseURL).hostname]),
		authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes }),
	});
	const user = await client.api('/users').post({
		accountEnabled: true, displayName: 'Aline Dupuy', mailNickname: 'AlineD', userPrincipalName: 'AlineD@Contoso.com',
		passwordProfile: { forceChangePasswordNextSignIn: true, password: 'xWwvJ]6NMw+bWH-d' },
	});
	const group = await client.api('/groups').post({
		description: 'IT Helpdesk', displayName: 'IT Helpdesk (User)', mailEnabled: false, mailNickname: 'userHelpdesk', securityEnabled: true, isAssignableToRole: true,
		'members@odata.bind': [`https://graph.microsoft.com/v1.0/users/${user.id}`],
	});
	const asked = await client.api('/roleManagement/directory/roleEligibilityScheduleRequests').post({
		action: 'AdminAssign', justification: 'Assign User Admin eligibility', roleDefinitionId: 'fe930be7-5e62-47db-91af-98c3a49a38b1', directoryScopeId: '/', principalId: group.id,
		scheduleInfo: { startDateTime: new Date().toISOString(), expiration: { type: 'AfterDuration', duration: 'P30D' } },
	});
	assert.equal(asked.status, 'Provisioned');
	const members = await client.api(`/groups/${group.id}/members`).select('id').get();
	assert.deepEqual(members.value.map((m) => m.id), [user.id]);
	const none = await client.api('/roleManagement/directory/roleAssignments').filter(`principalId eq '${user.id}'`).get();
	assert.deepEqual(none.value, []);
	await assert.rejects(client.api('/users/nobody@contoso.com').get(), { statusCode: 404, code: 'Request_ResourceNotFound' });
});
