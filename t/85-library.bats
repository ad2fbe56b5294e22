#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The library of the page: the images of the store, and uploads by tus, in Chromium.
# run: alone

load helper
load servers
load door
load upload
load web
load browser

setup_file() {
	load helper
	load browser
	ready_page
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# in_library TEST: as in_browser, on a machine with Redfish and a simulated
# store.
in_library() {
	in_browser "$1" 16 "$(redfish_location)
		location /images {
			proxy_pass http://unix:$PWD/images:;
			proxy_http_version 1.1;
			proxy_request_buffering off;
			client_max_body_size 0;
		}"
}

@test "library: each state, checked with axe-core and on a phone" {
	in_library libraryLooks
}

@test "library: an image goes into the slot that fits, and boots" {
	in_library libraryMount
}

@test "library: the machine fetches an image from a server" {
	in_library libraryFetch
}

@test "library: addresses of images are suggested; a wrong drive is one button away" {
	in_library librarySuggests
}

@test "library: remove asks first, and names the slot that has the image" {
	in_library libraryRemove
}

@test "library: ReadOnly looks only; without a store there is no library" {
	in_library libraryRoles
}

@test "library: a file of this computer, from this tab or by the store" {
	in_library libraryHow
}

@test "upload: after each cut it goes on from what has arrived" {
	in_library uploadCuts
}

@test "upload: after a reload the same file goes on, and no token is kept" {
	in_library uploadReload
}

@test "upload: what the store would refuse is said before it begins" {
	in_library uploadRules
}

@test "upload: a full store says used, asked and limit; a wrong checksum is told" {
	in_library uploadFull
}

@test "upload: cancel leaves nothing" {
	in_library uploadCancel
}

@test "upload: a screen reader hears quarters, not each number" {
	in_library uploadTold
}

@test "upload: a session that ends stops it until the next login" {
	in_library uploadSession
}

@test "upload: a file that changes is not sent on" {
	in_library uploadChanged
}

@test "upload: a store that has forgotten to check it is reminded" {
	in_library uploadForgotten
}

@test "upload: everything with the keyboard" {
	in_library uploadKeys
}

# --- with a real store ---------------------------------------------------------------

# in_store TEST: runs this test of t/page/browser/store.mjs, with our own
# services behind nginx with our files. The image has STORE_MIB MiB (64), and
# fits into the store once. Its connection is cut CUTS times (4).
in_store() {
	local mib=${STORE_MIB:-64}
	requires_root
	start_uploads
	mount -o "remount,size=$((mib * 3 / 2))m" "$STORE"
	chmod 666 "$UPLOAD" # nginx's processes are another user's
	cd "$BATS_TEST_TMPDIR"
	background vm-redfish -u root -s "$PWD/redfish.sock" >redfish.out
	wait_until 20 test -s redfish.out
	start_web
	head -c "${mib}M" /dev/urandom >image
	truncate -s "$((mib * 2))M" larger
	SUM=$(sha256sum image | cut -d' ' -f1)
	export SUM
	drive_browser "$1" "$AT"
	cmp image "$STORE"/images/*/data
	[ "$(cat "$STORE"/images/*/sha256)" = "$SUM" ]
}
teardown() {
	cleanup
	[ -z "${UP:-}" ] || stop_uploads
}

@test "store: an upload by the page, cut four times, and the tab closed once" {
	in_store storeUpload
	[ "$(cat "$STORE"/images/*/verified)" = given ]
	[ "$(cat "$STORE"/images/*/name)" = 'big (1).iso' ]
	[ -z "$(ls "$STORE"/incoming)" ]
}

@test "store: tus-js-client as npm has it, cut four times, and the tab closed once" {
	in_store storeTus
	[ "$(cat "$STORE"/images/*/name)" = 'by tus-js-client.iso' ]
}
