// SPDX-License-Identifier: BSD-2-Clause
// A connection: its request, its loss, a taken slot, a client that reads slowly.

import assert from 'node:assert/strict';
import { run } from '../lib.mjs';
import { NBD, TAKEN, attached, copied, until } from './steps.mjs';

export const tests = {
	async serve({ page, far }) {
		await attached({ page, far });
		await page.title('Connected, not attached yet');
		const copy = copied();
		await page.title('The host is reading');
		await copy;
		await page.$('#share').filter({ hasText: /^100 % of / }).waitFor();
		assert.match(await page.$('#picture').getAttribute('aria-label'),
			/^The host has read 100 % of the image’s /);
	},

	// The page's request to the server; none of its parameters stays in the
	// address bar.
	async address({ page, far }) {
		await page.open('#slot=3&ticket=Secret-Ticket_1');
		assert.equal(await page.page.evaluate(() => location.hash), '');
		await page.choose();
		await page.connect();
		const [{ url, protocols, origin }] = far.asked;
		assert.equal(url.pathname, '/vm/3');
		assert.equal(url.searchParams.get('name'), 'image');
		assert.match(url.searchParams.get('client'), /^[\w-]{22}$/);
		assert.equal(url.searchParams.get('take'), null);
		assert.equal(url.searchParams.get('rw'), null);
		assert.deepEqual(protocols.slice(0, 4), ['vm.nbd.v1-state',
			'vm.nbd.v1-beat', 'vm.nbd.v1', 'ticket.Secret-Ticket_1']);
		assert.match(protocols[4], /^resume\.[\w-]{43}$/);
		assert.equal(origin, new URL(page.url).origin);
		assert(!url.href.includes('Secret'));
		// The ticket works only once.
		assert.equal(await page.$('#ticket').inputValue(), '');
	},

	// The limits after which the slot ejects by itself: by default, ten
	// minutes after the page has gone.
	async limits({ page, far }) {
		await attached({ page, far });
		const asked = (name) => far.asked.at(-1).url.searchParams.get(name);
		assert.equal(asked('degraded'), '600');
		assert.equal(asked('expires') ?? asked('idle'), null);
		assert(await page.$('#idle').isDisabled());
		await page.$('#stop').click();
		await page.title('Stopped');
		await page.$('#limits summary').click();
		await page.$('#expires').selectOption('4 hours');
		await page.$('#idle').selectOption('15 minutes');
		await page.$('#degraded').selectOption('no limit');
		await page.connect();
		assert.equal(asked('expires'), '14400');
		assert.equal(asked('idle'), '900');
		assert.equal(asked('degraded'), null);
	},

	// A user who leaves the page on purpose ejects; a user who stays does
	// not.
	async farewell({ page, far }) {
		await attached({ page, far });
		const answers = ['dismiss', 'accept'];
		page.page.on('dialog', (box) => box[answers.shift()]());
		const leave = () => page.page.evaluate(() => {
			setTimeout(() => {
				location.href = 'about:blank';
			}, 0);
		});
		await leave();
		await until(() => answers.length === 1);
		await page.title(/^Connected/);
		assert.deepEqual(far.closed, []);
		await leave();
		await until(() => far.closed.length === 1);
		assert.deepEqual(far.closed, [{ code: 1000, reason: 'left' }]);
	},

	// The tab exchanges the link's ticket for a key at once. With the key,
	// Connect works at any later time, also after a reload.
	async key({ page, far }) {
		far.holds = true;
		await page.open('#slot=2&ticket=abc');
		await page.$('#ticket-about').waitFor();
		assert.equal(await page.$('#ticket').inputValue(), '');
		const [held] = far.held;
		assert.equal(held[1], 'ticket.abc');
		await page.open();
		await page.$('#ticket-about').waitFor();
		assert.equal(await page.$('#slot').inputValue(), '2');
		await page.choose();
		await page.connect();
		const [{ url, protocols }] = far.asked;
		assert.equal(url.pathname, '/vm/2');
		assert.deepEqual(protocols.slice(3), [held[2]]);
		await page.$('#ticket-about').waitFor({ state: 'hidden' });
		await page.$('#stop').click();
		await page.title('Stopped');
		// The same with a typed ticket; Connect waits for the key,
		// which is only for its slot.
		await page.$('#ticket').fill('def');
		await page.connect();
		assert.deepEqual(far.held[1].slice(1, 2), ['ticket.def']);
		assert.deepEqual(far.asked.at(-1).protocols.slice(3),
			[far.held[1][2]]);
		assert.notEqual(far.held[1][2], held[2]);
		await page.$('#stop').click();
		await page.title('Stopped');
		await page.$('#slot').fill('3');
		await page.connect();
		assert.notEqual(far.asked.at(-1).protocols[3], far.held[1][2]);
	},

	// With real servers: a ticket works once, and the page stays connected.
	async shipped({ page }) {
		await page.open();
		await page.$('#use-ticket').click();
		await page.choose();
		await page.connect('Refused');
		await page.says(/did not let this page in/);
		await page.open(`#slot=0&ticket=${process.env.TICKET}`);
		await page.choose();
		await page.connect();
		await copied();
		await page.title('Ejected');
	},

	// After a loss, it reconnects by itself: as the same client, with its
	// own secret.
	async lost({ page, far }) {
		await attached({ page, far });
		await copied();
		far.answer = 503;
		far.cut();
		await page.title('Connection lost, trying again');
		await page.$('#clock').filter({ hasText: /Trying again for [1-9]/ })
			.waitFor();
		await until(() => far.asked.length >= 4);
		await page.says(/does not let this page in/);
		far.answer = 'serve';
		await page.title('Connected, not attached yet');
		await copied();
		const [first, ...others] = far.asked;
		for (const { url, protocols } of others) {
			assert.equal(url.href, `${first.url.href}&again=1`);
			assert.deepEqual(protocols,
				first.protocols.filter((word) => !/^ticket/.test(word)));
		}
	},

	// The connection is cut in the middle of a read, with close codes that
	// mean a loss.
	async again({ page, far }) {
		await attached({ page, far });
		for (const code of [1001, 1011, 4074]) {
			const count = far.asked.length;
			const copy = run('nbdcopy', NBD, 'null:').catch(() => {});
			await page.title('The host is reading');
			far.close(code, 'for a while');
			await copy;
			await until(() => far.asked.length > count);
			await page.title(/^Connected/);
		}
		await copied();
		// When the network comes back, it reconnects at once, whatever
		// the state of the old connection is.
		const count = far.asked.length;
		await page.context.setOffline(true);
		await page.context.setOffline(false);
		await until(() => far.asked.length > count);
		await page.title(/^Connected/);
		await copied();
	},

	async taken({ page, far }) {
		await page.open('#slot=0&ticket=abc');
		await page.choose();
		far.answer = TAKEN;
		await page.connect('The slot is taken');
		await page.says(/Slot 0 is taken by 10\.0\.0\.5 since 12:30\./);
		assert.equal(await page.page.evaluate(() =>
			document.activeElement.id), 'take');
		far.answer = 'serve';
		await page.$('#take').click();
		await page.title(/^Connected/);
		assert.equal(far.asked[1].url.searchParams.get('take'), '1');
		assert.deepEqual(far.asked[1].protocols, far.asked[0].protocols
			.filter((word) => !/^ticket/.test(word)));
		// It takes over once, not again after each loss.
		far.cut();
		await until(() => far.asked.length === 3);
		assert.equal(far.asked[2].url.searchParams.get('take'), null);
	},

	// Only the slot that was shown as taken can be taken over.
	async retargeted({ page, far }) {
		await page.open('#slot=0&ticket=abc');
		await page.choose();
		far.answer = TAKEN;
		await page.connect('The slot is taken');
		await page.$('#slot').fill('1');
		await page.$('#take').waitFor({ state: 'hidden' });
		await page.title('Ready to connect');
	},

	pipelined,
};

// 10000 reads at once from a client that reads slowly: data must not pile up.
async function pipelined({ page, far }) {
	await page.open();
	await page.choose();
	far.answer = 'raw';
	await page.connect();
	const client = far.last;
	let bytes = 0;
	client.on('message', (data) => {
		assert(data.length <= 131072);
		bytes += data.length;
	});
	client.pause();
	client.send(Buffer.concat([Buffer.from([0, 0, 0, 3]),
		Buffer.from('IHAVEOPT'), Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])]));
	const request = (at) => {
		const octets = Buffer.alloc(28);
		octets.writeUInt32BE(0x25609513, 0);
		octets.writeUInt32BE(at, 20);
		octets.writeUInt32BE(16384, 24);
		return octets;
	};
	client.send(Buffer.concat(Array.from({ length: 10000 },
		(_, i) => request(i % 2000 * 4096))));
	await new Promise((done) => setTimeout(done, 500));
	client.resume();
	/* (The greeting may have arrived before.) */
	await until(() => bytes >= 10000 * (16 + 16384),
		'all of the answers');
	await page.$('#stop').click();
}
