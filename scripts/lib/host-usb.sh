# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The backend of vm-host if `host` is not set: it offers no actions, and the
# setting `power` or the USB port tells the power. Sourced by host.sh.

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

# see_power_command: the last line of its output ends with the word on or off.
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

# see_port: if the drive is on a USB device controller, its port is not attached
# to a host while the host is off.
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
