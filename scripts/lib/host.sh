# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the backends of vm-host share: their settings, and calls with a limit of
# time. A backend is a file host-NAME.sh with these functions, which end with
# die() if they fail:
#
#   backend_see               set HOST_POWER ... HOST_MODE below
#   backend_power             set HOST_POWER only
#   backend_act ACTION        after backend_see: do one of HOST_ACTIONS
#   backend_boot TARGET ENABLED MODE [URI]
#                             after backend_see: set the boot override; MODE may
#                             be empty; URI only if HOST_URI is not empty
#   backend_sick              print what is wrong with the settings, for doctor
#
# Sourced by vm-host and vmctl doctor, after config.sh.

# What backend_see() finds out. Words are those of vm-host(8).
HOST_POWER=		# on, off, or empty if it is not known
HOST_ACTIONS=		# what the backend can do
HOST_TARGETS=		# what the host can be told to boot from
HOST_MODES=		# uefi and legacy, if one can be chosen
HOST_TARGET=none	# what it is told to boot from
HOST_ENABLED=disabled	# once, continuous or disabled
HOST_MODE=		# uefi, legacy or empty
HOST_URI=		# `u` and the URL that http boots; empty if none can be set

BACKEND=		# the first word of the setting `host`
BACKEND_WORDS=		# the others
ANSWER=			# what call() has printed
TAB='	'

# host_setting NAME [DEFAULT]: set VALUE to a setting of vmedia.conf.
host_setting() {
	VALUE=${2:-}
	case $HOST_CONF in
	*"$NEWLINE$1="*)
		VALUE=${HOST_CONF##*"$NEWLINE$1="}
		VALUE=${VALUE%%"$NEWLINE"*}
		;;
	esac
}

# choose_backend: source the file of the backend that `host` names.
choose_backend() {
	host_setting host
	BACKEND=${VALUE%%[[:space:]]*}
	trim "${VALUE#"$BACKEND"}"
	BACKEND_WORDS=$TRIMMED
	case $BACKEND in
	ipmitool)
		# shellcheck source=scripts/lib/host-ipmitool.sh
		. "$BIN/../lib/vmedia/host-ipmitool.sh"
		;;
	busctl)
		# shellcheck source=scripts/lib/host-busctl.sh
		. "$BIN/../lib/vmedia/host-busctl.sh"
		;;
	gpio)
		# shellcheck source=scripts/lib/host-gpio.sh
		. "$BIN/../lib/vmedia/host-gpio.sh"
		;;
	redfish)
		# shellcheck source=scripts/lib/host-redfish.sh
		. "$BIN/../lib/vmedia/host-redfish.sh"
		;;
	command)
		# shellcheck source=scripts/lib/host-command.sh
		. "$BIN/../lib/vmedia/host-command.sh"
		;;
	*)
		# shellcheck source=scripts/lib/host-usb.sh
		. "$BIN/../lib/vmedia/host-usb.sh"
		;;
	esac
}

# call COMMAND...: run COMMAND for at most host_timeout seconds, and set ANSWER
# to what it prints, on standard error, too. Returns its status, or 75 if the
# time was over.
call() {
	local status seconds
	host_setting host_timeout 20
	seconds=$VALUE
	# sh must not print how a signal has ended it.
	{ ANSWER=$(exec timeout -k 2 "$seconds" "$@" 2>&1 9>&-); } 2>/dev/null
	status=$?
	case $status in
	# GNU timeout exits with 124; that of busybox ends by the signal.
	124 | 137 | 143)
		ANSWER="it did not answer within $seconds seconds"
		return $EX_TEMPFAIL
		;;
	esac
	return $status
}

# why: set VALUE to the last line of ANSWER, as a reason.
why() {
	# A pattern of sh takes long in a long text.
	[ ${#ANSWER} -lt 2000 ] || ANSWER=$(printf '%s\n' "$ANSWER" | tail -c 500)
	trim "$ANSWER"
	VALUE=${TRIMMED##*"$NEWLINE"}
	# It may be from another machine: remove the bytes that control a
	# terminal.
	case $VALUE in
	*[[:cntrl:]]*) VALUE=$(printf %s "$VALUE" | tr -d '\000-\037\177') ;;
	esac
	[ -n "$VALUE" ] || VALUE="it gave no reason"
}

# call_failed STATUS WHAT...: fail. WHAT says what was not possible.
call_failed() {
	local status
	status=$1
	shift
	why
	case $status in
	126 | 127) die $EX_UNAVAILABLE "unable to $*: the program" \
		"cannot be started: type vmctl doctor" ;;
	"$EX_TEMPFAIL") die $EX_TEMPFAIL "unable to $*: $VALUE" ;;
	esac
	die $EX_UNAVAILABLE "unable to $*: $VALUE"
}

# is_disk: does the host see the drive of slot 0 as a disk?
is_disk() {
	[ "$(vm-gadget status -f type 0 2>/dev/null)" = disk ]
}

# --- secrets --------------------------------------------------------------

# host_password: set VALUE to the line of host_password_file; it may be empty.
host_password() {
	host_setting host_password_file
	[ -n "$VALUE" ] || return 0
	[ -r "$VALUE" ] || die $EX_NOINPUT \
		"unable to read host_password_file $VALUE: run vm-host as root"
	IFS= read -r VALUE <"$VALUE" || [ -n "$VALUE" ] ||
		die $EX_CONFIG "host_password_file is empty"
}

# sick_program NAME: print that the program is missing, if it is.
sick_program() {
	command -v "$1" >/dev/null || echo "there is no program $1: install it"
}

# sick_password: print what is wrong with host_password_file.
sick_password() {
	host_setting host_password_file
	[ -n "$VALUE" ] || return 0
	# shellcheck disable=SC2046 # the fields of ls
	set -- "$VALUE" $(ls -Llnd "$VALUE" 2>/dev/null)
	case ${2:-} in
	'') echo "host_password_file: there is no $1" ;;
	?r??------*) ;;
	*) echo "host_password_file: other users can read it: type chmod 600 $1" ;;
	esac
}
