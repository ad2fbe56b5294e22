#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// Attacks on a WebSocket server: pages of other sites, invalid tickets, and
// floods.

import crypto from 'node:crypto';
import fs from 'node:fs';
import { BIN, CLOSE, CONT, Conn, PING, PONG, closing, frame, must, same, show }
	from './peer.mjs';
import { SLOW, group, main, opts, processes, sleep, test, thin, until } from
	'./harness.mjs';

const own = (server) => (opts.scheme === 'wss' ? 'https://' : 'http://') +
	server.host;
const good = async (t, server, headers, line) => {
	const c = await t.open({ server, headers, line });
	await c.ping('alive');
	return c;
};
const bad = (t, server, headers, status = 403, line = undefined) =>
	t.refused((s) => t.request(s, headers, line), status, { server });

// --- other sites' pages (10.2) --------------------------------------------------

group('origin', { own: true });

test('O.1', '10.2', 'our own page', async (t) => {
	const server = await t.server();
	await good(t, server, { Origin: own(server) });
	await good(t, server, { Origin: `https://${server.host}` });
});
for (const [i, make] of [
	() => 'https://evil.example', () => 'null', () => 'file://', () => '',
	(h) => `https://evil${h}`, (h) => `https://${h}.evil.example`,
	(h) => `https://${h}@evil.example`, (h) => `https://evil.example@${h}`,
	(h) => `https://evil.example/https://${h}`, (h) => `https://${h}1`,
	(h) => `https://${h}/`, (h) => `https://${h}/x`, (h) => `https://${h}#`,
	(h) => `https://${h.slice(0, -1)}`, (h) => `https://${h.split(':')[0]}`,
	(h) => `https://${h.split(':')[0]}:1`, (h) => `ftp://${h}`,
	(h) => `wss://${h}`, (h) => `//${h}`, (h) => h, (h) => `https:${h}`,
	(h) => `https://evil.example https://${h}`,
	(h) => `https://${h} https://evil.example`,
	(h) => `https://${h}, https://evil.example`, () => '*', () => 'https://',
].entries())
	test(`O.2.${i + 1}`, '10.2', `Origin ${show(make('HOST:PORT'))}`,
		async (t) => {
			const server = await t.server();
			await bad(t, server, { Origin: make(server.host) }, [400, 403]);
		});
test('O.3', '10.2', 'two Origins, one of them our own', async (t) => {
	const server = await t.server();
	for (const list of [[own(server), 'https://evil.example'],
		['https://evil.example', own(server)], [own(server), own(server)]])
		await bad(t, server, { Origin: list }, [400, 403]);
});
test('O.4', '10.2', 'an Origin of http is foreign if we speak TLS', async (t) => {
	const server = await t.server();
	await bad(t, server, { Origin: `http://${server.host}` });
}, { only: 'wss' });
test('O.5', '-o', 'with a list: no other Origin, not even the Host', async (t) => {
	const server = await t.server(['-o', 'https://a.example',
		'-o', 'https://b.example:8443']);
	await good(t, server, { Origin: 'https://a.example' });
	await good(t, server, { Origin: 'https://b.example:8443' });
	for (const origin of [own(server), `https://${server.host}`,
		'https://a.example:8443', 'https://b.example', 'https://xa.example',
		'https://x.a.example', 'https://a.example.evil', 'https://a.exampl',
		'https://a.example.', 'http://a.example', 'null',
		'https://a.example/', 'https://a.example%00', 'https://a.example\\'])
		await bad(t, server, { Origin: origin }, [400, 403]);
});
test('O.5b', '10.2', '... nor the attacker\'s Host (DNS rebinding)',
	async (t) => {
		const server = await t.server(['-o', 'https://a.example']);
		await bad(t, server, { Origin: 'https://evil.example',
			Host: 'evil.example' });
	});
test('O.6', '-o', '* allows any Origin but null', async (t) => {
	const server = await t.server(['-o', '*']);
	await good(t, server, { Origin: 'https://anyone.example' });
	await bad(t, server, { Origin: 'null' });
});
test('O.7', '10.5', 'no Origin: a program, let in unless it has only a cookie',
	async (t) => {
		const server = await t.server();
		await good(t, server, {});
		await bad(t, server, { Cookie: 'BMCWEB-SESSION=abc' });
		await bad(t, server, { Cookie: ['a=b', 'c=d'] }, [400, 403]);
		await bad(t, server, { Cookie: 'SESSION=abc',
			'Sec-WebSocket-Protocol': 'vm.nbd.v1' });
	});
