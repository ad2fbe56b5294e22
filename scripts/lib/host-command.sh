# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The backend of vm-host that calls a command of the site: COMMAND ACTION, or
# COMMAND boot TARGET ENABLED [MODE]. COMMAND status prints lines of a name and
# words: power, actions, targets, modes and boot. Sourced by host.sh.

# site VERB...: call the command with these words.
site() {
	set -f
	# shellcheck disable=SC2086 # a list of words
	call $BACKEND_WORDS "$@"
	set -- $?
	set +f
	return "$1"
}

# known WORDS LIST: print those of WORDS that are in LIST.
known() {
	local word found
	found=
	set -f
	for word in $1; do
		! has_word "$word" "$2" || found="$found${found:+ }$word"
	done
	set +f
	echo "$found"
}

# take_boot TARGET ENABLED [MODE]: take the override from the line `boot`.
take_boot() {
	HOST_TARGET=$(known "${1:-}" "cd usb pxe http hdd bios")
	HOST_ENABLED=$(known "${2:-}" "once continuous")
	HOST_MODE=$(known "${3:-}" "uefi legacy")
	[ -n "$HOST_TARGET" ] && [ -n "$HOST_ENABLED" ] ||
		HOST_TARGET=none HOST_ENABLED=disabled
}

# backend_see: without a line `boot`, HOST_ENABLED is empty: host-once.sh then
# uses what it remembers.
backend_see() {
	local name words boot
	site status || call_failed $? "learn the state of the host"
	HOST_POWER='' HOST_ACTIONS='' HOST_TARGETS='' HOST_MODES='' boot=
	while read -r name words; do
		case $name in
		power) HOST_POWER=$(known "$words" "on off") ;;
		actions) HOST_ACTIONS=$(known "$words" \
			"on off shutdown restart reset cycle nmi") ;;
		targets) HOST_TARGETS="none $(known "$words" \
			"cd usb pxe http hdd bios")" ;;
		modes) HOST_MODES=$(known "$words" "uefi legacy") ;;
		boot) boot=$words ;;
		esac
	done <<-END
		$ANSWER
	END
	HOST_TARGET=none HOST_ENABLED=disabled
	if [ -n "$boot" ]; then
		set -f
		# shellcheck disable=SC2086 # words
		take_boot $boot
		set +f
	elif [ -n "$HOST_TARGETS" ]; then
		HOST_ENABLED=
	fi
}

backend_power() {
	backend_see
}

backend_act() {
	site "$1" || call_failed $? "$1 the host"
}

backend_boot() {
	site boot "$1" "$2" ${3:+"$3"} || call_failed $? "set what the host boots"
}

backend_sick() {
	sick_program "${BACKEND_WORDS%%[[:space:]]*}"
}
