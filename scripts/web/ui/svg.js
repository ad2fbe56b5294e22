/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * SVG elements, which take their colours from the style sheet. Runs in the
 * page.
 */

const SVG = 'http://www.w3.org/2000/svg';

export function shape(name, attributes = {}, ...children) {
	const element = document.createElementNS(SVG, name);
	for (const [key, value] of Object.entries(attributes))
		element.setAttribute(key, value);
	element.append(...children);
	return element;
}
