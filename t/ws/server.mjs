#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// The rules for a WebSocket server in front of a stream of bytes. The numbered
// cases are Autobahn's, as far as they apply to `cat`: it does not know where
// messages and fragments begin, so the echo is compared as bytes.

import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { execFileSync } from 'node:child_process';
import { BIN, CLOSE, CONT, PING, PONG, TEXT, closing, fragments, frame, must,
	pattern, same, show } from './peer.mjs';
import { KEY, SLOW, alive, group, main, opts, sleep, test, thin, until } from
	'./harness.mjs';

const T = ['-T']; // accept text as octets, too

// A normal end: our Close, its answer, and its FIN before ours.
async function farewell(c, o = {}) {
	await c.send(frame(CLOSE, closing(1000)));
	return c.closes(1000, o);
}
// A peer may answer only the newest ping (5.5.3): each pong must be for a ping,
// in order, and the last ping must have its pong.
function answered(pongs, pings) {
	let at = 0;
	for (const p of pongs) {
		at = pings.indexOf(p, at) + 1;
		must(at > 0, `5.5.3: a pong ${show(p)} that no ping asked for`);
	}
	same(pongs.at(-1), pings.at(-1), '5.5.3: the newest ping');
}
// Read until the pong for that ping; returns the other pongs before it.
async function pongOf(c, payload) {
	const got = [];
	while (got.at(-1) !== payload)
		got.push((await c.control(PONG)).payload.toString('latin1'));
	return got;
}

// --- the opening handshake ------------------------------------------------------

group('handshake');

