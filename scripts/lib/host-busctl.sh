# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The backend of vm-host for OpenBMC, by busctl(1). The objects are those of
# phosphor-dbus-interfaces: State.Host and State.Chassis, Control.Boot.Source,
# Mode and Type, and Control.Host.NMI; Object.Enable of .../boot tells whether
# there is an override, and that of .../boot/one_time whether it is for one boot.
# Sourced by host.sh.

DBUS=xyz.openbmc_project
DBUS_PATH=/xyz/openbmc_project
SERVICES=		# what the object mapper has answered
SERVICE=		# the service of an object

bus() {
	set -f
	# shellcheck disable=SC2086 # a list of words
	call busctl $BACKEND_WORDS "$@"
	set -- $?
	set +f
	return "$1"
}

# ask_mapper: learn which services have the objects. The answer is
# a{sa{sas}} COUNT "PATH" COUNT "SERVICE" COUNT "INTERFACE"...
ask_mapper() {
	bus call $DBUS.ObjectMapper $DBUS_PATH/object_mapper \
		$DBUS.ObjectMapper GetSubTree sias $DBUS_PATH 0 4 \
		$DBUS.State.Host $DBUS.State.Chassis $DBUS.Control.Boot.Source \
		$DBUS.Control.Host.NMI || call_failed $? "find the host on D-Bus"
	SERVICES=$ANSWER
}

# find_service PATH: set SERVICE to the service that has the object. False if
# there is none.
find_service() {
	case $SERVICES in
	*"\"$DBUS_PATH/$1\" "*) ;;
	*) return 1 ;;
	esac
	SERVICE=${SERVICES#*"\"$DBUS_PATH/$1\" "}
	SERVICE=${SERVICE#*\"}
	SERVICE=${SERVICE%%\"*}
}

# property PATH INTERFACE NAME: set VALUE to the last part of a property: Running
# of xyz.openbmc_project.State.Host.HostState.Running. False if there is none.
property() {
	VALUE=
	find_service "$1" && bus get-property "$SERVICE" "$DBUS_PATH/$1" \
		"$DBUS.$2" "$3" || return
	VALUE=${ANSWER##*[. ]}
	VALUE=${VALUE%\"}
}

# set_property PATH INTERFACE NAME TYPE VALUE
set_property() {
	find_service "${1%/one_time}" && bus set-property "$SERVICE" \
		"$DBUS_PATH/$1" "$DBUS.$2" "$3" "$4" "$5"
}

backend_power() {
	[ -n "$SERVICES" ] || ask_mapper
	property state/chassis0 State.Chassis CurrentPowerState ||
		call_failed $? "learn the power of the host"
	case $VALUE in
	On | TransitioningToOff) HOST_POWER=on ;;
	Off | TransitioningToOn) HOST_POWER=off ;;
	*) HOST_POWER= ;;
	esac
}

# see_transitions: set HOST_ACTIONS. Older versions of OpenBMC do not tell which
# actions they have, and have all of them.
see_transitions() {
	HOST_ACTIONS="off"
	find_service state/host0 || return 0
	if bus get-property "$SERVICE" $DBUS_PATH/state/host0 \
		$DBUS.State.Host AllowedHostTransitions; then
		case $ANSWER in *.Transition.On\"*)
			HOST_ACTIONS="on $HOST_ACTIONS" ;;
		esac
		case $ANSWER in *.Transition.Off\"*)
			HOST_ACTIONS="$HOST_ACTIONS shutdown" ;;
		esac
		case $ANSWER in *.Transition.GracefulWarmReboot\"*)
			HOST_ACTIONS="$HOST_ACTIONS restart" ;;
		esac
		case $ANSWER in *.Transition.ForceWarmReboot\"*)
			HOST_ACTIONS="$HOST_ACTIONS reset" ;;
		esac
		case $ANSWER in *.Transition.Reboot\"*)
			HOST_ACTIONS="$HOST_ACTIONS cycle" ;;
		esac
	else
		HOST_ACTIONS="on off shutdown restart reset cycle"
	fi
	! find_service control/host0/nmi || HOST_ACTIONS="$HOST_ACTIONS nmi"
}

backend_see() {
	local boot
	boot=control/host0/boot
	ask_mapper
	backend_power
	see_transitions
	HOST_TARGET=none HOST_ENABLED=disabled HOST_TARGETS='' HOST_MODES=''
	property $boot Control.Boot.Source BootSource || return 0
	HOST_TARGETS="none cd usb pxe hdd bios"
	case $VALUE in
	ExternalMedia) HOST_TARGET=cd ;;
	RemovableMedia | USB) HOST_TARGET=usb ;;
	Network) HOST_TARGET=pxe ;;
	HTTP) HOST_TARGET=http ;;
	Disk) HOST_TARGET=hdd ;;
	esac
	property $boot Control.Boot.Mode BootMode || HOST_TARGETS="none cd usb pxe hdd"
	[ "$VALUE" != Setup ] || HOST_TARGET=bios
	if property $boot Control.Boot.Type BootType; then
		HOST_MODES="uefi legacy"
		[ "$VALUE" = EFI ] && HOST_MODE=uefi || HOST_MODE=legacy
	fi
	see_enabled
}

