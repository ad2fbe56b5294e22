#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# An image served by a client: an NBD server on vmctl's standard input becomes
# the host's drive, which survives the loss of that connection.

load helper
load column

setup_file() {
	modprobe -a usb-storage sr_mod sd_mod
	modprobe dummy_hcd
	export VM_RUN_DIR=/run/vmedia VM_CONF=/tmp/vmedia.conf
	export ISO=$BATS_FILE_TMPDIR/one.iso OTHER=$BATS_FILE_TMPDIR/two.iso
	make_iso "$ISO" 24 ONE
	cp "$ISO" "$OTHER"
	printf TWO | dd of="$OTHER" bs=1 seek=40000 conv=notrunc 2>/dev/null
	head -c 8M /dev/urandom >"$BATS_FILE_TMPDIR/disk.img"
}
teardown_file() {
	vm-gadget teardown
}
setup() {
	cd "$BATS_TEST_TMPDIR"
	D=$VM_RUN_DIR/0
	rm -f "$D/log"
}
teardown() {
	: >"$BATS_TEST_TMPDIR/reading.end"
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
	pkill -KILL nbdkit || :
	rm -rf "$VM_RUN_DIR/tickets" "$VM_CONF"
	cleanup
}

# serve [FILE [NAME]]: starts nbdkit at ./NAME; its pid is in ./NAME.pid.
serve() {
	local name=${2:-nbd}
	rm -f "$name"
	nbdkit -r -U "$PWD/$name" -P "$PWD/$name.pid" file "${1:-$ISO}" 3>&-
}
# attach NAME SOCK [OPTION...]: runs vmctl attach with a connection to ./SOCK;
# its messages are in ./said.NAME, its status in ./end.NAME.
attach() {
	local name=$1 sock=$2
	shift 2
	(
		rc=0
		vm-connect "$PWD/$sock" vmctl attach "$@" - 2>"said.$name" ||
			rc=$?
		echo $rc >"end.$name"
	) 3>&- &
}
# ends NAME STATUS [PATTERN]: the client ends with STATUS, and its last line
# matches.
ends() {
	wait_until 60 test -s "end.$1"
	cat "said.$1" >&2
	[ "$(cat "end.$1")" = "$2" ]
	[[ $(tail -n 1 "said.$1") == ${3:-*} ]]
}
# leaves_nothing [SLOT]: is everything gone, except the test's own server?
leaves_nothing() {
	pkill -KILL nbdkit || :
	nothing_left "$@"
}
state_is() {
	[ "$(vmctl status -j -s "${2:-0}" | jq -r '.slots[0].state')" = "$1" ]
}
# has_iso SLOT FILE: does the host read all of FILE correctly?
has_iso() {
	wait_until 30 host_has "$1"
	drop_caches
	cmp -n "$(stat -c %s "$2")" "$2" "$(host_drive "$1")"
}
# begin NAME [OPTION...]: attaches the ISO and waits until it is inserted.
begin() {
	local name=$1
	shift
	serve
	attach "$name" nbd -s 0 --client "$name" --who "10.0.0.5 ($name)" "$@"
	wait_until 60 grep -q "is in the host's" "said.$name"
	wait_until 30 host_has 0
}
# begin_disk: inserts ./disk.img into slot 1, writable.
begin_disk() {
	cp "$BATS_FILE_TMPDIR/disk.img" disk.img
	nbdkit -U "$PWD/nbd" -P "$PWD/nbd.pid" file disk.img 3>&-
	attach alice nbd -s 1 --client alice -w
	wait_until 60 grep -q "is in the host's disk" said.alice
	wait_until 30 host_has 1
}

