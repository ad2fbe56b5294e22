# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Addresses for vm-netboot: MACs in one spelling, IPv4 addresses as numbers, and what
# an adapter has. Sourced by vm-netboot.

MAC=			# what take_mac() has read
COUNTED=		# what number_of() and address_of() have made
ADDRESSES=		# lines ADDRESS/LENGTH of the adapter

# take_mac WORD: set MAC to it, in lower case with colons. False if it is not a
# MAC. The usual spellings are 52:54:00:12:34:56, 52-54-..., 5254.0012.3456 and
# 525400123456.
take_mac() {
	MAC=$(printf %s "$1" | tr 'A-F' 'a-f' | tr -d ':.-')
	case $1 in *[!0-9A-Fa-f:.-]*) return 1 ;; esac
	[ ${#MAC} = 12 ] || return 1
	case $1 in
	*:*) is_grouped "$1" : 2 ;;
	*-*) is_grouped "$1" - 2 ;;
	*.*) is_grouped "$1" . 4 ;;
	esac || return
	MAC=$(printf %s "$MAC" | sed 's/../&:/g; s/:$//')
	# An odd first byte means a group address, which no machine has.
	case $MAC in ?[13579bdf]:* | 00:00:00:00:00:00) return 1 ;; esac
}

# is_grouped WORD SEPARATOR DIGITS: do separators divide it into groups of
# DIGITS?
is_grouped() {
	local group rest
	rest=$1
	while :; do
		group=${rest%%"$2"*}
		[ ${#group} = "$3" ] || return
		[ "$group" != "$rest" ] || return 0
		rest=${rest#*"$2"}
	done
}

# name_dir MAC: set VALUE to the name of its directory, for which dnsmasq wants dashes.
# Starts no process.
name_dir() {
	local rest
	rest=$1 VALUE=
	while [ "${rest#*:}" != "$rest" ]; do
		VALUE=$VALUE${rest%%:*}- rest=${rest#*:}
	done
	VALUE=$VALUE$rest
}

# number_of ADDRESS: set COUNTED to it as a number. False if it is not an IPv4
# address.
number_of() {
	local byte rest n
	rest=$1. COUNTED=0 n=0
	while [ -n "$rest" ]; do
		byte=${rest%%.*} rest=${rest#*.}
		case $byte in '' | *[!0-9]* | ????* | 0?*) return 1 ;; esac
		[ "$byte" -le 255 ] || return
		COUNTED=$((COUNTED * 256 + byte)) n=$((n + 1))
	done
	[ $n = 4 ]
}

# address_of NUMBER: set COUNTED to it as an address.
address_of() {
	COUNTED=$(($1 >> 24)).$(($1 >> 16 & 255)).$(($1 >> 8 & 255)).$(($1 & 255))
}

# see_adapter NAME: set ADDRESSES, or fail.
see_adapter() {
	local said
	said=$(ip -o -4 addr show dev "$1" 2>&1) || case $said in
	*"not exist"* | *"an't find device"*) die $EX_NOINPUT \
		"there is no adapter $1: type ip link" ;;
	*) die $EX_OSERR "unable to read the addresses of $1: ${said##*: }" ;;
	esac
	ADDRESSES=$(printf '%s\n' "$said" | sed -n 's/^.* inet \([0-9./]*\) .*/\1/p')
	[ -n "$ADDRESSES" ] || die $EX_CONFIG \
		"$1 has no IPv4 address: type ip addr add ADDRESS/24 dev $1"
}

# is_ours ADDRESS: does the adapter have this address?
is_ours() {
	local line
	for line in $ADDRESSES; do
		[ "${line%/*}" != "$1" ] || return 0
	done
	return 1
}

# see_network ADDRESS: set FIRST_ADDRESS and LAST_ADDRESS to the numbers of the ends of
# its network, and MASK.
see_network() {
	local line length
	for line in $ADDRESSES; do
		[ "${line%/*}" = "$1" ] || continue
		length=${line#*/}
		[ "$length" != "$line" ] || length=32
		number_of "$1"
		FIRST_ADDRESS=$((COUNTED >> (32 - length) << (32 - length)))
		LAST_ADDRESS=$((FIRST_ADDRESS + (1 << (32 - length)) - 1))
		address_of $(((1 << 32) - (1 << (32 - length))))
		MASK=$COUNTED
		address_of $FIRST_ADDRESS
		NETWORK=$COUNTED
		return
	done
}
