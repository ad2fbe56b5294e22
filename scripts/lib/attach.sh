# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl attach: mount an image that a client brings, as an NBD server on our
# standard input and output, which vm-nbd-attach -j hands to the vm-slot.
# Sourced by vmctl.

QUERY_MAX=1024		# bytes of path and query from the network
HOLD=			# set if the client only exchanges its ticket for a key
SIGNALED=		# set when a signal came, and was passed on
ENDED=		# how our medium ended: a status, 0 if it was ejected
REASON=		# why, in words; may be empty

# --- what comes from the network ------------------------------------------

# decode TEXT: print it with %XX decoded, + as a space, and ? for a character
# that cannot be printed. False unless two hexadecimal digits follow each %.
decode() {
	TEXT=$1 awk 'BEGIN {
		text = ENVIRON["TEXT"]
		gsub(/[+]/, " ", text)
		while ((at = index(text, "%")) > 0) {
			out = out substr(text, 1, at - 1)
			hex = tolower(substr(text, at + 1, 2))
			high = index("0123456789abcdef", substr(hex, 1, 1))
			low = index("0123456789abcdef", substr(hex, 2, 1))
			if (length(hex) != 2 || high == 0 || low == 0)
				exit 1
			code = (high - 1) * 16 + low - 1
			out = out (code >= 32 && code < 127 ? \
				sprintf("%c", code) : "?")
			text = substr(text, at + 3)
		}
		print out text
	}'
}

# take_path PATH: the slot is in the path. Clients that know only one slot ask
# for vm/0/0.
take_path() {
	case $1 in
	/vm/[0-7] | /nbd/[0-7]) set_slot "${1##*/}" ;;
	/vm/0/0) set_slot 0 ;;
	*) die $EX_NOINPUT:usage "there is no slot at that path" ;;
	esac
}

# take_parameter NAME=VALUE: take one part of the query.
take_parameter() {
	local value
	case $1 in
	client=*) take_option client "${1#*=}" ;;
	name=*)
		value=$(decode "${1#*=}") || misuse "malformed name in the query"
		# The last part of a path is enough for people.
		take_option name "${value##*/}"
		;;
	expires=* | idle=* | degraded=*) take_option "${1%%=*}" "${1#*=}" ;;
	take=1) TAKE=1 ;;
	again=1) AGAIN=1 ;;
	eject=1) EJECT=1 AGAIN=1 ;;
	hold=1) HOLD=1 ;;
	rw=1) ask writable 1 ;;
	take=0 | again=0 | eject=0 | hold=0 | rw=0) ;;
	*) misuse "unknown parameter in the query" ;;
	esac
}

