/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * A row of the library: an image, or an upload on its way. Runs in the page.
 */

import { stamp, write } from '../ui/dom.js';
import { LIBRARY, imageWords } from '../words/en.js';

export class ImageRow {
	/* `act` has pick, remove, cancel and again. */
	constructor(act) {
		const { root, parts } = stamp('image-row');
		Object.assign(this, { root, parts });
		this.buttons = {
			pick: this.button(LIBRARY.insert, () => act.pick(this.image)),
			again: this.button(LIBRARY.again, () => act.again(this.upload)),
			cancel: this.button(LIBRARY.cancel, () => act.cancel(this.upload)),
			remove: this.button(LIBRARY.remove, () => act.remove(this.image)),
		};
		parts.actions.append(...Object.values(this.buttons));
	}

	button(text, click) {
		const button = document.createElement('button');
		button.type = 'button';
		button.className = 'small';
		button.textContent = text;
		button.addEventListener('click', click);
		return button;
	}

	/* `upload` is this page's upload of the image, or undefined. */
	update(image, upload, may) {
		const { parts, root, buttons } = this;
		const { tone, text, details } = imageWords(image, upload);
		Object.assign(this, { image, upload });
		root.dataset.tone = tone;
		write(parts.name, image.name);
		write(parts.state, text);
		write(parts.details, details.filter(Boolean).join(' · '));
		parts.bar.hidden = !upload || upload.state === 'failed';
		parts.bar.value = upload ? upload.sent / upload.file.size : 0;
		parts.bar.setAttribute('aria-label', image.name);
		const shown = {
			pick: image.state === 'ready' && image.slots.length === 0,
			again: upload?.state === 'failed' && upload.why && !upload.isOver,
			cancel: upload && upload.state !== 'sent',
			remove: !upload && image.id && image.state !== 'checking',
		};
		for (const [name, button] of Object.entries(buttons)) {
			button.hidden = !may || !shown[name];
			button.setAttribute('aria-label',
				`${button.textContent}: ${image.name}`);
		}
	}
}
