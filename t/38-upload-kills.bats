#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-upload's processes are killed at random moments: a client that goes on by
# the rules of tus has the right bytes in the end. SEED=N repeats a run.

load helper
load door
load upload

setup_file() {
	requires_root
	start_uploads
}
teardown_file() {
	stop_uploads
}
setup() {
	own_answer
	RANDOM=${SEED:-$$}
	echo "SEED=${SEED:-$$}"
}
teardown() {
	said
}

# workers: prints the pids of the processes that serve requests.
workers() {
	cat "/proc/$UPLOADER/task/$UPLOADER/children"
}

# send OFFSET [NAME:VALUE...]: sends a PATCH of ./body in the background.
send() {
	"$TOP/t/upload/scgi" "$UPLOAD" PATCH "$AT" "$AUTH" "$TUS" "$TYPE" \
		"Upload-Offset:$1" "${@:2}" >sent 2>/dev/null 3>&- <body &
	SENT=$!
}

# kill_workers: after a random time, kills the workers, also those that begin
# meanwhile.
kill_workers() {
	local pid
	sleep "0.$(printf %03d $((RANDOM % 200)))"
	while kill -0 $SENT 2>/dev/null; do
		for pid in $(workers); do
			kill -9 "$pid" 2>/dev/null || :
		done
	done
	KILLED=$((KILLED + 1))
}

# next_part: sends the part that a client would send next. Two of three parts
# never end, and are killed.
next_part() {
	local at size does=()
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	at=$(header upload-offset)
	[ "$at" -ge "$KNOWN" ]
	KNOWN=$at
	tail -c +$((at + 1)) image | head -c $((RANDOM * 10 + 1)) >body
	size=$(stat -c %s body)
	[ $((RANDOM % 2)) = 0 ] || does=("Upload-Checksum:$(sum sha1 body)")
	if [ $((RANDOM % 3)) = 0 ]; then
		send "$at" "${does[@]}"
		wait $SENT
		[ "$(sed -n '1s/ .*//p' sent)" = 204 ]
		KNOWN=$((at + size))
	else
		send "$at" "${does[@]}" "@length:$((size + 1))"
		kill_workers
		wait $SENT || :
	fi
}

@test "kill -9 at 50 random moments of PATCH: no byte is lost that was acknowledged" {
	local i
	head -c 20000000 /dev/urandom >image
	new 20000000
	KNOWN=0 KILLED=0
	for ((i = 0; i < 50; i++)); do
		next_part
		cmp -n "$KNOWN" image "$RECORD/data"
	done
	[ "$KILLED" -gt 20 ]
	[ "$(up HEAD "$AT" </dev/null)" = 200 ]
	at=$(header upload-offset)
	[ "$at" -gt 0 ]
	[ "$(tail -c +$((at + 1)) image |
		up PATCH "$AT" "$TYPE" "Upload-Offset:$at")" = 204 ]
	wait_until 30 test -e "$STORE/images/${AT##*/}/data"
	cmp image "$STORE/images/${AT##*/}/data"
	[ -z "$(ls "$STORE/incoming")" ]
}
