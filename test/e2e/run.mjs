// Starts a development server, runs the tests of one folder against it, and stops it:
//
//   node run.mjs FOLDER [BEGINNING]     the tests whose files' names begin so, or all
//
// The tests are processes of their own, because Node reads which authority to trust only
// when it starts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const here = import.meta.dirname;
const folder = path.resolve(process.argv[2] ?? '.');
const binary = process.env.EPHOR ?? path.join(here, '../../bin/ephor');
const dir = await mkdtemp(path.join(tmpdir(), 'ephor-e2e-'));
const data = path.join(dir, 'data');
const server = spawn(binary, ['serve', '--dev', '--data', data, '--addr', 'localhost:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
let code = 1;
try {
	await ready(server);
	const dev = path.join(data, 'dev.json');
	const { caFile } = JSON.parse(await readFile(dev, 'utf8'));
	const tests = readdirSync(folder).filter((name) => name.endsWith('.test.mjs') && name.startsWith(process.argv[3] ?? '')).map((name) => path.join(folder, name));
	const run = spawn(process.execPath, ['--test', '--test-concurrency=1', '--test-timeout=600000', ...tests], {
		stdio: 'inherit', env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, EPHOR_DEV_JSON: dev },
	});
	[code] = await once(run, 'exit');
} finally {
	server.kill('SIGTERM');
	if (server.exitCode === null) await once(server, 'exit');
	await rm(dir, { recursive: true, force: true });
}
process.exit(code ?? 1);

// ready waits for the end of the banner.
async function ready(server) {
	let text = '';
	for await (const chunk of server.stdout) {
		text += chunk;
		if (text.includes('A first call')) {
			server.stdout.resume();
			return;
		}
	}
	throw new Error('the server ended before it was ready');
}
