// SPDX-License-Identifier: BSD-2-Clause
// The console's library: the images of a store; to insert and to remove them.

import assert from 'node:assert/strict';
import { card, signIn, until } from './steps.mjs';

// The row of an image.
export function row(page, name) {
	const $ = (selector) => page.$('.stored').filter({ has: page.page.locator('.name',
		{ hasText: name }) }).locator(selector);
	return { $, says: (pattern) => $('.about').filter({ hasText: pattern }).waitFor(),
		button: (label) => $('button').filter({ hasText: label }) };
}

const changed = ({ asked }) => asked.filter(({ method, url }) =>
	method !== 'GET' && !/Sessions/.test(url)).map(({ method, url, body }) =>
	[method, url.replace(/.*\/(Slot|system)/, '$1'), body]);

export const tests = {
	// A row for each image and upload, with its known facts.
	async libraryLooks({ page, images }) {
		page.url = page.url.replace('127.0.0.1', 'bmc.example.org');
		const shot = async (name) => {
			await page.pictures(name);
			await page.check(name);
			await page.page.setViewportSize({ width: 1280, height: 800 });
		};
		await signIn(page);
		await page.$('#no-images').waitFor();
		await shot('40-library-empty');
		images.add({ name: 'debian-12.5.0-amd64-netinst.iso', verified: 'given',
			slots: [0] });
		images.add({ name: 'rescue (1).img', owner: 'alice' });
		images.add({ name: 'config.img', sha256: 'stale' });
		images.add({ name: 'windows.iso', state: 'checking' });
		images.add({ name: 'fedora.iso', state: 'incoming', received: 263402291,
			sha256: null, expires: 518400 });
		images.add({ name: 'old.iso', state: 'expiring', received: 1e6,
			sha256: null, expires: 7200 });
		images.add({ name: 'bad.iso', state: 'incoming', received: 658505728,
			error: 'bad.iso has another checksum than was given', expires: 86400 });
		images.add({ id: null, name: 'box.iso', owner: 'bob', state: 'incoming',
			origin: 'box', received: 5e6, size: null, expires: 600000 });
		for (const [name, text] of [
			['debian', /In slot 0[^]*659 MB · Verified.*given · owner root/],
			['rescue', /Unverified: no checksum.* · owner alice · since Nov 29, 2026/],
			['config', /Unverified: the host could write/],
			['windows', /checks it/],
			['fedora', /Not finished\. The user who began[^]*263 MB of 659 MB.*deleted in 6 days/],
			['old', /deleted in 2 h 0 min/], ['bad', /Failed: .*another checksum/],
			['box', /drop box/]])
			await row(page, name).says(text);
		await shot('41-library');
		await row(page, 'rescue').button('Insert').click();
		await shot('42-pick');
		await page.$('#pick-no').click();
		await card(page, 1).button('Use a file on this computer').click();
		await shot('43-how');
	},

	// The machine fetches an image: errors are shown before the request.
	async libraryFetch({ page, images }) {
		const field = (name) => page.$(`#fetch-${name}`);
		await signIn(page);
		await page.$('#fetch summary').click();
		await field('send').click();
		await page.$('#fetch-url-fault').filter({ hasText: /begins with https/ }).waitFor();
		await field('url').fill(' https://example.org/debian-12.iso ');
		await field('name').fill('.hidden');
		await field('sum').fill('12');
		await field('send').click();
		await page.$('#fetch-name-fault').filter({ hasText: /does not begin/ }).waitFor();
		await page.$('#fetch-sum-fault').filter({ hasText: /64 digits/ }).waitFor();
		assert(!images.wish);
		await page.check('46-fetch');
		await field('name').fill('');
		await field('sum').fill(`${'AB'.repeat(32)}  debian-12.iso`);
		images.refuse = [403, 'unable to open https://example.org/debian-12.iso: ' +
			'allow-hosts does not allow connections to example.org'];
		await field('send').click();
		await page.$('#library-answer').filter({ hasText:
			/Unable to fetch.*does not allow/ }).waitFor();
		assert.equal(await field('url').inputValue(),
			' https://example.org/debian-12.iso ');
		images.refuse = null;
		await field('url').press('Enter');
		await row(page, 'debian-12').says(/Fetching from its server[^]*of 659 MB/);
		assert.deepEqual(images.wish, { url: 'https://example.org/debian-12.iso',
			name: '', sha256: 'ab'.repeat(32) });
		assert.equal(await field('url').inputValue(), '');
		const [image] = images.images;
		Object.assign(image, { received: 2e6, error: 'Could not connect to server' });
		await row(page, 'debian-12').says(/Could not connect[^]*2.0 MB of/);
		Object.assign(image, { error: null, received: null, state: 'ready',
			verified: 'given' });
		await row(page, 'debian-12').says(/Verified/);
	},

	// An image goes into the slot that fits, and boots.
	async libraryMount({ page, machine, images }) {
		images.add({ name: 'rescue (1).img', owner: 'alice' });
		images.add({ name: 'debian.iso' });
		await signIn(page);
		await row(page, 'debian').button('Insert').click();
		assert.equal(await page.$('#pick-slot').inputValue(), 'Slot_0');
		assert(await page.$('#pick-write').isHidden());
		await page.$('#pick-insert').click();
		await card(page, 0).title('Inserted');
		assert.deepEqual(changed(machine).at(-1)[2], { Image: 'image:debian.iso',
			WriteProtected: true });
		images.images[1].slots = [0];
		await row(page, 'debian').says(/In slot 0/);
		assert(await row(page, 'debian').button('Insert').isHidden());
		await row(page, 'rescue').button('Insert').click();
		assert.deepEqual(await page.$('#pick-slot option').allInnerTexts(),
			['Slot 1 (USB disk)']);
		await page.$('#pick-writable').check();
		await page.$('#pick-boot').click();
		await page.$('#dialog-yes').click();
		await card(page, 1).$('.steps').waitFor();
		await until(() => changed(machine).length === 4);
		assert.deepEqual(changed(machine).slice(1).map(([, what, body]) => [what,
			body.Image ?? body.Boot?.BootSourceOverrideTarget ?? body.ResetType]),
		[['Slot_1/Actions/VirtualMedia.InsertMedia', 'image:alice/rescue (1).img'],
			['system', 'Usb'],
			['system/Actions/ComputerSystem.Reset', 'ForceRestart']]);
		assert.equal(changed(machine)[1][2].WriteProtected, false);
		images.add({ name: 'third.iso' });
		await row(page, 'third').button('Insert').click();
		await page.$('#pick-fault').filter({ hasText: /no empty slot/ }).waitFor();
		assert(await page.$('#pick-insert').isHidden());
	},

	// The address field suggests them; the slot's error is shown beside it.
	async librarySuggests({ page, machine, images }) {
		images.add({ name: 'disk.iso' });
		await signIn(page);
		await row(page, 'disk').says(/659 MB/);
		assert.deepEqual(await page.$('#stored-images option').evaluateAll((all) =>
			all.map(({ value }) => value)), ['image:disk.iso']);
		assert.equal(await card(page, 0).$('input[type=url]').getAttribute('list'),
			'stored-images');
		machine.refusals.set('POST Slot_0/Actions/VirtualMedia.InsertMedia', [400,
			'Base.1.22.ActionParameterValueFormatError', 'The value is wrong.',
			'Use Slot_1: the image is a disk, but slot 0 has a cd drive']);
		await row(page, 'disk').button('Insert').click();
		await page.$('#pick-insert').click();
		await card(page, 0).button('Use slot 1 instead').click();
		await card(page, 1).button('Insert').click();
		await card(page, 1).title('Inserted');
		assert.deepEqual(changed(machine).at(-1)[2], { Image: 'image:disk.iso',
			WriteProtected: true });
	},

	// To remove an image, the page asks first; an image in a slot cannot be
	// removed.
	async libraryRemove({ page, images }) {
		const image = images.add({ name: 'debian.iso', slots: [1] });
		images.add({ name: 'fedora.iso', state: 'incoming', received: 5,
			expires: 604800 });
		await signIn(page);
		const debian = row(page, 'debian');
		const answer = (pattern) => page.$('#library-answer')
			.filter({ hasText: pattern }).waitFor();
		const removed = () => images.asked.filter(({ method }) => method === 'DELETE')
			.map(({ path }) => path.slice(-1));
		await debian.button('Remove').click();
		await answer(/debian\.iso is in slot 1\. Eject it there first/);
		image.slots = [];
		await debian.button('Insert').waitFor();
		images.refuse = [409, 'debian.iso is in slot 0: type vmctl eject -s 0 first'];
		await debian.button('Remove').click();
		await page.$('#dialog-title').filter({ hasText: 'Remove debian.iso?' }).waitFor();
		await page.$('#dialog-no').click();
		assert.deepEqual(removed(), []);
		await debian.button('Remove').click();
		await page.$('#dialog-yes').click();
		await answer(/Unable to remove debian\.iso: debian\.iso is in slot 0/);
		images.refuse = null;
		await debian.button('Remove').click();
		await page.$('#dialog-yes').click();
		await answer(/debian\.iso was removed/);
		await debian.$('.name').waitFor({ state: 'detached' });
		await row(page, 'fedora').button('Remove').click();
		await page.$('#dialog-yes').click();
		await page.$('#no-images').waitFor();
		assert.deepEqual(removed(), ['1', '1', '2']);
	},

	// A user who may only look sees the list; without a store there is no
	// library.
	async libraryRoles({ page, images }) {
		images.add({ name: 'debian.iso' });
		await signIn(page, 'rita', 'password');
		await row(page, 'debian').says(/659 MB/);
		assert.equal(await page.$('.stored button').filter({ visible: true }).count(), 0);
		assert(await page.$('#upload').isHidden());
		await page.$('#sign-out').click();
		await page.$('#login').waitFor();
		images.answer = async (request, response) => {
			response.writeHead(404).end('<html>no</html>');
		};
		await signIn(page);
		await card(page, 0).button('Use a file on this computer').click();
		await page.$('#file').waitFor({ state: 'attached' });
		await page.$('#slot-about').waitFor();
		assert(await page.$('#library').isHidden());
	},

	// A file of this computer can go through this tab, or into the store.
	async libraryHow({ page, images }) {
		await signIn(page);
		await page.$('#library').waitFor();
		const slot = card(page, 1);
		await slot.button('Use a file on this computer').click();
		await page.$('#how').filter({ hasText: /Keep this tab open and this computer on/ })
			.waitFor();
		await page.$('#how-no').click();
		await slot.button('Use a file on this computer').click();
		await page.$('#how-serve').click();
		await page.$('#slot-about').filter({ hasText: /Slot 1/ }).waitFor();
		await page.$('#back a').click();
		await slot.$('').evaluate((element) => {
			const data = new DataTransfer();
			data.items.add(new File([new Uint8Array(4096).fill(65)], 'a.img'));
			element.dispatchEvent(new DragEvent('drop', { dataTransfer: data,
				bubbles: true, cancelable: true }));
		});
		await page.$('#how-upload').click();
		assert.equal(await page.$('#upload-name').inputValue(), 'a.img');
		await page.page.keyboard.press('Enter');
		await row(page, 'a.img').says(/4\.1 kB/);
		await until(() => images.images[0].received === null);
	},
};
