#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-door: connections that stay open until a session ends, and what a new
# password does to the sessions of its account.

load helper
load door

setup() {
	own_directory
	make_accounts
}

# watches FIELD...: asks with `watch`; the result is in the file watched, and the
# file ended appears when vm-door closes the connection.
watches() {
	rm -f watched ended
	background python3 - door.sock watch=yes "$@" <<-'E'
		import socket, sys
		def netstring(b):
		    return str(len(b)).encode() + b":" + b + b","
		fields = b"".join(netstring(part.encode())
		    for field in sys.argv[2:] for part in field.split("=", 1))
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(netstring(fields))
		answer = b""
		while not answer.endswith(b",,"):
		    more = s.recv(65536)
		    if not more:
		        break
		    answer += more
		open("watched", "wb").write(answer)
		s.recv(1)
		open("ended", "w")
		E
	wait_until 20 test -s watched
}
is_ok() {
	grep -q "6:result,2:ok," watched
}

@test "a watch ends when its session is ended by somebody else" {
	start_door
	log_in reader readonly1
	watches verb=whoami token="$TOKEN"
	is_ok
	asks ok verb=whoami token="$TOKEN"
	[ ! -e ended ]
	asks ok verb=logout session="$ID" user=root password=0penBmc
	wait_until 20 test -e ended
}

@test "a watch ends when the account is locked, loses rights or is removed" {
	local change
	start_door
	for change in "-r Operator role" lock rm; do
		log_in root 0penBmc
		vm-user -a accounts add alice <<<secret77
		log_in alice secret77
		watches verb=check slot=0 token="$TOKEN"
		is_ok
		# shellcheck disable=SC2086 # words
		vm-user -a accounts $change alice
		wait_until 20 test -e ended
		[ "$change" = rm ] || vm-user -a accounts rm alice
	done
}

@test "a watch of a password ends when there is another" {
	start_door
	watches verb=whoami user=op password=operator1
	is_ok
	vm-user -a accounts passwd op <<<operator2
	wait_until 20 test -e ended
}

@test "what is refused is not watched" {
	start_door
	watches verb=whoami token=0123456789012345678901234567890123456789
	wait_until 20 test -e ended
	grep -q unauthenticated watched
	log_in reader readonly1
	watches verb=check slot=0 token="$TOKEN"
	wait_until 20 test -e ended
	grep -q forbidden watched
}

@test "a WebSocket keeps its session alive, a watch of events does not" {
	start_door
	log_in reader readonly1
	watches verb=whoami token="$TOKEN"
	find run-door/sessions -name "$ID*" -exec touch -d '-1801 seconds' {} +
	wait_until 20 test -e ended
	log_in root 0penBmc
	watches verb=check slot=0 token="$TOKEN"
	find run-door/sessions -name "$ID*" -exec touch -d '-1700 seconds' {} +
	wait_until 20 eval '[ "$(stat -c %Y run-door/sessions/"$ID"*)" -gt $(($(date +%s) - 1600)) ]'
	[ ! -e ended ]
}

@test "a client that leaves, and the end of vm-door, leave no process behind" {
	start_door
	log_in reader readonly1
	watches verb=whoami token="$TOKEN"
	wait_until 20 eval '[ "$(pgrep -cP "$DOOR")" = 1 ]'
	kill "${STARTED[-1]}"
	wait_until 20 eval '[ "$(pgrep -cP "$DOOR")" = 0 ]'
	watches verb=whoami token="$TOKEN"
	stop_door
	wait_until 20 test -e ended
}

@test "who changes the own password stays in, and its other sessions end" {
	local other
	start_door
	log_in op operator1
	other=$TOKEN
	log_in op operator1
	asks ok verb=account-set name=op new-password=operator2 token="$TOKEN"
	asks ok verb=whoami token="$TOKEN"
	asks unauthenticated verb=whoami token="$other"
	log_in new changeme1
	asks ok verb=account-set name=new new-password=changed22 token="$TOKEN"
	asks ok verb=whoami token="$TOKEN"
	[ -z "$(field must-change)" ]
	asks ok verb=host token="$TOKEN"
}

@test "a WebSocket that a token has opened ends with the session" {
	start_door
	log_in root 0penBmc
	background vm-ws-proxy -l 127.0.0.1:0 -p /vm/0 -A 'exec vm-door -c' cat >address
	local server=${STARTED[-1]}
	wait_until 20 test -s address
	printf 'X-Auth-Token: %s\n' "$TOKEN" >headers
	mkfifo in
	exec 7<>in
	background vm-ws-proxy -H headers -C "ws://$(cat address)/vm/0" <in >out 2>said
	local client=${STARTED[-1]} status=0
	echo hello >&7
	wait_until 20 grep -q hello out
	kill -0 "$client"
	asks ok verb=logout session="$ID" token="$TOKEN"
	# (The WebSocket ends; its input does not: descriptor 7 is still open.)
	wait "$client" || status=$?
	[ "$status" = 77 ]
	grep "1008 the session has ended" said
	kill -0 "$server"
	fails 77 vm-ws-proxy -H headers -C "ws://$(cat address)/vm/0" </dev/null
	exec 7>&-
}

@test "a change of accounts leaves the rules of the command line alone" {
	start_door -r password-length=12
	vm-user -a accounts add alice <<<secret77
	asks ok verb=service user=root password=0penBmc
	[ "$(field password-length)" = 12 ]
	asks ok verb=service user=root password=0penBmc lockout-threshold=5
	grep -q '^:lockout-threshold=5$' accounts
	vm-user -a accounts rm alice
	stop_door
	start_door -r password-length=14 -r lockout-threshold=7
	asks ok verb=service user=root password=0penBmc
	[ "$(field password-length)" = 14 ]
	[ "$(field lockout-threshold)" = 5 ]
}
