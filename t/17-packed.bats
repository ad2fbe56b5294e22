#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd with images that are packed: noticed by their content, unpacked by
# nbdkit's filters where there are some.
# run: alone

load helper
load servers

MIB=1048576

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR" || return
	# Whole sectors, and something to pack.
	{
		head -c $((3 * MIB)) /dev/urandom
		head -c $((3 * MIB)) /dev/zero
	} >image
	# nbdkit's user writes there, and may not enter the test's directory.
	SPOOL=$(mktemp -d /tmp/vmedia.XXXXXX)
	chmod 1777 "$SPOOL"
	TMPDIR=$SPOOL
}
teardown() {
	cleanup
	umount "$SPOOL" 2>/dev/null || :
	rm -rf "$SPOOL"
}

# serves FILE NOTE: by a server, under a name that tells nothing.
serves() {
	start_hostile "$1"
	start_fetchd "$HOSTILE/ok/x"
	grep -qF "note: $HOSTILE/ok/x is compressed ($2" fetchd.err
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp copy image
	nbdread -p -n 100 -f image "$SOCK"
}
# refused STATUS FILE TEXT [ARGUMENT...]: its last line is ours.
refused() {
	local rc=0
	start_hostile "$2"
	timeout 40 vm-fetchd -U "$PWD/nbd" "$HOSTILE/ok/x" "${@:4}" \
		>/dev/null 2>stderr || rc=$?
	cat stderr >&2
	[ $rc = "$1" ]
	tail -n 1 stderr | grep -qF -- "$3"
}

@test "packed: xz is unpacked while it is read" {
	xz -0 --block-size=1MiB image -c >packed
	serves packed "xz): it is decompressed while it is read"
	# Not all of it was fetched for one block.
	kill "$FETCHD"
	wait "$FETCHD"
	: >log
	start_fetchd "$HOSTILE/ok/x" cache=4M
	nbdread -f image "$SOCK" $((5 * MIB)) 4096
}

@test "packed: gzip is unpacked first, into TMPDIR, and leaves nothing there" {
	gzip -1 -c image >packed
	serves packed "gz): it is decompressed first"
	kill "$FETCHD"
	wait "$FETCHD"
	[ -z "$(ls -A "$SPOOL")" ]
}

@test "packed: the sectors of what is unpacked are whole" {
	truncate -s -100 image
	xz -0 image -c >packed
	start_hostile packed
	start_fetchd "$HOSTILE/ok/x"
	truncate -s +100 image
	nbdread -f image "$SOCK" 0 $((6 * MIB))
}

@test "packed: a broken file, or blocks that are too large: one word why" {
	xz -0 --block-size=1MiB image -c >packed
	truncate -s -1000 packed
	refused 65 packed "unable to decompress it as xz"
	gzip -1 -c image | head -c $((2 * MIB)) >packed
	refused 65 packed "unable to decompress it as gzip"
	nothing_left
}

@test "packed: several members, or something behind: not served cut" {
	head -c 1000000 image | gzip -1 >packed
	tail -c +1000001 image | gzip -1 >>packed
	refused 65 packed "several members"
	{ gzip -1 -c image; echo behind; } >packed
	refused 65 packed "several members"
	: | gzip >packed
	refused 65 packed "empty"
	nothing_left
}

@test "packed: what no filter unpacks is refused, and told how" {
	bzip2 -1 -c image >packed
	refused 65 packed "bzip2 -d"
	printf 'QFI\373hello' >packed
	refused 65 packed "qemu-img convert"
}

@test "packed: what unpacks to more than there is room for does not fill the disk" {
	requires_root
	mount -t tmpfs -o size=16M,mode=1777 none "$SPOOL"
	head -c $((64 * MIB)) /dev/zero | gzip >packed
	refused 65 packed "there must be room for it"
	[ -z "$(ls -A "$SPOOL")" ]
	[ "$(df --output=avail -k "$SPOOL" | tail -n 1)" -gt 16000 ]
}

@test "packed: there is no writing to it" {
	gzip -1 -c image >packed
	refused 65 packed "cannot be written to" overlay=over
}

@test "packed: SIGTERM while it unpacks ends it within a second" {
	local begun
	head -c $((64 * MIB)) /dev/urandom | gzip -1 >packed
	start_hostile packed
	background vm-fetchd -U "$PWD/nbd" "$HOSTILE/slow/200/x" 2>fetchd.err
	FETCHD=${STARTED[-1]}
	wait_until 20 grep -q "decompressed first" fetchd.err
	begun=$(date +%s%N)
	kill "$FETCHD"
	wait "$FETCHD"
	[ $((($(date +%s%N) - begun) / 1000000)) -lt 1500 ]
	wait_until 5 nothing_left
}
