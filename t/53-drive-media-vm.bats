#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The drive of a slot is a vm-drive, and vm-gadget changes its media: as with
# the kernel's drive, and with images that the kernel's drive can't present.
# vm-run: -m 1024

load helper
load servers
load column
load drive

setup_file() {
	modprobe -a usb_f_fs sr_mod sd_mod sg usb-storage
}
setup() {
	drive_begin cd disk
}
teardown() {
	drive_end
}

# start_drive SLOT: starts a vm-drive without a medium; $DRIVE is its process.
start_drive() {
	run_drive "$1"
	[[ $(cat drive.out) = "slot $1: "* ]]
	wait_until 20 has_drive "$1"
}
has_drive() {
	[ -n "$(host_drive "$1")" ]
}
# has_bytes SLOT FILE: does the host have that file as its medium?
has_bytes() {
	host_has "$1" && cmp -n 65536 "$(host_drive "$1")" "$2"
}
is_empty() {
	not host_has "$1"
}

@test "media come and go in a drive that stays" {
	head -c 4M /dev/urandom >one.iso
	head -c 4M /dev/urandom >two.iso
	nbdkit -r -P "$PWD/pid" -U "$PWD/nbd" file two.iso 3>&-
	start_drive 0
	[ "$(vm-gadget status 0)" = "slot 0: cd, empty, UDC dummy_udc.0 configured" ]
	[ "$(vm-gadget status -f driver 0)" = vm-drive ]
	vm-gadget insert 0 one.iso
	[ "$(vm-gadget status -f file,ro 0 | xargs)" = "$PWD/one.iso 1" ]
	wait_until 20 has_bytes 0 one.iso
	vm-gadget insert 0 one.iso
	run -75 vm-gadget insert 0 two.iso
	[ "$output" = "vm-gadget: slot 0 holds $PWD/one.iso: eject it first" ]
	vm-gadget eject -f 0
	wait_until 20 is_empty 0
	vm-gadget insert 0 nbd
	wait_until 20 has_bytes 0 two.iso
	[ "$(host_drive 1)" != "" ]
	eject "$(host_drive 0)"
	wait_until 20 test "$(vm-gadget status -f file 0)" = ""
	vm-gadget eject 0
	[ "$(dmesg | grep -c 'USB disconnect')" = 1 ]
}

# insert_waits: has vm-gadget sent its request to the vm-drive?
insert_waits() {
	[ "$(ss -xH src "$VM_RUN_DIR/drive.0/control" | wc -l)" -ge 1 ]
}

@test "an insert while vm-drive ends does not keep it from giving its slot back" {
	truncate -s 1M one.iso
	start_drive 0
	kill -STOP "$DRIVE"
	background vm-gadget insert 0 one.iso 2>insert.err
	wait_until 20 insert_waits
	kill "$DRIVE"
	kill -CONT "$DRIVE"
	wait "$DRIVE"
	wait "${STARTED[-1]}" && false || [ $? = 69 ]
	[ "$(cat insert.err)" = "vm-gadget: the vm-drive of slot 0 has ended" ]
	[ "$(cat drive.err)" = "" ]
	[ "$(vm-gadget status -f driver,udc 0 | xargs)" = "kernel dummy_udc.0" ]
}

# serve_garbage: starts a server that does not speak NBD.
serve_garbage() {
	background python3 -c '
import socket
s = socket.socket(socket.AF_UNIX)
s.bind("garbage")
s.listen()
while True:
    c = s.accept()[0]
    c.sendall(b"SSH-2.0-x\r\n" + bytes(2000))
    c.close()
'
	wait_until 20 test -S garbage
}

@test "what can't be inserted is told, and the drive stays" {
	mkfifo pipe
	: >empty
	start_drive 0
	run -66 vm-gadget insert 0 missing
	run -65 vm-gadget insert 0 pipe
	[[ $output = *"neither a file nor a block device" ]]
	run -65 vm-gadget insert 0 empty
	[[ $output = *"it is empty" ]]
	truncate -s 1M image
	run -65 vm-gadget insert -w 0 image
	run -65 vm-gadget insert -t disk 0 image
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("dead")'
	run -69 vm-gadget insert -o 1 0 dead
	[ "$output" = "vm-gadget: unable to connect to $PWD/dead: Connection refused" ]
	serve_garbage
	run -69 vm-gadget insert -o 1 0 garbage
	[[ $output = "vm-gadget: unable to connect to $PWD/garbage: "*[a-z]* ]]
	run -65 vm-gadget insert 1 dead
	[[ $output = *"only a drive of vmedia's own can use a socket: run vm-drive" ]]
	truncate -s 300K image
	vm-gadget insert 0 image
	wait_until 20 has_bytes 0 image
}

# is_told_whole: does the status show the whole last command, which has a long
# name?
is_told_whole() {
	head -c 2048 "$(host_drive 0)" >/dev/null
	vm-gadget status -f last 0 |
		grep -x "PREVENT ALLOW MEDIUM REMOVAL\|GET EVENT STATUS NOTIFICATION"
}