test('O.8', '10.2', 'a refusal starts no command', async (t) => {
	const file = t.file('ran');
	const server = await t.own([], ['sh', '-c', `echo ran >${file}; exec cat`]);
	await bad(t, server, { Origin: 'https://evil.example' });
	await bad(t, server, { Origin: 'null' });
	must(!fs.existsSync(file), 'it ran');
});
test('O.9', '10.2', 'an Origin in the log is made printable',
	async (t) => {
		const server = await t.own(['-v']);
		const c = await t.ask((s) => Buffer.from(t.request(s, { Origin:
			'https://\u009b2J\u0085evil' }), 'latin1'), { server });
		must(c.answer?.status !== 101, c.answer?.line);
		await c.ended();
		must(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(
			Buffer.from(server.err).toString('latin1')), show(server.err));
	});

// --- tickets --------------------------------------------------------------------

group('ticket', { own: true });

const word = () => crypto.randomBytes(32).toString('base64url');
const hash = (w) => crypto.createHash('sha256').update(w).digest('hex');
const uptime = () => Number(fs.readFileSync('/proc/uptime', 'latin1')
	.split(' ')[0]);
let dirs = 0;

// A server that requires tickets; issue() makes one.
async function guarded(t, args = [], far = ['cat']) {
	const dir = t.file(`tickets${dirs++}`);
	fs.mkdirSync(dir, { mode: 0o700 });
	const server = await t.own(['-t', dir, '-n', '40', ...args], far);
	server.file = (w) => `${dir}/${hash(w)}`;
	server.dir = dir;
	server.issue = (o = {}) => {
		const w = o.word ?? word();
		fs.writeFileSync(server.file(w), o.text ?? [
			`expires ${Math.floor(uptime()) + (o.life ?? 30)}`,
			...(o.paths ?? ['/vm/0']).map((p) => `path ${p}`),
			`once ${o.once ?? 'yes'}`, ''].join('\n'));
		return w;
	};
	return server;
}
const slot = 'GET /vm/0?client=a HTTP/1.1';
const offers = (...list) => ({ 'Sec-WebSocket-Protocol': list.join(', ') });
const no = [401, 403];

test('K.1', '10.5', 'no ticket', async (t) => {
	const server = await guarded(t);
	await bad(t, server, {}, no, slot);
	await bad(t, server, offers('vm.nbd.v1'), no, slot);
	await bad(t, server, offers('vm.nbd.v1', 'binary'), no, slot);
});
test('K.2', '10.5', 'a valid ticket, once; it is not the subprotocol of the answer',
	async (t) => {
		const server = await guarded(t), w = server.issue();
		const c = await good(t, server, offers('vm.nbd.v1', `ticket.${w}`), slot);
		same(c.answer.get('sec-websocket-protocol'), 'vm.nbd.v1', 'selected');
		must(!fs.existsSync(server.file(w)), 'its file is still there');
		await bad(t, server, offers('vm.nbd.v1', `ticket.${w}`), no, slot);
	});
test('K.2b', '10.5', 'a valid ticket before the subprotocol', async (t) => {
	const server = await guarded(t), w = server.issue();
	const c = await good(t, server, offers(`ticket.${w}`, 'vm.nbd.v1'), slot);
	same(c.answer.get('sec-websocket-protocol'), 'vm.nbd.v1', 'selected');
});
test('K.2c', '10.5', 'a valid ticket in a separate header', async (t) => {
	const server = await guarded(t), w = server.issue();
	const c = await good(t, server, { 'Sec-WebSocket-Protocol':
		['vm.nbd.v1', `ticket.${w}`] }, slot);
	same(c.answer.get('sec-websocket-protocol'), 'vm.nbd.v1', 'selected');
});
test('K.3', '10.5', 'the same ticket twenty times at once: one client is let in',
	async (t) => {
		const server = await guarded(t), w = server.issue();
		const all = await Promise.all(Array.from({ length: 20 }, () =>
			t.ask((s) => t.request(s, offers('vm.nbd.v1', `ticket.${w}`), slot),
				{ server })));
		const list = all.map((c) => c.answer?.status);
		same(list.filter((s) => s === 101).length, 1, `let in, of ${list}`);
	});
