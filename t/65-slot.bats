#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-slot without a kernel: the life of a slot, with simulated programs, and a
# directory in place of configfs. The t/7x files test it in a virtual machine
# with the real ones.

load helper
load pretend

setup() {
	pretend
	request
}
teardown() {
	pkill -KILL -f "$BATS_TEST_TMPDIR/bin/" || :
	cleanup
}

# request: makes a request as vmctl writes it.
request() {
	rm -f "$D/error" "$D/status"
	mkdir -p "$D/request"
	echo https://example.org/x.iso | tee "$D/request/url" >"$D/url"
	echo auto >"$D/request/type"
}

# begin [OPTION...]: starts a vm-slot; its messages are in ./log.
begin() {
	background "$PWD/bin/vm-slot" "$@" 0 2>>log
	SLOT_PID=${STARTED[-1]}
}
ask() {
	bin/vm-slot -a "$1" -q -t 20 0
}
is_in() {
	begin
	ask follow
	[ "$(cat "$D/state")" = active ]
}
has_state() {
	[ "$(cat "$D/state")" = "$1" ]
}
pid_of() {
	cat "$D/work/pid.$1"
}
is_another() {
	[ -s "$D/work/pid.$1" ] && [ "$(pid_of "$1")" != "$2" ]
}
# is_clean: is nothing of the medium left, and none of its programs?
is_clean() {
	[ ! -e "$D/work" ] && [ ! -e "$D/request" ] && [ ! -e "$D/device" ] &&
		[ "$(cat "$LUN/file")" = "" ] && [ ! -e "$VM_SYS/block/nbd0" ] &&
		! pgrep -f "$BATS_TEST_TMPDIR/bin/vm-" >/dev/null
}

@test "a mount: its programs in order, and the state" {
	is_in
	cut -d ' ' -f 1,2 calls
	[ "$(grep -v udevadm calls | cut -d ' ' -f 1 | paste -sd ' ')" = \
		"vm-fetchd vm-nbd-attach vm-probe vm-gadget" ]
	# The request's directory passes on all that was requested.
	grep -qx "vm-fetchd -U $D/work/nbd -r $D/request timeout=60 stats=$D/stats" calls
	grep -qx "vm-nbd-attach -r $D/work/nbd" calls
	grep -qx "vm-gadget insert -t cd 0 /dev/nbd0" calls
	[ "$(cat "$D/device" "$D/media" "$D/label" "$D/boot" "$D/reads" | paste -sd,)" = \
		"/dev/nbd0,cd,TEST,boots by BIOS only,7" ]
	[ ! -e "$D/step" ]
	[ "$(cat "$D/pid")" = "$SLOT_PID" ]
	grep -q 'inserted https://example.org/x.iso as cd from /dev/nbd0' log
	[ "$(pgrep -cP "$SLOT_PID")" = 2 ]
}

@test "an eject by leave of the host, who may refuse" {
	is_in
	: >locked
	run -75 ask eject
	[[ $output == *"locked by the host"* ]]
	has_state active
	rm locked
	ask eject
	has_state empty
	wait_until 10 is_clean
	wait "$SLOT_PID"
}

# stuck_writer: the host's writes cannot be written out before the file `go`
# exists, or never if the file `lost` exists. The drive cannot be emptied before
# that.
stuck_writer() {
	: >"$D/request/writable"
	program vm-nbd-attach 'stop() { until [ -e "$PRETEND/go" ]; do sleep 0.1; done' \
		'[ ! -e "$PRETEND/lost" ] || { echo "vm-nbd-attach: unable to write out it: lost" >&2; exit 74; }' \
		'exit 0; }' \
		"$(sed -n '/^case/,$p' bin/vm-nbd-attach | sed 's/"exit 0"/stop/')"
	sed -i 's/^eject) /&[ -e "$PRETEND\/go" ] || [ ! -e "$VM_SYS\/block\/nbd0" ] || exit 74; /' bin/vm-gadget
	is_in
}
# is_waiting REQUEST: sends the request, and checks that it waits for the
# writer.
is_waiting() {
	bin/vm-slot -a "$1" -q -t 20 0 >answer 3>&- &
	ASKER=$!
	wait_until 10 grep -q "^vm-gadget eject .*-T 1" calls
	wait_until 10 has_state deactivating
	[ -e "$VM_SYS/block/nbd0" ] && [ -d "/proc/$ASKER" ]
}

