// SPDX-License-Identifier: BSD-2-Clause
// Tests of what the page says of the slot; browser.mjs runs one of them.

import assert from 'node:assert/strict';
import { Client } from '../client.mjs';

async function probed({ page, far }) {
	far.tells = true;
	await page.open('#slot=0&ticket=abc');
	await page.choose();
	await page.connect('Connected, not attached yet');
	const slot = await Client.at('near');
	await slot.ask('read', 0, 1 << 20);
	return slot;
}

const log = (page) => page.$('#log').innerText();

export const tests = {
	// What the slot itself reads is not the host's, and "has the image" is
	// said only when the slot has said so.
	async truth({ page, far }) {
		const slot = await probed({ page, far });
		const read = page.$('#bytes').filter({ hasText: '1.0 MB' });
		await read.waitFor();
		await page.title('Connected, not attached yet');
		await page.says(/is checking the image/);
		assert(!/has the image/.test(await log(page)));
		far.last.send('inserted');
		await page.title('Connected, waiting for the host');
		await page.$('#bytes').filter({ hasText: /^0 bytes$/ }).waitFor();
		await page.$('#share').filter({ hasText: /^0 % / }).waitFor();
		// The page waits for the slot's word, whatever it reads.
		await slot.ask('read', 1 << 20, 1 << 20);
		await page.$('#bytes').filter({ hasText: '1.0 MB' }).waitFor();
		await page.title('Connected, waiting for the host');
		far.last.send('reading');
		await page.title('The host is reading');
		far.last.send('idle');
		await page.title('Connected');
		await page.says(/is not reading now/);
		// Several words in one message: the last one counts.
		far.last.send('idle\nreading');
		await page.title('The host is reading');
		assert.equal((await log(page)).match(/has the image/g).length, 1);
		// After a loss, the medium is in at once.
		far.tells = false;
		far.cut();
		await page.title('Connected, not attached yet');
		slot.end();
		far.tells = true;
		const again = await Client.at('near');
		await page.title(/^(Connected|The host)/);
		far.close(1000, 'slot 0: ejected: ejected by the host');
		await page.title('Ejected');
		again.end();
	},

	// A refused image was never in.
	async refused({ page, far }) {
		const slot = await probed({ page, far });
		far.close(4065, 'the image is a disk, but slot 0 has a cd drive');
		await page.title('Refused');
		assert(!/has the image/.test(await log(page)));
		slot.end();
	},
};