test('H.1', '4.2.2', 'the sample key, and nothing that was not asked for',
	async (t) => {
		const c = await t.open();
		same(c.answer.get('sec-websocket-accept'),
			's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'Sec-WebSocket-Accept');
		same(c.answer.get('upgrade')?.toLowerCase(), 'websocket', 'Upgrade');
		same(c.answer.get('connection')?.toLowerCase(), 'upgrade',
			'Connection');
		for (const name of ['sec-websocket-protocol', 'content-length',
			'sec-websocket-extensions', 'transfer-encoding'])
			same(c.answer.get(name), undefined, name);
		await c.send(frame(BIN, 'hello'));
		await c.echoed('hello');
		await farewell(c, { data: '' });
	});
test('H.1b', '4.2.2', 'ten keys, ten answers', async (t) => {
	for (let i = 0; i < 10; i++)
		await t.open({ headers: { 'Sec-WebSocket-Key':
			crypto.randomBytes(16).toString('base64') } });
});
test('H.2', '4.2.1', 'names and tokens in any case', async (t) => {
	await t.open({ headers: { 'Upgrade': null, 'Connection': null,
		'uPGRADE': 'WebSocket', 'CONNECTION': 'UPGRADE' } });
});
for (const [i, value] of ['keep-alive, Upgrade', 'Upgrade, keep-alive',
	'keep-alive,Upgrade', ' , keep-alive ,\tupgrade , '].entries())
	test(`H.3.${i + 1}`, '4.2.1', `Connection: ${value}`, async (t) => {
		await t.open({ headers: { Connection: value } });
	});
test('H.3.5', '4.2.1', 'Connection twice, Upgrade in the second', async (t) => {
	await t.open({ headers: { Connection: ['keep-alive', 'Upgrade'] } });
});
test('H.3.6', '4.2.1', 'Upgrade: h2c, websocket', async (t) => {
	await t.open({ headers: { Upgrade: 'h2c, websocket' } });
});
test('H.3.7', 'RFC 7230 3.2', 'no space, and many, around a value',
	async (t) => {
		const c = await t.ask((s) => ['GET / HTTP/1.1', `Host:${s.host}`,
			'Upgrade:websocket', 'Connection: \t Upgrade \t ',
			`Sec-WebSocket-Key:   ${KEY}  `, 'Sec-WebSocket-Version:13',
			'', ''].join('\r\n'));
		same(c.answer?.status, 101, 'the status');
	});
test('H.4', '4.1', 'frames in the same packet as the request', async (t) => {
	const c = await t.open({ behind: Buffer.concat([frame(BIN, 'early'),
		frame(PING, 'p'), frame(BIN, ' bird')]) });
	await c.echoed('early bird');
	answered(c.pongs.length ? c.pongs : await pongOf(c, 'p'), ['p']);
	await farewell(c);
});
test('H.4b', '4.1', 'a close in the same packet as the request', async (t) => {
	const c = await t.open({ behind: frame(CLOSE, closing(1000)) });
	await c.closes(1000, { data: '' });
});
test('H.4c', '4.1', '7 KiB of frames behind it, the last one cut',
	async (t) => {
		const all = pattern(7000), whole = frame(BIN, all);
		const c = await t.open({ behind: whole.subarray(0, 6000) });
		await c.send(whole.subarray(6000));
		await c.echoed(all);
	});
test('H.4d', '4.1', '200 KiB of frames behind it', async (t) => {
	const all = pattern(200000);
	const c = await t.open({ behind: frame(BIN, all) });
	await c.echoed(all);
});
test('H.4e', '4.1', 'the request, byte by byte', async (t) => {
	const server = await t.server(), c = await t.connect(server);
	await c.chop(Buffer.from(t.request(server)), 1);
	same((await c.block())?.status, 101, 'the status');
	await c.ping('alive');
});
test('H.4f', '4.1', 'the request cut amid its last CRLF CRLF', async (t) => {
	for (let cut = 1; cut <= 4; cut++) {
		const server = await t.server(), c = await t.connect(server);
		const all = Buffer.concat([Buffer.from(t.request(server)),
			frame(BIN, 'x')]);
		const at = all.indexOf('\r\n\r\n') + cut;
		await c.send(all.subarray(0, at));
		await c.send(all.subarray(at));
		same((await c.block())?.status, 101, 'the status');
		await c.echoed('x');
	}
});

// Requests that must be refused, with the right statuses.
const refusals = [
	['H.5', '4.2.1', 'no Host', { Host: null }, 400],
	['H.6', 'RFC 7230 5.4', 'two Hosts', { Host: ['a', 'b'] }, 400],
	['H.6b', 'RFC 7230 5.4', 'the same Host twice', { Host: ['a', 'a'] }, 400],
	['H.7', '4.2.1', 'no Upgrade', { Upgrade: null }, [400, 426]],
	['H.8', '4.2.1', 'Upgrade: h2c', { Upgrade: 'h2c' }, [400, 426]],
	['H.8b', '4.2.1', 'Upgrade: websockets', { Upgrade: 'websockets' },
		[400, 426]],
	['H.8c', '4.2.1', 'Upgrade: xwebsocket', { Upgrade: 'xwebsocket' },
		[400, 426]],
	['H.9', '4.2.1', 'no Connection', { Connection: null }, [400, 426]],
	['H.9b', '4.2.1', 'Connection: close', { Connection: 'close' },
		[400, 426]],
	['H.9c', '4.2.1', 'Connection: upgrades',
		{ Connection: 'upgrades, not-upgrade, up grade' }, [400, 426]],
	['H.10', '4.2.1', 'no key', { 'Sec-WebSocket-Key': null }, 400],
	['H.10b', '4.2.1', 'an empty key', { 'Sec-WebSocket-Key': '' }, 400],
	['H.11', '11.3.1', 'the key twice', { 'Sec-WebSocket-Key': [KEY, KEY] },
		400],
	['H.12.1', '4.2.1', 'a key of 15 bytes',
		{ 'Sec-WebSocket-Key': Buffer.alloc(15, 1).toString('base64') }, 400],
	['H.12.2', '4.2.1', 'a key of 17 bytes',
		{ 'Sec-WebSocket-Key': Buffer.alloc(17, 1).toString('base64') }, 400],
	['H.12.3', '4.2.1', 'a key of 18 bytes, 24 characters',
		{ 'Sec-WebSocket-Key': Buffer.alloc(18, 1).toString('base64') }, 400],
	['H.12.4', '4.2.1', 'a key without its padding',
		{ 'Sec-WebSocket-Key': KEY.slice(0, 22) }, 400],
	['H.12.5', '4.2.1', 'a key that is not base64',
		{ 'Sec-WebSocket-Key': '!GhlIHNhbXBsZSBub25jZQ==' }, 400],
	['H.12.6', '4.2.1', 'a key in base64url',
		{ 'Sec-WebSocket-Key': '-_hlIHNhbXBsZSBub25jZQ==' }, 400],
	['H.12.7', '4.2.1', 'a key with a space in it',
		{ 'Sec-WebSocket-Key': 'dGhlIHNh XBsZSBub25jZQ==' }, 400],
	['H.12.8', '4.2.1', 'a key with a comma behind it',
		{ 'Sec-WebSocket-Key': `${KEY}, ${KEY}` }, 400],
	['H.13.1', '4.2.1', 'no version', { 'Sec-WebSocket-Version': null },
		[400, 426]],
	['H.13.2', '4.4', 'version 8', { 'Sec-WebSocket-Version': '8' }, 426],
	['H.13.3', '4.4', 'version 0', { 'Sec-WebSocket-Version': '0' }, 426],
	['H.13.4', '4.4', 'version 14', { 'Sec-WebSocket-Version': '14' }, 426],
	['H.13.5', '4.4', 'version 130', { 'Sec-WebSocket-Version': '130' }, 426],
	['H.13.6', '4.4', 'versions 13 and 8',
		{ 'Sec-WebSocket-Version': ['13', '8'] }, [400, 426]],
	['H.13.7', '4.4', 'version 013', { 'Sec-WebSocket-Version': '013' },
		[400, 426]],
];
for (const [i, host] of ['', 'a b', 'a/b', 'user@a', 'a:b', 'a:80:80', 'a#b', 'a?b',
	'a\\b', '[::1', '::1', '[a]b', '<a>', 'a,b', ':80'].entries())
	refusals.push([`H.6c.${i + 1}`, 'RFC 9112 3.2', `Host: ${show(host)}`,
		{ Host: host }, 400]);
for (const [id, rule, title, headers, status] of refusals)
	test(id, rule, title, async (t) => {
		await t.refused((s) => t.request(s, headers), status);
	});
test('H.13.8', '4.4', '426 says the version, and what to upgrade to',
	async (t) => {
		const c = await t.refused((s) => t.request(s,
			{ 'Sec-WebSocket-Version': '8' }), 426);
		same(c.answer.get('sec-websocket-version'), '13',
			'4.4: Sec-WebSocket-Version');
		same(c.answer.get('upgrade')?.toLowerCase(), 'websocket',
			'RFC 7231 6.5.15: Upgrade');
	});
for (const [i, [line, status]] of [
	['POST / HTTP/1.1', [405, 400]],
	['OPTIONS * HTTP/1.1', [405, 400]], ['get / HTTP/1.1', [405, 400]],
	['GETS / HTTP/1.1', [405, 400]],
	['GET / HTTP/1.0', [400, 426, 505]], ['GET / HTTP/0.9', [400, 505]],
	['GET / HTTP/2.0', [400, 505]], ['GET / HTTP/1.1x', 400],
	['GET / http/1.1', [400, 505]], ['GET /', 400], ['GET', 400],
	['GET  / HTTP/1.1', 400], ['GET / x HTTP/1.1', 400],
	['GET x HTTP/1.1', [400, 404]], [' GET / HTTP/1.1', 400],
	['GET /\t HTTP/1.1', 400], ['GET /\u0001 HTTP/1.1', 400],
].entries())
	test(`H.14.${i + 1}`, '4.2.1', `the line ${show(line)}`, async (t) => {
		await t.refused((s) => t.request(s, {}, line), status);
	});
for (const [i, [line, headers]] of [
	['GET http://a.example/vm/0?x=1 HTTP/1.1', {}],
	['GET HTTPS://a.example:8443/ HTTP/1.1', {}],
	// The host in the request line is the one that counts.
	['GET http://a.example/ HTTP/1.1',
		{ Host: 'b.example', Origin: 'https://a.example' }],
	['GET http://[::1]:80 HTTP/1.1', {}], ['GET / HTTP/1.2', {}],
	['\r\nGET / HTTP/1.1', {}],
].entries())
	test(`H.14b.${i + 1}`, '4.2.1', `the line ${show(line)}`, async (t) => {
		const c = await t.ask((s) => t.request(s, headers, line));
		same(c.answer?.status, 101, 'the status');
	});
for (const [i, line] of ['GET http:///x HTTP/1.1', 'GET http:// HTTP/1.1',
	'GET http://a b/ HTTP/1.1', 'GET http://a@b/ HTTP/1.1',
	'GET ftp://a/ HTTP/1.1', 'GET http://a?x HTTP/1.1'].entries())
	test(`H.14c.${i + 1}`, '4.2.1', `the line ${show(line)}`, async (t) => {
		await t.refused((s) => t.request(s, {}, line), 400);
	});
test('H.14.18', 'RFC 9110 9.3.2', 'the answer to HEAD has no content',
	async (t) => {
		const c = await t.ask((s) => t.request(s, {}, 'HEAD / HTTP/1.1'));
		same(c.answer?.status, 405, 'the status');
		same((await c.toEnd()).length, 0, 'bytes behind its header');
	});
for (const [i, target] of [`/${'a'.repeat(300)}`, `/?${'a'.repeat(1100)}`].entries())
	test(`H.16g.${i + 1}`, 'RFC 9112 3', `a target of ${target.length}`,
		async (t) => {
			await t.refused((s) => t.request(s, {},
				`GET ${target} HTTP/1.1`), 414);
		});
test('H.14.19', 'RFC 7231 6.5.5', '405 says what is allowed', async (t) => {
	const c = await t.refused((s) => t.request(s, {}, 'POST / HTTP/1.1'), 405);
	same(c.answer.get('allow'), 'GET', 'Allow');
}, { own: true });

// Lines that two parsers may understand differently (RFC 7230 3.2.4, 3.5).
for (const [i, [title, from, to]] of [
	['a folded line', '\r\nUpgrade:', '\r\nX-Fold: a\r\n b\r\nUpgrade:'],
	['a line folded with a tab', '\r\nUpgrade:',
		'\r\nX-Fold: a\r\n\tb\r\nUpgrade:'],
	['a folded line first', '\r\nHost:', '\r\n Host:'],
	['a bare LF at a line\'s end', '\r\nUpgrade:', '\nUpgrade:'],
	['bare LFs at all lines\' ends', /\r\n(?!\r\n$)(?!$)/g, '\n'],
	['a bare LF amid a value', 'Connection: Upgrade',
		'Connection: Upgrade\nX-A: b'],
	['a bare CR amid a value', 'Connection: Upgrade',
		'Connection: Upgrade\rX-A: b'],
	['a NUL in a value', 'Connection: Upgrade',
		'X-A: a\0b\r\nConnection: Upgrade'],
	['a NUL in a name', 'Connection: Upgrade',
		'X\0A: b\r\nConnection: Upgrade'],
	['a NUL behind the key', KEY, `${KEY}\0`],
	['a space before a colon', 'Upgrade: websocket', 'Upgrade : websocket'],
	['a tab before a colon', 'Upgrade: websocket', 'Upgrade\t: websocket'],
	['a space before the colon of Host', 'Host: ', 'Host : '],
	['a line without a colon', '\r\nUpgrade:', '\r\nnothing\r\nUpgrade:'],
	['a name that is empty', '\r\nUpgrade:', '\r\n: value\r\nUpgrade:'],
	['a name with a space', '\r\nUpgrade:', '\r\nX A: b\r\nUpgrade:'],
	['a name with a bracket', '\r\nUpgrade:', '\r\nX(A): b\r\nUpgrade:'],
	['a control character in a value', '\r\nUpgrade:',
		'\r\nX-A: a\u0001b\r\nUpgrade:'],
	['DEL in a value', '\r\nUpgrade:', '\r\nX-A: a\u007fb\r\nUpgrade:'],
].entries())
	test(`H.18.${i + 1}`, 'RFC 7230 3.2.4', title, async (t) => {
		await t.refused((s) => t.request(s).replace(from, to), 400);
	});
test('H.18.20', 'RFC 7230 3.5', 'bare LFs only', async (t) => {
	// Its head ends with LF LF: the server refuses it at once, or because
	// no CRLF CRLF comes.
	const c = await t.ask((s) => t.request(s).replaceAll('\r\n', '\n'));
	must(c.answer === null || [400, 408].includes(c.answer.status),
		c.answer?.line);
	same(await c.ended(), 'fin', 'the end');
}, { slow: 12 });

test('H.16', '10.4', 'a block of nearly 8 KiB', async (t) => {
	const c = await t.open({ headers: { 'X-A': 'a'.repeat(7600) } });
	await c.ping('alive');
});
test('H.16b', 'RFC 6585 5', 'a block of 9,000 bytes is too large', async (t) => {
	await t.refused((s) => t.request(s, { 'X-A': 'a'.repeat(9000) }), 431);
}, { own: true });
test('H.16c', 'RFC 6585 5', 'a header that never ends', async (t) => {
	await t.refused((s) => t.request(s, { 'X-A': 'a'.repeat(1 << 20) })
		.trimEnd(), 431);
}, { own: true });
test('H.16d', 'RFC 6585 5', 'a request line of 100 KiB', async (t) => {
	await t.refused((s) => t.request(s, {},
		`GET /${'a'.repeat(100000)} HTTP/1.1`), [414, 431]);
}, { own: true });
test('H.16e', 'RFC 6585 5', '10,000 headers', async (t) => {
	await t.refused((s) => t.request(s,
		{ 'X-A': Array(10000).fill('a') }), 431);
}, { own: true });
test('H.16f', '4.2.1', 'many small headers in 8 KiB', async (t) => {
	const c = await t.open({ headers: { 'X': Array(1200).fill('1') } });
	await c.ping('alive');
});

test('H.19', 'RFC 7230 3.3', 'a request with a body is no frame', async (t) => {
	const c = await t.ask((s) => t.request(s, { 'Content-Length': '5' }) +
		'hello');
	same(c.answer?.status, 400, 'the status');
	await c.ended();
});
test('H.33', 'RFC 7230 3', 'what is no HTTP', async (t) => {
	await Promise.all(['\0\0\0\0\r\n\r\n', 'SSH-2.0-x\r\n\r\n',
		'\x16\x03\x01\x02\x00\x01\r\n\r\n', '\r\n\r\n\r\n\r\n',
	].map(async (text) => {
		const c = await t.ask(Buffer.from(text, 'latin1'));
		must([400, 408].includes(c.answer?.status), c.answer?.line);
		await c.ended();
	}));
}, { slow: 12 });
test('H.36', '4.2.1', 'the client ends amid its request', async (t) => {
	const c = await t.connect();
	await c.send('GET / HTTP/1.1\r\nHost:');
	c.fin();
	await c.ended();
});
test('H.36b', '4.2.1', 'the client resets amid its request', async (t) => {
	const c = await t.connect();
	await c.send('GET / HTTP/1.1\r\nHost:');
	c.reset();
	const d = await t.open();
	await d.ping('alive');
});

// Subprotocols: the one selected, for each list that is offered.
for (const [i, [offer, want]] of [
	['vm.nbd.v1', 'vm.nbd.v1'], ['binary', 'binary'],
	['binary, vm.nbd.v1', 'binary'], ['vm.nbd.v1, binary', 'vm.nbd.v1'],
	['chat, vm.nbd.v1', 'vm.nbd.v1'], [['chat', 'vm.nbd.v1'], 'vm.nbd.v1'],
	[['binary', 'vm.nbd.v1'], 'binary'], ['chat', undefined],
	['chat, superchat', undefined], ['BINARY', undefined],
	['vm.nbd.v10', undefined], ['vm.nbd.v', undefined],
	[' ,, vm.nbd.v1 ,', 'vm.nbd.v1'],
	['vm.nbd.v1,chat,x,y,z', 'vm.nbd.v1'],
	[`${'a'.repeat(300)}, binary`, 'binary'],
].entries())
	test(`H.21.${i + 1}`, '4.2.2', `subprotocols ${show(offer)}`, async (t) => {
		const c = await t.open({ headers: { 'Sec-WebSocket-Protocol': offer } });
		same(c.answer.get('sec-websocket-protocol'), want, 'selected');
	}, { own: true });
for (const [i, value] of ['', 'vm.nbd.v1;q=1', '"vm.nbd.v1"', 'a b', '/']
	.entries())
	test(`H.21.${i + 18}`, '4.1', `subprotocols ${show(value)}: no tokens`,
		async (t) => {
			const c = await t.ask((s) => t.request(s,
				{ 'Sec-WebSocket-Protocol': value }));
			must([101, 400].includes(c.answer?.status), c.answer?.line);
			same(c.answer.get('sec-websocket-protocol'), undefined, 'selected');
		});
test('H.21.17', '-s', 'a subprotocol of one\'s own', async (t) => {
	const c = await t.open({ args: ['-s', 'x.y', '-s', 'z'],
		headers: { 'Sec-WebSocket-Protocol': 'binary.no, z, x.y' } });
	same(c.answer.get('sec-websocket-protocol'), 'z', 'selected');
}, { own: true });

// The answer must not contain anything of the client's that is unknown
// (response splitting).
for (const [i, value] of ['vm.nbd.v1\rX-Injected: 1', 'vm.nbd.v1\nX-Injected: 1',
	'x\n\nHTTP/1.1 200 OK', 'vm.nbd.v1%0d%0aX-Injected: 1',
	'vm.nbd.v1\u000bX-Injected: 1', 'vm.nbd.v1\u0085X-Injected: 1',
].entries())
	test(`H.24.${i + 1}`, '4.2.2', `a subprotocol ${show(value)}`,
		async (t) => {
			const c = await t.ask((s) => Buffer.from(t.request(s,
				{ 'Sec-WebSocket-Protocol': value }), 'latin1'));
			must([101, 400].includes(c.answer?.status), c.answer?.line);
			same(c.answer.get('x-injected'), undefined, 'X-Injected');
			must([undefined, 'vm.nbd.v1', 'binary'].includes(
				c.answer.get('sec-websocket-protocol')), 'it was echoed');
		});
test('H.24.7', '4.2.2', 'a path with a CR, a key with a LF', async (t) => {
	await t.refused((s) => t.request(s, {}, 'GET /\rX-A:b HTTP/1.1'), 400);
	await t.refused((s) => t.request(s,
		{ 'Sec-WebSocket-Key': `${KEY}\nX-A: b` }), 400);
});
for (const [i, value] of ['permessage-deflate; client_max_window_bits',
	'permessage-deflate', 'x-webkit-deflate-frame, permessage-deflate; a="b"',
].entries())
	test(`H.25.${i + 1}`, '9.1', `extensions: ${value}`, async (t) => {
		const c = await t.open({ headers:
			{ 'Sec-WebSocket-Extensions': value } });
		same(c.answer.get('sec-websocket-extensions'), undefined, 'accepted');
		await c.ping('alive');
	});
test('H.25.4', '9.1', 'RSV1 after an extension was offered is still wrong',
	async (t) => {
		await t.fails(frame(BIN, 'x', { rsv: 4 }), 1002, { headers:
			{ 'Sec-WebSocket-Extensions': 'permessage-deflate' } });
	});

test('H.30', '4.2.2', 'a path that is not served is 404', async (t) => {
	const args = ['-p', '/vm/0', '-p', '/nbd/0'];
	const server = await t.server(args);
	for (const path of ['/vm/0', '/nbd/0', '/vm/0?a=b'])
		await t.open({ server, line: `GET ${path} HTTP/1.1` });
	for (const path of ['/', '/vm/1', '/vm/0/', '/vm/00', '/VM/0', '/vm',
		'/vm/0/../1', '//vm/0', '/x?/vm/0', '/vm/0%00'])
		await t.refused((s) => t.request(s, {}, `GET ${path} HTTP/1.1`),
			path.includes('%') ? [400, 404] : 404, { server });
}, { own: true });
test('H.31', 'VM_WS_*', 'the command is told of the request', async (t) => {
	const far = ['sh', '-c', 'printf "%s|" "$VM_WS_PATH" "$VM_WS_QUERY" ' +
		'"$VM_WS_PEER" "$VM_WS_ORIGIN" "$VM_WS_PROTOCOL"; exec cat'];
	const server = await t.server([], far);
	const origin = `${opts.scheme === 'wss' ? 'https' : 'http'}://${server.host}`;
	const c = await t.open({ server,
		line: 'GET /vm/0?client=a%20b&take=1 HTTP/1.1', headers: {
			'Origin': origin, 'Sec-WebSocket-Protocol': 'vm.nbd.v1' } });
	const want = `/vm/0|client=a%20b&take=1|127.0.0.1|${origin}|vm.nbd.v1|`;
	same((await c.data(want.length)).toString(), want, 'the environment');
	const d = await t.open({ server });
	same((await d.data(15)).toString(), '/||127.0.0.1|||', 'of a plain one');
}, { own: true });

group('slow');
test('S.17', 'RFC 7231 6.5.7', 'a client that says nothing', async (t) => {
	const c = await t.connect(), began = Date.now();
	const answer = await c.block();
	must(answer === null || answer.status === 408, answer?.line);
	same(await c.ended(), 'fin', 'the end');
	const took = Date.now() - began;
	must(took > 4000 && took < 12000 * SLOW, `after ${took} ms`);
}, { slow: 10, own: true });
test('S.17b', 'RFC 7231 6.5.7', 'a request that drips is 408', async (t) => {
	const server = await t.server(), c = await t.connect(server);
	const all = t.request(server, { 'X-A': 'a'.repeat(4000) });
	const began = Date.now();
	const drip = setInterval(() => {
		c.offer(all.slice(0, 1));
	}, 200);
	try {
		const answer = await c.block();
		same(answer?.status, 408, 'the status');
		same(await c.ended(), 'fin', 'the end');
	} finally {
		clearInterval(drip);
	}
	must(Date.now() - began < 13000 * SLOW, 'it took too long');
}, { slow: 10, own: true });
test('S.17c', '10.7', 'slow ones do not keep others out', async (t) => {
	for (let i = 0; i < 20; i++) {
		const c = await t.connect();
		await c.send('GET / HTTP/1.1\r\n');
	}
	const began = Date.now(), c = await t.open();
	await c.ping('alive');
	must(Date.now() - began < 3000 * SLOW, 'it had to wait for them');
}, { own: true });

// --- framing: Autobahn's groups 1 to 5, 10 --------------------------------------

group('framing');

for (const [kind, op, args] of [[1, TEXT, T], [2, BIN, []]])
	for (const [i, size] of [0, 125, 126, 127, 128, 65535, 65536, 65536]
		.entries())
		test(`1.${kind}.${i + 1}`, '5.2', `${kind === 1 ? 'text' : 'binary'}, ` +
			`${size} bytes${i === 7 ? ' in chops of 997' : ''}`, async (t) => {
			const c = await t.open({ args });
			const data = kind === 1 ? Buffer.alloc(size, '*') :
				Buffer.alloc(size, 0xfe);
			const all = frame(op, data);
			await (i === 7 ? c.chop(all, 997) : c.send(all));
			await c.echoed(data);
			await farewell(c, { data: '' });
		}, { own: kind === 1 });

for (const [i, payload] of ['', 'Hello, world!',
	Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]),
	Buffer.alloc(125, 0xfe)].entries())
	test(`2.${i + 1}`, '5.5.2', `a ping with ${payload.length} bytes`,
		async (t) => {
			const c = await t.open();
			await c.ping(payload);
			await farewell(c, { pongs: [] });
		});
