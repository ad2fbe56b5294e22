/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Redfish (DSP0266) by fetch(): a session, whose token is only in the memory of
 * this page, and errors as text. Runs wherever there is fetch().
 */

import { API } from './words/en.js';

const ROOT = '/redfish/v1/';

/* An error of the server; or, with `status` 0, the server can't be reached. */
export class Refused extends Error {
	/* { status, code, text, next, fields, retry }: `code` is the last part
	 * of a MessageId, `text` what is wrong, `next` what to do about it,
	 * `fields` the names of the properties concerned, and `retry` the
	 * seconds until another try makes sense. */
	constructor(what) {
		super(what.text);
		Object.assign(this, { status: 0, code: '', next: '', fields: [],
			retry: 0 }, what);
	}
}

/* The extended error of an answer; proxies answer without one. */
function refusal(response, body) {
	const info = body?.error?.['@Message.ExtendedInfo']?.[0] ??
		body?.['@Message.ExtendedInfo']?.[0] ?? {};
	const { status } = response;
	const code = (info.MessageId ?? body?.error?.code ?? '').replace(/.*\./, '');
	return new Refused({ status, code,
		text: API.said[code] ?? info.Message ?? body?.error?.message ??
			API.status[status] ?? API.other(status),
		next: !info.Resolution || info.Resolution === 'None.' ? '' :
			info.Resolution,
		fields: (info.RelatedProperties ?? []).map((path) =>
			path.replace(/^[#/]*/, '')),
		retry: Number(response.headers.get('retry-after')) || 0 });
}

export class Redfish {
	constructor(fetcher = (...request) => fetch(...request)) {
		this.fetcher = fetcher;
		this.token = '';
		this.session = ''; /* its URI */
		this.root = null; /* the service root, after open() */
		this.ended = () => {}; /* called when the session has ended */
	}

	/* The service root; null where there is no Redfish. Throws Refused if there
	 * may be one that does not answer now. */
	async open() {
		try {
			const { body } = await this.ask('GET', ROOT);
			this.root = body?.RedfishVersion ? body : null;
		} catch (error) {
			if (error.status === 0 || error.status >= 500)
				throw error;
			this.root = null;
		}
		return this.root;
	}

	/* Send a request. Returns { status, headers, body }, or throws Refused. */
	async ask(method, uri, { body, signal } = {}) {
		const used = this.token;
		let response, text;
		try {
			response = await this.send(method, uri, { body, signal });
			text = await response.text();
		} catch (error) {
			if (error.name === 'AbortError')
				throw error;
			throw new Refused({ text: API.unreachable, next: API.unreachableNext });
		}
		const answer = parsed(text);
		if (response.ok)
			return { status: response.status, headers: response.headers,
				body: answer };
		if (response.status === 401 && used && used === this.token)
			this.forget();
		throw refusal(response, answer);
	}

	/* Like fetch(), with the token. */
	send(method, uri, { body, signal, accept = 'application/json' } = {}) {
		const headers = { Accept: accept, 'OData-Version': '4.0' };
		if (this.token)
			headers['X-Auth-Token'] = this.token;
		if (body !== undefined)
			headers['Content-Type'] = 'application/json';
		return this.fetcher(uri, { method, headers, signal,
			body: body === undefined ? undefined : JSON.stringify(body),
			cache: 'no-store', credentials: 'omit', redirect: 'error' });
	}

	async get(uri) {
		return (await this.ask('GET', uri)).body;
	}

	post(uri, body = {}, more = {}) {
		return this.ask('POST', uri, { body, ...more });
	}

	patch(uri, body) {
		return this.ask('PATCH', uri, { body });
	}

	/* Log in. Returns the URI of the account whose password must be changed
	 * first, or ''. */
	async signIn(UserName, Password) {
		this.token = '';
		if (!this.root && !await this.open())
			throw new Refused({ status: 404, text: API.noRedfish });
		const sessions = this.root.Links.Sessions['@odata.id'];
		const { headers, body } = await this.post(sessions, { UserName, Password });
		this.token = headers.get('x-auth-token');
		this.session = headers.get('location') ?? body['@odata.id'];
		const change = (body['@Message.ExtendedInfo'] ?? []).find(({ MessageId }) =>
			/PasswordChangeRequired/.test(MessageId));
		return change ? change.MessageArgs?.[0] ??
			`${ROOT}AccountService/Accounts/${encodeURIComponent(UserName)}` : '';
	}

	/* Log out. It is not an error if the session has already ended. */
	async signOut() {
		const { session } = this;
		await this.ask('DELETE', session).catch(() => {});
		this.token = this.session = '';
	}

	forget() {
		this.token = this.session = '';
		this.ended();
	}
}

function parsed(text) {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
