# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl serve: an image of this machine, or a URL that it can reach, as the
# medium of a slot elsewhere. vm-fetchd serves it here, and a link takes that
# there: vm-ws-proxy to a WebSocket, or ssh to `vmctl attach`. Sourced by vmctl.

LINK=			# the link's process, while there is one
LOST=			# it was there, and is tried again
BY='' EJECT=''		# what makes a link; one that only has it ejected
TARGET=			# where to
MET=			# the other end has taken the image before

LINK_PAUSE_MAX=2	# seconds between two tries
NAME_MAX=80		# bytes of what the image is called there

# random BYTES: as hexadecimal digits.
random() {
	od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

# encoded TEXT: each byte as %XX (RFC 3986 section 2.1).
encoded() {
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'
}

# --- links ----------------------------------------------------------------

# query: what the other end is to know. Nothing is taken from anybody, and no
# drive filled, by who only comes again.
query() {
	case $TARGET in *\?*) printf '&' ;; *) printf '?' ;; esac
	printf 'client=%s&name=%s' "$CLIENT" "$(encoded "$NAME")"
	[ -z "$TAKE" ] || [ -n "$MET" ] || printf '&take=1'
	[ -z "$MET" ] || printf '&again=1'
	[ -z "$EJECT" ] || printf '&eject=1'
	[ ! -f "$REQ/writable" ] || printf '&rw=1'
}

# link_ws: to a WebSocket. A ticket is good once; a secret of our own beside it
# lets us in again.
link_ws() {
	{
		[ -n "$MET" ] || [ ! -s "$TEMP/ticket" ] ||
			sed 's/^/ticket./;q' "$TEMP/ticket"
		echo "resume.$RESUME"
	} >"$TEMP/secrets"
	# A link that is dead is noticed well within the outage limit.
	set -- vm-ws-proxy -v -i 4 -C "$TARGET$(query)" -s vm.nbd.v1 -S "$TEMP/secrets"
	[ ! -f "$REQ/cacert" ] || set -- "$@" -a "$REQ/cacert"
	[ -z "$PIN" ] || set -- "$@" -f "$PIN"
	[ ! -f "$TEMP/headers" ] || set -- "$@" -H "$TEMP/headers"
	[ -n "$EJECT" ] || exec $APART "$@" -U "$TEMP/nbd"
	exec $APART "$@" cat
}

# link_ssh: to a command there.
link_ssh() {
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
	for option in type expires idle; do
		value=$(read_value "$REQ/$option") && set -- "$@" --$option "$value"
	done
	[ -z "$OUTAGE" ] || set -- "$@" --outage "$OUTAGE"
	[ -n "$EJECT" ] || exec vm-connect "$TEMP/nbd" "$@" -
	exec "$@" --eject - </dev/null
}

# is_lost STATUS FILE: did the link end in a way after which another may do
# better? The last line that it said, to FILE, tells, where a status has several
# meanings.
is_lost() {
	case $1-$(tail -n 1 "$2") in
	0-*"closed: 1001"*) return 0 ;;
	75-*" taken by "* | 75-*" taken over "* | 75-*" waits for "* | \
		75-*" holds "*) return 1 ;;
	6[89]-* | 74-* | 75-* | 255-* | 1[3-9]?-*) return 0 ;;
	*) return 1 ;;
	esac
}

# has_met: has the other end read from us? That is told each second.
has_met() {
	[ -n "$MET" ] || {
		stats=$(read_value "$TEMP/stats") && count=$(stat_value read) &&
			[ "$count" -gt 0 ]
	}
}
wait_until_met() {
	! wait_for 2 has_met || MET=1
}

# --- waiting --------------------------------------------------------------

# show_progress: how much of it the other end has read so far.
show_progress() {
	[ -t 2 ] && stats=$(read_value "$TEMP/stats") || return 0
	printf '\r\033[K%s: %s MiB read, %s KiB/s' "$NAME" \
		$(($(stat_value read) / 1048576)) \
		$(($(stat_value rate) / 1024)) >&2
}

