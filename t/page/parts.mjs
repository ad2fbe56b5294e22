// SPDX-License-Identifier: BSD-2-Clause
// Parts of the page in an order of events that a browser can't be made to have:
// its link with a WebSocket and a clock of ours, its worker with files of ours.
//
// usage: PAGE_DIR=... node t/page/parts.mjs TEST

import assert from 'node:assert/strict';

const web = `${process.env.PAGE_DIR}/web`;

// --- a WebSocket and a clock that do as they are told --------------------------

class Socket {
	static all = [];

	constructor(url) {
		this.url = url;
		this.readyState = 0;
		this.bufferedAmount = 0;
		Socket.all.push(this);
	}

	send() {}

	close(code = 1000) {
		this.closed = code;
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
// The one timer that runs: its milliseconds; it comes.
function timer() {
	assert.equal(timers.size, 1, 'timers');
	const [[id, { call, ms }]] = timers;
	timers.delete(id);
	call();
	return ms;
}

async function newLink() {
	fakes();
	const { Link } = await import(`${web}/link.js`);
	const states = [];
	const link = new Link({ url: 'ws://host/vm/0', ticket: 't', resume: 'r',
		client: 'c', name: 'n', writable: true }, {
		opened() {}, received() {}, dropped() {},
		state: ({ name }) => states.push(name),
	});
	link.connect();
	Socket.all[0].opens();
	link.goOn();
	return { link, states };
}

// --- tests ------------------------------------------------------------------------

const tests = {
	// A stop that was asked for before the line was lost is not forgotten.
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
		Socket.all[2].ends(1000, 'its source has ended');
		assert.equal(states.at(-1), 'stopped');
	},

	// ... but one who connects anew wants it no more.
	async 'stop-anew'() {
		const { link } = await newLink();
		link.eject();
		link.connect();
		Socket.all[2].opens();
		link.goOn();
		assert.equal(Socket.all.length, 3);
	},

	// The network is back: that is no later than it would have been.
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

	// Two files, the first of which is slow: the second is the image.
	async 'two-files'() {
		const told = [];
		let go;
		const gate = new Promise((resolve) => {
			go = resolve;
		});
		const file = (name, size, when) => ({ name, size, lastModified: 0,
			slice: (from, to) => ({ arrayBuffer: async () => {
				await when;
				return new ArrayBuffer(Math.max(0, Math.min(to, size) - from));
			} }) });
		globalThis.postMessage = (message) => told.push(message);
		globalThis.onmessage = null; // as it is in a worker
		await import(`${web}/worker.js`);
		const choose = (chosen) => globalThis.onmessage(
			{ data: { type: 'choose', file: chosen } });
		const slow = choose(file('slow', 4096, gate));
		await choose(file('fast', 8192));
		go();
		await slow;
		assert.deepEqual(told, [{ type: 'image', size: 8192, cd: false }]);
	},
};

await tests[process.argv[2]]();