@test "an ISO served by a client becomes the host's CD, byte for byte" {
	begin alice --name my.iso
	has_iso 0 "$ISO"
	grep -qxF "slot 0: served:my.iso is in the host's cd drive (ONE, 24 MiB); nothing bootable found; host: configured" \
		said.alice
	vmctl status -s 0 | grep -qx "  who     10.0.0.5 (alice)"
	vmctl status -j -s 0 | jq -e '.slots[0] |
		.url == "served:my.iso" and .client == "alice" and
		.who == "10.0.0.5 (alice)"'
	vmctl eject
	ends alice 0 "slot 0: ejected"
	leaves_nothing
}

@test "the limits that vmedia.conf sets for clients count, also if one asks for more" {
	printf '%s\n' 'served_expires = 600' 'served_idle = 500' 'served_degraded = 8' \
		>"$VM_CONF"
	begin alice --expires 2h --idle 1000
	vmctl status -j -s 0 | jq -e '.slots[0] |
		.expires > 0 and .expires <= 600 and .idle > 0 and .idle <= 500'
	# A client that sets no limits gets them, too, if no client serves it
	# for 8 s.
	kill -KILL "$(cat nbd.pid)"
	ends alice 74
	wait_until 60 state_is empty
	vmctl status -s 0 | grep -q "no client has served the image for 8 s"
	begin bob --idle 100
	vmctl status -j -s 0 | jq -e '.slots[0] |
		.expires > 100 and .expires <= 600 and .idle > 0 and .idle <= 100'
}

@test "a client on two pipes, and an eject by the host" {
	serve
	vm-connect "$PWD/nbd" sh -c 'cat | { vmctl attach -s 0 - 2>said; echo $? >end; } | cat' 3>&- &
	wait_until 60 grep -q "is in the host's" said
	has_iso 0 "$ISO"
	eject "$(host_drive 0)"
	wait_until 60 test -s end
	[ "$(cat end)" = 0 ]
	[ "$(tail -n 1 said)" = "slot 0: ejected: ejected by the host" ]
	wait_until 20 leaves_nothing
}

@test "a cut during a read, and the same client reconnects" {
	begin alice
	start_reading 0 "$ISO"
	kill -KILL "$(cat nbd.pid)"
	ends alice 74 "vmctl: slot 0: the connection is lost"
	wait_until 20 state_is degraded
	sleep 3
	serve
	attach again nbd -s 0 --client alice
	is_clean
	grep -qx "slot 0: served:image is attached again" said.again
	wait_until 20 state_is active
	vmctl eject
	ends again 0
	leaves_nothing
}

@test "another client while the first lives: 75, and who has the slot" {
	begin alice
	attach bob nbd -s 0 --client bob
	ends bob 75 "vmctl: slot 0 is taken by 10.0.0.5 (alice)"
	# Without -s, another client gets the other slot, and the same client
	# gets its own.
	attach bob2 nbd --client bob
	ends bob2 75 "vmctl: all CD slots are in use: *"
	attach alice2 nbd --client alice
	ends alice 75 "vmctl: slot 0 is taken over by *"
	has_iso 0 "$ISO"
}

@test "another image while the source is away: 75; the same image goes on" {
	begin alice --outage 60
	kill -KILL "$(cat nbd.pid)"
	ends alice 74
	serve "$OTHER" other
	attach bob other -s 0 --client bob
	ends bob 75 "vmctl: slot 0: the device waits for the image of 10.0.0.5 (alice), *"
	serve
	attach carol nbd -s 0 --who carol
	has_iso 0 "$ISO"
	wait_until 5 eval 'vmctl status -s 0 | grep -qx "  who     carol"'
}

@test "--take ejects the medium of another client, and mounts" {
	begin alice
	serve "$OTHER" other
	# Even if alice's vmctl is slow, it learns the reason.
	pkill -STOP -f 'vmctl attach .*--client alice'
	attach bob other -s 0 --client bob --take
	wait_until 60 grep -q "is in the host's" said.bob
	pkill -CONT -f 'vmctl attach .*--client alice'
	ends alice 0 "slot 0: ejected: taken over by *"
	has_iso 0 "$OTHER"
	# For the same client it is a reconnection, not a take-over.
	local inserted
	inserted=$(grep -c inserted "$D/log")
	attach bob2 other -s 0 --client bob --take
	ends bob 75 "vmctl: slot 0 is taken over by *"
	has_iso 0 "$OTHER"
	[ "$(grep -c inserted "$D/log")" = "$inserted" ]
}