test('2.5', '5.5', 'a ping with 126 bytes', async (t) => {
	await t.fails(frame(PING, Buffer.alloc(126, 0xfe)), 1002);
});
test('2.6', '5.5.2', 'a ping, byte by byte', async (t) => {
	const c = await t.open(), payload = Buffer.alloc(125, 0xfe);
	await c.chop(frame(PING, payload), 1);
	same(show((await c.control(PONG)).payload), show(payload), 'the pong');
});
test('2.7', '5.5.3', 'an unsolicited pong', async (t) => {
	const c = await t.open();
	await c.send(frame(PONG));
	await farewell(c, { data: '', pongs: [] });
});
test('2.8', '5.5.3', 'an unsolicited pong with a payload', async (t) => {
	const c = await t.open();
	await c.send(frame(PONG, 'unsolicited'));
	await farewell(c, { data: '', pongs: [] });
});
test('2.9', '5.5.3', 'an unsolicited pong, then a ping', async (t) => {
	const c = await t.open();
	await c.send(frame(PONG, 'unsolicited'));
	await c.ping('ping');
});
for (const [id, size] of [['2.10', 0], ['2.11', 1]])
	test(id, '5.5.3', `10 pings${size ? ', byte by byte' : ''}`, async (t) => {
		const c = await t.open();
		const pings = Array.from({ length: 10 }, (x, i) => `payload-${i}`);
		const all = Buffer.concat(pings.map((p) => frame(PING, p)));
		await (size ? c.chop(all, size) : c.send(all));
		same((await pongOf(c, 'payload-9')).join(), pings.join(),
			'a pong for each');
		await farewell(c);
	});

test('3.1', '5.2', 'RSV 1', async (t) => {
	await t.fails(frame(TEXT, 'hello', { rsv: 1 }), 1002, { args: T });
}, { own: true });
for (const [i, size] of [0, 15, 1].entries())
	test(`3.${i + 2}`, '5.2', `RSV ${i + 2} behind a good one, chops of ${size}`,
		async (t) => {
			const c = await t.open();
			const all = Buffer.concat([frame(BIN, 'hello'),
				frame(BIN, 'world', { rsv: i + 2 }), frame(PING)]);
			await (size ? c.chop(all, size).catch(() => {}) : c.send(all));
			await c.closes(1002, { prefix: 'hello', pongs: [] });
		});
test('3.5', '5.2', 'RSV 5 of binary', async (t) => {
	await t.fails(frame(BIN, Buffer.alloc(8, 0xff), { rsv: 5 }), 1002);
});
test('3.6', '5.2', 'RSV 6 of a ping', async (t) => {
	await t.fails(frame(PING, 'hello', { rsv: 6 }), 1002);
});
test('3.7', '5.2', 'RSV 7 of a close', async (t) => {
	await t.fails(frame(CLOSE, closing(1000), { rsv: 7 }), 1002);
});
test('3.8', '5.2', 'each RSV with each opcode', async (t) => {
	for (let rsv = 1; rsv < 8; rsv++)
		for (const op of [CONT, BIN, CLOSE, PING, PONG])
			await t.fails(frame(op, '', { rsv }), 1002);
}, { slow: 20 });

for (const [base, first] of [['4.1', 3], ['4.2', 11]])
	for (let i = 0; i < 5; i++)
		test(`${base}.${i + 1}`, '5.2', `opcode ${first + i}`, async (t) => {
			const c = await t.open(), good = i > 1 ? 'hello' : '';
			const all = Buffer.concat([
				good ? frame(BIN, good) : Buffer.alloc(0),
				frame(first + i, i % 2 ? 'reserved' : ''), frame(PING)]);
			await (i === 4 ? c.chop(all, 1).catch(() => {}) : c.send(all));
			await c.closes(1002, { prefix: good, pongs: [] });
		});

for (const [id, op] of [['5.1', PING], ['5.2', PONG]])
	test(id, '5.4', `op ${op} in two fragments`, async (t) => {
		await t.fails([frame(op, 'frag', { fin: false }), frame(CONT, 'ment')],
			1002);
	});
