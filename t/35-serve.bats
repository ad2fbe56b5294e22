#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmctl serve, to vm-ws-proxy with an NBD client behind it. (79-serve-vm.bats
# tests it with a slot, and over ssh.)

load helper
load servers

vmctl() {
	dash "$BUILD/bin/vmctl" "$@"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf TMPDIR=$PWD/tmp
	mkdir tmp
	chmod 755 . tmp # nbdkit runs as nobody
	head -c 3M /dev/urandom >image
	make_cert bmc
	PORT=$(free_port)
}

# start_bmc [OPTION...] COMMAND...: starts vm-ws-proxy at $AT, over TLS.
start_bmc() {
	rm -f bmc.at
	background vm-ws-proxy -v -e -l "127.0.0.1:$PORT" -c bmc.pem \
		-k bmc.key "$@" >bmc.at 2>>bmc.err
	PROXY=${STARTED[-1]}
	wait_until 5 test -s bmc.at
	AT=localhost:$PORT
}

# kill_bmc: kills vm-ws-proxy and all of its connections, to free the port.
kill_bmc() {
	kill -KILL "$PROXY" $(pgrep -P "$PROXY")
	wait "$PROXY" || :
}

# start_serve OPTION...: starts vmctl serve in the background; it does not
# ignore SIGINT (^C), as background jobs usually do.
start_serve() {
	background env --default-signal=INT dash "$BUILD/bin/vmctl" serve \
		--cacert ca.pem "$@" image "wss://$AT/vm/0" >out 2>err
	SERVE=${STARTED[-1]}
}

# nothing_stays: has serve ended without leaving anything behind?
nothing_stays() {
	! ls -d run/tmp.* 2>/dev/null && ! pgrep -f "$PWD/run/tmp" >/dev/null
}

@test "a file, a device and a URL are read there, and an end there ends it" {
	start_bmc nbdread -p -f "$PWD/image" - 0 3M
	run -0 vmctl serve --cacert ca.pem image "wss://$AT/vm/0"
	[[ $output == *"image was ejected" ]]
	wait_until 5 nothing_stays
	[ "$(vmctl serve -j --cacert ca.pem "$PWD/image" "wss://$AT/vm/0" 2>/dev/null)" = \
		'{"schema": 1, "ended": "ejected"}' ]
	start_hostile image
	vmctl serve --cacert ca.pem "$HOSTILE/ok/image" "wss://$AT/vm/0"
	wait_until 5 nothing_stays
}

@test "it sends the client, the image's name and the options" {
	start_bmc sh -c 'echo "$VM_WS_PATH $VM_WS_QUERY $VM_WS_PROTOCOL" >asked'
	vmctl serve --cacert ca.pem --take image "wss://$AT/vm/0"
	grep -Eqx '/vm/0 client=[0-9a-f]{32}&name=%69%6d%61%67%65&take=1 vm.nbd.v1' asked
	vmctl serve --cacert ca.pem -w image "wss://$AT/vm/1?a=b"
	grep -Eqx '/vm/1 a=b&client=[0-9a-f]{32}&name=%69%6d%61%67%65&rw=1 vm.nbd.v1' asked
	vmctl serve --cacert ca.pem --expires 1h --idle 5m --degraded 90 image "wss://$AT/vm/0"
	grep -Eqx '/vm/0 client=[0-9a-f]{32}&name=%69%6d%61%67%65&expires=3600&idle=300&degraded=90 vm.nbd.v1' asked
}

@test "options of the image go to the source, options of the medium to the slot" {
	cat >ssh <<-END
		#!/bin/sh
		echo "\$*" >args
		pgrep -aP "\$(pgrep -f "vm-fetchd .*$PWD/run/tmp")" >source
		exec $BUILD/t/nbdread - 0 4096
	END
	chmod +x ssh
	echo 'connections = 3' >conf
	export VM_SSH=$PWD/ssh
	start_hostile image
	vmctl serve --limit-rate 1M --outage 60 -t disk --retype --boot-once \
		--expires 1h --degraded 1m -s 1 "$HOSTILE/ok/image" ssh:host 2>err || { cat err; false; }
	grep -q "limit-rate=1M" source
	grep -q "connections=3" source
	grep -q "outage=60" source
	grep -Eqx -- "-T -o .* host vmctl attach --client [0-9a-f]+ --name image -s 1 --retype --boot-once --type disk --expires 3600 --degraded 60 --outage 60 -" args
	[ ! -s err ] || not grep -q WARNING err
	vmctl serve --insecure image ssh:host 2>&1 | grep -q "WARNING: --insecure: the server"
	fails 64 vmctl serve --insecure image wss://host/vm/0
	fails 64 vmctl serve image 'wss://host/vm/0#slot=0&ticket=sEcReT'
	not grep sEcReT stderr
	# No option is silently ignored.
	fails 64 vmctl serve -w "$HOSTILE/ok/image" ssh:host
	fails 64 vmctl serve --replace image ssh:host
	fails 64 vmctl serve -t disk image ws://127.0.0.1:1/vm/0
	fails 64 vmctl serve -s 1 image ws://127.0.0.1:1/vm/0
}

