// SPDX-License-Identifier: BSD-2-Clause
// The page in a real browser, with a server that follows a test's orders.
//
// usage: PAGE_DIR=... node t/page/browser.mjs TEST URL
//
// The server at URL passes /vm/ on to the Unix socket ./ws in the current
// directory, or to vm-ws-proxy and from there to ./far. It may pass /redfish on
// to ./redfish (machine.mjs), and /images to ./images (images.mjs). The file
// `image` is the image. Screenshots of a failure, and with PICTURES=1 of each
// state, go to $PAGE_DIR/shots. Each test is a function of one of the files in
// the folder browser.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { ImageStore } from './images.mjs';
import { dir, Meeting, need, PATIENCE } from './lib.mjs';
import { Machine } from './machine.mjs';

const { chromium } = need('playwright-core');
const { WebSocketServer, createWebSocketStream } = need('ws');

const LONGEST = PATIENCE + 50000; // ms for a test
const axe = await readFile(need.resolve('axe-core/axe.min.js'), 'utf8');

// --- the server ----------------------------------------------------------------

// Stands in for vm-ws-proxy and vmctl attach. `answer` is the answer to the
// next connections: 'serve', an HTTP status, or [close code, reason].
class Far {
	constructor() {
		this.asked = []; // { url, protocols, origin }
		this.closed = []; // { code, reason } of the page's closes
		this.sockets = new Set();
		this.answer = 'serve';
		this.tells = false; // does the server tell the slot's state?
		this.says = ''; // a text to send before a close
		this.holds = false; // does it exchange a ticket for a key?
		this.held = []; // the protocols of requests for that
		this.meeting = new Meeting();
	}

	async listen() {
		await this.meeting.listen('near');
		await this.meeting.listenFar('far');
		await rm('ws', { force: true });
		this.server = createServer();
		this.web = new WebSocketServer({ noServer: true,
			handleProtocols: (offered) =>
				this.tells ? [...offered][0] : 'vm.nbd.v1' });
		this.server.on('upgrade', (...upgrade) => this.upgrade(...upgrade));
		this.server.listen('ws');
		await once(this.server, 'listening');
	}

	upgrade(request, socket, head) {
		const { url, headers } = request;
		if (/[?&]hold=1/.test(url)) {
			this.hold(request, socket, head);
			return;
		}
		this.asked.push({ url: new URL(url, 'http://x'),
			protocols: headers['sec-websocket-protocol'].split(/, */),
			origin: headers.origin });
		if (typeof this.answer === 'number') {
			socket.end(`HTTP/1.1 ${this.answer} No\r\n` +
				'Content-Length: 0\r\nConnection: close\r\n\r\n');
			return;
		}
		if (this.answer === 'nothing')
			return;
		this.web.handleUpgrade(request, socket, head, (client) =>
			this.connected(client));
	}

	// A server of an older version refuses such a request.
	hold(request, socket, head) {
		this.held.push(request.headers['sec-websocket-protocol'].split(/, */));
		if (!this.holds) {
			socket.end('HTTP/1.1 403 No\r\nContent-Length: 0\r\n' +
				'Connection: close\r\n\r\n');
			return;
		}
		new WebSocketServer({ noServer: true }).handleUpgrade(request, socket,
			head, (client) => {
				client.send('held');
				client.close(1000, 'no image was attached');
			});
	}

	connected(client) {
		if (this.asked.at(-1).url.searchParams.has('eject')) {
			this.ejecting = client;
			if (this.answer === 'serve')
				this.eject();
			else if (Array.isArray(this.answer))
				client.close(...this.answer);
			return;
		}
		this.sockets.add(client);
		client.on('close', (code, reason) => {
			this.sockets.delete(client);
			this.closed.push({ code, reason: reason.toString() });
		});
		client.on('error', () => {});
		if (Array.isArray(this.answer)) {
			if (this.says)
				client.send(this.says);
			client.close(...this.answer);
		} else if (this.answer === 'serve') {
			if (this.tells)
				client.send('probing');
			const stream = createWebSocketStream(client);
			stream.on('error', () => {});
			this.meeting.offer(stream);
		}
	}

	// Closes the connections as vmctl attach does when a client asks for an
	// eject.
	eject() {
		for (const client of this.sockets)
			client.close(1000, 'slot 0: ejected: the client stopped serving the image');
		this.ejecting.close(1000, 'slot 0: ejected');
	}

	// The last connection itself, for a test that sends its own octets.
	get last() {
		return [...this.sockets].at(-1);
	}

	close(code, reason) {
		for (const client of this.sockets)
			client.close(code, reason);
	}

	// Cut the network.
	cut() {
		for (const client of this.sockets)
			client.terminate();
	}
}

// --- the page -----------------------------------------------------------------

