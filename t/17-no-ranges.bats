#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Servers that cannot send parts of a file: vm-fetchd downloads the whole image
# before it serves it.
# run: alone

load helper
load servers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c $((5 * MIB)) /dev/urandom >data
	{
		head -c 2048 /dev/zero
		cat data
	} >image
	rm data
	own_spool
}
teardown() {
	cleanup
	remove_spool
}

# is_whole: is the export the image, did a note tell of the download, and was no
# file with a name made?
is_whole() {
	cat fetchd.err >&2
	wait_until 10 grep -qF "(no ranges): it is downloaded first" fetchd.err
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp copy image
	[ -z "$(ls -A "$SPOOL")" ]
}
# serves MODE [ARGUMENT...]: vm-fetchd serves the whole image.
serves() {
	start_hostile image
	start_fetchd "$HOSTILE/ignore-range/$1/x" "${@:2}"
	is_whole
}
# refused STATUS MODE TEXT [ARGUMENT...]: it fails, and its last line has TEXT.
refused() {
	local rc=0
	start_hostile image
	timeout 60 vm-fetchd -U "$PWD/nbd" "$HOSTILE/ignore-range/$2/x" "${@:4}" \
		>/dev/null 2>stderr || rc=$?
	cat stderr >&2
	[ $rc = "$1" ]
	tail -n 1 stderr | grep -qF -- "$3"
	[ -z "$(ls -A "$SPOOL")" ]
}
# wholes: prints how many requests for the whole image came.
wholes() {
	grep -c "range=-" log
}
# small_spool SIZE: SPOOL becomes a file system of SIZE, of which vm-fetchd uses
# at most 3/4.
small_spool() {
	requires_root
	mount -t tmpfs -o size="$1",mode=1777 none "$SPOOL"
}

@test "no ranges: Python's http.server" {
	local port
	port=$(free_port)
	background python3 -m http.server -b 127.0.0.1 "$port" 2>server
	wait_until 10 curl -sf -o /dev/null "http://127.0.0.1:$port/"
	start_fetchd "http://127.0.0.1:$port/image"
	is_whole
	stop_fetchd
	sha256sum image >SHA256SUMS
	start_fetchd "http://127.0.0.1:$port/image" \
		"sums-url=http://127.0.0.1:$port/SHA256SUMS"
	is_whole
}

@test "no ranges: nginx with max_ranges 0, also for a compressed image" {
	make_cert server
	mkdir root
	cp image root/x.img
	gzip -1 -c image >root/x.gz
	xz -0 --block-size=1MiB -c image >root/x.xz
	start_nginx "max_ranges 0;"
	start_fetchd "$HTTPS/x.img" cacert=ca.pem
	is_whole
	stop_fetchd
	start_fetchd "$HTTPS/x.gz" cacert=ca.pem
	wait_until 10 grep -qF "is compressed (gz): it is decompressed first" fetchd.err
	is_whole
	stop_fetchd
	start_fetchd "$HTTPS/x.xz" cacert=ca.pem
	wait_until 10 grep -qF "is compressed (xz): it is decompressed while" fetchd.err
	is_whole
}

@test "no ranges: a server that refuses each range, and says the size" {
	start_hostile image
	start_fetchd "$HOSTILE/416-once/1/x"
	is_whole
	[ "$(wholes)" = 1 ]
	# A 416 without a size does the same.
	stop_fetchd
	start_fetchd "$HOSTILE/status-once/416/1/x"
	is_whole
}

@test "no ranges: a bit more than nothing, and no sector's multiple" {
	truncate -s 1000 image
	start_hostile image
	start_fetchd "$HOSTILE/ignore-range/x"
	[ "$(nbdread -s "$SOCK")" = 1024 ]
	nbdread -f image "$SOCK" 0 1024
}

@test "no ranges: -c says it, and downloads nothing" {
	start_hostile image
	vm-fetchd -c "$HOSTILE/ignore-range/x" >out
	grep -qF "(no ranges): it is downloaded first" out
	[ "$(wholes)" = 0 ]
}

@test "no ranges: a download that breaks off begins again" {
	serves short-once/2
	[ "$(wholes)" = 2 ]
	stop_fetchd
	serves reset-after/2
	stop_fetchd
	serves status-once/503/2
	stop_fetchd
	serves chunked/short-once/2
}

@test "no ranges: one that breaks off each time: 74; one that stalls: 75" {
	refused 74 short-after/1 ""
	[ "$(wholes)" = 5 ]
	refused 74 chunked/short-after/1 ""
	refused 75 stall-body-after/1 "" timeout=3
}

