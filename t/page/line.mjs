// SPDX-License-Identifier: BSD-2-Clause
// A network line to a server. A test cuts it: all connections through it end at
// once, without a goodbye. Or it stalls: nothing more passes to the server.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Line {
	// `url` is the URL of a server on this machine.
	constructor(url) {
		this.to = new URL(url);
		this.cutAt = []; // bytes to the server, each once
		this.holdAt = Infinity; // bytes
		this.isHeld = false;
		this.passed = 0; // bytes to the server
		this.cuts = 0;
		this.pairs = new Set();
	}

	// Listen at a free port. Returns the URL there.
	async listen() {
		this.server = createServer((client) => this.accept(client));
		this.server.listen(0, '127.0.0.1');
		await once(this.server, 'listening');
		const url = new URL(this.to);
		url.port = this.server.address().port;
		return url.href;
	}

	accept(client) {
		const server = connect(this.to.port, '127.0.0.1');
		const pair = { client, server };
		this.pairs.add(pair);
		for (const socket of [client, server])
			socket.on('error', () => {});
		client.on('close', () => server.destroy());
		server.on('close', () => {
			client.destroy();
			this.pairs.delete(pair);
		});
		client.on('data', (octets) => this.pass(octets, pair));
		client.on('end', () => server.end());
		server.on('drain', () => this.isHeld || client.resume());
		server.pipe(client);
		if (this.isHeld)
			client.pause();
	}

	pass(octets, { client, server }) {
		this.passed += octets.length;
		if (!server.write(octets))
			client.pause();
		if (this.passed >= this.cutAt[0]) {
			this.cutAt.shift();
			this.cuts++;
			this.cut();
		}
		if (this.passed >= this.holdAt)
			this.hold();
	}

	hold() {
		this.holdAt = Infinity;
		this.isHeld = true;
		for (const { client } of this.pairs)
			client.pause();
	}

	release() {
		this.isHeld = false;
		for (const { client } of this.pairs)
			client.resume();
	}

	cut() {
		for (const { client, server } of this.pairs) {
			client.resetAndDestroy();
			server.destroy();
		}
	}
}