@test "an eject by force waits for what the host wrote, also of a stuck drive" {
	for how in "eject force" eject; do
		rm -f go calls
		request
		stuck_writer
		is_waiting "$how"
		not grep -q -e "-D" calls
		: >go
		wait "$ASKER"
		wait_until 10 is_clean
		# Emptied and written out once more before it is detached.
		sed -n '/eject/,$p' calls | cut -d ' ' -f 1,2 >last
		[ "$(grep -c "vm-gadget eject" last)" = 2 ]
		[ "$(grep -c "vm-nbd-attach -W" last)" -ge 1 ]
		[ "$(tail -n 1 last)" = "vm-nbd-attach -D" ]
		pretend
	done
}

@test "an eject by force of what is lost says so: 74" {
	stuck_writer
	: >lost
	is_waiting "eject force"
	: >go
	wait "$ASKER" && false || [ $? = 74 ]
	grep -q "unable to write out it: lost" answer
	wait_until 10 is_clean
}

@test "an eject that discards what the host wrote does not wait" {
	stuck_writer
	is_waiting "eject force"
	ask "eject discard"
	wait "$ASKER"
	has_state empty
	wait_until 10 is_clean
	grep -q "did not wait for the data" log
}

@test "an eject by force, and SIGTERM, ask nobody" {
	: >locked
	is_in
	ask "eject force"
	has_state empty
	wait_until 10 is_clean
	request
	is_in
	kill "$SLOT_PID"
	wait_until 10 is_clean
	has_state empty
}

@test "each program that fails on the way ends the mount with its words" {
	for name in vm-fetchd vm-nbd-attach vm-probe vm-gadget; do
		request
		echo 66 >"fail.$name"
		begin
		run -66 ask follow
		[ "$output" = "$name: it was told to fail" ]
		rm "fail.$name"
		[ "$(cat "$D/status" "$D/state" | paste -sd,)" = 66,empty ]
		wait_until 10 is_clean
	done
}

@test "a drive of another type is refused: 65" {
	echo 0 >"$LUN/cdrom"
	begin
	run -65 ask follow
	[ "$output" = "the image is a cd, but slot 0 has a disk drive: use --retype" ]
	wait_until 10 is_clean
	request
	: >"$D/request/retype"
	is_in
	grep -qx "vm-gadget insert -t cd -R 0 /dev/nbd0" calls
}

@test "a mount that takes too long tells at which step: 75" {
	: >hang.vm-probe
	echo 1 >"$D/timeout"
	begin
	run -75 ask follow
	[ "$output" = "gave up after 1 s while reading what the image is" ]
	wait_until 10 is_clean
}

@test "a mount under way is called off by an eject" {
	: >hang.vm-fetchd
	begin
	ask follow >followed &
	wait_until 10 grep -q connecting "$D/step"
	ask eject
	has_state empty
	wait $! && false || [ $? = 75 ]
	[ "$(cat followed)" = "an eject stopped the mount" ]
	wait_until 10 is_clean
}

@test "what dies is started again, and not for ever" {
	is_in
	local pid
	for name in source attach; do
		pid=$(pid_of $name)
		kill -KILL "$pid"
		wait_until 10 is_another $name "$pid"
		grep -q "the $name process was ended (137): starting it again" log
	done
	wait_until 10 grep -qx "vm-nbd-attach -a /dev/nbd0 -r $D/work/nbd" calls
	has_state active
	kill_again() {
		kill -KILL "$(pid_of source)" || :
		has_state failed
	} 2>/dev/null
	wait_until 30 kill_again
	grep -q "the source process was ended (137)" "$D/error"
	wait_until 10 is_clean
}

@test "a source that refuses is tried again: degraded, and back" {
	is_in
	echo 69 >fail.vm-fetchd
	kill -KILL "$(pid_of source)"
	wait_until 10 has_state degraded
	[ "$(cat "$D/reason")" = \
		"the source refuses: vm-fetchd: it was told to fail" ]
	rm fail.vm-fetchd
	wait_until 20 has_state active
	[ ! -e "$D/reason" ]
}

