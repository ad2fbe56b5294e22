// SPDX-License-Identifier: BSD-2-Clause
// A simulated Redfish machine, at a Unix socket: for states into which a test
// can't bring a real one. It has two slots, and fulfils each request at once,
// unless a test says otherwise.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { rm } from 'node:fs/promises';

const ROOT = '/redfish/v1';
const ROLES = {
	Administrator: ['Login', 'ConfigureManager', 'ConfigureUsers',
		'ConfigureComponents', 'ConfigureSelf'],
	Operator: ['Login', 'ConfigureComponents', 'ConfigureSelf'],
	ReadOnly: ['Login', 'ConfigureSelf'],
};

export class Machine {
	constructor() {
		this.users = { root: ['0penBmc', 'Administrator'],
			olga: ['password', 'Operator'], rita: ['password', 'ReadOnly'],
			mona: ['password', 'Administrator'] };
		this.mustChange = new Set(['mona']);
		this.tokens = new Map(); // token: user
		this.sessions = new Map(); // URI: token
		this.count = 0;
		this.asked = []; // { method, url, body, headers }
		this.refusals = new Map(); // 'METHOD end of URI': [status, id, message, resolution]
		this.hold = null; // a promise that an insert waits for
		this.events = true; // does the machine have events?
		this.listeners = new Set();
		this.power = 'On';
		this.boot = { BootSourceOverrideTarget: 'None',
			BootSourceOverrideEnabled: 'Disabled' };
		this.resets = ['On', 'ForceOff', 'GracefulShutdown', 'ForceRestart'];
		this.slots = [{ Id: 'Slot_0', types: ['CD', 'DVD'] },
			{ Id: 'Slot_1', types: ['USBStick'] }];
		this.slots.forEach((slot) => this.empty(slot));
	}

	empty(slot) {
		Object.assign(slot, { Image: null, Inserted: false, WriteProtected: null,
			settings: { VerifyCertificate: true, EjectPolicy: 'Persistent' },
			more: { State: 'empty', Reason: null, Map: null } });
	}

	async listen(path) {
		await rm(path, { force: true });
		this.server = createServer((request, response) =>
			this.answer(request, response));
		this.server.listen(path);
		await once(this.server, 'listening');
	}

	// As if the web server restarted: all connections end.
	async close() {
		this.server.closeAllConnections();
		await new Promise((done) => this.server.close(done));
	}

	async answer(request, response) {
		const { method, headers } = request;
		const url = request.url.replace(/\/$/, '');
		const parts = [];
		for await (const part of request)
			parts.push(part);
		const text = Buffer.concat(parts).toString();
		const body = text ? JSON.parse(text) : null;
		this.asked.push({ method, url, body, headers });
		const [status, content, more] = await this.decide(method, url, body, headers);
		if (status === 'events') {
			this.stream(response);
			return;
		}
		response.writeHead(status, { 'Content-Type': 'application/json', ...more });
		response.end(content ? JSON.stringify(content) : '');
	}

	stream(response) {
		response.writeHead(200, { 'Content-Type': 'text/event-stream' });
		response.write(': hello\n\n');
		this.listeners.add(response);
		response.on('close', () => this.listeners.delete(response));
	}

	// Send all listeners an event of a slot; without an id, that the slot
	// has changed.
	tell(id, slot, message = id) {
		const event = { '@odata.type': '#Event.v1_7_0.Event', Id: '1', Name: 'Event',
			Events: [{ MessageId: id ? `Vmedia.1.0.${id}` : 'ResourceEvent.1.4.2.ResourceChanged', Message: message,
				EventTimestamp: new Date().toISOString(), OriginOfCondition: {
					'@odata.id': this.uri(slot) } }] };
		for (const listener of this.listeners)
			listener.write(`id: 1\ndata: ${JSON.stringify(event)}\n\n`);
	}

	uri({ Id }) {
		return `${ROOT}/Systems/system/VirtualMedia/${Id}`;
	}

