# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl doctor: what each step of a mount needs, looked at one by one, a line
# each, with the remedy. Sourced by vmctl.

SICK=0

well() {
	printf 'ok    %s\n' "$*"
}

ill() {
	printf 'FAIL  %s\n' "$*"
	SICK=1
}

# examine WHAT REMEDY COMMAND...
examine() {
	what=$1 remedy=$2
	shift 2
	if "$@" >/dev/null 2>&1; then
		well "$what"
	else
		ill "$what: $remedy"
	fi
}

has_module() {
	[ -d "/sys/module/$1" ] || modprobe -n -q "$1" ||
		grep -q "/$1.ko" "/lib/modules/$(uname -r)/modules.builtin"
}

examine_programs() {
	for program in nbdkit setsid diff; do
		examine "program $program" "install it" command -v $program
	done
}

# A clock that is behind the day on which we were installed is wrong, and
# with it every certificate.
clock_is_right() {
	[ "$(date +%s)" -ge "$(date -r "$BIN/vm-fetchd" +%s)" ]
}

examine_kernel() {
	examine "root" "be root to mount" [ "$(id -u)" = 0 ]
	examine "clock ($(date -u +%Y-%m-%d))" \
		"it is before our installation: set it, or no TLS works" \
		clock_is_right
	examine "kernel: nbd" "a kernel with CONFIG_BLK_DEV_NBD" has_module nbd
	examine "kernel: USB gadget" "a kernel with CONFIG_USB_CONFIGFS" \
		has_module libcomposite
	examine "kernel: mass storage" \
		"a kernel with CONFIG_USB_CONFIGFS_MASS_STORAGE" \
		has_module usb_f_mass_storage
}

examine_udc() {
	udcs=$(ls "${VM_SYS:-/sys}/class/udc" 2>/dev/null)
	if [ -z "$udcs" ]; then
		ill "USB device controller: none here; without one there is" \
			"only vmctl export"
		return
	fi
	for udc in $udcs; do
		state=$(cat "${VM_SYS:-/sys}/class/udc/$udc/state")
		case $state in
		configured) well "USB device controller $udc: configured" ;;
		"not attached") well "USB device controller $udc: not attached" \
			"(is the host off, or its cable out?)" ;;
		*) well "USB device controller $udc: $state" ;;
		esac
	done
}

# remedy_for STATUS WHY
remedy_for() {
	case $2 in
	*"in trouble"* | *"(HTTP 4"*)
		echo "what is wrong is at the server"
		return
		;;
	*"does not match"*)
		echo "use the name that the server's certificate has"
		return
		;;
	*issuer* | *self-signed*)
		echo "give the CA that signed it with --cacert"
		return
		;;
	*"wants a user"*)
		echo "see --user and --password"
		return
		;;
	esac
	case $1 in
	64) echo "give an http or https URL" ;;
	65) echo "another server, or another image" ;;
	66) echo "look at the path in the URL" ;;
	68) echo "look at the host's name and at /etc/resolv.conf" ;;
	69) echo "look at the network, the port, and the firewall between" ;;
	75) echo "try again, or with a longer --timeout" ;;
	77) echo "see --user, --cacert and the clock" ;;
	*) echo "look at the server's log" ;;
	esac
}

examine_url() {
	if start_source -c; then
		end_source
		well "$URL: $(read_value "$TEMP/ready")"
	else
		status=$?
		why=$(tail -n 1 "$TEMP/said")
		ill "$why: $(remedy_for $status "$why")"
	fi
}

# repair_slot N: what a crash has left goes on, or is taken down; never a half.
repair_slot() {
	DIR=$RUN/$1
	is_left || return 0
	lock_slot "$1"
	! held || return 0
	if is_in; then
		start_slot "$1"
		wait_for 5 goes_on && well "slot $1: $(get url) goes on" && return
	fi
	clean_slot
	ill "slot $1: what was left of $(get url) was taken down: mount it again"
}

# repair_devices: a block device of ours that no slot knows, and whose
# vm-nbd-attach has died. (The kernel remembers who has attached it.)
repair_devices() {
	for backend in "${VM_SYS:-/sys}"/block/nbd*/backend; do
		case $(read_value "$backend") in vmedia:*) ;; *) continue ;; esac
		pid=$(read_value "${backend%/backend}/pid")
		[ "$(read_value "/proc/$pid/comm")" != vm-nbd-attach ] || continue
		device=${backend%/backend} device=/dev/${device##*/}
		grep -qsxF "$device" "$RUN"/[0-7]/device ||
			{ vm-nbd-attach -D "$device" && well "$device: detached"; } ||
			ill "$device: nobody knows it, and it can't be detached"
	done
}

repair() {
	each_slot repair_slot
	repair_devices
}

doctor() {
	if [ -n "$REPAIR" ]; then
		repair
		return $SICK
	fi
	examine_programs
	examine_kernel
	examine_udc
	if [ -n "$URL" ]; then
		complete_request "look at a server"
		examine_url
	fi
	return $SICK
}
