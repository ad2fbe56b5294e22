#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The 32-bit target: everything is built for armhf; the unit tests and vm-fetchd
# run under qemu-user.

load helper

TARGET=arm-linux-gnueabihf

# arm PROGRAM [ARG...]: run it with the target's own libraries.
arm() {
	qemu-arm-static -L "$ROOT" "$@"
}

setup_file() {
	export ROOT=$BUILD/armhf-root OUT=$BUILD/armhf
	[ -e "$ROOT/done" ] || target_root
	lib=$ROOT/usr/lib/$TARGET
	PKG_CONFIG_LIBDIR=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$ROOT \
		make -s -C "$TOP" O="$OUT" CC=$TARGET-gcc \
		CFLAGS="-O2 -Werror --sysroot=$ROOT" \
		LDFLAGS="--sysroot=$ROOT -Wl,-rpath-link,$lib:$ROOT/lib/$TARGET" \
		tests >&2 3>&-
}

# target_root: unpacks Debian's armhf libraries, from this machine's own mirror.
target_root() {
	local uri
	uri=$(sed -n 's/^URIs: //p; s/^deb \([^ ]*\) .*/\1/p' \
		/etc/apt/sources.list.d/debian.sources /etc/apt/sources.list \
		2>/dev/null | head -1)
	mkdir -p "$BUILD"
	rm -rf "$ROOT"
	mmdebstrap -q --arch=armhf --variant=extract \
		--include=libc6-dev,libnbd-dev,libcurl4-openssl-dev,libbearssl-dev,libcrypt-dev,libjansson-dev,libmnl-dev,libseccomp-dev,nbdkit,nbdkit-plugin-dev \
		bookworm "$ROOT" "deb $uri bookworm main" >&2 3>&-
	touch "$ROOT/done"
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
