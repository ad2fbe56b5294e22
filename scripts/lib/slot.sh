# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl's dialogue with vm-slot: lock a slot, look whether its vm-slot lives,
# start one, wait for it, and tell it what to do. Nothing else in vmctl knows
# how vm-slot is started or spoken to. Sourced by vmctl, after common.sh.

LOCK_SECONDS=10		# how long to wait for another vmctl on the same slot
EJECT_SECONDS=15	# how long a vm-slot may take to undo a mount
OWN_SECONDS=65		# ... if a vm-drive must write out what the host wrote
WHY=			# why vm-slot refused the last request

# lock_slot N: take the lock of slot N, which is released when vmctl exits.
lock_slot() {
	DIR=$RUN/$1
	[ -d "$DIR" ] || { mkdir -p "$DIR" && chmod 755 "$RUN" "$DIR"; } 2>/dev/null ||
		die $EX_CANTCREAT \
			"unable to make $DIR: run vmctl as root, or set VM_RUN_DIR"
	# Everybody may see whether it is locked.
	umask 022
	exec 9>>"$DIR/lock" || die $EX_CANTCREAT "unable to open $DIR/lock"
	umask 077
	vm-lock -w $LOCK_SECONDS 9 || die $EX_TEMPFAIL:timeout \
		"slot $1 is being used by $(read_value "$DIR/lock")"
	# For people only: a full /run must not prevent an eject.
	{ echo "process $$ ($VERB)" >"$DIR/lock"; } 2>/dev/null || :
}

# --- what a slot holds ----------------------------------------------------

# goes_on: is a medium inserted, and has a vm-slot adopted it?
goes_on() {
	held && is_in && [ -s "$DIR/pid" ]
}

# is_activating: is a mount under way in slot DIR?
is_activating() {
	value_of state
	[ "$VALUE" = activating ] && held
}

# holds: does slot DIR hold a medium, or is one on its way in or out? A vm-slot
# that only runs its last hooks, or is about to exit, does not count.
holds() {
	value_of state
	case $VALUE in '' | empty | failed) return 1 ;; esac
	held
}

# is_empty: may an image be inserted into slot DIR?
is_empty() {
	! holds && ! is_orphan
}

# is_same: was slot DIR mounted by the same request as REQ?
is_same() {
	is_in && diff -r "$REQ" "$DIR/request" >/dev/null 2>&1
}

# is_asked: does a living vm-slot hold the image that REQ asks for?
is_asked() {
	is_same && held
}

# is_left: has a vm-slot that was killed left something in slot DIR?
is_left() {
	{ [ -d "$DIR/request" ] || [ -d "$DIR/work" ]; } && ! held
}

# is_orphan: is the medium of a vm-slot that was killed still in the drive of
# slot DIR? Then the host may be reading it. A drive that does not answer holds
# it, too.
is_orphan() {
	local file
	is_left && value_of device || return 1
	file=$(medium_of_drive)
	[ "$file" = "$VALUE" ] || [ "$file" = '?' ]
}

# is_foreign: is slot DIR empty, but another program has inserted a medium into
# its drive?
is_foreign() {
	is_empty && [ -n "$(medium_of_drive)" ]
}

# is_free: may an image be inserted that has no slot yet?
is_free() {
	is_empty && [ -z "$(medium_of_drive)" ]
}

# medium_of_drive: print what is in the drive of slot DIR: a name, or ? if the
# drive does not answer.
medium_of_drive() {
	vm-gadget status -f file "${DIR##*/}" 2>/dev/null
	case $? in
	0 | "$EX_UNAVAILABLE") ;; # the drive may not be set up yet
	*) echo '?' ;;
	esac
}

# refuse_orphan OPTION: fail, and say what to do about such a medium.
refuse_orphan() {
	die $EX_TEMPFAIL "slot ${DIR##*/} still holds $(get url), but its" \
		"vm-slot was killed: run vmctl doctor --repair, or use $1"
}

# --- mount ----------------------------------------------------------------

has_systemd() {
	[ -d /run/systemd/system ] &&
		systemctl cat vmedia-slot@.service >/dev/null 2>&1
}

# put_asker [WHY]: write the name of the user who asks, for the log of the
# vm-slot.
put_asker() {
	local who
	who=${VM_ASKER:-${SUDO_USER:-root}}
	[ -z "${SSH_CONNECTION:-}" ] || who="$who from ${SSH_CONNECTION%% *}"
	[ "$VERB" != attach ] || who=$WHO
	[ -z "${1:-}" ] || who="$who ($1)"
	{ put asker "$who"; } 2>/dev/null || :
}