@test "an invalid ticket, and options of the other way" {
	local ticket=sEcReTsEcReTsEcReT0123
	fails 64 vmctl serve --ticket $ticket image wss://host/vm/0
	not grep sEcReT stderr
	fails 66 vmctl serve --ticket none image wss://host/vm/0
	: >empty
	fails 65 vmctl serve --ticket empty image wss://host/vm/0
	echo "$ticket two" >two
	fails 65 vmctl serve --ticket two image wss://host/vm/0
	not grep sEcReT stderr
	fails 66 vmctl serve --ticket - image wss://host/vm/0 <empty
	echo "Cookie secret" >headers
	fails 65 vmctl serve --headers headers image wss://host/vm/0
	grep -q "headers file headers: each line must be NAME: VALUE" stderr
	echo $ticket >ticket
	fails 64 vmctl serve --ticket ticket image ssh:host
	fails 64 vmctl serve --pin 00 image ssh:host
}

@test "a long name is cut to fit into the request" {
	local name
	name=$(printf %0240d 1)
	cp image "$name"
	start_bmc sh -c 'echo "$VM_WS_QUERY" >asked'
	vmctl serve --cacert ca.pem "$name" "wss://$AT/vm/0"
	grep -Eqx 'client=[0-9a-f]{32}&name=(%30){80}' asked
}

# write_far: makes far.py, the NBD client of a writable image: it reads a block,
# writes a word and flushes it; with an argument, only after another client
# asked for an eject.
write_far() {
	cat >far.py <<-'END'
		import os, socket, struct, sys, time
		if "eject=1" in os.environ["VM_WS_QUERY"]:
		    open("ejecting", "w")
		    sys.exit()
		s = socket.socket(fileno=0)
		def get(n):
		    b = b""
		    while len(b) < n:
		        b += s.recv(n - len(b))
		    return b
		def ask(command, offset, length, data=b"", answer=0):
		    s.send(struct.pack(">IHHQQI", 0x25609513, 0, command, 7, offset, length) + data)
		    assert struct.unpack(">IIQ", get(16))[1] == 0
		    get(answer)
		get(18)
		s.send(struct.pack(">I", 3) + b"IHAVEOPT" + struct.pack(">II", 1, 0))
		size, flags = struct.unpack(">QH", get(10))
		assert not flags & 2, "read-only"
		ask(0, 0, 512, answer=512)
		while len(sys.argv) > 1 and not os.path.exists("ejecting"):
		    time.sleep(0.1)
		ask(1, 4096, 5, b"hello")
		ask(3, 0, 0)
	END
}

@test "with -w the data written there is in the file" {
	write_far
	start_bmc python3 far.py
	vmctl serve --cacert ca.pem -w image "wss://$AT/vm/1"
	[ "$(dd if=image bs=1 skip=4096 count=5 2>/dev/null)" = hello ]
	# Without -w, the image can't be written to.
	fails 74 vmctl serve --cacert ca.pem image "wss://$AT/vm/1"
}

@test "a first connection that fails is one line and its status" {
	start_bmc sh -c 'echo "slot 0 is taken by 192.0.2.1" >&2; exit 75'
	fails 75 vmctl serve --cacert ca.pem image "wss://$AT/vm/0"
	grep -qx "vmctl: the other machine says: slot 0 is taken by 192.0.2.1" stderr
	fails 77 vmctl serve image "wss://$AT/vm/0"
	fails 69 vmctl serve image wss://127.0.0.1:1/vm/0 --pin \
		"$(sha256sum <image | cut -c1-64)"
	fails 66 vmctl serve nothing "wss://$AT/vm/0"
	fails 64 vmctl serve image
	fails 64 vmctl serve image "https://$AT/vm/0"
	fails 64 vmctl serve image 'ssh:host;reboot'
	fails 64 vmctl serve image ssh:-oProxyCommand=reboot
	wait_until 5 nothing_stays
}

