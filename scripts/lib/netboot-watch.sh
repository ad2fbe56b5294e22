# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What happens while machines boot: vm-netboot-log(8) prints events, which give
# each machine a stage. Sourced by vm-netboot. A machine is a directory
# $DIR/seen/MAC, with a file for each value:
#
#   stage address arch bytes since (the time of its first request, of now())
#   fetched     it has all of its kernel and initrds, or of its image
#   got-NAME    it has this file; parts-NAME has its parts, words FIRST-LAST
#   booted      it has given a sign of its system
#   loaders     times when it fetched a boot loader, since it last had a script
#   asked       it has asked by DHCP since it last fetched a boot loader

LOOP_SECONDS=120 LOOP_TIMES=3	# this many loader fetches in this time: a loop
DEATHS_MAX=5		# more ends of programs in a minute are an error
BOOTED=0		# how many machines have booted
SEEN='' KNOWN=0		# the machines, words, and how many
KNOWN_MAX=1000
PARTS_MAX=64		# pieces of a file that a machine takes in ranges
HOOK_SECONDS=30		# how long the hook may take
DEATHS=0 DEATHS_SINCE=0
DRAWN=0			# lines of progress that are on the terminal

# keep NAME VALUE: write a value of the machine at hand, whose directory is M.
keep() {
	printf '%s\n' "$2" >"$M/$1"
}

# kept NAME: set VALUE to that value of the machine. False if there is none.
kept() {
	VALUE=
	[ -f "$M/$1" ] && IFS= read -r VALUE <"$M/$1"
}

# see_machine MAC: set M; the first time, make its directory. False if there are
# too many machines, which --any allows.
see_machine() {
	name_dir "$1"
	M=$DIR/seen/$VALUE
	[ ! -d "$M" ] || return 0
	[ $KNOWN -lt $KNOWN_MAX ] || return
	mkdir -p "$M"
	KNOWN=$((KNOWN + 1)) SEEN="$SEEN $1"
	keep since "$(now)"
}

# plan_of MAC: set PLAN to the directory of what the machine is to boot. False
# if we do not serve it.
plan_of() {
	name_dir "$1"
	PLAN=$DIR/machines/$VALUE
	[ -d "$PLAN" ] || PLAN=$DIR/machines/any
	[ -d "$PLAN" ]
}

# --- signs that a machine has booted ---------------------------------------------

# has_booted MAC: note that it gave a sign. With --boot-once, it boots its own
# disk next.
has_booted() {
	[ ! -f "$M/booted" ] || return 0
	keep booted "$(now)"
	keep stage booted
	BOOTED=$((BOOTED + 1))
	[ ! -f "$PLAN/once" ] || end_plan "$1"
}

# end_plan MAC: it boots its own disk from now on; others of --any still boot.
end_plan() {
	if [ "${PLAN##*/}" = any ]; then
		name_dir "$1"
		mkdir -p "$DIR/machines/$VALUE/files"
		cp "$PLAN/token" "$PLAN/needs" "$DIR/machines/$VALUE/"
		PLAN=$DIR/machines/$VALUE
	fi
	: >"$PLAN/done"
}

# count_fetched FILE: the machine has FILE. Does it have all that it needs now?
count_fetched() {
	local file
	: >"$M/got-$1"
	while read -r file; do
		[ -f "$M/got-$file" ] || return 0
	done <"$PLAN/needs"
	[ -f "$M/fetched" ] || keep fetched "$(now)"
}

# --- loops -----------------------------------------------------------------------

