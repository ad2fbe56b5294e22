#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# run: aside
# vm-netboot in a network of the test, without a machine that boots: what it
# prints and refuses, and what it leaves behind. 49-netboot-boot.bats has the
# machines.

load helper
load netboot

A=52:54:00:12:34:81
B=52:54:00:12:34:82

setup_file() {
	requires_root
	start_net
}
teardown_file() {
	stop_net
}
setup() {
	requires_root
	own_directory
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf
	mkdir run
	echo kernel >kernel
	echo initrd >initrd
	echo image >image.iso
	echo loader >loader.kpxe
	echo loader >loader.efi
	chmod 644 kernel initrd image.iso loader.*
	cat >profile <<-'END'
		# A group of machines.
		mac = 52-54-00-12-34-83
		mac = 5254.0012.3484
		kernel = kernel
		initrd = initrd
		initrd = kernel
		cmdline = quiet a="b c"
		boot-once = yes
	END
	LOADERS=(-l bios=loader.kpxe -l efi64=loader.efi)
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 30 said || :
	cleanup
	no_other_server
	no_machine
	wait_until 20 nothing_runs
}
netboot() {
	in_net vm-netboot "$@" 3>&-
}
# refuses STATUS WHAT WORD...: it fails with one line that has WHAT, and leaves
# nothing.
refuses() {
	local want=$1 what=$2
	shift 2
	run --separate-stderr "-$want" netboot "$@"
	echo "$stderr"
	[[ $stderr == "vm-netboot: "*"$what"* ]]
	[ "${#stderr_lines[@]}" = 1 ]
	nothing_runs
}
# plan WORD...: runs vm-netboot -n in each shell; `said` has its output, without
# the parts that depend on the machine.
plan() {
	local shell
	for shell in dash 'busybox sh'; do
		# shellcheck disable=SC2086 # words
		in_net $shell "$BUILD/bin/vm-netboot" -n -i br0 "${LOADERS[@]}" "$@" 3>&- >said.full ||
			return
		sed "s,$PWD,DIR,g; s,$BUILD/bin,BIN,g; s/, version .*//
			s, --perms 0755 --dir /[^e][^ ]*,,g; s, --symlink usr/[^ ]* [^ ]*,,g" \
			said.full >said
	done
}
# part NAME: prints the file of that name in the plan.
part() {
	awk -v name="$1" '/^# ---/ { on = ($3 ~ name "$"); next } on' said.full
}

# --- what it prints -------------------------------------------------------------------

# golden NAME WORD...: the plan equals the golden file, and the servers accept
# its parts. UPDATE=1 writes the golden file.
golden() {
	local name=$1
	shift
	plan "$@"
	[ -z "${UPDATE:-}" ] || cp said "$TOP/t/netboot/$name.plan"
	diff "$TOP/t/netboot/$name.plan" said
	mkdir -p run/netboot/tftp run/netboot/empty run/netboot/tmp
	if part dnsmasq.conf | grep -q .; then
		part dnsmasq.conf >d
		dnsmasq --test -C d 2>&1 | grep OK
	fi
	if part lighttpd.conf | grep -q .; then
		part lighttpd.conf >l
		lighttpd -tt -f l
	fi
	sed -n '/^# --- commands/,$p' said.full | shellcheck -s sh -
}

@test "-n: a kernel, beside another server" {
	golden proxy-kernel -m $A -m $B kernel initrd "console=ttyS0 quiet"
}
@test "-n: a kernel, as the server" {
	golden full-kernel -r 10.77.0.50,20 --gateway 10.77.0.254 --dns 10.77.0.253 \
		-m $A kernel initrd
}
@test "-n: an image for UEFI HTTP Boot, for all" {
	golden proxy-image --any image.iso
}
@test "-n: an image, by sanboot, too" {
	golden full-disk -r 10.77.0.50-10.77.0.60 -m $A --sanboot image.iso
}
@test "-n: Secure Boot" {
	LOADERS=()
	golden proxy-secure -m $A --secure kernel initrd quiet
}
@test "-n: Secure Boot of an image" {
	golden full-secure-image -r 10.77.0.50-10.77.0.60 -m $A --secure image.iso
}
@test "-n: profiles beside others" {
	golden profiles -p profile --any --boot-once image.iso
}

@test "-n starts nothing and writes nothing, and needs no root" {
	chmod 755 . "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR/.."
	in_net setpriv --reuid nobody --clear-groups env TMPDIR=/tmp vm-netboot -n -i br0 \
		"${LOADERS[@]}" -m $A kernel initrd 3>&- >said
	grep -q '^# --- commands' said
	[ ! -e run/netboot ]
}

