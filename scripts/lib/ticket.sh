# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl ticket: let a client in over the network. vm-ws-proxy reads the tickets
# (lib/ws-monitor/ticket-check.h has their format). Sourced by vmctl.

TICKET_SECONDS=30	# how long a ticket is good
# A ticket to come back ends earlier if its medium ends
# (lib/slot/end-tickets.c).
COME_BACK_SECONDS=31536000
FRESH_SECONDS=300	# how long vm-ws-proxy makes it valid: RESUME_SECONDS
KEY_SECONDS=3600	# how long a client may take to bring an image

# forget_expired: remove tickets that were not used in time.
forget_expired() {
	local file word end
	for file in "$RUN"/tickets/*; do
		[ -f "$file" ] && read -r word end <"$file" || continue
		case $word-$end in
		expires-*[!0-9]* | expires-) continue ;;
		expires-*) [ "$end" -gt "$(now)" ] || rm -f "$file" ;;
		esac
	done
}

# write_ticket HASH: write what the ticket with that hash allows.
write_ticket() {
	{
		printf 'expires %s\npath /vm/%s\n' $(($(now) + TICKET_SECONDS)) \
			"$SLOT" &&
			{ [ "$SLOT" != 0 ] || echo "path /vm/0/0"; } &&
			printf 'path /nbd/%s\nonce yes\n' "$SLOT"
	} 2>/dev/null >"$RUN/tickets/.$1" &&
		mv "$RUN/tickets/.$1" "$RUN/tickets/$1" && return
	rm -f "$RUN/tickets/.$1"
	return 1
}

# own_ticket: print the file of the ticket to come back that vm-ws-proxy made for
# our client. False if there is none.
own_ticket() {
	case ${VM_WS_RESUME:-} in
	'' | *[!0-9a-f]*) return 1 ;;
	esac
	[ -n "$WEB" ] && [ -f "$RUN/tickets/$VM_WS_RESUME" ] &&
		echo "$RUN/tickets/$VM_WS_RESUME"
}

# renew_ticket FILE SECONDS RESUME: make a ticket valid for SECONDS from now,
# with the word RESUME in its line `resume`. Keep the time of the file, because
# vm-slot compares these times.
renew_ticket() {
	local new
	new=${1%/*}/.${1##*/}
	{
		echo "expires $(($(now) + $2))" &&
			sed "/^expires /d; s/^resume .*/resume $3/" "$1"
	} 2>/dev/null >"$new" && touch -r "$1" "$new" && mv "$new" "$1"
}

# keep_ticket: our client has a medium, and may come back to it.
keep_ticket() {
	local file
	! file=$(own_ticket) || renew_ticket "$file" $COME_BACK_SECONDS yes
}

# hold_key: our client has no medium yet: keep its key valid, and mark it
# `held`, so that it is no ticket for a medium that ends meanwhile. False if the
# client has no key. A second call does not prolong the key, and the key of a
# client with a medium stays as it is.
hold_key() {
	local file
	file=$(own_ticket) || return 1
	! grep -q '^resume held$' "$file" || return 0
	read_ticket "$file"
	[ $((ENDS - $(now))) -le $FRESH_SECONDS ] || return 0
	renew_ticket "$file" $KEY_SECONDS held
}

# make_ticket: print a ticket that lets one client attach to SLOT, once.
make_ticket() {
	local token hash
	[ -n "$SLOT" ] || misuse "ticket needs a slot"
	token=$(dd if=/dev/urandom bs=32 count=1 2>/dev/null | base64 |
		tr '+/' '-_' | tr -d '=\n')
	hash=$(printf %s "$token" | sha256sum)
	hash=${hash%% *}
	[ ${#token} = 43 ] && [ ${#hash} = 64 ] ||
		die $EX_OSERR "unable to make a ticket: base64 or sha256sum is missing"
	write_ticket "$hash" ||
		die $EX_CANTCREAT "unable to write $RUN/tickets: is $RUN full?"
	if [ -n "$JSON" ]; then
		json_begin
		out ', "slot": %s, "ticket": "%s", "id": "%.8s", "seconds": %s' \
			"$SLOT" "$token" "$hash" $TICKET_SECONDS
		json_end
	else
		out '%s\n' "$token"
	fi
}

# read_ticket FILE: set ENDS, FOR and USE. Do not read why its medium ended:
# only the bearer may know that.
read_ticket() {
	local word value
	ENDS=0 FOR='' USE=once
	while read -r word value; do
		case $word$value in
		expires*) ENDS=$value ;;
		path/vm/[0-7]) FOR=${value#/vm/} ;;
		resumeheld) USE='key' ;;
		resume*) USE=again ;;
		ended*) USE=ended ;;
		esac
	done <"$1"
}

# list_tickets: print a line for each ticket. The ID is the beginning of the
# hash, which lets nobody in.
list_tickets() {
	local file id separator
	separator=
	if [ -n "$JSON" ]; then
		json_begin
		out ', "tickets": ['
	else
		out '%-8s  %-4s  %-5s  %s\n' ID SLOT USE SECONDS
	fi
	for file in "$RUN"/tickets/*; do
		[ -f "$file" ] && read_ticket "$file" || continue
		[ -z "$SLOT" ] || [ "$FOR" = "$SLOT" ] || continue
		id=${file##*/}
		id=${id%"${id#????????}"}
		ENDS=$((ENDS - $(now)))
		if [ -n "$JSON" ]; then
			out '%s{"id": "%s", "slot": %s, "use": "%s", "seconds": %s}' \
				"$separator" "$id" "${FOR:-null}" "$USE" $ENDS
			separator=', '
		else
			[ "$USE" != again ] || ENDS='until its medium is ejected'
			out '%-8s  %-4s  %-5s  %s\n' "$id" "$FOR" "$USE" "$ENDS"
		fi
	done
	[ -z "$JSON" ] || {
		out ']'
		json_end
	}
}

# revoke_ticket: a client that is connected stays, but cannot come back.
revoke_ticket() {
	local file
	for file in "$RUN/tickets/$REVOKE"*; do
		[ -f "$file" ] || die $EX_NOINPUT "there is no ticket $REVOKE:" \
			"vmctl ticket --list shows all"
		read_ticket "$file"
		rm -f "$file" || die $EX_CANTCREAT "unable to remove $file"
	done
	SLOT=${FOR:-null}
	[ -z "$JSON" ] || json_changed true
}

cmd_ticket() {
	parse "$@"
	{ mkdir -p "$RUN/tickets" && chmod 755 "$RUN"; } 2>/dev/null ||
		die $EX_CANTCREAT \
			"unable to make $RUN/tickets: run vmctl as root, or set VM_RUN_DIR"
	forget_expired
	if [ -n "$LISTS" ]; then
		list_tickets
	elif [ -n "$REVOKE" ]; then
		revoke_ticket
	else
		make_ticket
	fi
}