# served: a client serves the image; the simulated vm-nbd-attach says the lines
# of the file words.
served() {
	: >words
	echo image >"$D/request/served"
	program vm-nbd-attach "$(sed -n '/^case/,$p' bin/vm-nbd-attach |
		sed 's,exec "$PRETEND/bin/vm-sleeper" 1000,exec tail -f -n +1 "$PRETEND/words" >\&2,')"
	is_in
}
say() {
	echo "vm-nbd-attach: source: $1" >>words
}

@test "while no client is behind the medium it is degraded, and not for ever" {
	echo 8 >"$D/request/degraded"
	served
	has_state active
	[ ! -e "$D/degraded" ]
	say waiting
	wait_until 10 has_state degraded
	[ "$(cat "$D/reason")" = "the client that serves the image is not connected" ]
	[ -s "$D/degraded" ]
	say ok
	wait_until 10 has_state active
	[ ! -e "$D/degraded" ] && [ ! -e "$D/reason" ]
	say waiting
	wait_until 10 has_state degraded
	say down
	wait_until 30 is_clean
	has_state empty
	[ "$(cat "$D/reason")" = "no client has served the image for 8 s" ]
}

@test "killed, it leaves the medium, and the next one goes on with it" {
	is_in
	local source attach
	source=$(pid_of source) attach=$(pid_of attach)
	kill -KILL "$SLOT_PID"
	wait "$SLOT_PID" || :
	kill -0 "$source" "$attach"
	: >log
	is_in
	grep -q 'going on with https://example.org/x.iso' log
	[ "$(pid_of source) $(pid_of attach)" = "$source $attach" ]
	# The processes are now its own: it notices if one dies.
	kill -KILL "$source"
	wait_until 10 is_another source "$source"
	ask eject
	wait_until 10 is_clean
}

@test "a pid that belongs to another process by now is left alone" {
	is_in
	kill -KILL "$SLOT_PID" "$(pid_of source)"
	wait "$SLOT_PID" || :
	background sleep 1000
	local other=${STARTED[-1]}
	echo "$other" >"$D/work/pid.source"
	is_in
	wait_until 10 is_another source "$other"
	ask eject
	kill -0 "$other"
}

@test "-k undoes what a killed one has left, and says nothing of nothing" {
	run -0 bin/vm-slot -k 1
	is_in
	kill -KILL "$SLOT_PID"
	wait "$SLOT_PID" || :
	run -0 bin/vm-slot -k 0
	[ -z "$output" ]
	is_clean
	has_state empty
}

@test "a second vm-slot of the same slot is refused: 75" {
	is_in
	run -75 bin/vm-slot 0
	[[ $output == *"slot 0 is held by process $SLOT_PID" ]]
}

@test "who watches is told when the host reads, when it rests, and of the end" {
	run -69 bin/vm-slot -a watch 0
	is_in
	bin/vm-slot -a watch 0 >seen 3>&- &
	local watcher=$!
	wait_until 10 grep -qx "state: inserted" seen
	echo "9 0 0 0 3 0" >"$VM_SYS/block/nbd0/stat"
	wait_until 10 grep -qx "state: reading" seen
	# A further client learns the present state, and a reload loses neither
	# client.
	bin/vm-slot -a watch 0 >other 3>&- &
	wait_until 10 grep -qx "state: reading" other
	wait_until 10 grep -qx "state: idle" seen
	bin/vm-slot -r 0
	wait_until 10 eval '[ "$(grep -c idle seen)" -gt 1 ]'
	echo "12 0 0 0 3 0" >"$VM_SYS/block/nbd0/stat"
	wait_until 10 eval '[ "$(tail -n 1 seen)" = "state: reading" ]'
	ask eject
	wait $watcher
	[ "$(tail -n 1 seen)" = "state: ejecting" ]
}

@test "reload: the same process, and the same medium" {
	is_in
	local source
	source=$(pid_of source)
	bin/vm-slot -r 0
	[ "$(cat "$D/pid") $(pid_of source)" = "$SLOT_PID $source" ]
	grep -q "going on with" log
	# They are still its own children: it learns when they end.
	echo 66 >fail.vm-fetchd
	kill -TERM "$source"
	wait_until 10 has_state failed
}

