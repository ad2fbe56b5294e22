#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# An image that a client serves, with vm-drive as the drive: the kernel keeps
# the client's connection, and vm-drive presents the block device.

load helper
load column

setup_file() {
	modprobe -a usb-storage sr_mod sd_mod
	modprobe dummy_hcd
	# Without the lock of an open drive, one eject is enough.
	echo 0 >/proc/sys/dev/cdrom/lock
	export VM_RUN_DIR=/run/vmedia VM_CONF=/tmp/vmedia.conf
	export LARGE="$BATS_FILE_TMPDIR/large.iso" SMALL="$BATS_FILE_TMPDIR/small.iso"
	make_iso "$SMALL" 4 SMALL
	cp "$SMALL" "$LARGE"
	truncate -s 2500M "$LARGE"
	head -c 4M /dev/urandom | dd of="$LARGE" bs=1M seek=$TAIL conv=notrunc status=none
}
TAIL=2496 # MiB: where the last bytes begin
setup() {
	cd "$BATS_TEST_TMPDIR"
	D=$VM_RUN_DIR/0
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || { vmctl log -s 0 | tail -n 40; cat said.*; dmesg | tail -n 30; }
	: >reading.end
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
	pkill -KILL nbdkit || :
	rm -f "$VM_CONF"
	cleanup
}
teardown_file() {
	vm-drive -e 0 || :
	vm-gadget teardown
}

# serve FILE [OPTION...]: starts nbdkit at ./nbd; its pid is in ./pid.
serve() {
	rm -f nbd
	nbdkit -U "$PWD/nbd" -P "$PWD/pid" "${@:2}" file "$1" 3>&-
}
# attach NAME SLOT [OPTION...]: a client of that name hands over a connection to
# ./nbd; its messages are in ./said.NAME, its status in ./end.NAME.
attach() {
	local name=$1 slot=$2
	shift 2
	(
		rc=0
		vm-connect "$PWD/nbd" vmctl attach -s "$slot" --client alice "$@" - \
			2>"said.$name" || rc=$?
		echo $rc >"end.$name"
	) 3>&- &
}
# inserts NAME SLOT FILE [OPTION...]: the same, and the host gets the medium.
inserts() {
	serve "$3"
	attach "$1" "$2" "${@:4}"
	wait_until 60 grep -q "is in the host's" "said.$1"
	wait_until 30 host_has "$2"
}
# ends NAME STATUS: the client's programs end with this status.
ends() {
	wait_until 60 test -s "end.$1"
	[ "$(cat "end.$1")" = "$2" ]
}
driver() {
	vm-gadget status -f driver "$1"
}
state_is() {
	[ "$(cat "$D/state")" = "$1" ]
}
# cut NAME: the client is lost.
cut() {
	kill -KILL "$(cat pid)"
	ends "$1" 74
	wait_until 20 state_is degraded
}
# read_tail: the host reads the last bytes, bypassing its cache.
read_tail() {
	dd if="$(host_drive 0)" iflag=direct bs=1M skip=$TAIL 2>/dev/null
}
has_tail() {
	read_tail | cmp - <(tail -c 4M "$LARGE")
}
# is_stuck: does the worker wait in the kernel?
is_stuck() {
	grep -q "^State:.D" "/proc/$(pgrep -n -x vm-drive)/status"
}
# leaves_nothing SLOT: is everything gone, except the test's own server?
leaves_nothing() {
	pkill -KILL nbdkit || :
	nothing_left "$@"
}

@test "a client's ISO of 2.6 GB is a disc of the host; a small one is the kernel's again" {
	inserts one 0 "$LARGE"
	[ "$(driver 0)" = vm-drive ]
	[ "$(cat "$D/device")" = /dev/nbd0 ]
	[ "$(host_size 0)" = $((2500 << 20)) ]
	has_tail
	cmp -n 1M "$(host_drive 0)" "$SMALL"
	vmctl status -q -s 0
	vmctl status -s 0 | not grep drift
	vmctl status -j -s 0 | jq -e '.slots[0] | .driver == "vm-drive" and
		.state == "active" and .reads > 0 and .url == "served:image"'
	vmctl eject -s 0
	ends one 0
	leaves_nothing 0
	# The change of the drive would take the other slot's medium from the host.
	truncate -s 4M disk.img
	inserts disk 1 disk.img
	inserts two 0 "$SMALL"
	[ "$(driver 0)" = vm-drive ]
	cmp "$(host_drive 0)" "$SMALL"
	vmctl eject -s 1
	vmctl eject -s 0
	inserts three 0 "$SMALL"
	[ "$(driver 0)" = kernel ]
	cmp "$(host_drive 0)" "$SMALL"
	not grep -q . "$D/drive"
}

