// SPDX-License-Identifier: BSD-2-Clause
// Tests of the page in a browser; browser.mjs runs one of them.

import assert from 'node:assert/strict';
import { appendFile, copyFile, link, open, stat, writeFile } from 'node:fs/promises';
import { Client } from './client.mjs';
import { run } from './lib.mjs';

const NBD = `nbd+unix:///?socket=${process.cwd()}/near`;
const TAKEN = [4409, 'slot 0 is taken by 10.0.0.5 since 12:30'];

// until CONDITION: waits for something outside of the page's elements.
async function until(condition, what = String(condition)) {
	const end = Date.now() + 60000;
	while (!await condition()) {
		if (Date.now() > end)
			throw new Error(`gave up waiting for ${what}`);
		await new Promise((done) => setTimeout(done, 20));
	}
}

async function copied(image = 'image') {
	await run('nbdcopy', NBD, 'copy');
	await run('cmp', `--bytes=${(await stat(image)).size}`, image, 'copy');
}

async function attached({ page, far }, { writable = false } = {}) {
	await page.open('#slot=0&ticket=abc');
	await page.choose();
	if (writable)
		await page.$('#writable').check();
	far.answer = 'serve';
	await page.connect();
}

export const tests = {
	async serve({ page, far }) {
		await attached({ page, far });
		await page.title('Connected, not attached yet');
		const copy = copied();
		await page.title('The host is reading');
		await copy;
		await page.$('#share').filter({ hasText: /^100 % of / }).waitFor();
		assert.match(await page.$('#picture').getAttribute('aria-label'),
			/^100 % of the image’s .* were read/);
	},

	// The page's request to the server; nothing of it stays in the address
	// bar.
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
		assert.deepEqual(protocols.slice(0, 3), ['vm.nbd.v1-beat',
			'vm.nbd.v1', 'ticket.Secret-Ticket_1']);
		assert.match(protocols[3], /^resume\.[\w-]{43}$/);
		assert.equal(origin, new URL(page.url).origin);
		assert(!url.href.includes('Secret'));
		// The ticket works once.
		assert.equal(await page.$('#ticket').inputValue(), '');
	},

	// With real servers: a ticket works once, and the page stays connected.
	async shipped({ page }) {
		await page.open();
		await page.choose();
		await page.connect('Refused');
		await page.says(/did not let this page in/);
		await page.open(`#slot=0&ticket=${process.env.TICKET}`);
		await page.choose();
		await page.connect();
		await copied();
		await page.title('Ejected');
	},

	async fields({ page }) {
		await page.open();
		await page.choose();
		for (const [id, wrong, right] of [['slot', 'x', '1'],
			['ticket', 'a b', 'ab'], ['url', 'https://x/vm/0', ''],
			['url', 'ws://x/vm/0', 'wss://bmc.example/vm/2']]) {
			await page.page.evaluate(() => {
				document.getElementById('elsewhere').open = true;
			});
			await page.$(`#${id}`).fill(wrong);
			await page.$('#connect').click();
			await page.$(`#${id}-fault`).waitFor();
			assert.equal(await page.$(`#${id}`)
				.getAttribute('aria-invalid'), 'true');
			assert.equal(await page.page.evaluate(() =>
				document.activeElement.id), id);
			await page.title('Ready to connect');
			await page.$(`#${id}`).fill(right);
			await page.$(`#${id}`).blur();
			await page.$(`#${id}-fault`).waitFor({ state: 'hidden' });
		}
		await page.says(/slot 2 of bmc\.example/);
		// A folded field with a fault is unfolded.
		await page.$('#url').fill('x');
		await page.$('#elsewhere summary').click();
		await page.$('#url').waitFor({ state: 'hidden' });
		await page.$('#connect').click();
		await page.$('#url-fault').waitFor();
		assert.equal(await page.page.evaluate(() =>
			document.activeElement.id), 'url');
	},

	// Lost, and reconnected by itself: as the same client, with its own
	// secret.
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

	// Cut in the middle of a read, by close codes that mean a loss.
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
		// The network came back: reconnect at once, whatever the old
		// connection does.
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
		// It takes over once, not after each loss.
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

	// Every end shows its reason.
	async ends({ page, far }) {
		await page.open();
		await page.choose();
		for (const [code, reason, title, said] of [
			[1000, 'ejected', 'Ejected', /has ejected the image\./],
			[1000, 'slot 0: ejected: ejected by the host', 'Ejected',
				/Ejected by the host\./],
			[1000, 'slot 0: ejected', 'Ejected', /has ejected the image\./],
			[4409, 'slot 0: gave up after 60 s', 'Refused', /Gave up/i],
			[4073, 'slot 0: some of the written data is lost', 'Refused',
				/is lost\./],
			[4065, 'the image is a disk, but slot 0 has a cd drive',
				'Refused', /The image is a disk, but slot 0 has a CD drive\./],
			[1008, '', 'Refused', /Not allowed\./],
			[1008, 'slot 7 is not for you', 'Refused', /for you\./],
			[1002, '', 'Refused', /code 1002/],
			[4069, 'no such slot', 'Refused', /No such slot\./]]) {
			far.answer = [code, reason];
			await page.connect(title);
			await page.says(said);
		}
		far.answer = 403;
		await page.connect('Refused');
		await page.says(/did not let this page in/);
		far.answer = 'serve';
		await page.connect();
		await page.$('#stop').click();
		await page.title('Stopped');
		await page.says(/You stopped before the slot had the image/);
		await until(() => far.closed.some(({ code, reason }) =>
			code === 1000 && reason === 'stopped'));
		assert.equal(await page.$('#log li').count(), 10 + 1 + 1);
	},

	// The file has changed: an error for the host, and the page says so.
	async changed({ page, far }) {
		await attached({ page, far });
		const host = await Client.at('near');
		await host.ask('read', 0, 4096);
		await appendFile('image', 'x');
		await assert.rejects(host.ask('read', 50 << 20, 4096), /error 5/);
		await page.title('The file has changed');
		await until(() => far.closed.length === 1);
		assert.deepEqual(far.closed[0],
			{ code: 4005, reason: 'the file changed' });
		host.end();
		// The page finds the change before a connection, too.
		await page.connect('The file has changed');
		// The same file, chosen again, is a new image.
		await page.choose();
		await page.connect();
		await copied();
	},

	// A screen reader speaks each event once, and not every change
	// meanwhile.
	async told({ page, far }) {
		await attached({ page, far }, { writable: true });
		const host = await Client.at('near');
		await page.title('Connected, waiting for the host');
		const told = await listen(page);
		for (let i = 0; i < 2; i++) {
			await host.ask('read', 0, 512);
			await page.title('The host is reading');
			await page.title('Connected');
		}
		assert.deepEqual(told.splice(0), []);
		await host.write(0, Buffer.alloc(512, 1));
		await page.$('#stop').click();
		await page.title('Stopped');
		assert.deepEqual(told.splice(0).map((text) => text.slice(0, 8)),
			['Stopping', 'Stopped.']);
		const share = await listen(page, '#saving-share');
		await page.page.evaluate(() => {
			window.showSaveFilePicker = undefined;
		});
		await page.$('#save').click();
		await page.$('#saving').filter({ hasText: /has begun/ }).waitFor();
		assert.deepEqual(told, ['Saving …',
			'The download of image-changed has begun.']);
		assert(share.includes('100 %'));
		assert.equal(await page.$('#saving-share').textContent(), '');
	},

	async writes({ page, far }) {
		await attached({ page, far }, { writable: true });
		assert.equal(far.asked[0].url.searchParams.get('rw'), '1');
		const before = await run('sha256sum', 'image');
		await write();
		await copied('want');
		await page.$('#written-figure').waitFor();
		await page.$('#stop').click();
		await page.title('Stopped');
		await page.$('#changes').waitFor();
		assert(await page.$('#file').isDisabled());
		await save(page, 'download');
		await run('cmp', 'want', 'saved');
		await save(page, 'handle');
		assert(!await page.$('#file').isDisabled());
		assert.equal(await run('sha256sum', 'image'), before);
		await page.$('#discard').click();
		await page.$('#changes').waitFor({ state: 'hidden' });
		await page.connect();
		await copied();
		// The next page removes what the last page left behind.
		await page.$('#stop').click();
		await page.title('Stopped');
		const left = () => page.page.evaluate(async () => {
			const names = [];
			for await (const name of
				(await navigator.storage.getDirectory()).keys())
				names.push(name);
			return names.filter((name) => /^overlay-/.test(name)).length;
		});
		assert(await left() > 0);
		await until(async () => {
			await page.page.reload();
			await page.page.waitForTimeout(100);
			return await left() === 0;
		});
	},

	// The host's last writes still arrive while the slot is ejected.
	async leaving({ page, far }) {
		await attached({ page, far }, { writable: true });
		let host = await Client.at('near');
		far.answer = 'wait';
		// (A key that is held counts once.)
		await page.$('#stop').focus();
		await page.page.keyboard.down('Enter');
		await page.page.keyboard.down('Enter');
		await page.page.keyboard.up('Enter');
		await until(() => far.ejecting);
		await page.title('Stopping …');
		const { url, protocols } = far.asked.at(-1);
		assert.equal(url.searchParams.get('eject'), '1');
		assert(protocols.some((word) => /^resume\./.test(word)));
		await host.write(1000, Buffer.alloc(512, 7));
		assert.equal((await host.ask('read', 1000, 512))[511], 7);
		far.eject();
		await page.title('Stopped');
		await page.says(/the host has no medium any more/);
		assert(await page.$('#changes').isVisible());
		// A second stop stops at once.
		const again = async () => {
			far.answer = 'serve';
			await page.connect();
			host = await Client.at('near');
			await page.title(/^(Connected(, waiting.*)?|The host is reading)$/);
		};
		await again();
		far.answer = 'wait';
		await page.$('#stop').click();
		await page.title('Stopping …');
		await page.$('#stop').click();
		await page.title('Stopped');
		await page.says(/the slot has not said that it ejected/);
		await until(() => far.closed.some(({ code, reason }) =>
			code === 1000 && reason === 'stopped'));
		// A server that can't eject learns of the stop by the close.
		await again();
		far.answer = [1008, 'unknown parameter in the query'];
		await page.$('#stop').click();
		await page.title('Stopped');
		// A server that is busy is asked again.
		await again();
		await stoppedLate({ page, far, host });
		// A server that is away can't be told.
		await again();
		far.answer = 'nothing';
		far.cut();
		await page.title(/^Connection lost/);
		await page.$('#stop').click();
		await page.title('Stopped');
		await page.says(/the slot has not said that it ejected/);
	},

	// Without a place for the host's writes the page says so, and can serve
	// read-only.
	async unwritable({ page }) {
		await page.page.route('**/overlay.js', async (route) => {
			const response = await route.fetch();
			await route.fulfill({ response, body: await response.text() +
				'delete FileSystemFileHandle.prototype' +
				'.createSyncAccessHandle;' });
		});
		await page.open();
		await page.choose();
		await page.$('#writable').check();
		await page.$('#connect').click();
		await page.title('Unable to continue');
		await page.says(/can’t keep what a host writes/);
		await page.$('#writable').uncheck();
		await page.connect();
	},

	// The page asks before it is closed only while it serves.
	async beforeunload({ page, far }) {
		const asked = async () => {
			let dialog = '';
			const heard = (box) => {
				dialog = box.type();
				box.dismiss();
			};
			page.page.on('dialog', heard);
			await page.page.evaluate(() => {
				setTimeout(() => location.reload(), 0);
			});
			await until(async () => dialog || await page.page.evaluate(() =>
				!window.stays).catch(() => false));
			page.page.off('dialog', heard);
			return dialog;
		};
		const stays = () => page.page.evaluate(() => {
			window.stays = true;
		});
		await attached({ page, far });
		await stays();
		assert.equal(await asked(), 'beforeunload');
		await page.title(/^Connected/);
		const held = () => page.page.evaluate(async () =>
			(await navigator.locks.query()).held.length);
		assert.equal(await held(), 1);
		await page.$('#stop').click();
		await page.title('Stopped');
		await until(async () => await held() === 0);
		assert.equal(await asked(), '');
	},

	async keyboard({ page, far }) {
		const { page: { keyboard } } = page;
		const focus = () => page.page.evaluate(() =>
			document.activeElement.id || document.activeElement.tagName);
		const tabTo = async (id) => {
			for (let i = 0; await focus() !== id; i++) {
				assert(i < 10, `${id} is reached by Tab`);
				await keyboard.press('Tab');
			}
		};
		// Set before the page is opened.
		page.page.on('filechooser', (chooser) => chooser.setFiles('image'));
		await page.open();
		await tabTo('file');
		await keyboard.press('Enter');
		await page.title('Ready to connect');
		await tabTo('writable');
		await keyboard.press('Space');
		assert(await page.$('#writable').isChecked());
		await tabTo('ticket');
		await keyboard.type('abc');
		far.answer = TAKEN;
		await keyboard.press('Enter');
		await page.title('The slot is taken');
		await until(async () => await focus() === 'take');
		far.answer = 'serve';
		await keyboard.press('Space');
		await page.title(/^Connected/);
		assert.equal(await focus(), 'stop');
		await keyboard.press('Enter');
		await page.title('Stopped');
		assert.equal(await focus(), 'connect');
	},

	// A server that does not speak NBD, or breaks it.
	async hostile({ page, far }) {
		await page.open();
		await page.choose();
		for (const [octets, reason] of [
			[Buffer.from('GET / HTTP/1.1\r\n\r\n'), /unknown client flags/],
			[Buffer.concat([Buffer.from([0, 0, 0, 3]),
				Buffer.from('IHAVEOPT'), Buffer.from([0, 0, 0, 3,
					0, 16, 0, 0])]), /an option of 1048576 bytes/]]) {
			far.answer = 'raw';
			await page.connect();
			far.last.send(octets);
			await page.title('Refused');
			await page.says(reason);
			await until(() => far.closed.some(({ code, reason: said }) =>
				code === 4076 && reason.test(said)));
		}
		await page.connect();
		far.last.send('text');
		await page.title('Refused');
	},

	pipelined,

	// A screenshot of each state; axe-core finds no fault, and each fits on
	// a phone.
	async states({ page, far }) {
		const shot = async (name) => {
			await page.pictures(name);
			await page.check(name);
			await page.page.setViewportSize({ width: 1280, height: 800 });
		};
		await page.open('#slot=0&ticket=p5Yw0xJt7mQ3');
		await shot('01-empty');
		await writeFile('empty.img', '');
		await page.page.setInputFiles('#file', 'empty.img');
		await page.title(/can’t be read/);
		await shot('02-unreadable');
		await link('image', 'debian-12.5.0-amd64-netinst.iso');
		await page.choose('debian-12.5.0-amd64-netinst.iso');
		await shot('03-ready');
		await page.$('#slot').fill('one');
		await page.$('#connect').click();
		await shot('04-fault');
		await page.$('#slot').fill('0');
		far.answer = 'nothing';
		await page.connect('Connecting …');
		await shot('05-connecting');
		await page.$('#stop').click();
		await page.title('Stopped');
		await shot('06-stopped');
		far.answer = TAKEN;
		await page.connect('The slot is taken');
		await shot('07-taken');
		far.answer = 403;
		await page.connect('Refused');
		await page.says(/did not let/);
		await shot('08-refused');
		far.answer = 'serve';
		await page.$('#writable').check();
		await page.connect();
		await page.title('Connected, not attached yet');
		await shot('09-connected');
		await busy({ page, far, shot });
		far.answer = 503;
		far.cut();
		await page.title('Connection lost, trying again');
		await shot('12-lost');
		far.answer = [1000, 'ejected'];
		await page.title('Ejected');
		await shot('13-ejected');
		far.answer = 'serve';
		await page.connect();
		await appendFile('debian-12.5.0-amd64-netinst.iso', 'x');
		const host = await Client.at('near').catch(() => {});
		await host?.ask('read', 55 << 20, 512).catch(() => {});
		await page.title('The file has changed');
		await shot('14-changed');
	},
};

