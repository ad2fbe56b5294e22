#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The Debian packages on a machine with systemd: installed, upgraded while the
# host reads a medium, removed and purged. Each test continues where the one
# before ended.
# vm-run: -S
# prepare: t/deb/build

load helper
load column
load servers

# Use only the programs of vmedia that the packages bring.
PATH=/usr/sbin:/usr/bin:/sbin:/bin

setup_file() {
	export DEBS=$BUILD/debs
	# The root may be a container's, in which packages do not start
	# services.
	rm -f /usr/sbin/policy-rc.d
	# (vmctl web and vm-netboot make users, too.)
	userdel vmedia || :
	spare_time
	# NFS-Ganesha wants an address that is not the loopback's own.
	ip addr add 192.168.1.100/24 dev lo
	column_start
	make_iso "$WWW/one.iso" 4 ONE
	head -c 8M /dev/urandom >"$WWW/disk.img"
	everything >"$BATS_FILE_TMPDIR/before"
}

# spare_time: removes what takes apt and dpkg a minute in an emulated machine:
# the database of man pages, PackageKit, and the file lists of other packages.
spare_time() {
	local list
	rm -f /var/lib/man-db/auto-update /etc/apt/apt.conf.d/*packagekit*
	mkdir -p /tmp/dpkg/info /tmp/dpkg/updates
	cp -R /var/lib/dpkg/status /var/lib/dpkg/triggers /tmp/dpkg
	for list in /var/lib/dpkg/info/*.list; do
		: >"/tmp/dpkg/info/${list##*/}"
	done
	cp /var/lib/dpkg/info/format /tmp/dpkg/info
	mount --bind /tmp/dpkg /var/lib/dpkg
}
teardown_file() {
	column_stop
}
setup() {
	own_directory
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || {
		cat said err || :
		journalctl -q --no-pager -n 40 || :
	} 2>/dev/null
	cleanup
}

# everything: lists what packages and programs could leave.
everything() {
	find /lib/systemd /lib/modprobe.d /usr/lib/sysusers.d /usr/lib/tmpfiles.d \
		/usr/lib/vmedia /usr/share/vmedia /usr/share/man /usr/share/zsh \
		/usr/share/fish /usr/share/bash-completion /usr/share/lintian/overrides \
		/usr/bin ! -type d 2>/dev/null | sort
	find /etc /run /var/lib ! -type p ! -path '/run/ganesha*' ! -path '/var/lib/nfs/*' \
		! -path '/run/vm-run*' ! -path '/run/systemd/*' ! -path '/run/udev/*' \
		! -path '/run/log/*' ! -path '/run/mount/*' ! -path '/var/lib/dpkg/*' \
		! -path '/var/lib/apt/*' ! -path '/var/lib/systemd/*' 2>/dev/null | sort
	find /usr/share/doc -maxdepth 1 -name 'vmedia*'
	find /var/lib/systemd /var/lib/dpkg/info -name '*vm[-e]*'
	cut -d: -f1 /etc/passwd /etc/group
}

# drop_caches: only those of the drive. Otherwise all programs of this machine
# would be read again each time. And a pause, because a host that reads without
# one leaves dpkg no time here.
drop_caches() {
	blockdev --flushbufs "$(host_drive 1)"
	sleep 1
}

# install FILE...: with dpkg, which does not wait for this machine's disk.
install() {
	dpkg --force-unsafe-io -i "$@" >said 2>&1 </dev/null 3>&-
}
deb() {
	echo "$DEBS/$1"_[0-9]*.deb
}