test('K.4', '10.5', 'an expired ticket', async (t) => {
	const server = await guarded(t);
	for (const life of [-1, -1000000]) {
		const w = server.issue({ life });
		await bad(t, server, offers('vm.nbd.v1', `ticket.${w}`), no, slot);
	}
});
test('K.5', '10.5', 'a ticket for another slot', async (t) => {
	const server = await guarded(t);
	for (const path of ['/vm/1', '/vm/00', '/vm/0/', '/vm/0/0', '/', '/vm',
		'/VM/0', '/vm/0;x', '/nbd/0', '//vm/0']) {
		const w = server.issue({ once: 'no' });
		await bad(t, server, offers('vm.nbd.v1', `ticket.${w}`), no,
			`GET ${path} HTTP/1.1`);
	}
}, { slow: 5 });
test('K.5b', '10.5', 'a ticket for several paths', async (t) => {
	const server = await guarded(t);
	const w = server.issue({ once: 'no', paths: ['/vm/0', '/vm/0/0'] });
	for (const path of ['/vm/0', '/vm/0/0', '/vm/0?x=/vm/1'])
		await good(t, server, offers('vm.nbd.v1', `ticket.${w}`),
			`GET ${path} HTTP/1.1`);
});
test('K.6', 'bmcweb', 'a ticket as the only subprotocol is the answer',
	async (t) => {
		const server = await guarded(t), w = server.issue();
		const c = await good(t, server, offers(w), slot);
		same(c.answer.get('sec-websocket-protocol'), w, 'selected');
		await bad(t, server, offers(w), no, slot);
	});
test('K.6b', 'bmcweb', '... but not beside others', async (t) => {
	const server = await guarded(t), w = server.issue({ once: 'no' });
	await bad(t, server, offers('vm.nbd.v1', w), no, slot);
	await bad(t, server, offers(w, 'vm.nbd.v1'), no, slot);
});
test('K.7', '10.5', 'words that are almost the ticket', async (t) => {
	const server = await guarded(t), w = server.issue({ once: 'no' });
	for (const x of [w.slice(0, -1), `${w}A`, w.toUpperCase(), '', hash(w),
		`${w[0] === 'a' ? 'b' : 'a'}${w.slice(1)}`])
		await bad(t, server, offers('vm.nbd.v1', `ticket.${x}`), [400, ...no],
			slot);
	await bad(t, server, offers('vm.nbd.v1', `Ticket.${w}`), no, slot);
	await good(t, server, offers('vm.nbd.v1', `ticket.${w}`), slot);
}, { slow: 5 });
test('K.7b', '10.5', 'words that are paths, empty, or long', async (t) => {
	const server = await guarded(t);
	for (const x of ['..', '.', '../../etc/passwd', '%2e%2e%2f', 'a'.repeat(3000),
		'', '.'.repeat(64), '*'])
		await bad(t, server, offers('vm.nbd.v1', `ticket.${x}`), [400, ...no],
			slot);
}, { slow: 5 });
test('K.7c', '10.5', 'two tickets', async (t) => {
	const server = await guarded(t);
	const a = server.issue({ once: 'no' });
	await bad(t, server, offers('vm.nbd.v1', `ticket.${word()}`,
		`ticket.${a}`), [400, ...no], slot);
});
test('K.8', '10.5', 'a ticket in the query does not count', async (t) => {
	const server = await guarded(t), w = server.issue({ once: 'no' });
	await bad(t, server, offers('vm.nbd.v1'), no,
		`GET /vm/0?ticket=${w} HTTP/1.1`);
});
for (const [i, text] of ['', 'once yes\n', 'expires 99999999\n',
	'path /vm/0\nonce no\n', 'expires x\npath /vm/0\nonce no\n',
	'expires -1\npath /vm/0\nonce no\n',
	'expires 99999999999999999999999\npath /vm/0\nonce no\n',
	'expires 1\npath /vm/0\nonce no\n',
	'expires 99999999\npath /vm/1\nonce no\n',
	'expires 99999999\npath \nonce no\n', '\0'.repeat(1000),
	'expires 99999999\npath /vm/0\nonce maybe\n',
	'expires 99999999\npath /vm/0',
	'a'.repeat(100000)].entries())
	test(`K.9.${i + 1}`, '-t', `a file that is none: ${show(text.slice(0, 40))}`,
		async (t) => {
			const server = await guarded(t), w = server.issue({ text });
			const headers = offers('vm.nbd.v1', `ticket.${w}`);
			// If the server accepts the ticket at all, it does so
			// only once.
			if (/9\npath \/vm\/0/.test(text))
				await t.ask((s) => t.request(s, headers, slot), { server });
			await bad(t, server, headers, no, slot);
		});
