#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmctl web, and what nginx does with the files that vmedia installs.

load helper
load web

setup() {
	requires_root
	own_directory
	export VM_CONF=$PWD/etc/vmedia.conf VM_RUN_DIR=$PWD/run
	mkdir etc
}

# start_backend: starts a server at ./redfish.sock that answers each SCGI
# request with the variables that it got. For the path of the events, it sends
# one line at once, and the next one when ./next exists.
start_backend() {
	cat >backend.py <<-'PYTHON'
		import json, os, socketserver, time
		class Handler(socketserver.StreamRequestHandler):
		    def handle(self):
		        size = b""
		        while not size.endswith(b":"):
		            size += self.rfile.read(1)
		        words = self.rfile.read(int(size[:-1])).decode().split("\0")
		        self.rfile.read(1)
		        seen = dict(zip(words[::2], words[1::2]))
		        seen["body"] = len(self.rfile.read(int(seen["CONTENT_LENGTH"])))
		        if "EventService/SSE" in seen["REQUEST_URI"]:
		            self.wfile.write(b"Content-Type: text/event-stream\r\n\r\nid: 1\n")
		            while not os.path.exists("next"):
		                time.sleep(0.05)
		            self.wfile.write(b"id: 2\n")
		            return
		        status = seen["QUERY_STRING"]
		        if not status.isdigit():
		            status = "200"
		        self.wfile.write(b"Status: " + status.encode() + b"\r\n"
		            b"Content-Type: application/json\r\nETag: \"x\"\r\n\r\n")
		        self.wfile.write(json.dumps(seen).encode() * 10)
		class Server(socketserver.ThreadingUnixStreamServer):
		    daemon_threads = True
		Server("redfish.sock", Handler).serve_forever()
	PYTHON
	background python3 backend.py 2>backend.err
	wait_until 10 test -S redfish.sock
}

# is_error STATUS [MESSAGE]: is ./answer an error of Redfish with this HTTP
# status?
is_error() {
	cat answer head
	grep -q "^HTTP/[0-9.]* $1" head
	grep -qi '^content-type: application/json' head
	grep -qi '^odata-version: 4.0' head
	[[ $(jq -r '.error["@Message.ExtendedInfo"][0].MessageId' answer) == \
		Base.*."${2:-GeneralError}" ]]
	[ "$(jq -r .error.code answer)" = \
		"$(jq -r '.error["@Message.ExtendedInfo"][0].MessageId' answer)" ]
}

# ask PATH [OPTION...]: writes to ./answer and ./head.
ask() {
	"${CURL[@]}" -o answer -D head "${@:2}" "$AT$1"
}

