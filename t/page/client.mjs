// SPDX-License-Identifier: BSD-2-Clause
// A small NBD client, for tests that libnbd's tools can't do: one request at a
// time.

import { once } from 'node:events';
import { connect } from 'node:net';

const COMMANDS = { read: 0, write: 1, flush: 3, trim: 4, zero: 6 };

export class Client {
	// Connect to a Unix socket, and do the handshake.
	static async at(path) {
		const client = new Client();
		client.socket = connect(path);
		client.socket.on('error', () => {});
		client.octets = client.socket[Symbol.asyncIterator]();
		client.rest = Buffer.alloc(0);
		await client.take(18);
		client.socket.write(Buffer.from('\0\0\0\x03IHAVEOPT\0\0\0\x01\0\0\0\0',
			'latin1'));
		const reply = await client.take(10);
		client.size = Number(reply.readBigUInt64BE(0));
		client.flags = reply.readUInt16BE(8);
		return client;
	}

	async take(length) {
		while (this.rest.length < length) {
			const { value, done } = await this.octets.next();
			if (done)
				throw new Error('the server is gone');
			this.rest = Buffer.concat([this.rest, value]);
		}
		const octets = this.rest.subarray(0, length);
		this.rest = this.rest.subarray(length);
		return octets;
	}

	// ask('read', 0, 512): returns the octets of a read. Throws an error
	// such as 'error 5'.
	async ask(command, offset = 0, length = 0, data = null, flags = 0) {
		const head = Buffer.alloc(28);
		head.writeUInt32BE(0x25609513, 0);
		head.writeUInt16BE(flags, 4);
		head.writeUInt16BE(COMMANDS[command], 6);
		head.writeBigUInt64BE(BigInt(offset), 16);
		head.writeUInt32BE(length, 24);
		this.socket.write(head);
		if (data)
			this.socket.write(data);
		const error = (await this.take(16)).readUInt32BE(4);
		if (error)
			throw new Error(`error ${error}`);
		return command === 'read' ? this.take(length) : null;
	}

	write(offset, data, flags = 0) {
		return this.ask('write', offset, data.length, data, flags);
	}

	// Disconnect properly.
	async leave() {
		const head = Buffer.alloc(28);
		head.writeUInt32BE(0x25609513, 0);
		head.writeUInt16BE(2, 6);
		this.socket.end(head);
		await once(this.socket, 'close').catch(() => {});
	}

	// Drop the connection.
	end() {
		this.socket.destroy();
	}
}
