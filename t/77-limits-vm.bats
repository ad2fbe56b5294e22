#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What ejects a medium, other than a person: the host, and the limits of the
# mount. Also the hooks, which are told.

load helper
load column

setup_file() {
	column_start
	make_iso "$WWW/one.iso" 8 ONE
	export VM_HOOK_DIR=$BATS_FILE_TMPDIR/hooks
	mkdir "$VM_HOOK_DIR"
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
setup() {
	rm -f "$VM_HOOK_DIR"/* "$VM_CONF"
	TOLD=$BATS_TEST_TMPDIR/told
	: >"$TOLD"
	D=$VM_RUN_DIR/0
}
teardown() {
	umount "$UDC/state" 2>/dev/null || :
	cleanup
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
}
UDC=/sys/class/udc/dummy_udc.0

# hook NAME LINE...: makes an executable in hooks.d.
hook() {
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$VM_HOOK_DIR/$1"
	chmod 755 "$VM_HOOK_DIR/$1"
}
mount_one() {
	mount_image one.iso "$@"
	wait_until 30 host_has 0
}
state() {
	vmctl status -j -s 0 | jq -r '.slots[0].state'
}
state_is() {
	[ "$(state)" = "$1" ]
}
has_read() {
	local reads
	read -r reads _ <"/sys/block/$(basename "$(cat "$D/device")")/stat"
	[ "$reads" -gt "$(cat "$D/reads")" ]
}
host_reads() {
	drop_caches
	dd if="$(host_drive 0)" of=/dev/null bs=64k count=4 status=none
	wait_until 10 has_read
}
# port STATE: sets the UDC's state. dummy_hcd never reports "not attached" while
# a gadget is bound, so another file is mounted over its state.
port() {
	umount "$UDC/state" 2>/dev/null || :
	echo "$1" >"$BATS_TEST_TMPDIR/state"
	mount --bind "$BATS_TEST_TMPDIR/state" "$UDC/state"
}
# cycled STATE: has vm-slot checked everything once more?
cycled() {
	wait_until 10 grep -q "the host's port: $1" "$D/log"
}

@test "the host's own eject is reported as such" {
	mount_one
	eject "$(host_drive 0)"
	wait_until 30 state_is empty
	vmctl status -s 0 | grep "reason .*ejected by the host"
	wait_until 10 nothing_left
}

@test "a host that has locked the drive keeps the medium, until -f" {
	mount_one
	mount -r "$(host_drive 0)" /mnt
	fails 75 vmctl eject
	state_is active
	cat /mnt/MARKER.TXT
	umount /mnt
}

@test "unplugging and plugging the cable changes nothing" {
	mount_one
	local gadget
	gadget=$(echo /sys/kernel/config/usb_gadget/vmedia*)
	echo >"$gadget/UDC"
	wait_until 10 not_there
	state_is active
	echo dummy_udc.0 >"$gadget/UDC"
	wait_until 30 host_has 0
	drop_caches
	cmp "$WWW/one.iso" "$(host_drive 0)"
	state_is active
}
not_there() {
	[ -z "$(host_drive 0)" ]
}

@test "a USB reset changes nothing" {
	mount_one --boot-once
	host_reads
	local device
	device=$(cd -P "/sys/block/$(basename "$(host_drive 0)")/device" &&
		cd ../../../.. && pwd)
	python3 - "/dev/bus/usb/$(printf %03d "$(cat "$device/busnum")")/$(
		printf %03d "$(cat "$device/devnum")")" <<-'PY'
		import fcntl, os, sys
		USBDEVFS_RESET = 0x5514
		fcntl.ioctl(os.open(sys.argv[1], os.O_WRONLY), USBDEVFS_RESET, 0)
	PY
	drop_caches
	cmp "$WWW/one.iso" "$(host_drive 0)"
	state_is active
	[ "$(cat "$D/once")" = waiting ]
}

@test "--boot-once: ejected when the host goes off after reading" {
	port configured
	mount_one --boot-once
	vmctl status -s 0 | grep "once .*waiting"
	cycled configured
	port "not attached"
	cycled "not attached"
	state_is active
	: >"$D/log"
	port configured
	cycled configured
	host_reads
	port "not attached"
	wait_until 30 state_is empty
	vmctl status -s 0 | grep "reason .*(--boot-once)"
	nothing_left
}

@test "--boot-once: short interruptions of a running host do not eject" {
	port configured
	mount_one --boot-once
	host_reads
	for passing in suspended default addressed configured; do
		port $passing
		cycled $passing
		state_is active
	done
}

@test "--boot-once: a configured command says that the host is off" {
	echo on >"$BATS_TEST_TMPDIR/power"
	hook power "echo Chassis Power is \$(cat $BATS_TEST_TMPDIR/power)"
	mv "$VM_HOOK_DIR/power" "$BATS_TEST_TMPDIR/ask"
	echo "power = $BATS_TEST_TMPDIR/ask now" >"$VM_CONF"
	mount_one --boot-once
	host_reads
	state_is active
	echo off >"$BATS_TEST_TMPDIR/power"
	wait_until 40 state_is empty
	vmctl status -s 0 | grep "reason .*the host was switched off"
}

@test "--expires: the time left is shown, then the medium is ejected" {
	mount_one --expires 1h
	local left
	left=$(vmctl status -j -s 0 | jq '.slots[0].expires')
	[ "$left" -gt 3500 ] && [ "$left" -le 3600 ]
	vmctl status -s 0 | grep -E "expires .*(3600|35[0-9]{2}) s left"
	vmctl eject
	mount_one --expires 5s
	wait_until 40 state_is empty
	vmctl status -s 0 | grep "reason .*the time of --expires is over"
	nothing_left
}

@test "--idle: a host that reads keeps the medium, an idle one loses it" {
	mount_one --idle 25
	local end=$((SECONDS + 40))
	while [ "$SECONDS" -lt "$end" ]; do
		host_reads
		state_is active
	done
	vmctl status -s 0 | grep -E "idle .* s left"
	wait_until 60 state_is empty
	vmctl status -s 0 | grep "reason .*the host has not used the medium for 25 s"
}

@test "invalid times are refused: 64" {
	for time in 0 x 5y 1h30m -1 '' 99999999999; do
		fails 64 mount_image one.iso --expires "$time"
		fails 64 mount_image one.iso --idle "$time"
	done
	[ ! -e "$D/request" ]
}

@test "hooks run in the order of their names, with the facts" {
	hook 10-first "echo first \$@ \$VM_STATE \$VM_URL \$VM_MEDIA \$VM_LABEL >>$TOLD"
	hook 20-second "echo second \$@ >>$TOLD"
	hook 30-not "echo not >>$TOLD"
	chmod -x "$VM_HOOK_DIR/30-not"
	mount_one
	wait_until 10 grep -q second "$TOLD"
	vmctl eject
	wait_until 10 grep -q "second ejected" "$TOLD"
	cat "$TOLD"
	[ "$(cat "$TOLD")" = "first inserted 0 active $URL/one.iso cd ONE
second inserted 0
first ejected 0 empty $URL/one.iso cd ONE
second ejected 0" ]
	: >"$TOLD"
	mount_one
	eject "$(host_drive 0)"
	wait_until 30 nothing_left
	cat "$TOLD"
	[ "$(cut -d ' ' -f 1-3 "$TOLD")" = "first inserted 0
second inserted 0
first host-eject 0
second host-eject 0
first ejected 0
second ejected 0" ]
}

@test "a hook that hangs delays neither the medium nor its eject" {
	hook hang "echo \$@ >>$TOLD; exec sleep 1000"
	mount_one
	wait_until 10 grep -q inserted "$TOLD"
	drop_caches
	cmp "$WWW/one.iso" "$(host_drive 0)"
	vmctl eject
	state_is empty
	[ ! -e "$D/request" ]
	wait_until 60 grep -q ejected "$TOLD"
	# The next mount waits for the hooks.
	hook hang "exit 0"
	mount_one --timeout 100
}

@test "a hook that fails changes nothing, and the log has its output" {
	hook fail "echo oh dear >&2; exit 1"
	mount_one
	wait_until 10 grep -q "oh dear" "$D/log"
	state_is active
}