test('K.10', '10.2', 'a foreign page with a valid ticket does not use it up',
	async (t) => {
		const server = await guarded(t), w = server.issue();
		const headers = offers('vm.nbd.v1', `ticket.${w}`);
		await bad(t, server, { ...headers, Origin: 'https://evil.example' }, no,
			slot);
		await bad(t, server, { ...headers, Origin: 'null' }, no, slot);
		await good(t, server, { ...headers, Origin: own(server) }, slot);
	});
test('K.10b', '10.5', 'a ticket with a cookie is accepted', async (t) => {
	const server = await guarded(t), w = server.issue();
	await good(t, server, { ...offers('vm.nbd.v1', `ticket.${w}`),
		Cookie: 'a=b' }, slot);
});
test('K.11', '-t', 'resume: reconnecting with the client\'s own secret', async (t) => {
	const server = await guarded(t), w = server.issue(), r = word();
	const c = await good(t, server, offers('vm.nbd.v1', `ticket.${w}`,
		`resume.${r}`), slot);
	same(c.answer.get('sec-websocket-protocol'), 'vm.nbd.v1', 'selected');
	for (let i = 0; i < 3; i++) {
		const d = await good(t, server, offers('vm.nbd.v1', `resume.${r}`),
			slot);
		same(d.answer.get('sec-websocket-protocol'), 'vm.nbd.v1', 'selected');
	}
	await bad(t, server, offers('vm.nbd.v1', `resume.${r}`), no,
		'GET /vm/1 HTTP/1.1');
	await bad(t, server, offers('vm.nbd.v1', `resume.${word()}`), no, slot);
	fs.rmSync(server.file(r));
	await bad(t, server, offers('vm.nbd.v1', `resume.${r}`), no, slot);
});
test('K.11b', '-t', '... and with the used ticket, as pages do', async (t) => {
	const server = await guarded(t), w = server.issue(), r = word();
	const all = offers('vm.nbd.v1', `ticket.${w}`, `resume.${r}`);
	await good(t, server, all, slot);
	await good(t, server, all, slot);
});
test('K.12', '-t', 'resume without a ticket, or with a bad one', async (t) => {
	const server = await guarded(t), r = word();
	await bad(t, server, offers('vm.nbd.v1', `resume.${r}`), no, slot);
	await bad(t, server, offers('vm.nbd.v1', `ticket.${word()}`,
		`resume.${r}`), no, slot);
	const old = server.issue({ life: -1 });
	await bad(t, server, offers('vm.nbd.v1', `ticket.${old}`, `resume.${r}`),
		no, slot);
	same(fs.readdirSync(server.dir).filter((n) => n === hash(r)).length, 0,
		'its file');
});
for (const [i, r] of ['', 'x', '../x', 'a'.repeat(19), 'a'.repeat(300),
	'.'.repeat(30)].entries())
	test(`K.13.${i + 1}`, '-t', `a secret that is none: ${show(r)}`,
		async (t) => {
			const server = await guarded(t), w = server.issue();
			const c = await t.ask((s) => t.request(s, offers('vm.nbd.v1',
				`ticket.${w}`, `resume.${r}`), slot), { server });
			must([101, 400, ...no].includes(c.answer?.status), c.answer?.line);
			const left = fs.readdirSync(server.dir).filter((n) => n !== hash(w));
			same(left.join(), '', 'files');
			await bad(t, server, offers('vm.nbd.v1', `resume.${r}`),
				[400, ...no], slot);
		});
