# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl serve: insert an image of this machine, or of a URL that this machine
# can reach, into a slot of another machine. vm-fetchd serves the image here. A
# link connects it with the other machine: vm-ws-proxy to a WebSocket, or ssh to
# `vmctl attach`. Sourced by vmctl.

TARGET=			# the WebSocket's URL or ssh:HOST, once checked
BY=			# the function that makes a link to TARGET
# How long to wait until the other machine says that it has ejected. By ssh,
# vmctl runs there, and is certain to answer.
EJECT_WS_SECONDS=20 EJECT_SSH_SECONDS=60
LINK=			# the pid of the link, while there is one
MET=			# set once the other end has read from the image
BEGAN=			# when serving began
LOST=			# set while the connection is lost
RESUME=			# the secret with which we connect to a WebSocket again
EJECTOR=		# the pid of a second link, which requests the eject
EJECTED=		# set once the other end has said that it is ejected
HASTE=			# set by a second ^C or TERM: do not wait for the eject

LINK_PAUSE_MAX=2	# seconds between two tries
NAME_MAX=80		# bytes of the name that the image has there

# random BYTES: print this many random bytes as hexadecimal digits.
random() {
	od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

# encoded TEXT: print each byte as %XX (RFC 3986 section 2.1).
encoded() {
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'
}

# --- links ----------------------------------------------------------------

# query [eject]: print the request to the other end. After the first connection,
# the other end must no longer eject another image for us, and must not mount
# our image again if it was ejected.
query() {
	local limit
	case $TARGET in *\?*) printf '&' ;; *) printf '?' ;; esac
	printf 'client=%s&name=%s' "$CLIENT" "$(encoded "$NAME")"
	[ -z "$TAKE" ] || [ -n "$MET" ] || printf '&take=1'
	[ -z "$MET" ] || printf '&again=1'
	[ -z "${1:-}" ] || printf '&eject=1'
	[ ! -f "$REQ/writable" ] || printf '&rw=1'
	for limit in expires idle degraded; do
		[ ! -f "$REQ/$limit" ] ||
			printf '&%s=%s' $limit "$(read_value "$REQ/$limit")"
	done
}

# link_ws [eject]: become a link to a WebSocket. A ticket can be used once;
# after that the other end accepts our own secret.
link_ws() {
	local eject
	eject=${1:-}
	{
		[ -n "$MET" ] || [ ! -s "$TEMP/ticket" ] ||
			sed 's/^/ticket./;q' "$TEMP/ticket"
		echo "resume.$RESUME"
	} >"$TEMP/secrets"
	# -i 4: a dead link must be noticed well before the outage limit.
	set -- env VM_CAUSES=1 vm-ws-proxy -v -i 4 -C "$TARGET$(query "$eject")" -s vm.nbd.v1 \
		-S "$TEMP/secrets"
	[ ! -f "$REQ/cacert" ] || set -- "$@" -a "$REQ/cacert"
	[ -z "$PIN" ] || set -- "$@" -f "$PIN"
	[ ! -f "$TEMP/headers" ] || set -- "$@" -H "$TEMP/headers"
	[ -n "$eject" ] || exec $APART "$@" -U "$TEMP/nbd"
	exec $APART "$@" cat
}

# link_ssh [eject]: become a link to vmctl attach on the other machine.
link_ssh() {
	local eject flag option value
	eject=${1:-}
	# shellcheck disable=SC2086 # a list of words
	set -- ${VM_SSH:-ssh} -T \
		-o ServerAliveInterval=3 -o ServerAliveCountMax=3 \
		"${TARGET#ssh:}" vmctl attach --client "$CLIENT" --name "$NAME"
	[ -z "$SLOT" ] || set -- "$@" -s "$SLOT"
	[ -z "$TAKE" ] || [ -n "$MET" ] || set -- "$@" --take
	[ -z "$MET" ] || set -- "$@" --again
	[ ! -f "$REQ/writable" ] || set -- "$@" -w
	for flag in retype boot-once; do
		[ ! -f "$REQ/$flag" ] || set -- "$@" --$flag
	done
	for option in type expires idle degraded; do
		value=$(read_value "$REQ/$option") && set -- "$@" --$option "$value"
	done
	[ -z "$OUTAGE" ] || set -- "$@" --outage "$OUTAGE"
	[ -n "$eject" ] || exec vm-connect "$TEMP/nbd" "$@" -
	exec "$@" --eject - </dev/null
}

