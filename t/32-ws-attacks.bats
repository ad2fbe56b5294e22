#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Attacks on vm-ws-proxy: other sites' pages, invalid tickets, floods
# (t/ws/attacks.mjs); and unsafe options, with which it refuses to start.

load helper
load servers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make_cert server
}
setup() {
	take_certs
}

cases() {
	ws_cases attacks "$@"
}

@test "ws: pages of other sites are refused" {
	cases ws origin
}
@test "wss: pages of other sites are refused" {
	cases wss origin
}

@test "ws: tickets used twice, expired, guessed, or for another slot" {
	cases ws ticket
}
@test "wss: tickets used twice, expired, guessed, or for another slot" {
	cases wss ticket
}

@test "ws: the client's address, behind a proxy" {
	cases ws forwarded
}

@test "ws: floods of fragments, pings and connections, in little memory" {
	cases ws flood
}
@test "wss: floods of fragments, pings and connections, in little memory" {
	cases wss flood
}

@test "ws: limits of each address, in a network of its own" {
	requires_root
	# shellcheck disable=SC2016 # for the inner shell to expand
	VM_WS_ADDRESS=192.0.2.1 unshare -n sh -c '
		ip link set lo up && ip addr add 192.0.2.1/32 dev lo &&
		ip addr add 192.0.2.2/32 dev lo && exec "$@"' sh \
		node "$HERE/ws/attacks.mjs" -s ws peers 3>&-
}

# Neither pings nor TCP may end a connection that only waits. In this test both
# are slow, so only a cut of the network ends it.
@test "it waits for a slow backend, but not for a machine that is gone" {
	requires_root
	head -c 20M /dev/urandom >sent
	background vm-ws-proxy -i 1 -l 127.0.0.1:0 sh -c \
		'sleep 35; cat >got.new; mv got.new got' >slow
	wait_until 5 test -s slow
	vm-ws-proxy -i 1 -C "ws://$(cat slow)/" <sent 2>slow.err 3>&- &
	local sleeper=$!
	# shellcheck disable=SC2016 # for the inner shell to expand
	unshare -npf --kill-child sh -c '
		ip link set lo up
		vm-ws-proxy -i 3600 -l 127.0.0.1:0 sleep 1000 >at &
		until [ -s at ]; do sleep 0.1; done
		vm-ws-proxy -v -i 3600 -C "ws://$(cat at)/" </dev/zero 2>err &
		until grep -q opened err; do sleep 0.1; done
		ip link set lo down
		wait $!' 3>&- && return 1
	grep -q "1006 the peer.s machine does not answer" err
	wait $sleeper
	wait_until 20 test -e got
	cmp sent got
}

@test "outside of loopback it needs TLS, or the option that allows plain text" {
	fails 64 timeout 5 vm-ws-proxy -l 0.0.0.0:0 -- cat
	fails 64 timeout 5 vm-ws-proxy -l '[::]:0' -- cat
	fails 64 timeout 5 vm-ws-proxy -l :0 -- cat
	background vm-ws-proxy -l 0.0.0.0:0 -N -- cat >plain
	background vm-ws-proxy -l '[::]:0' -c server.pem -k server.key -- cat >tls
	wait_until 5 test -s plain
	wait_until 5 test -s tls
	grep -qx '0.0.0.0:[0-9]*' plain
	grep -qxF "[::]:$(sed 's/.*://' tls)" tls
}

@test "a certificate without its key, or with another key, is refused" {
	fails 64 timeout 5 vm-ws-proxy -l 127.0.0.1:0 -c server.pem -- cat
	fails 64 timeout 5 vm-ws-proxy -l 127.0.0.1:0 -k server.key -- cat
	: >empty
	for files in "-c empty -k server.key" "-c server.pem -k empty" \
		"-c server.key -k server.key" "-c server.pem -k server.pem" \
		"-c none -k server.key" "-c server.pem -k /dev/zero"; do
		# shellcheck disable=SC2086 # words
		run timeout 5 vm-ws-proxy -l 127.0.0.1:0 $files -- cat
		echo "$files: $status $output"
		[ "$status" -ge 64 ] && [ "$status" -le 78 ]
		[ "${#lines[@]}" = 1 ]
	done
}

@test "an RSA key above 4096 bits is refused" {
	openssl req -x509 -newkey rsa:4992 -nodes -keyout big.key -out big.pem \
		-days 30 -subj /CN=localhost 2>/dev/null
	fails 78 timeout 5 vm-ws-proxy -l 127.0.0.1:0 -c big.pem -k big.key -- cat
}

@test "the process that talks to the network is nobody's; its memory can't be read" {
	requires_root
	background vm-ws-proxy -l 127.0.0.1:0 -- cat >port
	wait_until 5 test -s port
	exec 4<>"/dev/tcp/127.0.0.1/$(sed 's/.*://' port)"
	talker() {
		pgrep -u nobody -P "$(pgrep -P "${STARTED[0]}")"
	}
	wait_until 5 talker
	grep -q '^Groups:[[:space:]]*$' "/proc/$(talker)/status"
	grep -qx 'CapEff:[[:space:]]*0*' "/proc/$(talker)/status"
	exec 4>&-
}