@test "a certificate is made once: EC, with the names of the machine, the key only for root" {
	echo "web_names = bmc.example.org 192.0.2.7 2001:db8::7" >etc/vmedia.conf
	[ "$(vmctl web certificate)" = "" ]
	[ "$(stat -c %a etc/web.key etc/web.pem | paste -sd,)" = 600,644 ]
	openssl x509 -in etc/web.pem -noout -text >text
	grep -q prime256v1 text
	grep -q "Subject: CN = bmc.example.org" text
	grep -qF "DNS:bmc.example.org, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7" text
	openssl x509 -in etc/web.pem -noout -checkend 1000000000
	sha256sum etc/* >before
	vmctl web certificate
	sha256sum -c --quiet before
	[ "$(ls -A etc | paste -sd,)" = vmedia.conf,web.key,web.pem ]
}

@test "a certificate that was removed is made anew with the same key; a lost key is an error" {
	vmctl web certificate
	cp etc/web.key key
	rm etc/web.pem
	vmctl web certificate
	cmp key etc/web.key
	[ "$(openssl x509 -in etc/web.pem -noout -pubkey)" = \
		"$(openssl pkey -in key -pubout)" ]
	rm etc/web.key
	fails 78 vmctl web certificate
	[ ! -e etc/web.key ]
}

@test "two at once make one certificate, and its key fits" {
	local i
	for i in 1 2 3 4; do
		background vmctl web certificate
	done
	wait "${STARTED[@]}"
	[ "$(openssl x509 -in etc/web.pem -noout -pubkey)" = \
		"$(openssl pkey -in etc/web.key -pubout)" ]
	[ "$(ls -A etc | paste -sd,)" = web.key,web.pem ]
}

@test "vmctl web prints address and fingerprint, and what to type without systemd" {
	printf '%s\n' "web_names = bmc.example.org 2001:db8::7" \
		"web_insecure = yes" >etc/vmedia.conf
	vmctl web >out
	grep -qx 'address      https://bmc.example.org/' out
	grep -qxF 'address      https://[2001:db8::7]/' out
	local print
	print=$(openssl x509 -in etc/web.pem -noout -fingerprint -sha256)
	grep -qx "SHA-256      ${print#*=}" out
	grep -q 'type  *vmctl user add' out
	grep -q 'type  *vmctl redfish' out
	grep -q 'warning .*web_insecure' out
	[ "$(vmctl web -j | jq -r '.urls[1], .fingerprint')" = \
		"https://[2001:db8::7]/"$'\n'"${print#*=}" ]
	not grep vm-upload out
	echo "store = $PWD/store" >>etc/vmedia.conf
	vmctl web >out
	grep -qx 'type  *vm-upload &' out
	grep -q 'type  *chgrp www-data .*/run/vm-upload.sock' out
	fails 64 vmctl web on
	[[ $(vmctl complete web o) == off* ]]
	echo "web_vm = maybe" >>etc/vmedia.conf
	fails 78 vmctl web
}

@test "vmctl web proxy: the configuration says which paths there are" {
	printf '%s\n' 'slots = cd disk' 'web_nbd = no' >etc/vmedia.conf
	background env VM_WS_OPTIONS="-x -l $PWD/ws.sock" vmctl web proxy >ws.at
	wait_until 10 test -s ws.at
	not grep -q . <(tr '\0' '\n' <"/proc/${STARTED[-1]}/cmdline" | grep nbd)
	tr '\0' ' ' <"/proc/${STARTED[-1]}/cmdline" |
		grep -q -- "-A exec vm-door -c -p /vm/0 -p /vm/0/0 -p /vm/1 -x"
	printf '%s\n' 'web_vm = no' 'web_nbd = no' >etc/vmedia.conf
	fails 78 vmctl web proxy
}

@test "HTTP only redirects, and the page comes by TLS with its policy" {
	start_web
	[ "$(curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' \
		-d x "http://localhost:$HTTP/redfish/v1?a=b")" = \
		"301 https://localhost/redfish/v1?a=b" ]
	ask /
	grep -qi "^content-security-policy: default-src 'none';.*frame-ancestors 'none'" head
	grep -qi '^content-type: text/html; charset=utf-8' head
	grep -qi '^cache-control: no-cache' head
	cmp answer "$TOP/scripts/web/index.html"
	ask /icon.svg
	grep -qi '^content-type: image/svg+xml' head
	not grep -qi '^server: nginx/' head
	# Only TLS 1.2 and later are accepted.
	"${CURL[@]}" -o /dev/null --tlsv1.2 --tls-max 1.2 "$AT/"
	not "${CURL[@]}" -o /dev/null --tlsv1.1 --tls-max 1.1 \
		--ciphers DEFAULT@SECLEVEL=0 "$AT/"
}

