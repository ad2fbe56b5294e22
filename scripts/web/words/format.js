/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Sizes, times and shares as a person reads them. Runs anywhere.
 */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

export function size(bytes) {
	let unit = 0;
	for (; bytes >= 1000 && unit < UNITS.length - 1; unit++)
		bytes /= 1000;
	return `${bytes.toFixed(unit > 0 && bytes < 100 ? 1 : 0)} ${UNITS[unit]}`;
}

export function duration(ms) {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const minutes = Math.floor(seconds / 60);
	if (minutes === 0)
		return `${seconds} s`;
	if (minutes < 60)
		return `${minutes} min ${seconds % 60} s`;
	return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/* 100 % only if nothing is missing. */
export function percent(share) {
	return `${share === 1 ? 100 : Math.min(99, Math.floor(share * 100))} %`;
}

/* A time with its day, because a list of events may cover days. */
export function moment(date) {
	return new Date(date).toLocaleString([], { month: 'short', day: 'numeric',
		hour: '2-digit', minute: '2-digit', second: '2-digit',
		hourCycle: 'h23' });
}

export function day(date) {
	return new Date(date).toLocaleDateString([], { dateStyle: 'medium' });
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
/* Leave the name of a machine at the beginning as it is. */
export const sentence = (text) => (/^\S*[.:]\S/.test(text) ? text : capital(text))
	.replace(/[^.!?…]$/, '$&.');
