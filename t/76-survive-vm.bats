#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A medium survives everything except the loss of its image: while the host
# reads, each program that dies is restarted or replaced, and the host notices
# only a pause.

load helper
load column

setup_file() {
	column_start
	head -c 24M /dev/urandom >"$WWW/disk.img"
	head -c 24M /dev/urandom >"$WWW/other.img"
	export VM_HOOK_DIR=$BATS_FILE_TMPDIR/hooks
	mkdir "$VM_HOOK_DIR"
	cat >"$VM_HOOK_DIR/tell" <<-END
		#!/bin/sh
		echo "\$@ \$VM_STATE \$VM_URL" >>$BATS_FILE_TMPDIR/told
	END
	chmod 755 "$VM_HOOK_DIR/tell"
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
setup() {
	cp "$WWW/disk.img" "$WWW/image"
	: >"$BATS_FILE_TMPDIR/told"
	D=$VM_RUN_DIR/1
	mount_image image
	wait_until 30 host_has 1
}
teardown() {
	cleanup
	[ -e "$BATS_FILE_TMPDIR/nginx.pid" ] || start_server
	vmctl eject -f -s 1 || :
}

start_server() {
	nginx -c "$BATS_FILE_TMPDIR/nginx.conf" 3>&- 2>/dev/null &
	wait_until 30 curl -sk -o /dev/null https://localhost/
}
stop_server() {
	pkill -KILL nginx
	wait_until 10 not_running nginx
	rm -f "$BATS_FILE_TMPDIR/nginx.pid"
}
not_running() {
	! pgrep -x "$1" >/dev/null
}

state_is() {
	[ "$(vmctl status -j -s 1 | jq -r '.slots[0].state')" = "$1" ]
}
pid_of() {
	cat "$D/work/pid.$1"
}
# is_another CHILD PID: was CHILD restarted with a pid other than PID?
is_another() {
	[ -s "$D/work/pid.$1" ] && [ "$(pid_of "$1")" != "$2" ]
}
# kill_child NAME: kills that child, and waits for its replacement.
kill_child() {
	local pid
	pid=$(pid_of "$1")
	kill -KILL "$pid"
	wait_until 20 is_another "$1" "$pid"
}

@test "vm-fetchd killed" {
	start_reading 1 "$WWW/disk.img"
	kill_child source
	is_clean
	state_is active
}

@test "vm-nbd-attach killed, and then the connection that it must repair" {
	start_reading 1 "$WWW/disk.img"
	kill_child attach
	pkill -KILL -x nbdkit
	is_clean
	state_is active
}

@test "vm-slot killed: the medium lives, and --repair has another go on" {
	start_reading 1 "$WWW/disk.img"
	local source attach
	source=$(pid_of source) attach=$(pid_of attach)
	kill -KILL "$(cat "$D/pid")"
	state_is failed
	vmctl doctor --repair | grep -q "^ok .*slot 1: .* is still mounted"
	state_is active
	[ "$(pid_of source) $(pid_of attach)" = "$source $attach" ]
	is_clean
	vmctl eject
	nothing_left 1
}

@test "vm-slot killed, and then vm-fetchd: each is replaced once" {
	start_reading 1 "$WWW/disk.img"
	local source
	source=$(pid_of source)
	kill -KILL "$(cat "$D/pid")"
	kill -KILL "$source"
	wait_until 10 has_ended "$source"
	vmctl doctor --repair
	wait_until 20 is_another source "$source"
	source=$(pid_of source)
	wait_until 30 grep -q "starting it again" "$D/log"
	is_clean
	state_is active
	[ "$(pid_of source)" = "$source" ]
	[ "$(pgrep -xc vm-fetchd)" = 1 ]
	vmctl eject
	nothing_left 1
}
# has_ended PID
has_ended() {
	! kill -0 "$1" 2>/dev/null
}

@test "all programs killed: a mount of the same image takes over" {
	start_reading 1 "$WWW/disk.img"
	pkill -KILL 'vm-|nbdkit'
	mount_image image
	is_clean
	state_is active
	vmctl eject
	nothing_left 1
}

@test "all programs killed: --repair takes over" {
	start_reading 1 "$WWW/disk.img"
	pkill -KILL 'vm-|nbdkit'
	vmctl doctor --repair
	is_clean
	state_is active
}

@test "all programs killed, and the image replaced: failed, and no byte of it" {
	pkill -KILL 'vm-|nbdkit'
	cp "$WWW/other.img" "$WWW/image"
	drop_caches
	dd if="$(host_drive 1)" of="$BATS_TEST_TMPDIR/got" bs=64k count=16 \
		skip=256 2>/dev/null 3>&- &
	vmctl doctor --repair || :
	wait_until 60 state_is failed
	vmctl status -s 1 | grep "error .*image changed"
	wait $! || :
	# The host got no byte of the other image, and only a part of this one.
	cmp -n "$(stat -c %s "$BATS_TEST_TMPDIR/got")" -i 0:$((256 * 65536)) \
		"$BATS_TEST_TMPDIR/got" "$WWW/disk.img"
	nothing_left 1
}

@test "another image of the same size behind the same URL: failed, with the reason" {
	stop_server
	cp "$WWW/other.img" "$WWW/image"
	start_server
	drop_caches
	dd if="$(host_drive 1)" of="$BATS_TEST_TMPDIR/got" bs=64k skip=256 \
		2>/dev/null 3>&- &
	wait_until 60 state_is failed
	vmctl status -s 1 | grep "error .*image changed"
	wait $! || :
	cmp -n "$(stat -c %s "$BATS_TEST_TMPDIR/got")" -i 0:$((256 * 65536)) \
		"$BATS_TEST_TMPDIR/got" "$WWW/disk.img"
	nothing_left 1
	wait_until 10 grep -q "^failed 1 failed https://localhost/image$" \
		"$BATS_FILE_TMPDIR/told"
}

@test "the server down for less than the limit" {
	start_reading 1 "$WWW/disk.img"
	stop_server
	sleep 2
	start_server
	is_clean
}

# mount_again [OPTION...]: mounts the same image again.
mount_again() {
	vmctl eject
	mount_image image "$@"
	wait_until 30 host_has 1
}

@test "the server down for longer: degraded, reported, and back by itself" {
	mount_again --outage 3
	stop_server
	drop_caches
	not dd if="$(host_drive 1)" of=/dev/null bs=64k skip=256 2>/dev/null
	wait_until 20 state_is degraded
	vmctl status -s 1 | grep "reason .*source does not answer"
	wait_until 10 grep -q "^degraded 1 degraded" "$BATS_FILE_TMPDIR/told"
	start_server
	wait_until 60 state_is active
	wait_until 10 grep -q "^recovered 1 active" "$BATS_FILE_TMPDIR/told"
	vmctl status -s 1 | not grep reason
	start_reading 1 "$WWW/disk.img"
	is_clean
}

@test "vm-fetchd killed while the server is down: retried until it is back" {
	stop_server
	kill_child source
	wait_until 30 state_is degraded
	vmctl status -s 1 | grep "reason .*source refuses: vm-fetchd: unable to"
	start_server
	wait_until 60 state_is active
	start_reading 1 "$WWW/disk.img"
	is_clean
}

# kill_source_until COMMAND...
kill_source_until() {
	local end=$((SECONDS + 60))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ]
		pkill -KILL -x vm-fetchd || :
		sleep 0.5
	done
}

