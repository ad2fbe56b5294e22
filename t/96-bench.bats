#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The benchmark runs without an error. (For real figures, use `make bench` on a
# quiet machine.)
# run: alone

load helper

@test "some rows of the benchmark run and are recorded" {
	VM_BUILD=$BATS_TEST_TMPDIR/build
	mkdir "$VM_BUILD"
	ln -s "$BUILD/bin" "$BUILD/lib" "$BUILD/t" "$VM_BUILD"
	export VM_BUILD
	"$TOP/t/bench/run" -q random copy memory import nfs smb plot 3>&-
	grep -q "^copy .*held$" "$VM_BUILD/bench/table.txt"
	grep -q "^import .*a file of 192 MiB" "$VM_BUILD/bench/table.txt"
	[ "$(grep -c . "$VM_BUILD/bench/table.txt")" = 11 ]
	grep -q "vm-fetchd</text>" "$VM_BUILD/bench/throughput.svg"
}
