# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# shellcheck disable=SC2016 # the scripts expand what is quoted here
# vm-slot with simulated programs, without a kernel's NBD and USB.

# pretend: for setup. Goes to the test's directory, and makes there a directory
# in place of configfs, with one CD drive, and simulated programs beside our own
# copy of vm-slot. Each program notes how it was called. If there is a file
# fail.NAME, that program fails; the file's first line is the status.
pretend() {
	cd "$BATS_TEST_TMPDIR" || return
	export VM_RUN_DIR=$PWD/run VM_CONFIGFS=$PWD/configfs VM_SYS=$PWD/sys
	export VM_HOOK_DIR=$PWD/hooks VM_LOG_TIMES=1 PRETEND=$PWD
	D=$VM_RUN_DIR/0
	mkdir -p "$VM_SYS/class/udc/port" "$VM_SYS/block" hooks bin "$D"
	echo configured >"$VM_SYS/class/udc/port/state"
	pretend_drive 0 1
	LUN=$VM_CONFIGFS/usb_gadget/vmedia/functions/mass_storage.0/lun.0
	echo port >"$VM_CONFIGFS/usb_gadget/vmedia/UDC"
	cp "$BUILD/bin/vm-slot" bin/
	cp "$(command -v sleep)" bin/vm-sleeper
	export REAL=$BUILD/bin
	cat >bin/common <<-'END'
		name=${0##*/}
		case "$name $1" in
		"vm-fetchd -n" | "vm-gadget status") exec "$REAL/$name" "$@" ;;
		esac
		echo "$name $*" >>"$PRETEND/calls"
		[ ! -f "$PRETEND/fail.$name" ] || {
			echo "$name: it was told to fail" >&2
			exit "$(cat "$PRETEND/fail.$name")"
		}
		[ ! -f "$PRETEND/hang.$name" ] || exec "$PRETEND/bin/vm-sleeper" 1000
	END
	program vm-fetchd 'echo socket' 'exec 1>&-' 'exec "$PRETEND/bin/vm-sleeper" 1000'
	program vm-nbd-attach 'case $1 in' \
		'-D) rm -rf "$VM_SYS/block/nbd0"; exit ;;' \
		'-W) echo /dev/nbd0; trap "exit 0" TERM; sleep 1000 & wait ;;' \
		'*) mkdir -p "$VM_SYS/block/nbd0"; echo 1 >"$VM_SYS/block/nbd0/pid"' \
		'echo "7 0 0 0 3 0" >"$VM_SYS/block/nbd0/stat"' \
		'echo /dev/nbd0; exec 1>&-; exec "$PRETEND/bin/vm-sleeper" 1000 ;; esac'
	program vm-probe 'case " $* " in *" -f media "*) echo cd; exit ;;' \
		'*" -f size "*) echo 4096; exit ;; esac' \
		'echo format: iso9660; echo label: TEST' \
		'echo media: cd; echo size: 4096; echo summary: boots by BIOS only'
	program vm-gadget 'for word; do case $word in [0-7]) slot=$word ;; esac; done' \
		'file=$VM_CONFIGFS/usb_gadget/vmedia/functions/mass_storage.$slot/lun.0/file' \
		'case $1 in insert) echo /dev/nbd0 >"$file" ;;' \
		'eject) case " $* " in *" -f "*) ;; *)' \
		'[ ! -f "$PRETEND/locked" ] || { echo "vm-gadget: cause: locked" >&2; echo locked by the host >&2; exit 75; } ;; esac' \
		'echo >"$file" ;; esac'
}

# pretend_drive SLOT CDROM: makes an empty drive in that directory.
pretend_drive() {
	local gadget=$VM_CONFIGFS/usb_gadget/vmedia function=mass_storage.$1
	mkdir -p "$gadget/functions/$function/lun.0" "$gadget/configs/c.1"
	ln -sfn "$gadget/functions/$function" "$gadget/configs/c.1/$function"
	echo "$2" >"$gadget/functions/$function/lun.0/cdrom"
	echo 1 >"$gadget/functions/$function/lun.0/ro"
	echo >"$gadget/functions/$function/lun.0/file"
}

# program NAME LINE...: makes a shell script among those programs.
program() {
	printf '%s\n' '#!/bin/sh' '. "${0%/*}/common"' "${@:2}" >"bin/$1"
	chmod 755 "bin/$1"
}

