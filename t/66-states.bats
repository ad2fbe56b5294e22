#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmctl with a slot in each state, without a kernel: see pretend.bash.
# 67-states-busybox.bats is this same file, with busybox's shell and tools.

load helper
load pretend

vmctl() {
	"$VM_SHELL" "$PWD/bin/vmctl" "$@" 3>&-
}

setup() {
	pretend
	export VM_CONF=$PWD/conf VM_PATH=$PATH
	cp "$BUILD/bin/vmctl" "$BUILD/bin/vm-lock" bin/
	ln -s "$BUILD/lib" lib
	pretend_drive 1 0
	echo "allow_file = $PWD" >"$VM_CONF"
	: >one.iso
	: >two.iso
	VM_SHELL=dash
	case $BATS_TEST_FILENAME in
	*busybox*) under_busybox ;;
	esac
}
teardown() {
	# A vm-slot would restart its programs, so kill it first.
	kill -KILL $(cat run/[0-7]/pid) 2>/dev/null || :
	pkill -KILL -f "$BATS_TEST_TMPDIR/bin/" || :
	cleanup
}

# under_busybox: from now on vmctl finds only busybox's tools and our programs.
under_busybox() {
	mkdir box
	busybox --install -s box
	export VM_PATH=$PWD/box
	VM_SHELL=$PWD/box/sh
}

# mounted [OPTION...]: mounts one.iso in slot 0.
mounted() {
	vmctl mount -s 0 "$@" "$PWD/one.iso" >/dev/null
}
# killed [OPTION...]: the same, then kills its vm-slot.
killed() {
	mounted "$@"
	kill -KILL "$(cat "$D/pid")"
	wait_until 10 not vm-lock -t "$D/pid"
}
has_state() {
	[ "$(cat "$D/state")" = "$1" ]
}

@test "attach: a client that cannot have its slot is told which other is empty" {
	mounted
	fails_of_page() {
		VM_WS_PROTOCOL=vm.nbd.v1-state run -75 --separate-stderr \
			vmctl attach -s 0 - </dev/null
	}
	fails_of_page
	[ "${stderr_lines[0]}" = "state: other 1 disk" ]
	[[ ${stderr_lines[1]} == *"slot 0 holds $PWD/one.iso"* ]]
	[ "${#stderr_lines[@]}" = 2 ]
	# Clients with another protocol do not get this line; and a slot in use
	# is not offered.
	fails 75 vmctl attach -s 0 - </dev/null
	mkdir -p run/1/request
	echo active >run/1/state
	: >run/1/pid
	background flock run/1/pid sleep 100
	wait_until 10 vm-lock -t run/1/pid
	fails_of_page
	[ "${#stderr_lines[@]}" = 1 ]
}

@test "a medium whose vm-slot was killed is not taken from the host" {
	killed
	fails 75 vmctl mount -s 0 "$PWD/two.iso"
	grep -q "slot 0 still holds $PWD/one.iso.* doctor --repair, or use --replace" stderr
	fails 75 vmctl mount "$PWD/two.iso"
	grep -q "slot 0 still holds $PWD/one.iso.* doctor --repair, or use --replace" stderr
	fails 75 vmctl attach -s 0 - </dev/null
	grep -q "doctor --repair, or use --take" stderr
	fails 75 vmctl attach - </dev/null
	[ "$(cat "$LUN/file")" = /dev/nbd0 ] && [ -e "$VM_SYS/block/nbd0" ]
	vmctl doctor >out || :
	grep "^FAIL  slot 0: the vm-slot of $PWD/one.iso was killed: type vmctl doctor --repair$" out
	# The same image does not count as another medium.
	vmctl mount "$PWD/one.iso" | grep -q one.iso
	has_state active
	vmctl doctor >out || :
	not grep killed out
	[ "$(grep -c "^vm-gadget insert" calls)" = 1 ]
	killed
	vmctl mount -s 0 --replace "$PWD/two.iso"
	[ "$(cat "$D/url")" = "$PWD/two.iso" ]
	has_state active
}

@test "one that was killed when its drive was empty holds up nobody" {
	killed
	echo >"$LUN/file"
	vmctl mount -s 0 "$PWD/two.iso"
	[ "$(cat "$D/url")" = "$PWD/two.iso" ]
}

