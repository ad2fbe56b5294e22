// SPDX-License-Identifier: BSD-2-Clause
// The NBD server of the page (scripts/web/worker/nbd/) with clients that break
// the protocol, and with one that keeps it. It exchanges octets only, without a
// connection.
//
// usage: PAGE_DIR=... node t/page/nbd.mjs TEST [SEED]

import assert from 'node:assert/strict';

const { NbdServer } = await import(`${process.env.PAGE_DIR}/web/worker/nbd/server.js`);

const SIZE = 100 << 20;
const READ = 0, WRITE = 1, DISC = 2, FLUSH = 3, TRIM = 4, ZEROES = 6;
const EPERM = 1, EIO = 5, EINVAL = 22, ENOSPC = 28;

// --- a client without a connection -------------------------------------------

function octets(...fields) {
	return Buffer.concat(fields.map((field) => {
		if (typeof field === 'string')
			return Buffer.from(field);
		if (!Array.isArray(field))
			return field;
		const [bits, value] = field;
		const buffer = Buffer.alloc(bits / 8);
		if (bits === 64)
			buffer.writeBigUInt64BE(BigInt(value));
		else
			buffer.writeUIntBE(value, 0, bits / 8);
		return buffer;
	}));
}
const u16 = (value) => [16, value];
const u32 = (value) => [32, value];
const u64 = (value) => [64, value];
const option = (type, data = Buffer.alloc(0), length = data.length) =>
	octets('IHAVEOPT', u32(type), u32(length), data);
const request = (type, offset, length, { flags = 0, cookie = 7, data } = {}) =>
	octets(u32(0x25609513), u16(flags), u16(type), u64(cookie), u64(offset),
		u32(length), data ?? Buffer.alloc(0));
const go = (name = '', infos = []) => option(7, octets(u32(name.length), name,
	u16(infos.length), ...infos.map(u16)));

class Client {
	constructor({ writable = false, answers = true, size = SIZE } = {}) {
		this.out = [];
		this.requests = [];
		this.ended = undefined;
		this.attached = 0;
		this.most = { requests: 0, bytes: 0 };
		this.answers = answers;
		this.nbd = new NbdServer({ size, name: 'a.img',
			description: 'page:a.img', writable }, {
			send: (data) => this.out.push(Buffer.from(data)),
			request: (asked) => this.request(asked),
			attached: () => this.attached++,
			ended: (fault) => {
				assert.equal(this.ended, undefined, 'ends once');
				this.ended = fault;
			},
		});
		this.nbd.start();
	}

	request(asked) {
		this.requests.push(asked);
		this.most.requests = Math.max(this.most.requests, this.nbd.requests);
		this.most.bytes = Math.max(this.most.bytes, this.nbd.bytes);
		if (this.answers)
			this.answer(asked);
	}

	answer(asked, error = 0) {
		this.nbd.answer(asked, error, asked.type === 'read' && !error ?
			[Buffer.alloc(asked.length, asked.offset / 512 % 256)] : []);
	}

	say(...parts) {
		this.nbd.receive(new Uint8Array(octets(...parts)));
		return this;
	}

	heard() {
		const all = Buffer.concat(this.out);
		this.out = [];
		return all;
	}

	// Do the handshake.
	static attached(how) {
		const client = new Client(how).say(u32(3), go());
		assert.equal(client.attached, 1);
		client.heard();
		return client;
	}

	// The error number of the only simple reply.
	error(cookie = 7) {
		const reply = this.heard();
		assert.equal(reply.length, 16);
		assert.equal(reply.readUInt32BE(0), 0x67446698);
		assert.equal(reply.readBigUInt64BE(8), BigInt(cookie));
		return reply.readUInt32BE(4);
	}
}

function ends(client, pattern) {
	assert.match(String(client.ended), pattern);
	client.heard();
	client.say(u32(3), go(), request(READ, 0, 512));
	assert.equal(client.heard().length, 0, 'silent after its end');
}

// --- tests ------------------------------------------------------------------