// Fragments of a message, with or without a ping between them, cut by size.
for (const [id, ping, size, op, args] of [['5.3', 0, 0, TEXT, T],
	['5.4', 0, 9, TEXT, T], ['5.5', 0, 1, TEXT, T], ['5.6', 1, 0, TEXT, T],
	['5.7', 1, 9, TEXT, T], ['5.8', 1, 1, TEXT, T], ['5.3b', 0, 0, BIN, []],
	['5.6b', 1, 0, BIN, []], ['5.8b', 1, 1, BIN, []]])
	test(id, '5.4', `two fragments${ping ? ', a ping between' : ''}, ` +
		`chops of ${size}`, async (t) => {
		const c = await t.open({ args });
		const all = Buffer.concat([frame(op, 'fragment1', { fin: false }),
			...ping ? [frame(PING, 'between')] : [],
			frame(CONT, 'fragment2')]);
		await (size ? c.chop(all, size) : c.send(all));
		await c.echoed('fragment1fragment2');
		if (ping && c.pongs.length === 0)
			c.pongs = await pongOf(c, 'between');
		same(c.pongs.join(), ping ? 'between' : '', 'the pongs');
		await farewell(c, { data: '', pongs: [] });
	}, { own: op === TEXT });
test('5.6c', '5.5.2', 'a ping amid a message is answered amid it',
	async (t) => {
		const c = await t.open();
		await c.send(frame(BIN, 'one', { fin: false }));
		await c.echoed('one');
		await c.ping('between');
		await c.send(frame(CONT, 'two'));
		await c.echoed('two');
	});
for (const [i, [fin, size]] of [[true, 0], [true, 9], [true, 1], [false, 0],
	[false, 9], [false, 1]].entries())
	test(`5.${i + 9}`, '5.4', `a continuation (FIN ${fin}) of nothing, chops ` +
		`of ${size}`, async (t) => {
		const c = await t.open();
		const all = Buffer.concat([frame(CONT, 'non-continuation', { fin }),
			frame(BIN, 'hello')]);
		await (size ? c.chop(all, size).catch(() => {}) : c.send(all));
		await c.closes(1002, { data: '' });
	});
test('5.15', '5.4', 'a message, then a continuation of nothing', async (t) => {
	await t.fails([frame(BIN, 'fragment1', { fin: false }),
		frame(CONT, 'fragment2'), frame(CONT, 'fragment3', { fin: false }),
		frame(BIN, 'fragment4')], 1002, { prefix: 'fragment1fragment2' });
});
for (const [id, fin] of [['5.16', false], ['5.17', true]])
	test(id, '5.4', `twice: continuation (FIN ${fin}) of nothing, a message`,
		async (t) => {
			const one = [frame(CONT, 'fragment1', { fin }),
				frame(BIN, 'fragment2', { fin: false }),
				frame(CONT, 'fragment3')];
			await t.fails([...one, ...one], 1002);
		});
test('5.18', '5.4', 'a new message inside an unfinished one', async (t) => {
	await t.fails([frame(BIN, 'fragment1', { fin: false }),
		frame(BIN, 'fragment2')], 1002, { prefix: 'fragment1' });
});
test('5.18b', '5.4', 'binary inside an unfinished text', async (t) => {
	await t.fails([frame(TEXT, 'fragment1', { fin: false }),
		frame(BIN, 'fragment2', { fin: false })], 1002,
	{ args: T, prefix: 'fragment1' });
}, { own: true });
for (const [id, size] of [['5.19', 0], ['5.20', 1]])
	test(id, '5.4', `five fragments, two pings, chops of ${size}`,
		async (t) => {
			const c = await t.open();
			const parts = [1, 2, 3, 4, 5].map((n) => `fragment${n}`);
			const say = (...list) => size ?
				c.chop(Buffer.concat(list), size) : c.send(...list);
			await say(frame(BIN, parts[0], { fin: false }),
				frame(CONT, parts[1], { fin: false }), frame(PING, 'pongme 1!'));
			await c.echoed(parts[0] + parts[1]);
			if (c.pongs.length === 0)
				c.pongs = await pongOf(c, 'pongme 1!');
			await say(frame(CONT, parts[2], { fin: false }),
				frame(CONT, parts[3], { fin: false }), frame(PING, 'pongme 2!'),
				frame(CONT, parts[4]));
			await c.echoed(parts[2] + parts[3] + parts[4]);
			if (c.pongs.length === 1)
				c.pongs.push(...await pongOf(c, 'pongme 2!'));
			same(c.pongs.join(), 'pongme 1!,pongme 2!', 'the pongs');
			await farewell(c, { data: '' });
		});
test('5.21', '5.4', 'empty fragments, at the beginning, amid, and at the end',
	async (t) => {
		const c = await t.open();
		await c.send(frame(BIN, '', { fin: false }),
			frame(CONT, '', { fin: false }), frame(CONT, 'a', { fin: false }),
			frame(CONT, '', { fin: false }), frame(PING, 'p'),
			frame(CONT, 'b', { fin: false }), frame(CONT, ''));
		await c.echoed('ab');
		answered(c.pongs.length ? c.pongs : await pongOf(c, 'p'), ['p']);
		await c.send(frame(BIN, 'next'));
		await c.echoed('next');
	});
test('10.1.1', '5.4', '64 KiB in fragments of 1,300', async (t) => {
	const c = await t.open({ args: T }), data = Buffer.alloc(65536, '*');
	await c.send(...fragments(TEXT, data, 1300));
	await c.echoed(data);
	await farewell(c, { data: '' });
}, { own: true });

// --- framing: what Autobahn leaves out ------------------------------------------

group('strict');

for (const [i, [op, payload]] of [[BIN, 'x'], [BIN, ''], [PING, 'x'],
	[PONG, ''], [CLOSE, closing(1000)], [CONT, 'x']].entries())
	test(`M.1.${i + 1}`, '5.1', `op ${op} without a mask`, async (t) => {
		await t.fails(frame(op, payload, { mask: false }), 1002);
	});
test('M.2', '5.3', 'a mask of zeros', async (t) => {
	const c = await t.open();
	await c.send(frame(BIN, 'hello', { mask: Buffer.alloc(4) }));
	await c.echoed('hello');
});
test('M.3', '5.3', 'every alignment of mask and payload', async (t) => {
	const c = await t.open();
	for (let size = 1; size < 40; size++) {
		const data = pattern(size, size), all = frame(BIN, data,
			{ mask: Buffer.from([1, 2, 4, 8]) });
		await c.send(all.subarray(0, 6 + size % 7));
		await c.send(all.subarray(6 + size % 7));
		await c.echoed(data);
	}
});
for (const [i, [op, size, form]] of [[BIN, 0, 16], [BIN, 5, 16], [BIN, 125, 16],
	[BIN, 0, 64], [BIN, 125, 64], [BIN, 126, 64], [BIN, 65535, 64],
	[PING, 5, 16], [PING, 125, 64], [CLOSE, 2, 16]].entries())
	test(`M.4.${i + 1}`, '5.2', `op ${op}: ${size} in the ${form}-bit form`,
		async (t) => {
			const payload = op === CLOSE ? closing(1000) : Buffer.alloc(size);
			await t.fails(frame(op, payload, { form }), 1002);
		});
for (const [i, [length, codes]] of [[1n << 63n, [1002, 1009]],
	[(1n << 64n) - 1n, [1002, 1009]], [(1n << 63n) + 5n, [1002, 1009]]].entries())
	test(`M.5.${i + 1}`, '5.2', `a length of ${length}`, async (t) => {
		await t.fails(frame(BIN, 'hello', { length, form: 64 }), codes);
	});
test('M.6', '5.2', 'a length of 2^62 is streamed, and costs nothing',
	async (t) => {
		const server = await t.own(), c = await t.open({ server });
		const data = pattern(1 << 20);
		await c.send(frame(BIN, data, { length: 1n << 62n, form: 64 }));
		await c.echoed(data);
		thin(server);
		c.fin();
		await c.ended();
	}, { own: true });
test('M.6b', '5.2', 'a length of 2^63 - 1 likewise', async (t) => {
	const c = await t.open(), data = pattern(1000);
	await c.send(frame(BIN, data, { length: (1n << 63n) - 1n, form: 64 }));
	await c.echoed(data);
});
for (const [i, [title, start]] of [['2^63 and more', '82ff8000000000000000'],
	['64 bits for 65535', '82ff000000000000ffff'],
	['16 bits for 125', '82fe007d']].entries())
	test(`M.7.${i + 1}`, '5.2', `${title}: its length alone says it`,
		async (t) => {
			await t.fails(Buffer.from(start, 'hex'), 1002);
		});
for (const [i, op] of [CLOSE, PING, PONG].entries())
	test(`M.8.${i + 1}`, '5.5', `op ${op} without FIN`, async (t) => {
		await t.fails(frame(op, op === CLOSE ? closing(1000) : 'x',
			{ fin: false }), 1002);
	});
for (const [i, [op, length, form]] of [[PING, 126, 16], [PONG, 126, 16],
	[CLOSE, 126, 16], [PING, 65536, 64], [PING, 1n << 62n, 64],
	[CLOSE, 1000, 16], [PONG, 1n << 63n, 64]].entries())
	test(`M.9.${i + 1}`, '5.5', `op ${op} of ${length} bytes`, async (t) => {
		// The header alone shows the error.
		await t.fails(frame(op, '', { length, form }), [1002]);
	});
test('M.10', '5.2', 'frames, byte by byte', async (t) => {
	const c = await t.open();
	for (const size of [0, 1, 125, 126, 300]) {
		const data = pattern(size, 7);
		await c.chop(frame(BIN, data), 1);
		await c.echoed(data);
	}
	const data = pattern(65536, 9), all = frame(BIN, data);
	await c.chop(all.subarray(0, 20), 1);
	await c.send(all.subarray(20));
	await c.echoed(data);
});
test('M.12', '8.1', 'text is not accepted', async (t) => {
	await t.fails(frame(TEXT, 'hello'), 1003);
});
test('M.12b', '8.1', 'an empty, unfinished text neither', async (t) => {
	await t.fails(frame(TEXT, '', { fin: false }), 1003);
});
test('M.13', '5', 'a thousand random frames, cut at random', async (t) => {
	const seed = Number(process.env.SEED ?? 1);
	t.note(`seed ${seed}`);
	let x = seed >>> 0;
	const random = (n) => {
		x = x * 1664525 + 1013904223 >>> 0;
		return Math.floor(x / 4294967296 * n);
	};
	const c = await t.open(), list = [], data = [];
	for (let i = 0; i < 1000; i++) {
		const d = pattern(random(random(2) ? 200 : 3000), i + 1);
		list.push(frame(i === 0 || !data.unfinished ? BIN : CONT, d,
			{ fin: !(data.unfinished = random(3) > 0 && i < 999) }));
		data.push(d);
		if (random(4) === 0)
			list.push(frame(random(2) ? PONG : PING, `${i}`));
	}
	const all = Buffer.concat(list);
	const sending = (async () => {
		for (let at = 0, n; at < all.length; at += n) {
			n = 1 + random(4000);
			await c.send(all.subarray(at, at + n));
		}
	})();
	await c.echoed(Buffer.concat(data));
	await sending;
	await farewell(c, { data: '' });
});
test('M.15', '7.1.7', 'what is behind a violation is not heeded', async (t) => {
	const r = await t.fails([frame(BIN, 'good'), frame(3, ''),
		frame(BIN, 'evil'), frame(PING, 'p'), frame(CLOSE, closing(1000))],
	1002, { prefix: 'good' });
	same(r.pongs.length, 0, 'pongs');
});
test('M.16', '7.1.7', 'a violation amid a megabyte: the close is read',
	async (t) => {
		const c = await t.open();
		const junk = Buffer.alloc(1 << 20);
		c.offer(frame(3, ''), junk);
		await c.closes(1002, { data: '' });
	});
