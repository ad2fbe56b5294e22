# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The backend of vm-host that speaks IPMI by ipmitool(1). The numbers are those of
# the IPMI specification 2.0, section 28 (chassis commands). Sourced by host.sh.

# ipmi WORD...: call ipmitool with the options of the configuration.
ipmi() {
	local user status
	host_setting host_user
	user=$VALUE
	host_setting host_password_file
	set -f
	# shellcheck disable=SC2086 # a list of words
	call ipmitool $BACKEND_WORDS ${user:+-U "$user"} ${VALUE:+-f "$VALUE"} "$@"
	status=$?
	set +f
	return $status
}

# take_flags VERSION PARAMETER FLAGS DEVICE: take the override from the boot
# flags (parameter 5), two hexadecimal digits each.
take_flags() {
	HOST_TARGETS="none cd usb pxe hdd bios" HOST_MODES="uefi legacy"
	HOST_TARGET=none HOST_ENABLED=disabled
	case $2 in 05) ;; *) return ;; esac # invalid, or locked
	[ $((0x$3 & 0x80)) != 0 ] || return 0
	case $((0x$4 >> 2 & 15)) in
	1) HOST_TARGET=pxe ;;
	2 | 3 | 11) HOST_TARGET=hdd ;;
	5 | 8) HOST_TARGET=cd ;;
	6) HOST_TARGET=bios ;;
	7 | 9 | 15) HOST_TARGET=usb ;;
	*) return ;;
	esac
	HOST_ENABLED=once HOST_MODE=legacy
	[ $((0x$3 & 0x40)) = 0 ] || HOST_ENABLED=continuous
	[ $((0x$3 & 0x20)) = 0 ] || HOST_MODE=uefi
}

# backend_see: get both answers in one session, because a session takes long.
# The chassis status has 3 or 4 bytes, the boot flags have 7.
backend_see() {
	local line
	HOST_POWER='' HOST_ACTIONS="on off shutdown reset cycle nmi"
	# A BMC without boot flags refuses the second request.
	ipmi exec /dev/stdin <<-END || set -- $?
		raw 0x00 0x01
		raw 0x00 0x09 0x05 0x00 0x00
	END
	while read -r line; do
		case $line in *[!0-9a-f\ ]*) continue ;; esac
		# shellcheck disable=SC2086 # bytes
		case ${#line} in
		8 | 11) take_power $line ;;
		20) take_flags $line ;;
		esac
	done <<-END
		$ANSWER
	END
	[ -n "$HOST_POWER" ] ||
		call_failed "${1:-$EX_UNAVAILABLE}" "learn the state of the host"
}

# take_power BYTE...: take the power from the chassis status, where it is bit 0.
take_power() {
	[ $((0x$1 & 1)) = 1 ] && HOST_POWER=on || HOST_POWER=off
}

backend_power() {
	ipmi raw 0x00 0x01 || call_failed $? "learn the power of the host"
	trim "${ANSWER##*"$NEWLINE"}"
	case $TRIMMED in
	[0-9a-f][0-9a-f]" "[0-9a-f]*) take_power "${TRIMMED%% *}" ;;
	*) call_failed $EX_UNAVAILABLE "learn the power of the host" ;;
	esac
}

backend_act() {
	local word
	case $1 in
	on) word=up ;;
	off) word=down ;;
	shutdown) word=soft ;;
	nmi) word=diag ;;
	*) word=$1 ;;
	esac
	ipmi chassis power $word || call_failed $? "$1 the host"
}

# backend_boot: set the boot flags (parameter 5). By default a BMC drops them when
# no chassis command follows within 60 seconds, and at some kinds of resets;
# parameter 3 tells it to keep them. Parameter 4 says that the firmware has not
# acted on them yet. BMCs that lack those two refuse them.
backend_boot() {
	local flags device keep
	case $1 in
	none) device=0x00 ;;
	pxe) device=0x04 ;;
	hdd) device=0x08 ;;
	cd) device=0x14 ;;
	bios) device=0x18 ;;
	usb) device=0x3c ;;
	esac
	case $2 in
	disabled) flags=0 ;;
	once) flags=$((0x80)) keep=0x08 ;;
	continuous) flags=$((0xc0)) keep=0x1f ;;
	esac
	host_setting host_mode uefi
	case $flags-${3:-$VALUE} in
	0-*) ;;
	*-uefi) flags=$((flags | 0x20)) ;;
	esac
	ipmi raw 0x00 0x08 0x05 $flags $device 0x00 0x00 0x00 ||
		call_failed $? "set what the host boots"
	[ $flags != 0 ] || return 0
	ipmi exec /dev/stdin <<-END || :
		raw 0x00 0x08 0x03 $keep
		raw 0x00 0x08 0x04 0x01 0x01
	END
}

backend_sick() {
	sick_program ipmitool
	sick_password
}
