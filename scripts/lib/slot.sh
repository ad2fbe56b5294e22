# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl's dialogue with vm-slot: lock a slot, look whether its vm-slot lives,
# start one, wait for it, and tell it what to do. Nothing else in vmctl knows
# how vm-slot is started or spoken to. Sourced by vmctl, after common.sh.

LOCK_SECONDS=10		# how long to wait for another vmctl on the same slot
EJECT_SECONDS=15	# how long a vm-slot may take to undo a mount

# lock_slot N: take the lock of slot N, which is released when vmctl exits.
lock_slot() {
	DIR=$RUN/$1
	{ mkdir -p "$DIR" && chmod 755 "$RUN" "$DIR"; } 2>/dev/null ||
		die $EX_CANTCREAT "unable to make $DIR: be root, or set VM_RUN_DIR"
	exec 9>>"$DIR/lock" || die $EX_CANTCREAT "unable to open $DIR/lock"
	vm-lock -w $LOCK_SECONDS 9 || die $EX_TEMPFAIL \
		"slot $1 is being used by $(read_value "$DIR/lock")"
	echo "process $$ ($VERB)" >"$DIR/lock"
}

# --- what a slot holds ----------------------------------------------------

# goes_on: is a medium inserted, with a vm-slot that has taken charge of it?
goes_on() {
	held && is_in && [ -s "$DIR/pid" ]
}

# holds: does slot DIR hold a medium, or is one on its way in or out? A vm-slot
# that only runs its last hooks, or is about to exit, does not count.
holds() {
	held && case $(get state) in empty | failed) return 1 ;; esac
}
is_empty() {
	! holds
}

# is_same: was slot DIR mounted by the same request as REQ?
is_same() {
	is_in && diff -r "$REQ" "$DIR/request" >/dev/null 2>&1
}

# is_asked: does a living vm-slot hold what REQ asks for?
is_asked() {
	held && is_same
}

# is_left: has a vm-slot that was killed left something in slot DIR?
is_left() {
	! held && { [ -d "$DIR/request" ] || [ -d "$DIR/work" ]; }
}

# --- mount ----------------------------------------------------------------

has_systemd() {
	[ -d /run/systemd/system ] &&
		systemctl cat vmedia-slot@.service >/dev/null 2>&1
}

# start_slot N: start a vm-slot that outlives vmctl and its terminal. (systemd
# may have started one by itself, which has already written its pid.)
start_slot() {
	held || : >"$DIR/pid"
	if [ -n "$VERBOSE" ]; then : >"$DIR/verbose"; else rm -f "$DIR/verbose"; fi
	if has_systemd; then
		systemctl reset-failed "vmedia-slot@$1" 2>/dev/null
		systemctl start --no-block "vmedia-slot@$1" 9>&- ||
			die $EX_OSERR "unable to start vmedia-slot@$1"
	else
		shorten_log
		VM_LOG_TIMES=1 setsid vm-slot "$1" \
			</dev/null >/dev/null 2>>"$DIR/log" 9>&- &
	fi
}

# resume_slot: start a vm-slot for the medium of one that was killed. False if
# it did not begin in time.
resume_slot() {
	start_slot "$SLOT"
	wait_for $EJECT_SECONDS held
}

# watch_slot: wait until the medium is active. Exits if the mount fails; false
# if the process that brings the image (CHILD) ends before.
watch_slot() {
	local start lost
	start=$(now) lost=0
	until goes_on; do
		[ -z "$CHILD" ] || kill -0 "$CHILD" 2>/dev/null || return
		progress "$(get step)" $(($(now) - start))
		# A vm-slot that was killed says nothing; one that has just
		# begun has not taken its lock yet.
		if held; then lost=0; else lost=$((lost + 1)); fi
		if [ $lost -gt 30 ] || [ "$(get state)" = empty ]; then
			progress_end
			mount_failed
		fi
		pause
	done
	progress_end
	return 0
}

# mount_failed: exit with what the slot says about it.
mount_failed() {
	MOUNTING=
	wait_free
	clean_slot
	if [ -f "$DIR/error" ]; then
		get error >&2
		exit "$(get status)"
	fi
	die $EX_OSERR \
		"slot $SLOT: vm-slot ended unexpectedly; see vmctl log -s $SLOT"
}

# wait_free: wait until the vm-slot has exited. After the slot is empty it may
# still be running hooks.
wait_free() {
	local start
	start=$(now)
	while held; do
		[ $(($(now) - start)) -lt "$TIMEOUT" ] || die $EX_TEMPFAIL \
			"slot $SLOT is held by process $(get pid) ($(get step))"
		progress "$(get step)" $(($(now) - start))
		pause
	done
	progress_end
}

# write_request: hand REQ to the vm-slot that is about to be started.
write_request() {
	clean_slot
	rm -rf "$DIR/error" "$DIR/status" "$DIR/reason" "$DIR/request" \
		"$DIR/called-off"
	cp -R "$REQ" "$DIR/request"
	put timeout "$TIMEOUT"
	put url "$URL"
	put state activating
}

# fill_slot: mount what REQ asks for. If a vm-slot that held the very same was
# killed, the new one takes over its medium.
fill_slot() {
	MOUNTING=1
	is_same || write_request
	start_slot "$SLOT"
	watch_slot
	MOUNTING=
}

# --- at work --------------------------------------------------------------

# tell_slot WORD...: one line to the vm-slot of slot DIR.
tell_slot() {
	echo "$*" 1<>"$DIR/work/events"
}

# call_off: end the mount that was begun. A vm-slot that has not opened its
# FIFO yet looks for the file once it has.
call_off() {
	: >"$DIR/called-off"
	[ ! -p "$DIR/work/events" ] || tell_slot eject force
}

# renew_slot FILE: give the vm-slot the URL in FILE, which names the same image.
renew_slot() {
	{ cp "$1" "$DIR/request/.url" &&
		mv "$DIR/request/.url" "$DIR/request/url"; } ||
		die $EX_CANTCREAT "unable to write $DIR/request/url"
	tell_slot renew
}

# is_served_on [WORD]: does the client that asks for the eject (WORD is
# "source") go on serving, because there is still something to be written?
is_served_on() {
	[ "${1:-}" = source ] && held && [ "$(get state)" = deactivating ]
}

# eject_slot [WORD]: eject, and wait until the slot is empty. Without a WORD
# (force, take, source: see vm-slot(8)) a host that has locked the drive may
# refuse, which ends vmctl.
eject_slot() {
	local start
	rm -f "$DIR/work/refused"
	tell_slot eject "${1:-${FORCE:+force}}"
	start=$(now)
	while holds; do
		if [ -f "$DIR/work/refused" ]; then
			cat "$DIR/work/refused" >&2
			exit $EX_TEMPFAIL
		fi
		[ $(($(now) - start)) -lt $EJECT_SECONDS ] || is_served_on "$@" ||
			die $EX_TEMPFAIL \
				"slot $SLOT is not empty after $EJECT_SECONDS s"
		progress "ejecting" $(($(now) - start))
		pause
	done
	progress_end
}

# clean_slot: take down what a vm-slot that was killed has left in slot DIR.
clean_slot() {
	vm-slot -k "${DIR##*/}"
}