@test "a flag is accepted and ignored (smee#537): each option changes the plan" {
	local option tried
	plan -m $A -r 10.77.0.50-10.77.0.60 kernel initrd
	cp said before
	tried=' adapter dry-run force json help hook count timeout user password header netrc cacert insecure proxy sha256 sha256-file http-url words '
	changes() {
		plan "$@"
		not cmp -s before said
		tried+="${CHANGED} "
	}
	in_net ip addr add 10.77.0.2/24 dev br0
	local base=(-m $A -r 10.77.0.50-10.77.0.60)
	CHANGED=mac changes "${base[@]}" -m $B kernel initrd
	CHANGED=any changes "${base[@]}" --any kernel initrd
	CHANGED=profile changes "${base[@]}" -p profile kernel initrd
	CHANGED=initrd changes "${base[@]}" --initrd kernel kernel initrd
	CHANGED=range changes -m $A -r 10.77.0.50-10.77.0.61 kernel initrd
	CHANGED=gateway changes "${base[@]}" --gateway 10.77.0.9 kernel initrd
	CHANGED=dns changes "${base[@]}" --dns 10.77.0.9 kernel initrd
	CHANGED=ra changes "${base[@]}" --ra kernel initrd
	CHANGED=dhcp changes "${base[@]}" --dhcp 10.77.0.2 kernel initrd
	CHANGED=dhcp changes "${base[@]}" --dhcp off kernel initrd
	CHANGED=tftp changes "${base[@]}" --tftp off kernel initrd
	CHANGED=tftp changes "${base[@]}" --tftp 10.77.0.7 kernel initrd
	CHANGED=http changes "${base[@]}" --http 10.77.0.2:8080 kernel initrd
	CHANGED=http changes "${base[@]}" --http off --http-url http://10.77.0.7 kernel initrd
	CHANGED=loader changes "${base[@]}" -l efi32=loader.efi kernel initrd
	CHANGED=secure changes "${base[@]}" --secure kernel initrd
	CHANGED=boot-once changes "${base[@]}" --boot-once kernel initrd
	plan "${base[@]}" image.iso
	cp said before
	CHANGED=sanboot changes "${base[@]}" --sanboot image.iso
	in_net ip addr del 10.77.0.2/24 dev br0
	# Every option of the table was tried, except those about the run
	# itself.
	sed -n '/^OPTIONS="/,/^"/s/^\([a-z0-9-]*\)|.*/\1/p' "$TOP/scripts/lib/netboot-table.sh" |
		while read -r option; do
			[[ $tried == *" $option "* ]] || { echo "not tried: $option"; false; }
		done
}

# --- what it refuses ------------------------------------------------------------------

@test "the adapter: none, no such one, without an address, a strange name" {
	refuses 64 "write the adapter" -m $A kernel initrd
	refuses 66 "there is no adapter eth9" -i eth9 -m $A kernel initrd
	in_net ip link add none0 type bridge
	refuses 78 "none0 has no IPv4 address" -i none0 -m $A kernel initrd
	in_net ip link del none0
	refuses 64 "not the name of an adapter" -i '../br0' -m $A kernel initrd
}

@test "VM_RUN_DIR with a space: one clear line" {
	export VM_RUN_DIR="$PWD/a run"
	refuses 64 "VM_RUN_DIR is $PWD/a run" -i br0 -m $A kernel initrd
	refuses 64 "VM_RUN_DIR is $PWD/a run" -n -i br0 -m $A kernel initrd
	[ ! -e "a run" ]
}

@test "addresses that are not ours, and a range outside" {
	refuses 64 "br0 has no such address" -i br0 -m $A --dhcp 10.77.0.3 kernel initrd
	refuses 64 "br0 has no such address" -i br0 -m $A --http 10.77.0.3 kernel initrd
	refuses 64 "not an IPv4 address" -i br0 -m $A --http 10.77.0.256 kernel initrd
	refuses 64 "not a port" -i br0 -m $A --http 10.77.0.1:70000 kernel initrd
	refuses 64 "is not in the network" -i br0 -m $A -r 10.78.0.5,5 kernel initrd
	refuses 64 "is not in the network" -i br0 -m $A -r 10.77.0.250,10 kernel initrd
	refuses 64 "is not in the network" -i br0 -m $A -r 10.77.0.0-10.77.0.9 kernel initrd
	refuses 64 "our own address" -i br0 -m $A -r 10.77.0.1-10.77.0.9 kernel initrd
	refuses 64 "is lower than the first" -i br0 -m $A -r 10.77.0.9-10.77.0.5 kernel initrd
	refuses 64 "not FIRST-LAST" -i br0 -m $A -r 10.77.0.9 kernel initrd
	refuses 64 "need --range" -i br0 -m $A --gateway 10.77.0.9 kernel initrd
}

@test "files: missing, a directory, a socket, and not for dnsmasq" {
	refuses 66 "there is no such file" -i br0 -m $A nowhere initrd
	refuses 66 "there is no such file" -i br0 -m $A kernel nowhere
	refuses 66 "it is a directory" -i br0 -m $A . initrd
	mkfifo fifo
	refuses 66 "it is not a file" -i br0 -m $A kernel fifo
	refuses 66 "there is no such file" -i br0 -m $A -l bios=nowhere kernel initrd
	chmod 600 kernel
	refuses 66 "chmod o+r" -i br0 -m $A --secure kernel initrd
	refuses 64 "by TFTP" -i br0 -m $A --secure https://localhost/kernel initrd
}