@test "a host that has locked the drive keeps its medium, unless it is ejected by force" {
	truncate -s 4M image
	start_drive 0
	vm-gadget insert 0 image
	wait_until 20 host_has 0
	wait_until 20 is_told_whole
	eject -i on "$(host_drive 0)"
	run -75 vm-gadget eject 0
	[ "$output" = "vm-gadget: slot 0 is locked by the host: eject it there, or use -f" ]
	vm-gadget eject -f 0
	[ "$(vm-gadget status -f file 0)" = "" ]
}

@test "the type changes, and what the host writes is in the image" {
	truncate -s 16M image
	start_drive 0
	vm-gadget insert -R -t disk -w 0 image
	[ "$(vm-gadget status -f type,ro 0 | xargs)" = "disk 0" ]
	wait_until 20 is_disk
	head -c 16M /dev/urandom >wanted
	dd if=wanted of="$(host_drive 0)" bs=1M conv=fsync status=none
	vm-gadget eject -f 0
	cmp wanted image
	truncate -s 4M disc.iso
	vm-gadget insert -R -t cd 0 disc.iso
	wait_until 20 has_bytes 0 disc.iso
	[[ $(host_drive 0) = /dev/sr* ]]
}
is_disk() {
	[[ $(host_drive 0) = /dev/sd* ]] && host_has 0
}

@test "the slot goes back to the kernel's drive when vm-drive ends" {
	truncate -s 4M image
	start_drive 0
	vm-gadget insert 0 image
	kill "$DRIVE"
	wait "$DRIVE"
	[ "$(vm-gadget status -f file,driver 0 | xargs)" = kernel ]
	vm-gadget insert 0 image
	wait_until 20 has_bytes 0 image
	run -75 vm-drive 0
	[ "$output" = "vm-drive: slot 0 holds $PWD/image, and all drives leave the host for a moment when a vm-drive starts or ends: eject it first" ]
	run -75 vm-drive 1
}

@test "a vm-drive that was killed: the next one has its medium" {
	head -c 4M /dev/urandom >image
	start_drive 0
	vm-gadget insert 0 image
	wait_until 20 host_has 0
	kill -KILL "$DRIVE"
	wait "$DRIVE" || :
	wait_until 20 is_gone
	start_drive 0
	wait_until 20 has_bytes 0 image
	[ "$(vm-gadget status -f file,driver 0 | xargs)" = "$PWD/image vm-drive" ]
	kill -KILL "$DRIVE"
	wait "$DRIVE" || :
	wait_until 20 is_gone
	rm image
	start_drive 0
	grep -q "unable to open $PWD/image: No such file" drive.err
	[ "$(vm-gadget status -f file,driver 0 | xargs)" = vm-drive ]
}
is_gone() {
	[ -z "$(vm-gadget status -f udc 0)" ] && not has_drive 0
}

@test "vm-gadget setup and teardown take a killed vm-drive away; teardown ends a live one" {
	truncate -s 4M image
	start_drive 0
	vm-gadget insert 0 image
	kill -KILL "$DRIVE"
	wait "$DRIVE" || :
	wait_until 20 is_gone
	vm-gadget eject 0
	vm-gadget setup cd disk
	[ "$(vm-gadget status -f file,driver 0 | xargs)" = kernel ]
	start_drive 1
	vm-gadget setup cd disk
	[ "$(vm-gadget status -f driver 1)" = vm-drive ]
	vm-gadget teardown
	wait "$DRIVE"
	not grep functionfs /proc/mounts
}

@test "on demand: the host sees the drive only while it has a medium" {
	truncate -s 4M image
	vm-gadget setup -d cd
	run_drive 0
	[ "$(cat drive.out)" = "slot 0: on-demand" ]
	not has_drive 0
	vm-gadget insert 0 image
	wait_until 20 has_bytes 0 image
	vm-gadget eject -f 0
	wait_until 20 not has_drive 0
	kill "$DRIVE"
	wait "$DRIVE"
	run_drive 0 image
	[ "$(cat drive.out)" = "slot 0: dummy_udc.0" ]
	wait_until 20 has_bytes 0 image
}

@test "data that the source could not keep is told, also after the host's own eject" {
	truncate -s 4M image
	nbdkit -P "$PWD/pid" -U "$PWD/nbd" eval get_size='echo 4194304' \
		pread='dd if=image skip=$4 count=$3 iflag=skip_bytes,count_bytes status=none' \
		can_write='exit 0' pwrite='cat >/dev/null' can_flush='exit 0' \
		flush='echo ENOSPC there is no space >&2; exit 1' 3>&-
	start_drive 1
	vm-gadget insert -w 1 nbd
	wait_until 20 host_has 1
	run -74 vm-gadget eject -f 1
	[ "$output" = "vm-gadget: slot 1: the source could not keep all that the host wrote" ]
	vm-gadget eject -f 1
	vm-gadget insert -w 1 nbd
	wait_until 20 host_has 1
	vm-gadget eject -x 1
}

# --- a host that stops in the middle ---