@test "Redfish: each request reaches vm-redfish as it is, by HTTP/1.1 and HTTP/2" {
	start_web
	start_backend
	local version
	for version in 1.1 2; do
		ask '/redfish/v1/$metadata/?a=%20b' "--http$version" -u root:secret \
			-H 'X-Auth-Token: 123' -H 'If-Match: "y"' -X PATCH \
			-H 'Content-Type: application/json' -d '{"a": 1}'
		grep -q "^HTTP/$version" head
		grep -qi '^etag: "x"' head
		not grep -qi '^content-encoding' head
		[ "$(head -c 100000 answer | jq -rs '.[0] | [.REQUEST_METHOD,
			.REQUEST_URI, .HTTP_X_AUTH_TOKEN, .HTTP_AUTHORIZATION,
			.HTTP_IF_MATCH, .CONTENT_TYPE, .HTTPS, .REMOTE_ADDR, .body] |
			join(" ")')" = 'PATCH /redfish/v1/$metadata/?a=%20b 123 Basic cm9vdDpzZWNyZXQ= "y" application/json on 127.0.0.1 8' ]
		# As curl sends a POST without -d: no body and no length.
		ask /redfish/v1/x "--http$version" -X POST
		jq -es '.[0] | .REQUEST_METHOD == "POST" and .body == 0' answer
		# A body in chunks, and a GET with a body.
		head -c 60000 /dev/zero | ask /redfish/v1/x "--http$version" \
			-H 'Transfer-Encoding: chunked' -T -
		jq -es '.[0].body == 60000' answer
		ask /redfish/v1/x "--http$version" -X GET -d '{}'
		jq -es '.[0].body == 2' answer
		ask '/redfish/v1/x?409' "--http$version"
		grep -q "^HTTP/$version 409" head
		jq -es '.[0].QUERY_STRING == "409"' answer
		"${CURL[@]}" "--http$version" -I -D head -o /dev/null "$AT/redfish/v1/"
		grep -q "^HTTP/$version 200" head
	done
}

@test "errors of the web server are errors of Redfish" {
	start_web
	ask /redfish/v1/
	is_error 502 ServiceTemporarilyUnavailable
	grep -qi '^retry-after: 5' head
	start_backend
	head -c 65537 /dev/zero >large
	ask /redfish/v1/x --data-binary @large
	is_error 413
	ask /redfish/v1/x -X TRACE
	is_error 405
	ask "/redfish/v1/$(printf %20000s | tr ' ' x)" --http1.1
	is_error 414
	printf 'GET /redfish/v1/ HTTP/1.1\r\n\r\n' |
		openssl s_client -quiet -connect "localhost:$HTTPS" 2>/dev/null |
		tr -d '\r' >raw || :
	sed '/^$/q' raw >head
	sed '1,/^$/d' raw >answer
	is_error 400
	# For other paths, errors are pages.
	ask /missing
	grep -q '^HTTP/[0-9.]* 404' head
	grep -qi '^content-type: text/html' head
}

@test "events are passed on as they happen" {
	start_web
	start_backend
	background "${CURL[@]}" -N -o events "$AT/redfish/v1/EventService/SSE"
	wait_until 10 grep -qx 'id: 1' events
	not grep -q 'id: 2' events
	: >next
	wait_until 10 grep -qx 'id: 2' events
}

@test "WebSockets reach vm-ws-proxy, with the Host and the address of the client" {
	start_web
	background vm-ws-proxy -v -x -l "$PWD/ws.sock" -A true cat \
		>ws.at 2>ws.err
	wait_until 10 test -s ws.at
	# vm-ws-proxy compares Origin with Host.
	printf 'Origin: %s\n' "$AT" >origin
	timeout 20 vm-ws-proxy -C "wss://localhost:$HTTPS/nbd/0" -a etc/web.pem \
		-H origin sh -c 'echo hello; read -r said; echo "$said" >said'
	[ "$(cat said)" = hello ]
	grep -q '127.0.0.1' ws.err
	printf 'Origin: https://elsewhere.example.org\n' >origin
	run timeout 20 vm-ws-proxy -C "wss://localhost:$HTTPS/nbd/0" \
		-a etc/web.pem -H origin true
	[ "$status" = 77 ]
}