# read_web: read what vm-ws-proxy says about the client. A stranger chose each
# word of it.
read_web() {
	local path query word
	path=${VM_WS_PATH:-} query=${VM_WS_QUERY:-}
	case $path$query in
	*[!!-~]*) misuse "malformed request" ;;
	esac
	[ $((${#path} + ${#query})) -le $QUERY_MAX ] ||
		misuse "the request is longer than $QUERY_MAX bytes"
	take_path "$path"
	while [ -n "$query" ]; do
		word=${query%%&*}
		query=${query#"$word"}
		query=${query#&}
		take_parameter "$word"
	done
	[ -z "${VM_WS_PEER:-}" ] || take_option who "$VM_WS_PEER"
}

# --- the request ----------------------------------------------------------

# ssh_peer: print the address of the client that came by ssh, or the user of this
# machine.
ssh_peer() {
	local peer
	peer=${SSH_CONNECTION:-}
	peer=${peer%% *}
	is_text "$peer" 64 || peer=${SUDO_USER:-$(id -un 2>/dev/null || id -u)}
	is_text "$peer" 64 || peer=somebody
	printf '%s\n' "$peer"
}

# hold_ticket: the client has used its ticket, but has no image yet. Keep its
# key, the ticket to come back, valid until it has an image. Exit.
hold_ticket() {
	! hold_key || tell_state held
	echo "slot $SLOT: no image was attached" >&2
	exit 0
}

# cap_limit NAME MAX: set a limit to MAX, from the configuration, unless the
# client asks for a shorter one. If MAX is empty, the configuration sets no
# limit.
cap_limit() {
	local asked
	[ -n "$2" ] || return 0
	asked=$(read_value "$REQ/$1") && [ "$asked" -le "$2" ] || ask "$1" "$2"
}

complete_attach() {
	[ -n "$WEB" ] || [ -n "$ARGUMENT" ] ||
		misuse "attach needs - (standard input) or --web"
	WHO=${WHO:-$(ssh_peer)}
	ask served "${NAME:=image}"
	URL=served:$NAME
	cap_limit expires "$SERVED_EXPIRES"
	cap_limit idle "$SERVED_IDLE"
	cap_limit degraded "$SERVED_DEGRADED"
	# These settings apply to images that we fetch.
	CACERT='' CACHE='' CONNECTIONS='' LIMIT_RATE=''
	complete_request
}

# --- how a medium has ended -----------------------------------------------

# final_status STATUS: print the status to exit with after a medium has failed.
# From vmctl attach, $EX_IOERR means a lost connection, after which the client
# tries again: print another status instead.
final_status() {
	[ "$1" = $EX_IOERR ] && echo $EX_CANTCREAT || echo "$1"
}

# end_failed: exit with the slot's error about the medium that has failed.
end_failed() {
	CAUSE=$(get cause)
	complain "$(get error)"
	exit "$(final_status "$(get status)")"
}

# gone_meanwhile: exit because a client has come back, but its medium was
# ejected in the meantime. The user who ejected it does not want it to be
# mounted again.
gone_meanwhile() {
	[ -n "$(ls "$RUN"/*/state 2>/dev/null)" ] || die $EX_NOINPUT \
		"the medium is gone: this machine was restarted"
	[ -z "$SLOT" ] || held || [ ! -f "$DIR/error" ] || end_failed
	echo "slot ${SLOT:-?}: ejected: the client was not connected at that time" >&2
	exit 0
}

# tell_ended: print how the client's medium ended, and exit. The ticket of the
# client allows no more than that. vm-slot wrote the reason into the ticket, and
# vm-ws-proxy has passed it on.
tell_ended() {
	local status why
	status=${VM_WS_ENDED%% *} why=${VM_WS_ENDED#* }
	[ "$status" = 0 ] ||
		die "$(final_status "$status")" "slot $SLOT: $why"
	echo "slot $SLOT: ejected: $why" >&2
	exit 0
}

# hold_ending: open the file in which vm-slot will say how this medium ends. The
# next medium removes it, perhaps before we have read it.
hold_ending() {
	exec 4<&-
	[ ! -r "$DIR/ending" ] || exec 4<"$DIR/ending"
}

# await_ending: wait until vm-slot has ended the medium. Set ENDED and REASON.
await_ending() {
	local start status why
	start=$(now) ENDED=0 REASON=
	while held && [ "$(get state)" = deactivating ] &&
		[ $(($(now) - start)) -lt $EJECT_SECONDS ]; do
		pause
	done
	while read -r status why; do
		ENDED=$status REASON=$why
	done <&4
} 2>/dev/null

# tell_end STATUS: print how the attachment ended, in one line, and exit with
# the matching status. STATUS is that of vm-nbd-attach, which may end before the
# slot says why.
tell_end() {
	local why
	case $1 in
	0 | "$EX_IOERR")
		await_ending
		[ "$ENDED" = 0 ] || {
			MOUNTING=
			complain "$REASON"
			exit "$(final_status "$ENDED")"
		}
		;;
	esac
	if [ "$1" = 0 ]; then
		MOUNTING=
		echo "slot $SLOT: ejected${REASON:+: $REASON}" >&2
		exit 0
	fi
	hear_text "$(grep -v ': attached: ' "$TEMP/said")"
	why=${HEARD#vm-nbd-attach: }
	case $why in
	"taken "*)
		tell_others
		die "$1:$CAUSE" "slot $SLOT is $why"
		;;
	*)
		die "$1:$CAUSE" \
			"slot $SLOT: ${why:-the connection ended with status $1}"
		;;
	esac
}

# --- the process that hands the image in ----------------------------------

# start_joiner: start the process that hands the image in. Only this process
# gets our old standard input and output: they are the client's connection, and
# must be closed when it ends.
start_joiner() {
	VM_CAUSES=1 vm-nbd-attach -j "$DIR/work/nbd" -c "$CLIENT" -n "$WHO" \
		<&7 >&6 2>"$TEMP/said" 6>&- 7<&- 8>&- 9>&- &
	CHILD=$! CHILD_END=HUP
	exec 6>&- 7<&-
	trap 'pass_on TERM' TERM
	trap 'pass_on HUP' HUP
	trap 'pass_on HUP' INT
}

pass_on() {
	SIGNALED=1
	kill -"$1" "$CHILD" 2>/dev/null
}

# await_joiner: wait until this process ends, and return its status. A signal to
# vmctl only interrupts the wait.
await_joiner() {
	local last status
	last=127
	while
		SIGNALED=
		wait "$CHILD"
		status=$?
		[ -n "$SIGNALED" ]
	do
		last=$status
	done
	[ $status != 127 ] || status=$last
	CHILD=
	return $status
}

# tells_state: does the client want to hear the state of the slot? Then
# vm-ws-proxy passes on each line on standard error that begins with "state: ".
tells_state() {
	[ "${VM_WS_PROTOCOL:-}" = vm.nbd.v1-state ]
}

# tell_state WORD: tell the client the state of the slot.
tell_state() {
	! tells_state || echo "state: $1" >&2
}

# tell_failure STATUS: tell vm-ws-proxy, and its client, the cause of a failure.
tell_failure() {
	[ -n "$WEB" ] && [ "$1" != 0 ] && [ "$1" -lt 128 ] || return 0
	echo "state: failed ${CAUSE:-$(usual_cause "$1")}" >&2
}

# tell_other SLOT N TYPE: tell the client about slot N, if it is empty and not
# SLOT.
tell_other() {
	[ "$2" != "$1" ] || return 0
	DIR=$RUN/$2
	! is_empty || tell_state "other $2 $3"
}

# tell_others: the client cannot have its slot. Tell it which others are empty.
tell_others() {
	! tells_state || (
		slot=$SLOT
		SLOT=
		each_slot tell_other "$slot"
	)
}

# watch_host: until the client is gone, tell it whether the host reads.
watch_host() {
	tells_state || return 0
	vm-slot -a watch -p "$CHILD" "$SLOT" >&2 2>/dev/null 8>&- 9>&- &
}

# --- attach ---------------------------------------------------------------

# has_client: does slot DIR belong to the client with this ID?
has_client() {
	[ "$CLIENT" != - ] && [ "$(get client)" = "$CLIENT" ]
}

# is_client_of: does the slot belong to this client, with its medium still
# inserted?
is_client_of() {
	is_in && has_client
}

# choose_attached: set SLOT. The type of the image is unknown until vm-slot has
# read it, so `auto` means a CD drive here.
choose_attached() {
	local type
	type=$(read_value "$REQ/type")
	[ "$type" != auto ] || type='cd'
	SLOT=
	if find_slot is_client_of cd || find_slot is_client_of disk; then
		SLOT=$FOUND
		return
	fi
	[ -z "$AGAIN" ] || gone_meanwhile
	if find_slot is_free "$type"; then
		SLOT=$FOUND
		return
	fi
	[ -z "$TAKE" ] || SLOT=$(slots_of "$type" | head -n 1)
	[ -n "$SLOT" ] || all_in_use "$type" --take
}

# is_ours: may the client join the medium that is in? vm-nbd-attach then checks
# that it is the same image. With --take, only the client's own medium is
# joined; another one is ejected.
is_ours() {
	[ -f "$DIR/request/served" ] || return
	[ -z "$TAKE" ] || { is_client_of && [ "$(get url)" = "$URL" ]; }
}

# begin_attach: start a vm-slot for the image. The slot stays locked until the
# medium is in.
begin_attach() {
	local status
	wait_free
	MOUNTING=1
	write_request
	tell_state probing
	hold_ending
	start_joiner
	start_slot "$SLOT"
	watch_slot
	status=$?
	if [ $status = 1 ]; then
		await_joiner
		status=$?
		# A lost client may come back before the slot gives up.
		case $status in "$EX_IOERR" | 129) MOUNTING= ;; esac
		tell_end $status
	fi
	[ "$CAUSE" != type ] || tell_others
	[ $status = 0 ] || mount_failed $status
	MOUNTING=
	say_mounted true >&2
	watch_host
	keep_ticket
}

# take_slot: eject the medium of another client, even if the host has locked the
# drive: a client uses --take only after it was told whose medium it is. What
# the host wrote is saved first, if that does not take too long.
take_slot() {
	local status
	holds || return 0 # write_request() cleans up
	put taken "$WHO"
	(eject_slot take) 2>/dev/null || (eject_slot discard) || {
		status=$?
		rm -f "$DIR/taken"
		exit $status
	}
}

# eject_own: eject this client's medium. Its other connection serves the image
# until everything is written.
eject_own() {
	eject_slot source || exit "$(for_good $?)"
	echo "slot $SLOT: ejected" >&2
	exit 0
}

# join_slot: connect the client to the medium that is inserted and has lost its
# source.
join_slot() {
	hold_ending
	exec 9>&-
	start_joiner
	until [ -s "$TEMP/said" ] || ! kill -0 "$CHILD" 2>/dev/null; do
		pause
	done
	! grep -q ': attached: ' "$TEMP/said" || {
		echo "slot $SLOT: $(get url) is attached again" >&2
		watch_host
		keep_ticket
	}
}

cmd_attach() {
	exec 6>&1 7<&0 >&2 </dev/null
	parse "$@"
	# By ssh, vmctl serve reads the causes that we print; vm-ws-proxy gets a
	# state.
	[ -n "$WEB" ] || VM_CAUSES=1
	[ -z "$WEB" ] || read_web
	[ -z "$WEB" ] || [ -z "${VM_WS_ENDED:-}" ] || tell_ended
	[ -z "$HOLD" ] || hold_ticket
	complete_attach
	[ -n "$SLOT" ] || choose_attached
	# If a vm-slot holds the slot, its drive exists: a client that comes back
	# must not lose time.
	DIR=$RUN/$SLOT
	held || setup_gadget
	lock_slot "$SLOT"
	{ echo "$WHO" >"$DIR/lock"; } 2>/dev/null || :
	[ "$(get state)" != deactivating ] || wait_free
	# If the vm-slot of our medium was killed, another takes it over.
	held || ! is_in || ! is_ours || resume_slot || die $EX_OSERR \
		"slot $SLOT: vm-slot ended unexpectedly; see vmctl log -s $SLOT"
	[ -z "$AGAIN" ] || has_client || gone_meanwhile
	[ -z "$EJECT" ] || eject_own
	if ! is_empty && ! is_ours; then
		[ -n "$TAKE" ] || tell_others
		[ -n "$TAKE" ] || holds || refuse_orphan --take
		[ -n "$TAKE" ] || die $EX_TEMPFAIL \
			"slot $SLOT holds $(get url): eject it, or use --take"
		take_slot
	fi
	if holds; then join_slot; else begin_attach; fi
	exec 9>&-
	await_joiner
	tell_end $?
}
