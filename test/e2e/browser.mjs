// A real browser, and a person in it.
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { chromium } from 'playwright-core';
import { baseURL } from './house.mjs';

// launch starts the system's Chromium; CHROMIUM names another than Debian's. It is told the
// server's key, because passkeys need a page whose certificate the browser takes.
export async function launch() {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
			`--ignore-certificate-errors-spki-list=${await serverKey()}`,
		],
	});
}

// serverKey is the hash of the server's public key, as Chromium's flag wants it.
async function serverKey() {
	const { hostname, port } = new URL(baseURL);
	const socket = tls.connect({ host: hostname, port, servername: hostname });
	await once(socket, 'secureConnect');
	const key = socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' });
	socket.destroy();
	return createHash('sha256').update(key).digest('base64');
}

// press presses the page's main button and waits for the next page.
export async function press(page, selector = '#submit') {
	await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

// enter signs in with a password, up to whatever comes next.
export async function enter(page, name, password) {
	await page.fill('#username', name);
	await page.fill('#password', password);
	await press(page);
}

// shot keeps a picture of the page where EPHOR_SHOTS says; nowhere unless it does.
export async function shot(page, name) {
	const dir = process.env.EPHOR_SHOTS;
	if (!dir) return;
	mkdirSync(dir, { recursive: true });
	await page.screenshot({ path: path.join(dir, name + '.png'), fullPage: true });
}

// totp is the code of an authenticator app (RFC 6238): six digits of SHA-1, every 30 seconds.
export function totp(key, at = Date.now()) {
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
	const bits = [...key.replace(/[\s=]/g, '').toUpperCase()].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
	const secret = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
	const mac = createHmac('sha1', secret).update(counter).digest();
	const offset = mac.at(-1) & 15;
	return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

// authenticator gives the page a passkey device that always says yes.
export async function authenticator(page) {
	const cdp = await page.context().newCDPSession(page);
	await cdp.send('WebAuthn.enable');
	await cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
		protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true,
	} });
	return cdp;
}
