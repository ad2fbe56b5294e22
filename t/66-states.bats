#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmctl beside a slot in each state, without a kernel: see pretend.bash.
# 67-states-busybox.bats is this same file, with the shell and tools of busybox.

load helper
load pretend

vmctl() {
	"$VM_SHELL" "$PWD/bin/vmctl" "$@" 3>&-
}

setup() {
	pretend
	export VM_CONF=$PWD/conf VM_PATH=$PATH
	cp "$BUILD/bin/vmctl" "$BUILD/bin/vm-lock" bin/
	ln -s "$BUILD/lib" lib
	pretend_drive 1 0
	echo "allow_file = $PWD" >"$VM_CONF"
	: >one.iso
	: >two.iso
	VM_SHELL=dash
	case $BATS_TEST_FILENAME in
	*busybox*) under_busybox ;;
	esac
}
teardown() {
	# A vm-slot would start its programs again.
	kill -KILL $(cat run/[0-7]/pid) 2>/dev/null || :
	pkill -KILL -f "$BATS_TEST_TMPDIR/bin/" || :
	cleanup
}

# under_busybox: from now on vmctl finds only busybox's tools and our programs.
under_busybox() {
	mkdir box
	busybox --install -s box
	export VM_PATH=$PWD/box
	VM_SHELL=$PWD/box/sh
}

# mounted [OPTION...]: with one.iso in slot 0.
mounted() {
	vmctl mount -s 0 "$@" "$PWD/one.iso" >/dev/null
}
# killed: the same, but its vm-slot was killed.
killed() {
	mounted "$@"
	kill -KILL "$(cat "$D/pid")"
	wait_until 10 not vm-lock -t "$D/pid"
}
has_state() {
	[ "$(cat "$D/state")" = "$1" ]
}

@test "a medium whose vm-slot was killed is not taken from the host" {
	killed
	fails 75 vmctl mount -s 0 "$PWD/two.iso"
	grep -q "slot 0 still holds $PWD/one.iso.* doctor --repair, or use --replace" stderr
	fails 75 vmctl mount "$PWD/two.iso"
	grep -q "slot 0 still holds $PWD/one.iso.* doctor --repair, or use --replace" stderr
	fails 75 vmctl attach -s 0 - </dev/null
	grep -q "doctor --repair, or use --take" stderr
	fails 75 vmctl attach - </dev/null
	[ "$(cat "$LUN/file")" = /dev/nbd0 ] && [ -e "$VM_SYS/block/nbd0" ]
	# The same image is no other medium.
	vmctl mount "$PWD/one.iso" | grep -q one.iso
	has_state active
	[ "$(grep -c "^vm-gadget insert" calls)" = 1 ]
	killed
	vmctl mount -s 0 --replace "$PWD/two.iso"
	[ "$(cat "$D/url")" = "$PWD/two.iso" ]
	has_state active
}

@test "one that was killed when its drive was empty holds up nobody" {
	killed
	echo >"$LUN/file"
	vmctl mount -s 0 "$PWD/two.iso"
	[ "$(cat "$D/url")" = "$PWD/two.iso" ]
}
