#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmedia installed, with systemd as process 1: each slot is a unit.
# vm-run: -S

load helper
load column

setup_file() {
	(cd "$TOP" && make -s install O="$BUILD" PREFIX=/usr/local) 3>&-
	systemctl daemon-reload
	column_start
	make_iso "$WWW/one.iso" 4 ONE
	head -c 32M /dev/urandom >"$WWW/disk.img"
}
teardown_file() {
	column_stop
	vm-gadget teardown
}
setup() {
	PATH=/usr/local/bin:$PATH
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || {
		cat "$BATS_TEST_TMPDIR/err" || :
		journalctl -q --no-pager -n 40 || :
	}
	cleanup
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
}

@test "mount starts the slot's unit, eject ends it" {
	mount_image one.iso
	systemctl is-active vmedia-slot@0
	[ "$(systemctl show -P MainPID vmedia-slot@0)" = \
		"$(cat "$VM_RUN_DIR/0/pid")" ]
	wait_until 30 host_has 0
	cmp "$WWW/one.iso" "$(host_drive 0)"
	vmctl eject -f # udev locks the CDs that it sees, so force it
	not systemctl is-active vmedia-slot@0
	nothing_left
}

@test "with a hook, a mount and an eject warn of nothing" {
	mkdir -p /etc/vmedia/hooks.d
	printf '%s\n' '#!/bin/sh' 'echo "hook $1"' >/etc/vmedia/hooks.d/tell
	chmod 755 /etc/vmedia/hooks.d/tell
	local since
	since=$(date +%s)
	mount_image one.iso
	vmctl eject -f
	wait_until 20 sh -c \
		"journalctl -u vmedia-slot@0 --since @$since | grep -q 'hook ejected'"
	wait_until 20 not systemctl is-active vmedia-slot@0
	journalctl -q -o short --since "@$since" -p warning | grep vmedia-slot |
		tee /dev/stderr | not grep .
	journalctl -q -o cat --since "@$since" -u vmedia-slot@0 |
		not grep -i "reception only permitted\|left-over\|remains running"
	rm /etc/vmedia/hooks.d/tell
}

@test "stopping the unit ejects" {
	mount_image one.iso
	systemctl stop vmedia-slot@0
	nothing_left
	not systemctl is-failed vmedia-slot@0
}

# has_new_process UNIT PID: does the unit run, as a process other than PID?
has_new_process() {
	systemctl is-active "$1" &&
		[ "$(systemctl show -P MainPID "$1")" != "$2" ]
}

@test "a vm-drive is a service: the host sees nothing of one that is killed" {
	local pid since
	since=$(date +%s)
	mount_image one.iso -s 0 --drive own
	systemctl is-active vmedia-drive@0
	wait_until 30 host_has 0
	start_reading 0 "$WWW/one.iso"
	for _ in 1 2 3; do
		pid=$(systemctl show -P MainPID vmedia-drive@0)
		kill -KILL "$pid"
		wait_until 30 has_new_process vmedia-drive@0 "$pid"
	done
	is_clean
	dmesg | not grep "USB disconnect"
	[ "$(systemctl show -P NFileDescriptorStore vmedia-drive@0)" = 5 ]
	vmctl eject -f -s 0
	mount_image one.iso -s 0 --drive own
	wait_until 30 host_has 0
	cmp "$WWW/one.iso" "$(host_drive 0)"
	pkill -KILL -P "$(systemctl show -P MainPID vmedia-drive@0)"
	wait_until 10 sh -c "vmctl log -s 0 | grep -q 'vm-drive: slot 0: the worker has ended'"
	systemctl stop vmedia-slot@0
	systemctl is-active vmedia-drive@0
	[ "$(vm-gadget status -f file,driver 0 | xargs)" = vm-drive ]
	systemctl stop vmedia-drive@0
	not systemctl is-failed vmedia-drive@0
	[ "$(vm-gadget status -f driver 0)" = kernel ]
	journalctl -q -o cat --since "@$since" -u vmedia-slot@0 -u vmedia-drive@0 |
		not grep -i "left-over\|remains running"
}