@test "words: MACs, the command line, what nobody would boot" {
	local mac
	for mac in '' 52:54:00:12:34 52:54:00:12:34:8g 52-54:00:12:34:81 01:00:5e:00:00:01 \
		00:00:00:00:00:00 525400123; do
		refuses 64 "not the MAC of a machine" -i br0 -m "$mac" kernel initrd
	done
	refuses 64 "which machines? write --mac" -i br0 kernel initrd
	refuses 64 "what do they boot" -i br0 -m $A
	refuses 64 "more than three arguments" -i br0 -m $A kernel initrd a b
	refuses 64 "name the machine" -i br0 -m $A -m "${A//:/-}" kernel initrd
	run -65 netboot -n -i br0 -m $A kernel initrd $'a\tb'
	run -65 netboot -n -i br0 -m $A kernel initrd 'a ${b}'
	refuses 64 "there is no option --frobnicate" -i br0 --frobnicate
	refuses 78 "sanboot is for an image" -i br0 -m $A --sanboot kernel initrd
	refuses 78 "there is no sanboot" -i br0 -m $A --sanboot --secure image.iso
	refuses 64 "write --http-url" -i br0 -m $A --http off kernel initrd
}

@test "a MAC in any usual spelling is written in one" {
	local mac
	for mac in 52:54:00:AB:34:81 52-54-00-ab-34-81 5254.00Ab.3481 525400ab3481; do
		plan -m $mac kernel initrd
		grep -x 'dhcp-host=52:54:00:ab:34:81,set:m1,set:script' said
	done
}

@test "profiles: what is wrong with one, by its name" {
	local line
	while IFS='|' read -r line want; do
		printf '%b\n' "$line" >bad
		refuses 78 "$want" -i br0 -p bad
	done <<-'END'
		mac = 525400123481|has neither image nor kernel: write
		kernel = kernel|names no machine
		mac = x|not the MAC of a machine
		mac = 525400123481\nkernel = kernel\nimage = image.iso|has both image and kernel: remove
		mac = 525400123481\nkernal = kernel|there is no setting kernal
		mac = 525400123481\nsecure = perhaps|write yes or no
		nonsense|the line must be NAME = VALUE
	END
	refuses 66 "unable to read the profile" -i br0 -p nowhere
}

@test "programs: one that is missing, or too old, and no iPXE" {
	mkdir programs
	for program in sh ip sed grep tr cut mktemp rm mkdir cat cp ln find sort awk id od tail \
		dnsmasq lighttpd bwrap setpriv sha256sum dpkg-query unshare readlink; do
		ln -s "$(command -v $program)" programs/
	done
	export VM_PATH=$PWD/programs
	rm programs/bwrap
	refuses 69 "install the package bubblewrap" -i br0 -m $A kernel initrd
	ln -s "$(command -v bwrap)" programs/
	rm programs/dnsmasq
	refuses 69 "install the package dnsmasq-base" -i br0 -m $A kernel initrd
	printf '#!/bin/sh\necho "Dnsmasq version 2.76  Copyright"\n' >programs/dnsmasq
	chmod +x programs/dnsmasq
	refuses 69 "dnsmasq 2.76 is too old" -i br0 -m $A kernel initrd
}

# --- it runs --------------------------------------------------------------------------

# serves: do both servers answer?
serves() {
	[ "$(in_net curl -s -o /dev/null -w '%{http_code}' http://10.77.0.1/x)" = 403 ] &&
		in_net ss -lun | grep -q ':69 '
}
# named NAME: prints the pids of programs of that name in the network.
named() {
	local pid
	for pid in $(ip netns pids "$NET"); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$1" ] || echo "$pid"
	done
}

@test "nobody can tell whether it will break the network (smee#10): the first line says it" {
	runs "${LOADERS[@]}" -m $A kernel initrd
	head -n 1 said | grep 'gives no addresses; it serves only the machines with --mac'
	kill "$RUNS"
	wait "$RUNS" || :
	runs "${LOADERS[@]}" -r 10.77.0.50,20 --any kernel initrd
	head -n 1 said | grep 'gives addresses 10.77.0.50 to 10.77.0.69 .*; it serves every machine'
}

@test "the commands of -n are those that run" {
	runs "${LOADERS[@]}" -m $A kernel initrd
	wait_until 20 serves
	plan -m $A kernel initrd
	sed -n '/^# --- commands/,$p' said.full | grep -v '^#' | sort >planned
	for pid in $(named bwrap); do
		tr '\0' ' ' <"/proc/$pid/cmdline" | sed 's/ $//'
		echo
	done | sort -u | grep . >run.args
	diff planned run.args
}

@test "the servers have users of their own, few capabilities, and see only their directory" {
	local pid
	runs "${LOADERS[@]}" -m $A kernel initrd
	wait_until 20 serves
	pid=$(named dnsmasq)
	[ "$(stat -c %U "/proc/$pid")" = vmedia-dhcp ]
	grep -x 'CapEff:.0000000000003400' "/proc/$pid/status"
	grep -x 'NoNewPrivs:.1' "/proc/$pid/status"
	[ ! -e "/proc/$pid/root/root" ]
	[ ! -e "/proc/$pid/root/etc/shadow" ]
	pid=$(named lighttpd)
	[ "$(stat -c %U "/proc/$pid")" = vmedia-http ]
	grep -x 'CapEff:.0000000000000400' "/proc/$pid/status"
	[ ! -e "/proc/$pid/root/home" ]
	for pid in $(named vm-netboot-http); do
		grep -x 'CapEff:.0000000000000000' "/proc/$pid/status"
	done
	# No other process sees the files that are served.
	[ -z "$(ls -A run/netboot)" ]
}