test('K.14', '10.5', 'the ticket is in no list, environment or log',
	async (t) => {
		const server = await guarded(t, ['-v'], ['sh', '-c',
			'env; cat /proc/$$/cmdline; exec cat']);
		const w = server.issue(), r = word(), used = [w, r];
		const c = await good2(t, server, w, r);
		for (const p of processes())
			for (const what of ['cmdline', 'environ']) {
				let text = '';
				try {
					text = fs.readFileSync(`/proc/${p.pid}/${what}`, 'latin1');
				} catch {
					continue;
				}
				for (const x of used)
					must(!text.includes(x), `it is in ${p.name}'s ${what}`);
			}
		await c.send(frame(CLOSE, closing(1000)));
		const seen = (await c.rest()).data.toString('latin1');
		must(seen.includes('VM_WS_PATH=/vm/0'), 'the command said nothing');
		await bad(t, server, offers('vm.nbd.v1', `ticket.${w}`), no, slot);
		await server.stop();
		for (const x of used)
			must(!seen.includes(x) && !server.err.includes(x),
				'it is in the log, or the command\'s environment');
		for (const name of fs.readdirSync(server.dir))
			for (const x of used)
				must(!name.includes(x) && !fs.readFileSync(
					`${server.dir}/${name}`, 'latin1').includes(x),
				'it is in a file');
	});
// Like good(), but keeps its data.
const good2 = (t, server, w, r) => t.open({ server, line: slot,
	headers: offers('vm.nbd.v1', `ticket.${w}`, `resume.${r}`) });
test('K.15', '-A', 'the configured command accepts or refuses', async (t) => {
	const file = t.file('asked');
	const server = await t.own(['-A', `cat >${file}; grep -q "^X-Ok: yes" ${file}`]);
	await good(t, server, { 'X-Ok': 'yes', 'Cookie': 'a=b',
		'Origin': own(server) }, slot);
	const asked = fs.readFileSync(file, 'latin1');
	must(asked.startsWith(`${slot}\r\n`) && asked.includes('Cookie: a=b\r\n'),
		show(asked));
	await bad(t, server, { 'X-Ok': 'no' }, 403);
	await bad(t, server, { 'X-Ok': 'yes', 'Origin': 'https://evil.example' },
		403);
});
test('K.15b', '-A', 'a command that does not answer', async (t) => {
	const server = await t.own(['-A', 'sleep 1000']), began = Date.now();
	const c = await t.ask((s) => t.request(s), { server });
	must(c.answer === null || [403, 408, 503].includes(c.answer.status),
		c.answer?.line);
	must(Date.now() - began < 15000 * SLOW, 'it took too long');
	await c.ended();
	await until(() => !server.tree().some((p) => p.name === 'sleep'));
}, { slow: 10 });
test('K.15c', '-A -t', 'a command or a ticket is enough', async (t) => {
	const server = await guarded(t, ['-A', 'grep -q "^X-Ok: yes"']);
	const w = server.issue();
	await good(t, server, { 'X-Ok': 'yes' }, slot);
	await good(t, server, offers('vm.nbd.v1', `ticket.${w}`), slot);
	await bad(t, server, {}, no, slot);
});

// --- the client's address -------------------------------------------------------

group('forwarded', { own: true });

const tell = ['sh', '-c', 'printf "%s\\n" "$VM_WS_PEER"'];
async function told(t, args, headers) {
	const c = await t.ask((s) => t.request(s, headers),
		{ server: await t.server(args, tell) });
	if (c.answer.status !== 101)
		return c.answer.status;
	const line = await c.frame();
	await c.send(frame(CLOSE, closing(1000)));
	await c.ended();
	return line.payload.toString().trimEnd();
}
test('X.1', '-x', 'the last address of X-Forwarded-For', async (t) => {
	for (const [value, want] of [['10.0.0.1', '10.0.0.1'],
		['6.6.6.6, 10.0.0.2', '10.0.0.2'], [['6.6.6.6', '10.0.0.3'], '10.0.0.3'],
		['6.6.6.6,2001:db8::1', '2001:db8::1']])
		same(await told(t, ['-x'], { 'X-Forwarded-For': value }), want,
			show(value));
});
test('X.2', '-x', 'without -x, a client can\'t choose its address', async (t) => {
	same(await told(t, [], { 'X-Forwarded-For': '10.0.0.1' }), '127.0.0.1',
		'the peer');
});
test('X.3', '-x', 'an invalid address is not accepted', async (t) => {
	for (const value of ['$(touch pwned)', 'a b', '"10.0.0.1"', '', ',',
		'10.0.0.1, ', 'x'.repeat(500), '10.0.0.1:80x']) {
		const got = await told(t, ['-x'], { 'X-Forwarded-For': value });
		must([400, 403].includes(got) || got === '127.0.0.1' ||
			/^[0-9a-f.:?-]{0,64}$/.test(got), `${show(value)}: ${show(got)}`);
	}
});