# watch_link: until it ends, or the source does. Its status is returned.
watch_link() {
	while kill -0 "$LINK" 2>/dev/null; do
		if ! kill -0 "$CHILD" 2>/dev/null; then
			end_link TERM
			progress_end
			wait "$CHILD"
			status=$?
			CHILD=
			tail -n 1 "$TEMP/said" >&2
			exit $status
		fi
		if [ -z "$MET" ] && has_met; then
			MET=1
			echo "$PROG: serving $URL to $(show "$TO")" >&2
		fi
		if [ -n "$LOST" ] && grep -q 'opened\|attached' "$TEMP/link"; then
			LOST=
			echo "$PROG: the link is back" >&2
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

# say_last FILE: what a link said last, as ours.
say_last() {
	tail -n 1 "$1" | sed "s/^[a-z-]*: /$PROG: /" >&2
}

# end_link SIGNAL: INT says by a WebSocket that it was meant, and the medium goes.
end_link() {
	[ -n "$LINK" ] || return 0
	kill -"$1" "$LINK" 2>/dev/null
	wait "$LINK" 2>/dev/null
	LINK=
}

# eject_there: by another link, while this one serves on: what the host wrote
# last is still to come. This one's end is that of the medium.
eject_there() {
	EJECT=1 HASTE='' asked='' asking=
	trap 'HASTE=1' INT
	echo "$PROG: ejecting it there (^C again: at once)" >&2
	while kill -0 "$LINK" 2>/dev/null && [ -z "$HASTE" ]; do
		ask_eject || break
		pause
	done
	[ -z "$asking" ] || kill -TERM "$asking" 2>/dev/null
}

# ask_eject: and again, where that link is lost, or the slot is busy. False: it
# is refused.
ask_eject() {
	[ -z "$asked" ] || return 0
	if [ -z "$asking" ]; then
		"$BY" >/dev/null 2>"$TEMP/eject" &
		asking=$!
	fi
	! kill -0 "$asking" 2>/dev/null || return 0
	wait "$asking"
	answer=$? asking=
	if is_lost $answer "$TEMP/eject"; then
		sleep 1
	elif [ $answer = 0 ]; then
		asked=1
	else
		say_last "$TEMP/eject"
		return 1
	fi
}

# end_serving STATUS: we end. Only a person's ^C means that the medium is to go:
# by a WebSocket a close can say so, by ssh, or where there is something to be
# written, there is more to it.
end_serving() {
	signal=TERM asks=
	[ "$1" != 130 ] || case $TARGET in
	ssh:*) asks=1 ;;
	*)
		signal=INT
		[ ! -f "$REQ/writable" ] || asks=1
		;;
	esac
	[ -z "$asks" ] || [ -z "$MET" ] || [ -n "$LOST" ] || eject_there
	if [ "$1" = 130 ] && [ -n "$MET" ] && { [ -n "$LOST" ] ||
		{ [ $signal = TERM ] && kill -0 "$LINK" 2>/dev/null; }; }; then
		echo "$PROG: the medium waits for its image there: vmctl eject" >&2
	fi
	end_link $signal
}

# keep_serving BY: link after link, each by that function, until one is ended for
# good. What has never worked is not tried again.
keep_serving() {
	BY=$1 wait_seconds=0
	while :; do
		"$BY" 2>"$TEMP/link" &
		LINK=$!
		watch_link
		status=$?
		if [ $status = 0 ] && ! is_lost 0 "$TEMP/link"; then
			return 0
		fi
		! is_lost $status "$TEMP/link" || wait_until_met
		if [ -z "$MET" ] || ! is_lost $status "$TEMP/link"; then
			say_last "$TEMP/link"
			[ $status -le 78 ] || status=$EX_UNAVAILABLE
			[ $status != 0 ] || status=$EX_IOERR
			return $status
		fi
		[ -n "$LOST" ] || {
			echo "$PROG: the link is lost: trying again ($(tail -n 1 "$TEMP/link"))" >&2
			wait_seconds=0
		}
		LOST=1
		[ $wait_seconds = 0 ] || sleep $wait_seconds
		[ $wait_seconds = $LINK_PAUSE_MAX ] ||
			wait_seconds=$((wait_seconds + 1))
	done
}

