/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Keeps the tab awake: a browser does not suspend a tab that holds a Web Lock.
 * But a phone that locks its screen suspends the tab, thus keep its screen on.
 * Runs in the page.
 */

const FAREWELL = 200; /* ms for the worker's last message */

let release = null; /* releases the lock that is held */

let screen = null; /* the promise of the screen's lock */

const isPhone = () => matchMedia('(pointer: coarse), (max-width: 55.99rem)').matches;

/* The browser takes this lock away whenever the page is hidden. */
function lightScreen() {
	if (release && !screen && isPhone() && document.visibilityState === 'visible')
		screen = navigator.wakeLock?.request('screen').then((lock) => {
			lock.addEventListener('release', () => {
				screen = null;
			});
			return lock;
		}, () => {
			screen = null; /* refused, for example by a low battery */
		});
}
document.addEventListener('visibilitychange', lightScreen);

/* Hold the lock `name` from now on, or release it. */
export function keepAwake(active, name) {
	if (active && !release) {
		release = () => {};
		navigator.locks?.request(name, () =>
			new Promise((done) => {
				release = done;
			}));
		lightScreen();
	} else if (!active && release) {
		release();
		release = null;
		screen?.then((lock) => lock?.release());
	}
}

/* Call leave() when the page is closed, after the user was asked. It returns
 * false if the worker has nothing left to do. Otherwise wait, because the
 * worker ends with the page. */
export function onLeave(leave) {
	addEventListener('pagehide', ({ persisted }) => {
		if (persisted || leave() === false)
			return;
		const end = performance.now() + FAREWELL;
		while (performance.now() < end)
			continue;
	});
}