// --- floods ---------------------------------------------------------------------

group('flood', { own: true, alone: true, slow: 50 });

test('D.1', '10.4', 'a million fragments of one byte', async (t) => {
	const server = await t.own(), c = await t.open({ server });
	const n = 1000000, one = frame(CONT, 'x',
		{ fin: false, mask: Buffer.alloc(4, 1) });
	c.offer(frame(BIN, 'x', { fin: false }),
		Buffer.alloc((n - 2) * one.length, one), frame(CONT, 'x'));
	await c.echoed(Buffer.alloc(n, 'x'));
	thin(server);
	await c.ping('alive');
});
test('D.2', '10.4', 'a million empty fragments, then data', async (t) => {
	const server = await t.own(), c = await t.open({ server });
	const one = frame(CONT, '', { fin: false });
	c.offer(frame(BIN, '', { fin: false }),
		Buffer.alloc(1000000 * one.length, one), frame(CONT, 'end'));
	await c.echoed('end');
	thin(server);
});
test('D.3', '5.5.3', '100,000 pings: the newest is answered', async (t) => {
	const server = await t.own(), c = await t.open({ server });
	const list = [];
	for (let i = 0; i < 100000; i++)
		list.push(frame(PING, `${i}`, { mask: Buffer.alloc(4, i) }));
	c.offer(Buffer.concat(list));
	let last = -1, count = 0;
	while (last < 99999) {
		const now = Number((await c.control(PONG)).payload.toString());
		must(now > last, `5.5.3: pong ${now} came behind ${last}`);
		last = now;
		count++;
	}
	t.note(`${count} pongs`);
	thin(server);
	await c.send(frame(BIN, 'alive'));
	await c.echoed('alive');
});
test('D.4', '5.5.3', '100,000 long pings from a client that reads nothing',
	async (t) => {
		const server = await t.own(), c = await t.open({ server });
		const one = frame(PING, Buffer.alloc(125, 'p'));
		const done = c.offer(Buffer.alloc(100000 * one.length, one));
		let still = 0, last = -1;
		while (still < 10) {
			const now = c.raw.bytesWritten - c.raw.writableLength;
			still = now === last ? still + 1 : 0;
			last = now;
			await sleep(50);
		}
		thin(server);
		c.reset();
		await done;
		await until(() => server.tree().length === 1);
		const d = await t.open({ server });
		await d.ping('alive');
	});
test('D.5', '10.4', '100,000 unsolicited pongs', async (t) => {
	const server = await t.own(), c = await t.open({ server });
	const one = frame(PONG, 'x');
	c.offer(Buffer.alloc(100000 * one.length, one), frame(BIN, 'alive'));
	await c.echoed('alive');
	thin(server);
});
test('D.6', '10.7', '300 clients that come and go, in three ways', async (t) => {
	const server = await t.own(['-n', '400']);
	for (let i = 0; i < 300; i++) {
		const c = await t.connect(server, { tls: false });
		if (i % 3 === 1)
			c.raw.write(t.request(server).slice(0, i));
		if (i % 3 === 2)
			c.raw.write(t.request(server));
		c.reset();
	}
	const c = await t.open({ server });
	await c.ping('alive');
	await c.send(frame(CLOSE, closing(1000)));
	await c.closes(1000);
	await until(() => server.tree().length === 1);
	thin(server);
});
test('D.7', '-n', 'with too many clients, new ones get an error until there is room', async (t) => {
	const server = await t.own(['-n', '3']), list = [];
	for (let i = 0; i < 3; i++)
		list.push(await good(t, server, {}));
	for (let i = 0; i < 3; i++) {
		const c = await t.open({ server });
		// A page can only see a close.
		const r = await c.closes(1013, { data: '', answers: true });
		same(r.close.reason, 'busy, try again', 'the reason');
		await list[0].ping('still');
	}
	await list[1].send(frame(CLOSE, closing(1000)));
	await list[1].closes(1000);
	await until(async () => {
		const c = await t.open({ server });
		await c.offer(frame(PING, 'in'));
		const f = await c.frame();
		return f?.op === PONG;
	});
});
test('D.8', '10.7', 'a client that connects 200 times and sends nothing',
	async (t) => {
		const server = await t.own(['-n', '20']);
		const list = [];
		for (let i = 0; i < 200; i++)
			list.push(await t.connect(server, { tls: false })
				.catch(() => null));
		thin(server);
		// The oldest connections make room, at once, for a client that
		// sends something.
		const c = await t.open({ server });
		await c.ping('alive');
		await until(() => server.tree().length <= 2 * 20 + 3);
	});