@test "SIGTERM: nothing runs, no file is left" {
	runs "${LOADERS[@]}" -m $A kernel initrd
	kill "$RUNS"
	ends 143
	wait_until 20 nothing_runs
	[ -z "$(ls -A run/netboot)" ]
}

@test "kill -9 of vm-netboot, at ten moments: nothing runs, no file is left" {
	local i
	RANDOM=${SEED:-$$}
	echo "SEED=${SEED:-$$}"
	head -c 1M /dev/urandom >far.iso
	chmod 600 far.iso
	echo "allow_file = $PWD" >conf
	for i in 1 2 3 4 5 6 7 8 9 10; do
		# Every second time with a vmctl export, which has its own
		# programs.
		ip netns exec "$NET" vm-netboot -i br0 "${LOADERS[@]}" -m $A \
			$([ $((i % 2)) = 0 ] && echo far.iso || echo kernel initrd) \
			2>said 3>&- &
		sleep "$((RANDOM % 2)).$((RANDOM % 10))"
		kill -KILL $!
		wait $! || :
		wait_until 20 nothing_runs
		[ -z "$(ls -A run/netboot 2>/dev/null)" ]
	done
}

@test "kill -9 of vm-netboot while its programs begin: they end, too" {
	# A slow bwrap, so the kill comes before it runs the programs.
	mkdir slow
	printf '#!/bin/sh\nsleep 2\nexec %s "$@"\n' "$(command -v bwrap)" >slow/bwrap
	chmod +x slow/bwrap
	VM_PATH=$PWD/slow:$PATH background ip netns exec "$NET" vm-netboot -i br0 \
		"${LOADERS[@]}" -m $A kernel initrd 2>said
	wait_until 20 eval '[ "$(named bwrap | wc -l)" -ge 4 ]'
	kill -KILL "${STARTED[-1]}"
	wait "${STARTED[-1]}" || :
	wait_until 10 nothing_runs
	[ -z "$(ls -A run/netboot)" ]
}

@test "kill -9 of dnsmasq and of lighttpd: they serve again; again and again: it ends" {
	local i name
	started_again() {
		[ "$(grep -c 'has ended, and was started again' said)" = "$1" ]
	}
	runs "${LOADERS[@]}" -m $A kernel initrd
	i=0
	for name in dnsmasq lighttpd dnsmasq lighttpd; do
		wait_until 20 serves
		kill -KILL "$(named $name)"
		i=$((i + 1))
		wait_until 20 started_again $i
		wait_until 30 serves
	done
	for i in 1 2; do
		wait_until 30 eval '[ -n "$(named dnsmasq)" ] || ! kill -0 $RUNS'
		kill -KILL $(named dnsmasq) 2>/dev/null || :
		wait_until 30 eval '[ -z "$(named dnsmasq)" ]' || :
	done
	ends 71
	grep "ends again and again" said
}

@test "kill -9 of what brings a URL: it is brought again; again and again: it ends" {
	local i
	head -c 1M /dev/urandom >far.iso
	chmod 600 far.iso
	echo "allow_file = $PWD" >conf
	runs "${LOADERS[@]}" -m $A far.iso
	machine $A 10.77.0.41
	has_it() {
		gets "$(token $A)/image.iso" | cmp -s - far.iso
	}
	for i in 1 2 3 4 5; do
		wait_until 20 has_it
		kill -KILL "$(named vmctl | head -n 1)"
		wait_until 20 eval '[ "$(grep -c "note: the source $PWD/far.iso has ended" said)" = $i ]'
	done
	wait_until 20 has_it
	kill -KILL "$(named vmctl | head -n 1)"
	ends 69
	grep "the source $PWD/far.iso ends again and again" said
	wait_until 20 nothing_runs
}

@test "kill -9 of the filter of the log: it ends, with everything" {
	runs "${LOADERS[@]}" -m $A kernel initrd
	kill -KILL "$(named vm-netboot-log)"
	ends 71
	wait_until 20 nothing_runs
}

@test "a port that is taken: 69, and why" {
	background ip netns exec "$NET" python3 -m http.server -b 10.77.0.1 80 >/dev/null 2>&1
	wait_until 20 in_net curl -s -o /dev/null http://10.77.0.1/
	run -69 netboot -i br0 "${LOADERS[@]}" -m $A kernel initrd
	[[ $output == *"unable to start lighttpd: "*"ddress already in use"* ]]
	cleanup
	background ip netns exec "$NET" python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.77.0.1", 69))
time.sleep(1000)'
	wait_until 20 eval 'in_net ss -lun | grep -q ":69 "'
	run -69 netboot -i br0 "${LOADERS[@]}" -m $A kernel initrd
	[[ $output == *"unable to start dnsmasq: "* ]]
}

@test "each program must be ready before it is said that vm-netboot serves" {
	local name
	printf '#!/bin/sh\necho "vm-x: no" >&2\nexit 1\n' >no
	chmod 755 no
	for name in vm-netboot-http lighttpd; do
		rm -rf tree
		mkdir tree
		cp -a "$BUILD/bin" "$BUILD/lib" tree
		cp no "tree/bin/$name"
		run -69 in_net "$PWD/tree/bin/vm-netboot" -i br0 "${LOADERS[@]}" -m $A \
			kernel initrd
		echo "$output"
		[[ $output == *"unable to start ${name#vm-netboot-}: vm-x: no" ]]
		[[ $output != *"it serves"* ]]
	done
}