// Stopped while the server is busy, is away for a moment, or lets nobody in:
// the host's last writes still arrive.
async function stoppedLate({ page, far, host }) {
	const count = far.asked.length;
	far.answer = [4409, 'slot 0 is being used by 10.0.0.5'];
	await page.$('#stop').dblclick(); // counts once
	await page.title('Stopping …');
	await until(() => far.asked.length >= count + 2);
	far.answer = 503;
	await until(() => far.asked.length >= count + 4);
	far.ejecting = null;
	far.answer = 'wait';
	await until(() => far.ejecting);
	far.ejecting.terminate();
	far.ejecting = null;
	await until(() => far.ejecting);
	await host.write(4096, Buffer.alloc(512, 8));
	assert.equal((await host.ask('read', 4096, 512))[511], 8);
	await page.title('Stopping …');
	far.eject();
	await page.title('Stopped');
	await page.says(/the host has no medium any more/);
}

// Collects what a screen reader speaks from now on, or an element's new texts.
async function listen({ page }, selector = '[role=status]') {
	const told = [];
	const name = `told${Math.random()}`;
	await page.exposeFunction(name, (text) => text && told.push(text));
	await page.evaluate(([to, elements]) => {
		for (const element of document.querySelectorAll(elements))
			new MutationObserver(() => window[to](element.textContent.trim()))
				.observe(element, { childList: true, subtree: true,
					characterData: true });
	}, [name, selector]);
	return told;
}

