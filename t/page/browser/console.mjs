// SPDX-License-Identifier: BSD-2-Clause
// The console's slots: an image by its address, its errors, its link; and what
// each role may do.

import assert from 'node:assert/strict';
import { card, listen, signIn, until } from './steps.mjs';

const IMAGE = 'https://images.example/debian.iso?signature=secret';
const INSERT = 'POST Slot_0/Actions/VirtualMedia.InsertMedia';

// The requests to the machine that change something: 'METHOD URI'.
const changes = ({ asked }) => asked.filter(({ method }) => method !== 'GET')
	.map(({ method, url }) => `${method} ${url.replace('/redfish/v1/', '')}`);
const last = ({ asked }, pattern) => asked.findLast(({ method, url }) =>
	pattern.test(`${method} ${url}`));

async function insert(slot, image = IMAGE) {
	await slot.$('input[type=url]').fill(image);
	await slot.button('Insert').click();
}

export const tests = {
	// Sign in, insert, eject, sign out; the secrets stay in the page.
	async console({ page, machine }) {
		await signIn(page);
		const slot = card(page, 0);
		await slot.title('Empty');
		await insert(slot);
		await slot.title('Inserted');
		await slot.$('.image').filter({ hasText: /^debian\.iso$/ }).waitFor();
		assert.deepEqual(last(machine, /InsertMedia/).body,
			{ Image: IMAGE, WriteProtected: true });
		await slot.button('Eject').click();
		await slot.title('Empty');
		const { url, kept } = await page.page.evaluate(() => ({
			url: location.href,
			kept: document.cookie + JSON.stringify({ ...localStorage }) +
				JSON.stringify({ ...sessionStorage }) }));
		const [token] = machine.tokens.keys();
		for (const secret of [token, '0penBmc', 'secret'])
			assert(!(url + kept).includes(secret), kept);
		assert.match(kept, /https:\/\/images\.example\/debian\.iso/);
		const used = machine.asked.filter(({ headers }) => headers['x-auth-token']);
		assert(used.every(({ headers }) => headers['x-auth-token'] === token &&
			!headers.cookie && !headers.authorization));
		await slot.$('.recent .link').click();
		assert.equal(await slot.$('input[type=url]').inputValue(),
			'https://images.example/debian.iso');
		await slot.button('Forget these').click();
		await slot.$('.recent').waitFor({ state: 'hidden' });
		await page.$('#sign-out').click();
		await page.$('#login-about').filter({ hasText: /signed out/ }).waitFor();
		assert.equal(machine.tokens.size, 0);
	},

	// The page shows the server's message beside the field, with the next
	// step.
	async insertErrors({ page, machine }) {
		await signIn(page);
		const slot = card(page, 0);
		const fault = (pattern) => slot.$('.fault').filter({ hasText: pattern })
			.waitFor();
		const focus = () => page.page.evaluate(() =>
			document.activeElement.dataset.part);
		await slot.button('Insert').click();
		await fault(/Enter the address/);
		assert.equal(await focus(), 'url');
		machine.refusals.set(INSERT, [400, 'Base.1.22.ResourceInNoTable',
			'The words of the server.', 'What it advises: or use --this']);
		await insert(slot);
		await fault(/words of the server\.\s*What it advises/);
		machine.refusals.set(INSERT, [400, 'Base.1.22.ResourceAtUriUnauthorized',
			'Unauthorized.', 'Send a UserName.']);
		await slot.button('Insert').click();
		await fault(/wants a user name and a password\.\s*Enter the user and password/);
		await until(async () => await focus() === 'user');
		assert.equal(await slot.$('input[type=url]').inputValue(), IMAGE);
		await slot.$('[data-part=user]').fill('ann');
		await slot.$('[data-part=password]').fill('pass');
		machine.refusals.set(INSERT, [400, 'Base.1.18.CouldNotEstablishConnection',
			'Not established.', 'Add the certificate of the server.']);
		await slot.button('Insert').click();
		await fault(/certificate of .* is not trusted\.\s*If you know this server, paste/);
		await until(async () => await focus() === 'pem');
		await slot.$('[data-part=pem]').fill('-----BEGIN CERTIFICATE-----');
		await slot.$('[data-part=policy]').selectOption('after 4 hours');
		machine.refusals.clear();
		await slot.button('Insert').click();
		await slot.title('Inserted');
		assert.deepEqual(last(machine, /InsertMedia/).body, { Image: IMAGE,
			WriteProtected: true, UserName: 'ann', Password: 'pass' });
		assert.deepEqual(last(machine, /Certificates/).body, {
			CertificateString: '-----BEGIN CERTIFICATE-----',
			CertificateType: 'PEM' });
		assert.deepEqual(last(machine, /PATCH/).body,
			{ EjectPolicy: 'Timed', EjectTimeout: 'PT4H' });
		// None of the values is left for the next image.
		await slot.button('Eject').click();
		await slot.title('Empty');
		for (const part of ['url', 'user', 'password', 'pem'])
			assert.equal(await slot.$(`[data-part=${part}]`).inputValue(), '');
	},

	// For an image that needs the other drive, a button leads there.
	async otherSlot({ page, machine }) {
		await signIn(page);
		machine.refusals.set(INSERT, [400,
			'Base.1.22.ActionParameterValueFormatError', 'The value is wrong.',
			'Use Slot_1: the image is a disk, but slot 0 has a cd drive']);
		await insert(card(page, 0), '//files.example/share/disk.img');
		await card(page, 0).button('Use slot 1 instead').click();
		const other = card(page, 1);
		assert.equal(await other.$('input[type=url]').inputValue(),
			'//files.example/share/disk.img');
		await other.$('[data-part=options] summary').click();
		await other.$('[data-part=writable]').check();
		await other.button('Insert').click();
		await other.title('Inserted');
		assert.deepEqual(last(machine, /Slot_1.*InsertMedia/).body, {
			Image: '//files.example/share/disk.img', WriteProtected: false,
			TransferProtocolType: 'CIFS' });
	},

	// A mount that takes long says so, and Cancel undoes it.
	async cancelled({ page, machine }) {
		await signIn(page);
		const slot = card(page, 0);
		machine.hold = new Promise(() => {});
		await insert(slot);
		await slot.title('Inserting …');
		await slot.$('.detail').filter({ hasText: /so far/ }).waitFor();
		await slot.button('Cancel').click();
		await slot.$('.answer').filter({ hasText: /Cancelled/ }).waitFor();
		await until(() => /EjectMedia$/.test(changes(machine).at(-1)));
		await slot.title('Empty');
	},

	// A new signature for the same image; another image is not a renewal.
	async renewed({ page, machine }) {
		await signIn(page);
		const slot = card(page, 0);
		await insert(slot);
		const renew = async (link) => {
			await slot.button('Renew link').click();
			await page.$('#dialog-value').fill(link);
			await page.$('#dialog-yes').click();
		};
		await renew('https://images.example/other.iso?signature=new');
		await slot.$('.answer').filter({ hasText: /another image/ }).waitFor();
		assert(!changes(machine).some((one) => /^PATCH/.test(one)));
		await renew('https://images.example/debian.iso?signature=new');
		await slot.$('.answer').filter({ hasText: /was renewed/ }).waitFor();
		assert.deepEqual(last(machine, /PATCH/).body,
			{ Image: 'https://images.example/debian.iso?signature=new' });
	},

	// Buttons are disabled, with the reason: a ReadOnly user can only look,
	// an Operator can switch the power.
	async roles({ page, machine }) {
		machine.insert(machine.slots[1], IMAGE);
		for (const [user, reason, power] of [['rita', /can look/, false],
			['olga', /Only an Administrator/, true]]) {
			await signIn(page, user, 'password');
			await page.$('#limited').filter({ hasText: reason }).waitFor();
			const eject = card(page, 1).button('Eject');
			await eject.waitFor();
			assert(await eject.isDisabled());
			assert.equal(await eject.getAttribute('aria-describedby'), 'limited');
			assert(await card(page, 0).button('Insert').isDisabled());
			assert.equal(await page.$('[data-reset=ForceOff]').isEnabled(), power);
			assert.equal(await page.$('#boot-target').isEnabled(), power);
			await page.$('#sign-out').click();
			await page.$('#login').waitFor();
		}
		// The server refuses, even if the page has the button enabled.
		await signIn(page, 'rita', 'password');
		const button = card(page, 1).button('Eject');
		await button.evaluate((element) => {
			element.disabled = false;
			element.click();
		});
		await card(page, 1).$('.answer').filter({ hasText: /Your role does not allow/ })
			.waitFor();
		assert(machine.slots[1].Inserted);
	},

	// With the keyboard alone; the focus moves to the next possible step.
	async consoleKeys({ page }) {
		const { page: { keyboard } } = page;
		await page.open();
		await page.$('#login').waitFor();
		await keyboard.type('root');
		await keyboard.press('Tab');
		await keyboard.type('0penBmc');
		await keyboard.press('Enter');
		const slot = card(page, 0);
		await slot.title('Empty');
		await slot.$('input[type=url]').focus();
		await keyboard.type(IMAGE);
		await keyboard.press('Enter');
		await slot.title('Inserted');
		const focus = () => page.page.evaluate(() =>
			document.activeElement.textContent || document.activeElement.type);
		await until(async () => await focus() === 'Boot from it');
		await keyboard.press('Enter');
		await page.$('#dialog').waitFor();
		await until(async () => await focus() === 'Cancel');
		await keyboard.press('Escape');
		await page.$('#dialog').waitFor({ state: 'hidden' });
		await until(async () => await focus() === 'Boot from it');
		await slot.button('Eject').focus();
		await keyboard.press('Enter');
		await slot.title('Empty');
		await until(async () => await focus() === 'url');
	},

	// A screen reader hears errors and events.
	async consoleTold({ page, machine }) {
		await page.open();
		await page.$('#login').waitFor();
		const alerts = await listen(page, '[role=alert]');
		await page.$('#sign-in').click();
		await until(() => alerts.some((text) => /Enter your user name/.test(text)));
		await signIn(page);
		machine.refusals.set('POST EjectMedia', [500, 'Base.1.22.InternalError', 'Error.',
			'What the host wrote last is lost.']);
		machine.insert(machine.slots[1], IMAGE, false);
		const slot = card(page, 1);
		await slot.title('Inserted');
		const told = await listen(page, '#Slot_1 [role=status]');
		await slot.button('Eject').click();
		await until(() => told.some((text) => /wrote last is lost/.test(text)));
	},
};