@test "a wrong configuration takes away nothing that is in" {
	mounted
	local line
	for line in "slots = cd floppy" "sloth = cd" "timeout" "cache = big"; do
		echo "$line" >"$VM_CONF"
		fails 78 vmctl mount "$PWD/two.iso"
		fails 0 vmctl list
		[ "$(wc -l <stdout)" = 2 ]
		vmctl status -s 1
		vmctl log -s 1
		vmctl --version
		vmctl help | grep -q usage
		vmctl mount --help | grep -q usage
	done
	vmctl eject | grep -q "one.iso was ejected"
	wait_until 10 not vm-lock -t "$D/pid"
	vmctl doctor >out || :
	grep -q "^FAIL  configuration: .*cache" out
}

@test "a slot in use stays one, and the kernel tells its type" {
	mounted
	echo "slots =" >"$VM_CONF"
	[ "$(vmctl list | cut -c 1-12)" = "$(printf '0  cd    act\n1  disk  emp')" ]
	echo "slots = disk" >"$VM_CONF"
	[[ $(vmctl list) == "0  cd    active"* ]]
	[[ $(vmctl status -s 0) == "slot 0: cd, active"* ]]
	printf '%s\n' "slots =" "allow_file = $PWD" >"$VM_CONF"
	run -75 vmctl mount --type cd "$PWD/two.iso"
	[[ $output == *"all CD slots are in use"* ]]
	[ "$(grep -c "^vm-gadget setup cd$" calls)" -ge 1 ]
	vmctl eject
	has_state empty
	fails 64 vmctl mount -s 1 "$PWD/two.iso"
}

@test "a medium that another program has inserted is ejected, if the host lets it go" {
	echo /some/where.iso >"$LUN/file"
	[[ $(vmctl list) == "0  cd    other         /some/where.iso"* ]]
	: >locked
	run -75 vmctl eject -s 0
	[[ $output == *"locked by the host"* ]]
	[ "$(cat "$LUN/file")" = /some/where.iso ]
	[ "$(vmctl eject -f)" = "slot 0: /some/where.iso was ejected" ]
	[ "$(cat "$LUN/file")" = "" ]
	[ "$(vmctl eject)" = "slot 0 is empty" ]
	grep -qx "vm-gadget eject -f 0" calls
}

@test "a mount passes over a drive in which another program has a medium" {
	echo "slots = cd disk cd" >>"$VM_CONF"
	pretend_drive 2 1
	echo /some/where.iso >"$LUN/file"
	vmctl mount "$PWD/one.iso" | grep "^slot 2: "
	[ "$(cat "$LUN/file")" = /some/where.iso ]
	fails 75 vmctl mount "$PWD/two.iso"
	grep -q "slot 0 holds /some/where.iso, .*: run vmctl eject -s 0" stderr
}

@test "the drives are made as the configuration says" {
	cat >>"$VM_CONF" <<-'END'
		slots = cd disk
		drives = on-demand
		usb_vendor_id = 0x1d6B
		usb_product = A  B
		inquiry_product = *
	END
	mounted
	grep -qxF "vm-gadget setup -d -i usb_vendor_id=0x1d6B -i usb_product=A  B -i inquiry_product=* cd disk" calls
	killed
	: >calls
	vmctl doctor --repair
	grep -q "^vm-gadget setup -d" calls
}

# write_forever: the source never accepts what the host wrote.
write_forever() {
	sed -i 's/^-W) .*/-W) echo "\/dev\/nbd0"; trap "" TERM; exec "$PRETEND\/bin\/vm-sleeper" 1000;;/' bin/vm-nbd-attach
	echo "slots = disk" >>"$VM_CONF"
	echo 0 >"$LUN/cdrom"
	sed -i 's/media: cd/media: disk/' bin/vm-probe
}

@test "eject --discard waits for no data, also when its vm-slot was killed" {
	write_forever
	killed -w
	[ -e "$D/request/writable" ]
	background vmctl eject
	wait_until 10 grep -q "^vm-gadget eject" calls
	sleep 1
	kill -0 "$!"
	kill -KILL "$(cat "$D/pid")" "$!"
	wait_until 10 not vm-lock -t "$D/pid"
	timeout 60 "$VM_SHELL" "$PWD/bin/vmctl" eject --discard 3>&- |
		grep -q "was ejected"
	has_state empty
	[ ! -e "$VM_SYS/block/nbd0" ]
}

# as_nobody COMMAND...: runs vmctl as an ordinary user, who may read what all
# may read.
as_nobody() {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/test "$BATS_TEST_TMPDIR" bin
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$VM_SHELL" "$PWD/bin/vmctl" "$@" 3>&-
}