@test "a vm-drive in another unit, which is killed while the host reads" {
	local pid
	systemd-run -q -u own-drive -p Type=notify -p FileDescriptorStoreMax=8 \
		-p Restart=on-failure -p RestartSec=100ms \
		/usr/local/bin/vm-drive 0 "$WWW/one.iso"
	wait_until 30 host_has 0
	start_reading 0 "$WWW/one.iso"
	pid=$(systemctl show -P MainPID own-drive)
	kill -KILL "$pid"
	wait_until 30 has_new_process own-drive "$pid"
	is_clean
	dmesg | not grep "USB disconnect"
	wait_until 20 eject -i off "$(host_drive 0)"
	eject "$(host_drive 0)"
	wait_until 20 not systemctl -q is-active own-drive
	not systemctl is-failed own-drive
	[ "$(vm-gadget status -f driver 0)" = kernel ]
}

@test "a vm-drive that was killed, and another file has the name: not under the host" {
	local pid image=$BATS_TEST_TMPDIR/image
	cp "$WWW/one.iso" "$image"
	systemd-run -q -u named-drive -p Type=notify -p FileDescriptorStoreMax=8 \
		-p Restart=on-failure -p RestartSec=100ms /usr/local/bin/vm-drive 0
	vm-gadget insert 0 "$image"
	wait_until 30 host_has 0
	truncate -s 8M "$image.new"
	mv "$image.new" "$image"
	pid=$(systemctl show -P MainPID named-drive)
	kill -KILL "$pid"
	wait_until 30 has_new_process named-drive "$pid"
	wait_until 30 not host_has 0
	[ "$(vm-gadget status -f file,driver 0 | xargs)" = vm-drive ]
	journalctl -q -o cat -u named-drive |
		grep -q "$image is not the file that was inserted"
	systemctl stop named-drive
}

# read_on COMMAND...: runs it while the host reads; the host notices only a
# pause.
read_on() {
	wait_until 30 host_has 1
	start_reading 1 "$WWW/disk.img"
	"$@"
	is_clean
	[ "$(cat "$VM_RUN_DIR/1/state")" = active ]
}
kill_slot() {
	local pid
	pid=$(cat "$VM_RUN_DIR/1/pid")
	kill -KILL "$pid"
	wait_until 30 is_another "$pid"
}
is_another() {
	[ -s "$VM_RUN_DIR/1/pid" ] && [ "$(cat "$VM_RUN_DIR/1/pid")" != "$1" ] &&
		vm-lock -t "$VM_RUN_DIR/1/pid"
}

@test "a killed vm-slot is restarted: a pause" {
	mount_image disk.img
	read_on kill_slot
	vmctl eject
	nothing_left 1
	not systemctl is-failed vmedia-slot@1
}

upgrade() {
	local pid
	pid=$(cat "$VM_RUN_DIR/1/pid")
	(cd "$TOP" && make -s install O="$BUILD" PREFIX=/usr/local) 3>&-
	systemctl daemon-reload
	systemctl reload vmedia-slot@1
	[ "$(cat "$VM_RUN_DIR/1/pid")" = "$pid" ]
	[ "$(systemctl show -P MainPID vmedia-slot@1)" = "$pid" ]
	wait_until 10 sh -c \
		'journalctl -u vmedia-slot@1 | grep -q "going on with"'
}

@test "an upgrade and a reload: the host notices nothing" {
	mount_image disk.img
	read_on upgrade
}

@test "restart ejects and inserts the same image again" {
	mount_image disk.img
	local pid
	pid=$(cat "$VM_RUN_DIR/1/pid")
	systemctl restart vmedia-slot@1
	[ "$(cat "$VM_RUN_DIR/1/pid")" != "$pid" ]
	[ "$(cat "$VM_RUN_DIR/1/state")" = active ]
	read_on true
	systemctl stop vmedia-slot@1
	nothing_left 1
}

@test "a declared slot is mounted after a boot" {
	printf '%s\n' "slot1 = --cacert $CA -t disk $URL/disk.img" \
		"slot0 = --cacert $CA $URL/missing.iso" >/etc/vmedia/vmedia.conf
	systemctl enable vmedia-gadget
	vm-gadget teardown
	rm -rf "$VM_RUN_DIR"
	# As a boot does: starts the units that multi-user.target wants.
	[ -L /etc/systemd/system/multi-user.target.wants/vmedia-gadget.service ]
	env -u VM_CONF systemctl start --no-block vmedia-gadget
	wait_until 60 grep -qs active "$VM_RUN_DIR/1/state"
	read_on true
	# The mount is tried again, because the image's server has the image
	# only later.
	wait_until 60 sh -c 'journalctl -u vmedia-gadget | grep -q "no such image"'
	cp "$WWW/one.iso" "$WWW/missing.iso"
	wait_until 90 grep -qs active "$VM_RUN_DIR/0/state"
	wait_until 30 systemctl is-active vmedia-gadget
	# A medium ejected since then stays ejected until the next boot.
	vmctl eject -f -s 1
	env -u VM_CONF vmctl start
	[ "$(cat "$VM_RUN_DIR/1/state")" = empty ]
	[ "$(cat "$VM_RUN_DIR/0/state")" = active ]
	systemctl stop vmedia-gadget
	systemctl disable vmedia-gadget
	rm /etc/vmedia/vmedia.conf "$WWW/missing.iso"
}

