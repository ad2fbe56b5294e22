// SPDX-License-Identifier: BSD-2-Clause
// The page keeps what the host wrote: after a reload, a crash and a change of
// the file, without room and without storage; and it can be saved separately.

import assert from 'node:assert/strict';
import { appendFile, copyFile, open, rename, utimes } from 'node:fs/promises';
import { Client } from '../client.mjs';
import { run } from '../lib.mjs';
import { attached, copied, overlays, saveChanges, stop, until } from './steps.mjs';

const MIB = 1 << 20;

// The host reads and writes; the image should then be equal to ./want.
async function written({ page, far }) {
	await attached({ page, far }, { writable: true });
	const host = await Client.at('near');
	await copyFile('image', 'want');
	const want = await open('want', 'r+');
	await host.ask('read', 4 * MIB, 4096);
	for (const [at, length] of [[0, 512], [3 * MIB + 1000, 200000],
		[15 * MIB, MIB]]) {
		const data = Buffer.alloc(length, at % 251 + 1);
		await host.write(at, data);
		await want.write(data, 0, length, at);
	}
	await host.ask('zero', 8 * MIB, MIB);
	await want.write(Buffer.alloc(MIB), 0, MIB, 8 * MIB);
	await want.close();
	await host.ask('flush');
	return host;
}

// Wait for an entry in the list of kept changes that matches.
const listed = ({ page }, pattern) => page.locator('#kept-list li p')
	.filter({ hasText: pattern }).waitFor();

const entry = (page, text) => page.$('#kept-list')
	.getByRole('button', { name: text });

const again = ({ page }, file = 'image') => page.setInputFiles('#again', file);

// Choose the file for kept changes, through the browser's dialogue.
async function chooseKept(page, file = 'image') {
	const dialogue = page.page.waitForEvent('filechooser');
	await entry(page, /^Choose the file again/).click();
	await (await dialogue).setFiles(file);
}

// The host gets an image with its earlier writes.
async function goesOn({ page, far }) {
	await page.$('#ticket').fill('abc');
	far.answer = 'serve';
	await page.connect();
	await copied('want');
	await stop(page);
}

// Apply ./changes to ./image, and compare with ./want.
async function applied() {
	await run('qemu-img', 'check', '-q', '-f', 'qcow2', 'changes');
	await run('qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', 'changes', 'new');
	await run('cmp', 'want', 'new');
	await run('qemu-img', 'commit', '-q', '-f', 'qcow2', 'changes');
	await run('cmp', 'want', 'image');
}

// Accept or refuse the next question of the page.
const answers = ({ page }, yes) => page.once('dialog', (box) =>
	yes ? box.accept() : box.dismiss());

