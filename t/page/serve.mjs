// SPDX-License-Identifier: BSD-2-Clause
// The service of the page (scripts/web/worker/serve.js) in node: serves a file
// to a WebSocket address, repeatedly, until it is killed.
//
// usage: PAGE_DIR=... node t/page/serve.mjs FILE URL

import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { need, web } from './lib.mjs';

const { WebSocket } = need('ws');
const { Image } = await import(`${web}/worker/image.js`);
const { Service } = await import(`${web}/worker/serve.js`);

globalThis.WebSocket = class extends WebSocket {
	constructor(url, protocols) {
		super(url, protocols, { rejectUnauthorized: false });
	}
};

// An object that is like a browser's File.
async function fileOf(path) {
	const handle = await open(path);
	const { size, mtimeMs } = await stat(path);
	return {
		name: basename(path), size, lastModified: Math.floor(mtimeMs),
		slice: (from, to) => ({
			async arrayBuffer() {
				const length = Math.max(0, Math.min(to, size) - from);
				const octets = new Uint8Array(length);
				const { bytesRead } = await handle.read(octets, 0,
					length, from);
				return octets.buffer.slice(0, bytesRead);
			},
		}),
	};
}

const [path, url] = process.argv.slice(2);
const image = await Image.open(await fileOf(path));
const service = new Service(image, null,
	{ url, ticket: '', resume: 'r', client: 'node', name: 'x' }, (state) => {
		if (state.name === 'ejected')
			setImmediate(() => service.connect(false));
		else if (state.name === 'refused')
			process.exitCode = 1;
	});
service.connect(false);