@test "in a mount, the programs that talk to the network have no rights" {
	mount_image disk.img
	local pid
	pid=$(pgrep -x nbdkit)
	grep -E '^(Uid|CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):' "/proc/$pid/status"
	[ "$(awk '/^Uid:/ { print $2 * $3 * $4 * $5 }' "/proc/$pid/status")" != 0 ]
	grep -qE '^CapEff:.0+$' "/proc/$pid/status"
	grep -qE '^NoNewPrivs:.1$' "/proc/$pid/status"
	grep -qE '^Seccomp:.2$' "/proc/$pid/status"
	[ "$(cat /sys/module/nbd/parameters/max_part)" = 0 ]
}

# stop_all: stops everything in one transaction, as a shutdown does, with the
# network, which the unit `cable` represents. When it stops, it notes the
# image's content.
stop_all() {
	cat >/run/systemd/system/cable.service <<-UNIT
		[Unit]
		Before=network.target
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/true
		ExecStop=/bin/sh -c 'cp /srv/images/disk.img /run/then; cat /run/vmedia/1/state >/run/state.then'
	UNIT
	# By default, only a shutdown may stop network.target.
	mkdir -p /run/systemd/system/network.target.d
	printf '[Unit]\nRefuseManualStart=no\nRefuseManualStop=no\n' \
		>/run/systemd/system/network.target.d/stop.conf
	systemctl daemon-reload
	systemctl start cable network.target
	"$@"
	systemctl stop cable network.target vmedia-slot@1
}
write_unsynced() {
	wait_until 30 host_has 1
	head -c 2M /dev/urandom >"$BATS_TEST_TMPDIR/data"
	dd if="$BATS_TEST_TMPDIR/data" of="$(host_drive 1)" bs=64k oflag=direct \
		status=none
}

@test "at a shutdown, what the host wrote is saved before the network goes" {
	mkdir -p /srv/images
	cp "$WWW/disk.img" /srv/images/disk.img
	echo "allow_file = /srv/images" >"$VM_CONF"
	vmctl mount -w /srv/images/disk.img
	stop_all write_unsynced
	[ "$(cat /run/state.then)" = empty ]
	cmp -n 2097152 "$BATS_TEST_TMPDIR/data" /run/then
	nothing_left 1
	rm "$VM_CONF"
}

@test "single tools as units: an image as NBD, and as a block device" {
	mkdir -p /etc/vmedia/export
	echo "http://localhost:8080/disk.img" >/etc/vmedia/export/lab
	chmod 600 /etc/vmedia/export/lab
	sed "s/443 ssl/8080/; /ssl_/d; s/nginx.pid/nginx3.pid/" \
		"$BATS_FILE_TMPDIR/nginx.conf" >"$BATS_FILE_TMPDIR/nginx3.conf"
	background nginx -c "$BATS_FILE_TMPDIR/nginx3.conf" 2>/dev/null
	wait_until 10 curl -s -o /dev/null http://localhost:8080/
	systemctl start vm-nbd-attach@lab || {
		journalctl --no-pager -u vm-fetchd@lab
		false
	}
	local device pid
	device=$(cat /run/vm-nbd-attach/lab/device)
	cmp "$WWW/disk.img" "$device"
	pid=$(systemctl show -P MainPID vm-fetchd@lab)
	grep -qE '^CapEff:.0+$' "/proc/$pid/status"
	systemctl stop vm-nbd-attach@lab vm-fetchd@lab
	[ ! -e "/sys/block/${device#/dev/}/pid" ]
	[ ! -e /run/vm-fetchd/lab ]
}

# page_block FROM PAGE: prints the block of a page that begins with the line
# FROM.
page_block() {
	awk -v from="$1" '$0 == from { on = 1 } /^\.Ed/ { on = 0 }
		on { gsub(/\\e/, "\\"); print }' "$TOP/man/$2"
}

