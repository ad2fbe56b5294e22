// SPDX-License-Identifier: BSD-2-Clause
// The console's host and session: boot and power, events, a server that does
// not answer, a session that ends, and an image that this page serves with a
// login.

import assert from 'node:assert/strict';
import { card, signIn, until } from './steps.mjs';

const IMAGE = 'https://images.example/debian.iso';

const changed = ({ asked }) => asked.filter(({ method, url }) =>
	method !== 'GET' && !/Sessions/.test(url)).map(({ method, url, body }) =>
	[method, url.replace(/.*\//, ''), body]);

export const tests = {
	// One button inserts, sets the override for one boot, and resets. It
	// asks once, and names the machine.
	async bootFrom({ page, machine }) {
		await signIn(page);
		const slot = card(page, 0);
		await slot.$('input[type=url]').fill(IMAGE);
		await slot.button('Insert and boot').click();
		await page.$('#dialog-title').filter({ hasText: /127\.0\.0\.1/ }).waitFor();
		await page.$('#dialog-no').click();
		assert.deepEqual(changed(machine), []);
		await slot.button('Insert and boot').click();
		await page.$('#dialog-yes').click();
		const now = slot.$('.steps [data-state=now]');
		await now.filter({ hasText: /reads the image/ }).waitFor();
		assert.deepEqual(changed(machine), [
			['POST', 'VirtualMedia.InsertMedia', { Image: IMAGE,
				WriteProtected: true }],
			['PATCH', 'system', { Boot: { BootSourceOverrideTarget: 'Cd',
				BootSourceOverrideEnabled: 'Once' } }],
			['POST', 'ComputerSystem.Reset', { ResetType: 'ForceRestart' }]]);
		await page.$('#boot-about').filter({ hasText: /Once/ }).waitFor();
		// Until the host reads, the boot can be undone.
		await slot.button('Undo boot').click();
		await slot.$('.answer').filter({ hasText: /as usual/ }).waitFor();
		assert.equal(machine.boot.BootSourceOverrideEnabled, 'Disabled');
		assert.equal(await page.$('#boot-target').inputValue(), 'None');
		// A host that is off is switched on.
		machine.power = 'Off';
		await page.$('#machine-title').filter({ hasText: /^Off$/ }).waitFor();
		await slot.button('Boot from it').click();
		await page.$('#dialog-yes').filter({ hasText: /Start/ }).click();
		await now.filter({ hasText: /reads the image/ }).waitFor();
		assert.deepEqual(changed(machine).at(-1)[2], { ResetType: 'On' });
		machine.slots[0].more.BytesRead = 1 << 20;
		machine.tell('HostRead', machine.slots[0]);
		await slot.$('.steps').filter({ hasText: /restarted and reads/ }).waitFor();
		assert(await slot.button('Undo boot').isHidden());
	},

	// The power buttons match the machine's abilities; the page asks before
	// it stops anything.
	async power({ page, machine }) {
		await signIn(page);
		const power = page.$('#power');
		await power.getByRole('button', { name: 'Power off' }).click();
		await page.$('#dialog-title').filter({ hasText: /127\.0\.0\.1/ }).waitFor();
		await page.$('#dialog-yes').click();
		await page.$('#machine-title').filter({ hasText: /^Off$/ }).waitFor();
		assert.deepEqual(await power.getByRole('button').allInnerTexts(),
			['Power on']);
		await page.$('#boot-target').selectOption('network (PXE)');
		await page.$('#boot-about').filter({ hasText: /Once/ }).waitFor();
		await power.getByRole('button', { name: 'Power on' }).click();
		await page.$('#machine-title').filter({ hasText: /^On$/ }).waitFor();
		assert.deepEqual(changed(machine).map(([, , body]) =>
			body.ResetType ?? body.Boot.BootSourceOverrideTarget),
		['ForceOff', 'Pxe', 'On']);
		machine.refusals.set('POST Reset', [503,
			'Base.1.22.ServiceTemporarilyUnavailable', 'Later.',
			'The power supply is busy.']);
		await power.getByRole('button', { name: 'Reset' }).click();
		await page.$('#dialog-yes').click();
		await page.$('#machine-answer')
			.filter({ hasText: /not do that in time\. The power supply is busy\./ }).waitFor();
		// A machine without power control says so.
		machine.refusals.clear();
		machine.resets = [];
		await page.$('#machine-detail').filter({ hasText: /not set up/ }).waitFor();
		assert.equal(await power.getByRole('button').count(), 0);
		assert(await page.$('#boot').isHidden());
	},

	// Changes by others are shown as they happen; without events, the page
	// polls.
	async events({ page, machine }) {
		await signIn(page);
		const slot = card(page, 0);
		await until(() => machine.listeners.size === 1);
		machine.insert(machine.slots[0], IMAGE);
		await slot.title('Inserted');
		await page.$('#log').filter({ hasText: /Slot 0: inserted/ }).waitFor();
		machine.events = false;
		for (const listener of machine.listeners)
			listener.destroy();
		await until(() => machine.listeners.size === 0);
		machine.empty(machine.slots[0]);
		await slot.title('Empty');
		assert(await page.$('#trouble').isHidden());
		await page.$('#sign-out').click();
		await page.$('#login').waitFor();
		// While the login is shown, the page sends no requests.
		const { length } = machine.asked;
		await new Promise((done) => setTimeout(done, 2500));
		assert.equal(machine.asked.length, length);
	},

	// The web server restarts: the page says so, and recovers by itself.
	async restarted({ page, machine }) {
		await signIn(page);
		const slot = card(page, 0);
		await until(() => machine.listeners.size === 1);
		await machine.close();
		await page.$('#trouble').filter({ hasText: /No connection to 127/ }).waitFor();
		machine.insert(machine.slots[0], IMAGE);
		await machine.listen('redfish');
		await slot.title('Inserted');
		await page.$('#trouble').waitFor({ state: 'hidden' });
		await until(() => machine.listeners.size === 1);
	},

	// The service does not answer when the page is opened.
	async unavailable({ page, machine }) {
		await machine.close();
		await page.open();
		await page.$('#login-about').filter({ hasText: /does not run/ }).waitFor();
		await page.$('#use-ticket').waitFor();
		await machine.listen('redfish');
		await page.$('#user').fill('root');
		await page.$('#password').fill('0penBmc');
		await page.$('#sign-in').click();
		await card(page, 0).title('Empty');
	},

	// When the session ends, the page shows the login, and says why.
	async ended({ page, machine }) {
		await signIn(page);
		machine.tokens.clear();
		await page.$('#login-about').filter({ hasText: /has ended/ }).waitFor();
		assert.equal(await page.$('#console').isVisible(), false);
		assert.equal(await page.$('#password').inputValue(), '');
		await signIn(page);
	},

	// A password that must be changed at first.
	async mustChange({ page, machine }) {
		await page.open();
		await page.$('#user').fill('mona');
		await page.$('#password').fill('password');
		await page.$('#sign-in').click();
		await page.$('#new-password').fill('better-one');
		await page.$('#new-again').fill('other');
		await page.$('#renew-form .main').click();
		await page.$('#renew-fault').filter({ hasText: /twice/ }).waitFor();
		await page.$('#new-again').fill('better-one');
		await page.$('#renew-form .main').click();
		await card(page, 0).title('Empty');
		assert.equal(machine.users.mona[0], 'better-one');
	},

	// A file of this computer; the login's token replaces a ticket.
	async serveSignedIn({ page, machine, far }) {
		await signIn(page);
		const [token] = machine.tokens.keys();
		await card(page, 1).button('Use a file on this computer').click();
		await page.$('#slot-about').filter({ hasText: /Slot 1 \(USB disk\)/ }).waitFor();
		assert(await page.$('#ticket').isHidden());
		await page.choose();
		await page.connect();
		const [{ url, protocols }] = far.asked;
		assert.equal(url.pathname, '/vm/1');
		assert.deepEqual(protocols.slice(0, 4), ['vm.nbd.v1-state',
			'vm.nbd.v1-beat', 'vm.nbd.v1', `token.${token}`]);
		assert(!url.href.includes(token));
		// The image is still served while the other slots are shown.
		await page.$('#back a').click();
		await card(page, 1).button('Show').waitFor();
		await page.$('#sign-out').click();
		await page.$('#answer').filter({ hasText: /Press Stop first/ }).waitFor();
		await page.$('#stop').click();
		await page.title('Stopped');
		await page.$('#back a').click();
		await card(page, 1).button('Use a file on this computer').waitFor();
		// The end of the session does not end the connection that
		// serves an image.
		await page.page.evaluate(() => {
			location.hash = '#serve/0';
		});
		await page.connect();
		machine.tokens.clear();
		await page.$('#login-about').filter({ hasText: /has ended/ }).waitFor();
		assert.match(await page.page.title(), /^Connected/);
		await signIn2(page);
		const [fresh] = machine.tokens.keys();
		const { length } = far.asked;
		far.cut();
		await until(() => far.asked.length > length);
		assert(far.asked.at(-1).protocols.includes(`token.${fresh}`));
	},

	// The list of those who are signed in, and the end of another session.
	async sessions({ page, machine }) {
		const other = machine.login({ UserName: 'olga', Password: 'password' });
		await signIn(page);
		await page.$('#sessions-show').click();
		const list = page.$('#sessions-list');
		await list.filter({ hasText: /olga from 192\.0\.2\.7/ }).waitFor();
		await list.filter({ hasText: /\(this page\)/ }).waitFor();
		await page.check('sessions');
		assert.equal(await list.getByRole('button').count(), 1);
		await list.getByRole('button').click();
		await until(() => !machine.tokens.has(other[2]['X-Auth-Token']));
		await list.filter({ hasNotText: /olga/ }).waitFor();
		await page.page.keyboard.press('Escape');
		await list.waitFor({ state: 'hidden' });
		assert.equal(machine.tokens.size, 1);
	},

	// A file is dropped on an empty slot.
	async droppedOnSlot({ page, machine }) {
		machine.insert(machine.slots[0], IMAGE);
		await signIn(page);
		await card(page, 0).title('Inserted');
		const drop = (number) => page.$(`#Slot_${number}`).evaluate((element) => {
			const data = new DataTransfer();
			data.items.add(new File([new Uint8Array(4096).fill(65)], 'a.img'));
			element.dispatchEvent(new DragEvent('drop', { dataTransfer: data,
				bubbles: true, cancelable: true }));
		});
		await drop(0);
		assert(await page.$('#console').isVisible());
		await drop(1);
		await page.title('Ready to connect');
		await page.says(/give the image to slot 1/);
	},

	// A link with a ticket needs no login, nor does a machine's page.
	async ticketed({ page, far }) {
		await page.open('#slot=0&ticket=abc');
		await page.choose();
		await page.connect();
		assert(far.asked[0].protocols.includes('ticket.abc'));
		assert(await page.$('#login').isHidden());
		await page.$('#stop').click();
		await page.title('Stopped');
		await page.page.goto('about:blank');
		await page.open();
		await page.$('#use-ticket').click();
		await page.$('#ticket').waitFor();
	},
};

// Sign in without loading the page again.
async function signIn2(page) {
	await page.$('#user').fill('root');
	await page.$('#password').fill('0penBmc');
	await page.$('#sign-in').click();
	await page.$('#account').waitFor();
}