@test "two on one adapter: the second is refused, and names the first" {
	runs "${LOADERS[@]}" -m $A kernel initrd
	run -75 netboot -i br0 "${LOADERS[@]}" -m $B kernel initrd
	[[ $output == *"another vm-netboot serves br0: process "* ]]
	serves
}

# machine MAC ADDRESS: makes the namespace $NET-m$WHO, a machine in the network.
# WHO is empty if there is only one.
machine() {
	local m=$NET-m${WHO:-} link=m${WHO:-}-
	ip netns add "$m"
	ip link add "$link$$" type veth peer name "$link" netns "$NET"
	ip link set "$link$$" netns "$m" name m0 address "$1"
	ip -n "$m" addr add "$2/24" dev m0
	ip -n "$m" link set m0 up
	in_net ip link set "$link" master br0 up
}
# no_machine: removes the machines. A namespace disappears with a delay, but its
# link must be gone before the next one.
no_machine() {
	local m
	for m in "/run/netns/$NET-m"*; do
		[ -e "$m" ] || continue
		in_net ip link del "${m##*-}-"
		ip netns del "${m##*/}"
	done
}
# by_machine COMMAND...: runs it in the machine.
by_machine() {
	ip netns exec "$NET-m${WHO:-}" "$@"
}
# gets PATH: prints what the machine gets by HTTP.
gets() {
	by_machine curl -sS -f --path-as-is "http://10.77.0.1/$1" "${@:2}"
}
# token MAC: prints the machine's token, which only vm-netboot's own mounts
# show.
token() {
	cat "/proc/$RUNS/root$PWD/run/netboot/machines/${1//:/-}/token"
}

@test "a file comes to its machine alone, also one that only root may read" {
	local token
	head -c 1M /dev/urandom >far.iso
	chmod 600 far.iso
	echo "allow_file = $PWD" >conf
	runs "${LOADERS[@]}" -m $A far.iso
	machine $B 10.77.0.40
	token=$(token $A)
	run -22 gets "$token/image.iso"
	[[ $output == *403* ]]
	no_machine
	machine $A 10.77.0.41
	gets "$token/image.iso" | cmp - far.iso
	gets "/$token//image.iso" | cmp - far.iso
	run -22 gets "$token/../../dnsmasq.conf"
	no_machine
	# The output contains the machine's token nowhere.
	not grep "$token" said
}

# --- what it answers ------------------------------------------------------------------

# ask SECONDS MAC WORD...: prints the answers that the machine gets to this
# message.
ask() {
	by_machine "$TOP/t/netboot/ask" -t "$1" m0 "${@:2}"
}
takes_loader() {
	by_machine curl -sS -o "got${WHO:-}" -m 20 tftp://10.77.0.1/loader.kpxe
}
BIOS=(arch=0 vendor=PXEClient:Arch:00000:UNDI:002001)

@test "unknown machines get nothing, in each stage alike (tinkerbell#223)" {
	local mode
	for mode in "" "-r 10.77.0.50,10"; do
		# shellcheck disable=SC2086 # words
		runs "${LOADERS[@]}" $mode -m $A kernel initrd
		machine $B 10.77.0.42
		[ -z "$(ask 3 $B "${BIOS[@]}")" ]
		[ -z "$(ask 3 $B)" ]
		not takes_loader
		run -22 gets "$(token $A)/boot.ipxe"
		no_machine
		# The same questions from the right machine are answered.
		machine $A 10.77.0.41
		ask 8 $A "${BIOS[@]}" | grep 10.77.0.1
		takes_loader
		cmp got loader.kpxe
		gets "$(token $A)/boot.ipxe" | grep '^kernel http'
		no_machine
		kill "$RUNS"
		ends 143
	done
}

@test "ROMs without option 97 (pixiecore#21), and architecture 0 on port 4011 (netboot#132)" {
	runs "${LOADERS[@]}" -m $A kernel initrd
	machine $A 10.77.0.41
	ask 3 $A "${BIOS[@]}" guid=00112233445566778899aabbccddeeff00 | grep '^2 10.77.0.1 0.0.0.0'
	ask 3 $A "${BIOS[@]}" | grep '^2 10.77.0.1 0.0.0.0'
	ask 3 $A "${BIOS[@]}" type=3 port=4011 to=10.77.0.1 ciaddr=10.77.0.41 |
		grep '^5 10.77.0.1 '
	ask 3 $A "${BIOS[@]}" type=3 port=4011 to=10.77.0.1 ciaddr=10.77.0.41 item=32768 |
		grep '^5 10.77.0.1 .*loader.kpxe'
	# iPXE itself gets the script.
	ask 3 $A "${BIOS[@]}" user=iPXE | grep "http://10.77.0.1/$(token $A)/boot.ipxe"
}

@test "each architecture gets its loader, one without a loader nothing" {
	local arch
	runs "${LOADERS[@]}" -r 10.77.0.50,10 -m $A kernel initrd
	machine $A 10.77.0.41
	ask 8 $A "${BIOS[@]}" | grep loader.kpxe
	for arch in 7 9; do
		ask 3 $A arch=$arch vendor=PXEClient:Arch:0000$arch:UNDI:003016 | grep loader.efi
	done
	ask 3 $A arch=16 vendor=HTTPClient:Arch:00016:UNDI:003001 |
		grep "http://10.77.0.1/$(token $A)/loader.efi"
	for arch in 6 11 27; do
		[ -z "$(ask 3 $A arch=$arch vendor=PXEClient:Arch:000$arch:UNDI:003016)" ]
	done
	wait_until 20 grep "$A ignored" said
}