test('M.17', '7.1.7', 'a violation, and a peer that stays', async (t) => {
	const c = await t.open();
	await c.send(frame(3, ''));
	await c.closes(1002, { data: '' });
	await c.gone();
});
test('M.18', '5.1', '20 connections at once do not mix', async (t) => {
	const all = await Promise.all(Array.from({ length: 20 }, () => t.open()));
	await Promise.all(all.map(async (c, i) => {
		const data = pattern(100000, i + 1);
		c.offer(frame(BIN, data));
		await c.echoed(data);
		await farewell(c);
	}));
}, { own: true });

// --- UTF-8: Autobahn's group 6 --------------------------------------------------

group('utf8', { own: true });

const kosme = Buffer.from('\u03ba\u1f79\u03c3\u03bc\u03b5');
const text = (t) => t.open({ args: T });

test('6.1.1', '5.6', 'an empty text', async (t) => {
	const c = await text(t);
	await c.send(frame(TEXT, ''));
	await farewell(c, { data: '' });
});
test('6.1.2', '5.4', 'three empty fragments', async (t) => {
	const c = await text(t);
	await c.send(frame(TEXT, '', { fin: false }),
		frame(CONT, '', { fin: false }), frame(CONT, ''));
	await farewell(c, { data: '' });
});
test('6.1.3', '5.4', 'empty, not empty, empty', async (t) => {
	const c = await text(t);
	await c.send(frame(TEXT, '', { fin: false }),
		frame(CONT, 'middle', { fin: false }), frame(CONT, ''));
	await c.echoed('middle');
});
const unicode = Buffer.from('Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0' +
	'\u00e1-UTF-8!!');
for (const [id, data, size] of [['6.2.1', unicode, 1000], ['6.2.2', unicode, 12],
	['6.2.3', unicode, 1], ['6.2.4', kosme, 1]])
	test(id, '5.6', `valid, in fragments of ${size}`, async (t) => {
		const c = await text(t);
		await c.send(...fragments(TEXT, data, size));
		await c.echoed(data);
		await farewell(c, { data: '' });
	});
const surrogate = Buffer.concat([kosme, Buffer.from([0xed, 0xa0, 0x80]),
	Buffer.from('edited')]);
for (const [id, size] of [['6.3.1', 1000], ['6.3.2', 1]])
	test(id, '8.1', `invalid, in fragments of ${size}`, async (t) => {
		await t.fails(fragments(TEXT, surrogate, size), 1007,
			{ args: T, prefix: surrogate.subarray(0, 12) });
	});
// Fail fast: the server must not wait for the rest of the message.
const beyond = Buffer.from([0xf4, 0x90, 0x80, 0x80]);
for (const [id, title, first, second] of [
	['6.4.1', 'at the second frame', kosme, beyond],
	['6.4.2', 'at the byte that is wrong',
		Buffer.concat([kosme, beyond.subarray(0, 1)]), beyond.subarray(1, 2)]])
	test(id, '8.1', `fails ${title}`, async (t) => {
		const c = await text(t);
		await c.send(frame(TEXT, first, { fin: false }));
		await c.send(frame(PING, 'still there'));
		while ((await c.frame()).op !== PONG)
			continue;
		await c.send(frame(CONT, second, { fin: false }));
		await c.closes(1007);
	});
for (const [id, cut] of [['6.4.3', 15], ['6.4.4', 13]])
	test(id, '8.1', `fails amid a frame, at byte ${cut}`, async (t) => {
		const c = await text(t);
		const all = frame(TEXT, Buffer.concat([kosme, beyond,
			Buffer.from('edited')]));
		await c.send(all.subarray(0, 6 + 12));
		await c.send(all.subarray(6 + 12, 6 + cut));
		await c.closes(1007, { prefix: Buffer.concat([kosme, beyond]) });
	});

// Markus Kuhn's sequences; node's own decoder tells which are valid.
const hex = (...list) => list.map((s) => Buffer.from(s, 'hex'));
const around = (h) => Buffer.concat([Buffer.from('hello'),
	Buffer.from(h, 'hex'), Buffer.from('world')]);
const range = (from, to) => Array.from({ length: to - from },
	(x, i) => from + i);
const missing = ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf',
	'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'];
const nonCharacters = ['efbfbe', 'efbfbf'];
for (const a of ['f0', 'f1', 'f2', 'f3', 'f4'])
	for (const b of ['8f', '9f', 'af', 'bf'])
		if (!(a === 'f0' && b === '8f') && !(a === 'f4' && b !== '8f'))
			nonCharacters.push(`${a}${b}bfbe`, `${a}${b}bfbf`);
const sequences = [
	[...['24', 'c2a2', 'e282ac', 'f0a4ada2'].map(around), kosme],
	range(1, kosme.length + 1).map((n) => kosme.subarray(0, n)),
	hex('00', 'c280', 'e0a080', 'f0908080'),
	hex('f888808080', 'fc8480808080'),
	hex('7f', 'dfbf', 'efbfbf', 'f48fbfbf'),
	hex('f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'),
	hex('ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf', 'f4908080'),
	[...hex('80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80',
		'80bf80bf80bf'), Buffer.from(range(0x80, 0xbf))],
	[[0xc0, 0xdf], [0xe0, 0xef], [0xf0, 0xf7], [0xf8, 0xfb], [0xfc, 0xfd]]
		.map(([from, to]) => Buffer.from(range(from, to).flatMap(
			(b) => [b, 0x20]))),
	hex(...missing),
	hex(missing.join('')),
	hex('fe', 'ff', 'fefeffff'),
	hex('c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'),
	hex('c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'),
	hex('c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'),
	hex('eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'),
	hex('eda080edb080', 'eda080edbfbf', 'edadbfedb080', 'edadbfedbfbf',
		'edae80edb080', 'edae80edbfbf', 'edafbfedb080', 'edafbfedbfbf'),
	hex(...nonCharacters),
	hex('efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf'),
];
for (const [i, list] of sequences.entries())
	for (const [j, data] of list.entries()) {
		let valid = true;
		try {
			new TextDecoder('utf-8', { fatal: true }).decode(data);
		} catch {
			valid = false;
		}
		test(`6.${i + 5}.${j + 1}`, '8.1', `${valid ? '' : 'in'}valid: ` +
			data.subarray(0, 8).toString('hex'), async (t) => {
			if (!valid) {
				await t.fails(frame(TEXT, data), 1007,
					{ args: T, prefix: data });
				return;
			}
			const c = await text(t);
			await c.send(frame(TEXT, data));
			await c.echoed(data);
			await farewell(c, { data: '' });
		});
	}
test('6.90', '5.6', 'binary beside text is not checked', async (t) => {
	const c = await text(t), bad = Buffer.from([0xff, 0xc0, 0x80]);
	await c.send(frame(BIN, bad), frame(TEXT, 'a'), frame(BIN, bad));
	await c.echoed(Buffer.concat([bad, Buffer.from('a'), bad]));
});
test('6.91', '5.6', 'each message begins anew', async (t) => {
	await t.fails([frame(TEXT, Buffer.from([0xc3])),
		frame(TEXT, Buffer.from([0xa4]))], 1007,
	{ args: T, prefix: Buffer.from([0xc3]) });
});
test('6.92', '5.4', 'a ping amid a character', async (t) => {
	const c = await text(t);
	await c.send(frame(TEXT, Buffer.from([0xc3]), { fin: false }),
		frame(PING, Buffer.from([0xff])), frame(CONT, Buffer.from([0xa4])));
	await c.echoed('\u00e4');
});

// --- closing: Autobahn's group 7 ------------------------------------------------

group('close');

test('7.1.1', '7.1.1', 'a message, then a close', async (t) => {
	const c = await t.open();
	await c.send(frame(BIN, 'hello'));
	await c.echoed('hello');
	await farewell(c, { data: '' });
	await c.gone();
});
for (const [i, [title, behind, code, data]] of [
	['a close', frame(CLOSE, closing(3000)), 3000, 'hello'],
	['a violation', frame(BIN, '', { mask: false }), 1002, undefined]].entries())
	test(`7.1.1.${i + 1}`, '5.5.1', `${title}, and the end of TCP behind it`,
		async (t) => {
			const c = await t.open();
			await c.send(frame(BIN, 'hello'), behind);
			c.fin();
			await c.closes(code, { data, prefix: 'hello' });
		});
test('7.1.2', '5.5.1', 'two closes', async (t) => {
	const c = await t.open(), f = frame(CLOSE, closing(1000));
	await c.send(f, f);
	await c.closes(1000, { data: '' });
});
test('7.1.3', '5.5.1', 'a ping behind a close', async (t) => {
	const c = await t.open();
	await c.send(frame(CLOSE, closing(1000)), frame(PING, 'p'));
	await c.closes(1000, { data: '', pongs: [] });
});
test('7.1.4', '5.5.1', 'data behind a close', async (t) => {
	const c = await t.open();
	await c.send(frame(CLOSE, closing(1000)), frame(BIN, 'late'));
	await c.closes(1000, { data: '' });
});
test('7.1.5', '5.5.1', 'a close amid a message', async (t) => {
	const c = await t.open();
	await c.send(frame(BIN, 'fragment1', { fin: false }),
		frame(CLOSE, closing(1000)), frame(CONT, 'fragment2'));
	await c.closes(1000, { prefix: 'fragment1' });
});
test('7.1.6', '5.5.1', '256 KiB, a message, a close, a ping', async (t) => {
	const c = await t.open(), big = pattern(256 << 10);
	c.offer(frame(BIN, big), frame(BIN, 'hello'),
		frame(CLOSE, closing(1000)), frame(PING));
	await c.closes(1000, { prefix: Buffer.concat([big,
		Buffer.from('hello')]) });
});
test('7.1.7', '5.5.1', 'a megabyte behind a close: its answer is read',
	async (t) => {
		const c = await t.open();
		c.offer(frame(CLOSE, closing(1000)),
			frame(BIN, Buffer.alloc(1 << 20)));
		await c.closes(1000, { data: '' });
	});
