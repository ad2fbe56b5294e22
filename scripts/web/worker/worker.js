/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The page's dedicated worker: where the image is served, out of the way of
 * whatever the page does, and not slowed down when its tab is hidden. It does
 * what app.js tells by messages, and tells what happens by messages.
 */

import { Image } from './image.js';
import { Overlay, removeStale } from './overlay.js';
import { Service } from './serve.js';

let image = null;
let overlay = null;
let service = null;
let choices = 0; /* of a file; and wishes, to connect, to stop, and to have */
let wishes = 0; /* another file: the last one counts */

const tell = (type, more) => postMessage({ type, ...more });

const commands = {
	/* Look at a file: it is the image from now on. */
	async choose({ file }) {
		const mine = ++choices;
		wishes++;
		image = null;
		await commands.discard();
		const [found, error] = await Image.open(file).then(
			(opened) => [opened], (why) => [null, why]);
		if (mine !== choices)
			return; /* another was chosen meanwhile */
		image = found;
		if (error)
			tell('unreadable', { why: error.message });
		else
			tell('image', { size: image.size, cd: image.cd });
	},

	async connect({ to, writable, take }) {
		const mine = ++wishes;
		if (writable && !overlay) {
			const made = await Overlay.create(image);
			if (mine !== wishes || made.image !== image) {
				await made.remove(); /* of what nobody wants now */
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

	/* How is it going? With a picture of so many cells. */
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

	/* To a handle that the user has chosen; without one, to be downloaded. */
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

	/* Forget what was written. */
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