@test "a reload of what cannot start changes nothing: 71" {
	is_in
	mv bin/vm-slot bin/old
	program vm-slot 'exit 1'
	run -71 bin/old -r 0
	[[ $output == *"this vm-slot continues"* ]]
	has_state active
}

@test "hooks: in order, with what is known, and their words in the log" {
	printf '%s\n' '#!/bin/sh' 'echo "$@ $VM_STATE $VM_URL $VM_MEDIA $VM_LABEL"' \
		>hooks/10-tell
	printf '%s\n' '#!/bin/sh' 'echo second >&2' >hooks/20-tell
	printf '%s\n' '#!/bin/sh' 'echo not' >hooks/30-not
	chmod 755 hooks/[12]*
	is_in
	wait_until 10 grep -q "Z 20-tell: slot 0: second$" log
	ask eject
	wait "$SLOT_PID"
	[ "$(sed -n 's/^[-0-9T:]*Z [12]0-tell: slot 0: //p' log | paste -sd,)" = \
		"inserted 0 active https://example.org/x.iso cd TEST,second,ejected 0 empty https://example.org/x.iso cd TEST,second" ]
}

# events: prints the event log, without the times.
events() {
	local number
	for number in $(find "$VM_RUN_DIR/events" -name '[1-9]*' -printf '%f\n' | sort -n); do
		cut -d ' ' -f 2- "$VM_RUN_DIR/events/$number"
	done
}

@test "events: each is a file, and the first read of the host is one" {
	is_in
	[ "$(events | paste -sd,)" = "0 activating,0 inserted https://example.org/x.iso" ]
	echo "8 0 0 0 3 0" >"$VM_SYS/block/nbd0/stat"
	wait_until 10 test -f "$D/host-read"
	ask eject
	wait "$SLOT_PID"
	[ "$(events | paste -sd,)" = \
		"0 activating,0 inserted https://example.org/x.iso,0 host-read,0 deactivating,0 ejected" ]
	[ ! -e "$D/host-read" ]
	# A medium that was never inserted has no hook, but an event.
	echo 66 >fail.vm-fetchd
	request
	begin
	wait "$SLOT_PID" || :
	[[ $(events | tail -n 1) == "0 failed "* ]]
}

@test "events: another vm-slot does not tell the first read again" {
	is_in
	echo "8 0 0 0 3 0" >"$VM_SYS/block/nbd0/stat"
	wait_until 10 test -f "$D/host-read"
	kill -KILL "$SLOT_PID"
	begin
	wait_until 10 grep -q "going on with" log
	run -75 bin/vm-slot -a leave -q -t 20 0
	echo "9 0 0 0 3 0" >"$VM_SYS/block/nbd0/stat"
	wait_until 10 test "$(events | grep -c host-read)" = 1
}

@test "the hooks hear of a trouble that lasts, not of a client that is back at once" {
	printf '%s\n' '#!/bin/sh' 'echo "$1 $VM_STATE"' >hooks/tell
	chmod 755 hooks/tell
	served
	say waiting
	wait_until 10 has_state degraded
	say ok
	wait_until 10 has_state active
	say waiting
	wait_until 20 grep -q "tell: slot 0: degraded degraded$" log
	say ok
	wait_until 20 grep -q "tell: slot 0: recovered active$" log
	# The short outage called neither hook.
	[ "$(sed -n 's/.* tell: slot 0: //p' log | paste -sd,)" = \
		"inserted active,degraded degraded,recovered active" ]
	ask eject
}

@test "a hook that hangs holds up nobody, and the next mount only for seconds" {
	printf '%s\n' '#!/bin/sh' 'exec "$PRETEND/bin/vm-sleeper" 1000' >hooks/hang
	chmod 755 hooks/hang
	is_in
	ask eject
	has_state empty
	run -69 ask leave
	wait_until 10 is_clean
}

