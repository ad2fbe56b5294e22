# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The backend of vm-host that presses the host's buttons by GPIO lines, with the
# tools of libgpiod 1 or 2. It cannot choose what the host boots. Sourced by
# host.sh.

GPIO_VERSION=		# 1 or 2
LOW=			# -l if the line is active low
CHIP=			# its chip; empty if only the name is known
OFFSET=			# its number on the chip, or its name

# find_line SETTING: set CHIP, OFFSET and LOW from the words NAME or CHIP
# OFFSET, after which may be active-low. False if the setting is empty.
find_line() {
	local last
	host_setting "$1"
	[ -n "$VALUE" ] || return
	CHIP='' OFFSET='' LOW=
	set -f
	# shellcheck disable=SC2086 # words
	set -- $VALUE
	set +f
	for last; do :; done
	[ "$last" != active-low ] || LOW=-l
	case ${2:-active-low} in
	active-low) OFFSET=$1 ;;
	*) CHIP=$1 OFFSET=$2 ;;
	esac
	[ -n "$GPIO_VERSION" ] || see_version
	[ "$GPIO_VERSION$CHIP" = 1 ] || return 0
	call gpiofind "$OFFSET" || call_failed $? "find the GPIO line $OFFSET"
	CHIP=${ANSWER%% *} OFFSET=${ANSWER##* }
}

see_version() {
	call gpioset --version || call_failed $? "use GPIO lines"
	case $ANSWER in
	*" v1."*) GPIO_VERSION=1 ;;
	*) GPIO_VERSION=2 ;;
	esac
}

# hold_line MILLISECONDS: make the line active for that time.
hold_line() {
	if [ "$GPIO_VERSION" = 1 ]; then
		call gpioset $LOW -m time -s $(($1 / 1000)) \
			-u $(($1 % 1000 * 1000)) "$CHIP" "$OFFSET=1" &&
			call gpioset $LOW "$CHIP" "$OFFSET=0"
	else
		call gpioset $LOW -t "${1}ms,0" ${CHIP:+-c "$CHIP"} "$OFFSET=1"
	fi
}

# read_line_value: set VALUE to 1 if the line is active, or else to 0.
read_line_value() {
	if [ "$GPIO_VERSION" = 1 ]; then
		call gpioget $LOW "$CHIP" "$OFFSET"
	else
		call gpioget $LOW --numeric ${CHIP:+-c "$CHIP"} "$OFFSET"
	fi || return
	VALUE=$ANSWER
}

# press SETTING MILLISECONDS: press the button that is on the line of SETTING.
press() {
	find_line "$1" && hold_line "$2" || call_failed $? "press the button of $1"
}

backend_power() {
	HOST_POWER=
	find_line host_gpio_good || return 0
	read_line_value || call_failed $? "read the line of host_gpio_good"
	case $VALUE in
	1) HOST_POWER=on ;;
	0) HOST_POWER=off ;;
	esac
}

# backend_see: without host_gpio_good nobody can tell what a press of the power
# button would do.
backend_see() {
	backend_power
	HOST_ACTIONS=
	host_setting host_gpio_power
	[ -z "$VALUE" ] || [ -z "$HOST_POWER" ] ||
		HOST_ACTIONS="on off shutdown cycle"
	host_setting host_gpio_reset
	[ -z "$VALUE" ] || HOST_ACTIONS="$HOST_ACTIONS reset"
	host_setting host_gpio_nmi
	[ -z "$VALUE" ] || HOST_ACTIONS="$HOST_ACTIONS nmi"
	trim "$HOST_ACTIONS"
	HOST_ACTIONS=$TRIMMED
}

is_off() {
	backend_power
	[ "$HOST_POWER" = off ]
}

# force_off: hold the button until the mainboard switches off.
force_off() {
	host_setting host_gpio_off 6
	press host_gpio_power $((VALUE * 1000))
	wait_for 5 is_off || die $EX_IOERR "vm-host held the power button, but the" \
		"host is still on: set host_gpio_off to more seconds"
}

backend_act() {
	case $1 in
	on | shutdown) press host_gpio_power 500 ;;
	off) force_off ;;
	cycle)
		force_off
		sleep 2
		press host_gpio_power 500
		;;
	reset) press host_gpio_reset 500 ;;
	nmi) press host_gpio_nmi 500 ;;
	esac
}

backend_sick() {
	sick_program gpioset
	host_setting host_gpio_power
	[ -n "$VALUE" ] || {
		host_setting host_gpio_reset
		[ -n "$VALUE" ] || echo "no line is set: write for example" \
			"host_gpio_power = POWER_BUTTON active-low"
		return 0
	}
	host_setting host_gpio_good
	[ -n "$VALUE" ] || echo "host_gpio_good is missing:" \
		"without it, vm-host does not use the power button"
}
