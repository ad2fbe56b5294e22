#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Installed, with systemd as process 1: a slot is a unit.

load helper
load column

setup_file() {
	(cd "$TOP" && make -s install O="$BUILD" PREFIX=/usr/local) 3>&-
	systemctl daemon-reload
	column_start
	make_iso "$WWW/one.iso" 4 ONE
	make_iso "$WWW/two.iso" 4 TWO
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
setup() {
	PATH=/usr/local/bin:$PATH
}
teardown() {
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
}

@test "mount starts the slot's unit, eject ends it" {
	mount_image one.iso
	systemctl is-active vmedia-slot@0
	[ "$(systemctl show -P MainPID vmedia-slot@0)" = \
		"$(cat "$VM_RUN_DIR/0/pid")" ]
	wait_until 30 host_has 0
	cmp "$WWW/one.iso" "$(host_drive 0)"
	vmctl eject -f # udev locks the CDs that it sees
	! systemctl is-active vmedia-slot@0
	nothing_left
}

@test "stopping the unit ejects" {
	mount_image one.iso
	systemctl stop vmedia-slot@0
	nothing_left
	! systemctl is-failed vmedia-slot@0
}

@test "a killed vm-slot is cleaned up by its unit" {
	mount_image one.iso
	kill -KILL "$(cat "$VM_RUN_DIR/0/pid")"
	wait_until 30 nothing_left
	mount_image two.iso
}

@test "a failed mount tells its reason, and the journal has it" {
	fails 66 mount_image missing.iso -s 0
	grep -q 'no such image' "$BATS_TEST_TMPDIR/stderr"
	wait_until 10 sh -c 'journalctl -u vmedia-slot@0 | grep -q "no such image"'
	nothing_left
}

@test "no secret in the journal" {
	vmctl mount -v --cacert "$CA" "$URL/one.iso?sig=hunter2secret"
	vmctl eject -f
	wait_until 10 sh -c 'journalctl -u vmedia-slot@0 | grep -q inserted'
	! journalctl | grep -F hunter2secret
}