@test "--take, though the host has locked its drive" {
	begin alice
	eject -i 1 "$(host_drive 0)"
	fails 75 vmctl eject -s 0
	serve "$OTHER" other
	# Even if alice's vmctl is slow, it learns the reason.
	pkill -STOP -f 'vmctl attach .*--client alice'
	attach bob other -s 0 --client bob --take
	wait_until 60 grep -q "is in the host's" said.bob
	pkill -CONT -f 'vmctl attach .*--client alice'
	ends alice 0 "slot 0: ejected: taken over by *"
	has_iso 0 "$OTHER"
	eject -i 0 "$(host_drive 0)"
}

@test "a source away for longer than the limit: degraded, then active again" {
	begin alice --outage 3
	kill -KILL "$(cat nbd.pid)"
	ends alice 74
	wait_until 20 state_is degraded
	vmctl status -s 0 | grep -q "reason  the client that serves the image is not connected"
	serve
	attach again nbd -s 0 --client alice
	wait_until 20 state_is active
	has_iso 0 "$ISO"
}

@test "a client that reconnects after an eject learns of the eject" {
	begin alice
	kill -KILL "$(cat nbd.pid)"
	ends alice 74
	vmctl eject -f
	serve
	attach again nbd -s 0 --client alice --again
	ends again 0 "slot 0: ejected: the client was not connected at that time"
	attach anywhere nbd --client alice --again
	ends anywhere 0 "slot *: ejected: the client was not connected at that time"
	state_is empty
	leaves_nothing
	fails 66 env VM_RUN_DIR="$PWD/none" vmctl attach --client alice --again - </dev/null
}

@test "a client that reconnects and finds another's medium leaves it alone" {
	begin alice
	kill -KILL "$(cat nbd.pid)"
	ends alice 74
	vmctl eject -f
	serve "$OTHER" other
	attach bob other -s 0 --client bob
	wait_until 60 grep -q "is in the host's" said.bob
	serve
	attach again nbd -s 0 --client alice --again
	ends again 0 "slot 0: ejected: the client was not connected at that time"
	has_iso 0 "$OTHER"
}

@test "a client cut before the insert may reconnect" {
	# Make the probe slow.
	nbdkit -r -U "$PWD/nbd" -P "$PWD/nbd.pid" --filter=delay \
		file "$ISO" rdelay=3 3>&-
	attach alice nbd -s 0 --client alice --outage 60
	wait_until 60 test -e "$D/client"
	kill -KILL "$(cat nbd.pid)"
	ends alice 74
	state_is activating
	serve
	attach again nbd -s 0 --client alice --again
	has_iso 0 "$ISO"
	[ "$(grep -c inserted "$D/log")" = 1 ]
}

@test "SIGTERM: the client stopped serving the image, and the medium is ejected" {
	begin alice
	pkill -TERM -f 'vmctl attach'
	ends alice 0 "slot 0: ejected: the client stopped serving the image"
	leaves_nothing
	grep -q "the client stopped serving the image: ejected" "$D/log"
}

@test "SIGURG to all programs, then the end of the connection: the same" {
	begin alice
	pkill -URG 'vmctl|vm-nbd-attach'
	kill -KILL "$(cat nbd.pid)"
	ends alice 0 "slot 0: ejected: the client stopped serving the image"
	leaves_nothing
}

@test "SIGHUP means that the connection was cut" {
	begin alice
	pkill -HUP -f 'vmctl attach'
	ends alice 129
	wait_until 20 state_is degraded
	serve
	attach again nbd -s 0 --client alice
	has_iso 0 "$ISO"
}