# begin_host DEVICE COMMAND LENGTH: starts a host of our own (t/drive/host),
# which waits for orders.
begin_host() {
	rm -f words host.out
	mkfifo words
	"$TOP/t/drive/host" -s "$2" "$3" "$1" <>words >>host.out 3>&- &
	STARTED+=("$!")
	wait_until 20 grep -q ready host.out
}
# host WORD...: gives it these orders, and waits for each to be done.
host() {
	local word
	for word; do
		: >host.out
		echo "$word" >words
		wait_until 20 test -s host.out
	done
}

# start_disk ARGUMENT...: starts the gadget's only drive, with that medium.
start_disk() {
	vm-gadget setup disk
	run_drive 0
	vm-gadget insert "$@"
	wait_until 20 host_has 0
}

# An eject must not need buffers, because this host holds up all of them.
@test "a host that stops in the middle of a read, or of a write: the medium can be ejected" {
	local usb command
	truncate -s 4M image
	start_disk -w 0 image
	usb=$(usb_device "$(host_drive 0)")
	for command in "28000000000000080000 1048576" "2a000000000000080000 -1048576"; do
		# shellcheck disable=SC2086 # a command and its length
		begin_host "$usb" $command
		host reset begin
		vm-gadget eject -f 0
		[ "$(vm-gadget status -f file 0)" = "" ]
		vm-gadget insert -w 0 image
		kill "${STARTED[-1]}"
		wait "${STARTED[-1]}" || :
	done
}

@test "a host that verifies a large file: the medium can be ejected meanwhile" {
	truncate -s 4T image
	start_disk 0 image
	begin_host "$(usb_device "$(host_drive 0)")" 8f000000000000000000ffffffff0000 0
	host reset begin
	vm-gadget eject -f 0
	host status
	[ "$(cat host.out)" = "status 1 0" ] # it has failed
}

@test "a host that ejects, and resets the drive while the source flushes: it is empty" {
	nbdkit -P "$PWD/pid" -U "$PWD/nbd" eval get_size='echo 4194304' \
		pread='head -c "$3" /dev/zero' \
		can_write='exit 0' pwrite='cat >/dev/null' can_flush='exit 0' \
		flush="cd $PWD; "'[ ! -e hold ] || : >held; while [ -e hold ]; do sleep 0.1; done' 3>&-
	start_disk -w 0 nbd
	begin_host "$(usb_device "$(host_drive 0)")" 1b0000000200 0
	: >hold
	host reset begin
	wait_until 20 test -e held
	host reset
	rm hold
	wait_until 20 has_no_medium
}
has_no_medium() {
	[ "$(vm-gadget status -f file 0)" = "" ]
}

@test "a read that waits for a source, and the medium is ejected: it fails at once" {
	truncate -s 4M image
	nbdkit -r -P "$PWD/pid" -U "$PWD/nbd" file image 3>&-
	start_disk -o 300 0 nbd
	begin_host "$(usb_device "$(host_drive 0)")" 28000000000000000800 4096
	kill -KILL "$(cat pid)"
	rm nbd pid
	pkill -KILL -P "$DRIVE"
	wait_until 20 grep -q 'the worker has ended' drive.err
	host old begin
	vm-gadget eject -f 0
	host data status
	[ "$(cat host.out)" = "status 1 4096" ]
}

# --- a bad day ---

@test "where /run is full, an eject and an insert are told as they are" {
	mkdir -p run
	mount -t tmpfs -o size=256k none run
	truncate -s 4M one.iso two.iso
	vm-gadget setup cd
	start_drive 0
	vm-gadget insert 0 one.iso
	dd if=/dev/zero of=run/fill bs=4k status=none || :
	vm-gadget eject -f 0
	[ "$(vm-gadget status -f file 0)" = "" ]
	vm-gadget insert 0 two.iso
	[ "$(vm-gadget status -f file 0)" = "$PWD/two.iso" ]
	kill "$DRIVE"
	wait "$DRIVE"
	umount run
}

# change_flags PROCESS: makes reads and writes of its USB function's descriptors
# block, as for a worker after a take-over by a host.
change_flags() {
	python3 - "$1" <<-'PYTHON'
		import ctypes, fcntl, os, sys
		pid, changed = int(sys.argv[1]), 0
		process = os.pidfd_open(pid)
		for fd in os.listdir(f"/proc/{pid}/fd"):
		    if "/usb/ep" not in os.readlink(f"/proc/{pid}/fd/{fd}"):
		        continue
		    fd = ctypes.CDLL(None).syscall(438, process, int(fd), 0)  # pidfd_getfd
		    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
		    fcntl.fcntl(fd, fcntl.F_SETFL, flags & ~os.O_NONBLOCK)
		    changed += 1
		assert changed == 3, changed
	PYTHON
}

@test "a worker that has changed what all workers share: the next one serves the host" {
	head -c 4M /dev/urandom >image
	start_drive 0
	vm-gadget insert 0 image
	wait_until 20 has_bytes 0 image
	change_flags "$(pgrep -P "$DRIVE")"
	pkill -KILL -P "$DRIVE"
	drop_caches
	cmp image "$(host_drive 0)"
	vm-gadget eject -f 0
}