@test "the units of vm-nbd-attach(8) in an integrator's unit, as the page shows" {
	local unit=/etc/systemd/system/rescue.service
	page_block "[Unit]" vm-nbd-attach.8 >$unit
	systemd-analyze verify $unit
	page_block "# mkdir -p /etc/vmedia/export" vm-nbd-attach.8 |
		sed -n 's/^# //p' |
		sed 's,https://example.org/debian.iso,http://localhost:8080/one.iso,' \
			>"$BATS_TEST_TMPDIR/commands"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/commands")" = 7 ]
	curl -s -o /dev/null http://localhost:8080/ ||
		background nginx -c "$BATS_FILE_TMPDIR/nginx3.conf" 2>/dev/null
	wait_until 10 curl -s -o /dev/null http://localhost:8080/
	vm-gadget teardown
	# All commands except the last one, which stops the services.
	run -0 sh -ec "$(head -n 6 "$BATS_TEST_TMPDIR/commands")"
	[[ $output == */dev/nbd[0-9]* ]]
	wait_until 30 host_has 0
	cmp "$WWW/one.iso" "$(host_drive 0)"
	# The device survives a restart of its source's service.
	systemctl restart vm-fetchd@rescue
	cmp "$WWW/one.iso" "$(cat /run/vm-nbd-attach/rescue/device)"
	sh -ec "$(tail -n 1 "$BATS_TEST_TMPDIR/commands")"
	not grep -q . /sys/block/nbd*/pid
	[ ! -e /run/vm-fetchd/rescue ]
	rm $unit /etc/vmedia/export/rescue
	vm-gadget teardown
}

@test "vm-fetchd@ takes other parameters, as vm-fetchd(1) shows" {
	local dropin=/etc/systemd/system/vm-fetchd@small.service.d
	mkdir -p $dropin /etc/vmedia/export
	page_block "[Service]" vm-fetchd.1 >$dropin/override.conf
	[ "$(grep -c ExecStart= $dropin/override.conf)" = 2 ]
	echo http://localhost:8080/one.iso >/etc/vmedia/export/small
	curl -s -o /dev/null http://localhost:8080/ ||
		background nginx -c "$BATS_FILE_TMPDIR/nginx3.conf" 2>/dev/null
	wait_until 10 curl -s -o /dev/null http://localhost:8080/
	systemctl daemon-reload
	systemctl start vm-fetchd@small
	[[ $(ps -o args= -p "$(systemctl show -P MainPID vm-fetchd@small)") == *cache=16M* ]]
	nbdinfo --size "nbd+unix:///?socket=/run/vm-fetchd/small/nbd" |
		grep -qx "$(stat -c %s "$WWW/one.iso")"
	systemctl stop vm-fetchd@small
	rm -r $dropin /etc/vmedia/export/small
	systemctl daemon-reload
}

@test "systemd-analyze finds the unit of vm-fetchd safe" {
	systemd-analyze security --no-pager vm-fetchd@lab.service |
		grep 'Overall exposure'
	systemd-analyze security --no-pager --threshold=25 vm-fetchd@lab.service \
		>/dev/null
}

@test "a failed mount prints its reason, and the journal has it" {
	fails 66 mount_image missing.iso -s 0
	grep -q 'no such image' "$BATS_TEST_TMPDIR/stderr"
	wait_until 10 sh -c 'journalctl -u vmedia-slot@0 | grep -q "no such image"'
	nothing_left
}

@test "no secret in the journal" {
	vmctl mount -v --cacert "$CA" "$URL/one.iso?sig=hunter2secret"
	vmctl eject -f
	wait_until 10 sh -c 'journalctl -u vmedia-slot@0 | grep -q inserted'
	journalctl | not grep -F hunter2secret
}

@test "WebSockets through a socket unit, which may be restarted meanwhile" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p /run/systemd/system/vm-ws-proxy.socket.d
	printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:8418\n' \
		>/run/systemd/system/vm-ws-proxy.socket.d/port.conf
	systemctl daemon-reload
	systemctl start vm-ws-proxy.socket
	vmctl ticket 0 >ticket
	background vmctl serve --ticket ticket "$WWW/one.iso" \
		ws://127.0.0.1:8418/vm/0 >out 2>err
	local serve=${STARTED[-1]}
	wait_until 60 host_has 0
	start_reading 0 "$WWW/one.iso"
	systemctl restart vm-ws-proxy
	wait_until 30 grep -q "the connection is back" err
	is_clean
	vmctl eject -f -s 0
	wait "$serve"
	grep -q "one.iso was ejected" out
	systemctl stop vm-ws-proxy.socket vm-ws-proxy
}
