// SPDX-License-Identifier: BSD-2-Clause
// Parts of the console that need no browser: events from octets, Redfish's errors,
// addresses as people type them.
//
// usage: PAGE_DIR=... node t/page/client-parts.mjs TEST

import assert from 'node:assert/strict';
import { web } from './lib.mjs';

const answer = (status, body, headers = {}) => new Response(
	body && JSON.stringify(body), { status, headers });

const tests = {
	// Events, however the octets are divided.
	async sse() {
		const { Parser } = await import(`${web}/sse.js`);
		const text = ': hello\n\nid: 1\r\ndata: a\r\ndata:b\r\n\r\nretry: 5\n\n' +
			'event: ping\ndata\n\ndata: c: d\n\ndata: not yet\n';
		const wanted = [{ type: 'message', id: '1', data: 'a\nb' },
			{ type: 'ping', id: '1', data: '' },
			{ type: 'message', id: '1', data: 'c: d' }];
		for (let size = 1; size <= text.length; size++) {
			const parser = new Parser();
			const got = [];
			for (let at = 0; at < text.length; at += size)
				got.push(...parser.feed(text.slice(at, at + size)));
			assert.deepEqual(got, wanted, `pieces of ${size}`);
		}
		const parser = new Parser();
		assert.throws(() => {
			for (;;)
				parser.feed('x'.repeat(65536));
		}, /without an end/);
	},

	// Messages that the server sends, and those that are missing.
	async errors() {
		const { Redfish } = await import(`${web}/api.js`);
		const refused = (...more) => new Redfish(async () => answer(...more))
			.get('/redfish/v1/x').catch((error) => error);
		const info = { MessageId: 'Base.1.18.AccessDenied', Message: 'No.',
			Resolution: 'Do this.', RelatedProperties: ['#/Image'] };
		let error = await refused(400, { error: { '@Message.ExtendedInfo': [info] } },
			{ 'Retry-After': '5' });
		assert.equal(error.message, 'No.');
		assert.deepEqual([error.status, error.code, error.next, error.fields,
			error.retry], [400, 'AccessDenied', 'Do this.', ['Image'], 5]);
		error = await refused(502, null);
		assert.match(error.message, /web server does not run/);
		error = await refused(418, { error: { code: 'x', message: 'Tea.' } });
		assert.equal(error.message, 'Tea.');
		const away = new Redfish(async () => {
			throw new TypeError('fetch failed');
		});
		error = await away.get('/x').catch((caught) => caught);
		assert.deepEqual([error.status, error.message],
			[0, 'The server can’t be reached.']);
	},

	// Only an answer to the token of this session ends the session.
	async sessions() {
		const { Redfish } = await import(`${web}/api.js`);
		let ended = 0, answers = [];
		const api = new Redfish(async () => answers.shift());
		api.ended = () => ended++;
		api.root = { Links: { Sessions: { '@odata.id': '/s' } } };
		answers = [answer(401), answer(201, { '@odata.id': '/s/1' },
			{ 'X-Auth-Token': 'aa' })];
		await assert.rejects(api.signIn('a', 'b'), { status: 401 });
		assert.equal(ended, 0);
		assert.equal(await api.signIn('a', 'c'), '');
		assert.deepEqual([api.token, api.session], ['aa', '/s/1']);
		answers = [answer(401)];
		await assert.rejects(api.get('/x'), { status: 401 });
		assert.deepEqual([api.token, ended], ['', 1]);
	},

	async addresses() {
		const { isSameImage, protocolOf, withoutSecrets } =
			await import(`${web}/model.js`);
		for (const [image, protocol] of [['https://h/x.iso', undefined],
			['h:/export/x.iso', 'NFS'], ['[fd00::1]:/x', 'NFS'],
			['//h/share/x.iso', 'CIFS'], ['\\\\h\\share\\x.iso', 'CIFS'],
			['/x.iso', undefined], ['x.iso', undefined]])
			assert.equal(protocolOf(image), protocol, image);
		assert.equal(withoutSecrets('https://u:p@h/x.iso?sig=1#f'), 'https://h/x.iso');
		assert.equal(withoutSecrets('h:/x.iso?sig=1'), 'h:/x.iso');
		assert(isSameImage('https://h/x?a=1', 'https://h/x?b=2'));
		assert(!isSameImage('https://h/x?a=1', 'https://h/y?a=1'));
	},
};

await tests[process.argv[2]]();