// The states with a host.
async function busy({ page, shot }) {
	const host = await Client.at('near');
	await page.title('Connected, waiting for the host');
	await shot('10-waiting');
	for (let at = 0; at < 40 << 20; at += 1 << 20)
		await host.ask('read', at, 1 << 20);
	await host.ask('read', 90 << 20, 8 << 20);
	await host.write(64 << 20, Buffer.alloc(3 << 20, 1));
	const reads = setInterval(() =>
		host.ask('read', 70 << 20, 65536).catch(() => {}), 500);
	await page.title('The host is reading');
	await page.$('#written-legend').waitFor();
	await shot('11-reading');
	clearInterval(reads);
	host.end();
}

// Changes of each kind, to the served image and to ./want: within blocks,
// across their ends, and at the end of the image.
async function write() {
	const { size } = await stat('image');
	const host = await Client.at('near');
	assert.equal(host.size, size);
	await copyFile('image', 'want');
	const want = await open('want', 'r+');
	const put = async (offset, length, octet) => {
		const data = Buffer.alloc(length, octet);
		await host.write(offset, data, octet % 2);
		await want.write(data, 0, length, offset);
	};
	const wipe = async (offset, length, flags = 0) => {
		await host.ask('zero', offset, length, null, flags);
		await want.write(Buffer.alloc(length), 0, length, offset);
	};
	await put(0, 512, 1);
	await put(65535, 2, 2);
	await put(1000000, 3000000, 3);
	await put(1000001, 7, 4);
	await put(size - 512, 512, 5);
	await wipe(1100000, 500000);
	await wipe(20 << 20, 1 << 20);
	await wipe(30 << 20, 65536, 2);
	await wipe(size - 70000, 100);
	await put((20 << 20) + 100, 1000, 6);
	await host.ask('trim', 40 << 20, 65536 + 100);
	await want.write(Buffer.alloc(65536), 0, 65536, 40 << 20);
	await host.ask('flush');
	for (const [at, length] of [[0, 200000], [900000, 5000000],
		[19 << 20, 3 << 20], [size - 100000, 100000]]) {
		const expected = Buffer.alloc(length);
		await want.read(expected, 0, length, at);
		assert(expected.equals(await host.ask('read', at, length)));
	}
	await assert.rejects(host.write(size, Buffer.alloc(512)), /error 28/);
	await want.close();
	host.end();
}