# serve_tells STATUS CAUSE COMMAND: serve fails like this because of the other
# machine's COMMAND.
serve_tells() {
	run "-$1" --separate-stderr vmctl serve -j --cacert ca.pem image \
		"wss://$AT/vm/0"
	[ "$(jq -c '[.error.status, .error.cause]' <<<"$output")" = "[$1,\"$2\"]" ]
	[[ $stderr != *cause:* ]]
}

@test "-j tells the cause that the connection has told" {
	start_bmc sh -c 'echo "slot 0 holds it" >&2; exit 75'
	serve_tells 75 busy
	kill_bmc
	serve_tells 69 unreachable
	start_bmc sh -c 'echo state: failed timeout >&2
		echo "slot 0 is being used" >&2; exit 75'
	serve_tells 75 timeout
	kill_bmc
	start_bmc sh -c 'echo "not for you" >&2; exit 77'
	serve_tells 77 forbidden
	run -77 --separate-stderr vmctl serve -j image "wss://$AT/vm/0"
	[ "$(jq -r .error.cause <<<"$output")" = tls ]
}

# ssh_says LINE...: makes the other machine. At first it reads the image, and
# loses the connection. At the second connection, it prints these lines and
# exits with 75. After that, it says that the medium was ejected.
ssh_says() {
	printf '%s\n' "$@" >says
	cat >far <<-END
		#!/bin/sh
		if mkdir first 2>/dev/null; then
			$(command -v nbdread) -f "$PWD/image" - 0 1M
			sleep 2
			exit 74
		elif mkdir second 2>/dev/null; then
			cat "$PWD/says" >&2
			exit 75
		fi
		echo "slot 0: ejected" >&2
	END
	chmod +x far
	rm -rf first second
}

@test "ssh: a slot that is busy ends it; one that is used for a moment does not" {
	export VM_SSH=$PWD/far
	ssh_says "vmctl: cause: busy" "vmctl: some words"
	fails_after() {
		local want=$1 rc=0
		vmctl serve image ssh:host >out 2>err || rc=$?
		cat out err >&2
		[ "$rc" = "$want" ]
	}
	fails_after 75
	grep -q "some words" err
	# The message of an older vmctl.
	ssh_says "vmctl: some words"
	fails_after 75
	ssh_says "vmctl: cause: timeout" "vmctl: some words"
	fails_after 0
	grep -q "image was ejected" out
}

@test "what the other machine says has no number, and advises what works" {
	start_bmc sh -c 'echo "the image is a disk, but slot 0 has a cd drive: use -s 1 or --retype" >&2; exit 65'
	fails 65 vmctl serve --cacert ca.pem image "wss://$AT/vm/0"
	grep -qx "vmctl: the other machine says: the image is a disk, but slot 0 has a cd drive: use the URL of another slot, or ssh:HOST with --retype" stderr
}

# half_then_all: makes a backend that reads half, waits for the cut, and reads
# everything the next time.
half_then_all() {
	cat >far <<-END
		#!/bin/sh
		if mkdir first 2>/dev/null; then
			nbdread -f "$PWD/image" - 0 1M
			: >half
			exec cat >/dev/null
		else
			nbdread -f "$PWD/image" - 0 3M
		fi
	END
	chmod +x far
}

@test "a lost connection is made again, and its end ends it" {
	half_then_all
	start_bmc ./far
	start_serve
	wait_until 10 test -e half
	kill_bmc
	wait_until 10 grep -q "the connection is lost: trying again" err
	start_bmc ./far
	wait "$SERVE"
	grep -q "image was ejected" out
	wait_until 5 nothing_stays
}

@test "a source that crashes is restarted and connects again" {
	half_then_all
	sed -i "2i trap 'echo meant >>$PWD/said' URG" far
	sed -i '1s,.*,#!/bin/bash,; s,exec cat,cat,' far
	start_bmc ./far
	start_serve
	wait_until 10 grep -q "serving /" err
	pkill -KILL -P "$(pgrep -f "vm-fetchd -U $PWD/run/tmp")"
	wait "$SERVE"
	grep -q "the connection is lost: trying again" err
	grep -q "image was ejected" out
	[ ! -e said ]
	wait_until 5 nothing_stays
}

