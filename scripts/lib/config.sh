# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The configuration, vmedia.conf(5). Sourced by vmctl, after common.sh.

CONF=${VM_CONF:-/etc/vmedia/vmedia.conf}

# trim TEXT: without blanks around it.
trim() {
	printf '%s\n' "$1" | (read -r text && printf '%s\n' "$text")
}

check_types() {
	for type in $1; do
		case $type in
		cd | disk) ;;
		*) die $EX_CONFIG "$CONF: slots: $type: not cd or disk" ;;
		esac
	done
}

# conf_number MAX: the value at hand, if it is one from 1 on.
conf_number() {
	case $value in
	'' | *[!0-9]* | ?????????*) value=0 ;;
	esac
	[ "$value" -ge 1 ] && [ "$value" -le "$1" ] && echo "$value" ||
		die $EX_CONFIG "$CONF: $key: not a number from 1 to $1"
}
conf_size() {
	is_size "$value" && echo "$value" ||
		die $EX_CONFIG "$CONF: $key: $value: not a size (500K, 64M)"
}

read_conf() {
	[ -f "$CONF" ] || return 0
	while read_line; do
		line=$(trim "$line")
		case $line in
		'' | '#'*) continue ;;
		*=*) ;;
		*) die $EX_CONFIG "$CONF: $line: not NAME = VALUE" ;;
		esac
		key=$(trim "${line%%=*}")
		value=$(trim "${line#*=}")
		case $key in
		slots)
			check_types "$value"
			TYPES=$value
			;;
		timeout) TIMEOUT=$(conf_number 86400) || exit ;;
		cache) CACHE=$(conf_size) || exit ;;
		connections) CONNECTIONS=$(conf_number 64) || exit ;;
		outage) OUTAGE=$(conf_number 3600) || exit ;;
		limit_rate) LIMIT_RATE=$(conf_size) || exit ;;
		dvd) [ "$value" = yes ] && DVD=1 ;;
		stall) STALL=$value ;;
		udc) UDC=$value ;;
		cacert) CACERT=$value ;;
		allow_file) ALLOW_FILE=$value ;;
		power) POWER=$value ;;
		slot[0-7])
			DECLARED="$DECLARED
${key#slot} $value"
			;;
		overlay_size) OVERLAY_SIZE=$(conf_size) || exit ;;
		proxy) PROXY=$value ;;
		*) die $EX_CONFIG "$CONF: $key: no such setting" ;;
		esac
	done <"$CONF"
}

# --- slots ----------------------------------------------------------------

# slots_of TYPE: their numbers.
slots_of() {
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
