// SPDX-License-Identifier: BSD-2-Clause
// Uploads to a real store: nginx, vm-upload, vm-door and vm-image, through a
// connection that is cut; from the page, and from an unmodified tus-js-client.

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { dir } from '../lib.mjs';
import { Line } from '../line.mjs';
import { row } from './library.mjs';
import { signIn, until } from './steps.mjs';

const CUTS = Number(process.env.CUTS ?? 4);

// Lead the page's connections through a line. It is cut at even distances while
// the image passes, and then stalls in the middle of the rest.
async function cutLine(page) {
	const { size } = await stat('image');
	const line = new Line(page.url);
	page.url = await line.listen();
	page.page.on('dialog', (dialog) => dialog.accept());
	return { line, begin() {
		const part = size / (2 * CUTS);
		line.cutAt = Array.from({ length: CUTS }, (_, i) =>
			line.passed + part * (i + 1));
		line.holdAt = line.passed + part * (CUTS + 1);
	} };
}

// Wait until all cuts were made and the line stalls; then leave the page, which
// ends its requests, and repair the line.
async function leave(page, line) {
	await until(() => line.isHeld, 'the line to hold');
	assert.equal(line.cuts, CUTS);
	await page.page.goto('about:blank');
	line.cut();
	line.release();
}

// Get a Redfish token, as a script would.
const login = ({ page }) => page.evaluate(async () => {
	const answer = await fetch('/redfish/v1/SessionService/Sessions', {
		method: 'POST', headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ UserName: 'root', Password: '0penBmc' }) });
	return answer.headers.get('x-auth-token');
});

// Upload the image with tus-js-client, whose result is in window.ended; resume
// an upload that it remembers. Returns how many of those it found.
async function tus(page, token) {
	await page.page.evaluate(() => {
		const input = document.createElement('input');
		input.type = 'file';
		input.id = 'tus';
		document.body.append(input);
	});
	await page.page.setInputFiles('#tus', 'image');
	return page.page.evaluate(async (secret) => {
		const [file] = document.getElementById('tus').files;
		const upload = new window.tus.Upload(file, {
			endpoint: `${location.origin}/images`,
			headers: { 'X-Auth-Token': secret },
			metadata: { filename: 'by tus-js-client.iso', filetype: file.type },
			retryDelays: Array(20).fill(500),
			removeFingerprintOnSuccess: true,
			onError: (error) => {
				window.ended = String(error);
			},
			onSuccess: () => {
				window.ended = 'success';
			},
		});
		const before = await upload.findPreviousUploads();
		if (before.length > 0)
			upload.resumeFromPreviousUpload(before[0]);
		upload.start();
		return before.length;
	}, token);
}

export const tests = {
	// The page: list, upload with cuts and a reload, checksum, remove.
	async storeUpload({ page }) {
		const sum = process.env.SUM;
		const { line, begin } = await cutLine(page);
		await signIn(page);
		await page.$('#no-images').waitFor();
		const choose = () => page.page.setInputFiles('#upload-file', 'image');
		await choose();
		await page.$('#upload-name').fill('big (1).iso');
		await page.$('#upload-sum').fill(sum);
		begin();
		await page.$('#upload-send').click();
		await leave(page, line);
		await signIn(page);
		await row(page, 'big (1).iso').says(/Not finished\. To continue, choose the same/);
		await choose();
		await page.$('#upload-send').filter({ hasText: /Continue/ }).click();
		await row(page, 'big (1).iso').says(/Verified/);
		// A second image of that name is refused before it is sent.
		await choose();
		await page.$('#upload-name').fill('big (1).iso');
		await page.$('#upload-name-fault').filter({ hasText: /already/ }).waitFor();
		// An image that is larger than the store.
		await page.$('#upload-sum').fill('');
		await page.page.setInputFiles('#upload-file', 'larger');
		await page.$('#upload-send').click();
		await row(page, 'larger').says(/Failed: .*(used|room).*asked/);
	},

	// The tus-js-client from npm.
	async storeTus({ page }) {
		const { line, begin } = await cutLine(page);
		await page.context.addInitScript({
			path: `${dir}/node_modules/tus-js-client/dist/tus.min.js` });
		await page.open();
		const token = await login(page);
		begin();
		assert.equal(await tus(page, token), 0);
		await leave(page, line);
		await page.open();
		assert.equal(await tus(page, await login(page)), 1);
		await page.page.waitForFunction(() => window.ended);
		assert.equal(await page.page.evaluate(() => window.ended), 'success');
		await until(async () => (await page.page.evaluate(async (secret) =>
			(await (await fetch('/images', { headers: { 'X-Auth-Token': secret } }))
				.json()).images, token)).some(({ state }) => state === 'ready'));
	},
};
