# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl doctor: check what each step of a mount needs, and print one line each,
# with the remedy. Sourced by vmctl, after doctor-report.sh.

# examine_module MODULE WHAT OPTION
examine_module() {
	if has_module "$1"; then
		well "kernel: $2"
	else
		lacking "$1" "kernel: $2: this kernel lacks the module $1 ($3)"
	fi
}

examine_programs() {
	local program
	for program in nbdkit setsid diff modprobe; do
		if command -v $program >/dev/null; then
			well "program $program"
		else
			lacking $program "program $program: it is not installed"
		fi
	done
}

# clock_is_right: a clock earlier than the day of the installation is wrong.
clock_is_right() {
	[ "$(date +%s)" -ge "$(date -r "$BIN/vm-fetchd" +%s)" ]
}

# examine_nbd: without NBD, FunctionFS is needed, and a vm-drive shows each
# image.
examine_nbd() {
	if has_module nbd || ! has_module usb_f_fs; then
		examine_module nbd nbd CONFIG_BLK_DEV_NBD
	else
		lacks "kernel: nbd: this kernel lacks the module nbd" \
			"(CONFIG_BLK_DEV_NBD): without it," \
			"vmctl attach and serve do not work"
	fi
	if has_module usb_f_fs; then
		well "kernel: FunctionFS, for images of any size"
	else
		lacks "kernel: FunctionFS: this kernel lacks the module usb_f_fs" \
			"(CONFIG_USB_CONFIGFS_F_FS): the largest CD has 2359293952 bytes"
	fi
}

examine_kernel() {
	examine "root" "run vmctl as root" is_root
	examine "clock ($(date -u +%Y-%m-%d))" \
		"the clock is earlier than the installation date; set it, or certificate checks fail" \
		clock_is_right
	examine_nbd
	examine_module libcomposite "USB gadget" \
		"CONFIG_USB_GADGET, CONFIG_USB_CONFIGFS"
	examine_module usb_f_mass_storage "mass storage" \
		CONFIG_USB_CONFIGFS_MASS_STORAGE
}

# is_udc NAME: is there such a controller?
is_udc() {
	[ -n "$1" ] && [ -e "${VM_SYS:-/sys}/class/udc/$1" ]
}

# why_not_attached UDC: print why. Without a gadget of ours, no host can be
# attached.
why_not_attached() {
	if read_value "${VM_SYS:-/sys}/class/udc/$1/function" | grep -q .; then
		echo "is the host off, or the USB cable unplugged?"
	elif [ "$DRIVES" = on-demand ]; then
		echo "there is no drive until a medium is mounted"
	else
		echo "it has no drives yet: vmctl start or a mount makes them"
	fi
}

examine_udc() {
	local udc udcs state
	udcs=$(ls -v "${VM_SYS:-/sys}/class/udc" 2>/dev/null)
	if [ -z "$udcs" ]; then
		lacking udc "USB device controller: this machine has none;" \
			"vmctl can only export and serve images here"
		return
	fi
	for udc in $udcs; do
		state=$(read_value "${VM_SYS:-/sys}/class/udc/$udc/state")
		case $state in
		configured) well "USB device controller $udc: configured" ;;
		"not attached") well "USB device controller $udc: not attached" \
			"($(why_not_attached "$udc"))" ;;
		*) well "USB device controller $udc: $state" ;;
		esac
	done
	# shellcheck disable=SC2086 # a list of words
	set -- $udcs
	[ $# = 1 ] || is_udc "$UDC" || tell_choice "$@"
}

# tell_choice UDC...: there are several, and the configuration names none. Say
# which one each drive has, or will have.
tell_choice() {
	local udc number taken free
	taken='' number=0
	while [ $number -lt "$(count_slots)" ]; do
		udc=$(vm-gadget status -f udc $number 2>/dev/null)
		[ -z "$udc" ] || taken="$taken${taken:+, }slot $number uses $udc"
		number=$((number + 1))
	done
	if [ -z "$taken" ]; then
		free=$(free_udcs "$@")
		# shellcheck disable=SC2086 # a list of words
		taken=$(plan_udcs $free)
	fi
	well "USB device controller: $CONF names none of these $#; $taken." \
		"To use only one, write for example: udc = $1"
}

# free_udcs UDC...: print those that no gadget uses.
free_udcs() {
	local udc
	for udc; do
		read_value "${VM_SYS:-/sys}/class/udc/$udc/function" | grep -q . ||
			echo "$udc"
	done
}

# plan_udcs FREE...: print which UDCs vm-gadget will take (see vm-gadget(8)).
plan_udcs() {
	local count number plan
	count=$(count_slots) number=0 plan=
	if [ $# = 0 ]; then
		echo "other gadgets use all of them"
	elif [ $# -lt "$count" ]; then
		echo "all drives will use $1"
	else
		while [ $number -lt "$count" ]; do
			plan="$plan${plan:+, }slot $number will use $1"
			number=$((number + 1))
			shift
		done
		echo "$plan"
	fi
}

# examine_drive N TYPE: does the drive exist as the configuration says?
examine_drive() {
	local drives
	drives=$(vm-gadget status -f drives "$1" 2>/dev/null) || return 0
	[ "$drives" = "$DRIVES" ] || ill "slot $1: the drive is $drives, but" \
		"$CONF says $DRIVES: run vmctl eject, then vmctl start"
}

examine_url() {
	local status
	if start_source -c; then
		end_source
		well "$URL: $(read_value "$TEMP/ready")"
	else
		status=$?
		hear <"$TEMP/said"
		case $HEARD in
		*": install vmedia-"*) ill "$HEARD" ;; # it names the remedy
		*) ill "$HEARD: $(remedy_for $status "$HEARD")" ;;
		esac
	fi
}

# examine_slot N: has a vm-slot that was killed left a medium in it?
examine_slot() {
	DIR=$RUN/$1
	[ -d "$DIR/request" ] || [ -d "$DIR/work" ] || return 0
	vm-lock -t "$DIR/pid" 2>/dev/null
	[ $? != 1 ] || ill "slot $1: the vm-slot of $(get url) was killed:" \
		"type vmctl doctor --repair"
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
# belongs to no slot. The kernel's `backend` file tells that a device was
# vmedia's.
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

# repair_drives: hide each drive that exists on demand, but was left without a
# medium by a vm-gadget that was killed.
repair_drives() {
	[ "$DRIVES" = on-demand ] || return 0
	(setup_gadget) || SICK=1
}

cmd_doctor() {
	parse "$@"
	[ -z "$URL" ] || complete_request
	if [ -n "$REPAIR" ]; then
		need_root --repair
		each_slot repair_slot
		repair_devices
		repair_drives
	else
		examine_conf
		examine_programs
		examine_kernel
		examine_udc
		each_slot examine_drive
		each_slot examine_slot
		examine_host
		examine_accounts
		[ -z "$URL" ] || examine_url
	fi
	[ -z "$JSON" ] || doctor_json
	return $SICK
}