	async decide(method, url, body, headers) {
		for (const [what, [status, id, text, next]] of this.refusals)
			if (what.startsWith(`${method} `) && url.endsWith(what.split(' ')[1]))
				return this.no(status, id, text, next);
		if (url === ROOT)
			return [200, this.root()];
		if (url === `${ROOT}/SessionService/Sessions` && method === 'POST')
			return this.login(body);
		const user = this.tokens.get(headers['x-auth-token']);
		if (!user)
			return this.no(401, 'Base.1.18.NoValidSession', 'There is no valid session.');
		const account = `${ROOT}/AccountService/Accounts/${user}`;
		if (this.mustChange.has(user) && url !== account && method !== 'DELETE')
			return this.no(403, 'Base.1.18.PasswordChangeRequired', 'Change it.');
		return method === 'GET' ? this.get(url, user) :
			this.change(method, url, body, user, headers);
	}

	no(status, MessageId, Message, Resolution = 'None.') {
		return [status, { error: { code: MessageId, message: Message,
			'@Message.ExtendedInfo': [{ MessageId, Message, Resolution }] } }];
	}

	root() {
		const link = (path) => ({ '@odata.id': `${ROOT}/${path}` });
		return { '@odata.id': `${ROOT}/`, RedfishVersion: '1.20.0', Id: 'RootService',
			Name: 'Root', Systems: link('Systems'),
			AccountService: link('AccountService'),
			EventService: link('EventService'),
			Links: { Sessions: link('SessionService/Sessions') } };
	}

	login({ UserName, Password }) {
		if (this.users[UserName]?.[0] !== Password)
			return this.no(401, 'Base.1.18.ResourceAtUriUnauthorized', 'No.');
		const token = [...crypto.getRandomValues(new Uint8Array(20))]
			.map((octet) => octet.toString(16).padStart(2, '0')).join('');
		this.tokens.set(token, UserName);
		const session = `${ROOT}/SessionService/Sessions/${++this.count}`;
		this.sessions.set(session, token);
		return [201, { '@odata.id': session, ...this.mustChange.has(UserName) && {
			'@Message.ExtendedInfo': [{
				MessageId: 'Base.1.18.PasswordChangeRequired', MessageArgs: [
					`${ROOT}/AccountService/Accounts/${UserName}`] }] } },
		{ 'X-Auth-Token': token, Location: session }];
	}

	logout(url) {
		this.tokens.delete(this.sessions.get(url));
		this.sessions.delete(url);
	}

	get(url, user) {
		if (this.sessions.has(url))
			return [200, { '@odata.id': url, ClientOriginIPAddress: '192.0.2.7',
				UserName: this.tokens.get(this.sessions.get(url)),
				CreatedTime: '2026-11-29T12:00:00Z' }];
		const last = url.split('/').at(-1);
		const slot = this.slots.find(({ Id }) => Id === last);
		if (slot)
			return [200, this.slot(slot)];
		if (last === 'SSE')
			return this.events ? ['events'] :
				this.no(503, 'Base.1.18.ServiceTemporarilyUnavailable', 'Full.');
		const members = (list) => ({ Members: list.map((uri) =>
			({ '@odata.id': uri })) });
		const found = {
			Systems: () => members([`${ROOT}/Systems/system`]),
			system: () => this.system(),
			Sessions: () => members([...this.sessions.keys()]),
			VirtualMedia: () => members(this.slots.map((one) => this.uri(one))),
			AccountService: () => ({
				Accounts: { '@odata.id': `${ROOT}/AccountService/Accounts` },
				Roles: { '@odata.id': `${ROOT}/AccountService/Roles` } }),
			EventService: () => ({
				ServerSentEventUri: `${ROOT}/EventService/SSE` }),
			[user]: () => ({ RoleId: this.users[user][1] }),
			[this.users[user][1]]: () => ({
				AssignedPrivileges: ROLES[this.users[user][1]] }),
		}[last];
		return found ? [200, found()] :
			this.no(404, 'Base.1.18.ResourceMissingAtURI', 'Not here.');
	}