# is_lost STATUS FILE: has the link ended so that another try may work? FILE has
# the link's messages. If the slot is busy, another try does not help.
is_lost() {
	hear <"$2"
	case $1-$CAUSE-$HEARD in
	0-*"closed: 1001"*) return 0 ;;
	75-busy-* | 75--*) return 1 ;;
	6[89]-* | 74-* | 75-* | 255-* | 1[3-9]?-*) return 0 ;;
	*) return 1 ;;
	esac
}

# has_met: has the other end read from the image? vm-fetchd tells this each
# second.
has_met() {
	local stats count
	[ -z "$MET" ] || return 0
	stats=$(read_value "$TEMP/stats") &&
		count=$(stat_value read "$stats") && [ "$count" -gt 0 ]
}
wait_until_met() {
	! wait_for 2 has_met || MET=1
}

# slot_there: print the slot in the URL of the WebSocket.
slot_there() {
	local path
	path=${TARGET%%\?*}
	is_slot "${path##*/}" && echo "${path##*/}" || echo SLOT
}

# last_words FILE: print the last message of a link. Leave out the close code of
# a WebSocket, which is for programs, and suggest no option that works only by
# ssh.
last_words() {
	tail -n 1 "$1" | sed '
		s/^[a-z-]*: //
		s/^.*peer closed: \([0-9]*\)$/the other machine closes the connection (\1)/
		s/^.*peer closed: [0-9]* /the other machine says: /
		s/HTTP 403.*/&: type vmctl ticket '"$(slot_there)"' there, and give that within half a minute with --ticket FILE/
		/^the other machine says/s/ drive: use .*--retype.*/ drive: use the URL of another slot, or ssh:HOST with --retype/
	'
}

# say_last FILE: print the last message of a link as our own.
say_last() {
	hear <"$1"
	complain "$PROG: $(last_words "$1")"
}

# end_link SIGNAL: end the link. INT also tells a WebSocket to eject the medium.
end_link() {
	[ -n "$LINK" ] || return 0
	kill -"$1" "$LINK" 2>/dev/null
	wait "$LINK" 2>/dev/null
	LINK=
}

# --- serving --------------------------------------------------------------

# show_progress: show on a terminal how much the other end has read so far.
show_progress() {
	local stats
	[ -t 2 ] && stats=$(read_value "$TEMP/stats") || return 0
	progress "$(printf '%s: %s MiB read, %s KiB/s' "$NAME" \
		$(($(stat_value read "$stats") / 1048576)) \
		$(($(stat_value rate "$stats") / 1024)))" $(($(now) - BEGAN))
}

# source_ended: vm-fetchd has ended: exit, and print its reason.
source_ended() {
	end_link TERM
	progress_end
	wait_child || was_killed $?
	source_failed $?
}

# watch_link: wait until the link ends, and return its status.
watch_link() {
	local status
	while kill -0 "$LINK" 2>/dev/null; do
		kill -0 "$CHILD" 2>/dev/null || source_ended
		if [ -z "$MET" ] && has_met; then
			MET=1
			echo "$PROG: serving $URL to $(show "$WHERE")" >&2
		fi
		if [ -n "$LOST" ] && grep -q 'opened\|attached' "$TEMP/link"; then
			LOST=
			echo "$PROG: the connection is back" >&2
		fi
		show_progress
		pause
	done
	progress_end
	wait "$LINK"
	status=$?
	LINK=
	return $status
}

