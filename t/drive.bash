# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# vm-drive with a kernel, for tests in the virtual machine: dummy_hcd is the UDC
# and also the host that sees the drive, in the same machine.

# drive_begin TYPE...: for setup. Makes drives of these types, in the test's
# directory.
drive_begin() {
	requires_vm
	modprobe dummy_hcd num=1
	own_directory
	export VM_RUN_DIR=$PWD/run
	vm-gadget setup "$@"
	dmesg -C
}

# drive_end: for teardown.
drive_end() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || { cat ./*.err || :; dmesg | tail -n 50; }
	[ ! -e pid ] || kill "$(cat pid)"
	cleanup
	vm-gadget teardown
	modprobe -r dummy_hcd
}

# run_drive ARGUMENT...: starts a vm-drive, and waits until it is ready; $DRIVE
# is its process, and drive.out is its output.
run_drive() {
	rm -f drive.out
	background vm-drive "$@" >drive.out 2>drive.err
	DRIVE=${STARTED[-1]}
	wait_until 20 is_true_or_ended "$DRIVE" test -s drive.out
}

# usb_device DRIVE: prints the device file of the USB device of the host's drive
# DRIVE.
usb_device() {
	local dir
	dir=$(realpath "/sys/block/${1##*/}/device")
	dir=${dir%/*:1.0/*}
	printf '/dev/bus/usb/%03d/%03d\n' "$(cat "$dir/busnum")" "$(cat "$dir/devnum")"
}
