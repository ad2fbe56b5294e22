#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Redfish clients as they are, by TLS, through nginx with the files that vmedia
# installs: sushy, Ironic's driver, Ansible, redfishtool and fence_redfish. vm-door
# and vm-redfish are real; the drives are those of a vmctl that pretends.

load helper
load web
load door

setup() {
	requires_root
	own_directory
	unset REQUESTS_CA_BUNDLE CURL_CA_BUNDLE
	start_service
	IMAGE=http://images.example.org
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || {
		cat redfish.err log
		grep -v '" 20' nginx.log | tail -n 20
	}
	exec 6>&- 7<&-
	cleanup
}

# client_is WORDS...: start this program, which `client` tells what to do.
client_is() {
	mkfifo words answers
	# Not the tests' own Python packages.
	background env PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$PWD" \
		AT="$AT" sh -c 'exec "$@" <words >answers 2>client.err' sh "$@"
	exec 6>words 7<answers
}
# client WORDS...: tell it to do that. What it answers is in ./said; the last line,
# behind "ok", is printed.
client() {
	local line
	: >said
	echo "$*" >&6
	while IFS= read -r -t 100 -u 7 line; do
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
	cat client.err >&2
	return 1
}

# is_in SLOT URL: the slot has it.
is_in() {
	[ "$(cat "run/$1/url")" = "$2" ]
}
is_out() {
	[ ! -e "run/$1/url" ]
}

@test "sushy: eject all, insert, boot the CD once, off and on, eject what the host has locked" {
	client_is python3 "$TOP/t/redfish/drive-sushy.py" "$AT" etc/web.pem \
		root 0penBmc
	client eject-all
	client insert cd $IMAGE/one.iso
	[ "$(client state cd)" = "True $IMAGE/one.iso one.iso" ]
	is_in 0 $IMAGE/one.iso
	client boot-once
	[ "$(client boot)" = "Cd Once" ]
	grep -q "^cd once" host/boot
	client reset off
	[ "$(client power)" = Off ]
	client reset on
	[ "$(client power)" = On ]
	[ "$(cat host/power)" = on ]
	echo 75 >locked
	client eject cd
	grep -q -- --force args
	[ "$(client state cd)" = "False None None" ]
	is_out 0
	# At once after it, another.
	client insert cd $IMAGE/two.iso
	client insert usb $IMAGE/disk.img
	is_in 0 $IMAGE/two.iso
	is_in 1 $IMAGE/disk.img
	client eject-all
	is_out 0
	is_out 1
}

@test "Ironic's driver: a deployment, with the config drive in the other slot" {
	client_is python3 "$TOP/t/redfish/drive-ironic.py" "$AT" \
		"$PWD/etc/web.pem" root 0penBmc
	client check
	[ "$(client has cd)" = True ]
	[ "$(client has usb)" = True ]
	client set-power off
	client insert cd $IMAGE/one.iso
	# A config drive is an ISO, and the slot a disk.
	client insert usb $IMAGE/two.iso
	grep -q -- "disk" args
	client boot-cd
	[ "$(client boot)" = cdrom ]
	client set-power on
	[ "$(client power)" = "power on" ]
	is_in 0 $IMAGE/one.iso
	is_in 1 $IMAGE/two.iso
	# The ramdisk has its CD locked when Ironic ejects it.
	echo 75 >locked
	client insert cd $IMAGE/two.iso
	is_in 0 $IMAGE/two.iso
	client eject-all
	is_out 0
	is_out 1
	client boot-disk
	[ "$(client boot)" = disk ]
	client reboot
	[ "$(client power)" = "power on" ]
}

@test "Ansible: a second run changes nothing" {
	client_is "$TOP/t/redfish/shell"
	local play
	play="ansible-playbook -i localhost, -c local $TOP/t/redfish/media.yml \
-e at=\${AT#https://} -e user=root -e password=0penBmc \
-e image=$IMAGE/one.iso -e state"
	client "$play=present"
	grep 'changed=2 .*failed=0' said
	is_in 0 $IMAGE/one.iso
	grep -q "^cd once" host/boot
	client "$play=present"
	grep 'changed=0 .*failed=0' said
	echo 75 >locked
	client "$play=absent"
	grep 'changed=1 .*failed=0' said
	is_out 0
}

@test "redfishtool and fence_redfish" {
	client_is "$TOP/t/redfish/shell"
	local tool fence slot=/redfish/v1/Systems/system/VirtualMedia/Slot_0
	tool='redfishtool -r ${AT#https://} -u root -p 0penBmc -T 60 -S Always'
	fence='fence_redfish -a localhost -u ${AT##*:} -l root -p 0penBmc
		--ssl-insecure --systems-uri=/redfish/v1/Systems/system -o'
	fence=${fence//$'\n'/ }
	client "$tool -A Session root"
	client "$tool raw POST $slot/Actions/VirtualMedia.InsertMedia \
-d '{\"Image\": \"$IMAGE/one.iso\"}'"
	is_in 0 $IMAGE/one.iso
	client "$tool Systems -1 setBootOverride Once Cd"
	grep -q "^cd once" host/boot
	client "$tool Systems -1 reset ForceOff"
	[ "$(cat host/power)" = off ]
	client "$tool raw POST $slot/Actions/VirtualMedia.EjectMedia -d '{}'"
	is_out 0
	client "$fence on"
	[ "$(cat host/power)" = on ]
	client "$fence status"
	grep -q "Status: ON" said
	client "$fence reboot"
	client "$fence off"
	[ "$(cat host/power)" = off ]
}