test('7.3.1', '5.5.1', 'an empty close', async (t) => {
	const c = await t.open();
	await c.send(frame(CLOSE));
	const r = await c.rest();
	must(r.close !== null, `no close, the end is ${r.end}`);
	must([undefined, 1000].includes(r.close.code), `code ${r.close.code}`);
	same(r.end, 'fin', 'the end of TCP');
});
test('7.3.2', '5.5.1', 'a close of one byte', async (t) => {
	await t.fails(frame(CLOSE, 'a'), 1002);
});
for (const [id, reason] of [['7.3.3', ''], ['7.3.4', 'Hello World!'],
	['7.3.5', '*'.repeat(123)]])
	test(id, '5.5.1', `a close with ${reason.length} bytes of reason`,
		async (t) => {
			const c = await t.open();
			await c.send(frame(CLOSE, closing(1000, reason)));
			await c.closes(1000, { data: '' });
		});
test('7.3.6', '5.5', 'a close with 124 bytes of reason', async (t) => {
	await t.fails(frame(CLOSE, closing(1000, '*'.repeat(124))), 1002);
});
test('7.5.1', '7.1.6', 'a reason that is not UTF-8', async (t) => {
	await t.fails(frame(CLOSE, Buffer.concat([closing(1000), surrogate])),
		[1007, 1002]);
});
test('7.5.2', '7.1.6', 'a reason that ends amid a character', async (t) => {
	await t.fails(frame(CLOSE, Buffer.concat([closing(1000),
		Buffer.from([0xc3])])), [1007, 1002]);
});
for (const [i, code] of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011,
	3000, 3999, 4000, 4999, 1012, 1013, 1014].entries())
	test(`7.7.${i + 1}`, '7.4.1', `close code ${code}`, async (t) => {
		const c = await t.open();
		await c.send(frame(CLOSE, closing(code)));
		await c.closes(code, { data: '' });
	});
for (const [i, code] of [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 1015,
	1].entries())
	test(`7.9.${i + 1}`, '7.4.2', `close code ${code}`, async (t) => {
		await t.fails(frame(CLOSE, closing(code)), 1002);
	});
for (const [i, code] of [5000, 65535].entries())
	test(`7.13.${i + 1}`, '7.4.2', `close code ${code}`, async (t) => {
		await t.fails(frame(CLOSE, closing(code)), 1002);
	});
test('C.1', '7.1.1', 'simultaneous closes', async (t) => {
	const c = await t.open({ far: ['sh', '-c', 'read x; exit 0'] });
	await c.send(frame(BIN, 'go\n'), frame(CLOSE, closing(1000)));
	await c.closes(1000, { data: '' });
}, { own: true });
test('C.2', '5.5.1', 'a close of the server is answered', async (t) => {
	const c = await t.open({ far: ['true'] });
	const f = await c.control(CLOSE);
	same(f.code, 1000, 'the code');
	await c.send(frame(CLOSE, closing(1000)));
	same(await c.ended(), 'fin', '7.1.1: the end of TCP');
	same(c.have, 0, 'bytes behind the close');
}, { own: true });
test('C.3', '7.1.1', 'a close of the server is never answered', async (t) => {
	const c = await t.open({ far: ['true'] }), began = Date.now();
	await c.closes(1000, { data: '' });
	must(Date.now() - began < 8000 * SLOW, 'it waits too long');
	await c.gone();
}, { own: true });
test('C.3b', '7.1.1', '... and pings meanwhile are no answer', async (t) => {
	const c = await t.open({ far: ['true'] }), began = Date.now();
	await c.control(CLOSE);
	const pinging = setInterval(() => c.offer(frame(PING, 'x')), 100);
	try {
		while (await c.frame() !== null)
			must(false, '5.5.1: a frame behind a close');
	} finally {
		clearInterval(pinging);
	}
	must(Date.now() - began < 8000 * SLOW, 'it waits too long');
}, { own: true });
test('C.3c', '5.5.1', 'data that crosses the server\'s close is no fault',
	async (t) => {
		const c = await t.open({ far: ['true'] });
		await c.control(CLOSE);
		await c.send(frame(BIN, pattern(100000)), frame(PING, 'x'),
			frame(CLOSE, closing(1000)));
		same(await c.ended(), 'fin', '7.1.1: the end of TCP');
		same(c.have, 0, 'bytes behind the close');
	}, { own: true });

// --- Autobahn's group 9 ---------------------------------------------------------

group('limits', { alone: true, slow: 50 });

const sizes = [65536, 262144, 1 << 20, 4 << 20, 8 << 20, 16 << 20];
for (const [kind, op, args] of [[1, TEXT, T], [2, BIN, []]])
	for (const [i, size] of sizes.entries())
		test(`9.${kind}.${i + 1}`, '5', `a message of ${size}`, async (t) => {
			const c = await t.open({ args });
			const data = op === TEXT ? Buffer.alloc(size, '*') : pattern(size);
			c.offer(frame(op, data));
			await c.echoed(data);
			await farewell(c, { data: '' });
		}, { own: op === TEXT });
for (const [kind, op, args] of [[3, TEXT, T], [4, BIN, []]])
	for (const [i, size] of [64, 256, 1024, 4096, 16384, 65536, 262144, 1 << 20,
		4 << 20].entries())
		test(`9.${kind}.${i + 1}`, '5.4', `4 MiB in fragments of ${size}`,
			async (t) => {
				const c = await t.open({ args });
				const data = op === TEXT ? Buffer.alloc(4 << 20, '*') :
					pattern(4 << 20);
				c.offer(Buffer.concat(fragments(op, data, size)));
				await c.echoed(data);
				await farewell(c, { data: '' });
			}, { own: op === TEXT });
for (const [kind, op, args] of [[5, TEXT, T], [6, BIN, []]])
	for (const [i, size] of [64, 128, 256, 512, 1024, 2048].entries())
		test(`9.${kind}.${i + 1}`, '5', `1 MiB in chops of ${size}`,
			async (t) => {
				const c = await t.open({ args });
				const data = op === TEXT ? Buffer.alloc(1 << 20, '*') :
					pattern(1 << 20);
				const sending = c.chop(frame(op, data), size);
				await c.echoed(data);
				await sending;
				await farewell(c, { data: '' });
			}, { own: op === TEXT });
for (const [kind, op, args] of [[7, TEXT, T], [8, BIN, []]])
	for (const [i, size] of [0, 16, 64, 256, 1024, 4096].entries())
		test(`9.${kind}.${i + 1}`, '5', `1,000 messages of ${size}, in turn`,
			async (t) => {
				const c = await t.open({ args });
				const data = Buffer.alloc(size, '*'), f = frame(op, data);
				for (let n = 0; n < 1000; n++) {
					await c.send(f);
					await c.echoed(data);
				}
				await farewell(c, { data: '' });
			}, { own: op === TEXT });

// --- the backend --------------------------------------------------------------

group('far', { own: true });

const codes = [[0, 1000], [1, 1011], [2, 1011], [63, 1011], [64, 4064],
	[65, 4065], [66, 4066], [69, 4069], [74, 4074], [75, 4409], [76, 4076],
	[77, 1008], [78, 4078], [79, 1011], [127, 1011], [255, 1011]];
for (const [status, code] of codes)
	test(`F.1.${status}`, '7.4', `exit status ${status} is ${code}`,
		async (t) => {
			const c = await t.open({ far: ['sh', '-c',
				`echo reason >&2; exit ${status}`] });
			const r = await c.closes(code, { data: '', answers: true });
			must(!r.close.reason.includes('reason'), 'its stderr was told');
		});
test('F.1.k', '7.4', 'killed by a signal is 1011', async (t) => {
	const c = await t.open({ far: ['sh', '-c', 'kill -9 $$'] });
	await c.closes(1011, { data: '', answers: true });
});
test('F.1.x', '7.4', 'a command that is not there is 1011', async (t) => {
	const c = await t.ask((s) => t.request(s),
		{ server: await t.server([], ['./no-such-command']) });
	if (c.answer?.status === 101)
		await c.closes(1011, { data: '', answers: true });
	else
		must(c.answer?.status >= 500, c.answer?.line);
});
for (const [i, [title, script, code, reason]] of [
	['the last line', 'echo first >&2; echo "slot 0 is taken by 10.0.0.5" >&2;' +
		' exit 75', 4409, 'slot 0 is taken by 10.0.0.5'],
	['a line without its end', 'printf "not yours" >&2; exit 77', 1008,
		'not yours'],
	['no line', 'exit 1', 1011, ''],
	['with a status of 0', 'echo ejected >&2', 1000, 'ejected'],
	['of a slot that is busy', 'echo held >&2; echo state: failed busy >&2;' +
		' exit 75', 4409, 'held'],
	['of a slot that may be free soon', 'echo held >&2;' +
		' echo state: failed timeout >&2; exit 75', 1013, 'held'],
	['of another failure with a cause', 'echo state: failed type >&2;' +
		' echo wrong >&2; exit 65', 4065, 'wrong'],
].entries())
	test(`F.2.${i + 1}`, '-e', `the reason is ${title}`, async (t) => {
		const c = await t.open({ args: ['-e'], far: ['sh', '-c', script] });
		const r = await c.closes(code, { data: '', answers: true });
		same(r.close.reason, reason, 'the reason');
	});
test('F.2.8', '5.5', 'a long reason is cut at a character', async (t) => {
	const c = await t.open({ args: ['-e'], far: ['sh', '-c',
		`printf 'x${'\u00e4'.repeat(100)}\\n' >&2; exit 75`] });
	const r = await c.closes(4409, { data: '', answers: true });
	must(r.close.payload.length <= 125 && r.close.payload.length >= 100,
		`${r.close.payload.length} bytes`);
	must(/^x(\u00e4+|\?+)$/.test(r.close.reason), r.close.reason);
});
test('F.2.9', '5.5.1', 'a reason that is not UTF-8 is made so', async (t) => {
	const c = await t.open({ args: ['-e'], far: ['sh', '-c',
		`printf 'a\\377\\033[2Jb\\n' >&2; exit 75`] });
	const r = await c.closes(4409, { data: '', answers: true });
	must(!/[\u0000-\u001f]/.test(r.close.reason), show(r.close.reason));
});
test('F.2.10', '-e', 'a flood on stderr costs nothing', async (t) => {
	const server = await t.own(['-e'], ['sh', '-c',
		'yes | head -c 20000000 >&2; echo the end >&2; exec sleep 1000']);
	const c = await t.open({ server });
	await c.ping('alive');
	await until(() => !server.tree().some((p) => p.name === 'yes'));
	thin(server);
});
test('F.3', '5', 'a megabyte, then the end: all of it, then 1000',
	async (t) => {
		const c = await t.open({ far: ['sh', '-c',
			'head -c 1000000 /dev/zero'] });
		const r = await c.closes(1000, { answers: true });
		same(r.data.length, 1000000, 'bytes');
	});
