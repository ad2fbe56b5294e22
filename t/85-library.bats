#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The library of the page: the images of the store, and uploads by tus, in Chromium.
# run: alone

load helper
load servers
load browser

setup_file() {
	load helper
	load browser
	ready_page
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# in_library TEST: in_browser, on a machine with Redfish and a store of the test.
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
