#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Units, vm-fetchd and vmctl again, built with the address and undefined
# behaviour sanitizers; what has threads, with the thread sanitizer; and the
# corpus of the fuzzers (make fuzz).

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

@test "the engine and the blocking sources, with the thread sanitizer" {
	local unit
	make -s -C "$TOP" O="$BUILD/tsan" CFLAGS="-O1 -g -fsanitize=thread" \
		"$BUILD"/tsan/t/unit/{engine,blocking,overlay} 3>&-
	for unit in engine blocking overlay; do
		TSAN_OPTIONS=halt_on_error=1 "$BUILD/tsan/t/unit/$unit" 3>&-
	done
}

@test "the fuzzers find nothing in their corpus" {
	local fuzzer
	make -s -C "$TOP" O="$BUILD" fuzzers 3>&-
	for fuzzer in "$TOP"/t/fuzz/*.c; do
		fuzzer=$(basename "$fuzzer" .c)
		"$BUILD/fuzz/$fuzzer" -runs=0 "$TOP/t/fuzz/corpus/$fuzzer"
	done
}
