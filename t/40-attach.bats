#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-nbd-attach where there is no kernel for it: words and refusals.

load helper

@test "help and version" {
	[[ $(vm-nbd-attach -h) == "usage: vm-nbd-attach"* ]]
	[[ $(vm-nbd-attach -V) == "vm-nbd-attach "[0-9]* ]]
}

@test "wrong words are usage errors" {
	run vm-nbd-attach
	[ "$status" = 64 ]
	fails 64 vm-nbd-attach -t 0 /tmp/x
	fails 64 vm-nbd-attach -t 61 /tmp/x
	fails 64 vm-nbd-attach -o never /tmp/x
	fails 64 vm-nbd-attach -D nbd0
	fails 64 vm-nbd-attach -D /dev/nbd0x
}

@test "a device that does not exist" {
	VM_SYS=$BATS_TEST_TMPDIR fails 66 vm-nbd-attach -D /dev/nbd0
}
