#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// Connects NBD programs, which use a Unix socket, with vm-ws-proxy.
//
// usage: node relay.mjs NEAR -- COMMAND...   runs COMMAND for each client at
//                                            NEAR, with the connection as its
//                                            standard input and output
//        node relay.mjs NEAR FAR             joins each client at NEAR with the
//                                            next client at FAR

import net from 'node:net';
import { spawn } from 'node:child_process';

const [near, ...rest] = process.argv.slice(2);
const children = new Set(), waiting = { near: [], far: [] };

function run(socket) {
	const child = spawn(rest[1], rest.slice(2),
		{ stdio: [socket, socket, 'inherit'] });
	children.add(child);
	child.on('exit', () => children.delete(child));
	socket.destroy();
}
function join(side, other) {
	return (socket) => {
		const peer = waiting[other].shift();
		if (!peer) {
			waiting[side].push(socket);
			return;
		}
		for (const [a, b] of [[socket, peer], [peer, socket]]) {
			a.on('error', () => b.destroy());
			a.pipe(b);
		}
	};
}

const options = { pauseOnConnect: true };
if (rest[0] === '--') {
	net.createServer(options, run).listen(near);
} else {
	const both = { ...options, allowHalfOpen: true };
	net.createServer(both, join('near', 'far')).listen(near);
	net.createServer(both, join('far', 'near')).listen(rest[0]);
}
process.on('SIGTERM', () => {
	children.forEach((child) => child.kill());
	process.exit(0);
});
