// SPDX-License-Identifier: BSD-2-Clause
// Tests of what the page says, and of the page on a phone. See ../browser.mjs.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';

const CUT = 'slot 0: it is larger than the 2359293952 bytes that this ' +
	'kernel\'s CD-ROM drive can show: use vm-drive (vmctl mount --drive own), a';

const NO_NBD = 'slot 0: this kernel has no NBD (module nbd), which an image ' +
	'of a client needs: mount its URL, or use vmctl image put';

// Drop the items that `make` (a function of the page) puts into a DataTransfer.
async function drop({ page }, make) {
	await page.evaluate(`{
		const data = new DataTransfer();
		(${make})(data);
		dispatchEvent(new DragEvent('drop', { dataTransfer: data,
			cancelable: true }));
	}`);
}
const twoFiles = (data) => {
	for (const name of ['a', 'b'])
		data.items.add(new File(['x'], name));
};
const oneFile = (data) => data.items.add(new File(['x'], 'a'));
const link = (data) => data.setData('text/uri-list', 'https://x/y.iso');

const answered = ({ page }, pattern) =>
	page.locator('#answer').filter({ hasText: pattern }).waitFor();

export const tests = {
	// A server's reason has no command line, and nothing is cut in the
	// middle.
	async reasons({ page, far }) {
		await page.open();
		await page.choose();
		for (const [code, reason, said] of [
			[4065, 'the image is a disk, but slot 0 has a cd drive: ' +
				'use -s 1 or --retype', /has a CD drive\. Choose slot 1\.\s*$/],
			[4065, 'slot 0: the image is a cd, but slot 1 has a disk ' +
				'drive: use --retype', /a disk drive\. Choose a slot with a CD drive\.\s*$/],
			[4065, CUT.slice(0, 123),
				/larger than the 2\.36 GB that a CD drive .*= kernel\.\s*$/],
			[4069, NO_NBD.slice(0, 123), /Upload the image instead\.\s*$/],
			[4069, 'slot 0 is not set up: see vmctl log -s 0', /not set up\.\s*$/],
			[4069, 'there are no USB gadgets in configfs: modprobe libcomposite; ' +
				'mount -t configfs none /sys/kernel/config', /in configfs\.\s*$/],
			[4064, 'there is no slot 5: the last one is slot 1 (see slots in ' +
				'/etc/vmedia/vmedia.conf)', /is slot 1\.\s*$/],
			[4074 - 5, 'a '.repeat(61) + 'b', / …\s*$/]]) {
			far.answer = [code, reason];
			await page.connect('Refused');
			await page.says(said);
			assert.doesNotMatch(await page.said(), / -s |--|vmctl/);
			const line = await page.$('#log li').first().innerText();
			assert.match(line, /Refused: /);
			assert.doesNotMatch(line, / -s |--|vmctl/);
		}
		far.answer = [4409, 'slot 0 holds x.iso: eject it, or use --take'];
		await page.connect('The slot is taken');
		await page.says(/Slot 0 holds x\.iso\. If you/);
		assert.match(await page.$('#log li').first().innerText(),
			/The slot is taken: slot 0 holds x\.iso$/);
	},

	// The page says before Connect that a file is not an image.
	async kinds({ page }) {
		await page.open();
		const head = (text, at = 0) => {
			const octets = Buffer.alloc(4096);
			octets.write(text, at, 'latin1');
			return octets;
		};
		for (const [octets, said] of [
			[head('\xfd7zXZ\0'), /packed \(xz\)\. Unpack it/],
			[head('\x1f\x8b\x08'), /packed \(gzip\)/],
			[head('QFI\xfb'), /qcow2\)\. Convert it to a raw image/],
			[head('\x7f\x10\xda\xbe', 64), /VDI/],
			[head('\xff\xd8\xff\xe0'), /photograph \(JPEG\)/],
			[head('\0\0\0\x18ftypmif1'), /photograph \(HEIC\)/],
			[head('RIFF\0\0\0\0WEBP'), /WebP/],
			[head('\x04\x22\x4d\x18'), /packed \(lz4\)/],
			[head('conectix'), /VHD\)\. Convert it/],
			[head('ustar', 257), /tar archive/],
			[Buffer.from('<!DOCTYPE html>'), /a web page/]]) {
			await writeFile('file', octets);
			await page.page.setInputFiles('#file', 'file');
			await page.says(said);
			await page.title('This is not a CD or disk image');
			assert(await page.$('#connect').isDisabled());
		}
		// With a boot sector's mark it is an image, whatever its first
		// bytes are.
		const boots = head('BZh');
		boots.writeUInt16LE(0xaa55, 510);
		await writeFile('file', boots);
		await page.choose('file');
	},

	// Every drop that can't be accepted gets an answer.
	async drops({ page, far }) {
		await page.open('#slot=0&ticket=abc');
		await drop(page, twoFiles);
		await answered(page, /Drop one file/);
		await drop(page, link);
		await answered(page, /serves files of this computer/);
		await page.choose();
		assert.equal(await page.$('#answer').textContent(), '');
		far.answer = 'serve';
		await page.connect();
		await drop(page, oneFile);
		await answered(page, /Press Stop first/);
		await page.page.evaluate(() => {
			location.hash = '#slot=1&ticket=other';
		});
		await answered(page, /Then open the link again/);
		await page.$('#stop').click();
		await page.title('Stopped');
		assert.equal(await page.$('#slot').inputValue(), '0');
	},

	// A link that names another server: the page contacts it only after a
	// question.
	async elsewhere({ page }) {
		await page.open('#url=wss://evil.example/vm/0&ticket=abc');
		await page.choose();
		const dialled = [];
		page.page.on('websocket', (socket) => dialled.push(socket.url()));
		await page.connect(/another server/);
		await page.says(/names the server evil\.example/);
		assert.deepEqual(dialled, []);
		await page.$('#url').fill('wss://evil.example/vm/1');
		await page.title('Ready to connect');
		await page.$('#url').fill('wss://evil.example/vm/0');
		await page.connect(/another server/);
		await page.$('#sure').click();
		await page.title(/Unable to connect|Connecting/);
		await page.$('#sure').waitFor({ state: 'hidden' });
	},

	// On a phone, the state comes first, and the screen stays on.
	async phone({ page, far }) {
		await page.page.addInitScript(() => {
			window.locks = { asked: 0, released: 0 };
			Object.defineProperty(navigator, 'wakeLock', { value: {
				async request() {
					window.locks.asked++;
					return Object.assign(new EventTarget(), {
						async release() {
							window.locks.released++;
						} });
				} } });
		});
		await page.page.setViewportSize({ width: 375, height: 667 });
		await page.open('#slot=0&ticket=abc');
		await page.choose();
		far.answer = 'serve';
		await page.connect();
		const { y, height } = await page.$('#stop').boundingBox();
		assert(y >= 0 && y + height <= 667, `Stop is at ${y}`);
		assert.match(await page.$('#served').innerText(), /image/);
		assert(await page.$('#setup').isHidden());
		const locks = () => page.page.evaluate(() => window.locks);
		assert.deepEqual(await locks(), { asked: 1, released: 0 });
		await page.$('#stop').click();
		await page.title('Stopped');
		assert(await page.$('#setup').isVisible());
		assert.deepEqual(await locks(), { asked: 1, released: 1 });
	},
};
