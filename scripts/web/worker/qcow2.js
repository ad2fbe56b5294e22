/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The changes of an image as a qcow2 file of version 3 (QEMU's
 * docs/interop/qcow2.rst) with the image as its backing file: "qemu-img commit"
 * writes them into the image. A cluster has 64 KiB. Runs anywhere.
 */

const CLUSTER = 64 << 10;
const BITS = 16; /* of CLUSTER */
const ENTRIES = CLUSTER / 8; /* in a table of a cluster */
const COUNTS = CLUSTER / 2; /* in a refcount block: 16 bits each */
const COPIED = 1n << 63n; /* the cluster's refcount is one */
const ZEROS = 1n; /* in an L2 entry: the cluster reads as zeros */
const HEADER = 104;
const FORMAT = 0xe2792aca; /* header extension: the backing file's format */

const clusters = (count, each) => Math.ceil(count / each);

/* Where each part of the file begins, in clusters; the header is first. */
function layout(blocks, used, tables) {
	const l1 = clusters(clusters(blocks, ENTRIES), ENTRIES);
	const rest = 1 + l1 + tables + used;
	let counts = 1, roots = 1;
	while (counts * COUNTS < rest + counts + roots) {
		counts++;
		roots = clusters(counts, ENTRIES);
	}
	return { l1, roots, counts, total: rest + counts + roots,
		rootsAt: 1 + l1, countsAt: 1 + l1 + roots,
		tablesAt: 1 + l1 + roots + counts,
		dataAt: 1 + l1 + roots + counts + tables };
}

function header(size, name, { roots, rootsAt }) {
	const octets = new Uint8Array(CLUSTER);
	const view = new DataView(octets.buffer);
	const file = new TextEncoder().encode(`./${name}`);
	octets.set([0x51, 0x46, 0x49, 0xfb]);
	view.setUint32(4, 3);
	view.setBigUint64(8, BigInt(HEADER + 24));
	view.setUint32(16, file.length);
	view.setUint32(20, BITS);
	view.setBigUint64(24, BigInt(size));
	view.setUint32(36, clusters(clusters(size, CLUSTER), ENTRIES));
	view.setBigUint64(40, BigInt(CLUSTER));
	view.setBigUint64(48, BigInt(rootsAt * CLUSTER));
	view.setUint32(56, roots);
	view.setUint32(96, 4); /* refcounts of 16 bits */
	view.setUint32(100, HEADER);
	view.setUint32(HEADER, FORMAT);
	view.setUint32(HEADER + 4, 3);
	octets.set(new TextEncoder().encode('raw'), HEADER + 8);
	octets.set(file, HEADER + 24); /* after the end of the extensions */
	return octets;
}

/* Clusters of 64-bit numbers: `entry(i)` for i < count. */
function table(count, entry) {
	const view = new DataView(new ArrayBuffer(
		clusters(count, ENTRIES) * CLUSTER));
	for (let i = 0; i < count; i++)
		view.setBigUint64(i * 8, entry(i));
	return new Uint8Array(view.buffer);
}

const at = (cluster) => BigInt(cluster) * BigInt(CLUSTER);

/* The file's parts in order. `kinds` has a number for each block of the image: 0
 * if it has not changed, 1 if it is all zeros, else `block(i)` returns its octets,
 * of which the last block may have fewer. */
export function* qcow2(size, name, kinds, block) {
	const tables = []; /* numbers of the L2 tables that exist */
	let used = 0;
	for (let i = 0; i < kinds.length; i++) {
		if (kinds[i] > 0 && tables.at(-1) !== Math.floor(i / ENTRIES))
			tables.push(Math.floor(i / ENTRIES));
		used += kinds[i] > 1;
	}
	const where = layout(kinds.length, used, tables.length);
	yield header(size, name, where);
	const index = new Map(tables.map((number, i) => [number, i]));
	yield table(clusters(kinds.length, ENTRIES), (i) => index.has(i) ?
		at(where.tablesAt + index.get(i)) | COPIED : 0n);
	yield table(where.counts, (i) => at(where.countsAt + i));
	const counts = new DataView(new ArrayBuffer(where.counts * CLUSTER));
	for (let i = 0; i < where.total; i++)
		counts.setUint16(i * 2, 1);
	yield new Uint8Array(counts.buffer);
	let next = where.dataAt;
	for (const number of tables)
		yield table(ENTRIES, (i) => {
			const kind = kinds[number * ENTRIES + i] ?? 0;
			return kind > 1 ? at(next++) | COPIED : BigInt(kind) * ZEROS;
		});
	for (let i = 0; i < kinds.length; i++) {
		if (kinds[i] <= 1)
			continue;
		const octets = block(i);
		yield octets;
		if (octets.length < CLUSTER)
			yield new Uint8Array(CLUSTER - octets.length);
	}
}