@test "an ordinary user sees the same, and changes nothing: 77" {
	mounted
	chmod -R a+rX sys # as in the kernel's /sys
	vmctl status -j >all
	as_nobody status -j | diff - all
	[[ $(as_nobody list) == "0  cd    active"* ]]
	[[ $(as_nobody status -s 0) == "slot 0: cd, active"* ]]
	for verb in "mount $PWD/two.iso" eject "renew https://a/b" start "attach -" \
		"ticket 0" "doctor --repair"; do
		fails 77 as_nobody $verb
		grep -q "only root can ${verb%% *}: run sudo vmctl $verb$" stderr
	done
	# The command to type does not show secrets.
	fails 77 as_nobody mount 'https://bob:pw@a/b' -u bob:pw https://a/b?sig=pw -s 0
	grep -q "run sudo vmctl mount ... -u ... ... -s 0$" stderr
	as_nobody mount --help | grep -q usage
	chmod 600 "$D/pid"
	fails 77 as_nobody status
	grep -q "run vmctl as root" stderr
	chmod 700 run
	fails 77 as_nobody list
	has_state active
}

@test "... and of a mount that is under way" {
	: >hang.vm-fetchd
	vmctl mount -s 0 "$PWD/one.iso" 2>/dev/null &
	wait_until 10 grep -qs connecting "$D/step"
	[[ $(as_nobody list) == "0  cd    activating"* ]]
	# Its vm-slot does not run yet.
	kill -KILL "$(cat "$D/pid")"
	[[ $(as_nobody list) == "0  cd    activating"* ]] || [ ! -e "$D/request" ]
	wait $! || :
}

@test "a vm-fetchd of vmctl gets all that is asked for by the request's directory" {
	local request="$PWD/run/tmp[^ ]*/request"
	vmctl probe --outage 9 --sha256 "$(printf '%064d' 0)" "$PWD/one.iso"
	grep -x "vm-fetchd -U $PWD/run/tmp[^ ]*/nbd -p -r $request timeout=60" calls
	rm calls
	vmctl mount --retype --outage 9 "$PWD/one.iso"
	grep -x "vm-fetchd -U $PWD/run/tmp[^ ]*/nbd -p -r $request -l timeout=60" calls
}

# The time, and a line of the log.
STAMP='^[-0-9]{10}T[:0-9]{8}Z '

