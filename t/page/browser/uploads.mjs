// SPDX-License-Identifier: BSD-2-Clause
// Uploads from the page to an image store.

import assert from 'node:assert/strict';
import { appendFile, readFile, truncate } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { row } from './library.mjs';
import { listen, signIn, until } from './steps.mjs';

const hashOf = async (file) => createHash('sha256').update(await readFile(file))
	.digest('hex');

async function choose(page, file = 'image') {
	await page.page.setInputFiles('#upload-file', file);
	await page.$('#upload-chosen').filter({ hasText: file }).waitFor();
}

async function upload(page, name, sum = '') {
	await choose(page);
	await page.$('#upload-name').fill(name);
	await page.$('#upload-sum').fill(sum);
	await page.$('#upload-send').click();
}

const fault = (page, id, pattern) => page.$(`#upload-${id}-fault`)
	.filter({ hasText: pattern }).waitFor();

// The page's requests, except for the list: 'METHOD offset'.
const asked = ({ asked }) => asked.filter(({ method }) => method !== 'GET')
	.map(({ method, headers }) => `${method} ${headers['upload-offset'] ?? ''}`.trim());

const stored = (page) => page.page.evaluate(() => JSON.stringify(
	[{ ...localStorage }, { ...sessionStorage }, document.cookie]));

