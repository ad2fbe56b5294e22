// SPDX-License-Identifier: BSD-2-Clause
// The form, the keyboard, a screen reader, and closing the page.

import assert from 'node:assert/strict';
import { Client } from '../client.mjs';
import { TAKEN, attached, listen, until } from './steps.mjs';

export const tests = {
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
			await page.title('Fill in the destination');
			await page.$(`#${id}`).fill(right);
			await page.$(`#${id}`).blur();
			await page.$(`#${id}-fault`).waitFor({ state: 'hidden' });
		}
		await page.says(/slot 2 of bmc\.example/);
		// A folded section with an invalid field is unfolded.
		await page.$('#url').fill('x');
		await page.$('#elsewhere summary').click();
		await page.$('#url').waitFor({ state: 'hidden' });
		await page.$('#connect').click();
		await page.$('#url-fault').waitFor();
		assert.equal(await page.page.evaluate(() =>
			document.activeElement.id), 'url');
	},

	// A screen reader hears each event once, but not every change of the
	// numbers.
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
		await until(async () => await page.page.evaluate(() =>
			document.activeElement.id) === 'save');
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
		// Set this before the page is opened.
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
};