# is_another CHILD PID: was CHILD restarted with a pid other than PID?
is_another() {
	[ -s "$D/work/pid.$1" ] && [ "$(cat "$D/work/pid.$1")" != "$2" ]
}
kill_attach() {
	local pid
	pid=$(cat "$D/work/pid.attach")
	kill -KILL "$pid"
	wait_until 20 is_another attach "$pid"
}

@test "vm-nbd-attach killed, and vm-slot: the medium and its client live" {
	begin alice
	start_reading 0 "$ISO"
	kill_attach
	wait_until 20 eval '[ "$(grep -c "served: alice" "$D/log")" = 2 ]'
	attach bob nbd -s 0 --client bob
	ends bob 75 "vmctl: slot 0 is taken by 10.0.0.5 (alice)"
	kill -KILL "$(cat "$D/pid")"
	vmctl doctor --repair | grep -q "^ok .*slot 0: .* is still mounted"
	is_clean
	# The killed programs are restarted, and repair the cut.
	kill_attach
	kill -KILL "$(cat nbd.pid)"
	ends alice 74
	serve
	attach again nbd -s 0 --client alice
	has_iso 0 "$ISO"
	vmctl eject
	ends again 0
	leaves_nothing
}

@test "vm-slot killed, and the connection cut: the reconnecting client goes on" {
	begin alice
	kill -KILL "$(cat "$D/pid")"
	start_reading 0 "$ISO"
	kill -KILL "$(cat nbd.pid)"
	ends alice 74
	serve
	attach again nbd -s 0 --client alice
	is_clean
	state_is active
	grep -q "going on with served:image" "$D/log"
	[ "$(grep -c inserted "$D/log")" = 1 ]
}

@test "two clients at the same moment: one gets the slot, the other learns who has it" {
	serve
	attach one nbd -s 0 --client one --who "the first"
	attach two nbd -s 0 --client two --who "the second"
	wait_until 60 grep -q "is in the host" said.one said.two
	local won=one lost=two who="the first"
	grep -q "is in the host" said.one || won=two lost=one who="the second"
	ends "$lost" 75 "vmctl: slot 0 *by $who"
	[ ! -e "end.$won" ]
	has_iso 0 "$ISO"
}

@test "an image that does not fit is refused with the reason, and leaves nothing" {
	serve "$BATS_FILE_TMPDIR/disk.img" disk
	attach disk disk -s 0
	ends disk 65 "vmctl: the image is a disk, but slot 0 has a cd drive: *"
	wait_until 20 leaves_nothing
	head -c 1000 /dev/zero >odd.img
	serve odd.img odd
	attach odd odd -s 0
	ends odd 65 "vmctl: slot 0: refused: the size of the image is not a multiple of 512"
	wait_until 20 leaves_nothing
	vm-connect "$PWD/nbd" true || :
	run -69 --separate-stderr vm-connect "$PWD/none" vmctl attach -s 0 -
}

@test "no source, or a source that ends early: it fails, and leaves nothing" {
	mkfifo nothing
	exec 7<>nothing
	run -75 --separate-stderr vmctl attach -s 0 --timeout 3 - <nothing
	[[ $stderr == *"gave up after 3 s while waiting for served:image"* ]]
	exec 7<&-
	leaves_nothing
	run --separate-stderr vmctl attach -s 0 --timeout 20 - </dev/null
	[ "$status" = 76 ]
	wait_until 20 leaves_nothing
	# SIGTERM comes while it waits.
	exec 7<>nothing
	vmctl attach -s 0 - <nothing 2>said 3>&- &
	wait_until 20 test -S "$D/work/nbd"
	kill -TERM $!
	wait $! || :
	wait_until 20 leaves_nothing
	exec 7<&-
}

