#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-nbd-attach on a real kernel, in front of real nbdkits.

load helper

setup_file() {
	export IMAGE=$BATS_FILE_TMPDIR/image
	head -c $((24 * 1048576 + 512)) /dev/urandom >"$IMAGE"
}
setup() {
	cd "$BATS_TEST_TMPDIR"
	modprobe nbd max_part=0
}
teardown() {
	pkill -CONT nbdkit || :
	pkill -KILL vm-nbd-attach || :
	for size in /sys/block/nbd*/size; do
		[ "$(cat "$size")" = 0 ] ||
			vm-nbd-attach -D "/dev/$(basename "${size%/size}")"
	done
	pkill -KILL nbdkit || :
	cleanup
}

# serve [FILE]: nbdkit at ./sock; its pid in ./nbdkit.
serve() {
	rm -f nbdkit new
	nbdkit -U "$PWD/new" -P "$PWD/nbdkit" file "${1:-$IMAGE}"
	mv new sock
}

# attach [OPTION...]: as DEVICE.
attach() {
	background vm-nbd-attach -t 2 "$@" "$PWD/sock" >ready 2>said
	wait_until 20 test -s ready
	DEVICE=$(cat ready)
	SYS=/sys/block/${DEVICE#/dev/}
}

# has_read: has anything been read from the device? in_flight: is it now?
has_read() {
	read -r _ _ sectors _ <"$SYS/stat"
	[ "$sectors" -gt 0 ]
}
in_flight() {
	read -r reads _ <"$SYS/inflight"
	[ "$reads" -gt 0 ]
}

no_attach() {
	! pgrep -x vm-nbd-attach
}

fresh() {
	echo 3 >/proc/sys/vm/drop_caches
}

@test "the device has the export's size and bytes" {
	serve
	attach
	[ "$(blockdev --getsize64 "$DEVICE")" = "$(stat -c %s "$IMAGE")" ]
	[ "$(blockdev --getss "$DEVICE")" = 512 ]
	cmp "$DEVICE" "$IMAGE"
}

@test "-r is read-only, and so is what the server serves so" {
	serve
	attach -r
	[ "$(cat "$SYS/ro")" = 1 ]
}

@test "what the kernel shows of the image is a hash" {
	serve
	attach
	grep -qxE 'vmedia:[0-9a-f]{64}' "$SYS/backend"
}

@test "-d names the device, and one in use is refused" {
	serve
	attach -d /dev/nbd7
	[ "$DEVICE" = /dev/nbd7 ]
	fails 75 vm-nbd-attach -d /dev/nbd7 "$PWD/sock"
}

@test "-D detaches, ends the one that attached, and is idempotent" {
	serve
	attach
	vm-nbd-attach -D "$DEVICE"
	[ "$(cat "$SYS/size")" = 0 ]
	wait_until 5 no_attach
	vm-nbd-attach -D "$DEVICE"
}

@test "nbdkit killed under a read: a pause and right bytes" {
	serve
	attach
	fresh
	cmp "$DEVICE" "$IMAGE" &
	local reader=$!
	wait_until 10 has_read
	kill -KILL "$(cat nbdkit)"
	wait_until 10 grep -q lost said
	serve
	wait $reader
	wait_until 10 grep -q restored said
	! dmesg | grep "I/O error, dev ${DEVICE#/dev/}"
}

@test "another image where the link was is never spliced in" {
	serve
	attach -o 2
	head -c "$(stat -c %s "$IMAGE")" /dev/zero >other
	kill -KILL "$(cat nbdkit)"
	wait_until 10 grep -q lost said
	rm -f sock
	nbdkit -U "$PWD/new" -P "$PWD/nbdkit2" --filter=exportname file other \
		exportdesc=fixed:another
	mv new sock
	wait_until 10 grep -q 'the image changed' said
	fresh
	! cmp -n 1048576 "$DEVICE" /dev/zero
	kill "$(cat nbdkit2)"
}

@test "a stopped server: -D returns within its time, and the read ends" {
	serve
	attach
	kill -STOP "$(cat nbdkit)"
	fresh
	dd if="$DEVICE" of=/dev/null bs=1M iflag=direct 2>/dev/null &
	local reader=$!
	wait_until 10 in_flight
	timeout 5 vm-nbd-attach -D "$DEVICE"
	! wait $reader
}

@test "its death leaves the device, and -D takes it away" {
	serve
	attach
	pkill -KILL vm-nbd-attach
	fresh
	cmp -n 1000000 "$DEVICE" "$IMAGE"
	vm-nbd-attach -D "$DEVICE"
	[ "$(cat "$SYS/size")" = 0 ]
}

@test "two devices at once" {
	serve
	attach
	local first=$DEVICE
	attach
	[ "$DEVICE" != "$first" ]
	cmp "$DEVICE" "$first"
}

@test "a connection on descriptor 0" {
	script=$BATS_TEST_TMPDIR/fd.py
	cat >"$script" <<-'PY'
		import os, socket, subprocess, sys
		a, b = socket.socketpair()
		subprocess.Popen(["nbdkit", "-s", "file", sys.argv[1]], stdin=b, stdout=b)
		os.dup2(a.fileno(), 0)
		b.close(); a.close()
		os.execvp("vm-nbd-attach", ["vm-nbd-attach", "-"])
	PY
	background python3 "$script" "$IMAGE" >ready
	wait_until 20 test -s ready
	cmp "$(cat ready)" "$IMAGE"
}

@test "a size that is no multiple of 512 is refused" {
	head -c 1000 /dev/zero >odd
	serve odd
	fails 65 vm-nbd-attach "$PWD/sock"
}

@test "no server, no NBD server, no module" {
	fails 69 vm-nbd-attach "$PWD/none"
	serve
	kill "$(cat nbdkit)"
	wait_until 5 fails 69 vm-nbd-attach "$PWD/sock"
	rmmod nbd
	fails 69 vm-nbd-attach "$PWD/none"
	grep -q 'modprobe nbd' stderr
}

# adopt [OPTION...]: DEVICE's vm-nbd-attach was killed: another takes it over,
# and says so in ./again.
adopt() {
	pkill -KILL vm-nbd-attach || :
	wait_until 5 no_attach
	rm -f again
	background vm-nbd-attach -a "$DEVICE" -t 2 "$@" "$PWD/sock" >again 2>said
}

@test "-a takes a device over, and mends its link" {
	serve
	attach
	fresh
	dmesg -C
	cmp "$DEVICE" "$IMAGE" &
	local reader=$!
	wait_until 10 has_read
	kill -KILL "$(cat nbdkit)"
	rm -f sock
	adopt
	serve
	wait_until 20 grep -qx "$DEVICE" again
	wait $reader
	fresh
	# ... and the next one, too.
	kill -KILL "$(cat nbdkit)"
	wait_until 10 grep -q lost said
	serve
	cmp "$DEVICE" "$IMAGE"
	! dmesg | grep "I/O error, dev ${DEVICE#/dev/}"
}

@test "-a leaves a link that lives as it is" {
	serve
	attach
	adopt
	wait_until 20 grep -qx "$DEVICE" again
	fresh
	cmp "$DEVICE" "$IMAGE"
	! grep . said
}

@test "-a: another image is 65, nothing attached 66" {
	serve
	attach
	pkill -KILL vm-nbd-attach
	fails 65 vm-nbd-attach -a "$DEVICE" -i another "$PWD/sock"
	kill "$(cat nbdkit)"
	rm -f sock
	nbdkit -U "$PWD/new" -P "$PWD/nbdkit2" --filter=exportname file "$IMAGE" \
		exportdesc=fixed:another
	mv new sock
	fails 65 vm-nbd-attach -a "$DEVICE" "$PWD/sock"
	kill "$(cat nbdkit2)"
	vm-nbd-attach -D "$DEVICE"
	fails 66 vm-nbd-attach -a "$DEVICE" "$PWD/sock"
	run -64 vm-nbd-attach -a "$DEVICE" -
}
