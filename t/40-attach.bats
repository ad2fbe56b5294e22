#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-nbd-attach without NBD in the kernel: arguments and refusals.

load helper

@test "help and version" {
	[[ $(vm-nbd-attach -h) == "usage: vm-nbd-attach"* ]]
	[[ $(vm-nbd-attach -V) == "vm-nbd-attach "[0-9]* ]]
}

@test "wrong arguments are usage errors" {
	run vm-nbd-attach
	[ "$status" = 64 ]
	fails 64 vm-nbd-attach -t 0 /tmp/x
	fails 64 vm-nbd-attach -t 61 /tmp/x
	fails 64 vm-nbd-attach -o never /tmp/x
	fails 64 vm-nbd-attach -D nbd0
	fails 64 vm-nbd-attach -D /dev/nbd0x
	run -64 vm-nbd-attach -l /tmp/x /tmp/y
	run -64 vm-nbd-attach -j /tmp/x -
	run -64 vm-nbd-attach -c me /tmp/x
	fails 64 vm-nbd-attach -H 0
	fails 64 vm-nbd-attach -H 61
	run -64 vm-nbd-attach -H 5 /tmp/x
}

@test "-H: a person who tries it is told that it answers to a socket" {
	fails 64 vm-nbd-attach -H 5
	[[ $(cat "$BATS_TEST_TMPDIR/stderr") == "vm-nbd-attach: unable to answer: descriptor 1 is no socket" ]]
}

@test "-j: names that are none, and a door that is not there" {
	local none=$BATS_TEST_TMPDIR/none
	fails 64 vm-nbd-attach -j "$none" -c ../x
	fails 64 vm-nbd-attach -j "$none" -c "$(printf '%065d')"
	fails 64 vm-nbd-attach -j "$none" -n "$(printf 'a\nb')"
	fails 64 vm-nbd-attach -j "$none" -n "$(printf '%0201d')"
	fails 69 vm-nbd-attach -j "$(printf %0200d)"
}

@test "a device that does not exist" {
	VM_SYS=$BATS_TEST_TMPDIR fails 66 vm-nbd-attach -D /dev/nbd0
}
