// SPDX-License-Identifier: BSD-2-Clause
// Tests of what the page says about the slot; browser.mjs runs one of them.

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
	// The slot's own reads do not count as the host's; and the page says
	// "has the image" only after the slot has said so.
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
		// The page waits for the slot's message, however much the slot
		// reads.
		await slot.ask('read', 1 << 20, 1 << 20);
		await page.$('#bytes').filter({ hasText: '1.0 MB' }).waitFor();
		await page.title('Connected, waiting for the host');
		far.last.send('reading');
		await page.title('The host is reading');
		far.last.send('idle');
		await page.title('Connected');
		await page.says(/is not reading now/);
		// Of several lines in one message, the last one counts.
		far.last.send('idle\nreading');
		await page.title('The host is reading');
		assert.equal((await log(page)).match(/has the image/g).length, 1);
		// After a reconnection, the medium is in at once.
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

	// A refused image never was in the slot.
	async refused({ page, far }) {
		const slot = await probed({ page, far });
		far.close(4065, 'the image is a disk, but slot 0 has a cd drive');
		await page.title('Refused');
		assert(!/has the image/.test(await log(page)));
		slot.end();
	},

	// If a slot is in use, the page offers an empty one with the drive that
	// the image needs, and says that it needs a ticket.
	async other({ page, far }) {
		far.tells = true;
		await page.open('#slot=0');
		await page.choose();
		far.answer = [4409, 'slot 0 is taken by 10.0.0.5 since 12:30'];
		far.says = 'other 1 cd\nother 2 disk\nother 3 disk';
		await page.connect('The slot is taken');
		await page.$('#other').filter({ hasText: /^Use slot 2 instead$/ }).waitFor();
		far.answer = 'serve';
		far.says = '';
		await page.$('#other').click();
		await page.title('Connected, not attached yet');
		assert.equal(far.asked.at(-1).url.pathname, '/vm/2');
		assert.equal(far.asked.at(-1).url.searchParams.get('take'), null);
		await page.$('#stop').click();
		await page.title('Stopped');
		// With tickets, the other slot needs its own.
		await page.open('#slot=0&ticket=abc');
		await page.choose();
		far.answer = [4065, 'the image is a disk, but slot 0 has a cd drive: use -s 2'];
		far.says = 'other 2 disk';
		await page.connect('Refused');
		const asked = far.asked.length;
		await page.$('#other').click();
		await page.$('#answer').filter({ hasText: /^Slot 2 needs a ticket/ })
			.waitFor();
		assert.equal(await page.page.evaluate(() =>
			document.activeElement.id), 'ticket');
		assert.equal(await page.$('#slot').inputValue(), '2');
		assert.equal(far.asked.length, asked);
		// Without an empty slot there is no button.
		far.says = 'other 1 cd';
		await page.connect('Refused');
		assert(await page.$('#other').isHidden());
	},
};
