// SPDX-License-Identifier: BSD-2-Clause
// Parts of the page, with orders of events that a browser can't produce: its
// link with a fake WebSocket and a fake clock, its worker with fake files.
//
// usage: PAGE_DIR=... node t/page/parts.mjs TEST

import assert from 'node:assert/strict';

const web = `${process.env.PAGE_DIR}/web`;

// --- a fake WebSocket and a fake clock ------------------------------------------

class Socket {
	static all = [];

	constructor(url) {
		this.url = url;
		this.readyState = 0;
		this.bufferedAmount = 0;
		this.answers = [];
		this.protocol = 'vm.nbd.v1';
		Socket.all.push(this);
	}

	send(octets) {
		this.answers.push(Buffer.from(octets));
	}

	close(code = 1000) {
		this.closed = code;
	}

	says(...parts) {
		this.onmessage({ data: new Uint8Array(Buffer.concat(parts)).buffer });
	}

	opens() {
		this.readyState = 1;
		this.onopen();
	}

	ends(code, reason = '') {
		this.readyState = 3;
		this.onclose({ code, reason });
	}
}

const timers = new Map();
let lastTimer = 0;

function fakes() {
	globalThis.WebSocket = Socket;
	globalThis.setTimeout = (call, ms) => {
		timers.set(++lastTimer, { call, ms });
		return lastTimer;
	};
	globalThis.clearTimeout = (id) => timers.delete(id);
}
// Fire the only timer; returns its milliseconds.
function timer() {
	assert.equal(timers.size, 1, 'timers');
	const [[id, { call, ms }]] = timers;
	timers.delete(id);
	call();
	return ms;
}

async function newLink() {
	fakes();
	const { Link } = await import(`${web}/worker/link.js`);
	const states = [], ends = [];
	const link = new Link({ url: 'ws://host/vm/0', ticket: 't', resume: 'r',
		client: 'c', name: 'n', writable: true }, {
		opened() {}, received() {}, dropped() {},
		state: (state) => states.push(state.name) && ends.push(state),
	});
	link.connect();
	Socket.all[0].opens();
	link.goOn();
	return { link, states, ends };
}

// until CONDITION: waits without a timer.
async function until(condition) {
	for (let i = 0; !condition(); i++) {
		assert.ok(i < 1e5, `gave up waiting for ${condition}`);
		await new Promise((done) => setImmediate(done));
	}
}

// --- fake files, a fake storage, and an NBD client -------------------------------

const MIB = 1 << 20;

// As in Firefox: a read returns the file's present content, even if the file
// has changed.
const fileOf = (name, octets, when) => ({ name, size: octets.length,
	lastModified: 0,
	slice: (from, to) => ({ arrayBuffer: async () => {
		await when;
		return octets.slice(from, to).buffer;
	} }) });

// A worker's storage, and the names of its files. Each file opens only after
// `gate`.
function storage() {
	const place = { names: new Set(), gate: null };
	class Handle {
		async createSyncAccessHandle() {
			await place.gate;
			return { close() {}, flush() {}, truncate() {}, getSize: () => 0,
				read: (octets) => octets.length,
				write: (octets) => octets.length };
		}
	}
	const directory = {
		keys: () => [...place.names].values(),
		getFileHandle: async (name) => place.names.add(name) && new Handle(),
		removeEntry: async (name) => place.names.delete(name),
	};
	const locks = { request: async (name, options, held) => held({ name }) };
	globalThis.FileSystemFileHandle = Handle;
	Object.defineProperty(globalThis, 'navigator', { configurable: true,
		value: { locks, storage: { getDirectory: async () => directory } } });
	return place;
}

const HELLO = Buffer.from('\0\0\0\x03IHAVEOPT\0\0\0\x01\0\0\0\0', 'latin1');
const HEADS = 18 + 10 + 16; // bytes of the greeting, the export, and one reply

function request(offset, length) {
	const octets = Buffer.alloc(28);
	octets.writeUInt32BE(0x25609513, 0);
	octets.writeBigUInt64BE(BigInt(offset), 16);
	octets.writeUInt32BE(length, 24);
	return octets;
}

async function serve(image) {
	fakes();
	const { Service } = await import(`${web}/worker/serve.js`);
	const states = [];
	const service = new Service(image, null, { url: 'ws://host/vm/0',
		ticket: 't', resume: 'r', client: 'c', name: 'n' },
	({ name }) => states.push(name));
	service.connect();
	return { service, states };
}

