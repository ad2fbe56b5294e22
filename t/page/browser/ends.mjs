// SPDX-License-Identifier: BSD-2-Clause
// How a connection ends: ejected, refused, by a changed file, by a bad server.

import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { Client } from '../client.mjs';
import { attached, copied, until } from './steps.mjs';

export const tests = {
	// Every end shows its reason.
	async ends({ page, far }) {
		await page.open();
		await page.choose();
		for (const [code, reason, title, said] of [
			[1000, 'ejected', 'Ejected', /has ejected the image\./],
			[1000, 'slot 0: ejected: ejected by the host', 'Ejected',
				/Ejected by the host\./],
			[1000, 'slot 0: ejected', 'Ejected', /has ejected the image\./],
			[1000, 'slot 0: ejected: the time of --expires is over', 'Ejected',
				/The time after which the slot was to eject it is over\./],
			[1000, 'slot 0: ejected: the host was switched off (--boot-once)',
				'Ejected', /The host was switched off\./],
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
		assert.equal(await page.$('#log li').count(), 12 + 1 + 1);
	},

	// The file has changed: the host gets an error, and the page says so.
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
		// The page also finds the change before it connects.
		await page.connect('The file has changed');
		// The same file, chosen again, is a new image.
		await page.choose();
		await page.connect();
		await copied();
	},

	// A server that does not speak NBD, or violates it.
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
};
