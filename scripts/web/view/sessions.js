/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A dialogue that shows who else is signed in; an Administrator can end other
 * sessions. Runs in the page.
 */

import { $, onClick, put } from '../ui/dom.js';
import { moment } from '../words/format.js';
import { SESSIONS } from '../words/en.js';

let api = null;
let store = null;

export function beginSessions(given, known) {
	api = given;
	store = known;
	onClick('sessions-show', async () => {
		$('sessions').showModal();
		await list();
	});
	onClick('sessions-close', () => $('sessions').close());
}

/* Ask for all sessions, and show them. */
async function list() {
	try {
		const { Members } = await api.get(api.root.Links.Sessions['@odata.id']);
		const all = [];
		for (const member of Members)
			all.push(await api.get(member['@odata.id']).catch(() => null));
		$('sessions-list').replaceChildren(...all.filter(Boolean).map(item));
		put('sessions-fault', '');
	} catch (error) {
		put('sessions-fault', `${error.message} ${error.next ?? ''}`.trim());
	}
}

function item(session) {
	const { UserName, ClientOriginIPAddress, CreatedTime } = session;
	const uri = session['@odata.id'];
	const own = api.session.endsWith(uri);
	const element = document.createElement('li');
	const about = document.createElement('span');
	about.textContent = SESSIONS.about(UserName, ClientOriginIPAddress,
		CreatedTime && moment(CreatedTime), own);
	element.append(about);
	if (!own && (store.may('ConfigureManager') || UserName === store.user.name))
		element.append(ender(uri, about.textContent));
	return element;
}

function ender(uri, about) {
	const button = document.createElement('button');
	button.type = 'button';
	button.className = 'small';
	button.textContent = SESSIONS.end;
	button.setAttribute('aria-label', `${SESSIONS.end}: ${about}`);
	button.addEventListener('click', async () => {
		button.disabled = true;
		await api.ask('DELETE', uri).catch((error) =>
			put('sessions-fault', error.message));
		await list();
		$('sessions-close').focus();
	});
	return button;
}
