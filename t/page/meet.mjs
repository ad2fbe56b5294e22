// SPDX-License-Identifier: BSD-2-Clause
// Replaces vm-nbd-attach: NBD servers connect at the Unix socket FAR, for
// example from vm-ws-proxy -U, or by WebSocket; NBD clients connect at NEAR.
// Prints "ready", or the address of the WebSocket.
//
// usage: PAGE_DIR=... node t/page/meet.mjs NEAR [FAR]

import { once } from 'node:events';
import { Meeting, need } from './lib.mjs';

const { WebSocketServer, createWebSocketStream } = need('ws');

const [near, far] = process.argv.slice(2);
const meeting = new Meeting();
await meeting.listen(near);
if (far) {
	await meeting.listenFar(far);
	console.log('ready');
} else {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1',
		handleProtocols: () => 'vm.nbd.v1' });
	await once(server, 'listening');
	server.on('connection', (socket) => {
		const stream = createWebSocketStream(socket);
		stream.on('error', () => {});
		meeting.offer(stream);
	});
	console.log(`127.0.0.1:${server.address().port}`);
}
