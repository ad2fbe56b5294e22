#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-upload makes this machine fetch an image, for an authorized client: with
# the real vm-door and vm-image, from nginx.

load helper
load door
load upload
load servers

setup_file() {
	requires_root
	start_uploads
	chmod 711 "$UP"
	cd "$BATS_FILE_TMPDIR" || return
	make_cert server
}
teardown_file() {
	stop_uploads
}
setup() {
	own_answer
	take_certs
	mkdir root
	{
		head -c 512 /dev/zero
		head -c 3M /dev/urandom
	} >root/x.iso
	SUM=$(sha256sum root/x.iso | cut -c 1-64)
	start_nginx
	hosts 127.0.0.1
}
teardown() {
	wait_until 20 idle
	said
}

# hosts [HOST...]: sets the hosts from which clients may let this machine fetch.
hosts() {
	printf '%s\n' "store = $STORE" 'store_reserve = 0' "cacert = $PWD/ca.pem" \
		${1:+"store_hosts = $*"} >"$VM_CONF"
}
idle() {
	[ -z "$(ls -A "$VM_RUN_DIR/fetch" 2>/dev/null)" ]
}
# wish JSON [NAME:VALUE...]: prints the status.
wish() {
	printf %s "$1" | ask POST /images "$AUTH" Content-Type:application/json "${@:2}"
}
# state: prints name and state of the only image.
state() {
	vm-image ls -j | jq -r '.images[0] | [.name, .state, .verified // "-"] | join(" ")'
}
# is_ready NAME
is_ready() {
	[[ $(state) == "$1 ready"* ]]
}

@test "a client lets this machine fetch an image" {
	[ "$(wish '{"url": "'"$HTTPS"'/x.iso", "sha256": "'"$SUM"'"}')" = 201 ]
	at=$(header location)
	[[ $at == /images/[0-9a-f]* ]]
	wait_until 60 is_ready x.iso
	[ "$(state)" = "x.iso ready given" ]
	cmp root/x.iso "$STORE/images/${at##*/}/data"
	[ "$(ask GET "$at" "$AUTH" </dev/null)" = 200 ]
	[ "$(sed '1,/^$/d' answer | jq -r .sha256)" = "$SUM" ]
	grep "fetch ${at##*/} begins: x.iso" "$UP/door.log"
	# The same fetch again finds the image.
	[ "$(wish '{"url": "'"$HTTPS"'/x.iso", "name": "", "sha256": null}')" = 201 ]
	[ "$(header location)" = "$at" ]
}

@test "it has the name and the owner that the client says" {
	mkdir -p "$STORE/owners/alice"
	[ "$(wish '{"url": "'"$HTTPS"'/x.iso", "name": "my (1).iso", "owner": "alice"}' \
		"Content-Type:application/json; charset=utf-8")" = 201 ]
	wait_until 60 is_ready "my (1).iso"
	[ "$(vm-image ls -j | jq -r '.images[0].owner')" = alice ]
	rm -r "$STORE/owners/alice"
}

@test "DELETE ends a fetch" {
	kill "${STARTED[-1]}"
	wait "${STARTED[-1]}" || :
	start_nginx "limit_rate 100k;"
	[ "$(wish '{"url": "'"$HTTPS"'/x.iso"}')" = 201 ]
	at=$(header location)
	# It is not an upload: clients cannot send bytes into it.
	[ "$(printf hello | up PATCH "$at" "$TYPE" Upload-Offset:0)" = 404 ]
	[ "$(up DELETE "$at" </dev/null)" = 204 ]
	wait_until 20 idle
	[ -z "$(ls -A "$STORE/incoming")" ]
	[ -z "$(ls -A "$STORE/images")" ]
	[ "$(vm-image ls -j | jq '.images | length')" = 0 ]
}

@test "this machine and its network are refused, unless store_hosts names them" {
	hosts
	[ "$(wish '{"url": "'"$HTTPS"'/x.iso"}')" = 403 ]
	[[ $(error) == *"store_hosts"* ]]
	[ "$(wish '{"url": "http://169.254.169.254/latest"}')" = 403 ]
	[ "$(vm-image ls -j | jq '.images | length')" = 0 ]
}

@test "what is no wish, or not to be had, is refused in one sentence" {
	local body
	for body in '' '[]' '{}' 'null' '{"url": 1}' '{"url": ""}' '{"uri": "x"}' \
		'{"url": "https://x/a", "url": "https://x/b"}' '{"url": "a\u0000b"}' \
		'{"url": "https://x/a\nb"}' '{"url": "https://x/a", "name": "a/b"}' \
		'{"url": "https://x/a", "name": "\u001b[2J"}' \
		'{"url": "https://x/a", "sha256": "12"}' \
		'{"url": "https://x/a", "owner": "../root"}' \
		'{"url": "-"}' '{"url": "--help"}' '{"url": "file:///etc/shadow"}' \
		'{"url": "/etc/shadow"}' '{"url": "ftp://x/a"}' \
		'{"url": "https://x/a", "name": "--id"}'; do
		echo "$body"
		[ "$(wish "$body")" = 400 ]
		[ -n "$(error)" ]
	done
	[ "$(wish "{\"url\": \"$(head -c 20000 /dev/zero | tr '\0' a)\"}")" = 413 ]
	[ "$(wish '{"url": "'"$HTTPS"'/none.iso"}')" = 404 ]
	[ "$(wish '{"url": "'"$HTTPS"'/x.iso"}' Upload-Length:5)" = 412 ]
	[ "$(vm-image ls -j | jq '.images | length')" = 0 ]
}

@test "who may not change the store may not fetch; and a password is kept from ps and log" {
	AUTH="Authorization:Basic $(encode reader:readonly1)"
	[ "$(wish '{"url": "'"$HTTPS"'/x.iso"}')" = 403 ]
	AUTH=X-Nobody:1
	[ "$(wish '{"url": "'"$HTTPS"'/x.iso"}')" = 401 ]
	AUTH="Authorization:Basic cm9vdDowcGVuQm1j"
	[ "$(wish '{"url": "'"${HTTPS/:\/\//://me:geheim@}"'/x.iso"}')" = 201 ]
	wait_until 60 is_ready x.iso
	not grep -r geheim "$UP/door.log" "$UP/upload.log" "$STORE/images"/*/url answer
}