test('D.9', '10.4', 'a header, byte by byte, by 8 at once', async (t) => {
	const server = await t.own(['-n', '20']);
	await Promise.all(Array.from({ length: 8 }, async () => {
		const c = await t.connect(server);
		for (let i = 0; i < 9000 && c.end === null; i++)
			if (!await c.offer('A'))
				break;
		const answer = await c.block().catch(() => null);
		must(answer === null || [400, 431].includes(answer.status),
			answer?.line);
	}));
	thin(server);
});
test('D.10', '10.4', 'a peer that never reads, while pinging and closing',
	async (t) => {
		const server = await t.own(['-i', '1'], ['cat', '/dev/zero']);
		const c = await t.open({ server });
		c.offer(...Array.from({ length: 1000 }, () => frame(PING, 'x')),
			frame(CLOSE, closing(1000)));
		// The server reads its close, but the client does not read its
		// data.
		await until(() => server.tree().length === 1);
	});

// --- by address: run where 192.0.2.1 and .2 are this machine's, but not loopback

group('peers', { own: true, alone: true, slow: 40 });

test('P.1', '-m', 'of three at the door of one address, the first goes', async (t) => {
	const server = await t.own(['-N', '-n', '20']);
	const first = await t.connect(server, { tls: false });
	await t.connect(server, { tls: false });
	await good(t, server, {});
	await t.connect(server, { tls: false });
	await first.ended();
	await good({ open: (o) => t.open({ ...o, from: '192.0.2.2' }) }, server, {});
});
test('P.2', '-m', 'those that were let in do not count', async (t) => {
	const server = await t.own(['-N', '-n', '20']);
	for (let i = 0; i < 5; i++)
		await good(t, server, {});
});
test('P.3', '10.5', 'who guesses tickets is barred, others are not',
	async (t) => {
		const dir = t.file('tickets'), w = word();
		fs.mkdirSync(dir);
		const server = await t.own(['-N', '-n', '20', '-t', dir]);
		const statuses = [];
		for (let i = 0; i < 8; i++) {
			const c = await t.ask((s) => t.request(s, offers('vm.nbd.v1',
				`ticket.${word()}`), slot), { server }).catch(() => null);
			statuses.push(c?.answer?.status ?? 'none');
			await c?.ended();
			c?.destroy();
			await until(() => server.tree().length === 1);
		}
		t.note(statuses.join(' '));
		must(statuses.slice(0, 4).every((s) => s === 403 || s === 401),
			statuses.join(' '));
		must(statuses.at(-1) !== 403 && statuses.at(-1) !== 401,
			'still answered');
		fs.writeFileSync(`${dir}/${hash(w)}`,
			`expires ${Math.floor(uptime()) + 60}\npath /vm/0\nonce no\n`);
		const from = (o) => t.open({ ...o, from: '192.0.2.2' });
		await good({ open: from }, server,
			offers('vm.nbd.v1', `ticket.${w}`), slot);
		const c = await t.ask((s) => t.request(s, offers('vm.nbd.v1',
			`ticket.${w}`), slot), { server }).catch(() => null);
		must(c?.answer?.status !== 101, 'it was let in while it is barred');
	});

await main(process.argv.slice(2));
