#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Each part without input and output has a unit-test program; this file runs
# them all.

load helper

unit() {
	"$BUILD/t/unit/$1"
}

@test "unit: attr" {
	unit attr
}

@test "unit: sums" {
	unit sums
}

@test "unit: shown" {
	unit shown
}

@test "unit: export-stream" {
	unit export-stream
}

@test "unit: threaded" {
	unit threaded
}

@test "unit: cache" {
	unit cache
}

@test "unit: cause" {
	unit cause
}

@test "unit: bot" {
	unit bot
}

@test "unit: drive-source" {
	unit drive-source
}

@test "unit: cgi" {
	unit cgi
}

@test "unit: netboot-dhcp" {
	unit netboot-dhcp
}

@test "unit: netboot-events" {
	unit netboot-events
}

@test "unit: netboot-http" {
	unit netboot-http
}

@test "unit: netboot-neighbours" {
	cd "$BATS_TEST_TMPDIR"
	unit netboot-neighbours
}

@test "unit: netstring" {
	unit netstring
}

@test "unit: door-accounts" {
	cd "$BATS_TEST_TMPDIR"
	unit door-accounts
}

@test "unit: door-guard" {
	unit door-guard
}

@test "unit: door-sessions" {
	cd "$BATS_TEST_TMPDIR"
	unit door-sessions
}

@test "unit: door-wire" {
	unit door-wire
}

@test "unit: redfish" {
	unit redfish
}

@test "unit: redfish-malformed" {
	unit redfish-malformed
}

@test "unit: redfish-media" {
	unit redfish-media
}

@test "unit: engine" {
	unit engine
}

@test "unit: engine-doubt" {
	unit engine-doubt
}

@test "unit: engine-retry" {
	unit engine-retry
}

@test "unit: engine-write" {
	unit engine-write
}

@test "unit: http-error" {
	unit http-error
}

@test "unit: http-identity" {
	unit http-identity
}

@test "unit: http-response" {
	unit http-response
}

@test "unit: image" {
	unit image
}

@test "unit: image-foreign" {
	unit image-foreign
}

@test "unit: image-media" {
	unit image-media
}

@test "unit: json" {
	unit json
}

@test "unit: estimator" {
	unit estimator
}

@test "unit: handoff" {
	unit handoff
}

@test "unit: handoff-client" {
	unit handoff-client
}

@test "unit: nbd-apart" {
	unit nbd-apart
}

@test "unit: nbd-kernel" {
	unit nbd-kernel
}

@test "unit: number" {
	unit number
}

@test "unit: open-local" {
	unit open-local
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

@test "unit: renewal" {
	unit renewal
}

@test "unit: report" {
	unit report
}

@test "unit: restart" {
	unit restart
}

@test "unit: sandbox" {
	unit sandbox
}

@test "unit: scsi" {
	unit scsi
}

@test "unit: scsi-disc" {
	unit scsi-disc
}

@test "unit: scsi-disk" {
	unit scsi-disk
}

@test "unit: scsi-mac" {
	unit scsi-mac
}

@test "unit: scsi-windows" {
	unit scsi-windows
}

@test "unit: secret" {
	unit secret
}

@test "unit: socket" {
	unit socket
}

@test "unit: stats" {
	unit stats
}

@test "unit: allow-hosts" {
	unit allow-hosts
}

@test "unit: admission" {
	unit admission
}

@test "unit: ticket" {
	unit ticket
}

@test "unit: pem" {
	unit pem
}

@test "unit: tus" {
	unit tus
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

@test "unit: event-log" {
	cd "$BATS_TEST_TMPDIR"
	unit event-log
}

@test "unit: slot-state" {
	cd "$BATS_TEST_TMPDIR"
	unit slot-state
}

@test "unit: fd-store" {
	cd "$BATS_TEST_TMPDIR"
	unit fd-store
}
