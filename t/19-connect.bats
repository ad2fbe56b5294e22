#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-connect: a command whose standard input and output are a connection.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
}
teardown() {
	[ ! -s nbdkit ] || kill "$(cat nbdkit)"
	cleanup
}

# serve FILE: nbdkit serves FILE at ./sock.
serve() {
	nbdkit -U "$PWD/sock" -P "$PWD/nbdkit" file "$1" 3>&-
}

@test "help, version, wrong arguments" {
	[[ $(vm-connect -h) == "usage: vm-connect"* ]]
	[[ $(vm-connect -V) == "vm-connect "[0-9]* ]]
	fails 64 vm-connect
	fails 64 vm-connect sock
}

@test "the command reads and writes the connection" {
	echo hello >image
	serve image
	# An NBD server sends first.
	vm-connect sock sh -c 'head -c 8 >&2' 2>said
	[ "$(cat said)" = NBDMAGIC ]
	# Standard input and output are one socket.
	vm-connect sock sh -c \
		'[ "$(readlink /proc/$$/fd/0)" = "$(readlink /proc/$$/fd/1)" ]'
}

@test "options after the command belong to the command" {
	: >image
	serve image
	run -3 vm-connect sock sh -c 'exit 3'
}

@test "no server, and no such command" {
	fails 69 vm-connect sock true
	fails 69 vm-connect "$(printf %200s)" true
	: >image
	serve image
	fails 127 vm-connect sock no-such-command
	fails 126 vm-connect sock /etc/passwd
}