@test "leases that others gave: neither RENEW nor INIT-REBOOT gets an answer" {
	runs "${LOADERS[@]}" -r 10.77.0.50,10 -m $A kernel initrd
	machine $A 10.77.0.41
	[ -z "$(ask 3 $A type=3 ciaddr=10.77.0.133)" ]
	[ -z "$(ask 3 $A type=3 want=10.77.0.133)" ]
	[ -z "$(ask 3 $A type=3 want=10.77.0.133 server=10.77.0.9)" ]
	[ -z "$(ask 3 $B type=3 want=192.168.7.7)" ]
}

@test "a machine that takes the loader three times is in a loop, and gets no more" {
	local i
	runs "${LOADERS[@]}" -m $A kernel initrd
	machine $A 10.77.0.41
	for i in 1 2 3; do
		not grep "gets no more" said
		ask 1 $A "${BIOS[@]}" | grep 10.77.0.1
		takes_loader
		wait_until 20 eval '[ "$(grep -c "$A loader" said)" = $i ]'
	done
	grep "$A: it took the boot loader 3 times and did not go on: it gets no more" said
	wait_until 20 eval '[ -z "$(ask 3 $A "${BIOS[@]}")" ]'
	serves
}

@test "three machines at once, one of them in a loop: the others boot their own, and --count 2 ends" {
	local round pids pid
	local -A mac token
	for WHO in 1 2 3; do
		mac[$WHO]=52:54:00:12:34:8$WHO
		machine "${mac[$WHO]}" 10.77.0.4$WHO
		echo "kernel of $WHO" >kernel$WHO
		printf '%s\n' "mac = ${mac[$WHO]}" "kernel = kernel$WHO" "initrd = initrd" \
			"cmdline = who=$WHO" >profile$WHO
	done
	chmod 644 kernel?
	# On a terminal of 200 columns, where each machine has a line.
	echo "stty cols 200; exec ip netns exec $NET vm-netboot -i br0 ${LOADERS[*]} --count 2" \
		"-p profile1 -p profile2 -p profile3" >run.sh
	TERM=xterm background script -qefc "exec sh run.sh" typescript </dev/null >said
	RUNS=${STARTED[-1]}
	wait_until 60 has_begun
	for WHO in 1 2 3; do
		token[$WHO]=$(RUNS=$(pgrep -P "$RUNS") token "${mac[$WHO]}")
	done
	# The third machine never gets further than the loader.
	goes_on() {
		case $WHO-$1 in
		?-1 | 3-?)
			ask 1 "${mac[$WHO]}" "${BIOS[@]}" | grep 10.77.0.1
			takes_loader
			;;
		esac
		case $WHO-$1 in
		[12]-1) gets "${token[$WHO]}/boot.ipxe" | grep "^kernel .*who=$WHO$" ;;
		[12]-2) gets "${token[$WHO]}/kernel" | cmp - kernel$WHO ;;
		[12]-3) gets "${token[$WHO]}/initrd0" | cmp - initrd ;;
		esac
	}
	for round in 1 2 3; do
		not grep "gets no more" said
		pids=''
		for WHO in 1 2 3; do
			goes_on $round 3>&- &
			pids+=" $!"
		done
		for pid in $pids; do
			wait "$pid"
		done
	done
	wait_until 20 grep "${mac[3]}: it took the boot loader 3 times and did not go on" said
	WHO=3
	wait_until 20 eval '[ -z "$(ask 1 "${mac[3]}" "${BIOS[@]}")" ]'
	not takes_loader
	for WHO in 1 2; do
		ask 1 "${mac[$WHO]}" "${BIOS[@]}" | grep 10.77.0.1
		gets "${token[$WHO]}/done"
	done
	ends 0
	# The last lines stay on the terminal.
	sed 's/\r//g; s/^.*\x1b\[J//' said | tail -n 3 >lines
	grep -E "^${mac[1]} .* booted " lines
	grep -E "^${mac[2]} .* booted " lines
	grep -E "^${mac[3]} .* loop .* it took the boot loader 3 times .* it gets no more" lines
}

@test "--timeout names each machine's last stage, and the likely cause" {
	machine $A 10.77.0.41
	runs "${LOADERS[@]}" --timeout 20 -m $A -m $B kernel initrd
	ask 1 $A "${BIOS[@]}"
	takes_loader
	ends 75
	grep "$A: loader: it loaded the boot loader, but never the script: did Secure" said
	grep "gave up after 20 s: 0 machines have booted" said
}

@test "-j: each event is an object, and the end, too" {
	machine $A 10.77.0.41
	runs "${LOADERS[@]}" -j --timeout 20 -m $A kernel initrd
	ask 1 $A "${BIOS[@]}"
	ends 75
	jq -s -e '.[0].mac == "'$A'" and (.[0] | .schema == 1 and .stage == "ask") and
		.[-1].error.status == 75' out
}

