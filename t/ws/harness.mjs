// SPDX-License-Identifier: BSD-2-Clause
// Runs the cases: groups of them by name, with results as TAP; starts
// vm-ws-proxy, and ends everything that was started. A case that hangs fails at
// its deadline.
//
// usage: node FILE.mjs [-l] [-s ws|wss] [-u URL] [-j JOBS] [GROUP|ID...]
//   -l  list the cases and their rules
//   -s  the scheme; server.pem, server.key and ca.pem are in this directory
//   -u  another server that echoes: cases that need vm-ws-proxy are skipped
// VM_WS_ADDRESS is where servers listen, if not 127.0.0.1; VM_WS_PROXY is the
// command, if it is not vm-ws-proxy; VM_WS_SLOW multiplies the deadlines (3: a
// busy machine); VM_WS_MEMORY is the limit of a process in KiB (0: none).

import fs from 'node:fs';
import { spawn } from 'node:child_process';
import { Conn, Wrong, acceptOf, must, same } from './peer.mjs';

export const SLOW = Number(process.env.VM_WS_SLOW ?? 3);
const MEMORY = Number(process.env.VM_WS_MEMORY ?? 4096);
const ADDRESS = process.env.VM_WS_ADDRESS ?? '127.0.0.1';
const PROXY = (process.env.VM_WS_PROXY ?? 'vm-ws-proxy').split(' ');
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

export const opts = { scheme: 'ws', url: null, jobs: 6, list: false, names: [] };
const groups = [];

export function group(name, options = {}) {
	groups.push({ name, cases: [], ...options });
}
// A case: `rule` is the section of RFC 6455, or another source of the rule;
// `run` gets a Case. Options: slow (seconds it needs beyond the usual), own
// (needs our server), only ('ws' or 'wss').
export function test(id, rule, title, run, options = {}) {
	const g = groups[groups.length - 1];
	g.cases.push({ id, rule, title, run, ...g, ...options, name: g.name });
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Wait until it is true; fails at the case's deadline.
export async function until(what) {
	for (;;) {
		const value = await what();
		if (value)
			return value;
		await sleep(25);
	}
}

// --- processes ----------------------------------------------------------------

const started = new Set();

// A program that we start: its output is text, and its end is a promise.
export class Program {
	constructor(argv, o = {}) {
		this.argv = argv;
		this.out = '';
		this.err = '';
		this.child = spawn(argv[0], argv.slice(1), { stdio: [
			o.stdin ?? 'ignore', o.stdout ?? 'pipe', 'pipe'],
		env: { ...process.env, ...o.env } });
		this.pid = this.child.pid;
		started.add(this);
		if (o.stdout === undefined || o.collect)
			this.child.stdout?.on('data', (d) => { this.out += d; });
		this.child.stderr.on('data', (d) => { this.err += d; });
		this.outEnded = new Promise((done) => this.child.stdout?.on('end', done));
		this.exit = new Promise((done) => {
			this.child.on('error', (e) => {
				this.err += e;
				this.ended = true;
				done(this.status = -1);
			});
			this.child.on('close', (status, signal) => {
				this.ended = true;
				this.status = status ?? signal;
				done(this.status);
			});
		});
	}
	// The program and its descendants: [pid, name].
	tree() {
		return descendants(this.pid);
	}
	// End it; returns the processes that did not end.
	async stop() {
		started.delete(this);
		const pids = this.tree();
		this.child.kill('SIGTERM');
		const end = Date.now() + 10000 * SLOW;
		while ((!this.ended || pids.some(alive)) && Date.now() < end)
			await sleep(20);
		const left = pids.filter(alive);
		for (const p of left)
			process.kill(p.pid, 'SIGKILL');
		if (!this.ended)
			this.child.kill('SIGKILL');
		return left;
	}
}

function stat(pid) {
	try {
		const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
		const at = text.lastIndexOf(')');
		const rest = text.slice(at + 2).split(' ');
		return { pid: Number(pid), name: text.slice(text.indexOf('(') + 1, at),
			state: rest[0], parent: Number(rest[1]), group: Number(rest[2]),
			start: rest[19] };
	} catch {
		return null;
	}
}
export function processes() {
	return fs.readdirSync('/proc').filter((n) => /^\d+$/.test(n)).map(stat)
		.filter((p) => p !== null);
}
export function descendants(pid) {
	const all = processes(), found = all.filter((p) => p.pid === pid);
	for (const p of found)
		found.push(...all.filter((c) => c.parent === p.pid));
	return found;
}
export function alive(p) {
	const now = stat(p.pid);
	return now !== null && now.start === p.start && now.state !== 'Z';
}
// The largest peak memory of the program's processes, in KiB.
export function memory(program) {
	const sizes = program.tree().filter((p) => /^vm-ws-proxy/.test(p.name))
		.map((p) => {
			try {
				const text = fs.readFileSync(`/proc/${p.pid}/status`, 'latin1');
				return Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0);
			} catch {
				return 0;
			}
		});
	return Math.max(0, ...sizes);
}
export function thin(program) {
	if (MEMORY === 0)
		return;
	const size = memory(program);
	must(size > 0, 'no process whose memory could be read');
	must(size < MEMORY, `a process had ${size} KiB, the limit is ${MEMORY}`);
}

