#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-child: what a command says and how it ends, as lines of a FIFO.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkfifo events
	exec 7<>events
}
teardown() {
	cleanup
	exec 7<&-
}

# events COUNT: so many lines of the FIFO.
events() {
	local line n
	for ((n = 0; n < $1; n++)); do
		read -r -t 10 line <&7
		echo "$line"
	done
}
no_event() {
	! read -r -t 0.3 _ <&7
}

@test "its lines, and its end, in this order" {
	run -3 vm-child events one sh -c 'echo out; sleep 0.2; echo err >&2; exit 3'
	[ "$(events 3)" = "ready one out
said one err
exit one 3" ]
	no_event
}

@test "its pid is in a file beside the FIFO while it runs" {
	background vm-child events one sh -c 'echo $$; exec sleep 1000'
	[ "$(events 1)" = "ready one $(cat pid.one)" ]
	kill "$(cat pid.one)"
	[ "$(events 1)" = "exit one 143" ]
	[ ! -e pid.one ]
}

@test "what cannot be run: 127, with a word of it" {
	run -127 vm-child events one ./nothing
	[ "$(events 2)" = "said one vm-child: unable to run ./nothing: No such file or directory
exit one 127" ]
}

@test "a limit: it is killed, with all that it has started" {
	run -137 vm-child -t 1 events one sh -c 'sleep 1000 & echo $!; wait'
	read -r _ _ pid < <(events 1)
	[ "$(events 2)" = "said one it took too long, and was killed
exit one 137" ]
	wait_until 5 is_gone "$pid"
}
# is_gone PID: or nobody has asked yet how it ended.
is_gone() {
	! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"
}

@test "who kills it kills the command" {
	background vm-child events one sh -c 'echo $$; exec sleep 1000'
	read -r _ _ pid < <(events 1)
	kill -KILL "${STARTED[0]}"
	wait_until 5 is_gone "$pid"
}

@test "nobody reads: talk is dropped, the command goes on, its end is kept" {
	background vm-child events one sh -c 'yes | head -n 50000 >&2; echo $$; : >done'
	wait_until 20 test -e done
	while read -r -t 10 word _ status <&7 && [ "$word" = said ]; do :; done
	[ "$word $status" = "exit 0" ]
}

@test "a child of its that talks on does not hold up its end" {
	background vm-child events one sh -c 'sleep 1000 & echo $!'
	read -r _ _ pid < <(events 1)
	[ "$(events 1)" = "exit one 0" ]
	kill "$pid"
}

@test "long lines and odd characters stay one event" {
	vm-child events one sh -c 'printf "a\tb\033c\n"; head -c 9000 /dev/zero | tr "\0" x; printf "\nlast"'
	events 4 >got
	grep -qx 'ready one a?b?c' got
	[ "$(sed -n 2p got | wc -c)" -lt 4096 ]
	grep -qx 'ready one last' got
}

@test "its standard input is empty" {
	vm-child events one cat </etc/passwd
	[ "$(events 1)" = "exit one 0" ]
}

@test "misuse is 64, no FIFO 66" {
	run -64 vm-child
	run -64 vm-child events one
	run -64 vm-child events a/b true
	run -64 vm-child -t x events one true
	touch file
	fails 64 vm-child file one true
	fails 66 vm-child none one true
}
