# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The backend of vm-host where `host` is not set: nothing can be done, and the
# power is what the setting `power` or the USB port tells. Sourced by host.sh.

backend_see() {
	backend_power
}

backend_power() {
	if [ -n "$POWER" ]; then
		see_power_command
	else
		see_port
	fi
}

# see_power_command: its line ends with the word on or off.
see_power_command() {
	set -f
	# shellcheck disable=SC2086 # a list of words
	call $POWER || call_failed $? "learn the power by the command of the site"
	set +f
	why
	case $VALUE in
	*[oO][nN]) HOST_POWER=on ;;
	*[oO][fF][fF]) HOST_POWER=off ;;
	*) HOST_POWER= ;;
	esac
}

# see_port: while the host is off, nothing is attached to the port of a drive
# that is connected.
see_port() {
	HOST_POWER=
	case $(vm-gadget status -f state 0 2>/dev/null) in
	'') ;;
	"not attached") HOST_POWER=off ;;
	*) HOST_POWER=on ;;
	esac
}

backend_sick() {
	:
}