@test "-w: the host's writes are in the file" {
	begin_disk
	head -c 1M /dev/urandom >new
	dd if=new of="$(host_drive 1)" bs=64k seek=16 conv=fsync 2>/dev/null
	vmctl eject -s 1
	ends alice 0
	cmp -i 0:1048576 -n 1048576 new disk.img
	leaves_nothing 1
}

# The host's writes are in this machine's memory, because no program has
# requested a flush.
@test "--eject by another connection: the host's last writes are in the file" {
	begin_disk
	head -c 4M /dev/urandom >new
	dd if=new of="$(host_drive 1)" bs=64k seek=16 oflag=direct 2>/dev/null
	run -0 --separate-stderr vmctl attach --client alice --eject - </dev/null
	[ "$stderr" = "slot 1: ejected" ]
	ends alice 0 "slot 1: ejected: the client stopped serving the image"
	cmp -i 0:1048576 -n 4194304 new disk.img
	leaves_nothing 1
	run -0 --separate-stderr vmctl attach --client alice --eject - </dev/null
}

@test "--web: the client's query counts, and its tickets end with the medium" {
	serve
	mkdir -p "$VM_RUN_DIR/tickets"
	printf 'expires 99999\npath /vm/0\nonce no\nresume yes\n' >"$VM_RUN_DIR/tickets/old"
	printf 'expires 99999\npath /vm/1\nonce no\nresume yes\n' >"$VM_RUN_DIR/tickets/one"
	printf 'expires 99999\npath /vm/0\nonce yes\n' >"$VM_RUN_DIR/tickets/new"
	VM_WS_PATH=/vm/0 VM_WS_PEER=10.0.0.7 \
		VM_WS_QUERY='client=page-1&name=my%20disk%2Fa%22b.iso' \
		vm-connect "$PWD/nbd" vmctl attach --web 2>said 3>&- &
	wait_until 60 grep -q "is in the host's" said
	vmctl status -j -s 0 | jq -e '.slots[0] | .client == "page-1" and
		.who == "10.0.0.7" and .url == "served:a\"b.iso"'
	# The client that takes over came with its own ticket.
	sleep 1
	printf 'expires 99999\npath /vm/0\nonce no\nresume yes\n' >"$VM_RUN_DIR/tickets/mine"
	VM_WS_PATH=/vm/0/0 VM_WS_PEER=10.0.0.8 VM_WS_QUERY='client=page-2&take=1' \
		vm-connect "$PWD/nbd" vmctl attach --web 2>said2 3>&- &
	wait_until 60 grep -q "is in the host's" said2
	# The first client is let in once more, only to learn of it.
	cd "$VM_RUN_DIR/tickets"
	[ "$(grep -l ended * | paste -sd,)" = old ]
	grep -qx "ended 0 taken over by 10.0.0.8" old
	grep -qx "path /vm/0" old
	not grep -qx "resume yes" old
	vmctl eject
	[ "$(grep -l ended * | paste -sd,)" = mine,old ]
	grep -qx "ended 0 the client was not connected at that time" mine
	[ "$(ls | paste -sd,)" = mine,new,old,one ]
}

@test "a slot that holds a URL is not given to a client" {
	mkdir images
	cp "$ISO" images/x.iso
	echo "allow_file = $PWD/images" >"$VM_CONF"
	vmctl mount "$PWD/images/x.iso"
	serve "$OTHER"
	attach alice nbd -s 0 --client alice
	ends alice 75 "vmctl: slot 0 holds $PWD/images/x.iso: eject it, or use --take"
	mkdir -p "$VM_RUN_DIR/tickets"
	printf 'expires 99999\npath /vm/0\nonce no\nresume yes\n' >"$VM_RUN_DIR/tickets/alice"
	attach alice nbd -s 0 --client alice --take
	wait_until 60 grep -q "is in the host's" said.alice
	has_iso 0 "$OTHER"
	# The client that took over may reconnect.
	grep -qx "resume yes" "$VM_RUN_DIR/tickets/alice"
	rm "$VM_CONF"
}
