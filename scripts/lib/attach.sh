# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# An image that comes to us: an NBD server on standard input and output, which
# vm-nbd-attach -j hands to the vm-slot of the slot; and the tickets of those
# who may bring one over the network. Sourced by vmctl.

TICKET_SECONDS=30	# for which a ticket lets one in
QUERY_MAX=1024		# bytes of what comes from the network
SIGNALED=		# a signal came, and was passed on

# --- what comes from the network ------------------------------------------

# decode TEXT: %XX as the characters they stand for, + as a space, and ? for each
# that is none to be shown. False where it is no such text.
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

# take_path PATH: the slot that it is about. vm/0/0 is how some clients spell
# the one slot that they know.
take_path() {
	case $1 in
	/vm/[0-7] | /nbd/[0-7]) parse_value -s "${1##*/}" ;;
	/vm/0/0) parse_value -s 0 ;;
	*) die $EX_NOINPUT "there is no slot at that path" ;;
	esac
}

# take_query WORD: one of NAME=VALUE.
take_query() {
	case $1 in
	client=*) parse_value --client "${1#*=}" ;;
	name=*)
		value=$(decode "${1#*=}") || misuse "unable to use that name"
		# A path's last part is its name.
		parse_value --name "${value##*/}"
		;;
	take=1) TAKE=1 ;;
	again=1) AGAIN=1 ;;
	eject=1) EJECT=1 AGAIN=1 ;;
	rw=1) ask writable 1 ;;
	take=0 | again=0 | eject=0 | rw=0) ;;
	*) misuse "unable to use that query" ;;
	esac
}

