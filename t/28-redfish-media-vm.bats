#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Virtual media over Redfish, and nothing is simulated: nginx, vm-redfish,
# vm-door, vmctl, the kernel's USB gadget, and a host that reads.

load helper
load servers
load column
load redfish
load door

setup_file() {
	column_start
	make_iso "$WWW/one.iso" 4 ONE
	make_iso "$WWW/two.iso" 3 TWO
	head -c 3000000 /dev/urandom >"$WWW/disk.img"
}
teardown_file() {
	column_stop
	vm-gadget teardown
}

# Starts the services and a session of root; the slots trust the CA of the
# images' server.
setup() {
	own_spool
	cd "$SPOOL" || return
	make_accounts
	export VM_DOOR_SOCKET=$PWD/door.sock
	background vm-door -a "$PWD/accounts" -u nobody >ready 2>>log
	wait_until 20 test -s ready
	start_redfish
	MEDIA=/redfish/v1/Systems/system/VirtualMedia
	session root 0penBmc
	AUTH=(-H "X-Auth-Token: $TOKEN")
	trust 0 && trust 1
}
teardown() {
	umount -l /mnt 2>/dev/null || :
	vmctl eject -f -s 0 || :
	vmctl eject -f -s 1 || :
	cleanup
	remove_spool
}

# trust SLOT: makes the slot trust the CA of the images' server.
trust() {
	jq -n --rawfile pem "$CA" '{CertificateString: $pem, CertificateType: "PEM"}' >ca.json
	[ "$(post "$MEDIA/Slot_$1/Certificates" @ca.json "${AUTH[@]}")" = 201 ]
}

# insert SLOT NAME [JSON-MEMBERS], eject SLOT, replace SLOT NAME: print the status.
insert() {
	post "$MEDIA/Slot_$1/Actions/VirtualMedia.InsertMedia" \
		"{\"Image\": \"$URL/$2\"${3:+, $3}}" "${AUTH[@]}"
}
eject() {
	ask POST "$MEDIA/Slot_$1/Actions/VirtualMedia.EjectMedia" "${AUTH[@]}"
}
replace() {
	patch "$MEDIA/Slot_$1" "{\"Image\": \"$URL/$2\"}" "${AUTH[@]}"
}
# slot N: reads the slot into body.
slot() {
	[ "$(ask GET "$MEDIA/Slot_$1" "${AUTH[@]}")" = 200 ]
}
# host_reads SLOT NAME: does the host have the bytes of that image?
host_reads() {
	wait_until 30 host_has "$1"
	drop_caches
	cmp -n "$(stat -c %s "$WWW/$2")" "$WWW/$2" "$(host_drive "$1")"
}

@test "insert, read, eject, and insert another at once" {
	[ "$(insert 0 one.iso)" = 204 ]
	host_reads 0 one.iso
	slot 0
	[ "$(json .Image)" = "$URL/one.iso" ]
	[ "$(json .ImageName)" = one.iso ]
	[ "$(json '"\(.Inserted) \(.WriteProtected) \(.ConnectedVia)"')" = "true true URI" ]
	[ "$(eject 0)" = 204 ]
	slot 0
	[ "$(json '"\(.Inserted) \(.Image) \(.ImageName)"')" = "false null null" ]
	[ "$(insert 0 two.iso)" = 204 ]
	host_reads 0 two.iso
	[ "$(eject 0)" = 204 ]
	# An eject of an empty slot succeeds, too.
	[ "$(eject 0)" = 204 ]
}

@test "the same image again changes nothing; another is 409, and a PATCH replaces" {
	[ "$(insert 0 one.iso)" = 204 ]
	pid=$(cat /run/vmedia/0/pid)
	[ "$(insert 0 one.iso)" = 204 ]
	[ "$(cat /run/vmedia/0/pid)" = "$pid" ]
	[ "$(insert 0 two.iso)" = 409 ]
	[ "$(message)" = ResourceInUse ]
	host_reads 0 one.iso
	[[ $(replace 0 two.iso) = 20[04] ]]
	host_reads 0 two.iso
	[[ $(patch "$MEDIA/Slot_0" '{"Inserted": false}' "${AUTH[@]}") = 20[04] ]]
	slot 0
	[ "$(json .Inserted)" = false ]
}

