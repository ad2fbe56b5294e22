/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Keeps the tab awake: a browser does not suspend a tab that holds a Web Lock.
 * Runs in the page.
 */

let release = null; /* of the lock that is held */

/* Hold the lock `name` from now on, or release it. */
export function keepAwake(active, name) {
	if (active && !release) {
		release = () => {};
		navigator.locks?.request(name, () =>
			new Promise((done) => {
				release = done;
			}));
	} else if (!active && release) {
		release();
		release = null;
	}
}