# final_error STATUS: print why serving ends, and return its exit status.
final_error() {
	say_last "$TEMP/link"
	case $1 in
	[1-9] | [1-6]? | 7[0-8]) return "$1" ;;
	esac
	CAUSE=unreachable
	[ "$1" = 0 ] || return $EX_UNAVAILABLE
	return $EX_IOERR
}

# keep_serving: make a new link whenever one is lost, until one ends for good.
# If the first link does not work, do not try again.
keep_serving() {
	local status wait_seconds
	wait_seconds=0
	BEGAN=$(now)
	while :; do
		"$BY" 2>"$TEMP/link" 8>&- &
		LINK=$!
		watch_link
		status=$?
		if ! is_lost $status "$TEMP/link"; then
			[ $status != 0 ] || return 0
			final_error $status
			return
		fi
		wait_until_met
		if [ -z "$MET" ]; then
			final_error $status
			return
		fi
		[ -n "$LOST" ] || {
			echo "$PROG: the connection is lost: trying again" \
				"($(last_words "$TEMP/link"))" >&2
			wait_seconds=0
		}
		LOST=1
		[ $wait_seconds = 0 ] || sleep $wait_seconds
		[ $wait_seconds = $LINK_PAUSE_MAX ] ||
			wait_seconds=$((wait_seconds + 1))
	done
}

# --- the end --------------------------------------------------------------

# ask_eject: request the eject by a second link. If that link is lost or the
# slot is busy, the next call tries again. False if the other end refuses.
ask_eject() {
	local status
	[ -z "$EJECTED" ] || return 0
	if [ -z "$EJECTOR" ]; then
		"$BY" eject >/dev/null 2>"$TEMP/eject" 8>&- &
		EJECTOR=$!
	fi
	! kill -0 "$EJECTOR" 2>/dev/null || return 0
	wait "$EJECTOR"
	status=$? EJECTOR=
	if is_lost $status "$TEMP/eject"; then
		sleep 1
	elif [ $status = 0 ] && grep -q ejected "$TEMP/eject"; then
		EJECTED=1
	else
		say_last "$TEMP/eject"
		return 1
	fi
}

# is_ejected: has the other end said that the medium is ejected?
is_ejected() {
	[ -n "$EJECTED" ] || grep -q 'ejected:' "$TEMP/link"
}

# eject_there: request the eject by a second link. The first link continues to
# serve, because the host's last writes are still to come, and ends when the
# medium has been ejected; a signal to the whole process group may have ended it
# earlier. A WebSocket server of another kind does not know such a request:
# unless there is something to be written, we do not wait for long.
eject_there() {
	local start limit
	start=$(now) limit=$EJECT_WS_SECONDS
	[ "$BY" != link_ssh ] || limit=$EJECT_SSH_SECONDS
	trap 'HASTE=1' INT TERM
	echo "$PROG: ejecting the medium on the other machine" \
		"(press ^C again to stop waiting)" >&2
	until [ -n "$HASTE" ]; do
		ask_eject || break
		if ! kill -0 "$LINK" 2>/dev/null; then
			! is_ejected || break
		elif [ -f "$REQ/writable" ]; then
			start=$(now)
		fi
		[ $(($(now) - start)) -lt $limit ] || break
		pause
	done
	[ -z "$EJECTOR" ] || kill -TERM "$EJECTOR" 2>/dev/null
}

# end_serving STATUS: end the link. Eject the medium if a person (^C) or a
# service (TERM) ends vmctl, because then nobody serves the medium any more. A
# terminal that is lost (HUP) is an accident like a lost connection: the medium
# stays, and a vmctl that serves the same image again continues it. A second
# link requests the eject, and tells when it is done. To a server of another
# kind, a normal close of the WebSocket is a request, too, but it sends no
# answer.
end_serving() {
	local signal
	signal=TERM
	case $1 in 130 | 143)
		case $TARGET in ssh:*) ;; *) signal=INT ;; esac
		# vm-fetchd may tell of the first read up to a second late.
		[ -z "$LINK" ] || wait_until_met
		[ -z "$MET" ] || [ -n "$LOST" ] || eject_there
		[ -z "$MET" ] || say_whether_ejected
		;;
	esac
	end_link $signal
}