# read_web: what vm-ws-proxy says of who has come. Each word of it is a
# stranger's.
read_web() {
	path=${VM_WS_PATH:-} query=${VM_WS_QUERY:-}
	case $path$query in
	*[!!-~]*) misuse "unable to use that request" ;;
	esac
	[ $((${#path} + ${#query})) -le $QUERY_MAX ] ||
		misuse "unable to use that request"
	take_path "$path"
	while [ -n "$query" ]; do
		word=${query%%&*}
		query=${query#"$word"}
		query=${query#&}
		take_query "$word"
	done
	[ -z "${VM_WS_PEER:-}" ] || parse_value --who "$VM_WS_PEER"
}

# --- what is asked --------------------------------------------------------

# refuse_others: what is about a URL is not about this.
refuse_others() {
	for key in user domain password netrc cacert cert key insecure \
		overlay; do
		[ ! -f "$REQ/$key" ] || misuse "unable to attach with a $key"
	done
	[ -z "$SOCKET$JSON$WATCH$REPLACE" ] ||
		misuse "unable to attach with --socket, --json, --watch or --replace"
}

# peer: who it is that has come by ssh.
peer() {
	peer=${SSH_CONNECTION:-}
	peer=${peer%% *}
	is_text "$peer" 64 || peer=
	printf '%s\n' "${peer:-somebody}"
}

complete_attach() {
	[ -n "$WEB" ] || [ -n "$given" ] ||
		misuse "unable to attach without - (standard input) or --web"
	refuse_others
	WHO=${WHO:-$(peer)}
	ask served "${NAME:=image}"
	URL=served:$NAME
	# Those are about what is fetched.
	CACERT='' CACHE='' CONNECTIONS='' LIMIT_RATE=''
	complete_request attach
}

# is_client_of: does that slot serve what this client brought?
is_client_of() {
	[ "$CLIENT" != - ] && is_in && [ "$(get client)" = "$CLIENT" ]
}

# for_good STATUS: of a medium that has failed. $EX_IOERR is of a line, which
# may be mended.
for_good() {
	[ "$1" = $EX_IOERR ] && echo $EX_CANTCREAT || echo "$1"
}

# end_failed: with what the slot says of its medium that has failed.
end_failed() {
	get error >&2
	exit "$(for_good "$(get status)")"
}

# gone_meanwhile: who comes again finds no medium of his. He has it in his hand,
# but whoever ejected it, there or here, does not want it back.
gone_meanwhile() {
	[ -n "$(ls "$RUN"/*/state 2>/dev/null)" ] || die $EX_NOINPUT \
		"the medium is not here any more: this machine was started anew"
	[ -z "$SLOT" ] || held || [ ! -f "$DIR/error" ] || end_failed
	echo "slot ${SLOT:-?}: ejected: while its source was away" >&2
	exit 0
}

# tell_ended: vm-ws-proxy has let him in by what vm-slot has left for him, to
# hear how his medium ended.
tell_ended() {
	status=${VM_WS_ENDED%% *} why=${VM_WS_ENDED#* }
	[ "$status" = 0 ] || die "$(for_good "$status")" "slot $SLOT: $why"
	echo "slot $SLOT: ejected: $why" >&2
	exit 0
}

# choose_attached: SLOT, where none was asked for: what the image is will be
# seen when it is in.
choose_attached() {
	type=$(read_value "$REQ/type")
	[ "$type" != auto ] || type='cd'
	if find_slot is_client_of cd || find_slot is_client_of disk; then
		SLOT=$found
	elif [ -n "$AGAIN" ]; then
		gone_meanwhile
	elif find_slot is_empty "$type"; then
		SLOT=$found
	elif [ -n "$TAKE" ]; then
		SLOT=$(slots_of "$type" | head -n 1)
	fi
	[ -n "$SLOT" ] || die $EX_TEMPFAIL \
		"there is no empty slot for a $type: eject one, or --take"
}

# --- the one who hands it in ----------------------------------------------

# start_joiner: with what was our standard input and output, which nobody else
# may have: they are the source's, and must end with it.
start_joiner() {
	vm-nbd-attach -j "$DIR/work/nbd" -c "$CLIENT" -n "$WHO" \
		<&7 >&6 2>"$TEMP/said" 6>&- 7<&- 9>&- &
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

# await_joiner: its end, into STATUS; a signal of ours only ends a wait.
await_joiner() {
	last=127
	while
		SIGNALED=
		wait "$CHILD"
		STATUS=$?
		[ -n "$SIGNALED" ]
	do
		last=$STATUS
	done
	[ $STATUS != 127 ] || STATUS=$last
	CHILD=
}

# say_failed: what the slot says, if that is how it ended. The device goes, or
# the one who waits for a source, before it can say why; and who took its place
# may be quick to undo what it said.
say_failed() {
	start=$(now) reason=
	while held && [ "$(get state)" = deactivating ] &&
		[ $(($(now) - start)) -lt $EJECT_SECONDS ]; do
		reason=$(get reason) || :
		pause
	done
	reason=$(get reason || printf %s "$reason")
	[ -f "$DIR/error" ] || return 0
	MOUNTING=
	end_failed
}

# tell_end: how it ended, as the one line that people will read, and our status.
tell_end() {
	case $STATUS in 0 | "$EX_IOERR") say_failed ;; esac
	if [ "$STATUS" = 0 ]; then
		MOUNTING=
		echo "slot $SLOT: ejected${reason:+: $reason}" >&2
		return
	fi
	why=$(grep -v ': attached: ' "$TEMP/said" | tail -n 1)
	why=${why#vm-nbd-attach: }
	case $why in
	"taken "*) die "$STATUS" "slot $SLOT is $why" ;;
	*) die "$STATUS" "slot $SLOT: ${why:-the link was ended ($STATUS)}" ;;
	esac
}

# --- attach ---------------------------------------------------------------

# is_ours: may it be handed to what the slot holds, if that is its image? What
# another has is to be ejected, where it is taken.
is_ours() {
	[ -f "$DIR/request/served" ] || return
	[ -z "$TAKE" ] || { is_client_of && [ "$(get url)" = "$URL" ]; }
}

# begin_attach: a vm-slot for it. The slot is ours until the medium is in.
begin_attach() {
	wait_free
	MOUNTING=1
	write_request
	start_joiner
	start_slot "$SLOT"
	if ! watch_slot; then
		progress_end
		await_joiner
		# Whose line was cut may be back before the slot gives up.
		case $STATUS in "$EX_IOERR" | 129) MOUNTING= ;; esac
		tell_end
		exit
	fi
	MOUNTING=
	say_mounted true >&2
}

# take_slot: eject what another has there, also where the host has locked its
# drive, as Linux does with each CD that it sees: who takes it has been told
# whose it is. Not without what the host wrote, if that ends in time.
take_slot() {
	put taken "$WHO"
	(eject_slot take) 2>/dev/null || (eject_slot force) || {
		status=$?
		rm -f "$DIR/taken"
		exit $status
	}
}

# eject_own: he wants it to end, and serves on until it has.
eject_own() {
	eject_slot source || exit "$(for_good $?)"
	echo "slot $SLOT: ejected" >&2
	exit 0
}

# join_slot: bring it to the medium that is in, and waits.
join_slot() {
	exec 9>&-
	start_joiner
	until [ -s "$TEMP/said" ] || ! kill -0 "$CHILD" 2>/dev/null; do
		pause
	done
	! grep -q ': attached: ' "$TEMP/said" ||
		echo "slot $SLOT: $(get url) is attached again" >&2
}

attach() {
	exec 6>&1 7<&0 >&2 </dev/null
	parse "$@"
	[ -z "$WEB" ] || read_web
	[ -z "$WEB" ] || [ -z "${VM_WS_ENDED:-}" ] || tell_ended
	complete_attach
	[ -n "$SLOT" ] || choose_attached
	# Who comes again has no time to lose, and its drive is there.
	DIR=$RUN/$SLOT
	held || setup_gadget
	lock_slot "$SLOT"
	echo "$WHO" >"$DIR/lock"
	[ "$(get state)" != deactivating ] || wait_free
	# If the vm-slot of what is in was killed, another takes it over.
	held || ! is_in || ! is_ours || resume_slot || die $EX_OSERR \
		"slot $SLOT: vm-slot ended unexpectedly; see vmctl log -s $SLOT"
	[ -z "$AGAIN" ] || { [ "$CLIENT" != - ] &&
		[ "$(get client)" = "$CLIENT" ]; } || gone_meanwhile
	[ -z "$EJECT" ] || eject_own
	if holds && ! is_ours; then
		[ -n "$TAKE" ] || die $EX_TEMPFAIL \
			"slot $SLOT holds $(get url): eject it, or --take"
		take_slot
	fi
	if holds; then join_slot; else begin_attach; fi
	exec 9>&-
	await_joiner
	tell_end
}

# --- tickets --------------------------------------------------------------

# forget_expired: tickets that nobody came with.
forget_expired() {
	for file in "$RUN"/tickets/*; do
		[ -f "$file" ] && read -r word end <"$file" || continue
		case $word-$end in
		expires-*[!0-9]* | expires-) continue ;;
		expires-*) [ "$end" -gt "$(now)" ] || rm -f "$file" ;;
		esac
	done
}

# ticket [-s] SLOT: what lets one in over the network, once, to that slot.
ticket() {
	parse "$@"
	[ -n "$SLOT" ] || misuse "unable to make a ticket without a slot"
	{ mkdir -p "$RUN/tickets" && chmod 755 "$RUN"; } 2>/dev/null || die \
		$EX_CANTCREAT "unable to make $RUN/tickets: be root, or set VM_RUN_DIR"
	forget_expired
	token=$(dd if=/dev/urandom bs=32 count=1 2>/dev/null | base64 |
		tr '+/' '-_' | tr -d '=\n')
	hash=$(printf %s "$token" | sha256sum)
	hash=${hash%% *}
	[ ${#token} = 43 ] && [ ${#hash} = 64 ] ||
		die $EX_OSERR "unable to make a ticket: base64 or sha256sum is missing"
	{
		echo "expires $(($(now) + TICKET_SECONDS))"
		echo "path /vm/$SLOT"
		[ "$SLOT" != 0 ] || echo "path /vm/0/0"
		echo "path /nbd/$SLOT"
		echo "once yes"
	} >"$RUN/tickets/.$hash" &&
		mv "$RUN/tickets/.$hash" "$RUN/tickets/$hash" ||
		die $EX_CANTCREAT "unable to write $RUN/tickets"
	printf '%s\n' "$token"
}
