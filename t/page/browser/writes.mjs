// SPDX-License-Identifier: BSD-2-Clause
// What the host writes: kept, saved, discarded; and its last writes.

import assert from 'node:assert/strict';
import { copyFile, open, stat } from 'node:fs/promises';
import { Client } from '../client.mjs';
import { run } from '../lib.mjs';
import { attached, copied, overlays, until } from './steps.mjs';

export const tests = {
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
		// The next page removes a copy that was downloaded, and an overlay in
		// which nothing was written.
		await page.$('#stop').click();
		await page.title('Stopped');
		assert((await overlays(page)).length > 0);
		await page.page.reload();
		await until(async () => (await overlays(page)).length === 0);
	},

	// The host's last writes still arrive while the slot is being ejected.
	async leaving({ page, far }) {
		await attached({ page, far }, { writable: true });
		let host = await Client.at('near');
		far.answer = 'wait';
		// (A key that is held down counts once.)
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
		// A server that can't eject notices the stop by the close.
		await again();
		far.answer = [1008, 'unknown parameter in the query'];
		await page.$('#stop').click();
		await page.title('Stopped');
		// A server that is busy is asked again.
		await again();
		await stoppedLate({ page, far, host });
		// A server that does not answer can't be told.
		await again();
		far.answer = 'nothing';
		far.cut();
		await page.title(/^Connection lost/);
		await page.$('#stop').click();
		await page.title('Stopped');
		await page.says(/the slot has not said that it ejected/);
	},
};

// Stopped while the server is busy, is down for a moment, or refuses
// connections: the host's last writes still arrive.
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

// Changes of each kind, to the served image and to ./want: within blocks,
// across block ends, and at the image's end.
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

// Save with a handle, or by a download to ./saved.
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
