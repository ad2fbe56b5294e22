#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# t/wan, which the engine's tests and the benchmark use: it passes bytes on with
# a delay, and no faster than its limit.
# run: alone

load helper
load servers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	head -c 3000000 /dev/urandom >image
	start_hostile image
}

# get [CURL-OPTION...]: gets the image through t/wan and compares it; writes the
# seconds to ./took.
get() {
	curl -sS -o copy -w '%{time_total}' "$@" "http://$LINK/ok/x" >took || return
	cmp image copy
}
# took_at_least SECONDS
took_at_least() {
	[ "$(echo "$(cat took) >= $1" | bc)" = 1 ]
}
over() {
	start_link 127.0.0.1 "${HOSTILE##*:}" "$@"
}

@test "without delay and limit it passes the bytes on" {
	over
	get
}

@test "a round trip for the handshake, and one for the answer" {
	over -d 200
	get
	took_at_least 0.4
}

@test "a limit for each connection" {
	over -c 16
	get
	took_at_least 1.45
}

@test "a limit that all connections share" {
	over -t 32
	get &
	curl -sS -o copy2 "http://$LINK/ok/x"
	wait "$!"
	cmp image copy2
	took_at_least 0.74
}

@test "commands on standard input change delay and limit" {
	local status=0
	mkfifo orders
	exec 9<>orders
	background sh -c "exec wan 127.0.0.1 ${HOSTILE##*:} <orders" >told 9>&-
	wait_until 5 test -s told
	LINK=127.0.0.1:$(head -n 1 told)
	get
	echo "delay 300" >&9
	wait_until 5 grep -q "delay 300" told
	get
	took_at_least 0.6
	# Cut in the middle: the client gets an error.
	echo "delay 0" >&9
	echo "rate 1" >&9
	wait_until 5 grep -q "rate 1" told
	curl -sS -o part "http://$LINK/ok/x" 2>error 9>&- 3>&- &
	wait_until 5 test -s part
	echo cut >&9
	wait "$!" || status=$?
	[ "$status" = 56 ]
	# Down, then up again.
	printf 'rate 0\ndead\n' >&9
	wait_until 5 grep -q dead told
	run -28 curl -sS -m 0.5 -o copy "http://$LINK/ok/x"
	echo alive >&9
	wait_until 5 grep -q alive told
	get
	exec 9>&-
}

@test "the server's close and reset reach the client" {
	over -d 20
	run -18 curl -sS -o copy "http://$LINK/short/x"
	run -56 curl -sS -o copy "http://$LINK/reset-after/1/x"
}