# see_enabled: is there an override, and is it for one boot?
see_enabled() {
	property control/host0/boot Object.Enable Enabled && [ "$VALUE" = true ] &&
		[ "$HOST_TARGET" != none ] || {
		HOST_TARGET=none
		return 0
	}
	HOST_ENABLED=continuous
	bus get-property "$SERVICE" $DBUS_PATH/control/host0/boot/one_time \
		$DBUS.Object.Enable Enabled || return 0
	case $ANSWER in *true*) HOST_ENABLED=once ;; esac
}

backend_act() {
	local to
	case $1 in
	on) to=On ;;
	off)
		set_property state/chassis0 State.Chassis RequestedPowerTransition s \
			$DBUS.State.Chassis.Transition.Off ||
			call_failed $? "switch the host off"
		return
		;;
	shutdown) to=Off ;;
	restart) to=GracefulWarmReboot ;;
	reset) to=ForceWarmReboot ;;
	cycle) to=Reboot ;;
	nmi)
		find_service control/host0/nmi && bus call "$SERVICE" \
			$DBUS_PATH/control/host0/nmi $DBUS.Control.Host.NMI NMI ||
			call_failed $? "interrupt the host"
		return
		;;
	esac
	set_property state/host0 State.Host RequestedHostTransition s \
		$DBUS.State.Host.Transition.$to || call_failed $? "$1 the host"
}

# put_boot PATH INTERFACE NAME TYPE VALUE: set one property of the override, or
# fail.
put_boot() {
	set_property "control/host0/boot$1" "$2" "$3" "$4" "$5" ||
		call_failed $? "set what the host boots"
}

backend_boot() {
	local source mode once
	source=Default mode=Regular once=false
	case $1 in
	cd) source=ExternalMedia ;;
	usb) source=RemovableMedia ;;
	pxe) source=Network ;;
	hdd) source=Disk ;;
	bios) mode=Setup ;;
	esac
	put_boot '' Control.Boot.Source BootSource s \
		$DBUS.Control.Boot.Source.Sources.$source
	! has_word bios "$HOST_TARGETS" || put_boot '' Control.Boot.Mode BootMode s \
		$DBUS.Control.Boot.Mode.Modes.$mode
	case ${3:-} in
	uefi) put_boot '' Control.Boot.Type BootType s \
		$DBUS.Control.Boot.Type.Types.EFI ;;
	legacy) put_boot '' Control.Boot.Type BootType s \
		$DBUS.Control.Boot.Type.Types.Legacy ;;
	esac
	[ "$2" != once ] || once=true
	[ "$2" = disabled ] || put_boot /one_time Object.Enable Enabled b $once
	[ "$2" = disabled ] || {
		put_boot '' Object.Enable Enabled b true
		return
	}
	put_boot '' Object.Enable Enabled b false
}

backend_sick() {
	sick_program busctl
}
