#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Unmodified Redfish clients over TLS: sushy, Ironic's driver, Ansible,
# redfishtool and fence_redfish. They run beside the virtual machine
# (t/vm/client), which is the BMC with real drives and also the host that reads
# them.
# vm-run: -m 1536 -n user,id=n0,hostfwd=tcp:127.0.0.1:@PORT@-:443,guestfwd=tcp:10.0.2.100:9-cmd:t/vm/client

load helper
load column
load door
load bmc

setup_file() {
	modprobe virtio_net
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
	bmc_start
	make_iso "$WWW/one.iso" 3 ONE
	make_iso "$WWW/two.iso" 2 TWO
	head -c 2M /dev/urandom >"$WWW/disk.img"
	# Both machines see this directory.
	cp /etc/vmedia/web.pem "$TOP/build/bmc.pem"
	export IMAGE=http://localhost:8080
}
teardown_file() {
	bmc_stop
	rm -f "$TOP/build/bmc.pem"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}
teardown() {
	exec 6>&-
	bmc_empty
}

# client_is WORDS: connects to t/vm/client, and lets it start this program,
# which `client` then controls.
client_is() {
	exec 6<>/dev/tcp/10.0.2.100/9
	echo "$*" >&6
}
# client WORDS...: sends the command. The answer is in ./said; the last line,
# after "ok", is printed.
client() {
	local line
	: >said
	echo "$*" >&6
	while IFS= read -r -t 300 -u 6 line; do
		case $line in
		ok | "ok "*)
			line=${line#ok}
			echo "${line# }"
			return
			;;
		esac
		echo "$line" | tee -a said >&2
		[[ $line != failed* ]] || return 1
	done
	return 1
}

# boots_cd_once: is the host set to boot from the CD, once?
boots_cd_once() {
	grep -q "^cd once" "$HOST/boot"
}
# is_power STATE: is the host's power in this state?
is_power() {
	[ "$(cat "$HOST/power")" = "$1" ]
}

@test "sushy: eject all, insert, boot the CD once, off and on, eject what the host has locked" {
	client_is 'python3 t/redfish/drive-sushy.py "$AT" build/bmc.pem root 0penBmc'
	client eject-all
	client insert cd $IMAGE/one.iso
	[ "$(client state cd)" = "True $IMAGE/one.iso one.iso" ]
	host_reads 0 "$WWW/one.iso"
	client boot-once
	[ "$(client boot)" = "Cd Once" ]
	boots_cd_once
	client reset off
	[ "$(client power)" = Off ]
	client reset on
	[ "$(client power)" = On ]
	is_power on
	lock_drive ONE
	client eject cd
	[ "$(client state cd)" = "False None None" ]
	is_out 0
	unlock_drive
	# Another image, right after that.
	client insert cd $IMAGE/two.iso
	client insert usb $IMAGE/disk.img
	host_reads 0 "$WWW/two.iso"
	host_reads 1 "$WWW/disk.img"
	client eject-all
	is_out 0
	is_out 1
}

@test "Ironic's driver: a deployment, with the config drive in the other slot" {
	client_is 'python3 t/redfish/drive-ironic.py "$AT" "$PWD/build/bmc.pem" root 0penBmc'
	client check
	[ "$(client has cd)" = True ]
	[ "$(client has usb)" = True ]
	client set-power off
	client insert cd $IMAGE/one.iso
	# A configuration drive is an ISO, but the slot is a disk.
	client insert usb $IMAGE/two.iso
	client boot-cd
	[ "$(client boot)" = cdrom ]
	client set-power on
	[ "$(client power)" = "power on" ]
	host_reads 0 "$WWW/one.iso"
	host_reads 1 "$WWW/two.iso"
	[[ $(host_drive 1) == /dev/sd* ]]
	# The ramdisk has locked its CD when Ironic ejects it.
	lock_drive ONE
	client insert cd $IMAGE/two.iso
	unlock_drive
	host_reads 0 "$WWW/two.iso"
	client eject-all
	is_out 0
	is_out 1
	client boot-disk
	[ "$(client boot)" = disk ]
	client reboot
	[ "$(client power)" = "power on" ]
}

@test "Ansible: a second run changes nothing" {
	local play
	client_is t/redfish/shell
	play="ansible-playbook -i localhost, -c local t/redfish/media.yml \
-e at=\${AT#https://} -e user=root -e password=0penBmc \
-e image=$IMAGE/one.iso -e state"
	client "$play=present"
	grep 'changed=2 .*failed=0' said
	host_reads 0 "$WWW/one.iso"
	boots_cd_once
	lock_drive ONE
	client "$play=present"
	grep 'changed=0 .*failed=0' said
	client "$play=absent"
	grep 'changed=1 .*failed=0' said
	is_out 0
}

@test "redfishtool and fence_redfish" {
	local tool fence slot=/redfish/v1/Systems/system/VirtualMedia/Slot_0
	client_is t/redfish/shell
	tool='redfishtool -r ${AT#https://} -u root -p 0penBmc -T 60 -S Always'
	fence='fence_redfish -a localhost -u ${AT##*:} -l root -p 0penBmc
		--ssl-insecure --systems-uri=/redfish/v1/Systems/system -o'
	fence=${fence//$'\n'/ }
	client "$tool -A Session root"
	client "$tool raw POST $slot/Actions/VirtualMedia.InsertMedia \
-d '{\"Image\": \"$IMAGE/one.iso\"}'"
	host_reads 0 "$WWW/one.iso"
	client "$tool Systems -1 setBootOverride Once Cd"
	boots_cd_once
	client "$tool Systems -1 reset ForceOff"
	is_power off
	lock_drive ONE
	client "$tool raw POST $slot/Actions/VirtualMedia.EjectMedia -d '{}'"
	is_out 0
	client "$fence on"
	is_power on
	client "$fence status"
	grep -q "Status: ON" said
	client "$fence reboot"
	client "$fence off"
	is_power off
}
