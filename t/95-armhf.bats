#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The 32-bit target: everything is built for armhf; the unit tests and vm-fetchd
# run under qemu-user.

load helper
load armhf

# arm PROGRAM [ARG...]: run it with the target's own libraries.
arm() {
	qemu-arm-static -L "$ROOT" "$@"
}

setup_file() {
	target_root
	target_make tests >&2
}

@test "the programs are for the target" {
	file -L "$OUT"/bin/vm-fetchd "$OUT"/bin/vm-probe \
		"$OUT"/bin/vm-nbd-attach "$OUT"/bin/vm-gadget |
		grep -c 'ELF 32-bit LSB.*ARM' | grep -qx 4
}

@test "the unit tests pass under emulation" {
	for unit in "$OUT"/t/unit/*; do
		echo "$unit"
		# The emulator knows neither seccomp(2) nor generic netlink, runs
		# no other program, and takes / for the target's own.
		case ${unit##*/} in sandbox | nbd-* | open-local) continue ;; esac
		mkdir "$BATS_TEST_TMPDIR/${unit##*/}"
		(cd "$BATS_TEST_TMPDIR/${unit##*/}" && arm "$unit")
	done
}

@test "a file of a date after 2038" {
	head -c 1M /dev/zero >"$BATS_TEST_TMPDIR/late"
	touch -d 2040-02-03 "$BATS_TEST_TMPDIR/late"
	[ "$(arm "$OUT/bin/vm-probe" -t disk -f size "$BATS_TEST_TMPDIR/late")" = 1048576 ]
}

@test "vm-probe sees an image above 4 GiB under emulation" {
	truncate -s 5G "$BATS_TEST_TMPDIR/big"
	[ "$(arm "$OUT/bin/vm-probe" -f size "$BATS_TEST_TMPDIR/big")" = \
		$((5 << 30)) ]
}

@test "the plugin reads above 4 GiB under emulation" {
	cd "$BATS_TEST_TMPDIR"
	truncate -s 5G big
	for at in $(((2 << 30) + 512)) $(((4 << 30) + 512)) $(((5 << 30) - 512)); do
		head -c 512 /dev/urandom |
			dd of=big bs=512 seek=$((at / 512)) conv=notrunc status=none
	done
	background hostile big >port
	wait_until 10 test -s port
	background arm "$ROOT/usr/bin/nbdkit" -f -U "$PWD/sock" \
		"$OUT/lib/vmedia/nbdkit-vm-fetchd-plugin.so" \
		url="http://127.0.0.1:$(cat port)/ok/big" cache=8M
	wait_until 30 test -S sock
	[ "$(nbdread -s sock)" = $((5 << 30)) ]
	for at in $(((2 << 30) + 512)) $(((4 << 30) + 512)) $(((5 << 30) - 512)); do
		nbdread -f big sock "$at" 512
	done
}