# count_loader MAC: a machine that takes the boot loader three times within two
# minutes, and no script, is in a loop. UEFI takes the loader twice after it has
# asked by DHCP, first for its size: this counts as once.
count_loader() {
	local time times now
	! kept why || return 0
	now=$(now) times=''
	rm "$M/asked"
	kept loaders || :
	for time in $VALUE; do
		[ $((now - time)) -ge $LOOP_SECONDS ] || times="$times $time"
	done
	keep loaders "$times $now"
	# shellcheck disable=SC2086 # words
	set -- "$1" $times
	[ $# -ge $LOOP_TIMES ] || return 0
	shut_out "$1"
	keep stage loop
	VALUE="it took the boot loader $LOOP_TIMES times and did not go on: it gets no more"
	keep why "$VALUE"
	show_error "$1: $VALUE"
}

# shut_out MAC: give it no answer any more. Restart dnsmasq, because it crashes
# on SIGHUP after it has used a host's tag (2.90).
shut_out() {
	MACHINES=$(printf '%s' "$MACHINES" | grep -v "^$1 ")
	MACHINES="${MACHINES:+$MACHINES$NEWLINE}$1 never$NEWLINE"
	name_dir "$1"
	rm -rf "$DIR/tftp/$VALUE"
	write_confs
	stop dnsmasq
	start dnsmasq
}

# --- events ----------------------------------------------------------------------

# take_event TIME MAC STAGE DETAIL
take_event() {
	case $2:$3 in
	-:tick) on_tick ;;
	-:server)
		FOREIGN=$4
		die $EX_TEMPFAIL "another DHCP server has appeared on $ADAPTER, $4:" \
			"stopped"
		;;
	-:ready) READY="$READY $4" ;;
	-:error)
		LAST_ERROR=$4
		[ -n "$STARTING" ] || show_error "$4"
		;;
	-:*) ;;
	*) on_machine "$@" ;;
	esac
}
READY=''		# which programs are ready
LAST_ERROR=''		# the last error that a program has printed
STARTING=1		# set until all programs are ready

# show_error TEXT
show_error() {
	clear_progress
	echo "$PROG: $1" >&2
}

# has_place STAGE: may one more machine be kept at this stage?
has_place() {
	case ${PLAN##*/}:$1 in
	any:ask | any:offer | any:address | any:ignored) [ $KNOWN -lt $((KNOWN_MAX / 10)) ] ;;
	esac
}

# on_machine TIME MAC STAGE DETAIL
on_machine() {
	local mac stage
	mac=$2 stage=$3
	# Anybody can make up MACs: keep nothing about machines that we do not
	# serve, and with --any, only few of the machines that only ask.
	{ plan_of "$mac" && has_place "$stage" && see_machine "$mac"; } || {
		tell "$@"
		return 0
	}
	case $stage in ask | offer | address) : >"$M/asked" ;; esac
	# shellcheck disable=SC2086 # a detail of words
	case $stage in
	ask)
		# A system asks without the options of firmware: it has booted.
		[ "$4" != plain ] || [ ! -f "$M/fetched" ] || has_booted "$mac"
		[ "$4" = plain ] || keep arch "$4"
		;;
	address) keep address "${4%% *}" ;;
	offer) kept address || keep address "${4%% *}" ;;
	loader) [ ! -f "$M/asked" ] || count_loader "$mac" ;;
	script) rm -f "$M/loaders" ;;
	kernel | initrd | iso) on_file $4 ;;
	done) has_booted "$mac" ;;
	esac
	[ -f "$M/booted" ] || kept why || keep stage "$stage"
	tell "$@"
	[ -z "$HOOK" ] || run_hook "$mac" "$stage"
}

