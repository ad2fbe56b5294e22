#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A slot with vm-drive as its drive: vmctl does with it all that it does with
# the kernel's drive.

load helper
load column

setup_file() {
	column_start
	make_iso "$WWW/small.iso" 8 SMALL
	# An ISO that the kernel's CD drive can't present, nor a disk; with
	# marks at that drive's limit, where 32 bits end, and at the end of the
	# image.
	make_iso "$WWW/large.iso" 1 LARGE
	truncate -s 5500M "$WWW/large.iso"
	for at in $MARKS; do
		head -c 2048 /dev/urandom | dd of="$WWW/large.iso" bs=2048 \
			seek=$((at / 2048)) conv=notrunc status=none
	done
}
MARKS="2359293952 $((4 << 30)) $(((5500 << 20) - 2048))"
setup() {
	dmesg -C
}
teardown() {
	umount "$UDC/state" 2>/dev/null || :
	[ -n "${BATS_TEST_COMPLETED:-}" ] || { vmctl log -s 0 | tail -n 40; dmesg | tail -n 30; }
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
	vm-drive -e 0 || :
	vm-drive -e 1 || :
}
teardown_file() {
	column_stop
	vm-gadget teardown
}

# driver SLOT: prints which program is the drive of that slot.
driver() {
	vm-gadget status -f driver "$1"
}
has_marks() {
	local at
	for at in 32768 $MARKS; do
		cmp -n 2048 -i "$at" "$WWW/large.iso" "$(host_drive 0)" || return
	done
}
has_small() {
	cmp "$(host_drive 0)" "$WWW/small.iso"
}
mount_small() {
	mount_image small.iso -s 0 --drive own "$@"
	wait_until 30 host_has 0
}

@test "an ISO of 5.5 GB over HTTPS is a DVD of the host; what comes next finds the drive" {
	mount_image large.iso
	[ "$(driver 0)" = vm-drive ]
	wait_until 30 host_has 0
	[ "$(host_size 0)" = $((5500 << 20)) ]
	has_marks
	[ "$(vmctl status -q -s 0; echo $?)" = 0 ]
	vmctl status -s 0 | grep -Eq '^  drive   vm-drive, [1-9][0-9]* reads, 0 writes, 0 errors; last: [A-Z]+.*; at [0-9]+ MiB$'
	vmctl status -j -s 0 |
		grep -Eq '"state": "active".*"driver": "vm-drive", "reads": [1-9][0-9]*, "writes": 0, "errors": 0'
	vmctl eject -s 0 || vmctl eject -f -s 0
	nothing_left 0
	dmesg -C
	mount_image small.iso -s 0
	[ "$(driver 0)" = vm-drive ]
	wait_until 30 host_has 0
	has_small
	[ "$(dmesg | grep -c 'USB disconnect')" = 0 ]
	vmctl eject -f -s 0
	mount_image small.iso -s 0 --drive kernel
	[ "$(driver 0)" = kernel ]
	wait_until 30 host_has 0
	has_small
	# The other slot's drive can't change now: the host would lose this medium.
	fails 75 mount_image small.iso -s 1 --drive own --retype
	grep -q "slot 0 holds .*eject it first" "$BATS_TEST_TMPDIR/stderr"
}

@test "an eject of the host, and one that it refuses" {
	mount_small
	eject "$(host_drive 0)"
	wait_until 30 has_state 0 empty
	nothing_left 0
	mount_small
	eject -i on "$(host_drive 0)"
	fails 75 vmctl eject -s 0
	grep -q "locked by the host" "$BATS_TEST_TMPDIR/stderr"
	vmctl eject -f -s 0
	nothing_left 0
}

@test "what the host writes is in the overlay" {
	truncate -s 16M "$WWW/disk.img"
	mount_image disk.img -s 1 --drive own --overlay /tmp/overlay
	wait_until 30 host_has 1
	head -c 4M /dev/urandom >/tmp/wanted
	dd if=/tmp/wanted of="$(host_drive 1)" bs=1M conv=fsync status=none
	vmctl eject -s 1
	mount_image disk.img -s 1 --drive own --overlay /tmp/overlay
	wait_until 30 host_has 1
	drop_caches
	cmp -n 4194304 /tmp/wanted "$(host_drive 1)"
	vmctl eject -s 1
	rm /tmp/overlay
}

@test "eject -f of a source that does not answer says what is lost: 74, also by a short --outage" {
	echo "allow_file = $BATS_TEST_TMPDIR" >"$VM_CONF"
	truncate -s 16M "$BATS_TEST_TMPDIR/disk.img"
	vmctl mount -s 1 -w --drive own --outage 3 "$BATS_TEST_TMPDIR/disk.img"
	wait_until 30 host_has 1
	dd if=/dev/urandom of="$(host_drive 1)" bs=64k count=4 oflag=direct status=none
	pkill -STOP -x nbdkit
	fails 74 vmctl eject -f -s 1
	grep "could not keep all that the host wrote" "$BATS_TEST_TMPDIR/stderr"
	nothing_left 1
	rm "$VM_CONF"
}

