#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd with compressed images: it recognizes them by their content, and
# nbdkit's filters, where they exist, decompress them.
# run: alone

load helper
load servers

setup() {
	own_directory
	# Whole sectors, partly compressible.
	{
		head -c $((3 * MIB)) /dev/urandom
		head -c $((3 * MIB)) /dev/zero
	} >image
	own_spool
}
teardown() {
	cleanup
	remove_spool
}

# serves FILE NOTE: from a server, under a name that does not tell the format.
serves() {
	start_hostile "$1"
	start_fetchd "$HOSTILE/ok/x"
	wait_until 10 grep -qF "note: $HOSTILE/ok/x is compressed ($2" fetchd.err
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp copy image
	nbdread -p -n 100 -f image "$SOCK"
}
# refused STATUS FILE TEXT [ARGUMENT...]: it fails, and its last line is ours.
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
	# To read one block, it did not fetch the whole file.
	stop_fetchd
	: >log
	start_fetchd "$HOSTILE/ok/x" cache=4M
	nbdread -f image "$SOCK" $((5 * MIB)) 4096
}

@test "packed: gzip is unpacked first, into TMPDIR, and leaves nothing there" {
	gzip -1 -c image >packed
	serves packed "gz): it is decompressed first"
	stop_fetchd
	[ -z "$(ls -A "$SPOOL")" ]
}

@test "packed: xz of one block, zstd, bzip2 and zip are unpacked first" {
	serves_all() {
		start_hostile packed
		start_fetchd "$HOSTILE/ok/x"
		grep -qF "note: $HOSTILE/ok/x is compressed ($1): it is decompressed first" \
			fetchd.err
		nbdcopy "nbd+unix:///?socket=$SOCK" copy
		cmp copy image
		stop_fetchd
		[ -z "$(ls -A "$SPOOL")" ]
	}
	xz -0 -T1 -c image >packed
	start_hostile packed
	start_fetchd "$HOSTILE/ok/x"
	nbdread -p -n 50 -f image "$SOCK"
	kill "$FETCHD"
	zstd -q -1 -c image >packed
	serves_all zst
	bzip2 -1 -c image >packed
	serves_all bz2
	zip -q -1 - image >packed
	serves_all zip
	rm packed
	cp image disk.img
	echo "read me" >README.txt
	mkdir directory
	zip -q -r -1 packed.zip README.txt directory disk.img
	mv packed.zip packed
	serves_all zip
	zip -q -0 packed.zip disk.img
	yes "a long comment" | head -n 4000 | zip -q -z packed.zip
	mv packed.zip packed
	serves_all zip
	dir=$(printf '%0100d/' 1 2 3)
	mkdir -p "$dir"
	ln disk.img "$dir/disk.img"
	zip -q -1 packed.zip "$dir/disk.img" README.txt
	mv packed.zip packed
	serves_all zip
}

