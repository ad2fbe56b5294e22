#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# From end to end: a file on a browser's machine becomes the host's CD. Chromium
# runs beside the virtual machine (t/vm/browser), which is both the BMC and the
# host.
# vm-run: -m 2048 -n user,id=n0,hostfwd=tcp:127.0.0.1:@PORT@-:8443,hostfwd=tcp:127.0.0.1:@PORT@-:9443,guestfwd=tcp:10.0.2.100:9-cmd:t/vm/browser

load helper
load column

setup_file() {
	modprobe virtio_net
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
	column_start
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$BATS_FILE_TMPDIR/bmc.key" -out "$BATS_FILE_TMPDIR/bmc.pem" \
		2>/dev/null
	# Both machines see this directory.
	export LARGE=$TOP/build/large.iso SMALL=$TOP/build/small.iso
	mkdir -p "$TOP/build"
	make_iso "$LARGE" 96 LARGE
	make_iso "$SMALL" 32 SMALL
	mkdir -p "$VM_RUN_DIR"
	start_proxies
}
teardown_file() {
	kill $PROXIES
	column_stop
	vm-gadget teardown
	rm -f "$LARGE" "$SMALL"
}

setup() {
	exec 6<>/dev/tcp/10.0.2.100/9
	PORTS=($(browser ports))
}
teardown() {
	exec 6>&-
	cleanup
	vmctl eject -f -s 0
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

# start_proxies: lighttpd at port 8443 serves the page and passes WebSockets on
# to the slots. vm-ws-proxy without a web server is at port 9443; because that
# is another origin, it accepts pages of any origin.
start_proxies() {
	local dir=$BATS_FILE_TMPDIR
	mkdir -p "$dir/prefix/share/vmedia"
	ln -s "$TOP/scripts/web" "$dir/prefix/share/vmedia/web"
	cp "$dir/bmc.pem" "$dir/web.pem"
	cp "$dir/bmc.key" "$dir/web.key"
	{
		printf 'server.%s\n' "document-root = \"$dir/prefix\"" \
			'port = 8080' 'bind = "127.0.0.1"'
		sed "s,@PREFIX@,$dir/prefix,; s,\":443\",\":8443\",
			s,/etc/vmedia,$dir,; s,/run/vm-ws-proxy.sock,$dir/ws.sock," \
			"$TOP/scripts/lighttpd/vmedia.conf"
	} >"$dir/lighttpd.conf"
	lighttpd -D -f "$dir/lighttpd.conf" 3>&- &
	PROXIES=$!
	wait_until 10 curl -sk -o /dev/null https://localhost:8443/
	vm-ws-proxy -v -e -x -l "$dir/ws.sock" -t "$VM_RUN_DIR/tickets" \
		vmctl attach --web >"$dir/ws.at" 2>"$dir/ws.err" 3>&- &
	PROXIES="$PROXIES $!"
	vm-ws-proxy -v -e -N -l 0.0.0.0:9443 -c "$dir/bmc.pem" -k "$dir/bmc.key" \
		-o '*' -t "$VM_RUN_DIR/tickets" vmctl attach --web \
		>"$dir/wss.at" 2>"$dir/wss.err" 3>&- &
	export PROXIES="$PROXIES $!"
	wait_until 10 test -s "$dir/ws.at"
	wait_until 10 test -s "$dir/wss.at"
}

# serve_image FILE FRAGMENT: the page serves FILE, and the host has it.
serve_image() {
	browser open "https://localhost:${PORTS[0]}/#$2&ticket=$(vmctl ticket 0)"
	browser choose "$1"
	browser click connect
	case $2 in url=*) browser click sure ;; esac
	# "Connected, not attached yet" is only a step on the way.
	browser title '^(Connected$|Connected, waiting|The host)'
	wait_until 60 host_has 0
}

# host_reads_all FILE: is FILE the host's whole medium?
host_reads_all() {
	drop_caches
	dd if="$(host_drive 0)" bs=64k iflag=direct 2>/dev/null |
		cmp -n "$(stat -c %s "$1")" - "$1"
}

@test "through lighttpd the host reads the whole image; an eject is shown by the page" {
	serve_image "$LARGE" slot=0
	host_reads_all "$LARGE"
	browser title '^(The host is reading|Connected)$'
	browser title '^Connected$'
	browser said | grep "is not reading now"
	vmctl status -s 0 | grep large.iso
	vmctl eject -f -s 0
	browser title 'jected'
	nothing_left 0
}

@test "through lighttpd a stop in the page ejects, and then the page says that" {
	serve_image "$SMALL" slot=0
	browser click stop
	browser title '^Stopped$'
	nothing_left 0
	browser said | grep "The slot has ejected the image"
	vmctl status -s 0 | grep "the client stopped serving the image"
}

@test "through vm-ws-proxy without a web server; a stop in the page ejects" {
	serve_image "$SMALL" "url=wss://localhost:${PORTS[1]}/vm/0"
	host_reads_all "$SMALL"
	browser click stop
	browser title '^Stopped$'
	nothing_left 0
	vmctl status -s 0 | grep "the client stopped serving the image"
}

# links: prints how many connections the slot has had so far.
links() {
	grep -c "served: " "$VM_RUN_DIR/0/log"
}
is_whole() {
	[ "$(links)" -gt "$1" ]
}
# cut COMMAND...: cuts the connection with COMMAND, and waits until the page has
# reconnected and the host has read for a while.
cut() {
	local links
	links=$(links)
	"$@"
	wait_until 40 is_whole "$links"
	sleep 1 # of reading
}
kill_worker() {
	pkill -KILL -u nobody vm-ws-proxy
}
lose_network() {
	ip link set eth0 down
	sleep 15
	ip link set eth0 up
}

@test "cut four times, once for 15 seconds: the right bytes, and no error" {
	serve_image "$SMALL" slot=0
	start_reading 0 "$SMALL"
	local i
	for i in 1 2 3; do
		cut kill_worker
	done
	cut lose_network
	sleep 5 # of reading
	is_clean
	[ "$(cat "$VM_RUN_DIR/0/state")" = active ]
}