@test "the client, and vm-slot and the worker, are killed while the host reads: right bytes" {
	inserts one 0 "$LARGE"
	host_patience
	dmesg -C
	(until [ -e reading.end ]; do
		has_tail || exit
		: >reading.begun
	done) 3>&- &
	local reader=$!
	wait_until 30 test -e reading.begun
	drop_caches
	cut one
	kill -KILL "$(cat "$D/pid")"
	pkill -KILL -n -x vm-drive
	serve "$LARGE"
	attach again 0
	wait_until 30 state_is active
	grep -q "going on with served:image" "$D/log"
	drop_caches
	rm reading.begun
	wait_until 60 test -e reading.begun
	: >reading.end
	wait $reader
	dmesg | not grep "I/O error"
	ejects_away again
}
# ejects_away NAME [OPTION]: ejects while that client is away and the host
# reads.
ejects_away() {
	drop_caches
	cut "$1"
	read_tail >/dev/null 3>&- &
	wait_until 20 is_stuck
	timeout 20 vmctl eject -s 0 "${@:2}"
	leaves_nothing 0
	wait $! || :
}

@test "eject --discard while the client is away and the host reads" {
	inserts one 0 "$LARGE"
	ejects_away one --discard
}

@test "vm-drive is killed while its worker waits for a client that is away" {
	inserts one 0 "$LARGE"
	drop_caches
	cut one
	read_tail >/dev/null 3>&- &
	wait_until 20 is_stuck
	pkill -KILL -o -x vm-drive
	serve "$LARGE"
	attach again 0
	wait_until 60 has_tail 2>/dev/null
	vmctl eject -s 0
	leaves_nothing 0
	wait $! || :
}

# keeper_of SLOT: prints the pid of that slot's vm-drive.
keeper_of() {
	pgrep -o -f "vm-drive -B $1"
}
# is_another PID: was the vm-drive of slot 1 restarted?
is_another() {
	local pid
	pid=$(keeper_of 1) && [ "$pid" != "$1" ] &&
		grep -q "the vm-drive process was ended: starting it again" "$VM_RUN_DIR/1/log"
}

@test "drive = own: what the host writes is in the client's file" {
	echo "drive = own" >"$VM_CONF"
	local pid
	head -c 8M /dev/urandom >disk.img
	inserts one 1 disk.img -w
	[ "$(driver 1)" = vm-drive ]
	head -c 2M /dev/urandom >new
	dd if=new of="$(host_drive 1)" bs=64k seek=16 oflag=direct status=none
	# After a kill, the restarted vm-drive inserts the block device again.
	pid=$(keeper_of 1)
	kill -KILL "$pid"
	wait_until 30 is_another "$pid"
	wait_until 30 host_has 1
	dd if="$(host_drive 1)" bs=64k skip=16 count=32 iflag=direct status=none | cmp - new
	vmctl eject -s 1
	ends one 0
	cmp -i 0:1048576 -n 2097152 new disk.img
	leaves_nothing 1
}

@test "a kernel without NBD: a client's image is refused with what to do" {
	vm-drive -e 0 || :
	modprobe -r nbd
	printf '%s\n' '#!/bin/sh' 'case " $* " in *" nbd "*) exit 1 ;; esac' \
		'exec /sbin/modprobe "$@"' >modprobe
	chmod 755 modprobe
	serve "$SMALL"
	VM_PATH=$PWD:$PATH attach one 0
	ends one 69
	grep -q "this kernel has no NBD (module nbd), which .*vmctl image put" said.one
	leaves_nothing 0
}