@test "the log tells who asked for each mount and eject, and how it ended" {
	SUDO_USER=alice SSH_CONNECTION='10.0.0.7 4711 10.0.0.1 22' mounted
	[ ! -e "$D/asker" ]
	SUDO_USER=bob vmctl renew "https://example.org/two.iso"
	SUDO_USER=bob vmctl eject 0
	wait_until 10 not vm-lock -t "$D/pid"
	# Without sudo, it is the user's own name.
	echo 66 >fail.vm-probe
	fails 66 vmctl mount -s 0 "$PWD/two.iso"
	vmctl log 0 >lines
	cat lines
	not grep -vE "${STAMP}[a-z0-9-]+: slot 0: " lines
	sed 's/^[^ ]* //' lines | grep '^vm-slot' >said
	[ "$(grep -v "host's port" said | head -n 6)" = "vm-slot: slot 0: alice from 10.0.0.7 asks to mount $PWD/one.iso
vm-slot: slot 0: inserted $PWD/one.iso as cd from /dev/nbd0
vm-slot: slot 0: bob asks to renew the link of $PWD/one.iso
vm-slot: slot 0: the source process was ended (138): starting it again
vm-slot: slot 0: bob asks to eject
vm-slot: slot 0: ejected https://example.org/two.iso" ]
	grep -qx "vm-slot: slot 0: $(id -un) asks to mount $PWD/two.iso" said
	# The reason is logged once, by the program.
	grep -qx "vm-slot: slot 0: the mount failed" said
	[ "$(grep -c "it was told to fail" lines)" = 1 ]
	grep -qE "${STAMP}vm-probe: slot 0: it was told to fail$" lines
}

@test "the log tells of an eject by force, a signal, an expiry and a start at boot" {
	vmctl mount -s 0 --expires 1 "$PWD/one.iso" >/dev/null
	wait_until 20 grep -q "the time of --expires is over: ejected" "$D/log"
	wait_until 20 not vm-lock -t "$D/pid"
	mounted
	VM_ASKER="the web page" vmctl eject -f
	grep -q "vm-slot: slot 0: the web page asks to eject (force)$" "$D/log"
	wait_until 10 not vm-lock -t "$D/pid"
	echo "slot0 = $PWD/one.iso" >>"$VM_CONF"
	vmctl start
	grep -q "vm-slot: slot 0: vmctl start asks to mount $PWD/one.iso$" "$D/log"
	kill "$(cat "$D/pid")"
	wait_until 10 grep -q "signal 15 arrived: ejecting" "$D/log"
	wait_until 10 not vm-lock -t "$D/pid"
	[ "$(grep -c ": ejected $PWD/one.iso$" "$D/log")" = 3 ]
	# If a vm-slot was killed, only vmctl can log the eject.
	killed
	vmctl eject
	grep -qE "${STAMP}vmctl: slot 0: ejected $PWD/one.iso, whose vm-slot was killed$" \
		"$D/log"
}

@test "the log tells of a wrong guess, a replacement and an attachment as what they are" {
	# By its name, the image looks like a disk.
	cp one.iso one.img
	vmctl mount "$PWD/one.img" >/dev/null
	has_state active
	grep -q "vm-slot: slot 1: the image is a cd: vmctl chooses another slot$" run/1/log
	not grep -q failed run/1/log
	SUDO_USER=alice vmctl mount -s 0 --replace "$PWD/two.iso" >/dev/null
	grep -q "vm-slot: slot 0: alice (mount --replace) asks to eject$" "$D/log"
	vmctl eject 0
	wait_until 10 not vm-lock -t "$D/pid"
	background "$VM_SHELL" bin/vmctl attach -s 0 - </dev/null 2>/dev/null
	wait_until 10 grep -q "vm-slot: slot 0: $(id -un) asks to mount served:image$" "$D/log"
}

@test "the log of all slots, merged, and as JSON" {
	mkdir -p run/1
	printf '%s\n' "2026-01-01T00:00:02Z vm-slot: slot 1: two" \
		'2026-01-01T00:00:04Z vm-fetchd: slot 1: "four" \x'"$(printf '\t')"'é' >run/1/log
	printf '%s\n' "no time" "2026-01-01T00:00:01Z vm-slot: slot 0: one: 1" \
		"2026-01-01T00:00:02Z 10-hook: slot 0: also two" "a line of sh" \
		"2026-01-01T00:00:05Z vm-slot: slot 0: five" >run/0/log
	[ "$(vmctl log | sed 's/.*slot [01]: //' | cut -c 1-6 | paste -sd,)" = \
		'no tim,one: 1,also t,a line,two,"four",five' ]
	[ "$(vmctl log 1 | wc -l)" = 2 ]
	vmctl log -j >json
	[ "$(jq -c '.schema, .lines[0,1,5]' json | paste -sd' ')" = '1 '"$(printf %s \
		'{"time":null,"slot":0,"program":null,"text":"no time"} ' \
		'{"time":"2026-01-01T00:00:01Z","slot":0,"program":"vm-slot","text":"one: 1"} ' \
		'{"time":"2026-01-01T00:00:04Z","slot":1,"program":"vm-fetchd","text":"\"four\" \\x é"}')" ]
	[ "$(vmctl log -j 1 | jq -c '[.lines[].text] | length')" = 2 ]
	[ "$(vmctl log -j | jq '.lines | length')" = 7 ]
	rm run/[01]/log
	[ "$(vmctl log -j | jq -c .)" = '{"schema":1,"lines":[]}' ]
	fails 64 vmctl log -fj
	vmctl log
}

@test "log -f shows what is there, merged, and then each new line" {
	mkdir -p run/1
	echo "2026-01-01T00:00:02Z vm-slot: slot 1: two" >run/1/log
	echo "2026-01-01T00:00:01Z vm-slot: slot 0: one" >run/0/log
	background "$VM_SHELL" "$PWD/bin/vmctl" log -f >shown
	wait_until 10 grep -q two shown
	echo "2026-01-01T00:00:03Z vm-slot: slot 1: three" >>run/1/log
	wait_until 10 grep -q three shown
	echo "2026-01-01T00:00:04Z vm-slot: slot 0: four" >>run/0/log
	wait_until 10 grep -q four shown
	[ "$(sed 's/.*: //' shown | paste -sd,)" = one,two,three,four ]
	# No process of the watch is left.
	kill "${STARTED[-1]}"
	wait "${STARTED[-1]}" || [ $? = 143 ]
	wait_until 10 not pgrep -f "tail .*$VM_RUN_DIR"
}

@test "a log that was shortened begins with a whole line" {
	mounted
	seq -f "2026-01-01T00:00:00Z vm-slot: slot 0: line %08g" 2000 >>"$D/log"
	mv "$D/log" long && cp long "$D/log" # the watch looks after events
	vmctl eject
	wait_until 10 not vm-lock -t "$D/pid"
	mv long "$D/log"
	mounted
	wait_until 30 eval '[ "$(stat -c %s "$D/log")" -lt 60000 ]'
	head -n 1 "$D/log" | grep -qE "${STAMP}vm-slot: slot 0: line [0-9]{8}$"
}

@test "the progress of a mount is as wide as the terminal, or plain lines" {
	: >hang.vm-fetchd
	TERM=xterm script -qec "stty rows 24 cols 50; $VM_SHELL bin/vmctl mount --timeout 2 \
		-s 0 $PWD/one.iso" /dev/null >wide </dev/null || [ $? = 75 ]
	tr '\r' '\n' <wide | sed -n 's/^\x1b\[K\(.* \.\.\. [0-9]* s\)$/\1/p' >drawn
	grep -q '^connecting to .* [.][.][.] 1 s$' drawn
	[ "$(wc -L <drawn)" = 49 ]
	wait_until 10 not vm-lock -t "$D/pid"
	TERM=dumb script -qec "$VM_SHELL bin/vmctl mount --timeout 7 -s 0 $PWD/one.iso" \
		/dev/null >plain </dev/null || [ $? = 75 ]
	[ "$(grep -c '^connecting to .* [.][.][.] 5 s' plain)" = 1 ]
	[ "$(wc -l <plain)" = 2 ]
	not grep -q "$(printf '\033')" plain
}

@test "a mount and an eject without standard streams" {
	vmctl mount -s 0 "$PWD/one.iso" 2>&- <&- | grep -q "is in the host's cd drive"
	has_state active
	vmctl eject 2>&- <&- | grep -q "was ejected"
	vmctl mount -s 0 "$PWD/one.iso" >/dev/null 2>&-
	has_state active
}

@test "a mount, renew or eject without a place for its answer says that it is done" {
	full() {
		run -74 --separate-stderr sh -c '"$@" >/dev/full' sh "$VM_SHELL" bin/vmctl "$@" 3>&-
		[ "${#stderr_lines[@]}" = 1 ]
	}
	full mount -s 0 "$PWD/one.iso"
	[[ $stderr == *"unable to write standard output, but the image is in the drive of slot 0" ]]
	has_state active
	full mount -j -s 0 "$PWD/one.iso"
	full renew "https://example.org/two.iso"
	[[ $stderr == *", but slot 0 uses the new link" ]]
	full eject
	[[ $stderr == *", but slot 0 is empty now" ]]
	has_state empty
}

@test "start -j tells of each slot, also of one that failed or was in already" {
	printf 'slot0 = %s\nslot1 = -w %s\n' "$PWD/one.iso" "$PWD/none.iso" >>"$VM_CONF"
	vmctl start -j >json || [ $? = 66 ]
	jq -e '.mounts | length == 2' json
	jq -e '.mounts[0] | .changed and .slot.slot == 0 and .slot.state == "active"' json
	jq -e '.mounts[1] | .slot.slot == 1 and .error.status == 66' json
	vmctl start -j >json || [ $? = 66 ]
	jq -e '.mounts[0] | .changed == false and .slot.slot == 0 and .slot.state == "active"' json
}

@test "a message of vm-slot has the name of a program" {
	echo "slots = disk" >>"$VM_CONF"
	echo 0 >"$LUN/cdrom"
	fails 65 vmctl mount -s 0 "$PWD/one.iso"
	grep -q "^vmctl: the image is a cd, but slot 0 has a disk drive" stderr
	: >hang.vm-fetchd
	fails 75 vmctl mount --timeout 1 -s 0 "$PWD/one.iso"
	grep -q "^vmctl: gave up after 1 s while .*: use a longer --timeout" stderr
}

@test "times that begin with 0 are decimal" {
	mounted --timeout 0100 --outage 010
	[ "$(cat "$D/timeout" "$D/request/outage" | paste -sd,)" = 100,10 ]
	: >"$D/request/writable"
	# An eject computes with this value.
	echo 08 >"$D/request/outage"
	vmctl eject
}

@test "vm-gadget status to a full disk: 74" {
	run -74 sh -c '"$1" status 2>&1 >/dev/full' sh "$BUILD/bin/vm-gadget"
	[[ $output == *"unable to write standard output"* && ${#lines[@]} = 1 ]]
	run -74 sh -c '"$1" status -j 2>&1 >/dev/full' sh "$BUILD/bin/vm-gadget"
	[ "${#lines[@]}" = 1 ]
}

# tells STATUS CAUSE COMMAND...: vmctl COMMAND -j fails like this.
tells() {
	local status=$1 cause=$2
	shift 2
	run "-$status" --separate-stderr vmctl "$@" -j
	echo "$output" >&2
	[ "$(jq -c '[.error.status, .error.cause]' <<<"$output")" = \
		"[$status,\"$cause\"]" ]
	[[ $stderr != *cause:* ]]
}
# failed_by CAUSE: does vmctl status tell it for slot 0, too?
failed_by() {
	[ "$(vmctl status -j -s 0 | jq -r '.slots[0].cause')" = "$1" ]
	[ "$(cat "$D/cause")" = "$1" ]
}

@test "-j tells the cause of each failure of a slot, and status keeps it" {
	sed -i 's/media: cd/media: disk/' bin/vm-probe
	tells 65 type mount -s 0 "$PWD/one.iso"
	failed_by type
	sed -i 's/media: disk/media: cd/' bin/vm-probe
	mounted
	[ ! -e "$D/cause" ]
	[ "$(vmctl status -j -s 0 | jq '.slots[0].cause')" = null ]
	tells 75 busy mount -s 0 "$PWD/two.iso"
	: >locked
	tells 75 locked eject -s 0
	vmctl eject -f -s 0
	: >hang.vm-fetchd
	tells 75 timeout mount -s 0 --timeout 1 "$PWD/one.iso"
	failed_by timeout
	rm hang.vm-fetchd
	printf '#!/bin/sh\n[ "$VM_CAUSES" = 1 ] && echo "vm-fetchd: cause: tls" >&2\n%s\n' \
		'[ "$1" != -n ] || exec "$REAL/vm-fetchd" "$@"' \
		'echo "vm-fetchd: unable to open it" >&2; exit 77' >bin/vm-fetchd
	tells 77 tls mount -s 0 "$PWD/one.iso"
	failed_by tls
	# The word for programs is not in the log for people.
	not grep -r cause: "$D/log"
	# Without that word, the exit status tells the cause.
	sed -i '/cause:/d; s/exit 77/exit 66/' bin/vm-fetchd
	tells 66 missing mount -s 0 "$PWD/one.iso"
}

@test "attach --web tells its cause as a state, and attach by ssh in a line" {
	export VM_WS_PATH=/vm/0 VM_WS_QUERY=''
	mounted
	run -75 --separate-stderr vmctl attach --web </dev/null
	[[ ${stderr_lines[0]} == *"slot 0 holds $PWD/one.iso"* ]]
	[ "${stderr_lines[1]}" = "state: failed busy" ]
	VM_WS_PATH=/vm/9 run -66 --separate-stderr vmctl attach --web </dev/null
	[ "${stderr_lines[1]}" = "state: failed usage" ]
	VM_WS_ENDED="0 by somebody" run -0 --separate-stderr vmctl attach --web </dev/null
	[[ $stderr != *"state: failed"* ]]
	background flock run/0/lock sleep 100
	wait_until 10 not flock -n run/0/lock true
	run -75 --separate-stderr vmctl attach -s 0 - </dev/null
	[ "${stderr_lines[0]}" = "vmctl: cause: timeout" ]
	[[ ${stderr_lines[1]} == *"slot 0 is being used by"* ]]
}

@test "a lock that vmctl waits for too long is a timeout" {
	mkdir -p run/0
	background flock run/0/lock sleep 100
	wait_until 10 not flock -n run/0/lock true
	tells 75 timeout mount -s 0 "$PWD/one.iso"
}

@test "--boot-once: vm-host knows the power where no command is set" {
	echo "host = gpio" >>"$VM_CONF"
	mounted --boot-once
	[ "$(cat "$D/request/power")" = "$PWD/bin/vm-host power" ]
	vmctl eject -s 0
	echo "power = true" >>"$VM_CONF"
	mounted --boot-once
	[ "$(cat "$D/request/power")" = true ]
	vmctl eject -s 0
	mounted
	[ ! -e "$D/request/power" ]
}