export const tests = {
	// After each cut the upload resumes at the server's offset; the
	// checksum is right.
	async uploadCuts({ page, machine, images }) {
		const sum = await hashOf('image');
		images.cutAfter = [3e6, 4e6, 2e6];
		await signIn(page);
		await upload(page, 'my image.iso', `${sum.toUpperCase()} *image`);
		await page.$('#library-answer').filter({ hasText: /my image\.iso is in the store/ })
			.waitFor();
		await row(page, 'my image').says(/16\.8 MB · Verified/);
		const [image] = images.images;
		assert.equal(image.sha256, sum);
		assert.equal(image.verified, 'given');
		assert.deepEqual(asked(images).filter((one) => !/PATCH/.test(one)),
			['POST', 'HEAD', 'HEAD', 'HEAD']);
		assert.equal(asked(images).filter((one) => /PATCH/.test(one)).length, 4);
		assert.equal(await stored(page).then((kept) => /vmedia-uploads":"\[\]/.test(kept)),
			true);
		assert(images.asked.every(({ headers }) => !headers.cookie));
	},

	// After a reload, the same file is resumed, and another file is not. No
	// token is stored.
	async uploadReload({ page, machine, images }) {
		images.cutAfter = [5e6];
		await signIn(page);
		await choose(page);
		await page.$('#upload-name').fill('kept.img');
		// The server is down after the cut, so the page can't go on by
		// itself.
		images.head = (_image, request) => request.socket.destroy();
		await page.$('#upload-send').click();
		await row(page, 'kept').says(/Trying again; leave this page open/);
		const [token] = machine.tokens.keys();
		const kept = await stored(page);
		assert.match(kept, /images\/0{15}1/);
		assert(!kept.includes(token));
		page.page.on('dialog', (dialog) => dialog.accept());
		await page.page.reload();
		delete images.head;
		await signIn(page);
		await row(page, 'kept').says(/To continue, choose the same file again/);
		const { received } = images.images[0];
		await choose(page);
		await page.$('#upload-about').filter({ hasText: /a part of this file as kept\.img/ }).waitFor();
		assert.equal(await page.$('#upload-name').inputValue(), 'kept.img');
		await page.$('#upload-send').filter({ hasText: /Continue/ }).click();
		await row(page, 'kept').says(/Unverified/);
		assert.deepEqual(asked(images).slice(-2), ['HEAD', `PATCH ${received}`]);
		assert.equal(images.images[0].sha256, await hashOf('image'));
		assert.equal(images.images.length, 1);
		// The upload is complete, so the same file would be a new
		// upload.
		await choose(page);
		await page.$('#upload-send').filter({ hasText: /^Upload$/ }).waitFor();
	},

	// The page shows what the store would refuse, before it sends anything.
	async uploadRules({ page, images }) {
		images.add({ name: 'debian.iso' });
		await signIn(page);
		await page.$('#upload-send').click();
		await fault(page, 'file', /Choose the file/);
		await appendFile('-odd näme?.iso', 'x');
		await choose(page, '-odd näme?.iso');
		assert.equal(await page.$('#upload-name').inputValue(), 'odd n_me_.iso');
		for (const [name, pattern] of [['.hidden', /does not begin with/],
			['a/b', /1 to 100/], ['end ', /end with a space/], ['', /1 to 100/],
			['x'.repeat(101), /1 to 100/], ['debian.iso', /already/]]) {
			await page.$('#upload-name').fill(name);
			await fault(page, 'name', pattern);
			await page.$('#upload-send').click();
			assert.equal(await page.page.evaluate(() => document.activeElement.id),
				'upload-name');
		}
		await page.$('#upload-name').fill('x (1).iso');
		await page.$('#upload-sum').fill('abc');
		await page.$('#upload-send').click();
		await fault(page, 'sum', /64 digits/);
		assert.deepEqual(asked(images), []);
		await page.$('#upload-sum').fill('');
		await page.$('#upload-send').click();
		await row(page, 'x (1).iso').says(/Unverified/);
		await truncate('-odd näme?.iso', 0);
		await choose(page, '-odd näme?.iso');
		await page.$('#upload-send').click();
		await fault(page, 'file', /is empty/);
	},

	// The store's refusal is shown in its own words: used, asked, limit.
	async uploadFull({ page, images }) {
		images.room = 1000;
		await signIn(page);
		await upload(page, 'big.iso');
		const big = row(page, 'big.iso');
		await big.says(/quota of root: used 3\.1 GiB, asked 2 GiB, limit 4 GiB/);
		images.room = 1e12;
		await big.button('Try again').click();
		await big.says(/Unverified/);
		await upload(page, 'wrong.iso', '0'.repeat(64));
		await row(page, 'wrong.iso').says(/Failed: .*another checksum/);
		await row(page, 'wrong.iso').button('Cancel upload').click();
		await page.$('#dialog-yes').click();
		await row(page, 'wrong.iso').$('.name').waitFor({ state: 'detached' });
		assert.deepEqual(asked(images).at(-1), 'DELETE');
		assert.equal(images.images.length, 1);
	},

	// Cancel during the upload leaves nothing.
	async uploadCancel({ page, images }) {
		let go;
		images.patch = () => new Promise((done) => {
			go = done;
		});
		await signIn(page);
		await upload(page, 'a.iso');
		await row(page, 'a.iso').says(/Uploading/);
		await until(() => go);
		await row(page, 'a.iso').button('Cancel upload').click();
		await page.$('#dialog-yes').click();
		await page.$('#no-images').waitFor();
		assert.deepEqual(asked(images), ['POST', 'PATCH 0', 'DELETE']);
		assert.doesNotMatch(await stored(page), /images\/0/);
	},

	// A screen reader hears each quarter and each state, but not each
	// number.
	async uploadTold({ page, images }) {
		images.checks = false;
		images.cutAfter = [1e6, 1e6, 1e6, 1e6, 1e6, 1e6];
		await signIn(page);
		const told = await listen(page, '#library-told');
		await upload(page, 'a.iso');
		await row(page, 'a.iso').says(/checks (it|the image)/);
		await page.check('uploading');
		images.end(images.images[0]);
		await row(page, 'a.iso').says(/Unverified/);
		await until(() => told.some((text) => /the store checks it/.test(text)));
		const [{ size }] = images.images;
		assert(told.some((text) => /connection lost/.test(text)));
		assert(told.every((text) => !/MB|kB/.test(text)), told.join('\n'));
		assert.equal(new Set(told.filter((text) => /% uploaded/.test(text))).size <= 4,
			true);
		assert(size > 0);
	},

	// The session ends during the upload: after a new login, it goes on.
	async uploadSession({ page, machine, images }) {
		images.cutAfter = [4e6];
		await signIn(page);
		const { patch } = images;
		images.patch = async (...request) => {
			machine.tokens.clear();
			images.patch = patch;
			await patch.call(images, ...request);
		};
		await upload(page, 'a.iso');
		await page.$('#login-about').filter({ hasText: /has ended/ }).waitFor();
		await page.$('#user').fill('root');
		await page.$('#password').fill('0penBmc');
		await page.$('#sign-in').click();
		await row(page, 'a.iso').says(/Unverified/);
		assert.equal(images.images[0].sha256, await hashOf('image'));
	},

	// If a file changes, it is no longer the file whose upload began.
	async uploadChanged({ page, images }) {
		images.cutAfter = [4e6];
		images.head = async (_image, request) => {
			await appendFile('image', 'more');
			request.socket.destroy();
		};
		await signIn(page);
		await upload(page, 'a.iso');
		await row(page, 'a.iso').says(/file was changed or removed/);
	},

	// If the store did not check a complete upload, it is asked again.
	async uploadForgotten({ page, images }) {
		images.sleeps = true;
		await signIn(page);
		await upload(page, 'a.iso');
		await row(page, 'a.iso').says(/Unverified/);
		assert.deepEqual(asked(images), ['POST', 'PATCH 0', 'HEAD']);
	},

	// With the keyboard alone.
	async uploadKeys({ page, images }) {
		await signIn(page);
		const { page: { keyboard } } = page;
		await choose(page);
		await until(async () => await page.page.evaluate(() =>
			document.activeElement.id) === 'upload-name');
		await keyboard.press('End');
		await keyboard.type('.iso');
		await keyboard.press('Enter');
		const image = row(page, 'image.iso');
		await image.says(/Unverified/);
		await image.button('Remove').focus();
		await keyboard.press('Enter');
		await page.$('#dialog').waitFor();
		await keyboard.press('Shift+Tab');
		await keyboard.press('Enter');
		await page.$('#no-images').waitFor();
		await until(async () => await page.page.evaluate(() =>
			document.activeElement.id) === 'library-title');
		assert.equal(images.images.length, 0);
	},
};
