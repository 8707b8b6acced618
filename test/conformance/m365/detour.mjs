// A proxy that takes what is for Microsoft's cloud to the started server: a company's that
// ends TLS. It tells nobody else's secrets, because it lets nothing through to anybody else.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';

const cloud = ['login.microsoftonline.com', 'graph.microsoft.com'];

// detour starts the proxy for a server: where it is, the certificate to trust, and what it
// refused to reach.
export async function detour(baseURL) {
	const { key, cert } = certificate();
	const target = new URL(baseURL);
	const inner = https.createServer({ key, cert }, (req, res) => {
		const on = https.request({ host: target.hostname, port: target.port, path: req.url, method: req.method, headers: { ...req.headers, host: target.host } }, (answer) => {
			res.writeHead(answer.statusCode, answer.headers);
			answer.pipe(res);
		});
		on.on('error', (e) => res.destroy(e));
		req.pipe(on);
	});
	const refused = [], open = new Set();
	const proxy = http.createServer((req, res) => res.writeHead(502).end());
	proxy.on('connect', (req, socket) => {
		const [host] = req.url.split(':');
		if (!cloud.includes(host)) {
			refused.push(host);
			socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
			return;
		}
		open.add(socket);
		socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
		socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
		inner.emit('connection', socket);
	});
	proxy.listen(0, '127.0.0.1');
	await once(proxy, 'listening');
	const close = () => {
		for (const socket of open) socket.destroy();
		proxy.close();
	};
	return { url: `http://127.0.0.1:${proxy.address().port}`, cert, refused, close };
}

// certificate is one of the cloud's names that signs itself.
function certificate() {
	const dir = mkdtempSync(path.join(tmpdir(), 'ephor-detour-'));
	try {
		execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=detour', '-addext', `subjectAltName=${cloud.map((name) => `DNS:${name}`)}`,
			'-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: dir, stdio: 'ignore' });
		return { key: readFileSync(path.join(dir, 'key.pem')), cert: readFileSync(path.join(dir, 'cert.pem')) };
	} finally {
		rmSync(dir, { recursive: true });
	}
}
