// SPDX-License-Identifier: BSD-2-Clause
// Steps that the tests of the page in a browser share.

import { stat } from 'node:fs/promises';
import { PATIENCE, run } from '../lib.mjs';

export const NBD = `nbd+unix:///?socket=${process.cwd()}/near`;
export const TAKEN = [4409, 'slot 0 is taken by 10.0.0.5 since 12:30'];

// until CONDITION: waits for something outside of the page's elements.
export async function until(condition, what = String(condition)) {
	const end = Date.now() + PATIENCE;
	while (!await condition()) {
		if (Date.now() > end)
			throw new Error(`gave up waiting for ${what}`);
		await new Promise((done) => setTimeout(done, 20));
	}
}

export async function copied(image = 'image') {
	await run('nbdcopy', NBD, 'copy');
	await run('cmp', `--bytes=${(await stat(image)).size}`, image, 'copy');
}

export async function attached({ page, far }, { writable = false } = {}) {
	await page.open('#slot=0&ticket=abc');
	await page.choose();
	if (writable)
		await page.$('#writable').check();
	far.answer = 'serve';
	await page.connect();
}

// Collect what a screen reader speaks from now on, or the new texts of an
// element.
export async function listen({ page }, selector = '[role=status]') {
	const told = [];
	const name = `told${Math.random()}`;
	await page.exposeFunction(name, (text) => text && told.push(text));
	await page.evaluate(([to, elements]) => {
		for (const element of document.querySelectorAll(elements))
			new MutationObserver(() => window[to](element.textContent.trim()))
				.observe(element, { childList: true, subtree: true,
					characterData: true });
	}, [name, selector]);
	return told;
}

// The names of the overlays in the private file system.
export function overlays({ page }) {
	return page.evaluate(async () => {
		const names = [];
		for await (const name of
			(await navigator.storage.getDirectory()).keys())
			names.push(name);
		return names.filter((name) => /^overlay-/.test(name));
	});
}

// Stop, and wait until the page shows that.
export async function stop(page) {
	await page.$('#stop').click();
	await page.title('Stopped');
}

// Save the changes as a download to the file `to`, by the button.
export async function saveChanges({ page }, button, to) {
	await page.evaluate(() => {
		window.showSaveFilePicker = undefined;
	});
	const download = page.waitForEvent('download');
	await button.click();
	await (await download).saveAs(to);
	return (await download).suggestedFilename();
}

// Sign in to the machine, and wait for its slots.
export async function signIn(page, user = 'root', password = '0penBmc') {
	await page.open();
	await page.$('#user').fill(user);
	await page.$('#password').fill(password);
	await page.$('#sign-in').click();
	await page.$('#Slot_0').waitFor();
}

// The card of a slot.
export function card(page, number) {
	const $ = (selector) => page.$(`#Slot_${number} ${selector}`);
	return { $,
		button: (name) => page.$(`#Slot_${number}`).getByRole('button',
			{ name, exact: true }),
		title: (text) => $('h2').filter({ hasText: text instanceof RegExp ?
			text : new RegExp(`^${text}$`) }).waitFor() };
}
