# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The configuration, vmedia.conf(5), and the slots that it makes. Sourced by
# vmctl, after common.sh.

CONF=${VM_CONF:-/etc/vmedia/vmedia.conf}

CONF_ERROR=	# the first error in the configuration
TRIMMED=	# what trim() has left

# trim TEXT: TEXT without blanks around it, into TRIMMED. No process is started:
# the file has a line for each setting, and each vmctl reads it.
trim() {
	TRIMMED=${1#"${1%%[![:space:]]*}"}
	TRIMMED=${TRIMMED%"${TRIMMED##*[![:space:]]}"}
}

# bad_setting KEY WHY: note the first error. Only a verb that starts something
# needs a correct configuration: see need_conf().
bad_setting() {
	CONF_ERROR=${CONF_ERROR:-"$CONF: $1: $2"}
	return 1
}

need_conf() {
	[ -z "$CONF_ERROR" ] || die $EX_CONFIG "$CONF_ERROR"
}

warn_conf() {
	[ -z "$CONF_ERROR" ] || echo "$PROG: warning: $CONF_ERROR" >&2
}

check_number() {
	is_number "$2" "$3" || bad_setting "$1" "not a number from 1 to $3"
}

check_size() {
	is_size "$2" || bad_setting "$1" "$2: not a size, such as 500K or 64M"
}

check_types() {
	local type
	for type in $1; do
		case $type in
		cd | disk) ;;
		*) bad_setting slots "$type: not cd or disk" || return ;;
		esac
	done
}

# take_setting KEY VALUE: a wrong value is not used.
take_setting() {
	case $1 in
	slots) check_types "$2" ;;
	timeout) check_number "$1" "$2" 86400 ;;
	connections) check_number "$1" "$2" 64 ;;
	outage) check_number "$1" "$2" 3600 ;;
	cache | limit_rate | overlay_size) check_size "$1" "$2" ;;
	esac || return
	case $1 in
	slots) TYPES=$2 ;;
	timeout) TIMEOUT=$2 ;;
	cache) CACHE=$2 ;;
	connections) CONNECTIONS=$2 ;;
	outage) OUTAGE=$2 ;;
	limit_rate) LIMIT_RATE=$2 ;;
	overlay_size) OVERLAY_SIZE=$2 ;;
	dvd) [ "$2" != yes ] || DVD=1 ;;
	stall) STALL=$2 ;;
	udc) UDC=$2 ;;
	cacert) CACERT=$2 ;;
	allow_file) ALLOW_FILE=$2 ;;
	power) POWER=$2 ;;
	proxy) PROXY=$2 ;;
	slot[0-7])
		DECLARED="$DECLARED
${1#slot} $2"
		;;
	*) bad_setting "$1" "no such setting" ;;
	esac
}

read_conf() {
	local line key
	[ -f "$CONF" ] || return 0
	[ -r "$CONF" ] || {
		CONF_ERROR="unable to read $CONF"
		return
	}
	while read_line; do
		trim "$LINE"
		case $TRIMMED in
		'' | '#'*) continue ;;
		*=*) ;;
		*)
			bad_setting "$TRIMMED" "not NAME = VALUE"
			continue
			;;
		esac
		line=$TRIMMED
		trim "${line%%=*}"
		key=$TRIMMED
		trim "${line#*=}"
		take_setting "$key" "$TRIMMED"
	done <"$CONF"
}

# --- slots ----------------------------------------------------------------

# add_slots [all]: a slot that is in use stays a slot, whatever the configuration
# says by now: add it to TYPES, with the type that the kernel has. With `all`, do
# so with each drive that exists.
add_slots() {
	local drives end n
	drives=''
	[ -z "${1:-}" ] || drives=$(vm-gadget status 2>/dev/null)
	end=$(count_slots)
	for n in 0 1 2 3 4 5 6 7; do
		case "$drives" in *"slot $n: "*) ;; *)
			[ -d "$RUN/$n/request" ] || [ -d "$RUN/$n/work" ] || continue
			;;
		esac
		[ "$n" -lt "$end" ] || end=$((n + 1))
	done
	n=$(count_slots)
	while [ "$n" -lt "$end" ]; do
		TYPES="$TYPES $(vm-gadget status -f type $n 2>/dev/null ||
			echo disk)"
		n=$((n + 1))
	done
}

# each_slot COMMAND...: run COMMAND with the number and the type of each slot,
# or of SLOT only.
each_slot() {
	local n type
	n=0
	for type in $TYPES; do
		[ "${SLOT:-$n}" != $n ] || "$@" $n "$type"
		n=$((n + 1))
	done
}

# slots_of TYPE: print the numbers of the slots of that type.
slots_of() {
	local n type
	n=0
	for type in $TYPES; do
		[ "$type" != "$1" ] || echo $n
		n=$((n + 1))
	done
}

count_slots() {
	# shellcheck disable=SC2086 # a list of words
	set -- $TYPES
	echo $#
}
