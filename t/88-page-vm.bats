#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The page as a console, from end to end: Chromium beside the virtual machine
# (t/vm/browser) signs in to the BMC in it, which is also the host.
# vm-run: -m 2048 -n user,id=n0,hostfwd=tcp:127.0.0.1:@PORT@-:8443,guestfwd=tcp:10.0.2.100:9-cmd:t/vm/browser

load helper
load column
load door
load web

setup_file() {
	modprobe virtio_net
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
	column_start
	# Both machines see this directory.
	export LARGE=$WWW/large.iso SMALL=$TOP/build/small.iso
	make_iso "$LARGE" 60 LARGE
	make_iso "$SMALL" 8 SMALL
	start_console
}
teardown_file() {
	kill $CONSOLE "$(cat "$BATS_FILE_TMPDIR/console/nginx.pid")"
	column_stop
	vm-gadget teardown
	rm -f "$SMALL"
}

setup() {
	exec 6<>/dev/tcp/10.0.2.100/9
	PORTS=($(browser ports))
	browser open "https://localhost:${PORTS[0]}/"
}
teardown() {
	exec 6>&-
	cleanup
	vmctl eject -f -s 0
}

# start_console: starts vm-door, vm-redfish, vm-ws-proxy, and nginx with our
# files at port 8443. A command of the site switches the host, and notes its
# arguments.
start_console() {
	local dir=$BATS_FILE_TMPDIR/console
	mkdir "$dir"
	cd "$dir"
	make_accounts
	printf '%s\n' 'slots = cd disk' "host = command $dir/switch" >"$VM_CONF"
	cat >switch <<-E
		#!/bin/sh
		case \$1 in
		status) printf '%s\n' 'power on' 'actions on off reset' 'targets cd usb' ;;
		*) echo "\$*" >>$dir/switched ;;
		esac
	E
	chmod +x switch
	vm-door -a "$dir/accounts" -u root >door.at 2>door.err 3>&- &
	CONSOLE=$!
	vm-redfish -u root -s "$dir/redfish.sock" >redfish.at 2>redfish.err 3>&- &
	CONSOLE="$CONSOLE $!"
	VM_WS_OPTIONS="-e -x -l $dir/ws.sock" vmctl web proxy >ws.at 2>ws.err 3>&- &
	export CONSOLE="$CONSOLE $!"
	wait_until 60 test -s door.at
	wait_until 60 test -s redfish.at
	wait_until 60 test -s ws.at
	HTTP=8080 HTTPS=8443 start_web
}
stop_web() {
	kill "$(cat "$BATS_FILE_TMPDIR/console/nginx.pid")"
	wait_until 30 not curl -sk -o /dev/null https://localhost:8443/
}
restart_web() {
	nginx -c "$BATS_FILE_TMPDIR/console/nginx.conf" 3>&- 2>/dev/null &
	wait_until 30 curl -sk -o /dev/null https://localhost:8443/
}

# browser WORDS...: sends a command, and prints the answer.
browser() {
	local answer
	echo "$*" >&6
	read -r -u 6 answer
	[[ $answer == ok* ]] || {
		echo "browser $1: $answer" >&2
		return 1
	}
	echo "${answer#ok }"
}

# sign_in USER PASSWORD: signs in, and waits until the page shows slot 0.
sign_in() {
	browser see '#login' = 'Sign in'
	browser fill '#user' = "$1"
	browser fill '#password' = "$2"
	browser press '#sign-in'
	browser see '#Slot_0' = 'Slot 0'
}

# insert NAME: the page inserts this image from the web server, and is told to
# trust its certificate.
insert() {
	browser fill '#Slot_0 [data-part=url]' = "$URL/$1"
	browser press '#Slot_0 [data-part=insert]'
	browser see '#Slot_0 .fault' = 'certificate .* is not trusted'
	browser fill '#Slot_0 [data-part=pem]' = "$(sed 's/$/\\n/' "$CA" | tr -d '\n')"
	browser press '#Slot_0 [data-part=insert]'
	browser see '#Slot_0 h2' = '^(Inserted|The host is reading)$'
}

# host_reads_all FILE: is FILE the host's whole medium?
host_reads_all() {
	drop_caches
	[ "$(dd if="$(host_drive 0)" bs=64k iflag=direct 2>/dev/null |
		head -c "$(stat -c %s "$1")" | sha256sum)" = "$(sha256sum <"$1")" ]
}

@test "sign in, insert by address with a certificate, watch, eject" {
	sign_in root 0penBmc
	insert large.iso
	host_reads_all "$LARGE"
	browser see '#Slot_0 [data-part=share]' = '^(9[0-9]|100) % of'
	browser see '#Slot_0 h2' = '^Inserted$'
	browser press '#Slot_0 [data-act=eject]'
	browser see '#Slot_0 h2' = '^Empty$'
	nothing_left 0
}

@test "a file of the browser's machine, with the token of the login" {
	sign_in root 0penBmc
	browser press '#Slot_0 [data-part=serve]'
	browser choose "$SMALL"
	browser title '^Ready to connect$'
	browser click connect
	browser title '^(Connected|The host)'
	wait_until 60 host_has 0
	host_reads_all "$SMALL"
	browser press '#back a'
	browser see '#Slot_0' = 'This page serves the image'
	browser press '#Slot_0 [data-act=show]'
	browser click stop
	browser title '^Stopped$'
	nothing_left 0
}

@test "boot once: the host is told, and restarted" {
	mount_image large.iso -s 0
	sign_in root 0penBmc
	browser see '#Slot_0 h2' = '^(Inserted|The host is reading)$'
	: >"$BATS_FILE_TMPDIR/console/switched"
	browser press '#Slot_0 [data-act=boot]'
	browser see '#dialog-title' = 'Restart the host of localhost'
	browser press '#dialog-yes'
	browser see '#Slot_0 .steps [data-state=done]' = 'ost (was )?restarted'
	[ "$(paste -sd, "$BATS_FILE_TMPDIR/console/switched")" = "boot cd once,reset" ]
	host_reads_all "$LARGE"
	browser see '#Slot_0 .steps' = 'was restarted and reads'
}

@test "ReadOnly looks, and is refused" {
	mount_image large.iso -s 0
	sign_in reader readonly1
	browser see '#limited' = 'can look but change nothing'
	browser see '#Slot_0 [data-act=eject]:disabled' = 'Eject'
	browser see '#power button:disabled' = 'Reset'
	vmctl status -s 0 | grep large.iso
}

@test "a web server that is restarted meanwhile" {
	sign_in root 0penBmc
	browser see '#Slot_0 h2' = '^Empty$'
	stop_web
	browser see '#trouble' = 'No connection to localhost'
	mount_image large.iso -s 0
	restart_web
	browser see '#Slot_0 h2' = '^(Inserted|The host is reading)$'
}