# start_slot N: start a vm-slot that outlives vmctl and its terminal. (systemd
# may have started one by itself, which has already written its pid.)
start_slot() {
	[ ! -s "$DIR/pid" ] || held || : >"$DIR/pid"
	put_asker
	[ ! -e "$DIR/verbose" ] || rm -f "$DIR/verbose"
	[ -z "$VERBOSE" ] || : 2>/dev/null >"$DIR/verbose"
	if has_systemd; then
		systemctl reset-failed "vmedia-slot@$1" 2>/dev/null
		systemctl start --no-block "vmedia-slot@$1" 9>&- ||
			die $EX_OSERR "unable to start vmedia-slot@$1"
	else
		# Do not make it our child: sh would print how it ended.
		(VM_LOG_TIMES=1 setsid vm-slot "$1" \
			</dev/null >/dev/null 2>>"$DIR/log" 8>&- 9>&- &)
	fi
}

# resume_slot: start a vm-slot for the medium of one that was killed. False if
# it did not begin in time.
resume_slot() {
	start_slot "$SLOT"
	wait_for $EJECT_SECONDS held
}

# watch_slot: wait until the medium is inserted. If the mount fails, return its
# status, and set WHY and CAUSE. If the process that brings the image (CHILD)
# ends first, return 1.
watch_slot() {
	local status
	# If somebody kills it, sh must not print that; but show its own lines.
	{
		WHY=$(
			export VM_CAUSES=1
			exec vm-slot -a follow ${CHILD:+-p "$CHILD"} \
				"${DIR##*/}" 9>&- 2>&5
		)
	} 5>&2 2>/dev/null
	status=$?
	hear_text "$WHY"
	WHY=$HEARD
	[ $status -gt 1 ] || return $status
	MOUNTING=
	wait_free
	! is_left || clean_slot
	return $status
}

# mount_failed STATUS: print the reason that vm-slot gave, and exit.
mount_failed() {
	[ -n "$WHY" ] || die $EX_OSERR \
		"slot $SLOT: vm-slot ended unexpectedly; see vmctl log -s $SLOT"
	complain "$(with_remedy "$WHY")"
	exit "$1"
}

# wait_free: wait until the vm-slot has exited. It may still run hooks after the
# slot is empty. The request `leave` makes it end them after a few seconds.
wait_free() {
	local start
	held || return 0
	start=$(now)
	ask_slot leave -q -t "$TIMEOUT" >/dev/null
	while held; do
		[ $(($(now) - start)) -lt "$TIMEOUT" ] || die $EX_TEMPFAIL:timeout \
			"slot $SLOT is held by process $(get pid) ($(get step))"
		progress "$(get step)" $(($(now) - start))
		pause
		ask_slot leave -q -t "$TIMEOUT" >/dev/null
	done
	progress_end
}

# begin_state: write the first values of the state. They need not be renamed
# into place, because nobody reads them before vm-slot does.
begin_state() {
	umask 022
	{ echo "$TIMEOUT" >"$DIR/timeout" && printf '%s\n' "$URL" >"$DIR/url" &&
		: >"$DIR/ending" && { [ -z "$GUESS" ] || : >"$DIR/guessed"; } &&
		echo activating >"$DIR/state"; } 2>/dev/null
	set -- $?
	umask 077
	return "$1"
}

# hold_stored: lock the store, so that its image is not removed or replaced
# before release_stored(); after that, the request tells that the image is in
# use. If the host may write, the checksum of the image becomes stale. Fail if
# the image is gone.
hold_stored() {
	[ ! -f "$REQ/image" ] || hold_image || {
		MOUNTING=
		die $EX_TEMPFAIL "$URL was changed in this moment: try again"
	}
}
hold_image() {
	# (Descriptors 4, 6 and 7 are those of vmctl attach.)
	local rec
	rec=$STORE/images/$(read_value "$REQ/image")
	{ command exec 5<"$STORE/ledger"; } 2>/dev/null && vm-lock -w $LOCK_SECONDS 5 &&
		[ -d "$rec" ] && ! is_exported "$rec" || return
	[ -f "$REQ/writable" ] && [ ! -f "$REQ/overlay" ] || return 0
	set_value "$rec" sha256 stale && rm -f "$rec/verified" || return
	[ ! -f "$rec/volume" ] || LVM_SUPPRESS_FD_WARNINGS=1 lvchange -q -prw \
		"$(read_value "$rec/volume")" >/dev/null 2>&1 5>&- 8>&- 9>&- || :
}
release_stored() {
	exec 5>&-
}