class Page {
	constructor(context, page, url) {
		Object.assign(this, { context, page, url });
		this.errors = [];
		page.setDefaultTimeout(PATIENCE);
		page.on('pageerror', (error) => this.errors.push(String(error)));
		page.on('console', (message) => {
			// The browser logs each failed connection, too.
			if (message.type() === 'error' &&
			    !/WebSocket connection to|Failed to load resource/
				.test(message.text()))
				this.errors.push(message.text());
		});
	}

	$(selector) {
		return this.page.locator(selector);
	}

	async open(fragment = '') {
		await this.page.goto(this.url + fragment);
	}

	async choose(file = 'image') {
		await this.page.setInputFiles('#file', file);
		await this.title('Ready to connect');
	}

	async connect(title = /^Connected/) {
		await this.$('#connect').click();
		await this.title(title);
	}

	// Wait until the state's title is this.
	async title(wanted) {
		const pattern = wanted instanceof RegExp ? wanted : new RegExp(`^${wanted}$`);
		await this.$('#state-title').filter({ hasText: pattern }).waitFor()
			.catch(async (error) => {
				error.message += `\nThe state is: ${await this.said()}`;
				throw error;
			});
	}

	async said() {
		return this.$('#state .headline').innerText();
	}

	async says(pattern) {
		await this.$('#state .headline').filter({ hasText: pattern }).waitFor()
			.catch(async (error) => {
				error.message += `\nThe state is: ${await this.said()}`;
				throw error;
			});
	}

	// A screenshot of the state in each look: light and dark, wide and
	// narrow. They are for people, and take most of the time of such a
	// test.
	async pictures(name) {
		const { page } = this;
		for (const [scheme, width] of [['light', 1280], ['light', 375],
			['dark', 1280], ['dark', 375]]) {
			await page.emulateMedia({ colorScheme: scheme,
				reducedMotion: 'reduce' });
			await page.setViewportSize({ width, height: 800 });
			await page.evaluate(() => new Promise((done) =>
				requestAnimationFrame(() => requestAnimationFrame(done))));
			if (process.env.PICTURES)
				await page.screenshot({ fullPage: true,
					path: `${dir}/shots/${name}-${width}-${scheme}.png` });
		}
	}

	// axe-core must find nothing serious, and 360 pixels must be wide
	// enough.
	async check(name) {
		const { page } = this;
		await page.evaluate(axe);
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			const found = await page.evaluate(async () =>
				(await window.axe.run(document)).violations.map(
					({ id, impact, nodes }) => ({ id, impact,
						at: nodes.map(({ html, failureSummary }) =>
							html + failureSummary) })));
			assert.deepEqual(found.filter(({ impact }) =>
				impact === 'serious' || impact === 'critical'), [],
			`${name}, ${colorScheme}`);
		}
		await page.setViewportSize({ width: 360, height: 740 });
		const beyond = await page.evaluate(() =>
			document.documentElement.scrollWidth - innerWidth);
		assert(beyond <= 0, `${name}: ${beyond} pixels too wide`);
	}
}

async function allTests() {
	const files = ['connection', 'console', 'ends', 'form', 'host', 'kept', 'library',
		'looks', 'real', 'slot', 'states', 'store', 'uploads', 'words', 'writes'];
	const parts = await Promise.all(files.map((file) =>
		import(`./browser/${file}.mjs`)));
	return Object.assign({}, ...parts.map(({ tests }) => tests));
}

async function main([name, url]) {
	const tests = await allTests();
	await mkdir(`${dir}/shots`, { recursive: true });
	const far = new Far();
	await far.listen();
	const machine = new Machine();
	await machine.listen('redfish');
	const images = new ImageStore(machine);
	await images.listen('images');
	const context = await chromium.launchPersistentContext(
		await mkdtemp(`${process.cwd()}/chromium-`), {
			executablePath: '/usr/bin/chromium', headless: true,
			ignoreHTTPSErrors: true, bypassCSP: false,
			viewport: { width: 1280, height: 800 },
			args: ['--host-resolver-rules=MAP bmc.example.org 127.0.0.1',
				'--no-sandbox', '--disable-gpu', '--disable-quic',
				'--no-first-run', '--disable-background-networking',
				'--disable-component-update', '--disable-sync'],
		});
	const page = new Page(context, context.pages()[0], `${url}/`);
	try {
		await tests[name]({ page, far, machine, images });
		assert.deepEqual(page.errors, []);
	} catch (error) {
		await page.page.screenshot({ timeout: 5000,
			path: `${dir}/shots/failed-${name}.png` }).catch(() => {});
		throw error;
	}
	await context.close();
}

// Exit; everything that still runs, Chromium too, ends with this process.
function end(error) {
	console.error(error);
	process.exit(1);
}

setTimeout(() => end(`no end after ${LONGEST / 1000} s`), LONGEST);
process.on('unhandledRejection', end);
await main(process.argv.slice(2)).catch(end);
process.exit(0);
