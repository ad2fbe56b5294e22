#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Redfish over TLS with real drives in the virtual machine: what the host then
# reads, also while it has locked a drive; the WebSocket of a session; and what
# the users of the web server and of vm-redfish can do.
# vm-run: -m 1536

load helper
load column
load door
load bmc

setup_file() {
	bmc_start
	make_iso "$WWW/one.iso" 3 ONE
	make_iso "$WWW/two.iso" 2 TWO
	export IMAGE=http://localhost:8080
}
teardown_file() {
	bmc_stop
}
teardown() {
	bmc_empty
}

SLOT=/redfish/v1/Systems/system/VirtualMedia/Slot_0

# change METHOD PATH JSON: asks, and prints the HTTP status.
change() {
	ask "$2" -X "$1" -H 'Content-Type: application/json' -d "$3" \
		-o "$BATS_TEST_TMPDIR/answer" -w '%{http_code}'
	cat "$BATS_TEST_TMPDIR/answer" >&2
}

@test "insert, replace and eject: the host reads the right bytes, and its lock holds nothing up" {
	[ "$(change POST $SLOT/Actions/VirtualMedia.InsertMedia \
		"{\"Image\": \"$IMAGE/one.iso\"}")" = 204 ]
	host_reads 0 "$WWW/one.iso"
	[ "$(slot_says 0 '[.Inserted, .Image, .ConnectedVia] | join(" ")')" = \
		"true $IMAGE/one.iso URI" ]
	lock_drive ONE
	run change PATCH $SLOT "{\"Image\": \"$IMAGE/two.iso\"}"
	[[ $output == *20[04]* ]]
	unlock_drive
	host_reads 0 "$WWW/two.iso"
	# As curl sends it without -d: no body and no length.
	lock_drive TWO
	ask $SLOT/Actions/VirtualMedia.EjectMedia -X POST -f
	is_out 0
	unlock_drive
	# A configuration drive is an ISO, in the disk's slot.
	[ "$(change POST ${SLOT%0}1/Actions/VirtualMedia.InsertMedia \
		"{\"Image\": \"$IMAGE/two.iso\"}")" = 204 ]
	host_reads 1 "$WWW/two.iso"
	[[ $(host_drive 1) == /dev/sd* ]]
}

# log_in: sets $TOKEN and $SESSION.
log_in() {
	curl -sS --cacert /etc/vmedia/web.pem -D "$BATS_TEST_TMPDIR/head" \
		-H 'Content-Type: application/json' -o /dev/null \
		-d '{"UserName": "root", "Password": "0penBmc"}' \
		"$AT/redfish/v1/SessionService/Sessions"
	TOKEN=$(tr -d '\r' <"$BATS_TEST_TMPDIR/head" |
		sed -n 's/^x-auth-token: //Ip')
	SESSION=$(tr -d '\r' <"$BATS_TEST_TMPDIR/head" |
		sed -n 's/^location: //Ip')
	[[ $TOKEN =~ ^[0-9a-f]{40}$ ]]
}

# connect PATH OPTION...: serves one.iso at that path, with these options of
# vm-ws-proxy; writes the exit status to ./ended.
connect() {
	rm -f ended
	{
		vm-ws-proxy -C "wss://localhost$1" -a /etc/vmedia/web.pem "${@:2}" \
			-U "$PWD/nbd" 2>ws.err && echo 0 >ended || echo $? >ended
	} 3>&- &
}
ends_with() {
	wait_until 30 test -s ended
	cat ws.err
	[ "$(cat ended)" = "$1" ]
}

@test "WebSockets: a session's token as the only subprotocol (webui-vue), or a password" {
	cd "$BATS_TEST_TMPDIR"
	log_in
	(umask 077 && printf '%s\n' "$TOKEN" >token)
	printf 'Authorization: Basic %s\n' "$(printf root:0penBmc | base64)" >login
	background nbdkit -r -U "$PWD/nbd" -P nbd.pid --exit-with-parent file "$WWW/one.iso"
	wait_until 20 test -s nbd.pid
	[ "$(slot_says 0 .Oem.OpenBMC.WebSocketEndpoint)" = /nbd/0 ]
	for how in "/nbd/0 -S token" "/vm/0/0 -H login -s binary"; do
		# shellcheck disable=SC2086 # words
		connect $how
		host_reads 0 "$WWW/one.iso"
		ask $SLOT/Actions/VirtualMedia.EjectMedia -X POST -f
		ends_with 0
		is_out 0
	done
	ask "$SESSION" -X DELETE -f
	connect /nbd/0 -S token
	ends_with 77
	not grep "$TOKEN\|0penBmc" ws.err "$BMC"/nginx.* "$BMC"/*.err
}

@test "as the web server's and as vm-redfish's user, vm-door does nothing without a password" {
	local user
	# The web server's user cannot even connect to vm-door.
	run setpriv --reuid=www-data --regid=www-data --clear-groups \
		"$BUILD/t/doorask" verb=eject slot=0 user=root password=0penBmc
	[ "$status" != 0 ]
	[[ $output != *result=ok* ]]
	# vm-door answers vm-redfish's user, but allows nothing without a
	# password.
	for fields in "verb=eject slot=0" "verb=mount slot=0 image=$IMAGE/one.iso" \
		"verb=power action=off" "verb=accounts" "verb=sessions" \
		"verb=boot target=cd once=once" "verb=media slot=0" \
		"verb=mount slot=0 image=$IMAGE/one.iso user=root password=wrong" \
		"verb=mount slot=0 image=$IMAGE/one.iso token=0123456789012345678901234567890123456789"; do
		echo "$fields"
		# shellcheck disable=SC2086 # a list of words
		run setpriv --reuid=vmedia-redfish --regid=vmedia-redfish \
			--clear-groups "$BUILD/t/doorask" $fields
		[[ $output == *result=unauthenticated* || $output == *result=slow* ]]
	done
	[ "$(cat "$HOST/power")" = on ]
	is_out 0
	for user in www-data vmedia-redfish; do
		for file in /etc/vmedia/accounts /etc/vmedia/web.key /run/vmedia-door; do
			not setpriv --reuid=$user --regid=$user --clear-groups \
				cat "$file"
		done
	done
}