@test "installed by apt, vmedia shows the host nothing and starts nothing" {
	apt-get -q -y --no-install-recommends -o Dir::State::lists=/tmp/lists \
		-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null \
		-o Dpkg::Options::=--force-unsafe-io \
		install "$(deb vmedia)" >said 2>&1 </dev/null 3>&-
	[ "$(vmctl version)" = "vmctl $(dpkg-query -W -f '${Version}' vmedia)" ]
	not ls -d /sys/kernel/config/usb_gadget/*
	not systemctl is-enabled vmedia-gadget vm-ws-proxy.socket
	not pgrep -a '^vm-'
	[ "$(getent passwd vmedia | cut -d : -f 5)" = "virtual media" ]
	[ -d /etc/vmedia/hooks.d ]
	modprobe -c | grep -qx 'options nbd max_part=0'
}

@test "vmedia alone mounts over https, as the user vmedia" {
	mount_image one.iso
	wait_until 30 host_has 0
	cmp "$WWW/one.iso" "$(host_drive 0)"
	[ "$(stat -c %U "/proc/$(pgrep -x nbdkit)")" = vmedia ]
	vmctl eject -f
	nothing_left
}

@test "nfs:// names the missing package, and works once it is installed" {
	start_nfs
	cp "$WWW/one.iso" "$NFS_DIR/one.iso"
	chmod 644 "$NFS_DIR/one.iso"
	fails 69 vmctl mount -s 0 "$NFS/one.iso$NFS_ARGS"
	grep -q "unable to open $NFS/one.iso.*: install vmedia-nfs" stderr
	install "$(deb vmedia-nfs)" "$(deb vmedia-redfish)"
	not systemctl is-enabled vm-door.socket vm-redfish.socket
	vmctl mount -s 0 "$NFS/one.iso$NFS_ARGS"
	wait_until 30 host_has 0
	cmp "$WWW/one.iso" "$(host_drive 0)"
	vmctl eject -f
	nothing_left
	rm -rf "${NFS_DIR:?}"
}

main_pid() {
	systemctl show -P MainPID "$1"
}

# is_another_drive PID: is slot 1's vm-drive another process, with the new
# program?
is_another_drive() {
	local pid
	pid=$(main_pid vmedia-drive@1)
	[ "$pid" != "$1" ] && [ "$(readlink "/proc/$pid/exe")" = /usr/bin/vm-drive ]
}

@test "an upgrade while the host reads: a pause, and the slots run the new programs" {
	local slot0 slot1 door drive
	mount_image disk.img --drive own
	mount_image one.iso
	systemctl start vm-door.socket vm-door.service
	slot0=$(cat /run/vmedia/0/pid) slot1=$(cat /run/vmedia/1/pid)
	door=$(main_pid vm-door) drive=$(main_pid vmedia-drive@1)
	wait_until 30 host_has 0
	wait_until 30 host_has 1
	start_reading 1 "$WWW/disk.img"
	install "$DEBS"/next/vmedia{,-nfs,-redfish}_[0-9]*.deb
	not grep 'goes on with the old program' said
	[ "$(dpkg-query -W -f '${Version}' vmedia)" = \
		"$(dpkg -f "$(deb vmedia)" Version)+1" ]
	# The drive is a new process, too.
	wait_until 30 is_another_drive "$drive"
	is_clean
	[ "$(cat /run/vmedia/0/pid) $(cat /run/vmedia/1/pid)" = "$slot0 $slot1" ]
	[ "$(main_pid vmedia-slot@0) $(main_pid vmedia-slot@1)" = "$slot0 $slot1" ]
	[ "$(readlink "/proc/$slot0/exe" "/proc/$slot1/exe" | sort -u)" = /usr/bin/vm-slot ]
	[ "$(cat /run/vmedia/0/state /run/vmedia/1/state | xargs)" = "active active" ]
	# The service for clients is a new process.
	[ "$(main_pid vm-door)" != "$door" ]
	systemctl is-active vm-door vm-door.socket
	drop_caches
	cmp "$WWW/one.iso" "$(host_drive 0)"
	cmp "$WWW/disk.img" "$(host_drive 1)"
}

@test "a removal ejects, but refuses while the host has locked the drive" {
	systemctl enable vmedia-gadget
	echo '#!/bin/sh' >/etc/vmedia/hooks.d/mine
	wait_until 30 host_has 0
	eject -i on "$(host_drive 0)"
	run dpkg --force-unsafe-io -r vmedia-nfs vmedia-redfish vmedia
	[ "$status" != 0 ]
	echo "$output"
	[[ $output == *"slot 0 still has its medium"*"vmctl eject -f -s 0"* ]]
	[ "$(cat /run/vmedia/0/state)" = active ]
	[[ $(dpkg-query -W -f '${Status}' vmedia) == *" installed" ]]
	wait_until 30 host_has 0
	eject -i off "$(host_drive 0)"
	dpkg --force-unsafe-io -r vmedia >said 2>&1
	not pgrep -a 'vm-|nbdkit'
	not ls -d /sys/kernel/config/usb_gadget/*
	not grep -v '^0$' /sys/block/nbd*/size
	[ ! -e /run/vmedia ]
}

@test "a purge leaves what people have made, and nothing else" {
	# By `vmctl web` and `vmctl user`.
	touch /etc/vmedia/accounts /etc/vmedia/accounts.lock /etc/vmedia/web.key /etc/vmedia/web.pem
	dpkg --force-unsafe-io -P vmedia vmedia-nfs vmedia-redfish >said 2>&1
	everything >after
	diff "$BATS_FILE_TMPDIR/before" after | grep '^[<>]' >differs
	diff differs - <<-END
		> /etc/vmedia
		> /etc/vmedia/hooks.d
		> /etc/vmedia/hooks.d/mine
	END
}
