// CLI for Microsoft 365 knows Microsoft's clouds and no other (docs/clients.md). What it can
// be given is a proxy and a certificate to trust: here one that leads to the started server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { launch } from '../../e2e/browser.mjs';
import { baseURL, call, newTenant } from '../../e2e/house.mjs';
import { aline, certificate, typeCode, userAdministrator } from '../node/help.mjs';
import { detour } from './detour.mjs';

const program = path.join(import.meta.dirname, 'node_modules/@pnp/cli-microsoft365/dist/index.js');
let browser, tenant, home, proxy;
before(async () => {
	browser = await launch();
	tenant = await newTenant('m365');
	proxy = await detour(baseURL);
	home = mkdtempSync(path.join(tmpdir(), 'ephor-m365-'));
	writeFileSync(path.join(home, 'ca.pem'), proxy.cert);
	const config = path.join(home, 'config/configstore');
	mkdirSync(config, { recursive: true });
	writeFileSync(path.join(config, 'cli-m365-config.json'), '{"disableTelemetry": true}');
});
after(() => {
	proxy?.close();
	browser?.close();
	if (home) rmSync(home, { recursive: true, force: true });
});

// m365 runs a command and answers with what it prints, which is JSON. What it tells on the
// way is for told.
async function m365(args, told = () => {}) {
	const run = spawn(process.execPath, [program, ...args, '--output', 'json'], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000, env: {
		PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: path.join(home, 'config'), HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: path.join(home, 'ca.pem'), CLIMICROSOFT365_NOUPDATE: '1',
	} });
	let said = '';
	run.stderr.on('data', (chunk) => {
		said += chunk;
		told(said);
	});
	const [out, code] = await Promise.all([text(run.stdout), new Promise((resolve) => run.on('close', resolve))]);
	assert.equal(code, 0, `m365 ${args.join(' ')}: ${said}${out}`);
	return out.trim() ? JSON.parse(out) : undefined;
}

const login = (authType, appId, ...more) => m365(['login', '--authType', authType, '--tenant', tenant.tenantId, '--appId', appId, ...more]);

test('an application with a secret keeps users and groups, and grants eligibility', async () => {
	const { appId, secret } = tenant.client('confidential');
	const connected = await login('secret', appId, '--secret', secret);
	assert.equal(connected.connectedAs, 'Contoso automation');
	assert.equal(connected.appTenant, tenant.tenantId);

	const user = await m365(['entra', 'user', 'add', '--displayName', 'Pradeep Gupta', '--userName', 'PradeepG@contoso.com', '--password', 'xWwvJ]6NMw+bWH-d']);
	assert.equal(user.userPrincipalName, 'PradeepG@contoso.com');
	assert.equal((await m365(['entra', 'user', 'get', '--userName', 'PradeepG@contoso.com'])).id, user.id);
	assert.ok((await m365(['entra', 'user', 'list'])).some((u) => u.id === user.id));

	const group = await m365(['entra', 'group', 'add', '--displayName', 'Helpdesk', '--type', 'security', '--memberIds', user.id]);
	assert.equal(group.displayName, 'Helpdesk');
	assert.deepEqual((await m365(['entra', 'group', 'member', 'list', '--groupId', group.id])).map((m) => m.id), [user.id]);

	const ask = (body) => m365(['request', '--method', 'post', '--url', '@graph/roleManagement/directory/roleEligibilityScheduleRequests', '--content-type', 'application/json', '--body', JSON.stringify({
		principalId: user.id, roleDefinitionId: userAdministrator, directoryScopeId: '/', justification: 'Helpdesk', ...body,
	})]);
	assert.equal((await ask({ action: 'adminAssign', scheduleInfo: { expiration: { type: 'afterDuration', duration: 'P30D' } } })).status, 'Provisioned');
	const [eligible] = await m365(['entra', 'pim', 'role', 'assignment', 'eligibility', 'list', '--userId', user.id, '--withPrincipalDetails']);
	assert.equal(eligible.roleDefinitionName, 'User Administrator');
	assert.equal(eligible.principal.displayName, 'Pradeep Gupta');

	assert.equal((await ask({ action: 'adminRemove' })).status, 'Revoked'); // who could become privileged is out of an application's reach
	await m365(['entra', 'group', 'remove', '--id', group.id, '--force']);
	await m365(['entra', 'user', 'remove', '--id', user.id, '--force']);
	assert.ok(!(await m365(['entra', 'user', 'list'])).some((u) => u.id === user.id));
});

test('an application with a certificate', async () => {
	const { pem, key } = await certificate(tenant);
	const file = path.join(home, 'certificate.pem');
	writeFileSync(file, pem + key);
	await login('certificate', tenant.client('confidential').appId, '--certificateFile', file);
	assert.equal((await m365(['status'])).authType, 'certificate');
	assert.ok((await m365(['entra', 'user', 'list'])).length > 0);
});

test('a person with a device code activates a role and uses it', async () => {
	const person = await aline(tenant), sam = tenant.user('sam@contoso.com');
	await call('POST', '/v1.0/roleManagement/directory/roleEligibilityScheduleRequests', { token: await tenant.token('admin@contoso.com'), want: 201, body: {
		action: 'adminAssign', principalId: person.id, roleDefinitionId: userAdministrator, directoryScopeId: '/', justification: 'Helpdesk',
		scheduleInfo: { expiration: { type: 'afterDuration', duration: 'P30D' } },
	} });
	let typed;
	const connected = await m365(['login', '--authType', 'deviceCode', '--tenant', tenant.tenantId, '--appId', tenant.client('public').appId], (said) => {
		const told = said.match(/(https:\S+) and enter the code (\S+)/);
		if (told && !typed) typed = typeCode(browser, person, told[1], told[2]);
	});
	await typed;
	assert.equal(connected.connectedAs, person.userPrincipalName);

	// By id: to find a role by its name one must be allowed to read roles.
	const asked = await m365(['entra', 'pim', 'role', 'assignment', 'add', '--roleDefinitionId', userAdministrator, '--justification', 'Ticket 7', '--duration', 'PT1H', '--ticketNumber', '7', '--ticketSystem', 'Contoso ICM']);
	assert.equal(asked.status, 'Provisioned');
	assert.equal(asked.action, 'selfActivate');
	await m365(['entra', 'user', 'session', 'revoke', '--userId', sam.id, '--force']);

	const { appId, secret } = tenant.client('confidential');
	await login('secret', appId, '--secret', secret); // lists are for who may read them
	const [request] = await m365(['entra', 'pim', 'role', 'request', 'list', '--userId', person.id, '--status', 'Provisioned']);
	assert.equal(request.id, asked.id);
	assert.equal(request.roleDefinitionName, 'User Administrator');
	const [assignment] = await m365(['entra', 'pim', 'role', 'assignment', 'list', '--userId', person.id]);
	assert.equal(assignment.roleDefinition.displayName, 'User Administrator');
	assert.equal(assignment.assignmentType, 'Activated');
});

test('nothing was called that is not the cloud', () => assert.deepEqual(proxy.refused, []));