const tests = {
	handshake() {
		const client = new Client();
		assert.deepEqual(client.heard(), octets('NBDMAGIC', 'IHAVEOPT', u16(3)));
		client.say(u32(3), option(99));
		assert.equal(client.heard().readUInt32BE(12), 0x80000001);
		client.say(option(3));
		assert.equal(client.heard().length, 20 + 4 + 10 + 20);
		client.say(option(3, octets('x')));
		assert.equal(client.heard().readUInt32BE(12), 0x80000003);
		client.say(go('other'));
		assert.equal(client.heard().readUInt32BE(12), 0x80000006);
		client.say(option(6, octets(u32(0xffffffff), u16(0))));
		assert.equal(client.heard().readUInt32BE(12), 0x80000003);
		client.say(option(6, octets(u32(0))));
		assert.equal(client.heard().readUInt32BE(12), 0x80000003);
		client.say(option(6, octets(u32(0), u16(2), u16(3))));
		assert.equal(client.heard().readUInt32BE(12), 0x80000003);
		client.say(go('a.img', [0, 1, 2, 3, 77]));
		assert.equal(client.heard().length,
			20 + 12 + 20 + 7 + 20 + 12 + 20 + 14 + 20);
		assert.equal(client.attached, 1);
		assert.equal(client.ended, undefined);
	},

	'export-name'() {
		const client = new Client();
		client.heard();
		client.say(u32(1), option(1));
		const reply = client.heard();
		assert.equal(reply.length, 8 + 2 + 124);
		assert.equal(reply.readBigUInt64BE(0), BigInt(SIZE));
		assert.equal(reply.readUInt16BE(8), 1 | 2 | 4);
		ends(new Client().say(u32(3), option(1, octets('other'))), /not here/);
		// Without the fixed handshake, no other option is allowed.
		ends(new Client().say(u32(0), option(3)), /not negotiated/);
	},

	'bad-handshake'() {
		ends(new Client().say(u32(4)), /client flags/);
		ends(new Client().say('GET / HTTP/1.1\r\n'), /client flags/);
		ends(new Client().say(u32(3), 'IHAVEOPTIONS....'.slice(0, 16).replace('OPT', 'OPS')),
			/magic/);
		ends(new Client().say(u32(3), option(3, Buffer.alloc(0), 1 << 20)),
			/option of 1048576/);
		ends(new Client().say(u32(3), option(3, Buffer.alloc(0), 2 ** 32 - 1)),
			/option of 4294967295/);
		const many = new Client().say(u32(3));
		for (let i = 0; i < 65; i++)
			many.say(option(3));
		ends(many, /too many/);
		const leaves = new Client().say(u32(3), option(2));
		assert.equal(leaves.ended, null);
	},

	'bad-requests'() {
		const client = Client.attached();
		const fails = (error, ...words) => {
			client.say(request(...words));
			assert.equal(client.error(), error, words.join(' '));
		};
		fails(EINVAL, READ, 0, 2 ** 32 - 1);
		fails(EINVAL, READ, 0, (32 << 20) + 1);
		fails(EINVAL, READ, 0, 0);
		fails(EINVAL, READ, SIZE - 512, 513);
		fails(EINVAL, READ, SIZE, 1);
		fails(EINVAL, READ, 2n ** 64n - 1n, 1);
		fails(EINVAL, READ, 2n ** 64n - 512n, 1024);
		fails(EINVAL, READ, 0, 512, { flags: 4 });
		fails(EINVAL, READ, 0, 512, { flags: 0x8000 });
		fails(EINVAL, 5, 0, 512);
		fails(EINVAL, 7, 0, 512);
		fails(EINVAL, 65535, 0, 512);
		fails(EINVAL, FLUSH, 512, 0);
		fails(EPERM, WRITE, 0, 512, { data: Buffer.alloc(512) });
		fails(EPERM, TRIM, 0, 512);
		fails(EPERM, ZEROES, 0, 512);
		fails(0, FLUSH, 0, 0);
		assert.equal(client.ended, undefined);
		client.say(request(READ, SIZE - 512, 512));
		assert.equal(client.heard().length, 16 + 512);
		ends(Client.attached().say(request(WRITE, 0, 2 ** 32 - 1)),
			/write of 4294967295/);
		const magic = request(READ, 0, 512);
		magic[0] ^= 1;
		ends(Client.attached().say(magic), /magic/);
	},

	'bad-writes'() {
		const client = Client.attached({ writable: true });
		const fails = (error, ...words) => {
			client.say(request(...words));
			assert.equal(client.error(), error, words.join(' '));
		};
		fails(ENOSPC, WRITE, SIZE, 512, { data: Buffer.alloc(512) });
		fails(ENOSPC, ZEROES, SIZE - 512, 1024);
		fails(EINVAL, TRIM, SIZE - 512, 1024);
		fails(EINVAL, WRITE, 0, 512, { flags: 2, data: Buffer.alloc(512) });
		fails(0, WRITE, 0, 512, { flags: 1, data: Buffer.alloc(512) });
		fails(0, ZEROES, 0, SIZE, { flags: 3 });
		assert.deepEqual(client.requests.map(({ type, fua, noHole }) =>
			[type, fua, noHole]), [['write', true, false],
			['zero', true, true]]);
	},

	// However much the client requests, at most this much is under way.
	pipelined() {
		const client = Client.attached({ answers: false });
		const all = Buffer.concat(Array.from({ length: 10000 },
			(_, i) => request(READ, i * 4096, 4096, { cookie: i })));
		client.say(all);
		assert.equal(client.requests.length, 32);
		for (let i = 0; i < client.requests.length; i++)
			client.answer(client.requests[i]);
		assert.equal(client.requests.length, 10000);
		assert.deepEqual(client.most, { requests: 32, bytes: 32 * 4096 });
		assert.equal(client.heard().length, 10000 * (16 + 4096));
		// Immediate answers must not lead to recursion.
		client.answers = true;
		client.say(all);
		assert.equal(client.heard().length, 10000 * (16 + 4096));
	},

	'bytes-in-flight'() {
		const client = Client.attached({ answers: false });
		for (let i = 0; i < 32; i++)
			client.say(request(READ, i << 20, 1 << 20));
		assert.equal(client.requests.length, 8);
		client.answer(client.requests[0]);
		assert.equal(client.requests.length, 9);
		const huge = Client.attached({ answers: false });
		huge.say(request(READ, 0, 32 << 20), request(READ, 0, 512));
		assert.equal(huge.requests.length, 1);
		assert.equal(huge.ended, undefined);
	},

	held() {
		const client = Client.attached();
		client.nbd.held = true;
		client.say(request(READ, 0, 512));
		assert.equal(client.requests.length, 0);
		client.nbd.held = false;
		client.nbd.parse();
		assert.equal(client.requests.length, 1);
		// Unparsed input is kept only up to a limit.
		client.nbd.held = true;
		const part = Buffer.alloc(1 << 20);
		for (let i = 0; i < 65; i++)
			client.say(part);
		ends(client, /more requests than/);
	},

	structured() {
		const client = new Client().say(u32(3), option(8), go());
		client.heard();
		client.say(request(READ, 1024, 512, { flags: 4 }));
		const reply = client.heard();
		assert.equal(reply.length, 20 + 8 + 512);
		assert.equal(reply.readUInt32BE(0), 0x668e33ef);
		assert.equal(reply.readUInt16BE(4), 1);
		assert.equal(reply.readUInt16BE(6), 1);
		assert.equal(reply.readUInt32BE(16), 8 + 512);
		assert.equal(reply.readBigUInt64BE(20), 1024n);
		assert.equal(reply[28], 2);
		client.say(request(READ, SIZE, 512));
		const error = client.heard();
		assert.equal(error.length, 20 + 6);
		assert.equal(error.readUInt16BE(6), 0x8001);
		assert.equal(error.readUInt32BE(20), EINVAL);
	},

	// Requests under way are answered before the end; later ones are not.
	leave() {
		const client = Client.attached({ answers: false });
		client.say(request(READ, 0, 512), request(READ, 512, 512),
			request(DISC, 0, 0), request(READ, 1024, 512));
		assert.equal(client.requests.length, 2);
		client.answer(client.requests[1], EIO);
		assert.equal(client.error(), EIO);
		assert.equal(client.ended, undefined);
		client.answer(client.requests[0]);
		assert.equal(client.heard().length, 16 + 512);
		assert.equal(client.ended, null);
		const gone = Client.attached({ answers: false });
		gone.say(request(READ, 0, 512));
		gone.nbd.stop();
		gone.answer(gone.requests[0]);
		assert.equal(gone.heard().length, 0);
	},

	// A correct conversation gives the same result in pieces of any size.
	pieces() {
		const talk = octets(u32(3), option(8), option(3), go('', [3]),
			request(READ, 0, 4096), request(WRITE, 512, 9000,
				{ data: Buffer.alloc(9000, 1) }),
			request(ZEROES, 0, 512), request(READ, 512, 9000),
			request(DISC, 0, 0));
		const whole = new Client({ writable: true }).say(talk);
		const want = whole.heard();
		for (const size of [1, 2, 3, 7, 27, 28, 29, 1000, 4097]) {
			const client = new Client({ writable: true });
			for (let at = 0; at < talk.length; at += size)
				client.say(talk.subarray(at, at + size));
			assert.deepEqual(client.heard(), want, `pieces of ${size}`);
			assert.equal(client.ended, null);
		}
	},

	fuzz,
};

