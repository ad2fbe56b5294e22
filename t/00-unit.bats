#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The pure parts, each by its unit-test program, and none forgotten.

load helper

unit() {
	"$BUILD/t/unit/$1"
}

@test "unit: attr" {
	unit attr
}

@test "unit: blocking" {
	unit blocking
}

@test "unit: cache" {
	unit cache
}

@test "unit: engine" {
	unit engine
}

@test "unit: http-answer" {
	unit http-answer
}

@test "unit: image" {
	unit image
}

@test "unit: json" {
	unit json
}

@test "unit: meter" {
	unit meter
}

@test "unit: nbd-door" {
	unit nbd-door
}

@test "unit: nbd-join" {
	unit nbd-join
}

@test "unit: number" {
	unit number
}

@test "unit: overlay" {
	unit overlay
}
@test "unit: readahead" {
	unit readahead
}

@test "unit: relay" {
	unit relay
}

@test "unit: report" {
	unit report
}

@test "unit: restart" {
	unit restart
}
@test "unit: secret" {
	unit secret
}

@test "unit: stats" {
	unit stats
}

@test "unit: ticket" {
	unit ticket
}

@test "unit: tls-keys" {
	unit tls-keys
}

@test "unit: url" {
	unit url
}

@test "unit: ws-bridge" {
	unit ws-bridge
}

@test "unit: ws-frame" {
	unit ws-frame
}

@test "unit: ws-handshake" {
	unit ws-handshake
}

@test "every unit-test program has a test here" {
	local source name
	for source in "$HERE"/unit/*.c; do
		name=${source##*/}
		grep -qx "	unit ${name%.c}" "$BATS_TEST_FILENAME"
	done
}