// 10000 reads at once from a client that reads slowly: no data piles up.
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
	/* (The greeting may have come before.) */
	await until(() => bytes >= 10000 * (16 + 16384),
		'all of the answers');
	await page.$('#stop').click();
}

// Save by a handle, or by a download to ./saved.
async function save({ page }, way) {
	if (way === 'handle')
		await page.evaluate(() => {
			window.showSaveFilePicker = async ({ suggestedName }) =>
				(await navigator.storage.getDirectory())
					.getFileHandle(suggestedName, { create: true });
		});
	else
		await page.evaluate(() => {
			window.showSaveFilePicker = undefined;
		});
	const download = way === 'download' && page.waitForEvent('download');
	await page.locator('#save').click();
	if (download) {
		const file = await download;
		assert.equal(file.suggestedFilename(), 'image-changed');
		await file.saveAs('saved');
	}
	await page.locator('#saving').filter({ hasText: way === 'download' ?
		/^The download of image-changed has begun/ :
		/^Saved as image-changed/ }).waitFor();
	if (way === 'handle')
		assert.equal(await page.evaluate(async () => {
			const directory = await navigator.storage.getDirectory();
			const handle = await directory.getFileHandle('image-changed');
			const octets = await (await handle.getFile()).arrayBuffer();
			const hash = new Uint8Array(
				await crypto.subtle.digest('SHA-256', octets));
			return [...hash].map((octet) =>
				octet.toString(16).padStart(2, '0')).join('');
		}), (await run('sha256sum', 'want')).slice(0, 64));
}
