#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// The rules for a WebSocket client, tested with a raw server that does what
// each case says. The client's backend is `cat`, so it echoes like the server
// in the server's cases.

import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { BIN, CLOSE, CONT, Conn, PING, PONG, TEXT, Wrong, acceptOf, closing,
	frame, must, pattern, same, show } from './peer.mjs';
import { SLOW, group, main, opts, sleep, test, thin } from
	'./harness.mjs';

const plain = { mask: false };
const f = (op, payload, o) => frame(op, payload, { ...plain, ...o });
const read = (name) => fs.readFileSync(name);

// --- a server, and the client that calls it ---------------------------------------

// A listening socket; its connections are taken one after another.
async function listen(t, host = '127.0.0.1') {
	const l = { calls: [], host };
	l.server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true,
		noDelay: true });
	l.server.on('connection', (raw) => {
		raw.on('error', () => {});
		l.calls.push(raw);
		l.wake?.();
	});
	await new Promise((done) => l.server.listen(0, host, done));
	l.port = l.server.address().port;
	t.conns.push({ destroy: () => l.server.close() },
		{ destroy: () => l.calls.forEach((raw) => raw.destroy()) });
	l.taken = 0;
	l.next = async () => {
		while (l.calls.length === l.taken)
			await new Promise((done) => { l.wake = done; });
		return l.calls[l.taken++];
	};
	return l;
}
// The arguments to call a client here; they make it trust our certificate.
function calls(l, path = '/') {
	return opts.scheme === 'ws' ?
		[`ws://${l.host}:${l.port}${path}`, []] :
		[`wss://localhost:${l.port}${path}`, ['-a', 'ca.pem']];
}
// Run one client, up to its request: { c, p, request }.
async function call(t, o = {}) {
	const l = o.listener ?? await listen(t);
	const [url, trust] = calls(l, o.path);
	const p = t.client(url, [...trust, ...o.args ?? []], o.far ?? ['cat'],
		o.program);
	const raw = await Promise.race([l.next(), p.exit.then((status) => {
		throw new Wrong(`it ended with ${status} before it called: ${p.err}`);
	})]);
	raw.resume();
	const c = await Conn.over(raw, opts.scheme === 'wss' &&
		{ cert: read('server.pem'), key: read('server.key') }, false);
	t.conns.push(c);
	c.request = await c.block();
	must(c.request !== null, `no request, the end is ${c.end}: ${p.err}`);
	return { c, p, l };
}
const answer = (c, o = {}) => {
	const all = { 'Upgrade': 'websocket', 'Connection': 'Upgrade',
		'Sec-WebSocket-Accept': acceptOf(c.request.get('sec-websocket-key')),
		...o.headers };
	const lines = [o.line ?? 'HTTP/1.1 101 Switching Protocols'];
	for (const [name, value] of Object.entries(all))
		for (const v of [value].flat())
			if (v !== null)
				lines.push(`${name}: ${v}`);
	return lines.join('\r\n') + '\r\n\r\n';
};
// An open WebSocket to a client.
async function open(t, o = {}) {
	const x = await call(t, o);
	await x.c.send(answer(x.c, o), o.behind ?? '');
	return x;
}
async function exits(p, status) {
	const got = await p.exit, list = [status].flat();
	must(list.includes(got), `exit status ${got}, want ` +
		`${list.join(' or ')}: ${p.err}`);
}
// Apart from messages of its backend, it must say one line.
function saysOneLine(p) {
	const lines = p.err.split('\n').filter((l) => !l.startsWith('cat: '));
	must(lines.length === 2 && /^vm-ws-proxy: ./.test(lines[0]) &&
		lines[1] === '', `it said ${show(p.err)}`);
}
// Our close must be answered, and we, as the server, end TCP (7.1.1).
async function hears(c, code) {
	const r = await c.rest();
	must(r.close !== null, `7.1.7: no close frame, the end is ${r.end}`);
	const codes = [code].flat();
	must(codes.includes(r.close.code), `7.4.1: close code ${r.close.code} ` +
		`(${r.close.reason}), want ${codes.join(' or ')}`);
	return r;
}
// We break a rule: the client must say so, and end with that status.
async function fails(t, frames, code, status, o = {}) {
	const { c, p } = await open(t, o);
	await c.offer(...[frames].flat());
	const r = await hears(c, code);
	const want = Buffer.from(o.prefix ?? '');
	must(want.subarray(0, r.data.length).equals(r.data),
		`data that was not sent, or is not valid: ${show(r.data)}`);
	c.stream.end();
	await exits(p, status);
	saysOneLine(p);
}
async function farewell({ c, p }) {
	await c.send(f(CLOSE, closing(1000)));
	await hears(c, 1000);
	c.stream.end();
	await exits(p, 0);
}

// --- its request ------------------------------------------------------------------

group('request');

