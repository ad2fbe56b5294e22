#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd on behalf of somebody else: whatever the URL looks like, it gives no
# access to this machine's own services, nor to link-local addresses.
# run: alone

load helper
load servers

setup() {
	own_directory
	{
		head -c 512 /dev/zero
		head -c $((12 * MIB)) /dev/urandom
	} >image
	# The server listens at every address of this machine.
	start_hostile image -l 0.0.0.0
	PORT=${HOSTILE##*:}
}

# barred URL TEXT [ARGUMENT...]: the URL is refused, TEXT says which address is
# not allowed, and the server got no request.
barred() {
	local asked
	asked=$(grep -c range= log || :)
	VM_CAUSES=1 fails_twice 77 "$1" "allow-hosts=${LIST-*}" "${@:3}"
	grep -qx "vm-fetchd: cause: forbidden" stderr
	grep -qF "allow-hosts does not allow connections to $2" stderr
	[ "$(grep -c range= log || :)" = "$((asked + ${ASKS:-0}))" ]
	nothing_left
}
# fails_twice STATUS ARGUMENT...: vm-fetchd fails with two lines: a cause and a
# message.
fails_twice() {
	local rc=0
	timeout 40 "${FETCHD_IN[@]}" vm-fetchd -U "$PWD/nbd" "${@:2}" \
		2>stderr >stdout || rc=$?
	cat stderr >&2
	[ "$rc" = "$1" ]
	[ "$(wc -l <stderr)" = 2 ]
}

@test "allow-hosts: this machine is refused by each name and number of it" {
	local host
	for host in 127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 \
		127.0.0.2 0.0.0.0 0; do
		serves_file image "http://$host:$PORT/ok/x"
		ASKS=0 barred "http://$host:$PORT/ok/x" ""
		not grep -qF allow-hosts= stderr
	done
	barred "http://127.0.0.1:$PORT/ok/x" 127.0.0.1
	barred "http://2130706433:$PORT/ok/x" 127.0.0.1
	barred "http://user:word@127.0.0.1:$PORT/ok/x?sig=word" 127.0.0.1
	not grep -q word stderr
	barred "http://localhost:$PORT/ok/x" ""
	barred "http://LocalHost:$PORT/ok/x" ""
}

@test "allow-hosts: so is it by IPv6, and by IPv4 in IPv6" {
	barred "http://[::1]:$PORT/ok/x" ::1
	barred "http://[::]:$PORT/ok/x" ::
	barred "http://[::ffff:127.0.0.1]:$PORT/ok/x" ::ffff:127.0.0.1
	barred "http://[::ffff:7f00:1]:$PORT/ok/x" ::ffff:127.0.0.1
	barred "http://[64:ff9b::127.0.0.1]:$PORT/ok/x" 64:ff9b::7f00:1
}

@test "allow-hosts: link-local, multicast and a cloud's metadata are refused" {
	barred "http://169.254.169.254/latest/meta-data" 169.254.169.254
	barred "http://[fe80::1]:$PORT/ok/x" fe80::1
	barred "http://239.255.255.250/x" 239.255.255.250
	barred "http://255.255.255.255/x" 255.255.255.255
	barred "nfs://169.254.1.1/export/x" 169.254.1.1
	barred "smb://169.254.1.1/export/x" 169.254.1.1
}

@test "allow-hosts: a name that leads to this machine is refused" {
	requires_root
	echo "127.0.0.1 moving.test" >hosts
	FETCHD_IN=(unshare -m sh -c 'mount --bind hosts /etc/hosts && exec "$@"' sh)
	serves_file image "http://moving.test:$PORT/ok/x"
	barred "http://moving.test:$PORT/ok/x" 127.0.0.1
	serves_file image "http://moving.test:$PORT/ok/x" \
		allow-hosts=other,moving.test
	serves_file image "http://moving.test:$PORT/ok/x" "allow-hosts=*.test"
	barred "nfs://moving.test/export/x" 127.0.0.1
	barred "smb://moving.test/export/x" 127.0.0.1
}

@test "allow-hosts: a name that moves to this machine later is refused then" {
	requires_root
	echo "127.0.0.1 moving.test" >hosts
	FETCHD_IN=(unshare -m sh -c 'mount --bind hosts /etc/hosts && exec "$@"' sh)
	# The name's first address is allowed, the second one is not. The server
	# ends the connection after each answer.
	start_fetchd "http://moving.test:$PORT/close/x" \
		allow-hosts=127.0.0.1 connections=1 cache=4M outage=2
	nbdread -f image "$SOCK" 0 4096
	echo "127.0.0.2 moving.test" >hosts
	# libcurl keeps the address for 5 s.
	wait_until 30 grep_after_read \
		'does not allow connections to 127.0.0.2'
	stop_fetchd
}

@test "allow-hosts: the machine's own address is refused, whatever it is" {
	requires_root
	cleanup
	rm hostile.port
	# shellcheck disable=SC2016 # for the inner shell to expand
	background unshare -n sh -c 'ip link set lo up &&
		ip addr add 192.0.2.1/32 dev lo &&
		exec hostile -L log -l 0.0.0.0 image >hostile.port'
	wait_until 5 test -s hostile.port
	PORT=$(cat hostile.port)
	FETCHD_IN=(nsenter -n "--target=${STARTED[-1]}")
	serves_file image "http://192.0.2.1:$PORT/ok/x"
	barred "http://192.0.2.1:$PORT/ok/x" 192.0.2.1
	barred "http://[::ffff:192.0.2.1]:$PORT/ok/x" ::ffff:192.0.2.1
	barred "nfs://192.0.2.1/export/x" 192.0.2.1
	LIST=192.0.2.7 barred "http://192.0.2.1:$PORT/ok/x" 192.0.2.1
	serves_file image "http://192.0.2.1:$PORT/ok/x" allow-hosts=192.0.2.1
}

@test "allow-hosts: a redirect to another host is refused, each time" {
	local from=http://127.0.0.1:$PORT to
	for to in 127.0.0.2 localhost 2130706434; do
		serves_file image "$from/redirect-to?http://$to:$PORT/ok/x"
	done
	LIST=127.0.0.1 ASKS=1
	barred "$from/redirect-to?http://127.0.0.2:$PORT/ok/x" \
		"127.0.0.2 (a redirect leads there)"
	barred "$from/redirect-to?http://2130706434:$PORT/ok/x" 127.0.0.2
	barred "$from/redirect-to?http://[::1]:$PORT/ok/x" ::1
	serves_file image "$from/redirect/ok/x" "allow-hosts=$LIST"
	serves_file image "$from/redirect-to?http://127.0.0.2:$PORT/ok/x" \
		"allow-hosts=$LIST 127.0.0.2"
}

@test "allow-hosts: so is a file of checksums, and a file of this machine" {
	sha256sum image >SHA256SUMS
	local sums
	sums="sums-url=http://127.0.0.2:$PORT/ok/SHA256SUMS"
	LIST=127.0.0.1 ASKS=1 barred "http://127.0.0.1:$PORT/ok/image" \
		127.0.0.2 "$sums"
	fails 77 vm-fetchd -U "$PWD/nbd" "$PWD/image" 'allow-hosts=*'
	grep -qF "with allow-hosts, only an image on a server is allowed" stderr
	fails 77 vm-fetchd -U "$PWD/nbd" "file://$PWD/image" "allow-hosts=*,$PWD"
	nothing_left
}

@test "allow-hosts: a list without * allows what it names, and nothing else" {
	LIST='' barred "http://192.0.2.7/x" 192.0.2.7
	LIST=example.org barred "http://192.0.2.7/x" 192.0.2.7
	serves_file image "http://127.0.0.1:$PORT/ok/x" "allow-hosts=b,127.0.0.1"
	serves_file image "http://localhost:$PORT/ok/x" "allow-hosts=* localhost"
}

@test "allow-hosts: a proxy is trusted, but not asked for what is not allowed" {
	local port
	port=$(free_port)
	make_cert server
	mkdir root
	cp image root/
	# nginx accepts requests for a proxy, and answers them itself.
	start_nginx "listen 127.0.0.1:$port;"
	serves_file image "http://images.test/image" \
		"proxy=http://127.0.0.1:$port" 'allow-hosts=*'
	http_proxy=http://127.0.0.1:$port serves_file image \
		"http://images.test/image" 'allow-hosts=*'
	serves_file image "http://images.test/image" \
		"proxy=http://127.0.0.1:$port" allow-hosts=images.test
	ASKS=0
	barred "http://127.0.0.1/image" 127.0.0.1 "proxy=http://127.0.0.1:$port"
	barred "http://localhost/image" localhost "proxy=http://127.0.0.1:$port"
	LIST=images.test barred "http://other.test/image" other.test \
		"proxy=http://127.0.0.1:$port"
	barred "http://127.0.0.1:$PORT/ok/x" 127.0.0.1 \
		"proxy=http://127.0.0.1:$port" noproxy=127.0.0.1
	[ "$(grep -vc '" 206 ' nginx/access)" = 0 ]
}