@test "a program that dies again and again: the slot fails, with the reason" {
	kill_source_until state_is failed
	vmctl status -s 1 | grep "error .*the source process was ended (137)"
	wait_until 20 nothing_left 1
}

@test "reload: a new vm-slot, and nothing else changes" {
	start_reading 1 "$WWW/disk.img"
	local pid source
	pid=$(cat "$D/pid") source=$(pid_of source)
	vm-slot -r 1
	[ "$(cat "$D/pid") $(pid_of source)" = "$pid $source" ]
	grep -q "going on with https://localhost/image" "$D/log"
	kill_child attach
	is_clean
	fails 69 vm-slot -r 0
}

@test "drift: the kernel's state differs from what vm-slot made" {
	kill -STOP "$(cat "$D/pid")"
	vm-gadget eject -f 1
	vmctl status -s 1 | grep "drift .*the drive is empty"
	vmctl status -j -s 1 | jq -e '.slots[0].drift'
	kill -CONT "$(cat "$D/pid")"
	wait_until 20 nothing_left 1
}

@test "--repair detaches a block device that no slot knows" {
	vmctl eject
	nbdkit -U "$BATS_TEST_TMPDIR/sock" -P "$BATS_TEST_TMPDIR/pid" memory 1M
	background vm-nbd-attach -d /dev/nbd9 "$BATS_TEST_TMPDIR/sock"
	wait_until 10 test -e /sys/block/nbd9/pid
	vmctl doctor --repair
	[ -e /sys/block/nbd9/pid ]
	pkill -KILL vm-nbd-attach
	vmctl doctor --repair | grep -q "^ok .*/dev/nbd9: detached"
	[ ! -e /sys/block/nbd9/pid ]
	kill "$(cat "$BATS_TEST_TMPDIR/pid")"
}

@test "the log has every event, with times and without secrets" {
	vmctl eject
	mount_image "image?sig=hunter2secret"
	vmctl eject
	vmctl log -s 1 | grep -qE \
		'^[-0-9]{10}T[0-9:]{8}Z vm-slot: slot 1: inserted https://localhost/image '
	vmctl log -s 1 | not grep -F hunter2secret
}