export const tests = {
	// After a reload: the list shows the changes, and the same file goes on
	// with them.
	async reloaded({ page, far }) {
		(await written({ page, far })).end();
		await stop(page);
		await page.$('#changes-about').filter({ hasText: /This browser keeps the changes/ })
			.waitFor();
		await page.open();
		await listed(page, /has kept .* MB that the host wrote to image, since /);
		await chooseKept(page);
		await page.title('Ready to connect');
		await page.says(/It is the same file\. The host continues/);
		assert(await page.$('#writable').isChecked());
		assert(await page.$('#kept').isHidden());
		await page.$('#changes').waitFor();
		await goesOn({ page, far });
		assert.equal(await saveChanges(page, page.$('#save-only'), 'changes'),
			'image-changes.qcow2');
		await applied();
	},

	// The tab crashes while the host writes.
	async crashed({ page, far }) {
		const host = await written({ page, far });
		const devtools = await page.context.newCDPSession(page.page);
		devtools.send('Page.crash').catch(() => {});
		await page.page.waitForEvent('crash');
		host.end();
		page.page = await page.context.newPage();
		await page.open();
		await listed(page, /This browser has kept/);
		await saveChanges(page, entry(page, /^Save the changes/), 'changes');
		await listed(page, /You have saved them\.$/);
		await chooseKept(page);
		await page.title('Ready to connect');
		await goesOn({ page, far });
		await applied();
	},

	// If only the file's date differs, it goes on. If its content differs,
	// the page says which file it is, and deletes nothing.
	async touched({ page, far }) {
		const host = await written({ page, far });
		await copyFile('image', 'before');
		await utimes('image', 1e9, 1e9);
		await assert.rejects(host.ask('read', 10 * MIB, 4096), /error 5/);
		await page.title('The file has changed');
		await page.says(/What the host wrote is kept/);
		assert(await page.$('#save').isHidden());
		await again(page);
		await page.title('Ready to connect');
		await page.says(/Only the file’s date has changed/);
		await goesOn({ page, far });
		for (const [at, said] of [[4 * MIB, /1 MiB that the host has read are/],
			[100, /Its first MiB is different/],
			[15.5 * MIB, /Its last MiB is different/]]) {
			await copyFile('before', 'other');
			const other = await open('other', 'r+');
			await other.write(Buffer.alloc(16, 0x5a), 0, 16, at);
			await other.close();
			await again(page, 'other');
			await page.title('This is not the same file');
			await page.says(said);
			assert(await page.$('#connect').isDisabled());
			await page.$('#changes').waitFor();
		}
		await page.pictures('16-differs');
		await appendFile('other', 'x');
		await again(page, 'other');
		await page.says(/It had 16777216 bytes, and has 16777217/);
		// The right file is still accepted, with its changes.
		await rename('before', 'image');
		await page.page.setInputFiles('#file', 'image');
		await page.title('Ready to connect');
		await goesOn({ page, far });
		await saveChanges(page, page.$('#save-only'), 'changes');
		await applied();
	},

	// No room: the host gets an error, the page says so, and the changes up
	// to then can be saved.
	async quota({ page, far }) {
		const host = await written({ page, far });
		const devtools = await page.context.newCDPSession(page.page);
		await devtools.send('Storage.overrideQuotaForOrigin',
			{ origin: new URL(page.url).origin, quotaSize: 3 * MIB });
		await assert.rejects((async () => {
			for (let at = 9; at < 15; at++)
				await host.write(at * MIB, Buffer.alloc(MIB, 9));
		})(), /error 28/);
		await page.$('#answer').filter({ hasText: /no room left/ }).waitFor();
		// The changes up to then are there.
		const data = await host.ask('read', 3 * MIB + 1000, 200000);
		assert.equal(data[0], (3 * MIB + 1000) % 251 + 1);
		await host.ask('read', 0, 16 * MIB).then((octets) =>
			open('want', 'w').then(async (file) => {
				await file.write(octets);
				await file.close();
			}));
		host.end();
		await stop(page);
		await saveChanges(page, page.$('#save-only'), 'changes');
		await applied();
	},

	// Without a private file system, changes are kept in memory, and the
	// page says so.
	async memory({ page, far }) {
		await page.page.route('**/kept.js', async (route) => {
			const response = await route.fetch();
			await route.fulfill({ response, body: await response.text() +
				'navigator.storage.getDirectory = async () => {' +
				'throw new DOMException("no", "SecurityError"); };' });
		});
		(await written({ page, far })).end();
		await page.$('#log').filter({ hasText: /has no storage/ }).waitFor();
		await copied('want');
		await stop(page);
		await page.$('#changes-about').filter({ hasText: /only in memory/ })
			.waitFor();
		await saveChanges(page, page.$('#save'), 'new');
		await run('cmp', 'want', 'new');
		await saveChanges(page, page.$('#save-only'), 'changes');
		await applied();
	},

	// Changes that another tab uses are not listed here. Discarded changes
	// are gone, but only after a question.
	async discarded({ page, far }) {
		(await written({ page, far })).end();
		const other = await page.context.newPage();
		await other.goto(page.url);
		await until(() => other.evaluate(() => 'count' in
			document.getElementById('kept').dataset));
		assert.equal(await other.locator('#kept-list li').count(), 0);
		await stop(page);
		answers(page, false);
		await page.$('#discard').click();
		assert(await page.$('#changes').isVisible());
		await page.page.close();
		page.page = other;
		await listed(page, /This browser has kept/);
		await page.pictures('15-kept');
		await page.check('kept');
		answers(page, false);
		await entry(page, /^Discard/).click();
		await listed(page, /This browser has kept/);
		answers(page, true);
		await entry(page, /^Discard/).click();
		await page.$('#kept').waitFor({ state: 'hidden' });
		assert.deepEqual(await overlays(page), []);
	},
};
