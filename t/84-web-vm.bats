#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# `vmctl web` where systemd is process 1 and vmedia is installed: its units,
# nginx and the services behind it, from the first certificate to `vmctl web
# off`.
# vm-run: -S -m 1536

load helper
load column
load bmc

setup_file() {
	(cd "$TOP" && make -s install O="$BUILD" PREFIX=/usr/local) 3>&-
	systemctl daemon-reload
	modprobe -a usb-storage sr_mod sd_mod
	modprobe dummy_hcd
	export VM_RUN_DIR=/run/vmedia WWW=$BATS_FILE_TMPDIR/www
	export AT=https://localhost
	mkdir -p "$WWW" /etc/vmedia
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_FILE_TMPDIR%/*}"
	make_iso "$WWW/one.iso" 3 ONE
	printf '%s\n' "web_names = localhost bmc.example" \
		"store = /var/lib/vmedia-store" >>/etc/vmedia/vmedia.conf
	echo "server { listen 8080; root $WWW; }" >/etc/nginx/conf.d/images.conf
}
teardown_file() {
	vm-gadget teardown
}
setup() {
	PATH=/usr/local/bin:$PATH
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] ||
		journalctl -q --no-pager -n 40 || :
}

# status_of PATH [OPTION...]: prints the HTTP status instead of the body.
status_of() {
	ask "$@" -o /dev/null -w '%{http_code}'
}
SLOT=/redfish/v1/Systems/system/VirtualMedia/Slot_0
insert() {
	ask $SLOT/Actions/VirtualMedia.InsertMedia -f -H 'Content-Type: application/json' \
		-d '{"Image": "http://localhost:8080/one.iso"}'
}
eject() {
	ask $SLOT/Actions/VirtualMedia.EjectMedia -f -X POST
}

@test "vmctl web switches all on, and a second time changes nothing" {
	cd "$BATS_TEST_TMPDIR"
	vmctl web >said
	cat said
	grep -qx 'address  *https://bmc.example/' said
	grep -qx 'type  *vmctl user add NAME' said
	[ "$(awk '$1 == "SHA-256" { print $2 }' said)" = \
		"$(openssl s_client -connect localhost:443 </dev/null 2>/dev/null |
			openssl x509 -noout -fingerprint -sha256 | cut -d= -f2)" ]
	for unit in vm-door.socket vm-redfish.socket vm-upload.socket \
		vm-ws-proxy.socket nginx; do
		systemctl is-enabled $unit
		systemctl is-active $unit
	done
	[ "$(status_of /redfish/v1/)" = 200 ]
	[ "$(status_of $SLOT)" = 401 ]
	echo 0penBmc | vmctl user add root --role Administrator --password-fd 0
	vmctl web >again
	diff said again | tee /dev/stderr | not grep -v 'type\|^[0-9]'
	[ "$(status_of $SLOT)" = 200 ]
	[ "$(status_of /)" = 200 ]
}

@test "a client inserts and ejects by the units, and the host has the right bytes" {
	insert
	host_reads 0 "$WWW/one.iso"
	systemctl is-active vmedia-slot@0
	[ "$(ask $SLOT | jq -r .Image)" = http://localhost:8080/one.iso ]
	eject
	[ "$(ask $SLOT | jq .Inserted)" = false ]
	nothing_left
}

@test "the services that were killed or stopped come back, and a medium stays in" {
	insert
	for unit in vm-redfish vm-door; do
		systemctl kill -s KILL $unit
		wait_until 30 systemctl is-active $unit
		[ "$(ask $SLOT | jq .Inserted)" = true ]
		# The next request starts the service again.
		systemctl stop $unit
		[ "$(ask $SLOT | jq .Inserted)" = true ]
	done
	systemctl restart nginx
	[ "$(ask $SLOT | jq .Inserted)" = true ]
	wait_until 30 host_has 0
	eject
}

@test "vm-redfish's user has no rights, and its unit no access" {
	ask $SLOT >/dev/null
	pid=$(systemctl show -P MainPID vm-redfish)
	[ "$(ps -o user= -p "$pid" | cut -c1-7)" = vmedia- ]
	grep -q '^CapEff:[[:space:]]*0*$' "/proc/$pid/status"
	systemd-analyze security --no-pager --threshold=25 vm-redfish.service
}

@test "an image comes in by vm-upload's unit, whose user has no rights either" {
	local pid
	[ "$(status_of /images/one.iso -T "$WWW/one.iso")" = 201 ]
	wait_until 60 vmctl image path one.iso
	cmp "$WWW/one.iso" "$(vmctl image path one.iso | cut -d' ' -f2)"
	pid=$(systemctl show -P MainPID vm-upload)
	[ "$(ps -o user= -p "$pid" | cut -c1-7)" = vmedia- ]
	grep -q '^CapEff:[[:space:]]*0*$' "/proc/$pid/status"
	systemd-analyze security --no-pager --threshold=25 vm-upload.service
}

@test "the journal has no password" {
	journalctl -q --no-pager | not grep -F 0penBmc
}

@test "vmctl web off: nothing listens, and all stays off" {
	vmctl web off
	for unit in vm-door vm-redfish vm-upload vm-ws-proxy; do
		not systemctl is-active $unit.socket
		not systemctl is-active $unit.service
		not systemctl is-enabled $unit.socket
	done
	run ask /
	[ "$status" = 7 ]
	vmctl web off
	vmctl web
	[ "$(status_of $SLOT)" = 200 ]
}
