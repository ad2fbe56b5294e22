#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The page that serves an image on the browser's machine (scripts/web): its
# parts in node, and the whole page in Chromium.
# run: alone

load helper
load servers
load door
load web
load browser

setup_file() {
	load helper
	load browser
	ready_page
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}


nbd() {
	node "$TOP/t/page/nbd.mjs" "$@"
}

# --- the protocol, octet by octet ----------------------------------------

@test "NBD: a handshake, and options that are wrong" {
	nbd handshake
	nbd export-name
}

@test "NBD: octets that are not NBD, or too long, end the connection" {
	nbd bad-handshake
}

@test "NBD: invalid requests are refused, whatever their length" {
	nbd bad-requests
	nbd bad-writes
}

@test "NBD: 10000 pipelined reads, 32 of them and 8 MiB at a time" {
	nbd pipelined
	nbd bytes-in-flight
	nbd held
}

@test "NBD: structured replies" {
	nbd structured
}

@test "NBD: a client that disconnects gets its answers first" {
	nbd leave
}

@test "NBD: pieces of any size give the same result" {
	nbd pieces
}

@test "NBD: random octets from three seeds" {
	for seed in 1 2 3; do
		nbd fuzz "$seed"
	done
}

# --- parts, in an order of events that a browser can't produce -------------

parts() {
	node "$TOP/t/page/parts.mjs" "$@"
}

@test "link: after a lost connection, a stop is still wanted" {
	parts stop-lost
	parts stop-anew
}

@test "link: it asks again for an eject, while the connection still serves" {
	parts stop-busy
	parts stop-busy-lost
	parts stop-given-up
	parts stop-once
	parts stop-told
}

@test "link: when the network is back, it reconnects at once" {
	parts hurry
}

@test "link: a slot that refuses at once is not asked again at once" {
	parts refused-again
}

@test "console: events in pieces, errors, sessions, addresses" {
	local test
	for test in sse errors sessions addresses; do
		node "$TOP/t/page/client-parts.mjs" "$test"
	done
}

@test "worker: of two files the one chosen last counts" {
	parts two-files
}

@test "worker: each file has its own overlay" {
	parts two-overlays
	parts one-overlay
}

@test "image: a changed file is not served, even if the browser reads it" {
	parts file-changed
	parts file-changed-service
	parts file-changed-meanwhile
}

@test "service: one timer for a client that reads slowly" {
	parts hold
}

# --- libnbd's tools, through a bridge ------------------------------------

# start_serving FILE: node serves FILE as the page does, at $NBD, a libnbd URI.
start_serving() {
	rm -f address meet
	if command -v vm-ws-proxy >/dev/null; then
		background node "$TOP/t/page/meet.mjs" near far >meet
		wait_until 10 test -s meet
		background vm-ws-proxy -l 127.0.0.1:0 -U far >address
	else
		background node "$TOP/t/page/meet.mjs" near >address
	fi
	wait_until 10 test -s address
	background node "$TOP/t/page/serve.mjs" "$1" \
		"ws://$(cat address)/vm/0" 2>serve.err
	NBD="nbd+unix:///?socket=$PWD/near"
}

@test "libnbd: nbdinfo describes the export, and lists it" {
	head -c 3000001 /dev/urandom >'an image'
	start_serving 'an image'
	nbdinfo --json "$NBD" >info
	jq -e '.exports[0] | ."export-size" == 3000320 and ."is_read_only" and
		."block_size_preferred" == 4096 and ."can_df"' info
	sum=$(head -c 1048576 'an image' | sha256sum | cut -d' ' -f1)
	jq -re '.exports[0].description' info | grep -x \
		"page:an_image size=3000001 mtime=[0-9]* head=$sum tail=[0-9a-f]*"
	nbdinfo --list "$NBD" >list
	grep -q 'export="":' list
	nbdinfo --size "$NBD" | grep -x 3000320
}

@test "libnbd: nbdcopy gives the same bytes, and zeros after the end" {
	head -c 40000001 /dev/urandom >image
	start_serving image
	nbdcopy "$NBD" copy
	cp image image.padded
	truncate -s 40000512 image.padded
	cmp image.padded copy
	rm copy
	nbdcopy --connections=1 --requests=128 --request-size=1048576 "$NBD" copy
	cmp image.padded copy
	rm copy
	nbdcopy --synchronous "$NBD" copy
	cmp image.padded copy
}