# is_whole NAME FIRST-LAST/SIZE: does the machine have the whole file with this
# range? Of a file in too many pieces, forget the oldest piece.
is_whole() {
	local name first last size part parts
	name=$1 first=${2%%-*} last=${2#*-} size=${2##*/} parts=
	last=${last%/*}
	case $first,$last,$size in ,* | *,,* | *, | *[!0-9,]*) return 1 ;; esac
	kept "parts-$name" || :
	for part in $VALUE; do
		# Pieces that touch become one.
		if [ "${part#*-}" -lt $((first - 1)) ] || [ "${part%-*}" -gt $((last + 1)) ]; then
			parts="$parts $part"
			continue
		fi
		[ "${part%-*}" -ge "$first" ] || first=${part%-*}
		[ "${part#*-}" -le "$last" ] || last=${part#*-}
	done
	# shellcheck disable=SC2086 # words
	set -- $parts
	[ $# -lt $PARTS_MAX ] || parts=${parts% *}
	keep "parts-$name" "$first-$last$parts"
	[ "$first-$last" = "0-$((size - 1))" ]
}

# on_file NAME BYTES SECONDS [range FIRST-LAST/SIZE]: the file was sent, all or
# a part.
on_file() {
	local bytes
	if [ "${4:-}" != range ] || is_whole "$1" "${5:-}"; then
		count_fetched "$1"
	fi
	bytes=${2:-0}
	case $bytes in *[!0-9]*) bytes=0 ;; esac
	kept bytes || VALUE=0
	keep bytes $((VALUE + bytes))
}

# run_hook MAC STAGE: run the site's own program. If it succeeds after the
# machine has fetched everything, the machine has booted.
run_hook() {
	[ ! -f "$M/booted" ] || return 0
	if [ ! -f "$M/fetched" ]; then
		call_hook "$1" "$2" || :
	elif call_hook "$1" fetched; then
		has_booted "$1"
	fi
}
# call_hook MAC EVENT: the keeper must not kill the processes that it leaves
# behind.
call_hook() {
	# shellcheck disable=SC2086 # it may have options
	(
		unset VM_NETBOOT_KEPT
		exec timeout $HOOK_SECONDS $HOOK "$@"
	) </dev/null >&2 6>&- 7>&- 8>&- 9>&-
}

# on_tick: check all each second; before all programs are ready, await_ready()
# does.
on_tick() {
	local name
	[ -z "$STARTING" ] || return 0
	TICKS=$((TICKS + 1))
	check_adapter
	check_sources
	probe_again
	for name in $RUNS; do
		is_alive "$name" || revive "$name"
	done
	draw
	[ -z "$TIMEOUT" ] || [ $(($(now) - BEGAN)) -lt "$TIMEOUT" ] || give_up
}
RUNS=''			# the programs that must keep running

# check_adapter: fail if the adapter has disappeared, or its address.
check_adapter() {
	[ -d "/sys/class/net/$ADAPTER" ] || die $EX_NOINPUT "$ADAPTER has disappeared: stopped"
	[ $((TICKS % 10)) = 0 ] || return 0
	see_adapter "$ADAPTER"
	is_ours "$ADDRESS" || die $EX_CONFIG "$ADAPTER has lost the address $ADDRESS: stopped"
}
TICKS=0

# dies_often: count the end of a program. Were there too many in a minute?
dies_often() {
	[ $(($(now) - DEATHS_SINCE)) -lt 60 ] || DEATHS=0 DEATHS_SINCE=$(now)
	DEATHS=$((DEATHS + 1))
	[ $DEATHS -gt $DEATHS_MAX ]
}

# check_sources: restart a source that has ended: machines would wait for ever.
check_sources() {
	local number
	for number in $EXPORTS; do
		is_alive "source$number" || revive_source "$number"
		give_source "$number" || :
	done
}

# revive_source N: restart a source. Until its server is back, machines get 503.
revive_source() {
	local shown why
	source_of "$1"
	shown=$(shown_source "$VALUE")
	why=$(tail -n 1 "$DIR/sources/$1/why")
	! dies_often || die $EX_UNAVAILABLE \
		"the source $shown ends again and again${why:+: $why}"
	! take_child "source$1" || wait "$VALUE" 2>/dev/null || :
	start_source "$1"
	show_error "note: the source $shown has ended, and was started again${why:+: $why}"
}

# revive NAME: restart a program that was killed, or does not work here.
revive() {
	! dies_often || die $EX_OSERR \
		"$1 ends again and again${LAST_ERROR:+: $LAST_ERROR}"
	! take_child "$1" || wait "$VALUE" 2>/dev/null || :
	start "$1"
	show_error "note: $1 has ended, and was started again"
}

# --- what people see --------------------------------------------------------------

# line_of MAC: print the line of the machine.
line_of() {
	local address arch bytes seconds stage
	kept address || VALUE=-
	address=$VALUE
	kept arch || VALUE=-
	arch=$VALUE
	kept stage || VALUE=-
	stage=$VALUE
	kept bytes || VALUE=0
	bytes=$VALUE
	kept since || VALUE=$(now)
	seconds=$(($(now) - VALUE))
	kept why || VALUE=
	printf '%-17s  %-15s  %-12s  %-9s %6s MiB %5s s%s\n' "$1" "$address" "$arch" \
		"$stage" "$(mib_of "$bytes")" "$seconds" "${VALUE:+  $VALUE}"
}

clear_progress() {
	[ $DRAWN = 0 ] || printf '\033[%sA\033[J' $DRAWN >&2
	DRAWN=0
}

# draw: on a terminal, draw a line for each machine, over the lines drawn
# before.
draw() {
	local mac
	[ -t 2 ] && ! is_plain && [ -z "$JSON" ] || return 0
	see_columns
	clear_progress
	for mac in $SEEN; do
		see_machine "$mac"
		printf '%.*s\n' "$COLUMNS_LEFT" "$(line_of "$mac")" >&2
		DRAWN=$((DRAWN + 1))
	done
}

# tell TIME MAC STAGE DETAIL: print the event for scripts, or without a
# terminal.
tell() {
	if [ -n "$JSON" ]; then
		out '{"schema": 1, "time": %s, "mac": "%s", "stage": ' "$1" "$2"
		json_string "$3"
		out ', "detail": '
		json_string "$4"
		out ', "booted": %s}\n' $BOOTED
	elif ! [ -t 2 ] || is_plain; then
		printf '%s %s %s\n' "$2" "$3" "$4" >&2
	fi
}

# cause_of: print why the machine at hand stopped at its stage, as far as that can be
# guessed.
cause_of() {
	kept why && {
		echo ": $VALUE"
		return
	}
	kept stage || :
	case $VALUE in
	loader) echo ": it loaded the boot loader, but never the script:" \
		"did Secure Boot refuse the loader?" ;;
	foreign) echo ": it uses the address and the boot options of" \
		"another DHCP server" ;;
	ask | offer | address) echo ": it got the name of its boot file, but never loaded it:" \
		"does a firewall drop TFTP or HTTP?" ;;
	ignored) echo ": vm-netboot has no boot loader for its architecture" ;;
	refused) echo ": it asked for a file of another machine" ;;
	script) echo ": it loaded the script, but no kernel" ;;
	kernel | initrd | iso) echo ": its system has not come back to the network" ;;
	esac
}

# give_up: fail because the time is over.
give_up() {
	local mac
	clear_progress
	for mac in $SEEN; do
		see_machine "$mac"
		kept stage || :
		[ "$VALUE" = booted ] || echo "$PROG: $mac: $VALUE$(cause_of)" >&2
	done
	[ -n "$SEEN" ] || echo "$PROG: no machine has asked on $ADAPTER" >&2
	die $EX_TEMPFAIL:timeout "gave up after $TIMEOUT s: $BOOTED" \
		"${COUNT:+of $COUNT }machines have booted"
}

# read_event: take the next event, which comes within a second.
read_event() {
	local time mac stage detail
	IFS='	' read -r time mac stage detail <&8 || return
	take_event "$time" "$mac" "$stage" "$detail"
}

# cannot_start NAME
cannot_start() {
	local remedy
	remedy=
	case $1:$LAST_ERROR in lighttpd:*"in use"*) remedy=": use --http $ADDRESS:8080" ;; esac
	die $EX_UNAVAILABLE \
		"unable to start $1: ${LAST_ERROR:-it ended without a message}$remedy"
}

# is_ready NAME
is_ready() {
	case $1 in
	http) [ -s "$DIR/http.ready" ] ;;
	probe) ;;
	*) case " $READY " in *" $1 "*) ;; *) return 1 ;; esac ;;
	esac
}

# await_ready: wait until all programs are ready; fail if one has ended.
await_ready() {
	local name
	for name in $RUNS; do
		until is_ready "$name"; do
			is_alive "$name" || cannot_start "$name"
			read_event || die $EX_OSERR "vm-netboot-log has ended"
		done
	done
	STARTING=
}

# watch: take events until enough machines have booted.
watch() {
	BEGAN=$(now) PROBED=$(now)
	until [ -n "$COUNT" ] && [ $BOOTED -ge "$COUNT" ]; do
		read_event || die $EX_OSERR "vm-netboot-log has ended"
	done
	# Leave the last lines on the terminal.
	draw
	DRAWN=0
}