@test "each of its programs is killed while the host reads: right bytes, the drive stays" {
	local program
	mount_small
	host_patience
	start_reading 0 "$WWW/small.iso"
	for program in nbdkit vm-slot vm-fetchd; do
		pkill -KILL -o -x "$program"
		if [ $program = vm-slot ]; then
			vmctl doctor --repair >/dev/null || :
		fi
		wait_until 30 has_state 0 active
	done
	pkill -KILL -n -x vm-drive
	sleep 1
	is_clean
	vmctl eject -f -s 0
	nothing_left 0
}

@test "a vm-drive that is killed: the medium comes back" {
	mount_small
	pkill -STOP -x vm-slot
	pkill -KILL -o -x vm-drive
	wait_until 30 not pgrep -x vm-drive
	vmctl status -s 0 >"$BATS_TEST_TMPDIR/status"
	pkill -CONT -x vm-slot
	grep -x "  drift   vm-drive has ended; vm-slot starts it again" "$BATS_TEST_TMPDIR/status"
	wait_until 30 grep_log "the vm-drive process was ended: starting it again"
	wait_until 30 host_has 0
	has_small
	has_state 0 active
	vmctl eject -f -s 0
}
grep_log() {
	vmctl log -s 0 | grep -q "$1"
}
has_state() {
	[ "$(cat "$VM_RUN_DIR/$1/state")" = "$2" ]
}

@test "vm-drive and vm-slot are killed: a mount says what to do" {
	mount_small
	pkill -KILL -x vm-slot
	pkill -KILL -x vm-drive
	wait_until 30 not pgrep -x vm-drive
	fails 75 mount_image small.iso -s 1 -t disk
	grep "slot 0 still holds .*small.iso.*: run vmctl doctor --repair, or vmctl eject -s 0" \
		"$BATS_TEST_TMPDIR/stderr"
	vmctl doctor --repair
	wait_until 30 host_has 0
	has_small
	has_state 0 active
	pkill -KILL -x vm-slot
	pkill -KILL -x vm-drive
	wait_until 30 not pgrep -x vm-drive
	vmctl eject -s 0
	nothing_left 0
}

@test "a mount waits until the host has given the new drive an address" {
	mount_small
	vmctl eject -s 0
	echo addressed >"$BATS_TEST_TMPDIR/state"
	mount --bind "$BATS_TEST_TMPDIR/state" "$UDC/state"
	background mount_small >"$BATS_TEST_TMPDIR/line"
	wait_until 30 has_state 0 active
	echo configured >"$BATS_TEST_TMPDIR/state"
	wait "${STARTED[-1]}"
	grep "host: configured$" "$BATS_TEST_TMPDIR/line"
}

@test "--wait-host, --idle and --boot-once know what the host reads" {
	background mount_image small.iso -s 0 --drive own --wait-host --idle 3s
	wait_until 30 has_small
	wait "${STARTED[-1]}"
	[ "$(vm-gadget status -f reads 0)" -gt 0 ]
	wait_until 30 has_state 0 empty
	mount_small --boot-once
	has_small
	echo "not attached" >"$BATS_TEST_TMPDIR/state"
	mount --bind "$BATS_TEST_TMPDIR/state" "$UDC/state"
	wait_until 30 has_state 0 empty
	[[ $(cat "$VM_RUN_DIR/0/reason") = *"(--boot-once)" ]]
}
UDC=/sys/class/udc/dummy_udc.0

@test "a kernel without NBD: each image is shown by vm-drive, and doctor says so" {
	modprobe -r nbd
	cat >"$BATS_TEST_TMPDIR/modprobe" <<-'END'
		#!/bin/sh
		case " $* " in *" nbd "*) exit 1 ;; esac
		exec /sbin/modprobe "$@"
	END
	chmod 755 "$BATS_TEST_TMPDIR/modprobe"
	export VM_PATH=$BATS_TEST_TMPDIR:$PATH
	cd "$BATS_TEST_TMPDIR"
	vmctl doctor >out || :
	grep "nbd" out
	grep -q "^lack  kernel: nbd: .*: without it, vmctl attach and serve do not work" out
	mount_image small.iso -s 0
	[ "$(driver 0)" = vm-drive ]
	wait_until 30 host_has 0
	has_small
	[ ! -e /sys/module/nbd ]
	vmctl eject -f -s 0
}
