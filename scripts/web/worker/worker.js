/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The page's dedicated worker, which serves the image: the page can't delay it,
 * and a browser does not slow it down when the tab is hidden. It takes commands
 * from the page as messages, and reports in messages.
 */

import { Image } from './image.js';
import { forget, leftovers } from './kept.js';
import { Overlay } from './overlay.js';
import { changesOf, saveAside, saveTo, wholeOf } from './save.js';
import { Service } from './serve.js';

let image = null;
let overlay = null;
let service = null;
/* Commands may overlap, and the last one counts. After a wait, a command
 * compares these with its own number. */
let choices = 0; /* of a file */
let wishes = 0; /* to connect, to stop, or for another file */

const tell = (type, more) => postMessage({ type, ...more });

const unreadable = (error) => tell('unreadable', { why: error.message,
	read: error.name === 'NotImage' });

/* The overlay with this id: that of this page, or one that a closed page has
 * left. */
const opened = (id) => !id || id === overlay?.id ? overlay : Overlay.open(id);

async function saved(over, { handle, name, only }) {
	const make = () => only ? changesOf(over) : wholeOf(over);
	const size = only ? over.kept.handle.getSize() : over.size;
	const told = (at) => tell('saving', { at, size });
	if (handle)
		await saveTo(handle, make(), told);
	else
		tell('download', { name, file: await saveAside(over, make, told) });
	over.setSaved();
}

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
			unreadable(error);
		else
			tell('image', { size: image.size, cd: image.cd });
	},

	/* Take the file to which changes of this page, or of a closed one,
	 * belong. If it is the same file, the host can go on with its
	 * changes. */
	async again({ file, id }) {
		const mine = ++choices;
		wishes++;
		const [found, error] = await Image.open(file).then(
			(opened) => [opened], (why) => [null, why]);
		if (mine !== choices)
			return;
		if (error) {
			unreadable(error);
			return;
		}
		const over = await opened(id);
		const differ = await over.differences(found, (share) =>
			tell('comparing', { share }));
		const { modified, ...worse } = differ;
		if (mine !== choices || Object.keys(worse).length > 0) {
			if (over !== overlay)
				over.close();
			if (mine === choices)
				tell('differs', { differ, name: over.kept.about.name });
			return;
		}
		if (over !== overlay)
			await commands.discard();
		over.adopt(found);
		image = found;
		overlay = over;
		service = null;
		tell('image', { size: image.size, cd: image.cd, again: true, modified,
			changes: overlay.written, version: overlay.version,
			saved: Boolean(overlay.saved) });
		await commands.list();
	},

	/* Tell what closed pages have left. */
	async list() {
		tell('leftovers', { list: await leftovers(commands.list) });
	},

	async forget({ id }) {
		await forget(id);
		await commands.list();
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
			tell('keeping', { memory: overlay.kept.memory });
		}
		const { image: served, overlay: over } = service ?? {};
		if (served !== image || over !== (writable ? overlay : null) ||
		    to.url !== service.link.to.url || to.ticket ||
		    to.token !== service.link.to.token ||
		    to.resume !== service.link.to.resume ||
		    JSON.stringify(to.limits) !==
				JSON.stringify(service.link.to.limits))
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

	/* The page is being closed: a normal close makes the slot eject. */
	leave() {
		service?.link.stop(1000, 'left');
	},

	hurry() {
		service?.link.hurry();
	},

	/* The token of a new login; the old one may have run out. */
	token({ token }) {
		if (service?.link.to.token)
			service.link.to.token = token;
	},

	/* Report the progress, with a picture of this many cells. */
	look({ cells }) {
		if (!service)
			return;
		tell('look', {
			bytes: service.bytes,
			share: service.coverage.share,
			cells: service.coverage.cells(cells),
			changes: overlay?.written ?? 0,
			version: overlay?.version ?? 0,
			full: overlay?.full ?? false,
		});
	},

	/* Save the changed image, or only the changes, of this page or of a closed one:
	 * to the handle that the user has chosen, or, without one, as a download. */
	async save({ handle, name, only, id }) {
		try {
			const over = await opened(id);
			try {
				await saved(over, { handle, name, only });
			} finally {
				if (over !== overlay)
					over.close();
			}
			tell('saved', { name, handle: Boolean(handle), id });
		} catch (error) {
			tell('unsaved', { why: error.message });
		}
		await commands.list();
	},

	/* Remove what the host has written. */
	async discard() {
		const old = overlay;
		overlay = service = null;
		await old?.remove();
	},
};

onmessage = async ({ data }) => {
	try {
		await commands[data.type](data);
	} catch (error) {
		tell('failed', { why: error.message });
	}
};

commands.list().catch(() => {});
