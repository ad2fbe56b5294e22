/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The card of the host: its power, and what it boots next. Runs in the page.
 */

import { $, put } from '../ui/dom.js';
import { ACTIONS, MACHINE } from '../words/en.js';

/* The actions for a host that is off, and for one that is on, in the order of
 * the buttons. */
const OFF = ['On'];
const ON = ['GracefulRestart', 'GracefulShutdown', 'ForceRestart', 'PowerCycle',
	'ForceOff', 'Nmi'];

const TONES = { On: 'good', Off: 'idle' };

let actions = null;
let buttons = ''; /* the buttons that are shown now, as text */

export function beginMachine(given) {
	actions = given;
	$('boot-target').addEventListener('change', async () => {
		showAnswer(await actions.chooseBoot($('boot-target').value));
	});
}

function showAnswer(answer) {
	put('machine-answer', answer ? `${answer.text} ${answer.next}`.trim() : '');
}

export function showMachine(store) {
	const { system } = store;
	if (!system)
		return;
	const { power } = system;
	$('machine').dataset.tone = TONES[power] ?? (power ? 'busy' : 'idle');
	put('machine-title', MACHINE.power[power] ?? power ?? MACHINE.unknown);
	put('machine-detail', system.resets.length === 0 ? MACHINE.noControl : '');
	const may = store.may('ConfigureComponents');
	showButtons(system, may);
	showBoot(system.boot, may);
}

/* Make new buttons only if they change, so that they keep the focus. */
function showButtons({ power, resets }, may) {
	const possible = (power === 'Off' ? OFF : power ? ON : [...OFF, ...ON])
		.filter((type) => resets.includes(type));
	const shown = JSON.stringify([possible, may]);
	if (shown === buttons)
		return;
	buttons = shown;
	$('power').replaceChildren(...possible.map((type) => {
		const button = document.createElement('button');
		button.type = 'button';
		button.dataset.reset = type;
		button.textContent = ACTIONS.resets[type].name;
		button.disabled = !may;
		if (!may)
			button.setAttribute('aria-describedby', 'limited');
		button.addEventListener('click', async () => {
			button.disabled = true;
			showAnswer(await actions.reset(type));
			button.disabled = !may;
		});
		return button;
	}));
}

function showBoot({ target, enabled, targets }, may) {
	$('boot').hidden = targets.length === 0;
	const select = $('boot-target');
	const wanted = targets.includes('None') ? targets : ['None', ...targets];
	if (select.dataset.targets !== wanted.join()) {
		select.dataset.targets = wanted.join();
		select.replaceChildren(...wanted.map((one) =>
			new Option(MACHINE.targets[one] ?? one, one)));
	}
	select.disabled = !may;
	const set = enabled === 'Disabled' ? 'None' : target;
	if (document.activeElement !== select || select.dataset.set !== set)
		select.value = set;
	select.dataset.set = set;
	put('boot-about', set === 'None' ? MACHINE.bootUsual :
		enabled === 'Once' ? MACHINE.bootOnce : MACHINE.bootAlways);
}
