// SPDX-License-Identifier: BSD-2-Clause
// A simulated image store, at a Unix socket: for states into which a test can't
// bring a real one.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { rm } from 'node:fs/promises';

export class ImageStore {
	// `machine` knows the tokens.
	constructor(machine) {
		this.machine = machine;
		this.images = []; // as `vmctl image ls -j` has them
		this.data = new Map(); // ID: { octets, hash } of an upload
		this.room = 1e12; // bytes
		this.asked = []; // { method, path, headers }
		this.checks = true; // are uploads checked, to become images?
		this.sleeps = false; // does the check wait for a HEAD?
		this.cutAfter = []; // bytes until a PATCH is cut
		this.refuse = null; // [status, error] of the next request that changes
		this.count = 0;
	}

	async listen(path) {
		await rm(path, { force: true });
		this.server = createServer((request, response) =>
			this.answer(request, response).catch(() => request.destroy()));
		this.server.listen(path);
		await once(this.server, 'listening');
	}

	add(more) {
		const image = { id: (++this.count).toString(16).padStart(16, '0'),
			owner: 'root', uri: null, size: 658505728, taken: 658505728,
			received: null, state: 'ready', sha256: 'a'.repeat(64), verified: null,
			created: '2026-11-29T12:00:00Z', origin: 'upload', expires: null,
			error: null, slots: [], ...more };
		if (image.state === 'ready')
			image.uri = `image:${image.owner === 'root' ? '' :
				`${image.owner}/`}${image.name}`;
		this.images.push(image);
		return image;
	}

	async answer(request, response) {
		const { method, url: path, headers } = request;
		this.asked.push({ method, path, headers });
		const say = (status, more = {}, body = '') => {
			response.writeHead(status, { 'Tus-Resumable': '1.0.0', ...more });
			response.end(body);
		};
		const no = (status, error) => say(status,
			{ 'Content-Type': 'application/json' }, JSON.stringify({ error }));
		const image = this.images.find(({ id }) => path === `/images/${id}`);
		if (!this.machine.tokens.has(headers['x-auth-token']))
			no(401, 'Sign in.');
		else if (method === 'GET' && path === '/images')
			say(200, { 'Content-Type': 'application/json' }, JSON.stringify(
				{ schema: 1, images: this.images }));
		else if (this.refuse && method !== 'GET')
			no(...this.refuse);
		else if (headers['content-type'] === 'application/json')
			await this.fetch(request, say);
		else if (method === 'POST' && path === '/images')
			this.create(headers, say, no);
		else if (!image)
			no(404, 'There is no such upload.');
		else
			await this[method.toLowerCase()](image, request, say, no);
	}

	create(headers, say, no) {
		const size = Number(headers['upload-length']);
		const metadata = Object.fromEntries(headers['upload-metadata'].split(',')
			.map((pair) => pair.split(' ')).map(([key, value]) =>
				[key, Buffer.from(value, 'base64').toString()]));
		if (size > this.room) {
			no(413, `unable to store ${metadata.name}: the quota of root: used ` +
				'3.1 GiB, asked 2 GiB, limit 4 GiB');
			return;
		}
		const image = this.add({ name: metadata.name, size, received: 0,
			state: 'incoming', sha256: null, expires: 604800,
			expect: metadata.sha256 });
		this.data.set(image.id, { octets: [], hash: createHash('sha256') });
		say(201, { Location: `https://other.name.example/images/${image.id}` });
	}

	// A request to fetch an image: the fetch begins, and goes on as the
	// test says.
	async fetch(request, say) {
		let body = '';
		for await (const text of request.setEncoding('utf8'))
			body += text;
		const { url, name } = this.wish = JSON.parse(body);
		const image = this.add({ name: name || url.replace(/.*\//, ''), received: 0,
			state: 'incoming', sha256: null, origin: 'fetch' });
		say(201, { Location: `/images/${image.id}` });
	}

	head(image, _request, say) {
		say(200, { 'Upload-Offset': image.received, 'Upload-Length': image.size,
			'Cache-Control': 'no-store' });
		if (image.sum && image.state === 'incoming')
			this.finish(image);
	}

	async patch(image, request, say, no) {
		if (Number(request.headers['upload-offset']) !== image.received) {
			no(409, 'The offset is another one.');
			return;
		}
		const { hash } = this.data.get(image.id);
		const end = image.received + (this.cutAfter.shift() ?? Infinity);
		for await (const octets of request) {
			hash.update(octets);
			image.received += octets.length;
			if (image.received >= end) {
				request.socket.destroy();
				return;
			}
		}
		const { received } = image;
		if (received === image.size) {
			image.sum = hash.digest('hex');
			if (!this.sleeps)
				this.finish(image);
		}
		say(204, { 'Upload-Offset': received });
	}

	finish(image) {
		image.state = 'checking';
		if (this.checks)
			this.end(image);
	}

	// An upload becomes an image if it has the given checksum.
	end(image) {
		if (image.expect && image.expect !== image.sum)
			Object.assign(image, { state: 'incoming',
				error: `${image.name} has another checksum than was given` });
		else
			Object.assign(image, { state: 'ready', uri: `image:${image.name}`,
				sha256: image.sum, verified: image.expect ? 'given' : null,
				received: null, expires: null });
	}

	delete(image, _request, say, no) {
		if (image.slots.length > 0) {
			no(409, `${image.name} is in slot ${image.slots[0]}`);
			return;
		}
		this.images = this.images.filter((one) => one !== image);
		say(204);
	}
}