test('R.1', '4.1', 'the request is as it must be', async (t) => {
	const x = await call(t, { path: '/vm/0?client=a&name=b%20c' });
	const { c, l } = x, r = c.request;
	same(r.line, 'GET /vm/0?client=a&name=b%20c HTTP/1.1', 'the line');
	const host = opts.scheme === 'ws' ? '127.0.0.1' : 'localhost';
	same(r.get('host'), `${host}:${l.port}`, 'Host');
	same(r.get('upgrade')?.toLowerCase(), 'websocket', 'Upgrade');
	must(/(^|[ ,])upgrade($|[ ,])/i.test(r.get('connection')), 'Connection');
	same(r.get('sec-websocket-version'), '13', 'Sec-WebSocket-Version');
	same(r.get('sec-websocket-extensions'), undefined, 'extensions');
	const key = r.get('sec-websocket-key');
	same(Buffer.from(key, 'base64').toString('base64'), key, 'the key');
	same(Buffer.from(key, 'base64').length, 16, 'bytes of the key');
	for (const [name, list] of r.headers)
		same(list.length, 1, `how many of ${name}`);
	await c.send(answer(c));
	await c.send(f(BIN, 'hello'));
	await c.echoed('hello');
	await farewell(x);
});
test('R.2', '4.1', 'a fresh key each time', async (t) => {
	const keys = new Set();
	for (let i = 0; i < 10; i++) {
		const { c, p } = await call(t);
		keys.add(c.request.get('sec-websocket-key'));
		c.destroy();
		await p.exit;
	}
	same(keys.size, 10, 'different keys');
});
test('R.3', '4.1', 'an IPv6 address in Host', async (t) => {
	const l = await listen(t, '::1');
	const p = t.client(`ws://[::1]:${l.port}/x`, [], ['cat']);
	const raw = await l.next();
	raw.resume();
	const c = new Conn(raw, raw, false);
	same((await c.block()).get('host'), `[::1]:${l.port}`, 'Host');
	c.destroy();
	await p.exit;
});
test('R.4', '-s', 'subprotocols are offered in order', async (t) => {
	const x = await open(t, { args: ['-s', 'x.y', '-s', 'binary'],
		headers: { 'Sec-WebSocket-Protocol': 'binary' } });
	same(x.c.request.get('sec-websocket-protocol'), 'x.y, binary', 'offered');
	await farewell(x);
});
test('R.5', '-S', 'secret ones are offered, and nowhere else to be seen',
	async (t) => {
		const file = t.file('secrets'), secret = 'ticket.c2VjcmV0LXRpY2tldA';
		fs.writeFileSync(file, `${secret}\nresume.bW9yZQ\n`);
		const x = await open(t, { args: ['-s', 'vm.nbd.v1', '-S', file, '-v'],
			headers: { 'Sec-WebSocket-Protocol': 'vm.nbd.v1' } });
		same(x.c.request.get('sec-websocket-protocol'),
			`vm.nbd.v1, ${secret}, resume.bW9yZQ`, 'offered');
		for (const p of x.p.tree())
			for (const what of ['cmdline', 'environ'])
				must(!read(`/proc/${p.pid}/${what}`).includes('c2VjcmV0'),
					`it is in ${p.name}'s ${what}`);
		await farewell(x);
		must(!x.p.err.includes('c2VjcmV0'), 'it was said');
	});
test('R.6', '-H', 'headers of a file', async (t) => {
	const file = t.file('headers');
	fs.writeFileSync(file, 'X-Auth-Token: abc\n');
	const x = await open(t, { args: ['-H', file] });
	same(x.c.request.get('x-auth-token'), 'abc', 'X-Auth-Token');
	await farewell(x);
});
test('R.7', '4.1', 'no path is /', async (t) => {
	const { c, p } = await call(t, { path: '' });
	same(c.request.line, 'GET / HTTP/1.1', 'the line');
	c.destroy();
	await p.exit;
});
test('R.7b', '3', 'a query without a path', async (t) => {
	const { c, p } = await call(t, { path: '?a=b' });
	same(c.request.line, 'GET /?a=b HTTP/1.1', 'the line');
	c.destroy();
	await p.exit;
});
for (const [i, url] of ['http://127.0.0.1/', 'ws://', 'ws:///x', 'ws://a:0/',
	'ws://a:65536/', 'ws://a:x/', 'ws://a/x y', 'ws://a/\r\nX-A: b',
	'ws://a/#fragment', 'ws://a\r\nX: y/', 'ws://u:p@a/', 'ws://[::1/',
	''].entries())
	test(`R.8.${i + 1}`, '3', `no URL: ${show(url)}`, async (t) => {
		const p = t.client(url, [], ['cat']);
		await exits(p, 64);
	});
test('R.9', 'sysexits', 'nobody listens: 69', async (t) => {
	const l = await listen(t), [url, trust] = calls(l);
	await new Promise((done) => l.server.close(done));
	const p = t.client(url, trust, ['cat']);
	await exits(p, 69);
	saysOneLine(p);
});
test('R.10', 'sysexits', 'a host that does not exist: 68', async (t) => {
	const p = t.client(`${opts.scheme}://no-such-host.invalid/`, [], ['cat']);
	await exits(p, 68);
	saysOneLine(p);
}, { slow: 20 });

// --- what it is answered ------------------------------------------------------------

group('answer');

