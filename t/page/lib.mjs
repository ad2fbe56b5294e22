// SPDX-License-Identifier: BSD-2-Clause
// What the tests of the page share: npm's modules, the other end of a
// WebSocket, commands.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { rm } from 'node:fs/promises';

export const dir = process.env.PAGE_DIR;
export const web = `${dir}/web`;
export const need = createRequire(`${dir}/package.json`);

// ms for one step: some tests send much
export const PATIENCE = 1000 * (process.env.PATIENCE_S ?? 60);

// run COMMAND...: returns its standard output; an error contains its messages.
export async function run(command, ...args) {
	const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'],
		timeout: PATIENCE });
	const out = [], err = [];
	child.stdout.on('data', (data) => out.push(data));
	child.stderr.on('data', (data) => err.push(data));
	const [status, signal] = await once(child, 'close');
	if (status !== 0)
		throw new Error(`${command} ${args.join(' ')}: ${status ?? signal}\n` +
			Buffer.concat(err));
	return Buffer.concat(out).toString();
}

// Connects NBD clients at a Unix socket with NBD servers that connect
// elsewhere: one client after another, each with the latest server.
export class Meeting {
	constructor() {
		this.clients = [];
		this.waiting = null;
	}

	// Accept clients at the Unix socket PATH.
	async listen(path) {
		await rm(path, { force: true });
		this.server = createServer((client) => {
			client.on('error', () => {});
			this.clients.push(client);
			this.pair();
		});
		this.server.listen(path);
		await once(this.server, 'listening');
	}

	// Accept servers at the Unix socket PATH.
	async listenFar(path) {
		await rm(path, { force: true });
		const server = createServer((socket) => {
			socket.on('error', () => {});
			this.offer(socket);
		});
		server.listen(path);
		await once(server, 'listening');
	}

	// A server has connected; it is a stream.
	offer(server) {
		this.waiting = server;
		server.once('close', () => {
			if (this.waiting === server)
				this.waiting = null;
		});
		this.pair();
	}

	pair() {
		if (!this.waiting || this.clients.length === 0)
			return;
		const server = this.waiting;
		const client = this.clients.shift();
		this.waiting = null;
		server.pipe(client);
		client.pipe(server);
		client.on('close', () => server.destroy());
		server.on('close', () => client.destroy());
	}
}