write_hook() {
	cat >hook <<-'END'
		#!/bin/sh
		echo "$*" >>hooked
		[ "$2" = fetched ]
	END
	chmod +x hook
}
@test "the hook runs for each event; its 0 after the files is the sign of a boot" {
	write_hook
	echo '[ -e left ] || { sleep 100 & echo $! >left; }' >>hook
	echo '[ "$2" = fetched ]' >>hook
	runs "${LOADERS[@]}" --count 1 --hook "$PWD/hook" -m $A kernel initrd
	machine $A 10.77.0.41
	gets "$(token $A)/boot.ipxe"
	gets "$(token $A)/kernel"
	gets "$(token $A)/initrd0"
	ends 0
	diff - hooked <<-END
		$A script
		$A kernel
		$A fetched
	END
	# A process that the hook started is not killed.
	sleep 1
	kill "$(cat left)"
}

# asks_as_system: asks for an address as a booted system does, also from another
# server.
asks_as_system() {
	ask 0.2 "$@" >/dev/null
}
@test "beside another server, too, a plain question after the files is the sign of a boot" {
	runs "${LOADERS[@]}" --count 1 -m $A kernel initrd
	machine $A 10.77.0.41
	gets "$(token $A)/boot.ipxe"
	gets "$(token $A)/kernel"
	asks_as_system $A
	asks_as_system $B
	wait_until 20 grep "$A ask plain" said
	gets "$(token $A)/initrd0"
	wait_until 20 grep "$A initrd" said
	ask 1 $A "${BIOS[@]}" user=iPXE
	asks_as_system $B
	wait_until 20 grep "$A ask ipxe" said
	sleep 1.5
	kill -0 "$RUNS"
	asks_as_system $A type=3 want=10.77.0.100
	ends 0
}

@test "ranges are a whole file when they have all of it" {
	head -c 100000 /dev/urandom >image.iso
	write_hook
	runs "${LOADERS[@]}" --hook "$PWD/hook" --count 1 -m $A image.iso
	machine $A 10.77.0.41
	range() {
		gets "$(token $A)/image.iso" -r "$1" -o range
	}
	# The same part twice, and all other bytes but one.
	range 0-49999
	range 0-49999
	range 60001-
	range 50000-59999
	wait_until 20 grep "image.iso .* range 50000-59999/100000" said
	not grep -x "$A fetched" hooked
	range 59999-60001
	ends 0
	grep -x "$A fetched" hooked
}

@test "boot-once: after done, the script says exit" {
	runs "${LOADERS[@]}" --boot-once -m $A kernel initrd 'x=%done'
	machine $A 10.77.0.41
	gets "$(token $A)/boot.ipxe" | grep "x=http://10.77.0.1/$(token $A)/done"
	gets "$(token $A)/done"
	wait_until 20 eval 'gets "$(token $A)/boot.ipxe" | grep -x exit'
	run -22 gets "$(token $A)/kernel"
}

@test "--sha256: an image that is another one is not served" {
	head -c 1M /dev/urandom >far.iso
	echo "allow_file = $PWD" >conf
	run -65 netboot -i br0 -m $A --sha256 "$(sha256sum <kernel | cut -c 1-64)" far.iso
	[[ $output == *"SHA-256"* ]]
	runs -m $A --sha256 "$(sha256sum <far.iso | cut -c 1-64)" far.iso
}

@test "a flood of made-up MACs: the machine is answered" {
	runs "${LOADERS[@]}" -m $A kernel initrd
	machine $A 10.77.0.41
	# As many packets as possible, all the time.
	background ip netns exec "$NET-m" "$TOP/t/netboot/flood" m0
	sleep 3
	ask 3 $A "${BIOS[@]}" | grep 10.77.0.1
	[ "$(ls "/proc/$RUNS/root$PWD/run/netboot/seen")" = "${A//:/-}" ]
}

@test "300 idle connections of one address, again and again: another machine boots" {
	local name
	runs "${LOADERS[@]}" -m $A kernel initrd
	WHO=1 machine $B 10.77.0.42
	background ip netns exec "$NET-m1" "$TOP/t/netboot/hold" 10.77.0.1 80 300
	held() {
		[ "$(in_net ss -Htn state established dst 10.77.0.42 | wc -l)" -ge 300 ]
	}
	wait_until 20 held
	machine $A 10.77.0.41
	for name in boot.ipxe kernel initrd0; do
		gets "$(token $A)/$name" -m 4 -o got
	done
	held
}

@test "500 malformed packets, and 10000 requests: nothing is sent that is not the machine's" {
	local seed=${SEED:-$$}
	echo "SEED=$seed"
	runs "${LOADERS[@]}" -m $A kernel initrd
	machine $A 10.77.0.41
	by_machine "$TOP/t/netboot/junk" "$seed" 10.77.0.1 "$(token $A)"
	serves
	ask 3 $A "${BIOS[@]}" | grep 10.77.0.1
	gets "$(token $A)/kernel" | cmp - kernel
	not grep "$(token $A)" said out
}

