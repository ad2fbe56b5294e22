#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-ws-proxy as a server, compared with RFC 6455 and its man page, over ws and
# wss. The cases are in t/ws/server.mjs. Each test here is a group of cases, and
# its output names those that failed (`node t/ws/server.mjs -l` lists all
# cases).
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

@test "ws: masks, lengths, and the end after a violation" {
	cases ws strict
}
@test "wss: masks, lengths, and the end after a violation" {
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

@test "ws: the end of the backend, and how it learns of the peer's end" {
	cases ws far
}
@test "wss: the end of the backend, and how it learns of the peer's end" {
	cases wss far
}

@test "ws: SIGTERM and SIGINT" {
	cases ws signals
}
@test "wss: SIGTERM and SIGINT" {
	cases wss signals
}

@test "ws: pings, and a dead peer" {
	cases ws keepalive
}
@test "wss: pings, and a dead peer" {
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
