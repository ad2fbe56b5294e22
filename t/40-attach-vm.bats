#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-nbd-attach with a real kernel and real nbdkit servers.

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

# serve [FILE]: starts nbdkit at ./sock; its pid is in ./nbdkit.
serve() {
	rm -f nbdkit new
	nbdkit -U "$PWD/new" -P "$PWD/nbdkit" file "${1:-$IMAGE}"
	mv new sock
}

# attach [OPTION...]: attaches ./sock; DEVICE is the device.
attach() {
	background vm-nbd-attach -t 2 "$@" "$PWD/sock" >ready 2>said
	wait_until 20 test -s ready
	DEVICE=$(cat ready)
	SYS=/sys/block/${DEVICE#/dev/}
}

# has_read: has anything been read from the device? in_flight: is a read
# waiting?
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

@test "-r is read-only, and so is a read-only export" {
	serve
	attach -r
	[ "$(cat "$SYS/ro")" = 1 ]
}

@test "the kernel shows only a hash of the image's identity" {
	serve
	attach
	grep -qxE 'vmedia:[0-9a-f]{64}' "$SYS/backend"
}

@test "-d chooses the device, and a device in use is refused" {
	serve
	attach -d /dev/nbd7
	[ "$DEVICE" = /dev/nbd7 ]
	fails 75 vm-nbd-attach -d /dev/nbd7 "$PWD/sock"
}

@test "-D detaches, ends the attaching program, and is idempotent" {
	serve
	attach
	vm-nbd-attach -D "$DEVICE"
	[ "$(cat "$SYS/size")" = 0 ]
	wait_until 5 no_attach
	vm-nbd-attach -D "$DEVICE"
}

@test "nbdkit killed during a read: a pause and the right bytes" {
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
	dmesg | not grep "I/O error, dev ${DEVICE#/dev/}"
}

@test "after a reconnect another image is never accepted" {
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
	not cmp -n 1048576 "$DEVICE" /dev/zero
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
	not wait $reader
}

@test "its death leaves the device, and -D removes the device" {
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

@test "a server that never speaks is given up, and no device is attached" {
	listen_silently "$PWD/sock"
	fails 69 timeout 100 vm-nbd-attach -o 1 -d /dev/nbd5 "$PWD/sock"
	grep -q 'it does not answer as an NBD server' stderr
	[ "$(cat /sys/block/nbd5/size)" = 0 ]
}

@test "a device that cannot be used is detached again" {
	serve
	# With another /sys, the device is not there, as if it never got a size.
	mkdir -p none/block/nbd5
	VM_SYS=$PWD/none fails 71 vm-nbd-attach -d /dev/nbd5 "$PWD/sock"
	grep -q 'has no size' stderr
	[ "$(cat /sys/block/nbd5/size)" = 0 ]
	[ ! -e /sys/block/nbd5/pid ]
}

# is_attached DEVICE
is_attached() {
	[ -e "/sys/block/${1#/dev/}/pid" ]
}

@test "the device is kept alive though nobody reads that it is ready" {
	serve
	background vm-nbd-attach -t 2 -d /dev/nbd5 "$PWD/sock" 2>said > >(:)
	wait_until 20 is_attached /dev/nbd5
	kill -KILL "$(cat nbdkit)"
	wait_until 20 grep -q lost said
	serve
	wait_until 20 grep -q restored said
	cmp /dev/nbd5 "$IMAGE"
	kill -0 "${STARTED[-1]}"
}

# adopt [OPTION...]: after DEVICE's vm-nbd-attach was killed, another one takes
# it over; its output is in ./again.
adopt() {
	pkill -KILL vm-nbd-attach || :
	wait_until 5 no_attach
	rm -f again
	background vm-nbd-attach -a "$DEVICE" -t 2 "$@" "$PWD/sock" >again 2>said
}

@test "-a takes over a device and reconnects it" {
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
	# ... and reconnects it after the next loss, too.
	kill -KILL "$(cat nbdkit)"
	wait_until 10 grep -q lost said
	serve
	cmp "$DEVICE" "$IMAGE"
	dmesg | not grep "I/O error, dev ${DEVICE#/dev/}"
}

@test "-a leaves a working connection alone" {
	serve
	attach
	adopt
	wait_until 20 grep -qx "$DEVICE" again
	fresh
	cmp "$DEVICE" "$IMAGE"
	not grep . said
}

@test "-a: another image is 65, no device 66" {
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

# listen [OPTION...]: starts a vm-nbd-attach that waits for sources at ./door.
listen() {
	rm -f ready
	background vm-nbd-attach -t 2 -l "$PWD/door" "$@" >ready 2>said
	wait_until 10 test -S door
}
# join CLIENT [SOCK [NAME]]: hands over a connection to the nbdkit at ./sock or
# SOCK; its exit status and message go to ./end.NAME (default: CLIENT).
join() {
	local name=${3:-$1}
	(
		rc=0
		vm-connect "$PWD/${2:-sock}" vm-nbd-attach -j "$PWD/door" \
			-c "$1" -n "the PC of $1" 2>"words.$name" || rc=$?
		echo "$rc $(grep -v attached: "words.$name" | tail -n 1)" \
			>"new.$name"
		mv "new.$name" "end.$name"
	) 3>&- &
}
# has_ended NAME STATUS [WORDS]
has_ended() {
	wait_until 20 test -e "end.$1"
	[ "$(cat "end.$1")" = "$2 ${3:+vm-nbd-attach: $3}" ]
	rm "end.$1"
}
# begin CLIENT [OPTION...]: listens and joins; afterwards DEVICE exists.
begin() {
	local client=$1
	shift
	serve
	listen "$@"
	join "$client"
	wait_until 20 test -s ready
	DEVICE=$(cat ready)
	SYS=/sys/block/${DEVICE#/dev/}
	wait_until 5 grep -q 'source: ok' said
}
# serve_other NAME [FILE]: starts another nbdkit at ./NAME; its pid is in
# ./NAME.pid.
serve_other() {
	nbdkit -U "$PWD/$1" -P "$PWD/$1.pid" file "${2:-$IMAGE}"
}
last_word() {
	[ "$(grep source: said | tail -n 1)" = "vm-nbd-attach: source: $1" ]
}
# start_comparing: repeatedly compares the device, without the page cache.
start_comparing() {
	fresh
	dmesg -C
	: >compared
	(while [ ! -e enough ]; do
		dd if="$DEVICE" bs=64k iflag=direct 2>/dev/null |
			cmp - "$IMAGE" || exit
		echo >>compared
	done) 3>&- &
	READER=$!
	wait_until 10 has_read
}
end_comparing() {
	local n
	n=$(wc -l <compared)
	wait_until 60 eval '[ "$(wc -l <compared)" -gt $((n + 1)) ]'
	: >enough
	wait "$READER"
	! dmesg | grep "I/O error, dev ${DEVICE#/dev/}"
}

@test "-l, -j: the connection handed over becomes the device, and -D ends both" {
	begin alice
	cmp "$DEVICE" "$IMAGE"
	grep -qx 'vm-nbd-attach: served: alice the PC of alice' said
	vm-nbd-attach -D "$DEVICE"
	has_ended alice 0
	wait_until 5 no_attach
	[ ! -e door ]
}

@test "-j relays where its input and output are pipes" {
	serve
	listen
	vm-connect "$PWD/sock" sh -c \
		'cat | vm-nbd-attach -j door | cat' 2>words 3>&- &
	wait_until 20 test -s ready
	DEVICE=$(cat ready)
	cmp "$DEVICE" "$IMAGE"
	vm-nbd-attach -D "$DEVICE"
	wait $!
	[ "$(cat words)" = "vm-nbd-attach: attached: $DEVICE" ]
}

@test "-l: an NBD server that connects by itself" {
	listen
	vm-connect "$PWD/door" nbdkit -s file "$IMAGE" 3>&- &
	wait_until 20 test -s ready
	cmp "$(cat ready)" "$IMAGE"
	kill -KILL $!
	wait_until 10 last_word waiting
}

@test "-l: while the connection works, another client learns who has it" {
	begin alice
	start_comparing
	join bob
	has_ended bob 75 'taken by the PC of alice'
	join -
	has_ended - 75 'taken by the PC of alice'
	end_comparing
}

@test "-l: after a cut, another program hands over the same image" {
	begin alice -r
	start_comparing
	kill -KILL "$(cat nbdkit)"
	wait_until 10 last_word waiting
	has_ended alice 74 'the connection is lost'
	# Another image is refused.
	head -c "$(stat -c %s "$IMAGE")" /dev/zero >zero
	serve_other other zero
	join mallory other
	has_ended mallory 75 \
		'the device waits for the image of the PC of alice, and this is another image'
	serve
	join bob
	wait_until 10 last_word ok
	grep -qx 'vm-nbd-attach: served: bob the PC of bob' said
	end_comparing
	kill "$(cat other.pid)"
}

@test "-l: the same client connects again while its connection works" {
	begin alice
	start_comparing
	local last=alice i
	for i in 1 2 3; do
		join alice sock alice$i
		wait_until 20 eval '[ "$(grep -c "source: ok" said)" = $((i + 1)) ]'
		has_ended $last 75 'taken over by the PC of alice'
		last=alice$i
	done
	end_comparing
	not grep waiting said
	vm-nbd-attach -D "$DEVICE"
	has_ended alice3 0
}

@test "-l killed: its successor knows the connection and its client" {
	begin alice -r
	start_comparing
	for i in 1 2; do
		pkill -KILL -f 'vm-nbd-attach.*-l'
		background vm-nbd-attach -a "$DEVICE" -r -t 2 -l "$PWD/door" \
			>again 2>said
		wait_until 10 last_word ok
		[ "$(cat again)" = "$DEVICE" ]
	done
	join bob
	has_ended bob 75 'taken by the PC of alice'
	# Another vm-nbd-attach of the same client can take over, and reconnect.
	join alice sock again
	has_ended alice 75 'taken over by the PC of alice'
	kill -KILL "$(cat nbdkit)"
	wait_until 10 last_word waiting
	has_ended again 74 'the connection is lost'
	serve
	join bob
	end_comparing
	vm-nbd-attach -D "$DEVICE"
	has_ended bob 0
}

@test "-l killed, and the connection cut: the next client reconnects it" {
	begin alice -r
	start_comparing
	pkill -KILL -f 'vm-nbd-attach.*-l'
	kill -KILL "$(cat nbdkit)"
	background vm-nbd-attach -a "$DEVICE" -r -t 2 -l "$PWD/door" >again 2>said
	has_ended alice 74 'the connection is lost'
	serve
	join bob
	wait_until 10 last_word ok
	end_comparing
}

@test "-l: after the outage limit it is down, and a new connection repairs it" {
	begin alice -r -o 2
	kill -KILL "$(cat nbdkit)"
	wait_until 10 last_word waiting
	wait_until 10 last_word down
	not dd if="$DEVICE" of=/dev/null bs=64k count=1 iflag=direct 2>/dev/null
	serve
	join bob
	wait_until 10 last_word ok
	fresh
	cmp "$DEVICE" "$IMAGE"
}

@test "-j reports the end of its source after SIGTERM, but not after a kill" {
	begin alice
	pkill -TERM -f 'vm-nbd-attach -j'
	wait_until 10 last_word gone
	vm-nbd-attach -D "$DEVICE"
	has_ended alice 0
	begin bob
	pkill -HUP -f 'vm-nbd-attach -j'
	wait_until 10 last_word waiting
	has_ended bob 129
	not grep gone said
}

@test "-l: silent clients and a silent server delay nobody" {
	serve
	listen
	for i in $(seq 20); do
		vm-connect "$PWD/door" sleep 100 3>&- &
	done
	# A connection that does not speak NBD is dropped after ten seconds.
	mkfifo nothing
	exec 7<>nothing
	vm-nbd-attach -j "$PWD/door" <nothing >/dev/null 2>words 3>&- &
	local silent=$!
	sleep 1
	join alice
	wait_until 30 test -s ready
	cmp "$(cat ready)" "$IMAGE"
	wait $silent && false || [ $? = 76 ]
	grep -q refused words
	pkill sleep
	exec 7<&-
}

# are_in_handshake N: does vm-nbd-attach -l have N children at work?
are_in_handshake() {
	[ "$(pgrep -cP "$LISTENER")" = "$1" ]
}

@test "-l: handshakes with silent clients hold up neither another nor the kernel" {
	local i silent=
	serve_other other
	begin alice -r
	LISTENER=${STARTED[-1]}
	kill -KILL "$(cat nbdkit)"
	wait_until 20 last_word waiting
	mkfifo nothing
	exec 7<>nothing
	for i in 1 2 3 4; do
		vm-nbd-attach -j "$PWD/door" <nothing >/dev/null 2>"words.$i" 3>&- &
		silent="$silent $!"
	done
	wait_until 10 are_in_handshake 4
	join bob other
	# In sequence, the four handshakes would take 40 seconds.
	wait_until 35 last_word ok
	cmp "$DEVICE" "$IMAGE"
	for i in $silent; do
		wait "$i" && false || [ $? = 76 ]
	done
	grep -q "refused: it does not answer as an NBD server" words.4
	exec 7<&-
	kill "$(cat other.pid)"
}

# in_handshake: is a child of vm-nbd-attach -l at work? Its pid is in CHILD.
in_handshake() {
	CHILD=$(pgrep -P "$LISTENER")
}

@test "-l: the handshake is without privileges, and does not delay the end" {
	listen
	LISTENER=${STARTED[-1]}
	mkfifo nothing
	exec 7<>nothing
	vm-nbd-attach -j "$PWD/door" <nothing >/dev/null 2>words 3>&- &
	wait_until 20 in_handshake
	wait_until 5 grep -q $'^Seccomp:\t2$' "/proc/$CHILD/status"
	[ "$(stat -c %U "/proc/$CHILD")" != root ] ||
		grep -qE $'^Uid:\t[1-9]' "/proc/$CHILD/status"
	grep -qE $'^CapEff:\t0*$' "/proc/$CHILD/status"
	not grep -q NETLINK <(ls -l "/proc/$CHILD/fd")
	kill "$LISTENER"
	wait "$LISTENER"
	not kill -0 "$CHILD"
	exec 7<&-
}

@test "-l: an unsuitable connection is refused, and the next one accepted" {
	head -c 1000 /dev/zero >odd
	serve odd
	listen
	join alice
	has_ended alice 65 'refused: the size of the image is not a multiple of 512'
	kill "$(cat nbdkit)"
	serve
	join bob
	wait_until 20 test -s ready
	cmp "$(cat ready)" "$IMAGE"
	vm-nbd-attach -D "$(cat ready)"
}

@test "-l: a writable export without an identity belongs to its client alone" {
	begin alice
	kill -KILL "$(cat nbdkit)"
	wait_until 10 last_word waiting
	serve
	join bob
	has_ended bob 75 \
		'the device waits for the image of the PC of alice, and this is another image'
	join alice sock again
	wait_until 10 last_word ok
	fresh
	cmp "$DEVICE" "$IMAGE"
}
