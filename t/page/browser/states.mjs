// SPDX-License-Identifier: BSD-2-Clause
// A screenshot of each state, checked by axe-core and on a phone.

import { appendFile, link, writeFile } from 'node:fs/promises';
import { Client } from '../client.mjs';
import { TAKEN } from './steps.mjs';

export const tests = {
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