@test "lighttpd: the page, Redfish and the redirect, with the same certificate" {
	local http https backend
	http=$(free_port) https=$(free_port)
	vmctl web certificate
	mkdir -p prefix/share/vmedia
	ln -s "$TOP/scripts/web" prefix/share/vmedia/web
	ln -s "$TOP/scripts/lighttpd/errors" prefix/share/vmedia/lighttpd-errors
	{
		printf 'server.%s\n' "document-root = \"$PWD/prefix\"" \
			"port = $http" 'bind = "127.0.0.1"'
		sed "s,@PREFIX@,$PWD/prefix,g; s,\":443\",\":$https\",
			s,/etc/vmedia,$PWD/etc,
			s,/run/vm-redfish.sock,$PWD/redfish.sock,
			s,/run/vm-ws-proxy.sock,$PWD/ws.sock," \
			"$TOP/scripts/lighttpd/vmedia.conf"
	} >lighttpd.conf
	start_backend
	backend=${STARTED[-1]}
	background lighttpd -D -f lighttpd.conf 2>lighttpd.err
	CURL=(curl -sS --cacert "$PWD/etc/web.pem") AT=https://localhost:$https
	wait_until 10 "${CURL[@]}" -o answer "$AT/"
	cmp answer "$TOP/scripts/web/index.html"
	[ "$(curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' \
		"http://localhost:$http/redfish/v1?a=b")" = \
		"301 https://localhost:$http/redfish/v1?a=b" ]
	ask '/redfish/v1/$metadata?x' -X PATCH -H 'X-Auth-Token: 123' \
		-u root:secret -d '{}'
	[ "$(jq -rs '.[0] | [.REQUEST_METHOD, .REQUEST_URI, .HTTP_X_AUTH_TOKEN,
		.HTTP_AUTHORIZATION, .body] | join(" ")' answer)" = \
		'PATCH /redfish/v1/$metadata?x 123 Basic cm9vdDpzZWNyZXQ= 2' ]
	ask /redfish/v1/x -X GET -d '{}'
	jq -es '.[0].body == 2' answer
	ask /redfish/v1/x -X POST -d ''
	jq -es '.[0].REQUEST_METHOD == "POST"' answer
	# The size limit that the file and vmedia(7) state.
	ask /redfish/v1/x -X POST
	grep -q '^HTTP/[0-9.]* 411' head
	head -c 65537 /dev/zero >large
	ask /redfish/v1/x --data-binary @large
	grep -q '^HTTP/[0-9.]* 413' head
	grep -qi '^content-type: application/json' head
	jq -e '.error.code | endswith(".GeneralError")' answer
	kill "$backend"
	wait "$backend" || :
	ask /redfish/v1/x
	is_error 503 ServiceTemporarilyUnavailable
}

