/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Handles the worker's messages. Runs in the page.
 */

import { $ } from '../ui/dom.js';
import { amend, note } from '../ui/log.js';
import { size } from '../words/format.js';
import { CHANGES, SERVE, words } from '../words/en.js';
import { heardOfChanges } from './changes.js';
import { keyUsed } from './key.js';
import { room } from './figures.js';
import { destination } from './act.js';
import { noteChange, show, view } from './show.js';
import { answer, isServing, send, the, worker } from './state.js';

const heard = {
	image({ size: bytes, cd, again, modified, ...old }) {
		the.image = { size: bytes, cd };
		$('file-about').textContent = SERVE.kind(size(the.file.size), cd);
		the.state = { name: 'ready', again, modified };
		if (again) {
			the.changes = old.changes;
			the.version = old.version;
			the.saved = old.saved ? old.version : -1;
			the.memory = false;
			$('writable').checked = true;
			note(words(view()).log);
		}
		destination(false);
	},

	comparing({ share }) {
		the.state = { name: 'looking', share };
	},

	differs({ differ, name }) {
		the.state = { name: 'differs', differ, file: name };
		note(words(view()).log);
	},

	keeping({ memory }) {
		the.memory = memory;
		if (memory)
			note(CHANGES.inMemory);
	},

	unreadable({ why, read }) {
		the.state = { name: 'unreadable', why, read };
		$('drop').classList.remove('chosen');
	},

	state({ state: now }) {
		const was = the.state;
		the.state = now;
		noteChange(was, now);
		if (now.name === 'open' && was.name !== 'open') {
			the.figures.openedAt = Date.now();
			$('figures').hidden = false; /* ask() measures the picture */
			$('ticket').value = ''; /* a ticket works once */
			keyUsed();
		}
		if (now.name === 'lost' || now.name === 'refused')
			probe();
		ask();
	},

	look(now) {
		the.look = now;
		the.changes = now.changes;
		the.version = now.version;
		if (now.full && !the.full) {
			answer(CHANGES.full);
			note(CHANGES.full);
		}
		the.full = now.full;
		the.figures.sample(now.bytes.read);
		$('figures').hidden ||= !isServing() &&
			now.bytes.read === 0 && now.changes === 0;
		if (!$('figures').hidden)
			the.figures.show(now, the.image.size, isServing());
	},

	...heardOfChanges,

	saved(what) {
		heardOfChanges.saved(what);
		if (!what.id)
			the.saved = the.version; /* no host is connected meanwhile */
	},

	failed({ why }) {
		the.state = { name: 'failed', why };
		note(words(view()).log);
	},
};

/* The connection has ended, and the button that had the focus is gone. */
function ended() {
	if (document.activeElement === document.body ||
	    document.activeElement === $('stop'))
		$(the.state.name === 'taken' ? 'take' : 'connect').focus();
}

/* A browser does not tell a page why a WebSocket failed. If the server answers
 * over HTTP, the reason was the ticket. */
async function probe() {
	const asked = the.state;
	if (new URL($('url').value || location.href).host !== location.host ||
	    (asked.name === 'lost' && asked.attempts < 3))
		return;
	const found = await fetch(location.pathname,
		{ method: 'HEAD', cache: 'no-store' }).catch(() => null);
	if (the.state.name === asked.name && found?.ok) {
		the.state = { ...the.state, notLetIn: true };
		if (the.state.name === 'refused')
			amend(words(view()).log);
		show();
	}
}

/* Ask the worker about the progress, only to show it to the user. */
export function ask() {
	send({ type: 'look', cells: room() });
}

export function beginHearing() {
	worker.onmessage = ({ data }) => {
		const was = isServing();
		heard[data.type](data);
		show();
		if (was && !isServing())
			ended();
	};
	worker.onerror = (event) => {
		heard.failed({ why: event.message || SERVE.notStarted });
		show();
	};
}