test('F.3b', '5', 'the same for one who reads late', async (t) => {
	const server = await t.own([], ['sh', '-c', 'head -c 300000 /dev/zero']);
	const c = await t.open({ server });
	await until(() => !server.tree().some((p) =>
		['head', 'sh'].includes(p.name) && p.state !== 'Z'));
	const r = await c.closes(1000, { answers: true });
	same(r.data.length, 300000, 'bytes');
});
test('F.4', '7.1', 'what came before a close reaches the command', async (t) => {
	const got = t.file('got'), data = pattern(500000);
	const c = await t.open({ far: ['sh', '-c', `trap '' TERM HUP; ` +
		`cat >${got}; mv ${got} ${got}.whole`] });
	c.offer(frame(BIN, data), frame(CLOSE, closing(1000)), frame(BIN, 'late'));
	await c.closes(1000, { data: '' });
	await until(() => fs.existsSync(`${got}.whole`));
	must(fs.readFileSync(`${got}.whole`).equals(data), 'the data differ');
});
// What a command sees when the connection ends: the end of its input; and just
// before that SIGURG, if the end was intended.
const watch = (file) => ['sh', '-c', `trap 'echo URG >>${file}' URG; ` +
	`trap 'echo HUP >>${file}; exit' HUP; echo ready; ` +
	`while read x; do :; done; cat >/dev/null; echo EOF >>${file}`];
const sees = async (server, file, want) => {
	await until(() => !server.tree().some((p) => p.name === 'sh'));
	same(fs.readFileSync(file, 'latin1').trim().split('\n').sort().join(),
		want, 'what it saw');
};
for (const [i, [title, want, end]] of [
	['a close by the book', 'EOF,URG', async (c) => {
		await c.send(frame(CLOSE, closing(1000)));
		await c.closes(1000);
	}],
	['a close with 4005', 'EOF', async (c) => {
		await c.send(frame(CLOSE, closing(4005)));
		await c.closes(4005);
	}],
	['a close with 1001', 'EOF', async (c) => {
		await c.send(frame(CLOSE, closing(1001)));
		await c.closes(1001);
	}],
	['the end of TCP', 'EOF', async (c) => c.fin()],
	['a reset', 'EOF', async (c) => c.reset()],
	['a violation', 'EOF', async (c) => {
		await c.send(frame(3, ''));
		await c.closes(1002);
	}],
].entries())
	test(`F.5.${i + 1}`, '7.1', `${title}: ${want}`, async (t) => {
		const file = t.file('saw');
		const server = await t.own([], watch(file));
		const c = await t.open({ server });
		await c.echoed('ready\n');
		await end(c);
		await sees(server, file, want);
	});
test('F.5.7', 'RFC 5246 7.2.1', 'close_notify, but no close: EOF',
	async (t) => {
		const file = t.file('saw'), server = await t.own([], watch(file));
		const c = await t.open({ server });
		await c.echoed('ready\n');
		c.stream.end();
		await sees(server, file, 'EOF');
		await c.ended();
	}, { only: 'wss' });
test('F.5.8', 'COMMANDS', 'one that does not heed it: SIGHUP after 30 s',
	async (t) => {
		const file = t.file('saw'), server = await t.own([], ['sh', '-c',
			`trap 'echo HUP >>${file}' HUP; echo ready; ` +
			'while :; do sleep 100; done']);
		const c = await t.open({ server });
		await c.echoed('ready\n');
		c.fin();
		await c.ended();
		const began = Date.now();
		await until(() => fs.existsSync(file));
		const took = Date.now() - began;
		must(took > 20000 && took < 35000 * SLOW, `after ${took} ms`);
		await until(() => !server.tree().some((p) => p.name === 'sh'));
	}, { slow: 45 });
test('F.6', '-U', 'a Unix socket: what came before a close is delivered',
	async (t) => {
		const path = t.file('far'), data = pattern(400000);
		const listener = net.createServer({ pauseOnConnect: true,
			allowHalfOpen: true }).listen(path);
		try {
			const server = await t.own(['-U', path], []);
			const socket = new Promise((done) =>
				listener.once('connection', done));
			const c = await t.open({ server });
			const far = await socket, parts = [];
			t.conns.push(far);
			c.offer(frame(BIN, data), frame(CLOSE, closing(1000)));
			// It reads only now.
			far.on('data', (d) => parts.push(d));
			far.resume();
			await new Promise((done) => far.once('end', done));
			must(Buffer.concat(parts).equals(data), 'the data differ');
			await c.closes(1000, { data: '' });
		} finally {
			listener.close();
		}
	});
test('F.7', '-U', 'a Unix socket that nobody listens at', async (t) => {
	const server = await t.own(['-U', 'nobody'], []);
	const c = await t.ask((s) => t.request(s), { server });
	if (c.answer?.status === 101)
		await c.closes([1011, 4069], { data: '', answers: true });
	else
		same(c.answer?.status, 503, 'the status');
});
test('F.8', '-U', 'the Unix socket\'s end is 1000', async (t) => {
	const path = t.file('far');
	const listener = net.createServer((s) => s.end('bye')).listen(path);
	try {
		const c = await t.open({ server: await t.own(['-U', path], []) });
		await c.closes(1000, { data: 'bye', answers: true });
	} finally {
		listener.close();
	}
});

test('F.9', 'COMMANDS', 'one that is writing reads the end of file, no reset',
	async (t) => {
		const file = t.file('saw'), server = await t.own([], ['sh', '-c',
			`echo ready; cat /dev/zero 2>/dev/null & cat >/dev/null; ` +
			`echo $? >>${file}`]);
		const c = await t.open({ server });
		await c.frame();
		c.reset();
		await until(() => fs.existsSync(file) && fs.statSync(file).size > 0);
		same(fs.readFileSync(file, 'latin1'), '0\n', 'the reader\'s status');
	});

group('signals', { own: true });
for (const [signal, code] of [['SIGTERM', 1001], ['SIGINT', 1000]])
	test(`G.${signal}`, '7.4.1', `${signal} is ${code} to all`, async (t) => {
		const server = await t.own();
		const list = await Promise.all([1, 2, 3].map(() =>
			t.open({ server })));
		for (const c of list)
			await c.ping('alive');
		const before = server.tree();
		server.child.kill(signal);
		await Promise.all(list.map(async (c) => {
			const f = await c.control(CLOSE);
			same(f.code, code, 'the code');
			await c.send(frame(CLOSE, closing(code)));
			same(await c.ended(), 'fin', 'the end');
		}));
		await server.exit;
		await until(() => !before.some(alive));
	});
test('G.stuck', '7.1.1', 'SIGTERM, and peers that neither read nor answer',
	async (t) => {
		const server = await t.own([], ['cat', '/dev/zero']);
		await t.open({ server });
		const before = server.tree();
		server.child.kill('SIGTERM');
		await server.exit;
		await until(() => !before.some(alive));
	});

test('G.site', '-A', 'SIGTERM while the site is asked', async (t) => {
	const server = await t.own(['-A', 'exec sleep 1000']), began = Date.now();
	const c = await t.connect(server);
	await c.send(t.request(server));
	await until(() => server.tree().some((p) => p.name === 'sleep'));
	const before = server.tree();
	server.child.kill('SIGTERM');
	await server.exit;
	must(Date.now() - began < 6000 * SLOW, 'it took too long');
	await until(() => !before.some(alive));
});
test('G.far', '7.4.1', 'SIGTERM, and a command that heeds nothing', async (t) => {
	const server = await t.own([], ['sh', '-c',
		'trap "" TERM HUP URG; echo ready; while :; do sleep 100; done']);
	const c = await t.open({ server });
	await c.echoed('ready\n');
	const before = server.tree();
	server.child.kill('SIGTERM');
	same((await c.control(CLOSE)).code, 1001, 'the code');
	await c.send(frame(CLOSE, closing(1001)));
	await server.exit;
	await until(() => !before.some(alive));
});

group('keepalive', { own: true });
const quick = ['-i', '1'];
test('K.1', '5.5.2', 'silence: a ping, and pongs keep it alive', async (t) => {
	const c = await t.open({ args: quick });
	for (let i = 0; i < 5; i++) {
		const f = await c.control(PING);
		await c.send(frame(PONG, f.payload));
	}
	await c.send(frame(BIN, 'alive'));
	await c.echoed('alive');
});
test('K.2', '5.5.2', 'no answer: it is dead', async (t) => {
	const file = t.file('saw'), began = Date.now();
	const server = await t.own(quick, watch(file));
	const c = await t.open({ server });
	const r = await c.rest();
	const took = Date.now() - began;
	must(r.pings >= 2 && r.pings <= 3, `${r.pings} pings`);
	must(took > 2000 && took < 6000 * SLOW, `after ${took} ms`);
	await sees(server, file, 'EOF');
});
test('K.3', '5.5.2', 'any frame counts, a byte of one does', async (t) => {
	const c = await t.open({ args: quick });
	await c.send(frame(BIN, '', { length: 1000, form: 16 }));
	const began = Date.now();
	let last = began, silences = 0;
	const sending = setInterval(() => {
		silences += Date.now() - last > 900; // on a busy machine
		last = Date.now();
		c.offer('x');
	}, 250);
	try {
		while (Date.now() - began < 3000)
			await c.data(1);
	} finally {
		clearInterval(sending);
	}
	must(c.pings.length <= silences, `${c.pings.length} pings`);
});
test('K.4', '5.5.2', 'a backend that does not read is not the peer\'s death',
	async (t) => {
		const go = t.file('go');
		fs.rmSync(go, { force: true });
		execFileSync('mkfifo', [go]);
		const server = await t.own(quick, ['sh', '-c',
			`read x <${go}; exec cat`]);
		const c = await t.open({ server }), data = pattern(8 << 20);
		c.offer(frame(BIN, data));
		// Wait three times as long as a silent peer would get.
		const end = Date.now() + 9000;
		while (Date.now() < end) {
			must(c.end === null, `it ended: ${c.end}`);
			await sleep(100);
		}
		fs.writeFileSync(go, 'x\n');
		await c.echoed(data);
		await farewell(c);
	}, { slow: 20 });
test('K.5', '5.5.2', 'pings go between the backend\'s data', async (t) => {
	const c = await t.open({ args: quick, far: ['sh', '-c',
		'while echo x; do sleep 0.3; done'] });
	for (let n = 0; n < 3; n = c.pings.length) {
		await c.data(2);
		if (c.pings.length > n)
			await c.offer(frame(PONG, c.pings[n]));
	}
});

// --- backpressure ---------------------------------------------------------------

group('flow', { own: true, alone: true, slow: 60 });

