// The tutorial (S:000) from its first step to its last through the Graph client, each body as its
// JavaScript tab has it, on the day on which it was written. Both people sign in as people
// do: with @azure/identity and a device code, in a browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DeviceCodeCredential } from '@azure/identity';
import { Client } from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';
import { launch } from '../../e2e/browser.mjs';
import { baseURL, call, newTenant } from '../../e2e/house.mjs';
import { firstPassword, requireMFA, scopes, typeCode, userAdministrator } from './help.mjs';

let browser, tenant;
before(async () => {
	browser = await launch();
	tenant = await newTenant('graph-client');
	await clock('2021-09-03T20:45:28.3848182Z');
});
after(() => browser?.close());

const clock = (now) => call('PUT', `/_ephor/dev/tenants/${tenant.tenantId}/clock`, { body: { now, frozen: true } });

// graph is a Graph client of a person's own, who signs in at its first call.
function graph(person) {
	const credential = new DeviceCodeCredential({
		tenantId: tenant.tenantId, clientId: tenant.client('public').appId, authorityHost: baseURL, disableInstanceDiscovery: true,
		userPromptCallback: (d) => { person.typed = typeCode(browser, person, d.verificationUri, d.userCode); },
	});
	return Client.initWithMiddleware({
		baseUrl: baseURL, defaultVersion: 'v1.0', customHosts: new Set([new URL(baseURL).hostname]),
		authProvider: new TokenCredentialAuthenticationProvider(credential, { scopes }),
	});
}

const assignmentRequests = '/roleManagement/directory/roleAssignmentScheduleRequests';
const eligibilityRequests = '/roleManagement/directory/roleEligibilityScheduleRequests';

// activation is the body of step 5 for that start.
const activation = (principalId, startDateTime) => ({
	action: 'SelfActivate', principalId, roleDefinitionId: userAdministrator, directoryScopeId: '/',
	justification: 'Need to invalidate all app refresh tokens for Contoso users.',
	scheduleInfo: { startDateTime, expiration: { type: 'AfterDuration', duration: 'PT5H' } },
	ticketInfo: { ticketNumber: 'CONTOSO:Security-012345', ticketSystem: 'Contoso ICM' },
});

