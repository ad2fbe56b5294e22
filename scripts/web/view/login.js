/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Signing in, and changing a password that must be changed first. Runs in the page.
 */

import { $, put } from '../ui/dom.js';
import { LOGIN } from '../words/en.js';

let account = ''; /* the URI of the account whose password must be changed */

/* signIn(user, password) and renew(user, account, password) may throw Refused;
 * signIn() resolves to the account whose password must be changed first, or to
 * ''. done(user) is called afterwards. */
export function beginLogin({ signIn, renew, done }) {
	$('login-form').addEventListener('submit', async (event) => {
		event.preventDefault();
		const user = $('user').value.trim(), password = $('password').value;
		if (!user || !password) {
			fault('login-fault', LOGIN.empty);
			$(user ? 'password' : 'user').focus();
			return;
		}
		await trying('login-form', 'login-fault', async () => {
			account = await signIn(user, password);
			$('password').value = '';
			if (account)
				askForPassword(user);
			else
				await done(user);
		});
	});
	$('renew-form').addEventListener('submit', async (event) => {
		event.preventDefault();
		const password = $('new-password').value;
		if (!password || password !== $('new-again').value) {
			fault('renew-fault', LOGIN.differ);
			$('new-again').focus();
			return;
		}
		await trying('renew-form', 'renew-fault', async () => {
			await renew($('renew-user').value, account, password);
			$('new-password').value = $('new-again').value = '';
			await done($('renew-user').value);
		});
	});
}

function fault(id, text) {
	put(id, text);
}

/* Do `work` while the form's button is disabled, and show why it failed. */
async function trying(form, id, work) {
	const button = $(form).querySelector('button');
	button.disabled = true;
	fault(id, '');
	try {
		await work();
	} catch (error) {
		fault(id, error.status === 401 ? LOGIN.wrong :
			`${error.message} ${error.next ?? ''}`.trim());
	}
	button.disabled = false;
	if (!$(form).hidden && $(id).textContent)
		$(form).querySelector('input[type=password]').focus();
}

function askForPassword(user) {
	$('login-form').hidden = true;
	$('renew-form').hidden = false;
	$('renew-user').value = user;
	$('new-password').focus();
}

/* Show the form; `about` says why, if the user did not ask for it. */
export function showLogin(about = '') {
	put('login-about', about);
	$('login-form').hidden = false;
	$('renew-form').hidden = true;
	put('login-fault', '');
	$('password').value = '';
	$($('user').value ? 'password' : 'user').focus();
}