// --- random octets ----------------------------------------------------------

function randomNumbers(seed) {
	let state = seed >>> 0;
	return (below) => { // mulberry32
		state = state + 0x6d2b79f5 >>> 0;
		let t = Math.imul(state ^ state >>> 15, state | 1);
		t ^= t + Math.imul(t ^ t >>> 7, t | 61);
		return ((t ^ t >>> 14) >>> 0) % below;
	};
}

// A conversation of messages that are almost correct.
function babble(random) {
	const parts = [random(9) ? u32(3) : u32(random(8))];
	const number = () => [0, 1, 511, 512, 4096, 65536, SIZE - 1, SIZE,
		SIZE + 1, 33 << 20, 2 ** 32 - 1, random(2 ** 32)][random(12)];
	for (let i = random(6); i > 0; i--) {
		const data = Buffer.alloc(random(40), random(256));
		const type = random(10);
		parts.push(option(type === 2 || type === 1 ? 3 : type, data,
			random(10) ? data.length : number()));
	}
	parts.push(random(4) ? go('', [3, 2]) : option(1));
	for (let i = random(60); i > 0; i--) {
		const type = [READ, READ, WRITE, FLUSH, TRIM, ZEROES, random(65536)][random(7)];
		const length = random(3) ? random(100000) : number();
		const data = type === WRITE ? Buffer.alloc(Math.min(length, 200000)) :
			undefined;
		parts.push(request(type, number(), length,
			{ flags: random(3) ? 0 : random(16), cookie: i, data }));
	}
	const all = octets(...parts);
	for (let i = random(3); i > 0; i--)
		all[random(all.length)] ^= 1 << random(8);
	return all;
}