say_whether_ejected() {
	if is_ejected; then
		echo "$PROG: $NAME was ejected" >&2
	else
		echo "$PROG: the other machine has not confirmed that it ejected" \
			"the medium: type vmctl eject there" >&2
	fi
}

# reason_there: print why the medium was ejected, if the other end gives a
# reason.
reason_there() {
	local why
	why=$(tail -n 1 "$TEMP/link")
	case $why in
	*ejected:*) printf '%s\n' ":${why#*ejected:}" ;;
	esac
}

# --- the request ----------------------------------------------------------

# take_ws URL: refuse the options that a WebSocket cannot pass on.
take_ws() {
	local option
	# If the image comes by HTTPS, --insecure is meant for its server.
	case $URL in
	http*) ;;
	*) [ ! -f "$REQ/insecure" ] || misuse \
		"--insecure is for the server of an image; for a WebSocket use --pin" ;;
	esac
	for option in type retype boot-once; do
		[ ! -f "$REQ/$option" ] || misuse \
			"--$option works only with ssh:HOST, not with a WebSocket"
	done
	[ -z "$SLOT" ] || misuse \
		"--slot works only with ssh:HOST; the URL of a WebSocket names the slot"
	need_part vm-ws-proxy "vmedia with WebSockets (WS=1)"
	TARGET=$1 BY=link_ws
}

# take_ssh ssh:HOST
take_ssh() {
	[ ! -f "$TEMP/ticket" ] && [ ! -f "$TEMP/headers" ] && [ -z "$PIN" ] ||
		misuse "--ticket, --headers and --pin work only with ws[s]://"
	# The remote shell reads host and name.
	case $1 in
	ssh:-* | *[!A-Za-z0-9.:@_%-]*) misuse "$1: not ssh:[USER@]HOST" ;;
	esac
	NAME=$(printf %s "$NAME" | tr -c 'A-Za-z0-9._-' _)
	TARGET=$1 BY=link_ssh
}

take_target() {
	case $1 in
	# In the link to a web page, the ticket follows the #. Do not show it.
	*'#'*) misuse "$(show "${1%%#*}"):" \
		"use --ticket FILE for the ticket, not # and the ticket" ;;
	ws://?* | wss://?*) take_ws "$1" ;;
	ssh:?*) take_ssh "$1" ;;
	*) misuse "$(show "$1"): not ws[s]://HOST/PATH or ssh:HOST" ;;
	esac
}

# take_image WORD: a URL, or a file by any path.
take_image() {
	local path
	case $1 in
	- | *://* | file:* | image:* | \\\\*) take_url "$1" ;;
	*)
		path=$(readlink -f -- "$1") && [ -e "$path" ] || no_file "$1"
		take_url "$path"
		;;
	esac
	NAME=${URL##*/}
	NAME=$(printf %s "${NAME#image:}" | cut -c "1-$NAME_MAX")
	NAME=${NAME:-image}
}

cmd_serve() {
	parse "$@"
	[ -n "$ARGUMENT" ] && [ -n "$WHERE" ] ||
		misuse "serve needs an image, and ws[s]://HOST/vm/SLOT or ssh:HOST"
	CLIENT=$(random 16) RESUME=$(random 32)
	take_image "$ARGUMENT"
	take_target "$WHERE"
	complete_source
	[ ! -f "$REQ/writable" ] || complete_overlay
	hold_stored
	release_stored
	STATS=$TEMP/stats APART=setsid
	need_source -U "$TEMP/nbd"
	keep_serving || exit
	if [ -n "$JSON" ]; then
		json_begin
		out ', "ended": "ejected"'
		json_end
	else
		out '%s was ejected%s\n' "$NAME" "$(reason_there)"
	fi
}