test('A.1', '4.1', 'names and tokens in any case, other headers', async (t) => {
	const x = await call(t);
	await x.c.send(answer(x.c, { headers: { 'Upgrade': null,
		'Connection': null, 'UPGRADE': 'WebSocket',
		'connection': 'keep-alive,UPGRADE', 'Server': 'x',
		'Date': ['a', 'b'] } }));
	await x.c.send(f(BIN, 'hello'));
	await x.c.echoed('hello');
	await farewell(x);
});
test('A.2', '4.1', 'a reason phrase of any kind', async (t) => {
	for (const line of ['HTTP/1.1 101 ', 'HTTP/1.1 101 Web Socket \u00e4']) {
		const x = await open(t, { line });
		await farewell(x);
	}
});
test('A.3', '4.1', 'frames in the same packet as the answer', async (t) => {
	const x = await open(t, { behind: Buffer.concat([f(BIN, 'early'),
		f(PING, 'p'), f(BIN, ' bird')]) });
	await x.c.echoed('early bird');
	await farewell(x);
});
test('A.3b', '4.1', 'a close in the same packet as the answer', async (t) => {
	const { c, p } = await open(t, { behind: f(CLOSE, closing(4409, 'taken')) });
	await hears(c, 4409);
	c.stream.end();
	await exits(p, 75);
	same(p.err, 'vm-ws-proxy: peer closed: 4409 taken\n', 'it said');
});
test('A.3c', '4.1', '200 KiB in the same packet as the answer', async (t) => {
	const all = pattern(200000);
	const { c } = await call(t);
	c.offer(answer(c), f(BIN, all));
	await c.echoed(all);
});
test('A.4', '4.1', 'the answer, byte by byte', async (t) => {
	const x = await call(t);
	await x.c.chop(Buffer.from(answer(x.c)), 1);
	await x.c.ping('alive');
	await farewell(x);
});

// The client must refuse the answer: it sends no frame, TCP ends, and it says
// one line.
async function refuses(t, text, status, o = {}) {
	const { c, p, l } = await call(t, o);
	await c.offer(typeof text === 'function' ? text(c) : text);
	if (o.fin)
		c.stream.end();
	const all = await c.toEnd();
	same(all.length, 0, 'bytes behind its request');
	await exits(p, status);
	saysOneLine(p);
	if (o.says)
		same(p.err.trim().split(': ').slice(2).join(': '), o.says, 'what it says');
	same(l.calls.length, 1, 'calls');
}
const wrong = (id, title, o, status = 76, rule = '4.1') =>
	test(id, rule, title, (t) => refuses(t, (c) => answer(c, o), status, o));