function fuzz(seed = 1) {
	const random = randomNumbers(Number(seed));
	const ends = new Map();
	for (let round = 0; round < 3000; round++) {
		const client = new Client({ writable: random(2) === 1,
			answers: random(3) > 0 });
		const talk = babble(random);
		for (let at = 0; at < talk.length;) {
			const size = 1 + random(random(2) ? 50 : 100000);
			client.say(talk.subarray(at, at + size));
			at += size;
			while (client.requests.length && random(2))
				pick(client, random);
		}
		check(client);
		const end = String(client.ended).replace(/[0-9].*/, '');
		ends.set(end, (ends.get(end) ?? 0) + 1);
	}
	console.log(ends);
	assert(ends.size > 4, 'the noise reaches many ends');
}

// Answer one of the waiting requests, if any.
function pick(client, random) {
	const [asked] = client.requests.splice(random(client.requests.length), 1);
	if (!client.answers)
		client.answer(asked, random(4) ? 0 : EIO);
}

function check(client) {
	const { nbd } = client;
	assert(nbd.requests >= 0 && nbd.requests <= 32);
	assert(nbd.bytes >= 0 && nbd.bytes <= (8 << 20) + (32 << 20));
	for (const { type, offset, length } of client.requests) {
		assert(['read', 'write', 'flush', 'trim', 'zero'].includes(type));
		assert(offset + length <= SIZE);
	}
	client.heard();
}

const [name, seed] = process.argv.slice(2);
tests[name](seed);