@test "a small ISO 9660 image has the size of a CD" {
	mkdir tree
	echo hello >tree/file
	xorriso -as mkisofs -quiet -no-pad -o small.iso tree
	[ "$(stat -c %s small.iso)" -lt 614400 ]
	start_serving small.iso
	nbdinfo --size "$NBD" | grep -x 614400
	nbdcopy "$NBD" - | head -c "$(stat -c %s small.iso)" | cmp - small.iso
}

@test "UDF is a CD with blocks of 2048 bytes, and has no partition table" {
	truncate -s 700001 small.udf
	mkudffs -b 2048 small.udf 341 >log
	truncate -s 540001 small.udf
	start_serving small.udf
	nbdinfo --size "$NBD" | grep -x 614400
	truncate -s 4M disk.udf
	mkudffs -b 512 disk.udf >log
	truncate -s -300 disk.udf
	start_serving disk.udf
	nbdinfo --size "$NBD" | grep -x 4194304
}

# --- in Chromium ---------------------------------------------------------

# in_console TEST: as in_browser, on a machine that has Redfish.
in_console() {
	in_browser "$1" 1 "$(redfish_location)"
}

@test "browser: 128 MiB through the page, over https and wss" {
	in_browser serve 128
}

@test "browser: its request, and the ticket is nowhere else" {
	in_browser address
}

@test "browser: the ticket of a link becomes a key of the tab at once" {
	in_browser key
}

@test "browser: when the slot is to eject by itself" {
	in_browser limits
}

@test "browser: who leaves the page on purpose ejects the image" {
	in_browser farewell
}

@test "browser: a fault in a field is shown below it" {
	in_browser fields
}

@test "browser: after a loss it reconnects by itself without the ticket" {
	in_browser lost
}

@test "browser: after a cut in the middle of a read it reconnects" {
	in_browser again 100
}

@test "browser: the slot says when it has the image, and when the host reads" {
	in_browser truth
}

@test "browser: an image that the slot refuses was never the host's" {
	in_browser refused
}

@test "browser: a taken slot, by whom, and taking it over" {
	in_browser taken
}

@test "browser: while a slot is taken, another one that is empty is offered" {
	in_browser other
}

@test "browser: only the slot shown as taken is taken over" {
	in_browser retargeted
}

@test "browser: a server's reasons, without a command line and not cut" {
	in_browser reasons
}

@test "browser: what is no image is told before Connect" {
	in_browser kinds
}

@test "browser: a drop or a link that can't be taken is answered" {
	in_browser drops
}

@test "browser: a link that names another server asks first" {
	in_browser elsewhere
}

@test "browser: on a phone, Stop stands first and the screen stays on" {
	in_browser phone
}

@test "browser: every end shows its reason" {
	in_browser ends
}

@test "browser: a file that changes is EIO, and the page says so" {
	in_browser changed 64
}

@test "browser: what a screen reader speaks, and what is only shown" {
	in_browser told
}

@test "browser: the host writes, and the changed image is saved" {
	in_browser writes 48
}

@test "browser: after a stop the host's last writes still arrive" {
	in_browser leaving 2
}

@test "browser: a reload keeps what the host wrote; qemu-img applies it" {
	in_browser reloaded
}

@test "browser: a crash of the tab keeps what the host wrote" {
	in_browser crashed
}

@test "browser: a file is chosen again, and the page says what differs" {
	in_browser touched
}

@test "browser: without room the host gets an error, and nothing is lost" {
	in_browser quota
}

@test "browser: without storage, what the host writes is in memory" {
	in_browser memory
}

@test "browser: what is kept is discarded only after a question" {
	in_browser discarded
}

@test "browser: while it serves, the page asks before it is closed" {
	in_browser beforeunload
}

@test "browser: everything with the keyboard" {
	in_browser keyboard
}

@test "browser: a server that does not speak NBD" {
	in_browser hostile
}

@test "browser: 10000 reads at once from a client that reads slowly" {
	in_browser pipelined
}

# --- the console, with a machine of the test -----------------------------------

@test "console: each state, checked with axe-core and on a phone" {
	in_console looks
}

@test "console: sign in, insert by address, eject, sign out; secrets stay in the page" {
	in_console console
}

@test "console: an error stands beside its field, with the next step" {
	in_console insertErrors
}

@test "console: an image that needs the other drive is one button away" {
	in_console otherSlot
}

@test "console: a mount that takes long can be cancelled" {
	in_console cancelled
}

@test "console: a link is renewed; another image is no renewal" {
	in_console renewed
}

