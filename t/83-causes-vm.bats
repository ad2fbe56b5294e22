#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmctl -j tells in one word why it failed: the causes that come from vm-slot,
# the drives and the host. 63-causes.bats has the others.

load helper
load column

setup_file() {
	column_start
	make_iso "$WWW/one.iso" 4 ONE
	make_iso "$WWW/two.iso" 4 TWO
	make_iso "$WWW/big.iso" 0 BIG
	truncate -s 3G "$WWW/big.iso"
	head -c 5M /dev/urandom >"$WWW/disk.img"
	head -c 5M /dev/urandom >"$WWW/other.img"
	: >"$WWW/closed"
	chmod 600 "$WWW/closed"
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
teardown() {
	cleanup
	umount -l /mnt 2>/dev/null || :
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
}

# tells STATUS CAUSE COMMAND...: vmctl COMMAND -j fails like this, and standard
# error has its message, without the word for programs.
tells() {
	local status=$1 cause=$2 rc=0
	shift 2
	vmctl "$@" -j >"$BATS_TEST_TMPDIR/json" 2>"$BATS_TEST_TMPDIR/err" || rc=$?
	cat "$BATS_TEST_TMPDIR/json" "$BATS_TEST_TMPDIR/err" >&2
	[ "$rc" = "$status" ]
	[ "$(jq -c '[.schema, .error.status, .error.cause]' "$BATS_TEST_TMPDIR/json")" = \
		"[1,$status,\"$cause\"]" ]
	grep -qF "$(jq -r .error.message "$BATS_TEST_TMPDIR/json")" "$BATS_TEST_TMPDIR/err"
	not grep -q cause: "$BATS_TEST_TMPDIR/err"
}
# mount_tells STATUS CAUSE SLOT NAME [OPTION...]: the same for a mount;
# afterwards the slot has failed, and tells the cause, too.
mount_tells() {
	tells "$1" "$2" mount --cacert "$CA" -s "$3" "${@:5}" "$URL/$4"
	vmctl status -j -s "$3" | jq -e --arg cause "$2" \
		'.slots[0] | .cause == $cause and .error != null'
}
state_is() {
	[ "$(vmctl status -j -s "$1" | jq -r '.slots[0].state')" = "$2" ]
}

@test "causes: the drive's type, and an image that is too large for it" {
	mount_tells 65 type 0 disk.img
	mount_tells 65 type 1 one.iso
	mount_tells 65 too-large 0 big.iso --drive kernel
	# Without -s, no slot has an error.
	tells 65 too-large mount --drive kernel --cacert "$CA" "$URL/big.iso"
	mount_image one.iso -s 0
	vmctl status -j -s 0 | jq -e '.slots[0] | .cause == null and .error == null'
}

@test "causes: what the source of a slot says" {
	mount_tells 66 missing 0 nothing.iso
	mount_tells 77 forbidden 0 closed
	tells 77 tls mount -s 0 "$URL/one.iso"
	tells 68 name mount -s 0 http://no-such-host.invalid/one.iso
	tells 69 unreachable mount -s 0 http://localhost:1/one.iso
	mount_tells 65 changed 0 one.iso --sha256 "$(printf '%064d' 0)"
	# The log is for people, so it has no such word.
	not grep cause: "$VM_RUN_DIR/0/log"
}

@test "causes: a server that says nothing" {
	background python3 -c 'import signal, socket
s = socket.create_server(("127.0.0.1", 7777))
signal.pause()'
	wait_until 30 grep -q ':1E61 00000000:0000 0A' /proc/net/tcp
	tells 75 timeout mount -s 0 --timeout 2 http://127.0.0.1:7777/one.iso
	[ "$(vmctl status -j -s 0 | jq -r '.slots[0].cause')" = timeout ]
}

@test "causes: a slot in use, and a drive that the host has locked" {
	mount_image one.iso -s 0
	tells 75 busy mount --cacert "$CA" -s 0 "$URL/two.iso"
	tells 75 busy mount --cacert "$CA" "$URL/two.iso"
	wait_until 30 host_has 0
	mount -r "$(host_drive 0)" /mnt
	tells 75 locked eject -s 0
	tells 75 locked mount --cacert "$CA" -s 0 --replace "$URL/two.iso"
	umount /mnt
	tells 66 usage renew -s 1 "$URL/disk.img"
	tells 65 changed renew -s 0 "$URL/disk.img"
}

@test "causes: another program's medium, which the host has locked" {
	mount_image one.iso -s 0
	vmctl eject -s 0
	cp "$WWW/one.iso" "$BATS_TEST_TMPDIR/foreign.iso"
	vm-gadget insert 0 "$BATS_TEST_TMPDIR/foreign.iso"
	wait_until 30 host_has 0
	tells 75 busy mount --cacert "$CA" "$URL/two.iso"
	mount -r "$(host_drive 0)" /mnt
	tells 75 locked eject -s 0
}

@test "causes: another image behind the URL when a slot is adopted" {
	cp "$WWW/disk.img" "$WWW/image"
	mount_image image -s 1
	wait_until 30 host_has 1
	pkill -KILL 'vm-|nbdkit'
	cp "$WWW/other.img" "$WWW/image"
	vmctl doctor --repair || :
	wait_until 60 state_is 1 failed
	[ "$(vmctl status -j -s 1 | jq -r '.slots[0].cause')" = changed ]
	[ "$(cat "$VM_RUN_DIR/1/cause")" = changed ]
}

@test "causes: start goes on, and tells those of each mount" {
	printf 'cacert = %s\nslot0 = %s\nslot1 = %s\n' "$CA" "$URL/disk.img" \
		"$URL/nothing" >"$VM_CONF"
	rm -f "$VM_RUN_DIR"/*/started
	vmctl start -j >"$BATS_TEST_TMPDIR/json" || :
	rm "$VM_CONF"
	jq -e '[.mounts[].error.cause] == ["type", "missing"]' \
		"$BATS_TEST_TMPDIR/json"
}
