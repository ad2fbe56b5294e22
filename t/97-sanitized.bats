#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The tests of the units, vm-fetchd, vm-import, vmctl and vm-ws-proxy again,
# built with the address and undefined-behaviour sanitizers; the parts with
# threads, with the thread sanitizer; and the corpus of the fuzzers (make fuzz).
# Most of the time this file waits; its builds have a lower priority than the
# tests beside it.
# run: aside

load helper
load servers

# make_aside ARGUMENT...: runs make with a lower priority.
make_aside() {
	nice -n 5 make -s -C "$TOP" "$@" 3>&-
}

setup_file() {
	make_aside SAN=1 O="$BUILD/san" tests
}

# sanitized FILE: runs the tests of FILE with that build.
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

@test "vm-import's tests, sanitized" {
	sanitized 36-import.bats
}

@test "vmctl's tests, sanitized" {
	sanitized 60-vmctl.bats
}

@test "vm-slot's tests, sanitized" {
	sanitized 65-slot.bats
}

# wss_cases FILE GROUP...: runs these cases of t/ws over TLS. (LeakSanitizer
# can't examine a process that has dropped its privileges; valgrind does that
# below.)
wss_cases() {
	cd "$BATS_TEST_TMPDIR"
	[ -e server.pem ] || make_cert server
	[ -e rsa.pem ] || { cp server.pem rsa.pem && cp server.key rsa.key; }
	PATH=$BUILD/san/bin:$PATH ASAN_OPTIONS=detect_leaks=0 \
		VM_WS_MEMORY=0 ws_cases "$1" wss "${@:2}"
}

@test "vm-ws-proxy's cases, sanitized" {
	wss_cases server framing strict utf8 close
	wss_cases client request answer frames
	wss_cases attacks origin ticket
}

@test "vm-ws-proxy in both roles, under valgrind" {
	cd "$BATS_TEST_TMPDIR"
	make_cert server
	local grind="valgrind -q --leak-check=full --errors-for-leak-kinds=definite
		--error-exitcode=99 --log-file=$PWD/valgrind.%p --trace-children=yes
		--vgdb=no"
	background $grind vm-ws-proxy -l 127.0.0.1:0 -c server.pem \
		-k server.key cat >at
	wait_until 30 test -s at
	head -c 3M /dev/urandom >sent
	$grind vm-ws-proxy -a ca.pem -C "wss://localhost:$(sed 's/.*://' at)/" \
		<sent >got
	cmp sent got
	kill "${STARTED[0]}"
	wait "${STARTED[0]}"
	# (valgrind logs lines with "--PID--" about seccomp(2), which it does
	# not know.)
	not grep -v '^--' valgrind.*
}

@test "the engine and the threaded sources, with the thread sanitizer" {
	local unit
	make_aside O="$BUILD/tsan" CFLAGS="-O1 -g -fsanitize=thread" \
		"$BUILD"/tsan/t/unit/{engine,engine-retry,engine-write,threaded,overlay}
	for unit in engine engine-retry engine-write threaded overlay; do
		TSAN_OPTIONS=halt_on_error=1 "$BUILD/tsan/t/unit/$unit" 3>&-
	done
}

@test "the fuzzers find nothing in their corpus" {
	local fuzzer
	make_aside O="$BUILD" fuzzers
	for fuzzer in "$TOP"/t/fuzz/*.c; do
		fuzzer=$(basename "$fuzzer" .c)
		"$BUILD/fuzz/$fuzzer" -runs=0 "$TOP/t/fuzz/corpus/$fuzzer"
	done
}