// The worker, and the messages that it has sent.
async function newWorker() {
	const told = [];
	globalThis.postMessage = (message) => told.push(message);
	globalThis.onmessage = null; // as it is in a worker
	await import(`${web}/worker/worker.js`);
	return { told, order: (type, more) =>
		globalThis.onmessage({ data: { type, ...more } }) };
}

// --- tests ------------------------------------------------------------------------

const tests = {
	// The connection is lost after a stop: the stop is not forgotten.
	async 'stop-lost'() {
		const { link, states } = await newLink();
		link.eject();
		assert.match(Socket.all[1].url, /[?&]eject=1/);
		Socket.all[0].ends(1006);
		assert.equal(states.at(-1), 'lost');
		assert.equal(Socket.all[1].closed, 1000, 'the one that asked');
		timer();
		assert.match(Socket.all[2].url, /[?&]again=1/);
		Socket.all[2].opens();
		link.goOn();
		assert.match(Socket.all[3].url, /[?&]eject=1/);
		assert.equal(states.at(-1), 'stopping');
		Socket.all[2].ends(1000, 'the client stopped serving the image');
		assert.equal(states.at(-1), 'stopped');
	},

	// ... but a new connect() cancels it.
	async 'stop-anew'() {
		const { link } = await newLink();
		link.eject();
		link.connect();
		Socket.all[2].opens();
		link.goOn();
		assert.equal(Socket.all.length, 3);
	},

	// The network is back: the link reconnects at once.
	async hurry() {
		const { link } = await newLink();
		Socket.all[0].ends(1006);
		for (let i = 0; i < 5; i++) {
			timer();
			Socket.all.at(-1).ends(1006);
		}
		assert.ok([...timers.values()][0].ms > 0);
		link.hurry();
		assert.equal(timer(), 0);
	},

	// The slot is busy, or the connection that asks for the eject is lost
	// or fails: the link asks again, while the other connection serves on.
	async 'stop-busy'() {
		const { link, states } = await newLink();
		link.eject();
		Socket.all[1].ends(4409, 'slot 0 is being used by 10.0.0.5');
		assert.equal(timer(), 1000);
		Socket.all[2].ends(1006);
		assert.equal(timer(), 1000);
		assert.equal(timer(), 10000, 'for a connection');
		assert.equal(Socket.all[3].closed, 1000);
		Socket.all[3].ends(1006);
		Socket.all[4].opens();
		Socket.all[4].ends(1012);
		timer();
		Socket.all[5].opens();
		Socket.all[5].ends(1000);
		assert.equal(timers.size, 1, 'for the end of the other connection');
		assert.equal(Socket.all.length, 6);
		for (const { url } of Socket.all.slice(1))
			assert.match(url, /[?&]eject=1/);
		assert.equal(Socket.all[0].closed, undefined);
		assert.equal(states.at(-1), 'stopping');
		Socket.all[0].ends(1000, 'the client stopped serving the image');
		assert.equal(states.at(-1), 'stopped');
		assert.equal(timers.size, 0);
	},

	// The page's words depend on whether the slot has said that it is
	// empty.
	async 'stop-told'() {
		const ask = async (protocol, event) => {
			Socket.all = [];
			const { link, ends } = await newLink();
			Socket.all[0].protocol = protocol;
			link.eject();
			event(...Socket.all);
			assert.equal(ends.at(-1).name, 'stopped');
			assert.equal(timers.size, 0);
			return ends.at(-1).untold;
		};
		const ours = (event) => ask('vm.nbd.v1', event);
		assert.equal(await ours((serving) => serving.ends(1000, '')), false);
		assert.equal(await ours((serving, asking) =>
			asking.ends(1000) || serving.ends(1006)), false);
		assert.equal(await ours((serving, asking) =>
			asking.ends(1000) || timer()), false);
		assert.equal(await ours((serving, asking) => asking.ends(1008)), true);
		// With a server of another kind, the close itself is the
		// request to eject.
		assert.equal(await ask('', (serving) =>
			assert.equal(serving.closed, 1000) || serving.ends(1000)), false);
		assert.equal(await ask('', (serving) => serving.ends(1006)), true);
		assert.equal(await ask('', () => timer()), true);
	},

	// ... until the other connection is lost as well,
	async 'stop-busy-lost'() {
		const { link, states } = await newLink();
		link.eject();
		Socket.all[1].ends(4409);
		Socket.all[0].ends(1006);
		assert.equal(states.at(-1), 'lost');
		assert.equal(timer(), 0);
		assert.match(Socket.all[2].url, /[?&]again=1/);
		assert.doesNotMatch(Socket.all[2].url, /eject/);
	},

	// ... or the user stops a second time, or the eject is refused.
	async 'stop-given-up'() {
		for (const end of [(link) => link.eject(),
			() => Socket.all[1].ends(1008, 'not for you'),
			() => Socket.all[1].ends(4466, 'no slot'),
			() => Socket.all[1].ends(4064, 'unknown parameter in the query'),
			(link) => Socket.all[1].ends(4409) || link.eject()]) {
			Socket.all = [];
			const { link, states } = await newLink();
			link.eject();
			end(link);
			assert.equal(Socket.all[0].closed, 1000);
			assert.equal(states.at(-1), 'stopped');
			assert.equal(timers.size, 0);
		}
	},

	// Stopped after a reconnection, before the image is attached again:
	// only one eject is sent.
	async 'stop-once'() {
		const { link, states } = await newLink();
		Socket.all[0].ends(1006);
		timer();
		Socket.all[1].opens();
		link.eject();
		link.goOn();
		assert.equal(Socket.all.length, 3);
		assert.equal(Socket.all[1].closed, undefined);
		assert.equal(states.at(-1), 'stopping');
	},

	// Two files are chosen, and the first is slow: the second is the image.
	async 'two-files'() {
		let go;
		const gate = new Promise((resolve) => {
			go = resolve;
		});
		const { told, order } = await newWorker();
		const slow = order('choose', { file: fileOf('slow',
			new Uint8Array(4096), gate) });
		await order('choose', { file: fileOf('fast', new Uint8Array(8192)) });
		go();
		await slow;
		assert.deepEqual(told.filter(({ type }) => type !== 'leftovers'),
			[{ type: 'image', size: 8192, cd: false }]);
	},

	// While the overlay of the first file was being made, the user stopped
	// and chose another file: nothing of that overlay is left.
	async 'two-overlays'() {
		fakes();
		const place = storage();
		const { told, order } = await newWorker();
		const to = { url: 'ws://host/vm/0', ticket: 't', resume: 'r',
			client: 'c', name: 'n' };
		const connect = () => order('connect', { to, writable: true });
		for (const between of [['stop'], []]) {
			let go;
			place.gate = new Promise((resolve) => {
				go = resolve;
			});
			await order('choose', { file: fileOf('first',
				new Uint8Array(4096).fill(1)) });
			const first = connect();
			await until(() => place.names.size > 0);
			for (const type of between)
				await order(type);
			await order('choose', { file: fileOf('second',
				new Uint8Array(4096).fill(2)) });
			go();
			await first;
			assert.equal(place.names.size, 0, 'what was made is gone');
			assert.equal(Socket.all.length, 0, 'nothing was served');
		}
		await connect();
		const [socket] = Socket.all;
		socket.opens();
		await until(() => socket.answers.length > 0);
		socket.says(HELLO, request(0, 512));
		const octets = () => Buffer.concat(socket.answers);
		await until(() => octets().length === HEADS + 512);
		assert.equal(octets().at(-1), 2, 'the second file');
		assert.equal(place.names.size, 1);
		assert.ok(told.every(({ type }) => type !== 'failed'));
	},

	// Connect, stop and connect: one of the two overlays stays.
	async 'one-overlay'() {
		fakes();
		const place = storage();
		const { order } = await newWorker();
		let go;
		place.gate = new Promise((resolve) => {
			go = resolve;
		});
		await order('choose', { file: fileOf('a', new Uint8Array(4096)) });
		const to = { url: 'ws://host/vm/0', ticket: 't', resume: 'r',
			client: 'c', name: 'n' };
		const connect = () => order('connect', { to, writable: true });
		const both = [connect()];
		await order('stop');
		both.push(connect());
		await until(() => place.names.size === 2);
		go();
		await Promise.all(both);
		assert.equal(place.names.size, 1);
		assert.equal(Socket.all.length, 1);
	},

	// A browser may go on reading a changed file: the page finds the change
	// at each connection,
	async 'file-changed'() {
		const { Image } = await import(`${web}/worker/image.js`);
		for (const at of [0, 3 * MIB - 1]) {
			const octets = new Uint8Array(3 * MIB);
			const image = await Image.open(fileOf('a', octets));
			await image.read(MIB, 512);
			await image.check();
			assert.ok(image.cached(MIB, 512));
			octets[at]++;
			await assert.rejects(image.check(), /another/);
			assert.equal(image.cached(MIB, 512), null);
			await assert.rejects(image.read(MIB, 512), /another/);
			octets[at]--;
			await assert.rejects(image.check(), /another/, 'for good');
		}
	},

	// ... also in the service,
	async 'file-changed-service'() {
		const { Image } = await import(`${web}/worker/image.js`);
		const octets = new Uint8Array(3 * MIB);
		const { states } = await serve(await Image.open(fileOf('a', octets)));
		Socket.all[0].opens();
		await until(() => Socket.all[0].answers.length > 0);
		Socket.all[0].says(HELLO, request(0, 512));
		Socket.all[0].ends(1006);
		octets[2 * MIB + 1]++;
		timer();
		Socket.all[1].opens();
		await until(() => Socket.all[1].closed);
		assert.equal(Socket.all[1].closed, 4005);
		assert.equal(states.at(-1), 'changed');
		assert.deepEqual(Socket.all[1].answers, []);
	},

	// ... and from time to time.
	async 'file-changed-meanwhile'() {
		let now = Date.now();
		Date.now = () => now;
		const { Image } = await import(`${web}/worker/image.js`);
		const octets = new Uint8Array(20 * MIB);
		const file = fileOf('a', octets);
		let reads = 0;
		const image = await Image.open({ ...file, slice: (from, to) =>
			++reads && file.slice(from, to) });
		now += 31000;
		await image.read(4 * MIB, 512);
		reads = 0;
		octets[0]++;
		now += 29000;
		await image.read(8 * MIB, 512);
		assert.equal(reads, 1, 'not for each window');
		now += 2000;
		const both = await Promise.allSettled([image.read(12 * MIB, 512),
			image.read(16 * MIB, 512)]);
		for (const { status } of both)
			assert.equal(status, 'rejected');
		assert.ok(reads <= 1 + 2 + 2, 'once for all that wait');
		assert.equal(image.cached(8 * MIB, 512), null);
		await assert.rejects(image.read(8 * MIB, 512), /another/);
	},

	// Each try connects and ends before the image is attached: the pauses
	// grow.
	async 'refused-again'() {
		await newLink();
		const pauses = [];
		for (let i = 0; i < 5; i++) {
			const socket = Socket.all.at(-1);
			if (i > 0)
				socket.opens();
			socket.ends(4409, 'slot 0 is being used by vm-probe');
			pauses.push(timer());
		}
		assert.deepEqual(pauses, [0, 500, 1000, 2000, 2000]);
	},

	// A client that reads slowly needs at most one timer.
	async hold() {
		const { Image } = await import(`${web}/worker/image.js`);
		await serve(await Image.open(fileOf('a', new Uint8Array(MIB))));
		const [socket] = Socket.all;
		socket.opens();
		await until(() => socket.answers.length > 0);
		socket.says(HELLO, request(0, 512));
		await until(() => Buffer.concat(socket.answers).length === HEADS + 512);
		const send = socket.send;
		socket.send = (octets) => {
			send.call(socket, octets);
			socket.bufferedAmount = 9 * MIB;
		};
		socket.bufferedAmount = 9 * MIB;
		const some = Array.from({ length: 40 }, () => request(0, MIB / 4));
		socket.says(...some);
		for (let i = 0; i < 300; i++) {
			assert.ok(timers.size <= 1, `timers: ${timers.size}`);
			socket.bufferedAmount = i % 3 ? 9 * MIB : 0;
			if (timers.size)
				timer();
		}
		const all = HEADS + 512 + 40 * (16 + MIB / 4);
		assert.equal(Buffer.concat(socket.answers).length, all);
		assert.equal(timers.size, 0);
		// ... and no timer after it is gone.
		socket.says(...some);
		socket.bufferedAmount = 9 * MIB;
		timer();
		socket.ends(1000);
		assert.equal(timers.size, 0);
	},
};

await tests[process.argv[2]]();
