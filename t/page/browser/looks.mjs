// SPDX-License-Identifier: BSD-2-Clause
// A screenshot of each state of the console, checked by axe-core and on a phone.

import { card, signIn } from './steps.mjs';

const IMAGE = 'https://images.example/iso/debian-12.5.0-amd64-netinst.iso' +
	'?X-Amz-Signature=c0ffee';

export const tests = {
	async looks({ page, machine }) {
		const shot = async (name) => {
			await page.pictures(name);
			await page.check(name);
			await page.page.setViewportSize({ width: 1280, height: 800 });
		};
		page.url = page.url.replace('127.0.0.1', 'bmc.example.org');
		await page.open();
		await page.$('#login').waitFor();
		await shot('20-sign-in');
		await page.$('#user').fill('root');
		await page.$('#password').fill('wrong');
		await page.$('#sign-in').click();
		await page.$('#login-fault').filter({ hasText: /wrong/ }).waitFor();
		await shot('21-wrong');
		await signIn(page);
		await shot('22-empty');
		await refused({ page, machine, shot });
		await busy({ page, machine, shot });
		await roles({ page, machine, shot });
	},
};

async function refused({ page, machine, shot }) {
	const slot = card(page, 0);
	machine.refusals.set('POST Slot_0/Actions/VirtualMedia.InsertMedia', [400,
		'Base.1.22.ResourceAtUriUnauthorized', 'Unauthorized.',
		'Send a UserName and a Password.']);
	await slot.$('input[type=url]').fill(IMAGE);
	await slot.button('Insert').click();
	await slot.$('.fault').filter({ hasText: /wants a user name/ }).waitFor();
	await shot('23-refused');
	machine.refusals.clear();
	let go;
	machine.hold = new Promise((done) => {
		go = done;
	});
	await slot.button('Insert').click();
	await slot.title('Inserting …');
	await slot.$('.detail').filter({ hasText: /so far/ }).waitFor();
	await shot('24-inserting');
	go();
	await slot.title('Inserted');
}

async function busy({ page, machine, shot }) {
	const slot = card(page, 0);
	const [cd, disk] = machine.slots;
	machine.insert(disk, 'nfs://files.example/export/config.img', false);
	Object.assign(disk.more, { Label: 'config-2', SizeBytes: 67108864,
		State: 'degraded', Reason: 'the source refuses: run vmctl renew',
		BytesWritten: 4096 });
	await card(page, 1).$('.detail').filter({ hasText: /The source refuses\. The host/ })
		.waitFor();
	await slot.button('Boot from it').click();
	await shot('25-asks');
	await page.$('#dialog-yes').click();
	await slot.$('.steps li').nth(3).waitFor();
	const rates = [0, 2, 9, 14, 12, 15, 3, 1, 0, 0, 6, 11];
	cd.more.Map = '0'.repeat(64);
	await slot.$('.steps li[data-state=now]').filter({ hasText: /reads/ }).waitFor();
	await shot('26-booting');
	for (const [i, rate] of rates.entries()) {
		cd.more.BytesRead += rate * 4e6;
		cd.more.Map = 'f'.repeat(i * 3) + '83' + '0'.repeat(62 - i * 3);
		const asked = machine.asked.length;
		machine.tell('', cd);
		await new Promise((done) => setTimeout(done, 600));
		if (asked === machine.asked.length)
			throw new Error('the page does not ask for the slot');
	}
	// Reads go on: a slow page asks again, and must not see a pause.
	const reads = setInterval(() => {
		cd.more.BytesRead += 4e7;
		machine.tell('', cd);
	}, 600);
	await slot.title('The host is reading');
	await shot('27-reading');
	clearInterval(reads);
}

async function roles({ page, machine, shot }) {
	await page.$('#sessions-show').click();
	await page.$('#sessions-list').filter({ hasText: /this page/ }).waitFor();
	await shot('28-sessions');
	await page.$('#sessions-close').click();
	machine.empty(machine.slots[1]);
	await card(page, 1).button('Use a file on this computer').click();
	await shot('29-serve');
	await page.$('#back a').click();
	await page.$('#sign-out').click();
	await page.$('#login').waitFor();
	await signIn(page, 'rita', 'password');
	await page.$('#limited').waitFor();
	await shot('30-read-only');
}
