// SPDX-License-Identifier: BSD-2-Clause
// A browser outside the virtual machine, driven from inside it: t/vm/browser
// starts this. Each line on standard input is a command; the answer is one
// line, "ok ..." or "no ...":
//
//     ports             the ports of this machine that lead into the virtual machine
//     open URL
//     choose FILE       of the working directory, which both machines share
//     set ID VALUE      fill in a field
//     click ID
//     title REGEX       wait until the state's headline is that
//     fill SELECTOR = VALUE
//                       in which \n is a new line
//     press SELECTOR    click on what is visible there
//     see SELECTOR = REGEX
//                       wait until that is visible with such a text
//     said              print the state

import { createInterface } from 'node:readline';
import { need } from './lib.mjs';

const { chromium } = need('playwright-core');
const PATIENCE = 120000; // the virtual machine is slow

const context = await chromium.launchPersistentContext(
	process.env.PROFILE, {
		executablePath: '/usr/bin/chromium', headless: true,
		// With the flag; without it, each connection is refused once
		// and made again.
		args: ['--ignore-certificate-errors',
			'--no-sandbox', '--disable-gpu', '--disable-quic',
			'--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync'],
	});
const page = context.pages()[0];
page.setDefaultTimeout(PATIENCE);

const located = (line) => page.locator(line.split(' = ')[0]);
const after = (line) => line.slice(line.indexOf(' = ') + 3);

const verbs = {
	ports: () => process.env.VM_PORTS.trim(),
	open: (url) => page.goto(url).then(() => ''),
	choose: (file) => page.setInputFiles('#file', file),
	set: (line) => page.locator(`#${line.split(' ')[0]}`)
		.evaluate((field, value) => {
			field.value = value;
			field.dispatchEvent(new Event('input', { bubbles: true }));
		}, line.slice(line.indexOf(' ') + 1)),
	click: (id) => page.locator(`#${id}`).click(),
	title: (pattern) => page.locator('#state-title')
		.filter({ hasText: new RegExp(pattern) }).waitFor(),
	fill: (line) => located(line).fill(after(line).replaceAll('\\n', '\n')),
	press: (selector) => page.locator(selector).click(),
	see: (line) => located(line).filter({ hasText: new RegExp(after(line)),
		visible: true }).first().waitFor(),
	said: async () => (await page.locator('#state').innerText())
		.replaceAll('\n', ' '),
};

// When the virtual machine ends, end, too, even during a command.
const lines = createInterface({ input: process.stdin });
lines.on('close', () => context.close().then(() => process.exit()));
process.on('SIGTERM', () => process.exit(143)); // Chromium ends with it

for await (const line of lines) {
	const [verb] = line.split(' ');
	try {
		const said = await verbs[verb](line.slice(verb.length + 1));
		process.stdout.write(`ok ${said ?? ''}\n`);
	} catch (error) {
		const said = await page.locator('main').innerText()
			.then((text) => text.replaceAll('\n', ' ')).catch(() => '');
		process.stdout.write(`no ${error.message.split('\n')[0]} (${said})\n`);
	}
}