	system() {
		return { '@odata.id': `${ROOT}/Systems/system`, Id: 'system', Name: 'Host',
			PowerState: this.power,
			Boot: { ...this.boot, 'BootSourceOverrideTarget@Redfish.AllowableValues':
				this.resets.length > 0 ? ['None', 'Cd', 'Usb', 'Pxe', 'Hdd'] : [] },
			VirtualMedia: { '@odata.id': `${ROOT}/Systems/system/VirtualMedia` },
			Actions: { '#ComputerSystem.Reset': {
				target: `${ROOT}/Systems/system/Actions/ComputerSystem.Reset`,
				'ResetType@Redfish.AllowableValues': this.resets } } };
	}

	slot(slot) {
		const uri = this.uri(slot);
		const action = (name) => ({ target: `${uri}/Actions/VirtualMedia.${name}` });
		return { '@odata.id': uri, Id: slot.Id, MediaTypes: slot.types,
			Image: slot.Image, ImageName: slot.Image?.split('/').at(-1)
				.replace(/\?.*/, '') ?? null, Inserted: slot.Inserted,
			ConnectedVia: slot.applet ? 'Applet' : slot.Inserted ? 'URI' :
				'NotConnected',
			WriteProtected: slot.WriteProtected, ...slot.settings,
			Certificates: { '@odata.id': `${uri}/Certificates` },
			Actions: { '#VirtualMedia.InsertMedia': action('InsertMedia'),
				'#VirtualMedia.EjectMedia': action('EjectMedia') },
			Oem: { Vmedia: slot.more } };
	}

	async change(method, url, body, user, headers) {
		const [, id] = /\/(Slot_\d+)/.exec(url) ?? [];
		const slot = this.slots.find(({ Id }) => Id === id);
		const needs = slot ? 'ConfigureManager' :
			/\/Systems\//.test(url) ? 'ConfigureComponents' : 'Login';
		if (!ROLES[this.users[user][1]].includes(needs))
			return this.no(403, 'Base.1.18.InsufficientPrivilege',
				'There are insufficient privileges.');
		if (slot)
			return this.changeSlot(url, body, slot);
		if (/Reset$/.test(url))
			this.power = body.ResetType === 'ForceOff' ? 'Off' : 'On';
		else if (/Sessions/.test(url) && method === 'DELETE')
			this.logout(url);
		else if (/Accounts/.test(url)) {
			this.users[user][0] = body.Password;
			this.mustChange.delete(user);
		} else
			Object.assign(this.boot, body.Boot);
		return [204];
	}

	async changeSlot(url, body, slot) {
		if (/EjectMedia$/.test(url)) {
			this.empty(slot);
			this.tell('Ejected', slot);
		} else if (/InsertMedia$/.test(url)) {
			slot.more.State = 'activating';
			this.tell('', slot);
			await this.hold;
			this.insert(slot, body.Image, body.WriteProtected ?? true);
		} else if (/Certificates$/.test(url)) {
			slot.pem = body.CertificateString;
			return [201, {}];
		} else if (body.Image) {
			slot.Image = body.Image;
		} else {
			Object.assign(slot.settings, body);
		}
		return [204];
	}

	insert(slot, Image, WriteProtected = true) {
		Object.assign(slot, { Image, Inserted: true, WriteProtected });
		slot.more = { State: 'active', Reason: null, Label: 'Debian 12.5.0 amd64 n',
			Boot: 'El Torito and EFI', SizeBytes: 658505728,
			HostState: 'configured', BytesRead: 0, BytesFetched: 1048576,
			BytesWritten: 0, ReadBytesPerSecond: 0,
			Inserted: new Date().toISOString(), Expires: null,
			Map: '0'.repeat(64) };
		this.tell('Inserted', slot);
	}
}
