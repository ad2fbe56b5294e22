/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The page's dedicated worker, which serves the image: the page can't delay it,
 * and a browser does not slow it down when the tab is hidden. It takes commands
 * from app.js as messages, and tells what happens by messages.
 */

import { Image } from './image.js';
import { Overlay, removeStale } from './overlay.js';
import { Service } from './serve.js';

let image = null;
let overlay = null;
let service = null;
/* Commands overlap; the last one counts. A command that has waited compares its
 * number with these. */
let choices = 0; /* of a file */
let wishes = 0; /* to connect, to stop, or for another file */

const tell = (type, more) => postMessage({ type, ...more });

const commands = {
	/* Check a file: if it can be read, it is the image from now on. */
	async choose({ file }) {
		const mine = ++choices;
		wishes++;
		image = null;
		await commands.discard();
		const [found, error] = await Image.open(file).then(
			(opened) => [opened], (why) => [null, why]);
		if (mine !== choices)
			return; /* the user chose another file meanwhile */
		image = found;
		if (error)
			tell('unreadable', { why: error.message,
				read: error.name === 'NotImage' });
		else
			tell('image', { size: image.size, cd: image.cd });
	},

	async connect({ to, writable, take }) {
		const mine = ++wishes;
		if (writable && !overlay) {
			const made = await Overlay.create(image);
			if (mine !== wishes || made.image !== image) {
				await made.remove(); /* the user wants something else now */
				return;
			}
			overlay = made;
		}
		const { image: served, overlay: over } = service ?? {};
		if (served !== image || over !== (writable ? overlay : null) ||
		    to.url !== service.link.to.url || to.ticket)
			service = new Service(image, writable ? overlay : null, to,
				(state) => tell('state', { state }));
		service.connect(take);
	},

	stop() {
		wishes++;
		if (service)
			service.stop();
		else
			tell('state', { state: { name: 'stopped', why: '',
				since: Date.now() } });
	},

	hurry() {
		service?.link.hurry();
	},

	/* Tell how the transfer is going, with a picture of so many cells. */
	look({ cells }) {
		if (!service)
			return;
		tell('look', {
			bytes: service.bytes,
			share: service.coverage.share,
			cells: service.coverage.cells(cells),
			changes: overlay?.written ?? 0,
			version: overlay?.version ?? 0,
		});
	},

	/* Save the changed image: to the handle that the user has chosen, or, without
	 * one, as a download. */
	async save({ handle }) {
		const told = (at) => tell('saving', { at, size: overlay.size });
		try {
			if (handle)
				await overlay.saveTo(handle, told);
			else
				tell('download', { file: await overlay.saveOwn(told) });
			tell('saved', { name: handle?.name });
		} catch (error) {
			tell('unsaved', { why: error.message });
		}
	},

	/* Remove what the host has written. */
	async discard() {
		const old = overlay;
		overlay = service = null;
		await old?.remove();
	},
};

removeStale().catch(() => {});

onmessage = async ({ data }) => {
	try {
		await commands[data.type](data);
	} catch (error) {
		tell('failed', { why: error.message });
	}
};
