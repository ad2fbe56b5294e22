#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Units, vm-fetchd and vmctl again, built with the address and undefined
# behaviour sanitizers.

load helper

setup_file() {
	make -s -C "$TOP" SAN=1 O="$BUILD/san" tests 3>&-
}

# sanitized FILE: its tests, with that build.
sanitized() {
	cd "$TOP"
	env -i PATH="$PATH" HOME="$HOME" VM_BUILD="$BUILD/san" \
		bats --tap "t/$1" 3>&-
}

@test "the unit tests, sanitized" {
	sanitized 00-unit.bats
}

@test "vm-fetchd's tests, sanitized" {
	sanitized 10-fetchd.bats
}

@test "vmctl's tests, sanitized" {
	sanitized 60-vmctl.bats
}
