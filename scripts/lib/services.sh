# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl door and vmctl redfish, for their units: they become vm-door(8) and
# vm-redfish(8), with the options that follow from vmedia.conf(5). Sourced by
# vmctl.

# cmd_door: become vm-door.
cmd_door() {
	parse "$@"
	need_conf
	need_part vm-door vmedia-redfish
	set -- -a "${CONF%/*}/accounts" -d "$TYPES" -t "$REDFISH_TIMEOUT"
	[ "$REDFISH_VERIFY" = yes ] || set -- "$@" -i
	[ "$REDFISH_RETYPE" = yes ] || set -- "$@" -R
	[ -z "$STORE" ] || set -- "$@" -S "$STORE" -k "$STORE_KEEP"
	[ -z "$PASSWORD_LENGTH" ] ||
		set -- "$@" -r "password-length=$PASSWORD_LENGTH"
	[ -z "$SESSION_TIMEOUT" ] ||
		set -- "$@" -r "session-timeout=$SESSION_TIMEOUT"
	[ -z "$LOCKOUT_THRESHOLD" ] ||
		set -- "$@" -r "lockout-threshold=$LOCKOUT_THRESHOLD"
	[ -z "$LOCKOUT_DURATION" ] ||
		set -- "$@" -r "lockout-duration=$LOCKOUT_DURATION"
	exec vm-door "$@"
}

# cmd_redfish: become vm-redfish. It waits longer than vm-door, so that its
# client gets the answer of vm-door.
cmd_redfish() {
	parse "$@"
	need_conf
	need_part vm-redfish vmedia-redfish
	exec vm-redfish -d "$TYPES" -t $((REDFISH_TIMEOUT + 15))
}
