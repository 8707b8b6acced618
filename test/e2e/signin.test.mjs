// The tutorial's person, from the first sign-in on (S:000 step 5): the password from the
// creation call, a new one, an authenticator app, and after that a passkey, a device and
// the way out. The administrator keeps a session of their own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { authenticator, enter, launch, press, shot, totp } from './browser.mjs';
import { baseURL, call, newTenant } from './house.mjs';

let browser, tenant, account;
const first = 'xWwvJ]6NMw+bWH-d', second = 'Correct-Horse-7-Battery', name = 'AlineD@Contoso.com';

before(async () => {
	browser = await launch();
	tenant = await newTenant('e2e');
	account = `${baseURL}/${tenant.tenantId}/account`;
	const token = await tenant.token('admin@contoso.com');
	const user = await call('POST', '/v1.0/users', { token, want: 201, body: {
		accountEnabled: true, displayName: 'Aline Dupuy', mailNickname: 'AlineD', userPrincipalName: name,
		passwordProfile: { forceChangePasswordNextSignIn: true, password: first },
	} });
	await call('PATCH', `/beta/users/${user.id}/authentication/requirements`, { token, want: 204, body: { perUserMfaState: 'enabled' } });
});

after(() => browser?.close());

test('a person signs in for the first time, and every time after', async (t) => {
	const context = await browser.newContext();
	const page = await context.newPage();
	let key;

	await t.test('the first password must be changed', async () => {
		await page.goto(account);
		await shot(page, 'signin');
		await enter(page, name, first);
		assert.ok(await page.isVisible('form#change'));
		await shot(page, 'change');
		await page.fill('#newPassword', second);
		await page.fill('#confirmPassword', second);
		await press(page);
	});

	await t.test('an authenticator app is registered', async () => {
		assert.ok(await page.isVisible('form#register'), await page.title());
		await page.click('summary');
		await shot(page, 'register');
		key = await page.textContent('#key');
		await page.fill('#code', totp(key));
		await press(page);
		assert.equal(await page.locator('#codes li').count(), 10);
		await shot(page, 'codes');
		await press(page, '#continue');
		assert.equal(new URL(page.url()).pathname, new URL(account).pathname);
		await shot(page, 'account');
	});

	await t.test('a passkey is added', async () => {
		await authenticator(page);
		await press(page, '#add-passkey');
		await page.fill('#label', 'Laptop');
		await shot(page, 'makepasskey');
		await press(page);
		assert.match(await page.textContent('main'), /Laptop/);
		await shot(page, 'account-passkey');
	});

	await t.test('signing out ends it', async () => {
		await press(page, '#signout');
		await shot(page, 'signout');
		await press(page);
		await page.goto(account);
		assert.ok(await page.isVisible('#username'), 'somebody is still signed in');
	});

	await t.test('the passkey alone signs in', async () => {
		await press(page, '#use-passkey');
		await shot(page, 'passkey');
		await press(page);
		assert.match(await page.textContent('main'), /Aline Dupuy/);
	});

	await t.test('a device is signed in by a code', async () => {
		const { appId } = tenant.client('public');
		const form = (fields) => fetch(`${baseURL}/${tenant.tenantId}/oauth2/v2.0/${fields.grant_type ? 'token' : 'devicecode'}`, {
			method: 'POST', body: new URLSearchParams({ client_id: appId, ...fields }),
		}).then((res) => res.json());
		const device = await form({ scope: 'openid offline_access https://graph.microsoft.com/.default' });
		await page.goto(device.verification_uri);
		await shot(page, 'device');
		await page.fill('[name=user_code]', device.user_code);
		await press(page, 'main form button.primary');
		await shot(page, 'device-confirm');
		await press(page, 'main form button.primary');
		await press(page, '#pick');
		await shot(page, 'device-done');
		const token = await form({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device.device_code });
		const me = await call('GET', '/v1.0/me', { token: token.access_token });
		assert.equal(me.userPrincipalName, name);
	});
	await context.close();

	await t.test('in another browser, password and code are asked for', async () => {
		const elsewhere = await browser.newContext({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
		const page = await elsewhere.newPage();
		await page.goto(account);
		await shot(page, 'signin-phone-dark');
		await enter(page, name, first);
		assert.ok(await page.isVisible('#error'), 'the first password works twice');
		await enter(page, name, second);
		if (await page.isVisible('form#passkey')) await press(page, 'a[href*="with=app"], nav.ways a');
		await shot(page, 'challenge-phone-dark');
		await page.fill('#code', totp(key, Date.now() + 30_000)); // the present code was used up at registration
		await press(page);
		assert.match(await page.textContent('main'), /Aline Dupuy/);
		await shot(page, 'account-phone-dark');
		await elsewhere.close();
	});
});

test('without the requirement nobody is asked to register', async () => {
	const context = await browser.newContext();
	const page = await context.newPage();
	const sam = tenant.user('sam@contoso.com');
	const back = http.createServer((_, res) => res.end('back')).listen(0, 'localhost');
	await once(back, 'listening');
	const query = new URLSearchParams({
		client_id: tenant.client('public').appId, response_type: 'code', redirect_uri: `http://localhost:${back.address().port}`, scope: 'openid',
		code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256',
	});
	await page.goto(`${baseURL}/${tenant.tenantId}/oauth2/v2.0/authorize?${query}`);
	await enter(page, sam.userPrincipalName, sam.password);
	assert.match(page.url(), /^http:\/\/localhost:\d+\/\?.*code=/);
	await context.close();
	back.close();
});
