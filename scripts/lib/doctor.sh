# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl doctor: check what each step of a mount needs, and print one line each,
# with the remedy. Sourced by vmctl.

SICK=0		# 1 once a check has failed
CHECKS=		# for --json: what was checked, as objects

well() {
	found ok true "$*"
}

ill() {
	found FAIL false "$*"
	SICK=1
}

# found WORD true|false TEXT: print the result of a check, or keep it.
found() {
	if [ -n "$JSON" ]; then
		CHECKS="$CHECKS${CHECKS:+, }{\"ok\": $2, \"check\": $(json_string "$3")}"
	else
		printf '%-4s  %s\n' "$1" "$3"
	fi
}

# doctor_json: print the object with all checks.
doctor_json() {
	local ok
	[ $SICK = 0 ] && ok=true || ok=false
	json_begin
	printf ', "ok": %s, "checks": [%s]' $ok "$CHECKS"
	json_end
}

# examine WHAT REMEDY COMMAND...: WHAT is well if COMMAND succeeds.
examine() {
	local what remedy
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

examine_conf() {
	if [ -n "$CONF_ERROR" ]; then
		ill "configuration: $CONF_ERROR"
	else
		well "configuration"
	fi
}

examine_programs() {
	local program
	for program in nbdkit setsid diff; do
		examine "program $program" "install it" command -v $program
	done
}

# clock_is_right: a clock earlier than the day of the installation is wrong.
clock_is_right() {
	[ "$(date +%s)" -ge "$(date -r "$BIN/vm-fetchd" +%s)" ]
}

examine_kernel() {
	examine "root" "run vmctl as root" [ "$(id -u)" = 0 ]
	examine "clock ($(date -u +%Y-%m-%d))" \
		"the clock is earlier than the installation date; set it, or certificate checks fail" \
		clock_is_right
	examine "kernel: nbd" "use a kernel with CONFIG_BLK_DEV_NBD" \
		has_module nbd
	examine "kernel: USB gadget" "use a kernel with CONFIG_USB_CONFIGFS" \
		has_module libcomposite
	examine "kernel: mass storage" \
		"use a kernel with CONFIG_USB_CONFIGFS_MASS_STORAGE" \
		has_module usb_f_mass_storage
}

examine_udc() {
	local udc udcs state
	udcs=$(ls "${VM_SYS:-/sys}/class/udc" 2>/dev/null)
	if [ -z "$udcs" ]; then
		ill "USB device controller: this machine has none;" \
			"vmctl can only export and serve images here"
		return
	fi
	for udc in $udcs; do
		state=$(cat "${VM_SYS:-/sys}/class/udc/$udc/state")
		case $state in
		configured) well "USB device controller $udc: configured" ;;
		"not attached") well "USB device controller $udc: not attached" \
			"(is the host off, or the USB cable unplugged?)" ;;
		*) well "USB device controller $udc: $state" ;;
		esac
	done
}

examine_url() {
	local status why
	if start_source -c; then
		end_source
		well "$URL: $(read_value "$TEMP/ready")"
	else
		status=$?
		why=$(tail -n 1 "$TEMP/said")
		ill "$why: $(remedy_for $status "$why")"
	fi
}

# repair_slot N: resume the medium that a crash has left, or else eject it.
repair_slot() {
	local url
	DIR=$RUN/$1
	is_left || return 0
	lock_slot "$1"
	! held || return 0
	url=$(get url)
	if is_in; then
		start_slot "$1"
		wait_for 5 goes_on && well "slot $1: $url is still mounted" && return
	fi
	clean_slot
	ill "slot $1: ${url:-its image} could not be resumed and was ejected;" \
		"mount it again"
}

# repair_devices: detach each block device whose vm-nbd-attach has died and that
# belongs to no slot. The kernel keeps in `backend` that it was vmedia's.
repair_devices() {
	local backend pid device
	for backend in "${VM_SYS:-/sys}"/block/nbd*/backend; do
		case $(read_value "$backend") in vmedia:*) ;; *) continue ;; esac
		pid=$(read_value "${backend%/backend}/pid")
		[ "$(read_value "/proc/$pid/comm")" != vm-nbd-attach ] || continue
		device=${backend%/backend} device=/dev/${device##*/}
		grep -qsxF "$device" "$RUN"/[0-7]/device ||
			{ vm-nbd-attach -D "$device" && well "$device: detached"; } ||
			ill "$device: belongs to no slot, and cannot be detached"
	done
}

cmd_doctor() {
	parse "$@"
	[ -z "$URL" ] || complete_request
	if [ -n "$REPAIR" ]; then
		need_root
		each_slot repair_slot
		repair_devices
	else
		examine_conf
		examine_programs
		examine_kernel
		examine_udc
		[ -z "$URL" ] || examine_url
	fi
	[ -z "$JSON" ] || doctor_json
	return $SICK
}