@test "no ranges: chunked, and with bytes behind the end" {
	serves chunked
	wait_until 10 grep -qF "does not tell the image's size" fetchd.err
	stop_fetchd
	serves extra
	stop_fetchd
	serves close
	not grep -qF "does not tell the image's size" fetchd.err
}

@test "no ranges: without a length a cut cannot be seen, and a note says so" {
	serves no-length
	wait_until 10 grep -qF "a download that is cut off may not be noticed" fetchd.err
}

@test "no ranges: a body without end stops where the room ends: 73" {
	small_spool 40M
	refused 73 endless "no ranges"
	[ "$(df --output=avail -k "$SPOOL" | tail -n 1)" -gt 40000 ]
}

@test "no ranges: into the directory of spool=, which the note names" {
	mkdir -m 1777 other
	start_hostile image
	start_fetchd "$HOSTILE/ignore-range/ok/x" spool="$PWD/other"
	wait_until 10 grep -qF "it is downloaded first, into $PWD/other, which needs room" fetchd.err
	ls -l /proc/[0-9]*/fd 2>/dev/null | grep -qF -- "-> $PWD/other/"
	stop_fetchd
	refused 73 ok "unable to make a file in $PWD/none: No such file" spool="$PWD/none"
}

@test "no ranges: without room it says how much is missing: 73" {
	local need
	small_spool 5M
	refused 73 ok "has no room for all 6 MiB: free "
	[ "$(wholes)" = 0 ]
	need=$((5 * MIB + 2 * MIB + 300 * 1024))
	mount -o remount,size=$need "$SPOOL"
	serves ok
}

@test "no ranges: another program fills the disk meanwhile: an error, and nothing stays" {
	local rc=0
	small_spool 40M
	head -c 20M /dev/urandom >image
	start_hostile image
	background vm-fetchd -U "$PWD/nbd" "$HOSTILE/ignore-range/ok/x" limit-rate=4M 2>stderr
	wait_until 20 grep -q "downloading: [1-9]" stderr
	dd if=/dev/zero of="$SPOOL/fill" bs=1M 2>/dev/null || :
	wait "${STARTED[-1]}" || rc=$?
	[ "$rc" = 73 ]
	tail -n 1 stderr | grep -q "unable to write what was downloaded.*No space left"
	rm "$SPOOL/fill"
	[ -z "$(ls -A "$SPOOL")" ] && [ ! -e nbd ]
}

@test "no ranges: a wrong checksum, a web page or an archive: 65" {
	local sum
	sum=$(printf other | sha256sum | cut -d' ' -f1)
	refused 65 ok "and should be $sum" "sha256=$sum"
	serves ok "sha256=$(sha256sum image | cut -d' ' -f1)"
	stop_fetchd
	refused 65 html200-after/1 "web page"
	tar -cf archive image
	mv archive image
	refused 65 ok "tar archive"
}

@test "no ranges: clients know it by its own ETag, and an overlay is kept" {
	start_hostile image
	start_fetchd "$HOSTILE/ignore-range/x" overlay=over
	nbdinfo --json "nbd+unix:///?socket=$SOCK" |
		grep -qF 'validator: \"first\"'
	printf 'w%.0s' {1..512} | dd of=image bs=512 seek=8 conv=notrunc status=none
	nbdcopy image "nbd+unix:///?socket=$SOCK"
	stop_fetchd
	cp image changed
	start_fetchd "$HOSTILE/ignore-range/x" overlay=over
	nbdread -f image "$SOCK" 4096 512
}

@test "no ranges: after nbdkit's death the downloaded file is served again" {
	serves ok
	kill -KILL "$(nbdkits)"
	wait_until 20 nbdread -f image "$SOCK" 0 $((5 * MIB))
	[ "$(wholes)" = 1 ]
}

@test "no ranges: limit-rate holds for the download" {
	local begun=$SECONDS
	serves ok limit-rate=2M
	[ $((SECONDS - begun)) -ge 2 ]
	wait_until 10 grep -q "^vm-fetchd: downloading: [1-4] of 5 MiB$" fetchd.err
}

@test "no ranges: SIGTERM during the download ends it within a second" {
	local begun
	start_hostile image
	background vm-fetchd -U "$PWD/nbd" "$HOSTILE/ignore-range/slow/8000/x" \
		timeout=60 2>fetchd.err
	FETCHD=${STARTED[-1]}
	wait_until 40 grep -q "downloaded first" fetchd.err
	begun=$(date +%s%N)
	stop_fetchd
	[ $((($(date +%s%N) - begun) / 1000000)) -lt 1500 ]
	wait_until 5 nothing_left
}
