/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Server-sent events (WHATWG HTML, section 9.2) from a stream of octets. The
 * browser's own EventSource can't send a token. Runs anywhere.
 */

const LONGEST = 1 << 20; /* characters; our events are shorter */

/* Takes text in pieces of any size; returns the events that are complete:
 * { type, id, data }. */
export class Parser {
	constructor() {
		this.rest = '';
		this.event = { type: 'message', id: '', lines: [] };
	}

	feed(text) {
		const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
		this.rest = lines.pop();
		if (this.rest.length > LONGEST)
			throw new Error('an event without an end');
		return lines.map((line) => this.line(line)).filter(Boolean);
	}

	line(line) {
		if (line === '')
			return this.end();
		const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
		if (field === 'data')
			this.event.lines.push(value ?? '');
		else if (field === 'event')
			this.event.type = value;
		else if (field === 'id')
			this.event.id = value;
		return null;
	}

	end() {
		const { type, id, lines } = this.event;
		this.event = { type: 'message', id, lines: [] };
		return lines.length > 0 ? { type, id, data: lines.join('\n') } : null;
	}
}

/* Call `heard` with each event of a response, until its end or an error.
 * `alive` is called when anything arrives, even a comment. */
export async function readEvents(response, heard, alive = () => {}) {
	const parser = new Parser();
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	try {
		for (;;) {
			const { value, done } = await reader.read();
			if (done)
				return;
			alive();
			parser.feed(value).forEach(heard);
		}
	} finally {
		reader.cancel().catch(() => {});
	}
}
