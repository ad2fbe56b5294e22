// SPDX-License-Identifier: BSD-2-Clause
// The console with real vm-redfish and vm-door; their vmctl and vm-host are
// simulated.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { card, signIn } from './steps.mjs';

const IMAGE = 'https://images.example/debian.iso?signature=secret';

export const tests = {
	async real({ page }) {
		await passwords(page);
		await media(page);
		await page.$('#sign-out').click();
		await page.$('#login').waitFor();
		await signIn(page, 'reader', 'readonly1');
		await page.$('#limited').filter({ hasText: /ReadOnly, can look/ }).waitFor();
		assert(await card(page, 0).button('Insert').isDisabled());
	},
};

// A wrong password, and one that must be changed.
async function passwords(page) {
	const enter = async (user, password) => {
		await page.$('#user').fill(user);
		await page.$('#password').fill(password);
		await page.$('#sign-in').click();
	};
	await page.open();
	await enter('root', 'wrong');
	await page.$('#login-fault').filter({ hasText: /is wrong/ }).waitFor();
	await enter('new', 'changeme1');
	for (const [password, fault] of [['short', /password/i], ['changed123', null]]) {
		await page.$('#new-password').fill(password);
		await page.$('#new-again').fill(password);
		await page.$('#renew-form .main').click();
		if (fault)
			await page.$('#renew-fault').filter({ hasText: fault }).waitFor();
	}
	await page.$('#limited').filter({ hasText: /Only an Administrator/ }).waitFor();
	await page.$('#sign-out').click();
	await page.$('#login').waitFor();
}

// An image that needs a login; the list of sessions; an eject.
async function media(page) {
	await signIn(page);
	const slot = card(page, 0);
	await page.$('#machine-detail').filter({ hasText: /not set up/ }).waitFor();
	await writeFile('says', JSON.stringify({ schema: 1, error: { status: 77,
		cause: 'credentials', message: 'the server wants a user' } }));
	await writeFile('status', '77');
	await slot.$('[data-part=url]').fill(IMAGE);
	await slot.button('Insert').click();
	await slot.$('.fault').filter({ hasText: /wants a user name and a password/ })
		.waitFor();
	await slot.$('[data-part=user]').fill('ann');
	await slot.$('[data-part=password]').fill('pass');
	await slot.button('Insert').click();
	await slot.title('Inserted');
	assert.doesNotMatch(await readFile('args', 'utf8'), / pass\b|secret/);
	assert.equal((await readFile('stdin', 'utf8')).trim(), IMAGE);
	await page.$('#sessions-show').click();
	await page.$('#sessions-list').filter({ hasText: /root from .*this page/ })
		.waitFor();
	await page.$('#sessions-close').click();
	await slot.button('Eject').click();
	await slot.title('Empty');
}
