/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The image store by HTTP: its list, and uploads by tus 1.0.0
 * (tus.io/protocols/resumable-upload). Runs in the page.
 */

import { Refused } from '../api.js';
import { API } from '../words/en.js';

const IMAGES = '/images';
const TYPE = 'application/offset+octet-stream';

/* Every error is a Refused; `status` is 0 if no answer came. */
const unreachable = () => new Refused({ text: API.unreachable,
	next: API.unreachableNext });

function refusal(status, body) {
	let said = null;
	try {
		said = JSON.parse(body).error;
	} catch {
		/* from a web server in between */
	}
	return new Refused({ status, text: said?.message ?? said ??
		API.status[status] ?? API.other(status) });
}

/* The offset in an answer; an answer without one is not from tus. */
function offsetIn(text) {
	if (!/^\d+$/.test(text ?? ''))
		throw new Refused({ status: 502, text: API.status[502] });
	return Number(text);
}

/* A value of Upload-Metadata. All values here are ASCII. */
const pair = ([key, value]) => `${key} ${btoa(value)}`;

export class ImageServer {
	/* `api` has the token of the login, which changes. */
	constructor(api, { fetcher = (...request) => fetch(...request),
		sender = () => new XMLHttpRequest() } = {}) {
		Object.assign(this, { api, fetcher, sender });
	}

	headers(more = {}) {
		return { 'Tus-Resumable': '1.0.0', 'X-Auth-Token': this.api.token, ...more };
	}

	async ask(method, path, headers = {}, sent = undefined) {
		let response, body;
		try {
			response = await this.fetcher(path, { method, body: sent,
				headers: this.headers(headers), cache: 'no-store',
				credentials: 'omit', redirect: 'error' });
			body = await response.text();
		} catch {
			throw unreachable();
		}
		if (!response.ok)
			throw refusal(response.status, body);
		return { headers: response.headers, body };
	}

	/* All images and uploads, as `vmctl image ls -j` has them. */
	async list() {
		const { body } = await this.ask('GET', IMAGES, { Accept: 'application/json' });
		try {
			const { images } = JSON.parse(body);
			if (Array.isArray(images))
				return images;
		} catch {
			/* this is the page of a server without a store */
		}
		throw new Refused({ status: 404, text: API.status[404] });
	}

	/* Announce an upload. Returns its path. */
	async create({ size, name, sha256 }) {
		const metadata = Object.entries({ name, ...sha256 && { sha256 } });
		const { headers } = await this.ask('POST', IMAGES, {
			'Upload-Length': String(size),
			'Upload-Metadata': metadata.map(pair).join() });
		const path = headers.get('location');
		if (!path)
			throw new Refused({ status: 502, text: API.status[502] });
		/* A proxy may have another name for this server. */
		return new URL(path, location.href).pathname;
	}

	/* Let the server fetch { url, name, sha256 } from another server. It
	 * checks the image first, which may take a while. */
	async fetch(wish) {
		await this.ask('POST', IMAGES, { 'Content-Type': 'application/json' },
			JSON.stringify(wish));
	}

	/* How many bytes of the upload have arrived. */
	async offset(path) {
		const { headers } = await this.ask('HEAD', path);
		return offsetIn(headers.get('upload-offset'));
	}

	async remove(path) {
		await this.ask('DELETE', path);
	}

	removeId(id) {
		return this.remove(`${IMAGES}/${id}`);
	}

	/* Send the bytes of `blob`, which belong at `offset`, in one request.
	 * Returns the new offset. Calls progress(bytes) with how many were
	 * sent; `signal` ends the request. */
	async send(path, blob, offset, { progress, signal }) {
		return offsetIn(await new Promise((done, failed) => {
			const request = this.sender();
			const end = (work, value) => {
				signal.removeEventListener('abort', stop);
				work(value);
			};
			const stop = () => request.abort();
			request.open('PATCH', path);
			for (const [name, value] of Object.entries(this.headers({
				'Content-Type': TYPE, 'Upload-Offset': String(offset) })))
				request.setRequestHeader(name, value);
			request.upload.onprogress = ({ loaded }) => progress(loaded);
			request.onerror = request.onabort = () => end(failed, unreachable());
			request.onload = () => {
				const { status, responseText } = request;
				if (status < 200 || status > 299)
					end(failed, refusal(status, responseText));
				else
					end(done, request.getResponseHeader('upload-offset'));
			};
			signal.addEventListener('abort', stop);
			request.send(blob);
		}));
	}
}