@test "packed: 200 MiB in one block of xz, on a machine of any size" {
	head -c $((200 * MIB)) /dev/zero | xz -0 -T1 >packed
	start_hostile packed
	start_fetchd "$HOSTILE/ok/x"
	[ "$(nbdinfo --size "nbd+unix:///?socket=$SOCK")" = $((200 * MIB)) ]
}

@test "packed: the sectors of what is unpacked are whole" {
	truncate -s -100 image
	xz -0 image -c >packed
	start_hostile packed
	start_fetchd "$HOSTILE/ok/x"
	truncate -s +100 image
	nbdread -f image "$SOCK" 0 $((6 * MIB))
}

@test "packed: a small ISO or UDF is filled up for a CD drive, however it comes" {
	local command size
	mkdir tree
	echo "instance-id: x" >tree/meta-data
	genisoimage -quiet -V cidata -J -r -o seed.iso tree
	truncate -s 2M seed.udf
	mkudffs -b 2048 seed.udf >log
	truncate -s -1000 seed.udf
	for command in cat "gzip -c" "xz -c" "xz -c --block-size=65536" "zstd -qc" \
		"bzip2 -c"; do
		$command <seed.iso >packed
		start_hostile packed
		start_fetchd "$HOSTILE/ok/x"
		[ "$(vm-probe -f media "$SOCK")" = cd ]
		[ "$(vm-probe -f size "$SOCK")" = 614400 ]
		stop_fetchd
		$command <seed.udf >packed
		start_hostile packed
		start_fetchd "$HOSTILE/ok/x"
		[ "$(vm-probe -f media "$SOCK")" = cd ]
		[ "$(vm-probe -f size "$SOCK")" = $((2 * MIB)) ]
		stop_fetchd
	done
}

@test "packed: a broken file is refused, with a sentence that says why" {
	xz -0 --block-size=1MiB image -c >packed
	truncate -s -1000 packed
	refused 65 packed "unable to decompress it as xz"
	gzip -1 -c image | head -c $((2 * MIB)) >packed
	refused 65 packed "unable to decompress it as gzip"
	gzip -1 -c image >packed
	printf '\377\377' | dd of=packed bs=1 conv=notrunc status=none \
		seek=$(($(stat -c %s packed) - 7))
	refused 65 packed "unable to decompress it as gzip"
	local command
	for command in bzip2 zstd xz; do
		head -c $MIB image | $command -1 -c >packed
		head -c 1000000 packed >short
		refused 65 short "unable to decompress it as $command"
		printf '\377\377' | dd of=packed bs=1 conv=notrunc status=none \
			seek=$(($(stat -c %s packed) - 5))
		refused 65 packed "unable to decompress it as $command"
	done
	zip -q -0 - image >packed
	printf X | dd of=packed bs=1 seek=$MIB conv=notrunc status=none
	refused 65 packed "unable to decompress it as zip"
	head -c $((2 * MIB)) packed >short
	refused 65 short "unable to decompress it as zip"
	cp image other.img
	cp image disk.img
	zip -q -1 packed.zip other.img disk.img
	refused 65 packed.zip "several files"
	(mkdir many && cd many && seq 1001 | xargs touch && zip -q -0 -r ../many.zip .)
	refused 65 many.zip "more than 1000 files"
	: | gzip >packed
	refused 65 packed "empty"
	nothing_left
}

@test "packed: several members of gzip or bzip2 are one image, and what is behind is not" {
	{
		head -c 1000000 image | gzip -1
		tail -c +1000001 image | gzip -1
	} >packed
	serves packed "gz): it is decompressed first"
	stop_fetchd
	{
		gzip -1 -c image
		echo '{"metadata_version": "1.1"}'
	} >packed
	serves packed "gz): it is decompressed first"
	stop_fetchd
	{
		head -c 1000000 image | bzip2 -1
		tail -c +1000001 image | bzip2 -1
		echo '{"metadata_version": "1.1"}'
	} >packed
	serves packed "bz2): it is decompressed first"
}

@test "packed: an archive or a text in it is refused, before it is unpacked whole" {
	head -c 40M /dev/urandom >data
	tar -cf - data | gzip -1 >packed
	refused 65 packed "a tar archive"
	xz -0 -c image | gzip -1 >packed
	refused 65 packed "compressed"
	echo "no such image: neither here nor there" | gzip >packed
	refused 65 packed "not an image: text"
	nothing_left
}

@test "packed: what no program unpacks is refused, and told how" {
	lz4 -q -c image >packed
	refused 65 packed "lz4 -d"
	printf 'QFI\373\0\0\0\003hello' >packed
	refused 65 packed "qemu-img convert"
}

@test "packed: a program that is missing is named, with its package" {
	mkdir "$SPOOL/bin"
	ln -s "$(command -v nbdkit)" "$SPOOL/bin/"
	bzip2 -1 -c image >packed
	start_hostile packed
	local rc=0
	PATH=$SPOOL/bin "$BUILD/bin/vm-fetchd" -U "$PWD/nbd" "$HOSTILE/ok/x" \
		>/dev/null 2>stderr || rc=$?
	cat stderr >&2
	[ $rc = 69 ]
	tail -n 1 stderr | grep -qF "package bzip2"
	rm -r "$SPOOL/bin"
}

@test "packed: what unpacks to more than there is room for does not fill the disk" {
	requires_root
	mount -t tmpfs -o size=16M,mode=1777 none "$SPOOL"
	head -c $((64 * MIB)) /dev/zero | gzip >packed
	refused 73 packed "decompressed it has more than 12 MiB"
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
	stop_fetchd
	[ $((($(date +%s%N) - begun) / 1000000)) -lt 1500 ]
	wait_until 5 nothing_left
}