@test "a ticket lets it in; reconnecting needs no ticket" {
	mkdir tickets
	ticket=$(head -c 32 /dev/urandom | base64 | tr +/ -_ | tr -d =)
	printf 'expires %s\npath /vm/0\nonce yes\n' 9999999999 \
		>"tickets/$(printf %s "$ticket" | sha256sum | cut -c1-64)"
	echo "$ticket" >ticket
	half_then_all
	start_bmc -t tickets ./far
	fails 77 vmctl serve --cacert ca.pem image "wss://$AT/vm/0"
	grep -q "HTTP 403: .*: type vmctl ticket 0 there, and give that within half a minute with --ticket FILE$" stderr
	fails 77 vmctl serve --cacert ca.pem --ticket - image "wss://$AT/vm/1" <ticket
	start_serve --ticket ticket
	wait_until 10 test -e half
	# No command line, environment or log has the ticket.
	echo "$ticket" >secrets
	for dir in /proc/[0-9]*; do
		no_secret_in "$dir/cmdline" "$dir/environ" 2>/dev/null
	done
	kill_bmc
	start_bmc -t tickets ./far
	wait "$SERVE"
	no_secret_in bmc.err err
	fails 77 vmctl serve --cacert ca.pem --ticket ticket image "wss://$AT/vm/0"
}

@test "^C and TERM tell the other side that the end was meant; HUP does not" {
	cat >far <<-'END'
		#!/bin/bash
		trap 'echo meant >>said' URG
		: >ready
		nbdread -f image - 0 1M
		cat >/dev/null
		echo over >>said
	END
	chmod +x far
	start_bmc ./far
	for signal in INT TERM HUP; do
		rm -f said ready
		start_serve
		wait_until 10 grep -q "serving /" err
		kill -$signal "$SERVE"
		rc=0
		wait "$SERVE" || rc=$?
		wait_until 30 grep -q over said
		case $signal-$rc-$(grep -c meant said) in
		INT-130-1 | TERM-143-1 | HUP-129-0) ;;
		*) false ;;
		esac
	done
	wait_until 5 nothing_stays
}

# is_all_written [STATUS]: did ^C end serve, and does the image have the last
# writes?
is_all_written() {
	local rc=0
	wait "$SERVE" || rc=$?
	[ "$rc" = "${1:-130}" ]
	[ "$(dd if=image bs=1 skip=4096 count=5 2>/dev/null)" = hello ]
	wait_until 5 nothing_stays
}

@test "with -w ^C and TERM ask for an eject, and it serves until then" {
	local end
	write_far
	start_bmc python3 far.py late
	for end in INT-130 TERM-143; do
		cp image fresh
		start_serve -w
		wait_until 10 grep -q "serving /" err
		kill -"${end%-*}" "$SERVE"
		is_all_written "${end#*-}"
		mv fresh image
		rm ejecting
	done
}

@test "TERM to all its processes at once still asks for an eject" {
	write_far
	start_bmc python3 far.py late
	start_serve -w
	wait_until 10 grep -q "serving /" err
	kill -TERM "$SERVE" $(pgrep -f "$PWD/run/tmp")
	wait "$SERVE" || :
	[ -e ejecting ]
	wait_until 5 nothing_stays
}

@test "^C of a terminal, which reaches the whole process group, works the same" {
	write_far
	start_bmc python3 far.py late
	background setsid env --default-signal=INT dash "$BUILD/bin/vmctl" serve \
		--cacert ca.pem -w image "wss://$AT/vm/0" >out 2>err
	SERVE=${STARTED[-1]}
	wait_until 10 grep -q "serving /" err
	kill -INT -- -"$SERVE"
	is_all_written
}

@test "it asks again for an eject that was lost or found the slot busy" {
	write_far
	cat >busy <<-'END'
		#!/bin/sh
		case $VM_WS_QUERY in
		*eject=1*)
			echo >>asked
			case $(wc -l <asked) in
			1) kill -KILL $PPID; exit ;;
			2)
				echo "slot 0 is being used by process 1 (renew)" >&2
				echo "state: failed timeout" >&2
				exit 75
				;;
			esac
			;;
		esac
		exec python3 far.py late
	END
	chmod +x busy
	start_bmc ./busy
	start_serve -w
	wait_until 10 grep -q "serving /" err
	kill -INT "$SERVE"
	is_all_written
	[ "$(wc -l <asked)" = 3 ]
}

@test "when the image disappears, it ends with a message" {
	start_bmc sh -c 'nbdread -f image - 0 1M; sleep 60'
	start_serve
	wait_until 10 grep -q "serving /" err
	pkill -KILL -f "vm-fetchd -U $PWD/run/tmp"
	local rc=0
	wait "$SERVE" || rc=$?
	[ "$rc" -gt 0 ]
	pkill -f 'nbdread -f image' || :
	wait_until 5 nothing_stays
}