@test "what the host wrote is written out, and what is lost is told: 74" {
	: >"$D/request/writable"
	is_in
	grep -qx "vm-nbd-attach -W /dev/nbd0" calls
	ask eject
	wait_until 10 is_clean
	request
	: >"$D/request/writable"
	program vm-nbd-attach "$(sed -n '/^case/,$p' bin/vm-nbd-attach |
		sed 's/exit 0/echo vm-nbd-attach: unable to write out it: lost >\&2; exit 74/')"
	is_in
	run -74 ask eject
	[[ $output == *"unable to write out it: lost" ]]
	[ "$(cat "$D/status")" = 74 ]
	wait_until 10 is_clean
}

@test "the host's own eject, and a port that it leaves after --boot-once" {
	is_in
	echo >"$LUN/file"
	wait_until 20 is_clean
	[ "$(cat "$D/reason")" = "ejected by the host" ]
	request
	: >"$D/request/boot-once"
	is_in
	[ "$(cat "$D/once")" = waiting ]
	echo "9 0 0 0 3 0" >"$VM_SYS/block/nbd0/stat"
	echo "not attached" >"$VM_SYS/class/udc/port/state"
	wait_until 20 is_clean
	[ "$(cat "$D/reason")" = "the host's USB port was disconnected (--boot-once)" ]
}

@test "requests that are none are refused: 64" {
	is_in
	run -64 ask "eject softly"
	run -64 ask frobnicate
	run -64 bin/vm-slot -a follow
	run -69 bin/vm-slot -a eject 1
	has_state active
}

@test "without a request there is nothing to do: 78" {
	run -78 bin/vm-slot 3
	[ ! -e "$VM_RUN_DIR/3" ]
}

@test "an eject does not wait for the site's power command" {
	: >"$D/request/boot-once"
	program ask-power 'exec "$PRETEND/bin/vm-sleeper" 1000'
	echo "$PWD/bin/ask-power" >"$D/request/power"
	is_in
	wait_until 20 test -s "$D/work/pid.power"
	ask eject
	has_state empty
	wait_until 10 is_clean
}

@test "a parent that ignores SIGCHLD hides no end from it" {
	background sh -c 'trap "" CHLD; exec "$0" 0' "$PWD/bin/vm-slot" 2>>log
	ask follow
	has_state active
	ask eject
	wait_until 10 is_clean
}

@test "a reload waits for a hook, and none is lost" {
	printf '%s\n' '#!/bin/sh' 'until [ -e "$PRETEND/go" ]; do sleep 0.1; done' \
		'echo "told $1"' >hooks/slow
	chmod 755 hooks/slow
	is_in
	bin/vm-slot -r 0 3>&- &
	local reload=$!
	not grep -q "going on with" log
	: >go
	wait $reload
	grep -q " slow: slot 0: told inserted$" log
	grep -q "going on with" log
}

@test "what a hook says is no word about the source" {
	printf '%s\n' '#!/bin/sh' 'echo "vm-fetchd: source: changed" >&2' >hooks/say
	chmod 755 hooks/say
	is_in
	wait_until 10 grep -q "source: changed" log
	ask eject
	[ ! -e "$D/error" ]
}

@test "many that ask and say nothing neither keep it busy nor others out" {
	is_in
	python3 - "$D/work/control" "$SLOT_PID" <<-'PY'
		import socket, sys, time
		all = []
		for i in range(40):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    all.append(s)
		def cpu():
		    return sum(map(int, open(f"/proc/{sys.argv[2]}/stat").read().split()[13:15]))
		time.sleep(0.5)
		before = cpu()
		time.sleep(1)
		assert cpu() - before < 50
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(b"eject\n")
		s.shutdown(socket.SHUT_WR)
		assert b"done" in s.makefile("rb").read()
	PY
	has_state empty
}

# are_asleep COUNT: do COUNT of the simulated programs run?
are_asleep() {
	[ "$(pgrep -cf "$PWD/bin/vm-sleeper")" = "$1" ]
}

@test "killed while it ejects: the next one goes on with that" {
	is_in
	: >hang.vm-gadget
	background bin/vm-slot -a "eject force" -q 0
	# The pkill below would miss a vm-gadget that starts later.
	wait_until 10 are_asleep 3
	has_state deactivating
	kill -KILL "$SLOT_PID"
	wait "$SLOT_PID" || :
	pkill -KILL -f "$PWD/bin/vm-sleeper" || :
	rm hang.vm-gadget
	begin
	wait_until 20 is_clean
	has_state empty
}