@test "vmctl door and vmctl redfish: the configuration says how" {
	# Stand-ins show the arguments that the programs get; the programs' own
	# `-h` would not.
	mkdir bin
	printf '#!/bin/sh\necho "${0##*/} $*"\n' | tee bin/vm-door >bin/vm-redfish
	chmod +x bin/*
	cp "$BUILD/bin/vmctl" bin/vmctl
	mkdir -p lib
	ln -s "$BUILD/lib/vmedia" lib/vmedia
	[ "$(bin/vmctl door)" = \
		"vm-door -a $PWD/etc/accounts -d cd disk -t 55" ]
	[ "$(bin/vmctl redfish)" = "vm-redfish -d cd disk -t 70" ]
	printf '%s\n' 'slots = cd' 'redfish_timeout = 20' 'redfish_verify = no' \
		'redfish_retype = no' 'password_length = 012' \
		'lockout_threshold = 0' 'lockout_duration = 60' \
		'session_timeout = 600' 'store = /mnt/images/' \
		'store_keep = 2d' >etc/vmedia.conf
	[ "$(bin/vmctl door)" = "vm-door -a $PWD/etc/accounts -d cd -t 20 -i -R \
-S /mnt/images -k 172800 -r password-length=12 -r session-timeout=600 -r lockout-threshold=0 \
-r lockout-duration=60" ]
	[ "$(bin/vmctl redfish)" = "vm-redfish -d cd -t 35" ]
	echo 'redfish_verify = perhaps' >>etc/vmedia.conf
	fails 78 bin/vmctl door
}

@test "the unit of vm-redfish is confined: below 2.5 by systemd-analyze" {
	local unit exposure
	for unit in vm-redfish vm-door vm-ws-proxy; do
		sed "s,@BINDIR@,/usr/bin,; s,@SYSCONFDIR@,/etc," \
			"$TOP/scripts/systemd/$unit.service" >$unit.service
		cp "$TOP/scripts/systemd/$unit.socket" .
	done
	exposure=$(systemd-analyze security --offline=true \
		"$PWD/vm-redfish.service" --no-pager |
		sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p')
	echo "exposure $exposure"
	[ "$(echo "$exposure < 2.5" | bc)" = 1 ]
	systemd-analyze verify --man=no "$PWD/vm-redfish.service" 2>&1 |
		not grep -i "unknown\|invalid\|failed to parse"
}

# small_page: $PREFIX is what make install SMALL=1 installs, with the test's own
# ports.
small_page() {
	PREFIX=$PWD/small HTTP=$(free_port) HTTPS=$(free_port)
	env -u MAKELEVEL -u MAKEFLAGS make -s -o all -C "$TOP" O="$BUILD" install SMALL=1 progs= \
		PREFIX="$PREFIX" SYSCONFDIR="$PWD/etc" >&2 3>&-
	VM_CONF=$PWD/etc/vmedia/vmedia.conf vmctl web certificate
	sed -i "s,listen \(.*\)443,listen \1$HTTPS,; s,listen \(.*\)80;,listen \1$HTTP;,
		s,\":443\",\":$HTTPS\"," "$PREFIX"/share/vmedia/{nginx/server.conf,lighttpd.conf}
	CURL=(curl -sS --cacert "$PWD/etc/vmedia/web.pem") AT=https://localhost:$HTTPS
}

# same_page: the web server sends a browser exactly the page's files.
same_page() {
	local file type
	wait_until 10 "${CURL[@]}" -o answer "$AT/"
	"${CURL[@]}" --compressed "$AT/" | cmp - "$TOP/scripts/web/index.html"
	"${CURL[@]}" --compressed "$AT/?slot=1" | cmp - "$TOP/scripts/web/index.html"
	while read -r file; do
		"${CURL[@]}" --compressed -D head -o answer "$AT/$file"
		cmp answer "$TOP/scripts/web/$file"
		grep -qi '^content-encoding: gzip' head
		case $file in
		*.js) type=text/javascript ;;
		*.css) type=text/css ;;
		*.svg) type=image/svg+xml ;;
		*.html) type=text/html ;;
		esac
		grep -qi "^content-type: $type" head
		grep -qi '^cache-control: no-cache' head
		grep -qi '^content-security-policy: .*frame-ancestors' head
	done <files
	[ "$("${CURL[@]}" -o answer -w '%{http_code}' "$AT/none.js")" = 404 ]
}

@test "a small page, behind nginx and lighttpd: each file comes packed, with its type" {
	small_page
	(cd "$TOP/scripts/web" && find . -type f | sed 's,^\./,,' | sort) >files
	[ -z "$(find "$PREFIX/share/vmedia/web" -type f ! -name '*.gz')" ]
	printf '%s\n' 'daemon off; user root; events {}' "pid $PWD/nginx.pid;" \
		"error_log $PWD/nginx.err;" "http { access_log $PWD/nginx.log;" \
		"include $PREFIX/share/vmedia/nginx/server.conf; }" >nginx.conf
	background nginx -c "$PWD/nginx.conf" 2>nginx.said
	same_page
	kill "${STARTED[-1]}"
	wait "${STARTED[-1]}" || :
	{
		printf 'server.%s\n' "document-root = \"$PWD\"" "port = $HTTP" \
			'bind = "127.0.0.1"'
		cat "$PREFIX/share/vmedia/lighttpd.conf"
	} >lighttpd.conf
	background lighttpd -D -f lighttpd.conf 2>lighttpd.err
	same_page
}
