#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-ws-proxy as a server, by RFC 6455 and as its page says, over ws and wss.
# The cases stand in t/ws/server.mjs; a group of them is a test here, whose
# output says which failed (`node t/ws/server.mjs -l` lists them all).
# run: aside

load helper
load servers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	make_cert server
	openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.pem \
		-days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		2>/dev/null
	cat rsa.pem >>ca.pem
}
setup() {
	take_certs
}
teardown() {
	cleanup
}

cases() {
	ws_cases server "$@"
}

@test "ws: the opening handshake" {
	cases ws handshake
}
@test "wss: the opening handshake" {
	cases wss handshake
}

@test "ws: slow clients" {
	cases ws slow
}
@test "wss: slow clients" {
	cases wss slow
}

@test "ws: frames (Autobahn 1 to 5, 10)" {
	cases ws framing
}
@test "wss: frames (Autobahn 1 to 5, 10)" {
	cases wss framing
}

@test "ws: masks, lengths, and what follows a violation" {
	cases ws strict
}
@test "wss: masks, lengths, and what follows a violation" {
	cases wss strict
}

@test "ws: UTF-8 (Autobahn 6)" {
	cases ws utf8
}
@test "wss: UTF-8 (Autobahn 6)" {
	cases wss utf8
}

@test "ws: closing (Autobahn 7)" {
	cases ws close
}
@test "wss: closing (Autobahn 7)" {
	cases wss close
}

@test "ws: large messages, many fragments, many messages (Autobahn 9)" {
	cases ws limits
}
@test "wss: large messages, many fragments, many messages (Autobahn 9)" {
	cases wss limits
}

@test "ws: the far side's end, and what it is told of the peer's" {
	cases ws far
}
@test "wss: the far side's end, and what it is told of the peer's" {
	cases wss far
}

@test "ws: SIGTERM and SIGINT" {
	cases ws signals
}
@test "wss: SIGTERM and SIGINT" {
	cases wss signals
}

@test "ws: pings, and a peer that is dead" {
	cases ws keepalive
}
@test "wss: pings, and a peer that is dead" {
	cases wss keepalive
}

@test "ws: backpressure both ways, in little memory" {
	cases ws flow
}
@test "wss: backpressure both ways, in little memory" {
	cases wss flow
}

@test "wss: TLS itself" {
	cases wss tls
}
