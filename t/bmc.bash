# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The virtual machine as a BMC with all services for clients: nginx with the
# files that vmedia installs, vm-redfish, vm-door and vm-ws-proxy, as processes
# of root and of other users, and a host whose power and boot override are
# files. Load `helper`, `column` and `door` first.

# bmc_start [LINE...]: for setup_file. The images are in $WWW, and are served at
# http://localhost:8080/ (and by servers that these LINEs of nginx's
# configuration define). The user root has the password 0penBmc.
bmc_start() {
	local dir=$BATS_FILE_TMPDIR
	export VM_RUN_DIR=/run/vmedia VM_CONF=/etc/vmedia/vmedia.conf
	export WWW=$dir/www HOST=$dir/host BMC=$dir
	export AT=https://localhost
	modprobe -a usb-storage sr_mod sd_mod
	modprobe dummy_hcd
	mkdir -p "$WWW" "$HOST" /etc/vmedia
	chmod 755 "$BATS_RUN_TMPDIR" "$dir" "${dir%/*}"
	printf '%s\n' "web_names = localhost" \
		"host = command $TOP/t/redfish/host $HOST" >"$VM_CONF"
	echo on >"$HOST/power"
	echo none disabled >"$HOST/boot"
	(cd /etc/vmedia && make_accounts)
	useradd -r -s /usr/sbin/nologin vmedia-redfish
	vmctl web certificate
	bmc_nginx "$@"
	bmc_services
	# Make the first request here: it starts the parts that are slow to
	# start.
	wait_until 60 curl -sf -o /dev/null --cacert /etc/vmedia/web.pem \
		"$AT/redfish/v1/"
}

# bmc_nginx [LINE...]: starts one nginx, with the BMC's servers as they are
# installed, and with the servers of the images.
bmc_nginx() {
	local prefix=$BMC/prefix file
	mkdir -p "$prefix/share/vmedia/nginx"
	ln -sfn "$TOP/scripts/web" "$prefix/share/vmedia/web"
	for file in server.conf vmedia.conf; do
		sed "s,@PREFIX@,$prefix,g" "$TOP/scripts/nginx/$file" \
			>"$prefix/share/vmedia/nginx/$file"
	done
	cat >"$BMC/nginx.conf" <<-NGINX
		daemon off; pid $BMC/nginx.pid; user www-data;
		error_log $BMC/nginx.err;
		events {}
		http {
			access_log $BMC/nginx.log;
			include $prefix/share/vmedia/nginx/server.conf;
			server { listen 8080; root $WWW; }
			$(printf '%s\n' "$@")
		}
	NGINX
	nginx -c "$BMC/nginx.conf" 3>&- 2>"$BMC/nginx.said" &
}

# bmc_services: starts the services behind nginx.
bmc_services() {
	local dir=$BMC
	# The clock of a virtual machine may run too fast on a busy machine.
	vm-door -t 300 >"$dir/door.at" 2>"$dir/door.err" 3>&- &
	SERVICES=$!
	vm-redfish -t 315 -g www-data >"$dir/redfish.at" 2>"$dir/redfish.err" 3>&- &
	SERVICES="$SERVICES $!"
	VM_WS_OPTIONS="-v -x -l /run/vm-ws-proxy.sock" vmctl web proxy \
		>"$dir/ws.at" 2>"$dir/ws.err" 3>&- &
	export SERVICES="$SERVICES $!"
	wait_until 30 test -s "$dir/door.at"
	wait_until 30 test -s "$dir/redfish.at"
	wait_until 30 test -s "$dir/ws.at"
	chgrp www-data /run/vm-ws-proxy.sock
	chmod 660 /run/vm-ws-proxy.sock
}

# bmc_stop: for teardown_file.
bmc_stop() {
	# shellcheck disable=SC2086 # a list of words
	kill $SERVICES "$(cat "$BMC/nginx.pid")" || :
	vm-gadget teardown
}

# bmc_empty: for teardown. After a failure, it prints the services' messages.
bmc_empty() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || bmc_said
	unlock_drive
	cleanup
	vmctl eject -f -s 0 >/dev/null || :
	vmctl eject -f -s 1 >/dev/null || :
}
bmc_said() {
	tail -n 15 "$BMC"/*.err
	grep -v 'HTTP/[0-9.]*" 2' "$BMC/nginx.log" | tail -n 15
	cat "$HOST/log" 2>/dev/null
}

# ask PATH [OPTION...]: asks the BMC as root; prints the body.
ask() {
	curl -sS --cacert /etc/vmedia/web.pem -u root:0penBmc "${@:2}" "$AT$1"
}

# slot_says N FILTER: prints what jq's FILTER makes of the slot N.
slot_says() {
	ask "/redfish/v1/Managers/bmc/VirtualMedia/Slot_$1" | jq -r "$2"
}

# host_reads SLOT FILE: does the host have the drive, and reads all of FILE from
# it?
host_reads() {
	wait_until 30 host_has "$1"
	drop_caches
	cmp -n "$(stat -c %s "$2")" "$2" "$(host_drive "$1")"
}

# is_out SLOT: is the slot empty, for clients and for the host?
is_out() {
	[ "$(slot_says "$1" '[.Inserted, .Image, .ImageName] | tostring')" = \
		"[false,null,null]" ]
	[ "$(vm-gadget status -f file "$1")" = "" ]
	not host_has "$1"
}

# lock_drive MARKER: the host mounts the medium of slot 0, which locks the
# drive.
lock_drive() {
	mkdir -p /mnt
	mount -r "$(host_drive 0)" /mnt
	[ "$(cat /mnt/MARKER.TXT)" = "$1" ]
}
unlock_drive() {
	umount -l /mnt 2>/dev/null || :
}