test('the whole tutorial', async (t) => {
	const sam = tenant.user('sam@contoso.com'), me = tenant.user('admin@contoso.com');
	const aline = { userPrincipalName: 'AlineD@Contoso.com', password: firstPassword.password };
	const asAdmin = graph(me), asAline = graph(aline);
	const denied = (call) => assert.rejects(call, { statusCode: 403, code: 'Authorization_RequestDenied' });
	let group, later, now;

	await t.test('step 1: create a test user', async () => {
		const user = await asAdmin.api('/users').post({
			accountEnabled: true, displayName: 'Aline Dupuy', mailNickname: 'AlineD', userPrincipalName: aline.userPrincipalName, passwordProfile: firstPassword,
		});
		await me.typed;
		assert.equal(user.displayName, 'Aline Dupuy');
		assert.equal(user.userPrincipalName, aline.userPrincipalName);
		aline.id = user.id;
		await requireMFA(await tenant.token(me.userPrincipalName), aline.id);
	});

	await t.test('step 2: create a group that can be assigned a role', async () => {
		group = await asAdmin.api('/groups').post({
			description: 'IT Helpdesk to support Contoso employees', displayName: 'IT Helpdesk (User)', mailEnabled: false, mailNickname: 'userHelpdesk',
			securityEnabled: true, isAssignableToRole: true,
			'owners@odata.bind': [`https://graph.microsoft.com/v1.0/users/${me.id}`],
			'members@odata.bind': [`https://graph.microsoft.com/v1.0/users/${me.id}`, `https://graph.microsoft.com/v1.0/users/${aline.id}`],
		});
		assert.equal(group.isAssignableToRole, true);
		assert.equal(group.visibility, 'Private');
		assert.deepEqual(group.groupTypes, []);
		const { value: owners } = await asAdmin.api(`/groups/${group.id}/owners`).select('id').get();
		assert.deepEqual(owners.map((o) => o.id), [me.id]);
		const { value: members } = await asAdmin.api(`/groups/${group.id}/members`).select('id').get();
		assert.deepEqual(members.map((m) => m.id).sort(), [me.id, aline.id].sort());
	});

	await t.test('step 3: make the group eligible', async () => {
		const asked = await asAdmin.api(eligibilityRequests).post({
			action: 'AdminAssign', justification: 'Assign User Admin eligibility to IT Helpdesk (User) group', roleDefinitionId: userAdministrator, directoryScopeId: '/', principalId: group.id,
			scheduleInfo: { startDateTime: '2021-07-01T00:00:00Z', expiration: { endDateTime: '2022-06-30T00:00:00Z', type: 'AfterDateTime' } },
		});
		assert.equal(asked.status, 'Provisioned');
		assert.equal(asked.createdBy.user.id, me.id);
		assert.equal(asked.targetScheduleId, asked.id);
		assert.equal(asked.scheduleInfo.expiration.type, 'afterDateTime');
		assert.equal(asked.scheduleInfo.expiration.endDateTime, '2022-06-30T00:00:00Z');
	});

	await t.test('step 4: the user has no role', async () => {
		const { value } = await asAdmin.api('/roleManagement/directory/roleAssignments').filter(`principalId eq '${aline.id}'`).get();
		assert.deepEqual(value, []);
	});

	await t.test('step 5: the user signs in, changes the password and registers an app', async () => {
		const found = await asAline.api('/me').get();
		await aline.typed;
		assert.equal(found.id, aline.id);
		assert.notEqual(aline.password, firstPassword.password);
		assert.ok(aline.key, 'no app was registered');
		await denied(asAline.api(`/users/${sam.id}/revokeSignInSessions`).post({}));
	});

	await t.test('step 5: activate for tomorrow', async () => {
		await clock('2021-09-03T21:10:49.6670479Z');
		later = await asAline.api(assignmentRequests).post(activation(aline.id, '2021-09-04T15:13:00.000Z'));
		assert.equal(later.status, 'Granted');
		assert.equal(later.createdDateTime, '2021-09-03T21:10:49.6670479Z');
		assert.equal(later.completedDateTime, '2021-09-04T15:13:00Z');
		assert.equal(later.targetScheduleId, later.id);
		assert.deepEqual(later.createdBy.user.id, aline.id);
		assert.equal(later.scheduleInfo.startDateTime, '2021-09-04T15:13:00Z');
		assert.deepEqual(later.scheduleInfo.expiration, { type: 'afterDuration', endDateTime: null, duration: 'PT5H' });
		assert.deepEqual(later.ticketInfo, { ticketNumber: 'CONTOSO:Security-012345', ticketSystem: 'Contoso ICM' });
		await denied(asAline.api(`/users/${sam.id}/revokeSignInSessions`).post({}));
	});

	await t.test('step 5: activate now, and use it', async () => {
		await clock('2021-09-03T21:15:00Z');
		now = await asAline.api(assignmentRequests).post(activation(aline.id, '2021-09-03T21:15:00.000Z'));
		assert.equal(now.status, 'Provisioned');
		assert.equal((await asAline.api(`/users/${sam.id}/revokeSignInSessions`).post({})).value, true);
		const { value: roles } = await asAdmin.api('/roleManagement/directory/roleAssignments').filter(`principalId eq '${aline.id}'`).get();
		assert.deepEqual(roles.map((r) => r.roleDefinitionId), [userAdministrator]);
	});

	await t.test('step 5: confirm', async () => {
		const { value } = await asAline.api(`${assignmentRequests}/filterByCurrentUser(on='principal')`).get();
		assert.deepEqual(value.map(({ id, status }) => ({ id, status })), [{ id: now.id, status: 'Provisioned' }, { id: later.id, status: 'Granted' }]);
	});

	await t.test('after five hours the role is gone, and the eligibility is not', async () => {
		await clock('2021-09-04T02:15:00Z');
		await denied(asAline.api(`/users/${sam.id}/revokeSignInSessions`).post({}));
		const { value } = await asAline.api("/roleManagement/directory/roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')").get();
		assert.deepEqual(value.map((i) => [i.principalId, i.roleDefinitionId, i.memberType]), [[group.id, userAdministrator, 'Group']]);
	});

	await t.test('step 6: revoke the eligibility', async () => {
		const asked = await asAdmin.api(eligibilityRequests).post({ action: 'AdminRemove', principalId: group.id, roleDefinitionId: userAdministrator, directoryScopeId: '/' });
		assert.equal(asked.status, 'Revoked');
		await clock('2021-09-04T15:13:00Z'); // when what was granted would have begun
		await denied(asAline.api(`/users/${sam.id}/revokeSignInSessions`).post({}));
	});

	await t.test('step 6: delete the group and the user', async () => {
		await asAdmin.api(`/groups/${group.id}`).delete();
		await asAdmin.api(`/users/${aline.id}`).delete();
		for (const gone of [`/groups/${group.id}`, `/users/${aline.id}`]) {
			await assert.rejects(asAdmin.api(gone).get(), { statusCode: 404, code: 'Request_ResourceNotFound' });
		}
		await assert.rejects(asAline.api('/me').get(), { statusCode: 401 });
	});
});