@test "a kernel and an initrd that vmctl export brings come byte for byte, also packed ones" {
	mkdir far
	gzip <kernel >far/initrd.gz
	cp "${VM_CACHE:-$HOME/.cache/vm-run}/vmlinuz" far/kernel
	# Its length is not a multiple of the sector size.
	echo end >>far/kernel
	chmod 600 far/*
	echo "allow_file = $PWD/far" >conf
	runs "${LOADERS[@]}" -m $A far/kernel far/initrd.gz
	machine $A 10.77.0.41
	gets "$(token $A)/kernel" | cmp - far/kernel
	gets "$(token $A)/initrd0" | cmp - far/initrd.gz
}

@test "--any --boot-once: one machine that has booted does not stop the others" {
	runs "${LOADERS[@]}" --any --boot-once kernel initrd
	machine $A 10.77.0.41
	TOKEN=$(cat "/proc/$RUNS/root$PWD/run/netboot/machines/any/token")
	gets "$TOKEN/done"
	wait_until 20 eval 'gets "$TOKEN/boot.ipxe" | grep -x exit'
	no_machine
	machine $B 10.77.0.42
	gets "$TOKEN/boot.ipxe" | grep '^kernel'
}

@test "the adapter disappears, or its address: it ends, and says so" {
	runs "${LOADERS[@]}" -m $A kernel initrd
	in_net ip addr del 10.77.0.1/24 dev br0
	ends 78
	in_net ip addr add 10.77.0.1/24 dev br0
	grep "br0 has " said
	in_net ip link add other0 type bridge
	in_net ip addr add 10.78.0.1/24 dev other0
	in_net ip link set other0 up
	background ip netns exec "$NET" vm-netboot -i other0 "${LOADERS[@]}" -m $A kernel initrd 2>said
	RUNS=${STARTED[-1]}
	wait_until 20 has_begun
	in_net ip link del other0
	ends 66
	grep "other0 has disappeared: stopped" said
}

@test "secrets of URLs are in no message and no command line" {
	refuses 64 "https://...@h/k?..." -i br0 -m $A --secure 'https://u:SECRET@h/k?tok=SECRET' initrd
	refuses 64 "write a URL that begins with https://" -i br0 -m $A 'HTTPS://u:SECRET@h/k.iso'
	not grep SECRET <<<"$stderr"
	printf '%s\n' -i br0 -m $A --timeout 600 'https://u:SECRET@10.77.0.1:9/k.iso' >words
	background ip netns exec "$NET" python3 -c 'import socket, time
s = socket.create_server(("10.77.0.1", 9))
time.sleep(1000)'
	wait_until 20 eval 'in_net ss -ltn | grep -q ":9 "'
	background ip netns exec "$NET" vm-netboot --words words 2>said
	wait_until 20 eval '[ -n "$(named vmctl)$(named vm-fetchd)" ]'
	ps axww -o args >commands
	not grep SECRET commands
}

# --- beside other servers -------------------------------------------------------------

@test "another DHCP server answers: a range is refused, and --force says so" {
	other_server
	run -75 netboot -i br0 "${LOADERS[@]}" -r 10.77.0.50,10 -m $A kernel initrd
	[[ $output == *"another DHCP server answers on br0, 10.77.0.9"*"--force" ]]
	runs "${LOADERS[@]}" -r 10.77.0.50,10 --force -m $A kernel initrd
	grep "started by --force, although another DHCP server answers on br0, 10.77.0.9" said
	kill "$RUNS"
	wait "$RUNS" || :
	# A proxy works beside another server.
	runs "${LOADERS[@]}" -m $A kernel initrd
	no_other_server
}

@test "machines of the other server get the same answers as without us, byte for byte" {
	local kind n
	questions() {
		n=0
		for kind in "type=1" "type=1 vendor=udhcp" "type=3 server=10.77.0.9 want=$1" \
			"type=3 want=$1" "type=3 want=10.77.0.99" "type=3 ciaddr=$1"; do
			n=$((n + 1))
			# shellcheck disable=SC2086 # words
			by_machine "$TOP/t/netboot/ask" -x -t 2 m0 "$MAC" $kind |
				sed "s/^/$n /"
		done
	}
	other_server
	machine $A 10.77.0.41
	for MAC in $A $B; do
		IP=$(ask 2 $MAC type=1 | cut -d ' ' -f 3)
		questions "$IP" >"without.$MAC"
		grep -c . "without.$MAC"
	done
	runs "${LOADERS[@]}" -m $A kernel initrd
	for MAC in $A $B; do
		IP=$(ask 2 $MAC type=1 | cut -d ' ' -f 3)
		questions "$IP" | diff "without.$MAC" -
	done
	no_other_server
}

@test "a server that appears later stops ours within 70 s" {
	runs "${LOADERS[@]}" -r 10.77.0.50,10 -m $A kernel initrd
	other_server
	ends 75
	grep "another DHCP server has appeared on br0, 10.77.0.9: stopped" said
	no_other_server
}

@test "the adapter has the default route: a range is refused" {
	in_net ip route add default via 10.77.0.254
	run -78 netboot -i br0 "${LOADERS[@]}" -r 10.77.0.50,10 -m $A kernel initrd
	in_net ip route del default
	[[ $output == *"br0 has the default route"* ]]
}

@test "what cannot be probed is not started" {
	in_net ip link set br0 down
	run netboot -i br0 "${LOADERS[@]}" -r 10.77.0.50,10 -m $A kernel initrd
	in_net ip link set br0 up
	[ "$status" = 69 ]
	[[ $output == *"is down"* ]]
}