@test "a host that has locked its drive loses the medium to a client that ejects" {
	[ "$(insert 0 one.iso)" = 204 ]
	wait_until 30 host_has 0
	mkdir -p /mnt
	mount -r "$(host_drive 0)" /mnt
	[ "$(eject 0)" = 204 ]
	slot 0
	[ "$(json .Inserted)" = false ]
	umount -l /mnt
	[ "$(insert 0 two.iso)" = 204 ]
	host_reads 0 two.iso
}

@test "the slot decides the drive" {
	[ "$(insert 1 disk.img)" = 204 ]
	host_reads 1 disk.img
	[[ $(host_drive 1) == /dev/sd* ]]
	[ "$(eject 1)" = 204 ]
	# Ironic's configuration drives are ISO images.
	[ "$(insert 1 one.iso)" = 204 ]
	host_reads 1 one.iso
	[[ $(host_drive 1) == /dev/sd* ]]
	[ "$(insert 0 disk.img)" = 400 ]
	grep -q Slot_1 body
	slot 0
	[ "$(json .Inserted)" = false ]
	[ "$(insert 0 missing.iso)" = 400 ]
	[ "$(message)" = ResourceMissingAtURI ]
}

@test "two clients that fight for a slot: the last that succeeds has it" {
	fight() {
		local name=$1 n
		for n in 1 2 3; do
			curl -sS -o /dev/null -w "%{http_code} $name\n" -X PATCH "${AUTH[@]}" \
				-H 'Content-Type: application/json' \
				-d "{\"Image\": \"$URL/$name\"}" "$BMC$MEDIA/Slot_0"
		done >"fight.$name"
	}
	fight one.iso 3>&- &
	one=$!
	fight two.iso 3>&- &
	wait $one $!
	cat fight.*
	[ "$(cat fight.* | wc -l)" = 6 ]
	[ "$(grep -hcE '^(20[04]|503) ' fight.one.iso fight.two.iso | paste -sd+ | bc)" = 6 ]
	slot 0
	[ "$(json .Inserted)" = true ]
	name=$(json .ImageName)
	grep -q '^20' "fight.$name"
	host_reads 0 "$name"
}

@test "1,000 reads of a live slot, 50 at once: each is answered, by one process" {
	[ "$(insert 0 one.iso)" = 204 ]
	host_reads 0 one.iso
	processes() { awk '/^processes/ {print $2}' /proc/stat; }
	before=$(processes)
	curl -sS --parallel --parallel-max 50 -o /dev/null -w '%{http_code}\n' "${AUTH[@]}" \
		"$BMC$MEDIA/Slot_0?n=[1-1000]" >codes 2>curl.err
	made=$(($(processes) - before))
	[ "$(sort codes | uniq -c | tr -s ' ')" = " 1000 200" ]
	echo "$made processes"
	# One process for each request, curl's threads, and other processes of
	# the machine.
	[ "$made" -lt 1200 ]
}

@test "a listener hears that an image goes in, is read, and is ejected" {
	background curl -sSN -o heard "${AUTH[@]}" "$BMC/redfish/v1/EventService/SSE"
	wait_until 20 grep -qs retry heard
	[ "$(insert 0 one.iso)" = 204 ]
	host_reads 0 one.iso
	wait_until 30 grep -q Vmedia.1.0.HostRead heard
	[ "$(eject 0)" = 204 ]
	wait_until 30 grep -q Vmedia.1.0.Ejected heard
	[ "$(grep -o 'Vmedia.1.0.[A-Za-z]*' heard | paste -sd' ')" = \
		"Vmedia.1.0.Inserted Vmedia.1.0.HostRead Vmedia.1.0.Ejected" ]
}
