# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# vm-upload with an image store in its own small file system, for tests. The
# services are shared by a file's tests; each test has a directory. Load
# `helper` and `door` first.

# start_uploads [OPTION...]: for setup_file. Makes the store, and starts vm-door and
# vm-upload (with these options), whose user may not enter a test's directory.
start_uploads() {
	UP=$(mktemp -d /tmp/vmedia.XXXXXX)
	chmod 755 "$UP"
	cd "$UP" || return
	mkdir store run
	# A file system that can become full, or read-only, without harm.
	mount -t tmpfs -o size=64m,mode=711 upload store
	export UP STORE=$UP/store VM_RUN_DIR=$UP/run VM_CONF=$UP/conf
	export VM_DOOR_SOCKET=$UP/door.sock UPLOAD=$UP/upload.sock
	printf '%s\n' "store = $STORE" 'store_reserve = 0' >conf
	make_accounts
	vm-door -a "$UP/accounts" -u root -U nobody -S "$STORE" \
		>door.at 2>door.log 3>&- &
	PIDS=$!
	wait_until 20 test -s door.at
	vm-upload -u nobody -s "$UPLOAD" "$@" >upload.at 2>upload.log 3>&- &
	export PIDS="$PIDS $!" UPLOADER=$!
	wait_until 20 test -s upload.at
}

# stop_uploads: for teardown_file.
stop_uploads() {
	local pid
	for pid in $PIDS; do
		kill "$pid" 2>/dev/null
		wait_until 20 not kill -0 "$pid" 2>/dev/null
	done
	cd /
	umount "$STORE" || umount -l "$STORE"
	rm -rf "$UP"
}

# own_answer: for setup. Answers go to the directory of the test.
own_answer() {
	own_directory
	# Tests would count what earlier tests left.
	rm -rf "$STORE"/incoming/* "$STORE"/images/*
}
# said: for teardown. After a failure, prints the last answer and log lines.
said() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] ||
		tail -n 20 answer "$UP"/*.log || :
	cleanup
}

AUTH="Authorization:Basic cm9vdDowcGVuQm1j" # root:0penBmc
TUS=Tus-Resumable:1.0.0
TYPE=Content-Type:application/offset+octet-stream

# ask METHOD PATH [NAME:VALUE...] <BODY: prints the status; the answer is in
# ./answer.
ask() {
	"$TOP/t/upload/scgi" "$UPLOAD" "$@" >answer
	sed -n '1s/ .*//p' answer
}
# up METHOD PATH [NAME:VALUE...] <BODY: the same, as an authorized tus client.
up() {
	ask "$1" "$2" "$AUTH" "$TUS" "${@:3}"
}
# header NAME: prints that header of the answer.
header() {
	sed -n "2,/^\$/s/^$1: //p" answer
}
# error: prints the answer's error message.
error() {
	sed '1,/^$/d' answer | jq -r .error
}

# encode TEXT: base64.
encode() {
	printf %s "$1" | base64 -w 0
}
# sum ALGORITHM FILE: prints the sum as in Upload-Checksum.
sum() {
	echo "$1 $(openssl dgst "-$1" -binary "$2" | base64 -w 0)"
}

# new SIZE [NAME:VALUE...]: makes an upload x.iso. Sets AT to its path, and
# RECORD.
new() {
	[ "$(up POST /images "Upload-Length:$1" "Upload-Metadata:filename $(encode x.iso)" \
		"${@:2}" </dev/null)" = 201 ]
	AT=$(header location)
	RECORD=$STORE/incoming/${AT##*/}
}
# patch OFFSET TEXT [NAME:VALUE...]: prints the status.
patch() {
	printf %s "$2" | up PATCH "$AT" "$TYPE" "Upload-Offset:$1" "${@:3}"
}
# has TEXT: does the upload have these bytes, and an offset that says so?
has() {
	[ "$(cat "$RECORD/data")" = "$1" ]
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	[ "$(header upload-offset)" = "${#1}" ]
}
