#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-lock: it holds a lock, waits for one, and gets it.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	exec 8>>lock
}

@test "the descriptor holds the lock, and a second lock is refused" {
	vm-lock 8
	vm-lock -t lock
	run -75 sh -c 'exec 7>>lock; vm-lock 7'
	exec 8>&-
	run -1 vm-lock -t lock
}

@test "a waiting program gets the lock when it is free" {
	vm-lock 8
	background sh -c 'exec 7>>lock; vm-lock -w 30 7 && echo got >mine' 8>&-
	exec 8>&-
	wait_until 5 test -s mine
}

@test "waiting too long is an error with a message" {
	vm-lock 8
	run -75 sh -c 'exec 7>>lock 8>&-; vm-lock -w 1 7'
}

@test "a missing file is not locked" {
	run -1 vm-lock -t none
}

@test "wrong arguments are usage errors" {
	run -64 vm-lock
	run -64 vm-lock eight
	run -64 vm-lock -t lock 8
	fails 64 vm-lock -w never 8
	fails 71 vm-lock 77
	[[ $(vm-lock -h) == "usage: vm-lock"* ]]
	[[ $(vm-lock -V) == "vm-lock "[0-9]* ]]
}