// vm-ws-proxy as a server, at a port that the kernel chooses.
export class Server extends Program {
	constructor(args, far) {
		const scheme = opts.scheme === 'wss' ?
			['-c', 'server.pem', '-k', 'server.key'] : [];
		super([...PROXY, '-l', `${ADDRESS}:0`, ...scheme, ...args,
			...far.length > 0 ? ['--', ...far] : []]);
	}
	async ready() {
		await Promise.race([this.outEnded, this.exit]);
		must(!this.ended, `it ended (${this.status}): ${this.err}`);
		const m = /^([\d.]+):(\d+)\n$/.exec(this.out);
		must(m?.[1] === ADDRESS, `it said ${JSON.stringify(this.out)}, not ADDR:PORT`);
		this.port = Number(m[2]);
		this.host = `${ADDRESS}:${this.port}`;
		return this;
	}
}

// --- a case -------------------------------------------------------------------

// The servers that the cases share, by their arguments.
const shared = new Map();

class Case {
	constructor(name) {
		this.name = name;
		this.conns = [];
		this.programs = [];
		this.notes = [];
	}
	// A name that no other case uses, in this run or another.
	file(what) {
		return `${what}.${this.name}.${process.pid}`;
	}
	note(text) {
		this.notes.push(text);
	}
	// A shared server with these arguments, and this command as its
	// backend.
	async server(args = [], far = ['cat']) {
		if (opts.url !== null) {
			must(args.length === 0 && far[0] === 'cat', 'needs our server');
			return { port: Number(opts.url.port), host: opts.url.host };
		}
		const id = JSON.stringify([args, far]);
		if (!shared.has(id))
			shared.set(id, new Server(['-n', '200', ...args], far).ready());
		return shared.get(id);
	}
	// A server for this case only, which it may kill.
	async own(args = [], far = ['cat']) {
		const server = new Server(args, far);
		this.programs.push(server);
		return server.ready();
	}
	program(argv, o) {
		const program = new Program(argv, o);
		this.programs.push(program);
		return program;
	}
	// vm-ws-proxy as a client of a URL.
	client(url, args, far, o) {
		return this.program([...PROXY, '-C', url, ...args,
			...far.length > 0 ? ['--', ...far] : []], o);
	}
	async connect(server, o = {}) {
		server ??= await this.server();
		const c = await Conn.connect({ port: server.port, host: ADDRESS,
			localAddress: o.from, conns: this.conns,
			tls: opts.scheme === 'wss' && o.tls !== false ?
				{ ca: fs.readFileSync('ca.pem'), servername: 'localhost',
					...o.tls } : undefined });
		this.conns.push(c);
		return c;
	}
	// A request; headers: replacements by name (null: left out).
	request(server, headers = {}, line = 'GET / HTTP/1.1') {
		const all = { 'Host': server.host, 'Upgrade': 'websocket',
			'Connection': 'Upgrade', 'Sec-WebSocket-Key': KEY,
			'Sec-WebSocket-Version': '13', ...headers };
		const lines = [line];
		for (const [name, value] of Object.entries(all))
			for (const v of [value].flat())
				if (v !== null)
					lines.push(`${name}: ${v}`);
		return lines.join('\r\n') + '\r\n\r\n';
	}
	// An open WebSocket. o: server, headers, line, behind (bytes in the
	// same packet as the request).
	async open(o = {}) {
		const server = o.server ?? await this.server(o.args, o.far);
		const c = await this.connect(server, o);
		await c.send(this.request(server, o.headers, o.line),
			o.behind ?? '');
		c.answer = await c.block();
		must(c.answer !== null, `no answer, the end is ${c.end}`);
		if (c.answer.status !== 101)
			throw new Wrong(`4.2.2: ${c.answer.line}`);
		same(c.answer.get('sec-websocket-accept'),
			acceptOf(o.headers?.['Sec-WebSocket-Key'] ?? KEY),
			'4.2.2: Sec-WebSocket-Accept');
		c.server = server;
		return c;
	}
	// Any answer to a request.
	async ask(block, o = {}) {
		const server = o.server ?? await this.server();
		const c = await this.connect(server, o);
		await c.offer(typeof block === 'function' ? block(server) : block);
		c.answer = await c.block();
		return c;
	}
	// The server must refuse the request with this status and one line of
	// text, and end the connection.
	async refused(block, status, o = {}) {
		const c = await this.ask(block, o);
		must(c.answer !== null, `no answer, the end is ${c.end}`);
		const list = [status].flat();
		must(list.includes(c.answer.status),
			`${c.answer.line}, want ${list.join(' or ')}`);
		const body = (await c.toEnd()).toString('latin1');
		same(c.end, 'fin', 'the end of TCP');
		if (opts.url === null) {
			must(/^[^\r\n]+\r?\n$/.test(body), `the body ${JSON.stringify(body)}`);
			same(c.answer.get('content-length'), String(body.length),
				'Content-Length');
		}
		c.body = body;
		return c;
	}
	// An invalid frame: the server must send Close with this code, and end.
	async fails(frames, code, o = {}) {
		const c = await this.open(o);
		await c.offer(...[frames].flat());
		return c.closes(code, { prefix: o.prefix ?? '' });
	}
	async tidy() {
		for (const c of this.conns)
			c.destroy();
		const left = [];
		for (const p of this.programs)
			left.push(...await p.stop());
		return left;
	}
}