@test "console: ReadOnly and Operator are refused, and told why" {
	in_console roles
}

@test "console: everything with the keyboard" {
	in_console consoleKeys
}

@test "console: a screen reader hears what has happened" {
	in_console consoleTold
}

@test "console: insert and boot once; undo" {
	in_console bootFrom
}

@test "console: power and the next boot" {
	in_console power
}

@test "console: what others do is shown, by events and by polls" {
	in_console events
}

@test "console: a server that is restarted is found again" {
	in_console restarted
}

@test "console: a service that does not answer when the page is opened" {
	in_console unavailable
}

@test "console: a session that ends leads to the login" {
	in_console ended
}

@test "console: a password that must be changed" {
	in_console mustChange
}

@test "console: a file of this computer, with the token of the login" {
	in_console serveSignedIn
}

@test "console: who is signed in, and the end of another session" {
	in_console sessions
}

@test "console: a file that is dropped on an empty slot" {
	in_console droppedOnSlot
}

@test "console: a ticket needs no login" {
	in_console ticketed
}

# --- the console, with our own services -------------------------------------------

@test "console: with vm-redfish and vm-door, behind nginx with our files" {
	requires_root
	make_accounts
	hold_slots
	start_door
	background vm-redfish -u root -s "$PWD/redfish.sock" >redfish.out
	wait_until 20 test -s redfish.out
	start_web
	touch image
	drive_browser real "$AT"
}

# --- behind lighttpd -------------------------------------------------------

# start_lighttpd: starts lighttpd at $HTTPS, with the installed file, but with
# the test's own paths.
start_lighttpd() {
	local port
	port=$(free_port)
	{
		printf 'server.%s\n' "document-root = \"$PWD\"" \
			"port = $(free_port)" 'bind = "127.0.0.1"'
		sed "s,@PREFIX@/share/vmedia/web,$TOP/scripts/web,
			s,/etc/vmedia/web,$PWD/server,
			s,/run/vm-ws-proxy.sock,$PWD/ws.sock,
			s,443,$port," "$TOP/scripts/lighttpd/vmedia.conf"
	} >lighttpd.conf
	background lighttpd -D -f lighttpd.conf
	HTTPS=https://127.0.0.1:$port
	wait_until 10 curl -sk -o index.html "$HTTPS/"
}

# new_ticket: makes a ticket for slot 0, as `vmctl ticket` does, in $TICKET.
new_ticket() {
	export TICKET
	TICKET=$(openssl rand -hex 16)
	printf 'expires 4294967295\npath /vm/0\nonce yes\n' \
		>"tickets/$(printf %s "$TICKET" | sha256sum | cut -d' ' -f1)"
}

# upgrade_status [CURL-OPTION...]: prints the HTTP status of a WebSocket
# request.
upgrade_status() {
	curl -sk --http1.1 -m 5 -o /dev/null -w '%{http_code}\n' \
		-H 'Connection: Upgrade' -H 'Upgrade: websocket' \
		-H 'Sec-WebSocket-Version: 13' \
		-H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' \
		"$@" "$HTTPS/vm/0" || : # if it is let in, curl times out
}

@test "lighttpd with our file: the page, the ticket, and no foreign page" {
	head -c 16M /dev/urandom >image
	mkdir tickets
	make_cert server
	start_lighttpd
	cmp index.html "$TOP/scripts/web/index.html"
	# (Over HTTP/2, lighttpd loses a WebSocket's Close.)
	curl -sk -o /dev/null -w '%{http_version}\n' "$HTTPS/" | grep -x 1.1
	curl -skI "$HTTPS/worker/worker.js" >headers
	grep -qi '^content-type: text/javascript' headers
	grep -qi "^content-security-policy: frame-ancestors 'none'" headers
	background vm-ws-proxy -e -x -l "$PWD/ws.sock" -t tickets -U "$PWD/far" >at
	wait_until 10 test -s at
	new_ticket
	local protocols="Sec-WebSocket-Protocol: vm.nbd.v1, ticket.$TICKET"
	upgrade_status -H "Origin: https://evil.example" -H "$protocols" | grep -x 403
	upgrade_status -H "Origin: null" -H "$protocols" | grep -x 403
	upgrade_status -H "Origin: $HTTPS" | grep -x 40[13]
	drive_browser shipped "$HTTPS"
	upgrade_status -H "Origin: $HTTPS" -H "$protocols" | grep -x 40[13]
}

@test "browser: each state, checked with axe-core and on a phone" {
	in_browser states 100
}