wrong('A.5', 'an Accept that is wrong', { headers:
	{ 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' } });
wrong('A.5b', 'no Accept', { headers: { 'Sec-WebSocket-Accept': null } });
wrong('A.5c', 'an empty Accept', { headers: { 'Sec-WebSocket-Accept': '' } });
test('A.5d', '4.1', 'an Accept in another case', (t) => refuses(t, (c) =>
	answer(c, { headers: { 'Sec-WebSocket-Accept': acceptOf(c.request.get(
		'sec-websocket-key')).toLowerCase() } }), 76));
test('A.5e', '4.1', 'an Accept with more behind it', (t) => refuses(t, (c) =>
	answer(c, { headers: { 'Sec-WebSocket-Accept': acceptOf(c.request.get(
		'sec-websocket-key')) + 'x' } }), 76));
test('A.5f', '4.1', 'the key itself as the Accept', (t) => refuses(t, (c) =>
	answer(c, { headers: { 'Sec-WebSocket-Accept':
		c.request.get('sec-websocket-key') } }), 76));
wrong('A.6', 'no Upgrade', { headers: { Upgrade: null } });
wrong('A.6b', 'Upgrade: h2c', { headers: { Upgrade: 'h2c' } });
wrong('A.6c', 'Upgrade: websockets', { headers: { Upgrade: 'websockets' } });
wrong('A.7', 'no Connection', { headers: { Connection: null } });
wrong('A.7b', 'Connection: close', { headers: { Connection: 'close' } });
wrong('A.8', 'a subprotocol, where none was offered',
	{ headers: { 'Sec-WebSocket-Protocol': 'chat' } });
const offer = { args: ['-s', 'a.b', '-s', 'c'] };
wrong('A.8b', 'a subprotocol that was not offered', { ...offer,
	headers: { 'Sec-WebSocket-Protocol': 'chat' } });
wrong('A.8c', 'the list that was offered', { ...offer,
	headers: { 'Sec-WebSocket-Protocol': 'a.b, c' } });
wrong('A.8d', 'two that were offered, in two headers', { ...offer,
	headers: { 'Sec-WebSocket-Protocol': ['a.b', 'c'] } });
wrong('A.8e', 'one that was offered, in another case', { ...offer,
	headers: { 'Sec-WebSocket-Protocol': 'A.B' } });
wrong('A.9', 'an extension that was not offered', { headers:
	{ 'Sec-WebSocket-Extensions': 'permessage-deflate' } }, 76, '9.1');
test('A.10', '11.3.4', 'the second of those offered', async (t) => {
	await farewell(await open(t, { ...offer,
		headers: { 'Sec-WebSocket-Protocol': 'c' } }));
});
for (const [code, status] of [[200, 76], [204, 76], [301, 76], [302, 76],
	[307, 76], [400, 76], [401, 77], [403, 77], [404, 66], [405, 76],
	[407, [76, 77]], [408, [75, 76]], [409, 75], [426, 76], [429, 75], [431, 76],
	[500, 75], [502, 75], [503, 75], [504, 75], [100, 76], [102, 76]])
	test(`A.11.${code}`, '4.1', `status ${code}`, async (t) => {
		const l = await listen(t);
		await refuses(t, `HTTP/1.1 ${code} No\r\nConnection: close\r\n` +
			`Location: ${calls(l)[0]}\r\nContent-Length: 5\r\n\r\nwhy?\n`,
		status, { fin: true });
		same(l.calls.length, 0, 'redirects that were followed');
	});
const refusal = 'HTTP/1.1 403 No\r\nContent-Type: text/plain\r\n';
for (const [i, text, says] of [
	[1, refusal + '\r\nnot you\nnor me\n', 'HTTP 403: not you'],
	[2, refusal + '\r\nnot \x1b[31m\xc3\xa4\r\n', 'HTTP 403: not ?[31m??'],
	[3, refusal + '\r\n' + 'x'.repeat(9999), 'HTTP 403: ' + 'x'.repeat(199)],
	[4, refusal + '\r\n', 'HTTP 403'],
	[5, refusal + '\r\n\0\nbehind', 'HTTP 403'],
	[6, refusal + 'Transfer-Encoding: chunked\r\n\r\n3\r\nno\n', 'HTTP 403'],
	[7, refusal.replace('plain', 'html') + '\r\n<html>\n', 'HTTP 403']])
	test(`A.11c.${i}`, 'its page', 'what is said of a refusal', (t) =>
		refuses(t, Buffer.from(text, 'latin1'), 77, { fin: true, says }));
test('A.11b', 'RFC 9110 15.2', 'what a server says before its answer',
	async (t) => {
		const x = await call(t);
		await x.c.send('HTTP/1.1 100 Continue\r\n\r\n' +
			'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
		answer(x.c), f(BIN, 'hello'));
		await x.c.echoed('hello');
		await farewell(x);
	});
for (const [i, line] of ['HTTP/1.0 101 Switching Protocols', 'HTTP/2 101',
	'HTTP/1.1 1010 x', 'HTTP/1.1 10 x', 'HTTP/1.1 101x', 'HTTP/1.1  101 x',
	'http/1.1 101 x', '101 Switching Protocols', '', 'ICY 101 OK',
	'HTTP/1.1 +101 x', 'HTTP/1.1'].entries())
	wrong(`A.12.${i + 1}`, `the line ${show(line)}`, { line });
for (const [i, [title, from, to]] of [
	['a folded line', 'Upgrade: websocket', 'Upgrade:\r\n websocket'],
	['a bare LF', '\r\nUpgrade', '\nUpgrade'],
	['a bare CR', 'Upgrade: websocket', 'X-A: b\rUpgrade: websocket'],
	['a NUL', 'Upgrade: websocket', 'Upgrade: websocket\0'],
	['a space before a colon', 'Upgrade: websocket', 'Upgrade : websocket'],
	['a line without a colon', '\r\nUpgrade', '\r\nnothing\r\nUpgrade'],
	['a name that is empty', '\r\nUpgrade', '\r\n: x\r\nUpgrade'],
].entries())
	test(`A.13.${i + 1}`, 'RFC 7230 3.2.4', title, (t) =>
		refuses(t, (c) => answer(c).replace(from, to), 76));
wrong('A.14', 'headers of 20,000 bytes', { headers:
	{ 'X-A': 'a'.repeat(20000) } });
test('A.14b', '10.4', 'headers without an end', async (t) => {
	const { c, p } = await call(t);
	c.offer('HTTP/1.1 101 x\r\n', `X-A: ${'a'.repeat(1 << 20)}\r\n`.repeat(8));
	await c.ended();
	await exits(p, 76);
	saysOneLine(p);
});
test('A.14c', '4.1', 'headers of nearly 8 KiB are fine', async (t) => {
	await farewell(await open(t, { headers: { 'X-A': 'a'.repeat(7600) } }));
});
test('A.15', '4.1', 'the end instead of an answer', (t) =>
	refuses(t, '', [74, 76], { fin: true }));
test('A.15b', '4.1', 'the end amid an answer', (t) =>
	refuses(t, 'HTTP/1.1 101 Sw', [74, 76], { fin: true }));
test('A.16', '4.1', 'no answer: an end after its time', async (t) => {
	const { c, p } = await call(t), began = Date.now();
	await c.ended();
	await exits(p, [69, 74, 75, 76]);
	saysOneLine(p);
	must(Date.now() - began < 13000 * SLOW, 'it took too long');
}, { slow: 10 });
// Pieces of an answer that never ends.
const drips = (id, rule, title, piece, every) =>
	test(id, rule, title, async (t) => {
		const { c, p } = await call(t), began = Date.now();
		const drip = setInterval(() => c.offer(piece), every);
		try {
			await c.ended();
		} finally {
			clearInterval(drip);
		}
		await exits(p, [69, 74, 75, 76]);
		saysOneLine(p);
		must(Date.now() - began < 13000 * SLOW, 'it took too long');
	}, { slow: 10 });
drips('A.16b', '4.1', 'an answer that drips: an end after its time', 'H', 200);
drips('A.16c', 'RFC 9110 15.2', 'no end of what is said before an answer',
	'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000), 5);

// --- frames -------------------------------------------------------------------------

group('frames');

for (const [i, size] of [0, 125, 126, 127, 128, 65535, 65536, 1 << 20]
	.entries())
	test(`C1.2.${i + 1}`, '5.2', `binary, ${size} bytes`, async (t) => {
		const x = await open(t), data = pattern(size);
		x.c.offer(f(BIN, data));
		await x.c.echoed(data);
		await farewell(x);
	});
for (const [i, payload] of ['', 'Hello, world!', Buffer.alloc(125, 0xfe)]
	.entries())
	test(`C2.${i + 1}`, '5.5.2', `a ping with ${payload.length} bytes`,
		async (t) => {
			const x = await open(t);
			await x.c.ping(payload);
			await farewell(x);
		});
test('C2.8', '5.5.3', 'an unsolicited pong', async (t) => {
	const x = await open(t);
	await x.c.send(f(PONG, 'x'));
	await x.c.ping('y');
	await farewell(x);
});
test('C5.6', '5.4', 'fragments with a ping between', async (t) => {
	const x = await open(t);
	await x.c.send(f(BIN, 'one', { fin: false }), f(PING, 'p'),
		f(CONT, '', { fin: false }), f(CONT, 'two'));
	await x.c.echoed('onetwo');
	await farewell(x);
});
test('C5.8', '5.4', 'byte by byte', async (t) => {
	const x = await open(t), data = pattern(300);
	await x.c.chop(Buffer.concat([
		f(BIN, data.subarray(0, 150), { fin: false }),
		f(CONT, data.subarray(150))]), 1);
	await x.c.echoed(data);
});
test('C6.1', '8.1', 'with -T text is octets', async (t) => {
	const x = await open(t, { args: ['-T'] });
	await x.c.send(f(TEXT, '\u00e4\u20ac'));
	await x.c.echoed('\u00e4\u20ac');
	await farewell(x);
});
const violations = [
	['M.1', '5.1', 'a masked frame', frame(BIN, 'x'), 1002],
	['M.1b', '5.1', 'a masked, empty frame', frame(BIN, ''), 1002],
	['M.1c', '5.1', 'a masked ping', frame(PING, 'x'), 1002],
	['M.1d', '5.1', 'a masked close', frame(CLOSE, closing(1000)), 1002],
	['3.1', '5.2', 'RSV 1', f(BIN, 'x', { rsv: 1 }), 1002],
	['3.4', '5.2', 'RSV 4', f(BIN, 'x', { rsv: 4 }), 1002],
	['3.6', '5.2', 'RSV 6 of a ping', f(PING, 'x', { rsv: 6 }), 1002],
	['3.7', '5.2', 'RSV 7 of a close',
		f(CLOSE, closing(1000), { rsv: 7 }), 1002],
	...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((op) =>
		[`4.${op}`, '5.2', `opcode ${op}`, f(op, ''), 1002]),
	['5.1', '5.4', 'a ping without FIN', f(PING, '', { fin: false }), 1002],
	['5.2', '5.4', 'a close without FIN',
		f(CLOSE, closing(1000), { fin: false }), 1002],
	['2.5', '5.5', 'a ping with 126 bytes', f(PING, Buffer.alloc(126)), 1002],
	['5.9', '5.4', 'a continuation of nothing', f(CONT, 'x'), 1002],
	['5.18', '5.4', 'a message in an unfinished one',
		[f(BIN, '', { fin: false }), f(BIN, 'x')], 1002],
	['M.4', '5.2', '5 in the 16-bit form', f(BIN, '12345', { form: 16 }), 1002],
	['M.4b', '5.2', '65535 in the 64-bit form',
		f(BIN, Buffer.alloc(65535), { form: 64 }), 1002],
	['M.4c', '5.2', 'a ping\'s 5 in the 16-bit form',
		f(PING, '12345', { form: 16 }), 1002],
	['M.5', '5.2', 'a length of 2^63',
		f(BIN, '', { length: 1n << 63n, form: 64 }), [1002, 1009]],
	['7.3.2', '5.5.1', 'a close of one byte', f(CLOSE, 'a'), 1002],
	['7.3.6', '5.5', 'a close with 124 bytes of reason',
		f(CLOSE, closing(1000, '*'.repeat(124))), 1002],
	['7.5.1', '7.1.6', 'a reason that is not UTF-8', f(CLOSE,
		Buffer.concat([closing(1000), Buffer.from([0xff])])), [1002, 1007]],
	...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code) =>
		[`7.9.${code}`, '7.4.2', `close code ${code}`,
			f(CLOSE, closing(code)), 1002]),
	['M.12', '8.1', 'text', f(TEXT, 'hello'), 1003],
];
for (const [id, rule, title, frames, code] of violations)
	test(`C${id}`, rule, title, (t) => fails(t, frames, code, 76));
test('C6.3', '8.1', 'text that is not UTF-8', (t) => fails(t,
	f(TEXT, Buffer.from('edafbf', 'hex')), 1007, 76,
	{ args: ['-T'], prefix: Buffer.from('edafbf', 'hex') }));
test('CM.6', '5.2', 'a length of 2^62 is streamed', async (t) => {
	const { c, p } = await open(t), data = pattern(1 << 20);
	c.offer(f(BIN, data, { length: 1n << 62n, form: 64 }));
	await c.echoed(data);
	thin(p);
});
test('CM.7', '5.3', 'each frame has a mask of its own', async (t) => {
	const { c } = await open(t), keys = new Set();
	for (let i = 0; i < 500; i++) {
		await c.send(f(BIN, `${i}`));
		await c.echoed(`${i}`);
		await c.ping(`${i}`);
	}
	const again = await open(t);
	for (let i = 0; i < 500; i++)
		await again.c.ping('');
	for (const key of [...c.keys, ...again.c.keys])
		keys.add(key);
	const all = c.keys.length + again.c.keys.length;
	must(all >= 1500 && keys.size >= all - 2, `${keys.size} keys of ${all}`);
	// Each bit must be set in about half of the keys.
	for (let bit = 0; bit < 32; bit++) {
		let ones = 0;
		for (const key of c.keys)
			ones += Number(BigInt(`0x${key}`) >> BigInt(bit) & 1n);
		must(ones > all / 5 && ones < all / 2, `bit ${bit}: ${ones} of ` +
			c.keys.length);
	}
});
test('CM.17', '7.1.7', 'a violation, and a server that stays', async (t) => {
	const { c, p } = await open(t), began = Date.now();
	await c.send(f(3, ''));
	await hears(c, 1002);
	await exits(p, 76);
	must(Date.now() - began < 8000 * SLOW, 'it took too long');
});

// --- the end ------------------------------------------------------------------------

group('end');

for (const [code, status] of [[1000, 0], [1001, 0], [1002, 76], [1003, 76],
	[1007, 76], [1008, 77], [1009, 76], [1010, 74], [1011, 74], [1012, 74],
	[1013, 75], [1014, 74], [3000, 74], [3999, 74], [4000, 74], [4005, 74],
	[4063, 74], [4064, 64], [4065, 65], [4066, 66], [4069, 69], [4074, 74],
	[4075, 75], [4077, 77], [4078, 78], [4079, 74], [4409, 75], [4999, 74]])
	test(`E.1.${code}`, '7.4', `close code ${code} is status ${status}`,
		async (t) => {
			const { c, p } = await open(t);
			await c.send(f(CLOSE, closing(code, 'the reason')));
			const r = await hears(c, code);
			same(r.data.length, 0, 'data');
			c.stream.end();
			await exits(p, status);
			if (status !== 0)
				same(p.err, `vm-ws-proxy: peer closed: ${code} the reason\n`,
					'it said');
		});
test('E.2', '7.1.5', 'an empty close', async (t) => {
	const { c, p } = await open(t);
	await c.send(f(CLOSE));
	const r = await c.rest();
	must([undefined, 1000].includes(r.close?.code), `code ${r.close?.code}`);
	c.stream.end();
	await exits(p, 0);
});
test('E.3', '7.1.5', 'a reason is made fit to be read', async (t) => {
	const { c, p } = await open(t);
	await c.send(f(CLOSE, closing(4409, 'a\u001b[2J\nvm-x: b\u0000\u009bc')));
	await hears(c, 4409);
	c.stream.end();
	await exits(p, 75);
	saysOneLine(p);
	must(!/[\u0000-\u0009\u000b-\u001f\u0080-\u009f]/.test(p.err), show(p.err));
});
for (const [i, [title, end]] of [
	['TCP ends, no close', async (c) => c.fin()],
	['TCP is reset', async (c) => c.reset()],
	['TCP ends amid a frame', async (c) => {
		await c.send(f(BIN, 'x', { length: 100 }));
		c.fin();
	}],
].entries())
	test(`E.4.${i + 1}`, '7.1.5', `${title}: 74`, async (t) => {
		const { c, p } = await open(t);
		await c.ping('alive');
		await end(c);
		await exits(p, 74);
		must(/1006/.test(p.err), p.err);
		saysOneLine(p);
	});
test('E.4.4', 'RFC 5246 7.2.1', 'close_notify, no close: 74', async (t) => {
	const { c, p } = await open(t);
	await c.ping('alive');
	c.stream.end();
	await exits(p, 74);
}, { only: 'wss' });
test('E.5', '7.1.1', 'the server is let close TCP first', async (t) => {
	const { c, p } = await open(t);
	await c.send(f(CLOSE, closing(1000)));
	const r = await c.frame();
	same(r.op, CLOSE, 'the opcode');
	await sleep(300);
	must(!p.ended && c.end === null, 'it ended TCP first');
	c.stream.end();
	await exits(p, 0);
});
test('E.5b', '7.1.1', '... but is not waited for for ever', async (t) => {
	const { c, p } = await open(t), began = Date.now();
	await c.send(f(CLOSE, closing(1000)));
	await hears(c, 1000);
	await exits(p, 0);
	must(Date.now() - began < 8000 * SLOW, 'it took too long');
});
test('E.6', '7.1', 'the end of its input is 1000, its answer status 0',
	async (t) => {
		const { c, p } = await open(t, { far: [],
			program: { stdin: 'pipe' } });
		p.child.stdin.end('hello');
		await c.echoed('hello');
		same((await c.control(CLOSE)).code, 1000, 'the code');
		await c.send(f(CLOSE, closing(1000)));
		c.stream.end();
		await exits(p, 0);
		same(p.err, '', 'it said');
	});
for (const [code, status] of [[1011, 74], [1008, 77], [4409, 75], [4065, 65],
	[1001, 0]])
	test(`E.6.${code}`, '7.1.5', `... but status ${status} by an answer of ${code}`,
		async (t) => {
			const { c, p } = await open(t, { far: [],
				program: { stdin: 'pipe' } });
			p.child.stdin.end();
			same((await c.control(CLOSE)).code, 1000, 'the code');
			await c.send(f(CLOSE, closing(code, 'why')));
			c.stream.end();
			await exits(p, status);
		});
test('E.6b', '7.1.1', 'its close is not answered', async (t) => {
	const { c, p } = await open(t, { far: [], program: { stdin: 'pipe' } });
	const began = Date.now();
	p.child.stdin.end();
	same((await c.control(CLOSE)).code, 1000, 'the code');
	await exits(p, 74);
	must(Date.now() - began < 8000 * SLOW, 'it took too long');
});
test('E.6c', '7.1', 'what comes goes to its output, whole', async (t) => {
	const { c, p } = await open(t, { far: [], program: { stdin: 'pipe' } });
	const data = Buffer.alloc(1 << 20, 'x');
	c.offer(f(BIN, data), f(CLOSE, closing(1000)));
	await hears(c, 1000);
	c.stream.end();
	await exits(p, 0);
	same(p.out.length, data.length, 'bytes');
});
for (const [status, code] of [[0, 1000], [1, 1011], [65, 4065], [75, 4409],
	[77, 1008]])
	test(`E.7.${status}`, '7.4', `its command's status ${status} is ${code}`,
		async (t) => {
			const { c } = await open(t, { args: ['-e'], far: ['sh', '-c',
				`echo why >&2; exit ${status}`] });
			const r = await c.control(CLOSE);
			same(r.code, code, 'the code');
			same(r.reason, 'why', 'the reason');
		});
for (const [signal, code] of [['SIGTERM', 1001], ['SIGINT', 1000]])
	test(`E.8.${signal}`, '7.4.1', `${signal} is ${code}`, async (t) => {
		const { c, p } = await open(t);
		await c.ping('alive');
		p.child.kill(signal);
		same((await c.control(CLOSE)).code, code, 'the code');
		await c.send(f(CLOSE, closing(code)));
		c.stream.end();
		await exits(p, 0);
	});
test('E.9', '5.5.2', 'silence: pings, then the end: 74', async (t) => {
	const { c, p } = await open(t, { args: ['-i', '1'] }), began = Date.now();
	const r = await c.rest();
	const took = Date.now() - began;
	must(r.pings >= 2 && r.pings <= 3, `${r.pings} pings`);
	must(took > 2000 && took < 6000 * SLOW, `after ${took} ms`);
	await exits(p, 74);
});
test('E.10', '5.5.2', 'pongs keep it alive', async (t) => {
	const x = await open(t, { args: ['-i', '1'] });
	for (let i = 0; i < 5; i++)
		await x.c.send(f(PONG, (await x.c.control(PING)).payload));
	await farewell(x);
});
test('E.11', '-U', 'a Unix socket as the backend', async (t) => {
	const path = t.file('far');
	const server = net.createServer((s) => s.pipe(s)).listen(path);
	try {
		const x = await open(t, { args: ['-U', path], far: [] });
		await x.c.send(f(BIN, 'hello'));
		await x.c.echoed('hello');
		await farewell(x);
	} finally {
		server.close();
	}
});

group('load', { alone: true, slow: 50 });
test('L.1', '5', '32 MiB of echo for a server that does not read at first',
	async (t) => {
		const { c, p } = await open(t), piece = pattern(1 << 18);
		let at = 0, last = -1, still = 0;
		const total = 32 << 20, sending = (async () => {
			for (; at < total; at += piece.length)
				await c.send(f(BIN, piece));
		})();
		while (still < 10 && at < total) {
			await sleep(50);
			still = at === last ? still + 1 : 0;
			last = at;
		}
		must(at < total, 'all of it was taken: where is it?');
		thin(p);
		const got = crypto.createHash('sha256');
		const want = crypto.createHash('sha256');
		for (let i = 0; i < total; i += piece.length)
			want.update(piece);
		for (let left = total; left > 0;) {
			const r = await c.frame();
			got.update(r.payload);
			left -= r.payload.length;
		}
		await sending;
		same(got.digest('hex'), want.digest('hex'), 'the hash');
		thin(p);
	});
test('L.2', '5.4', 'a million fragments of one byte', async (t) => {
	const x = await open(t), n = 1000000, one = f(CONT, 'x', { fin: false });
	const all = Buffer.concat([f(BIN, 'x', { fin: false }),
		Buffer.alloc((n - 2) * one.length, one), f(CONT, 'x')]);
	x.c.offer(all);
	await x.c.echoed(Buffer.alloc(n, 'x'));
	thin(x.p);
	await farewell(x);
});

// --- TLS ----------------------------------------------------------------------------

group('verify', { only: 'wss' });

// Connect one client to a TLS server with that certificate. Returns its exit
// status, or an open WebSocket that is then closed properly.
async function verify(t, o, status) {
	const l = await listen(t);
	const p = t.client(`wss://${o.host ?? 'localhost'}:${l.port}/`, o.args,
		['cat']);
	// It may end before it connects, or in the middle of TLS: both are
	// right.
	const c = await Promise.race([p.exit, (async () => {
		const raw = await l.next();
		raw.resume();
		const tls = await Conn.over(raw, {
			cert: read(`${o.cert ?? 'server'}.pem`),
			key: read(`${o.cert ?? 'server'}.key`),
			SNICallback: (name, done) => {
				o.sni = name;
				done(null, null);
			}, ...o.tls }, false).catch((e) => {
			t.note(`the server saw ${e.code ?? e.message}`);
			return p.exit;
		});
		if (tls instanceof Conn)
			tls.request = await tls.block();
		return tls;
	})()]);
	if (status === 0) {
		must(c?.request, `it was not trusted: ${p.err}`);
		t.conns.push(c);
		await c.send(answer(c));
		await farewell({ c, p });
		return;
	}
	must(!c?.request, 'it sent its request');
	l.calls.forEach((raw) => raw.destroy());
	await exits(p, status);
	saysOneLine(p);
	must(p.err.includes(o.says ?? ''), p.err);
}
const fingerprint = (name) => new crypto.X509Certificate(read(name))
	.fingerprint256.replaceAll(':', '');
const pin = (name) => ['-f', fingerprint(name).toLowerCase()];
const own = ['-a', 'ca.pem'];

test('V.1', '4.1', 'a CA of one\'s own, the right name', async (t) => {
	const o = { args: own };
	await verify(t, o, 0);
	same(o.sni, 'localhost', 'RFC 6066 3: SNI');
});
test('V.2', '4.1', 'an unknown CA: 77', (t) =>
	verify(t, { args: ['-a', 'other-ca.pem'] }, 77));
test('V.3', '4.1', 'the system\'s CAs do not know it: 77', (t) =>
	verify(t, { args: [] }, 77));
test('V.4', '4.1', 'another name: 77', (t) =>
	verify(t, { args: own, cert: 'other' }, 77));
test('V.5', '4.1', 'expired: 77', (t) =>
	verify(t, { args: own, cert: 'expired' }, 77));
test('V.6', '4.1', 'not yet valid: 77', (t) =>
	verify(t, { args: own, cert: 'early' }, 77));
test('V.7', '-f', 'the right pin, an unknown CA, another name', (t) =>
	verify(t, { args: pin('self.pem'), cert: 'self' }, 0));
test('V.7b', '-f', 'the right pin, expired', (t) =>
	verify(t, { args: pin('expired.pem'), cert: 'expired' }, 0));
test('V.8', '-f', 'the wrong pin, a good CA: 77', (t) =>
	verify(t, { args: [...own, ...pin('self.pem')] }, 77));
test('V.9', '-f', 'an IP address by its pin', async (t) => {
	const o = { args: pin('server.pem'), host: '127.0.0.1' };
	await verify(t, o, 0);
	same(o.sni, undefined, 'RFC 6066 3: no SNI for an address');
});
test('V.9b', '-a', 'an IP address by its CA is not verified', (t) =>
	verify(t, { args: own, host: '127.0.0.1' }, [64, 77]));
test('V.10', '-f', 'capitals, and colons or not', async (t) => {
	await verify(t, { args: ['-f', fingerprint('self.pem')], cert: 'self' }, 0);
});
test('V.11', '-f', 'half a byte is none, whatever follows it', async (t) => {
	await exits(t.client('wss://localhost:1/', ['-f', 'a'.repeat(63), ''], []),
		64);
});
for (const [i, value] of ['', 'abcd', 'x'.repeat(64), 'a'.repeat(63),
	'a'.repeat(66), '-1'.repeat(32)].entries())
	test(`V.11.${i + 1}`, '-f', `no pin: ${show(value)}`, async (t) => {
		const p = t.client('wss://localhost:1/', ['-f', value], ['cat']);
		await exits(p, 64);
	});
test('V.12', '-a', 'self-signed is not trusted without a pin: 77', (t) =>
	verify(t, { args: own, cert: 'self' }, 77));
test('V.13', 'RFC 5280 6.1', 'a leaf that signs for others: 77', (t) =>
	verify(t, { args: own, cert: 'forged' }, 77));
test('V.14', '-f', 'the pin is of the leaf, not of what follows it: 77', (t) =>
	verify(t, { args: pin('server.pem'), cert: 'forged' }, 77));
test('V.15', '-a', 'a CA file that is none', async (t) => {
	const empty = t.file('empty');
	fs.writeFileSync(empty, '');
	for (const name of [empty, 'server.key', 'not-there']) {
		const p = t.client('wss://localhost:1/', ['-a', name], ['cat']);
		const status = await p.exit;
		must([64, 65, 66, 77, 78].includes(status), `${name}: ${status}`);
		saysOneLine(p);
	}
});
test('V.16', 'RFC 8996', 'a server of TLS 1.1', (t) => verify(t, { args: own,
	tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1',
		ciphers: 'DEFAULT@SECLEVEL=0' } }, [69, 74, 76, 77]));
test('V.16b', '-C', 'a server of TLS 1.3 only: it says so', (t) => verify(t, {
	args: own, tls: { minVersion: 'TLSv1.3' },
	says: 'does not speak TLS 1.2' }, [69, 76]));
test('V.17', '10.6', 'a server without TLS', async (t) => {
	const l = await listen(t);
	const p = t.client(`wss://localhost:${l.port}/`, own, ['cat']);
	const raw = await l.next();
	raw.resume();
	raw.end('HTTP/1.1 400 Bad Request\r\n\r\n');
	await exits(p, [69, 74, 76, 77]);
	saysOneLine(p);
});
test('V.18', '10.6', 'a TLS server that says nothing', async (t) => {
	const l = await listen(t), began = Date.now();
	const p = t.client(`wss://localhost:${l.port}/`, own, ['cat']);
	(await l.next()).resume();
	await exits(p, [69, 74, 75, 76]);
	saysOneLine(p);
	must(Date.now() - began < 13000 * SLOW, 'it took too long');
}, { slow: 10 });

await main(process.argv.slice(2));