// Send until nothing more is accepted; returns how much that was.
async function fill(c, piece, total) {
	let at = 0, last = -1, still = 0;
	const state = { sent: 0 };
	state.done = (async () => {
		for (; at < total; at += piece.length)
			await c.send(frame(BIN, piece, { mask: Buffer.alloc(4) }));
	})();
	state.done.catch(() => {});
	while (still < 10 && at < total) {
		await sleep(50);
		still = at === last ? still + 1 : 0;
		last = at;
	}
	state.sent = at;
	return state;
}

test('B.1', '5', '64 MiB of echo for one who does not read at first',
	async (t) => {
		const server = await t.own(), c = await t.open({ server });
		const piece = pattern(1 << 18), total = 64 << 20;
		const f = await fill(c, piece, total);
		must(f.sent < total, 'all of it was taken: where is it?');
		t.note(`it stood still after ${f.sent} bytes`);
		thin(server);
		const got = crypto.createHash('sha256');
		const want = crypto.createHash('sha256');
		for (let at = 0; at < total; at += piece.length)
			want.update(piece);
		for (let left = total; left > 0;) {
			const r = await c.frame();
			// If the machine is busy for a second, a pong comes
			// without a ping.
			must(r?.op === BIN || r?.op === PONG, `op ${r?.op}, end ${c.end}`);
			if (r.op === PONG)
				continue;
			got.update(r.payload);
			left -= r.payload.length;
		}
		await f.done;
		same(got.digest('hex'), want.digest('hex'), 'the hash');
		thin(server);
		await farewell(c);
	});
test('B.2', '5.5.2', 'a backend that does not read: the ping waits',
	async (t) => {
		const go = t.file('go');
		fs.rmSync(go, { force: true });
		execFileSync('mkfifo', [go]);
		const server = await t.own([], ['sh', '-c', `read x <${go}; exec cat`]);
		const c = await t.open({ server }), data = pattern(16 << 20);
		const f = await fill(c, data.subarray(0, 1 << 18), 16 << 20);
		must(f.sent < data.length, 'all of it was taken');
		thin(server);
		f.done.then(() => c.offer(frame(PING, 'behind')));
		fs.writeFileSync(go, 'x\n');
		for (let left = data.length; left > 0 || c.pongs.length === 0;) {
			const r = await c.frame();
			must(r?.op === BIN || r?.op === PONG, `op ${r?.op}, end ${c.end}`);
			if (r.op === BIN)
				left -= r.payload.length;
			// A pong without a ping says that the server lives,
			// though it waits.
			else if (r.payload.length > 0)
				c.pongs.push(r.payload.toString());
		}
		same(c.pongs.join(), 'behind', 'pongs');
		thin(server);
		await farewell(c);
	});
test('B.3', '5', 'a backend that writes, a peer that does not read',
	async (t) => {
		const server = await t.own([], ['cat', '/dev/zero']);
		const c = await t.open({ server });
		const io = () => server.tree().filter((p) => p.name === 'cat')
			.map((p) => fs.readFileSync(`/proc/${p.pid}/io`, 'latin1')
				.match(/wchar: (\d+)/)[1]).join();
		for (let last = '', now; last === '' || (now = io()) !== last;) {
			last = now ?? 'none';
			await sleep(300);
		}
		thin(server);
		t.note(`the backend had written ${io()} bytes`);
		for (let left = 16 << 20; left > 0;)
			left -= (await c.frame()).payload.length;
		thin(server);
		c.send(frame(CLOSE, closing(1000)));
		await c.closes(1000);
		await until(() => !server.tree().some((p) => p.name === 'cat'));
	});
test('B.4', '5.5.2', 'a backend that does not read, and little data: pongs',
	async (t) => {
		const c = await t.open({ far: ['sleep', '1000'] });
		await c.send(frame(BIN, 'a little'));
		await c.ping('p');
	});
test('B.5', '5.5.2', 'a ping is answered amid the backend\'s flood',
	async (t) => {
		const c = await t.open({ far: ['cat', '/dev/zero'] });
		await c.send(frame(PING, 'amid'));
		let bytes = 0;
		for (let f; (f = await c.frame()).op !== PONG || f.payload.length === 0;
			bytes += f.payload.length)
			must(bytes < 64 << 20, 'no pong in 64 MiB');
		t.note(`after ${bytes} bytes`);
	});
test('B.6', '5', 'input that stands still does not stop output', async (t) => {
	const c = await t.open({ far: ['sh', '-c',
		'read x; head -c 20000000 /dev/zero; exec sleep 1000'] });
	await fill(c, Buffer.alloc(1 << 18, '\n'), 16 << 20);
	await c.data(0);
	for (let left = 20000000; left > 0;)
		left -= (await c.frame()).payload.length;
});
test('B.7', '5', 'output that stands still does not stop input', async (t) => {
	const file = t.file('got'), data = pattern(8 << 20);
	const c = await t.open({ far: ['sh', '-c',
		`cat /dev/zero & exec cat >${file}`] });
	await c.send(frame(BIN, data));
	await until(() => fs.existsSync(file) &&
		fs.statSync(file).size === data.length);
	must(fs.readFileSync(file).equals(data), 'the data differ');
});
test('B.8', '5', 'both ways at once, 32 MiB each', async (t) => {
	const server = await t.own([], ['sh', '-c',
		'head -c 33554432 /dev/zero & head -c 33554432 | wc -c >&2; wait']);
	const c = await t.open({ server }), piece = Buffer.alloc(1 << 20);
	const sending = (async () => {
		for (let i = 0; i < 32; i++)
			await c.send(frame(BIN, piece, { mask: Buffer.alloc(4) }));
	})();
	for (let left = 32 << 20; left > 0;)
		left -= (await c.frame()).payload.length;
	await sending;
	await c.closes(1000, { data: '' });
	thin(server);
});

// --- TLS ------------------------------------------------------------------------

group('tls', { own: true });
const wss = { only: 'wss' };

test('T.1', 'RFC 8996', 'TLS 1.1 is not spoken', async (t) => {
	await t.connect(null, { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1',
		ciphers: 'DEFAULT@SECLEVEL=0' } }).then(
		() => must(false, 'it was'), (e) => t.note(e.code ?? e.message));
}, wss);
for (const [i, [suite, good]] of [
	['ECDHE-ECDSA-CHACHA20-POLY1305', true],
	['ECDHE-ECDSA-AES128-GCM-SHA256', true],
	['ECDHE-ECDSA-AES256-GCM-SHA384', true],
	['ECDHE-ECDSA-AES128-SHA', false], ['ECDHE-ECDSA-AES128-SHA256', false],
	['ECDHE-ECDSA-NULL-SHA', false], ['AES128-SHA', false],
].entries())
	test(`T.2.${i + 1}`, 'RFC 7525 4.2', `${suite}: ${good ? 'yes' : 'no'}`,
		async (t) => {
			const tls = { maxVersion: 'TLSv1.2',
				ciphers: `${suite}:@SECLEVEL=0` };
			const c = await t.open({ tls }).catch((e) => {
				must(!good, `${e.code} ${e.message}`);
				return null;
			});
			must(c === null || good, 'it was spoken');
			await c?.ping('alive');
		}, wss);
test('T.3', 'RFC 7301', 'ALPN: http/1.1', async (t) => {
	const c = await t.open({ tls: { ALPNProtocols: ['h2', 'http/1.1'] } });
	same(c.stream.alpnProtocol, 'http/1.1', 'selected');
}, wss);
test('T.4', 'RFC 5746', 'renegotiation does not happen', async (t) => {
	const c = await t.open({ tls: { maxVersion: 'TLSv1.2' } });
	const done = new Promise((resolve) => c.stream.renegotiate({},
		(e) => resolve(e)));
	const e = await Promise.race([done, c.ended()]);
	must(e, 'it did');
}, wss);
test('T.5', '10.6', 'plain HTTP at a port of TLS', async (t) => {
	const server = await t.server();
	const c = await t.connect(server, { tls: false });
	await c.send(t.request(server));
	const all = await c.toEnd();
	must(!all.includes('101 Switching'), 'it was answered');
	must(['fin', 'ECONNRESET'].includes(c.end), c.end);
}, wss);
test('T.6', '10.7', 'a TLS handshake that never comes', async (t) => {
	const c = await t.connect(null, { tls: false }), began = Date.now();
	await c.ended();
	must(Date.now() - began < 13000 * SLOW, 'it took too long');
}, { ...wss, slow: 10 });
// Data that never becomes a handshake: a beginning, then pieces.
const drips = (id, rule, title, first, piece, every) =>
	test(id, rule, title, async (t) => {
		const c = await t.connect(null, { tls: false }), began = Date.now();
		await c.send(Buffer.from(first));
		const drip = setInterval(() => c.offer(Buffer.from(piece)), every);
		try {
			await c.ended();
		} finally {
			clearInterval(drip);
		}
		must(Date.now() - began < 13000 * SLOW, 'it took too long');
	}, { ...wss, slow: 10 });
drips('T.6b', '10.7', 'a ClientHello that drips',
	[22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], [120], 300);
drips('T.6c', 'RFC 5246 7.2', 'no end of warnings before a ClientHello',
	[], Array(1000).fill([21, 3, 1, 0, 2, 1, 90]).flat(), 5);
test('T.7', 'RFC 5246 7.2.2', 'garbage amid: the end', async (t) => {
	const file = t.file('saw'), server = await t.own([], watch(file));
	const c = await t.open({ server });
	await c.echoed('ready\n');
	c.raw.write(Buffer.concat([Buffer.from([23, 3, 3, 0, 32]),
		Buffer.alloc(32, 7)]));
	await sees(server, file, 'EOF');
	c.raw.resume();
	await c.ended();
}, wss);
test('T.8', 'RFC 5246 7.2.1', 'close_notify is said before the end',
	async (t) => {
		const c = await t.open({ tls: { maxVersion: 'TLSv1.2' } });
		await farewell(c, { data: '' });
		must(c.tap.alerts >= 1, 'no alert came');
	}, wss);
test('T.9', 'RFC 5246 6.2.1', 'records of one byte', async (t) => {
	const c = await t.open(), data = pattern(2000);
	await c.chop(frame(BIN, data), 1);
	await c.echoed(data);
}, wss);
test('T.10', 'RFC 5246 6.2.1', 'a TLS peer thin in memory', async (t) => {
	const server = await t.own(), c = await t.open({ server });
	const data = pattern(4 << 20);
	c.offer(frame(BIN, data));
	await c.echoed(data);
	thin(server);
}, wss);
test('T.11', '-k', 'a chain with an RSA key', async (t) => {
	const server = await t.own(['-c', 'rsa.pem', '-k', 'rsa.key']);
	const c = await t.open({ server, tls: { maxVersion: 'TLSv1.2' } });
	must(/RSA/.test(c.stream.getCipher().name), c.stream.getCipher().name);
	await c.ping('alive');
}, wss);

await main(process.argv.slice(2));
