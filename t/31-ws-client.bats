#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-ws-proxy as a client, compared with RFC 6455 and its man page, over ws and
# wss (t/ws/client.mjs), and the client and the server against each other.
# run: aside

load helper
load servers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make_cert server
	make_cert other DNS:other.example
	make_cert expired DNS:localhost 200101 210101
	make_cert early DNS:localhost 400101 410101
	make_ca other-ca
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -keyout self.key -out self.pem -days 30 -subj /CN=self \
		2>/dev/null
	# Signed by a certificate that is not a CA.
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -keyout forged.key -out forged.csr -subj /CN=localhost \
		2>/dev/null
	openssl x509 -req -in forged.csr -CA server.pem -CAkey server.key \
		-set_serial 1 -days 30 -extfile <(echo subjectAltName=DNS:localhost) \
		2>/dev/null | cat - server.pem >forged.pem
}
setup() {
	take_certs
}

cases() {
	ws_cases client "$@"
}

@test "ws client: its request, and invalid URLs" {
	cases ws request
}
@test "wss client: its request, and invalid URLs" {
	cases wss request
}

@test "ws client: the server's answers" {
	cases ws answer
}
@test "wss client: the server's answers" {
	cases wss answer
}

@test "ws client: frames, masks, and a server that breaks the rules" {
	cases ws frames
}
@test "wss client: frames, masks, and a server that breaks the rules" {
	cases wss frames
}

@test "ws client: the end, and its exit status" {
	cases ws end
}
@test "wss client: the end, and its exit status" {
	cases wss end
}

@test "ws client: backpressure, in little memory" {
	cases ws load
}
@test "wss client: backpressure, in little memory" {
	cases wss load
}

@test "wss client: which certificates it trusts" {
	cases wss verify
}

# there_and_back SCHEME: copies 64 MiB of random bytes through ./near into the
# nbdkit at ./far, and back, with as many connections as nbdcopy chooses.
there_and_back() {
	local size=67108864
	nbdkit -U - random size=$size seed=1 --run 'nbdcopy "$uri" image'
	wait_until 5 test -S near
	nbdcopy image "nbd+unix:///?socket=near"
	nbdcopy "nbd+unix:///?socket=far" direct
	cmp image direct
	nbdcopy "nbd+unix:///?socket=near" back
	cmp image back
}
# start_server SCHEME FAR...: starts the server at $URL.
start_server() {
	local scheme=$1 tls=()
	shift
	[ "$scheme" = ws ] || tls=(-c server.pem -k server.key)
	background vm-ws-proxy -l 127.0.0.1:0 "${tls[@]}" "$@" >port
	wait_until 5 test -s port
	URL=$scheme://localhost:$(sed 's/.*://' port)/
}
trust() {
	[ "${URL%%:*}" = ws ] || echo -a ca.pem
}

# The server's backend serves NBD: nbdcopy connects through the client.
bridge_to_far() {
	background nbdkit -f -U "$PWD/far" memory 64M
	wait_until 5 test -S far
	start_server "$1" -U far
	# shellcheck disable=SC2046 # words
	background node "$HERE/ws/relay.mjs" near -- \
		vm-ws-proxy -C "$URL" $(trust)
	there_and_back
}
# The client's backend serves NBD, as with `vmctl serve`: nbdcopy connects
# through the server.
bridge_to_near() {
	background nbdkit -f -U "$PWD/far" memory 64M
	background node "$HERE/ws/relay.mjs" near meet
	wait_until 5 test -S far
	wait_until 5 test -S meet
	start_server "$1" -U meet
	for _ in 1 2 3 4 5 6 7 8; do
		# shellcheck disable=SC2046 # words
		background vm-ws-proxy -C "$URL" $(trust) -U far
	done
	there_and_back
}

@test "bridge to itself, ws: nbdcopy both ways, an NBD server at the server" {
	bridge_to_far ws
}
@test "bridge to itself, wss: nbdcopy both ways, an NBD server at the server" {
	bridge_to_far wss
}

@test "bridge to itself, ws: nbdcopy both ways, an NBD server at the client" {
	bridge_to_near ws
}
@test "bridge to itself, wss: nbdcopy both ways, an NBD server at the client" {
	bridge_to_near wss
}