# write_request: give REQ to the vm-slot that is about to be started. It is
# copied under another name and renamed, so that a request is always complete.
write_request() {
	! is_left || clean_slot
	rm -rf "$DIR/error" "$DIR/status" "$DIR/cause" "$DIR/reason" "$DIR/ending" \
		"$DIR/request" "$DIR/.request" "$DIR/called-off" "$DIR/guessed"
	hold_stored
	{ cp -R "$REQ" "$DIR/.request" && begin_state &&
		mv "$DIR/.request" "$DIR/request"; } 2>/dev/null && {
		release_stored
		return
	}
	rm -rf "$DIR/.request" "$DIR/url" "$DIR/timeout" "$DIR/state"
	MOUNTING=
	die $EX_CANTCREAT "unable to write $DIR/request: is $RUN full?"
}

# fill_slot: mount what REQ asks for. If a vm-slot with the same request was
# killed, the new one takes over its medium. Returns as watch_slot does.
fill_slot() {
	local status
	MOUNTING=1
	is_same || write_request
	start_slot "$SLOT"
	watch_slot
	status=$?
	MOUNTING=
	return $status
}

# --- at work --------------------------------------------------------------

# ask_slot REQUEST [OPTION...]: send a request to the vm-slot of slot DIR: see
# vm-slot(8). If it is refused, print the cause and the reason.
ask_slot() {
	local request
	request=$1
	shift
	VM_CAUSES=1 vm-slot -a "$request" "$@" "${DIR##*/}" 9>&-
}

# call_off: end the mount that is in progress. A vm-slot that does not listen
# yet looks for the file when it begins.
call_off() {
	put_asker
	{ : >"$DIR/called-off"; } 2>/dev/null || :
	ask_slot "eject force" -q -t $EJECT_SECONDS >/dev/null
}

# renew_slot DIRECTORY: give the vm-slot the new URL and credentials of its
# image, which are files in DIRECTORY.
renew_slot() {
	local file name
	for file in "$1"/*; do
		name=${file##*/}
		{ cp "$file" "$DIR/request/.$name" &&
			mv "$DIR/request/.$name" "$DIR/request/$name"; } ||
			die $EX_CANTCREAT "unable to write $DIR/request/$name"
	done
	put_asker
	put url "$URL" || die $EX_CANTCREAT "unable to write $DIR/url"
	WHY=$(ask_slot renew) || {
		set -- $?
		hear_text "$WHY"
		die "$1:$CAUSE" "slot $SLOT: $HEARD"
	}
}

# eject_limit WORD: print the option of vm-slot -a for how long an eject may
# take. What the host wrote is lost at the latest when the outage limit is over.
eject_limit() {
	local outage limit
	if [ "$1" = source ]; then
		return # the client serves the image until everything is written
	elif [ "$1" = discard ] || [ ! -f "$DIR/request/writable" ]; then
		echo "-t $EJECT_SECONDS"
	else
		outage=$(read_value "$DIR/request/outage")
		limit=$((EJECT_SECONDS + 2 * ${outage:-25}))
		[ "$(get drive)" != own ] || [ $limit -ge $OWN_SECONDS ] ||
			limit=$OWN_SECONDS
		echo "-t $limit"
	fi
}

# eject_slot [WORD]: eject, and wait until the slot is empty. WORD is force,
# discard, take or source: see vm-slot(8). Without WORD, exit if the host has
# locked the drive. False, with vm-slot's status, if data that the host wrote was
# lost.
eject_slot() {
	local word limit status
	word=${1:-$FORCE}
	limit=$(eject_limit "$word")
	put_asker "${REPLACE:+mount --replace}"
	# shellcheck disable=SC2086 # two words, or none
	WHY=$(ask_slot "eject${word:+ $word}" $limit)
	status=$?
	case $status in
	0) return 0 ;;
	"$EX_UNAVAILABLE") ! holds || die $EX_TEMPFAIL:timeout \
		"slot $SLOT: its vm-slot does not answer; see vmctl log -s $SLOT"
		return 0 ;; # it has just ended by itself
	esac
	hear_text "$WHY"
	# Its option -f is an option of vmctl, too.
	complain "${HEARD#vm-gadget: }"
	[ $status != $EX_TEMPFAIL ] || exit $status
	return $status
}

# clean_slot [-d]: remove what a vm-slot that was killed has left in slot DIR,
# and write that to its log. With -d do not save what the host wrote.
clean_slot() {
	local was
	was=$(get url)
	WHY=$(VM_CAUSES=1 vm-slot -k "$@" "${DIR##*/}" 2>&1)
	set -- $?
	[ "$1" != 0 ] || [ -z "$was" ] || [ ! -f "$DIR/log" ] ||
		printf '%s vmctl: slot %s: ejected %s, whose vm-slot was killed\n' \
			"$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${DIR##*/}" "$was" \
			2>/dev/null >>"$DIR/log" || :
	[ "$1" != 0 ] || return 0
	hear_text "$WHY"
	complain "$HEARD"
	return "$1"
}
