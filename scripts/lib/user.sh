# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl user: the accounts of users who log in through the network. vm-user does
# the work. Sourced by vmctl.

# cmd_user: vm-user asks for a password at the terminal itself, so that its
# messages can be kept for --json.
cmd_user() {
	local status
	parse "$@"
	[ -n "$ARGUMENT" ] || misuse \
		"user needs an action: add, passwd, role, lock, unlock, rm or ls"
	case $ARGUMENT in
	add | passwd | role | lock | unlock | rm)
		[ -n "$WHERE" ] || misuse "user $ARGUMENT needs the name of an account" ;;
	ls) [ -z "$WHERE" ] || misuse "user ls takes no name" ;;
	*) misuse "user has no action $ARGUMENT: use add, passwd, role, lock," \
		"unlock, rm or ls" ;;
	esac
	need_part vm-user vmedia-redfish
	set -- vm-user -a "${CONF%/*}/accounts"
	[ -z "$ROLE" ] || set -- "$@" -r "$ROLE"
	[ -z "$PASSWORD_FD" ] || set -- "$@" -p "$PASSWORD_FD"
	[ -z "$MUST_CHANGE" ] || set -- "$@" -c
	[ -z "$USES_PAM" ] || set -- "$@" -P
	[ -z "$JSON" ] || set -- "$@" -j
	set -- "$@" -- "$ARGUMENT" ${WHERE:+"$WHERE"}
	# If a signal ended sh, sh would first wait for vm-user.
	[ -n "$JSON" ] || {
		trap - EXIT
		exec "$@"
	}
	{ WHY=$("$@" 2>&1 >&4); } 4>&1
	status=$?
	case $status-$WHY in
	0-* | *"unable to write standard output"*) ANSWERED=1 ;;
	esac
	[ -z "$WHY" ] || complain "$WHY"
	return $status
}