# reason: how the other end has put the end, where it says more than that.
reason() {
	why=$(tail -n 1 "$TEMP/link")
	case $why in
	*ejected:*) printf '%s\n' ":${why#*ejected:}" ;;
	esac
}

# --- what is asked --------------------------------------------------------

# take_target WORD: where to; what the other end is to know goes along.
take_target() {
	case $1 in
	# A page's link has the ticket there.
	*'#'*) misuse "unable to serve to $(show "${1%%#*}"):" \
		"a ticket goes by --ticket" ;;
	ws://?* | wss://?*)
		TARGET=$1
		# Of an image that is fetched by HTTPS it is said of that.
		case $URL in
		http*) ;;
		*) [ ! -f "$REQ/insecure" ] || misuse "unable to serve to" \
			"$(show "$1") with --insecure: --pin names its certificate" ;;
		esac
		for option in type retype boot-once expires idle; do
			[ ! -f "$REQ/$option" ] || misuse "unable to serve to" \
				"$(show "$1") with --$option: by ssh:HOST that can be asked for"
		done
		[ -z "$SLOT" ] || misuse \
			"unable to serve to $(show "$1") with -s: its path has the slot"
		;;
	ssh:?*)
		[ ! -f "$TEMP/ticket" ] && [ ! -f "$TEMP/headers" ] && [ -z "$PIN" ] ||
			misuse "unable to serve to $1 with --ticket, --headers or --pin:" \
				"they are for ws[s]://"
		TARGET=$1
		# A remote shell reads it.
		NAME=$(printf %s "$NAME" | tr -c 'A-Za-z0-9._-' _)
		case $TARGET in
		ssh:-* | *[!A-Za-z0-9.:@_%-]*) misuse "unable to serve to $1: not ssh:[USER@]HOST" ;;
		esac
		;;
	*) misuse "unable to serve to $(show "$1"): not ws[s]://HOST/PATH or ssh:HOST" ;;
	esac
}

# take_image WORD: a URL, or a file, also by a path that is not whole.
take_image() {
	case $1 in
	- | *://* | file:*) take_url "$1" ;;
	*)
		path=$(readlink -f -- "$1") && [ -e "$path" ] ||
			die $EX_NOINPUT "unable to open $(show "$1"): no such file"
		take_url "$path"
		;;
	esac
	# A request has room for so much of it.
	NAME=$(printf %s "${URL##*/}" | cut -c "1-$NAME_MAX")
	NAME=${NAME:-image}
}

serve() {
	[ -n "$IMAGE" ] && [ -n "$TO" ] ||
		misuse "unable to serve without an image and where to"
	[ -z "$SOCKET$WATCH$REPLACE$FORCE$WAIT_HOST" ] || misuse \
		"unable to serve with --socket, --watch, --replace, --force or --wait-host"
	CLIENT=$(random 16) RESUME=$(random 32)
	take_image "$IMAGE"
	take_target "$TO"
	complete_source
	[ ! -f "$REQ/writable" ] || complete_overlay
	STATS=$TEMP/stats TO_WRITE=1 APART=setsid
	start_source -U "$TEMP/nbd" || {
		status=$?
		tail -n 1 "$TEMP/said" >&2
		exit $status
	}
	case $TARGET in
	ssh:*) keep_serving link_ssh ;;
	*) keep_serving link_ws ;;
	esac || exit
	[ -z "$JSON" ] || printf '{"schema": 1, "ended": "ejected"}\n'
	[ -n "$JSON" ] || echo "$NAME was ejected$(reason)"
}