// --- the run ------------------------------------------------------------------

async function deadline(promise, seconds) {
	let timer;
	const late = new Promise((resolve, reject) => {
		timer = setTimeout(() => reject(
			new Wrong(`it hangs: nothing after ${seconds} s`)), seconds * 1000);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}

async function runCase(c) {
	const state = new Case(c.id), log = [];
	let ok = true;
	const began = Date.now();
	try {
		await deadline(c.run(state), (10 + (c.slow ?? 0)) * SLOW);
	} catch (e) {
		ok = false;
		log.push(e instanceof Wrong ? e.message : String(e.stack ?? e));
	}
	const left = await state.tidy();
	if (left.length > 0) {
		ok = false;
		log.push('left running: ' +
			left.map((p) => `${p.name} (${p.pid})`).join(', '));
	}
	for (const p of ok ? [] : state.programs)
		if (p.err)
			log.push(`${p.argv.join(' ')} said: ${p.err.slice(0, 2000)}`);
	return { ok, log: [...log, ...state.notes], ms: Date.now() - began };
}

async function endAll() {
	let left = [];
	for (const p of [...started])
		left.push(...await p.stop());
	return left;
}

function take(argv) {
	for (let i = 0; i < argv.length; i++) {
		if (argv[i] === '-l')
			opts.list = true;
		else if (argv[i] === '-s')
			opts.scheme = argv[++i];
		else if (argv[i] === '-u')
			opts.url = new URL(argv[++i]);
		else if (argv[i] === '-j')
			opts.jobs = Number(argv[++i]);
		else
			opts.names.push(argv[i]);
	}
}

function chosen() {
	return groups.flatMap((g) => g.cases).filter((c) =>
		(opts.names.length === 0 || opts.names.includes(c.name) ||
			opts.names.includes(c.id)) &&
		(!c.only || c.only === opts.scheme));
}

export async function main(argv) {
	take(argv);
	const cases = chosen();
	if (opts.list) {
		for (const c of cases)
			console.log(`${c.name}\t${c.id}\t${c.rule}\t${c.title}`);
		return;
	}
	if (cases.length === 0)
		console.log('not ok 0 there is no such group');
	console.log(`1..${cases.length}`);
	let next = 0, failed = cases.length === 0 ? 1 : 0, printed = 0;
	const results = [];
	const print = () => {
		for (; results[printed]; printed++) {
			const c = cases[printed], r = results[printed];
			const skip = r.skip ? ' # skip' : '';
			console.log(`${r.ok ? 'ok' : 'not ok'} ${printed + 1} ` +
				`${c.id} [${c.rule}] ${c.title}${skip}`);
			for (const line of r.log.join('\n').split('\n').filter(Boolean))
				console.log(`# ${line}`);
			failed += r.ok ? 0 : 1;
		}
	};
	const worker = async (own) => {
		for (;;) {
			const i = next;
			if (i >= cases.length || !cases[i].alone === own)
				return;
			next++;
			results[i] = opts.url !== null && cases[i].own ?
				{ ok: true, skip: true, log: [] } : await runCase(cases[i]);
			print();
		}
	};
	// A group that is marked `alone` runs by itself.
	while (next < cases.length) {
		const alone = !!cases[next].alone;
		await Promise.all(Array.from({ length: alone ? 1 : opts.jobs },
			() => worker(alone)));
	}
	const left = await endAll();
	if (left.length > 0) {
		failed++;
		console.log(`not ok 0 left running: ${left.map((p) =>
			`${p.name} (${p.pid})`).join(', ')}`);
	}
	process.exit(failed > 0 ? 1 : 0);
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
	process.on(signal, () => endAll().then(() => process.exit(1)));
