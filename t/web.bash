# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# nginx with the files that vmedia installs, in the directory of a test. Load
# `helper` first.

# start_web: makes the certificate, and starts nginx at the ports $HTTP and
# $HTTPS (free ports unless they are set), in front of the sockets
# ./redfish.sock and ./ws.sock. $CURL are options with which curl may log in.
start_web() {
	local prefix=$PWD/prefix
	mkdir -p "$prefix/share/vmedia/nginx" etc
	ln -sfn "$TOP/scripts/web" "$prefix/share/vmedia/web"
	VM_CONF=$PWD/etc/vmedia.conf vmctl web certificate
	: "${HTTP:=$(free_port)}" "${HTTPS:=$(free_port)}"
	render_nginx server.conf vmedia.conf
	cat >nginx.conf <<-NGINX
		daemon off; user root; pid $PWD/nginx.pid;
		error_log $PWD/nginx.err;
		events {}
		http {
			access_log $PWD/nginx.log;
			gzip on; gzip_types *; gzip_min_length 1;
			include $prefix/share/vmedia/nginx/server.conf;
		}
	NGINX
	background nginx -c "$PWD/nginx.conf" 2>nginx.said
	CURL=(curl -sS --cacert "$PWD/etc/web.pem")
	AT=https://localhost:$HTTPS
	wait_until 10 "${CURL[@]}" -o /dev/null "$AT/"
}

# start_service: starts all that a Redfish client needs; vm-door and vm-redfish
# are real, vmctl is simulated. Load `door`, too.
start_service() {
	make_accounts
	hold_slots
	start_door
	real_host
	background vm-redfish -u root -s "$PWD/redfish.sock" >redfish.at \
		2>redfish.err
	wait_until 10 test -s redfish.at
	start_web
}

# render_nginx FILE...: makes of them what make install makes, except for ports
# and paths.
render_nginx() {
	local file
	for file; do
		sed "s,@PREFIX@,$PWD/prefix,g; s,/etc/vmedia,$PWD/etc,g
			s,listen \(.*\)443,listen \1$HTTPS,
			s,listen \(.*\)80;,listen \1$HTTP;,
			s,/run/vm-redfish.sock,$PWD/redfish.sock,
			s,/run/vm-upload.sock,${UPLOAD:-$PWD/upload.sock},
			s,/run/vm-ws-proxy.sock,$PWD/ws.sock," \
			"$TOP/scripts/nginx/$file" >"prefix/share/vmedia/nginx/$file"
	done
}

# real_host: after start_door of door.bash: uses the real vm-host; its host is
# the directory host.
real_host() {
	mkdir host
	echo on >host/power
	echo none disabled >host/boot
	: >host/log
	echo "host = command $TOP/t/redfish/host $PWD/host" >conf
	cat >programs/vm-host <<-E
		#!/bin/sh
		VM_CONF=$PWD/conf VM_RUN_DIR=$PWD/run exec "$BUILD/bin/vm-host" "\$@"
		E
}
