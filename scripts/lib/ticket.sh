# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl ticket: let a client in over the network. vm-ws-proxy reads the tickets
# (lib/ws-monitor/ticket-check.h has their format). Sourced by vmctl.

TICKET_SECONDS=30	# how long a ticket is good
# The end of its medium ends a ticket to come back earlier (lib/slot/end-tickets.c).
COME_BACK_SECONDS=31536000

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

# write_ticket HASH: what vm-ws-proxy may do with the ticket of that hash.
write_ticket() {
	{
		echo "expires $(($(now) + TICKET_SECONDS))"
		echo "path /vm/$SLOT"
		[ "$SLOT" != 0 ] || echo "path /vm/0/0"
		echo "path /nbd/$SLOT"
		echo "once yes"
	} >"$RUN/tickets/.$1" && mv "$RUN/tickets/.$1" "$RUN/tickets/$1"
}

# keep_ticket: our client has a medium, and may come back to it with the ticket
# that vm-ws-proxy made for it. vm-slot compares the times of the files, so the
# time stays as it was.
keep_ticket() {
	local file new
	case ${VM_WS_RESUME:-} in
	'' | *[!0-9a-f]*) return 0 ;;
	esac
	file=$RUN/tickets/$VM_WS_RESUME new=$RUN/tickets/.$VM_WS_RESUME
	[ -n "$WEB" ] && [ -f "$file" ] || return 0
	{
		echo "expires $(($(now) + COME_BACK_SECONDS))"
		sed '/^expires /d' "$file"
	} >"$new" && touch -r "$file" "$new" && mv "$new" "$file"
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
		die $EX_CANTCREAT "unable to write $RUN/tickets"
	if [ -n "$JSON" ]; then
		json_begin
		printf ', "slot": %s, "ticket": "%s", "id": "%.8s", "seconds": %s' \
			"$SLOT" "$token" "$hash" $TICKET_SECONDS
		json_end
	else
		printf '%s\n' "$token"
	fi
}

# read_ticket FILE: set ENDS, FOR and USE. What it says of its end, a ticket
# tells only its bearer.
read_ticket() {
	local word value
	ENDS=0 FOR='' USE=once
	while read -r word value; do
		case $word$value in
		expires*) ENDS=$value ;;
		path/vm/[0-7]) FOR=${value#/vm/} ;;
		resume*) USE=again ;;
		ended*) USE=ended ;;
		esac
	done <"$1"
}

# list_tickets: one line for each. The ID is the beginning of the hash, by which
# nobody can come in.
list_tickets() {
	local file id separator
	separator=
	if [ -n "$JSON" ]; then
		json_begin
		printf ', "tickets": ['
	else
		printf '%-8s  %-4s  %-5s  %s\n' ID SLOT USE SECONDS
	fi
	for file in "$RUN"/tickets/*; do
		[ -f "$file" ] && read_ticket "$file" || continue
		[ -z "$SLOT" ] || [ "$FOR" = "$SLOT" ] || continue
		id=${file##*/}
		id=${id%"${id#????????}"}
		ENDS=$((ENDS - $(now)))
		if [ -n "$JSON" ]; then
			printf '%s{"id": "%s", "slot": %s, "use": "%s", "seconds": %s}' \
				"$separator" "$id" "${FOR:-null}" "$USE" $ENDS
			separator=', '
		else
			printf '%-8s  %-4s  %-5s  %s\n' "$id" "$FOR" "$USE" $ENDS
		fi
	done
	[ -z "$JSON" ] || {
		printf ']'
		json_end
	}
}

# revoke_ticket: a client that is connected stays, but cannot come back.
revoke_ticket() {
	local file
	for file in "$RUN/tickets/$REVOKE"*; do
		[ -f "$file" ] || die $EX_NOINPUT "there is no ticket $REVOKE:" \
			"vmctl ticket --list shows all"
		rm -f "$file" || die $EX_CANTCREAT "unable to remove $file"
	done
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
