#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-ws-proxy started in every way, by the real servers with which it is used,
# and behind them.

load helper
load servers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# start_proxy ARGUMENT...: the proxy listens at $AT; its messages are in
# ./proxy.err.
start_proxy() {
	rm -f proxy.at
	background vm-ws-proxy -l 127.0.0.1:0 "$@" >proxy.at 2>proxy.err
	wait_until 5 test -s proxy.at
	AT=$(cat proxy.at)
}

# echoes ARGUMENT...: does that WebSocket send back the bytes that we send?
echoes() {
	mkfifo in
	vm-ws-proxy "$@" <in >out 3>&- &
	exec 7>in
	head -c 300000 /dev/urandom | tee sent >&7
	wait_until 10 cmp -s sent out
	exec 7>&-
	wait $!
	rm -f in out sent
}

# silent COMMAND...: runs it with an open standard input that sends nothing.
silent() {
	local status=0
	mkfifo silence
	"$@" 8<>silence <&8 || status=$?
	rm silence
	return $status
}

is_open() {
	{ : >"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null
}

@test "help, version, and options that exclude each other" {
	[[ $(vm-ws-proxy -h) == "usage: vm-ws-proxy"* ]]
	[[ $(vm-ws-proxy -V) == "vm-ws-proxy "[0-9]* ]]
	fails 64 vm-ws-proxy -l 127.0.0.1:0 -C ws://a/
	fails 64 vm-ws-proxy -l 127.0.0.1:0 -U x cat
	fails 64 vm-ws-proxy -l 127.0.0.1:0 -c x cat
	fails 64 vm-ws-proxy -l localhost:0 cat
	fails 64 vm-ws-proxy -l 127.0.0.1 cat
	fails 64 vm-ws-proxy -l 127.0.0.1:65536 cat
	fails 64 vm-ws-proxy -C http://a/
	fails 64 vm-ws-proxy -C ws://user:word@a/
	fails 64 vm-ws-proxy -C ws:///
	fails 64 vm-ws-proxy -C ws://a:0/
	fails 64 vm-ws-proxy -C ws://a:123456789/
	fails 64 vm-ws-proxy -C ws://a/ -f 00
	fails 64 vm-ws-proxy -C wss://127.0.0.1/
	fails 64 vm-ws-proxy -C 'wss://[::1]/'
	fails 64 vm-ws-proxy -C ws://a/ -t x
	fails 64 vm-ws-proxy cat </dev/null
	fails 68 vm-ws-proxy -C ws://nowhere.invalid/
	fails 69 vm-ws-proxy -C "ws://127.0.0.1:$(free_port)/"
	fails 66 vm-ws-proxy -C wss://a/ -a nowhere.pem
	echo nothing >empty.pem
	fails 78 vm-ws-proxy -C wss://a/ -a empty.pem
	printf 'ticket.sEcReT%d\n' {1..20} >secrets
	fails 64 vm-ws-proxy -C ws://a/ -S secrets
	not grep sEcReT stderr
	printf 'ticket.sEcReT,x\n' >secrets
	fails 64 vm-ws-proxy -C ws://a/ -S secrets
	not grep sEcReT stderr
	fails 64 vm-ws-proxy -l 127.0.0.1:0 -s 'a b' cat
	fails 64 vm-ws-proxy -l 127.0.0.1:0 -s '' cat
	fails 64 vm-ws-proxy -l 127.0.0.1:0 -p vm/0 cat
	fails 64 vm-ws-proxy -l 127.0.0.1:0 -p '/vm/0?x' cat
	local origin
	for origin in example.org https:// ://x https://example.org/ null; do
		fails 64 vm-ws-proxy -l 127.0.0.1:0 -o "$origin" cat
	done
	fails 67 vm-ws-proxy -l 127.0.0.1:0 -u no-such-user cat
}

@test "it reports the other end, or why it refuses" {
	mkdir tickets
	make_cert server
	start_proxy -t tickets cat
	fails 77 vm-ws-proxy -C "ws://$AT/" -s vm.nbd.v1
	grep -q "HTTP 403: the ticket is missing, expired, used, or for another path" stderr
	fails 76 vm-ws-proxy -a ca.pem -C "wss://localhost:${AT##*:}/"
	grep -q "does the server need ws://?" stderr
	cleanup
	start_proxy -v -c server.pem -k server.key cat
	fails 76 vm-ws-proxy -C "ws://$AT/"
	grep -q "does the server need wss://?" stderr
	openssl s_client -tls1_1 -cipher ALL:@SECLEVEL=0 -connect "$AT" \
		</dev/null >/dev/null 2>&1 || :
	wait_until 5 grep -q "gone: the peer does not speak TLS 1.2" proxy.err
}

@test "with SIGCHLD ignored, a refused client keeps no place" {
	start_proxy -n 1 -A 'exit 1' cat
	fails 77 vm-ws-proxy -C "ws://$AT/"
	cleanup
	(
		trap '' CHLD
		exec vm-ws-proxy -l 127.0.0.1:0 -n 1 -A 'exit 1' cat
	) >at 2>err &
	STARTED+=($!)
	wait_until 5 test -s at
	for _ in 1 2 3; do
		fails 77 vm-ws-proxy -C "ws://$(cat at)/"
		wait_until 5 not pgrep -P "${STARTED[-1]}"
	done
}

@test "without TLS it listens on this machine only, unless told otherwise" {
	fails 64 vm-ws-proxy -l 0.0.0.0:0 cat
	fails 64 vm-ws-proxy -l '[::]:0' cat
	background vm-ws-proxy -N -l 0.0.0.0:0 cat >at
	wait_until 5 test -s at
	grep -q '^0.0.0.0:[1-9]' at
	echoes -C "ws://127.0.0.1:$(sed 's/.*://' at)/"
}

@test "a port in use, an invalid certificate, a key of another certificate" {
	start_proxy cat
	fails 75 vm-ws-proxy -l "$AT" cat
	make_cert one
	make_cert two
	fails 78 vm-ws-proxy -l 127.0.0.1:0 -c one.key -k one.key cat
	fails 78 vm-ws-proxy -l 127.0.0.1:0 -c one.pem -k one.pem cat
	fails 66 vm-ws-proxy -l 127.0.0.1:0 -c one.pem -k none.key cat
	fails 78 vm-ws-proxy -l 127.0.0.1:0 -c one.pem -k two.key cat
	grep -q "the key is not that of the first certificate" stderr
	# BearSSL does not support keys of this size.
	openssl genrsa -out large.key 4608 2>/dev/null
	fails 78 vm-ws-proxy -l 127.0.0.1:0 -c one.pem -k large.key cat
	grep -q "4096 bits at most" stderr
}

@test "a command, and its end" {
	start_proxy -v sh -c 'cat; exit 3'
	echoes -C "ws://$AT/x"
	wait_until 5 grep -q "peer closed: 1000" proxy.err
	start_proxy sh -c 'exit 3'
	fails 74 silent vm-ws-proxy -C "ws://$AT/x"
	start_proxy sh -c 'kill -9 $$'
	fails 74 silent vm-ws-proxy -C "ws://$AT/x"
	start_proxy true
	silent vm-ws-proxy -C "ws://$AT/x"
	start_proxy -e sh -c 'echo first >&2; echo "vm-x: is taken" >&2; exit 75'
	fails 75 silent vm-ws-proxy -C "ws://$AT/x"
	grep -qx "vm-ws-proxy: peer closed: 4409 is taken" stderr
}

# texts PROTOCOL: connects to the proxy, offers PROTOCOL, and prints each text
# message, and then the code and the reason of the close.
texts() {
	"$TOP/t/page/ready" "$BUILD/page"
	PAGE_DIR=$BUILD/page node --input-type=module -e '
		const { need } = await import(process.argv[1]);
		const { WebSocket } = need("ws");
		const socket = new WebSocket(process.argv[2], process.argv[3].split(","));
		socket.on("message", (data, isBinary) => console.log(isBinary ?
			`bytes ${data}` : `text ${data.toString().replace(/\n/g, "|")}`));
		socket.on("close", (code, reason) => console.log(`${code} ${reason}`));
	' "$TOP/t/page/lib.mjs" "ws://$AT/x" "$1"
}

@test "a command tells its state in text messages, if the client wants them" {
	cat >far <<-'END'
		#!/bin/sh
		printf 'sta' >&2
		printf 'te: one\nstatement\n' >&2
		printf abc
		sleep 1
		printf 'state: t\001wo\nstate: three\nvm-x: is taken\nstate: four\n' >&2
		exit 75
	END
	chmod +x far
	start_proxy -e ./far
	texts vm.nbd.v1-state,vm.nbd.v1 >seen
	grep '^text' seen | sed 's/^text //' | tr '|' '\n' >lines
	[ "$(paste -sd ' ' lines)" = "one t?wo three four" ]
	grep -qx "bytes abc" seen
	[ "$(tail -n 1 seen)" = "4409 is taken" ]
	grep -qx statement proxy.err
	not grep -q "^state:" proxy.err
	# A client with another protocol does not get these lines, and nobody
	# prints them.
	texts vm.nbd.v1-beat >seen
	not grep -q '^text' seen
	[ "$(tail -n 1 seen)" = "4409 is taken" ]
	not grep -q "^state:" proxy.err
	# Without -e, the command's last line does not become the reason.
	start_proxy ./far
	texts vm.nbd.v1-state >seen
	grep -q '^text one' seen
	[ "$(tail -n 1 seen)" = "4409 " ]
}

@test "when its output is closed, it ends with a message" {
	start_proxy yes
	mkfifo in
	exec 7<>in
	{
		rc=0
		timeout 20 vm-ws-proxy -C "ws://$AT/x" <in 2>err || rc=$?
		echo $rc >rc
	} 3>&- | head -n 1
	exec 7>&-
	wait_until 20 test -s rc
	[ "$(cat rc)" = 74 ]
	grep -qx "vm-ws-proxy: we closed: 1011 the backend does not read what the peer sends" err
}

@test "a command that can't be executed: the close has the reason" {
	start_proxy -e ./nowhere
	fails 74 silent vm-ws-proxy -C "ws://$AT/x"
	grep -q "1011 .*unable to execute ./nowhere: No such file" stderr
}

@test "a command gets all that was sent, even if the peer has gone" {
	start_proxy sh -c 'sleep 1; cat >got.new; mv got.new got'
	head -c 3000000 /dev/urandom >sent
	vm-ws-proxy -C "ws://$AT/x" <sent
	wait_until 10 test -e got
	cmp sent got
}

@test "the command learns whether the peer ended properly or was lost" {
	cat >far <<-'END'
		#!/bin/bash
		trap 'echo meant >>said' URG
		: >ready
		cat >/dev/null
		echo over >>said
	END
	chmod +x far
	start_proxy ./far
	mkfifo in
	vm-ws-proxy -C "ws://$AT/x" <in 3>&- &
	exec 7>in
	wait_until 5 test -e ready
	exec 7>&-
	wait_until 5 grep -q over said
	grep -q meant said
	rm said
	vm-ws-proxy -v -C "ws://$AT/x" <in 2>err 3>&- &
	exec 7>in
	wait_until 5 grep -q opened err
	pkill -KILL -f "vm-ws-proxy -v -C ws://$AT/x"
	exec 7>&-
	wait_until 5 grep -q over said
	not grep -q meant said
}

@test "each client gets a connection to the Unix socket; a missing socket is 503" {
	start_proxy -U "$PWD/nbd"
	fails 75 silent vm-ws-proxy -C "ws://$AT/"
	head -c 1M /dev/urandom >image
	background nbdkit -f -U "$PWD/nbd" file image
	wait_until 5 test -S nbd
	# NBD through two bridges; the second one uses its standard input.
	start_image_client() {
		background vm-ws-proxy -l 127.0.0.1:0 nbdread -f image - 0 1M \
			>client.at 2>client.err
		wait_until 5 test -s client.at
	}
	start_image_client
	vm-ws-proxy -C "ws://$(cat client.at)/" vm-ws-proxy -C "ws://$AT/"
	vm-ws-proxy -C "ws://$(cat client.at)/" -U "$PWD/nbd"
}

@test "one connection on its own standard input and output" {
	mkfifo in
	vm-ws-proxy -l 127.0.0.1:0 <in >got 2>err 3>&- &
	exec 7>in
	wait_until 5 test -s err
	(echo there; sleep 1) | vm-ws-proxy -C "ws://$(head -n 1 err)/" >back &
	wait_until 5 grep -q there got
	echo here >&7
	wait_until 5 grep -q here back
	exec 7>&-
	wait
}

@test "the socket of a single connection is removed with it" {
	background vm-ws-proxy -l "$PWD/one" 2>err
	wait_until 5 test -S one
	vm-connect "$PWD/one" true
	wait_until 5 test ! -e one
}

@test "a stopped server removes its own socket, never its successor's" {
	background vm-ws-proxy -v -l "$PWD/sock" cat >at 2>err
	local first=${STARTED[-1]}
	wait_until 5 test -s at
	# A connected client that does not answer the close.
	background vm-connect "$PWD/sock" sh -c 'printf "%s\r\n" \
		"GET / HTTP/1.1" "Host: a" "Upgrade: websocket" \
		"Connection: Upgrade" "Sec-WebSocket-Version: 13" \
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" ""; sleep 100'
	wait_until 5 grep -q opened err
	kill "$first"
	wait_until 5 test ! -e sock
	kill -0 "$first"
	background vm-ws-proxy -l "$PWD/sock" cat
	wait_until 5 test -S sock
	wait "$first"
	test -S sock
}

@test "as a CGI program: its answers, and its end" {
	as_cgi() {
		GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET REQUEST_URI=/x \
			HTTP_HOST=a HTTP_UPGRADE=websocket \
			HTTP_SEC_WEBSOCKET_VERSION=13 \
			HTTP_SEC_WEBSOCKET_KEY=dGhlIHNhbXBsZSBub25jZQ== \
			HTTP_X_FORWARDED_FOR="6.6.6.6, 10.0.0.2" \
			vm-ws-proxy "$@" </dev/null >answer
	}
	run -69 as_cgi -U "$PWD/nowhere"
	grep -q "^Status: 503" answer
	run -66 as_cgi -p /y cat
	grep -q "^Status: 404" answer
	# (Here there is no peer that could report its end, so the status is
	# 74.)
	run -74 as_cgi -x sh -c 'echo "$VM_WS_PEER" >peer'
	grep -qx 10.0.0.2 peer
}

@test "listening on a Unix socket, behind nginx" {
	background vm-ws-proxy -l "$PWD/ws.sock" -v cat >at 2>err
	wait_until 5 test -s at
	[ "$(cat at)" = "$PWD/ws.sock" ]
	local port
	port=$(free_port)
	mkdir -p ngx
	chmod 755 . "$BATS_TEST_TMPDIR"
	cat >nginx.conf <<-END
		daemon off;
		user root;
		pid $PWD/ngx/pid;
		error_log $PWD/ngx/error;
		events {}
		http {
			access_log off;
			client_body_temp_path $PWD/ngx;
			proxy_temp_path $PWD/ngx;
			server {
				listen 127.0.0.1:$port;
				location /vm/ {
					proxy_pass http://unix:$PWD/ws.sock;
					proxy_http_version 1.1;
					proxy_set_header Upgrade \$http_upgrade;
					proxy_set_header Connection upgrade;
					proxy_set_header Host \$http_host;
				}
			}
		}
	END
	background nginx -c "$PWD/nginx.conf" -e "$PWD/ngx/error"
	wait_until 5 is_open "$port"
	echoes -C "ws://127.0.0.1:$port/vm/0"
	grep -q "local: opened /vm/0" err
}

# start_lighttpd LINE...: starts lighttpd at $PORT with these lines.
start_lighttpd() {
	PORT=$(free_port)
	{
		printf 'server.%s\n' "document-root = \"$PWD/www\"" \
			"port = $PORT" 'bind = "127.0.0.1"'
		printf '%s\n' "$@"
	} >lighttpd.conf
	mkdir -p www
	background lighttpd -D -f lighttpd.conf
	wait_until 5 is_open "$PORT"
}

@test "behind lighttpd's mod_proxy, with the client's address" {
	start_proxy -v -x sh -c 'echo "$VM_WS_PEER" >peer; exec cat'
	start_lighttpd 'server.modules = ("mod_proxy")' \
		"proxy.server = (\"/vm/\" => ((\"host\" => \"127.0.0.1\", \"port\" => ${AT##*:})))" \
		'proxy.header = ("upgrade" => "enable")' \
		'proxy.forwarded = ("for" => 1)'
	printf 'X-Forwarded-For: 192.0.2.7\n' >headers
	echoes -H headers -C "ws://127.0.0.1:$PORT/vm/0"
	# The address that the client claims comes first, before the one that
	# lighttpd adds.
	[ "$(cat peer)" = 127.0.0.1 ]
	grep -q "127.0.0.1: opened /vm/0" proxy.err
}

@test "behind lighttpd with our configuration file, and with the page" {
	make_cert web
	mkdir -p tickets prefix/share/vmedia
	ln -s "$TOP/scripts/web" prefix/share/vmedia/web
	background vm-ws-proxy -e -x -t tickets -l "$PWD/ws.sock" cat >at 2>err
	wait_until 5 test -s at
	local tls ticket=ticket-ticket-ticket-ticket
	tls=$(free_port)
	sed "s,@PREFIX@,$PWD/prefix,; s,\":443\",\"127.0.0.1:$tls\",
		s,/etc/vmedia,$PWD,; s,/run/vm-ws-proxy.sock,$PWD/ws.sock," \
		"$TOP/scripts/lighttpd/vmedia.conf" >vmedia.conf
	start_lighttpd "include \"$PWD/vmedia.conf\""
	curl -sf --cacert ca.pem "https://localhost:$tls/" | cmp - "$TOP/scripts/web/index.html"
	[ "$(curl -s -o /dev/null -w '%{content_type}' --cacert ca.pem \
		"https://localhost:$tls/app.js")" = text/javascript ]
	printf 'expires 99999999999\npath /vm/0\nonce yes\n' \
		>"tickets/$(printf %s $ticket | sha256sum | cut -c1-64)"
	printf 'Origin: https://evil.example\n' >foreign
	printf 'Origin: https://localhost:%s\n' "$tls" >ours
	set -- -a ca.pem -C "wss://localhost:$tls/vm/0" -s vm.nbd.v1
	fails 77 vm-ws-proxy -H ours "$@"
	fails 77 vm-ws-proxy -H foreign "$@" -s ticket.$ticket
	echoes -H ours "$@" -s ticket.$ticket
	fails 77 vm-ws-proxy -H ours "$@" -s ticket.$ticket
}

@test "as a CGI program of lighttpd" {
	mkdir www
	cat >www/vm.sh <<-END
		#!/bin/sh
		exec $BUILD/bin/vm-ws-proxy -v cat
	END
	start_lighttpd 'server.modules = ("mod_cgi")' \
		'cgi.assign = (".sh" => "/bin/sh")' 'cgi.upgrade = "enable"'
	echoes -C "ws://127.0.0.1:$PORT/vm.sh?a=b"
	# A request that is not for a WebSocket is refused with a CGI status.
	[ "$(curl -s -o body -w '%{http_code}' "http://127.0.0.1:$PORT/vm.sh")" = 400 ]
	grep -q upgrade body
	printf 'Origin: https://evil.example\n' >headers
	fails 77 silent vm-ws-proxy -H headers -C "ws://127.0.0.1:$PORT/vm.sh"
}

@test "under systemd's socket activation, for one connection and for all" {
	local port
	port=$(free_port)
	background systemd-socket-activate -l "127.0.0.1:$port" \
		"$BUILD/bin/vm-ws-proxy" cat 2>err
	wait_until 5 grep -q Listening err
	echoes -C "ws://127.0.0.1:$port/"
	echoes -C "ws://127.0.0.1:$port/"
	port=$(free_port)
	background systemd-socket-activate -a --inetd -l "127.0.0.1:$port" \
		"$BUILD/bin/vm-ws-proxy" cat 2>err
	wait_until 5 grep -q Listening err
	echoes -C "ws://127.0.0.1:$port/"
	echoes -C "ws://127.0.0.1:$port/"
}

# scalar_of KEY: prints an elliptic key's secret number, in hex.
scalar_of() {
	openssl ec -in "$1" -text -noout 2>/dev/null |
		sed -n '/^priv:/,/^pub:/s/^ *\([0-9a-f:]*\)$/\1/p' | tr -d ':\n'
}
# knows PID HEX: is that number in the process's memory?
knows() {
	python3 -c 'import re, sys
secret = bytes.fromhex(sys.argv[2]).lstrip(b"\0")
with open(f"/proc/{sys.argv[1]}/maps") as maps, \
     open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as mem:
    for line in maps:
        begin, end = (int(n, 16) for n in line.split()[0].split("-"))
        if line.split()[1][:2] == "rw":
            mem.seek(begin)
            if secret in mem.read(end - begin): sys.exit(0)
sys.exit(1)' "$1" "$2"
}

@test "the process that talks to the peer has no key, no files and no terminal" {
	requires_root
	local monitor worker secret
	make_cert server
	make_cert other
	cp other.pem now.pem
	cp other.key now.key
	start_proxy -c now.pem -k now.key cat
	# The old key must not be left in memory either.
	cp server.pem now.pem
	cp server.key now.key
	kill -HUP "${STARTED[-1]}"
	background vm-ws-proxy -v -a ca.pem -C "wss://localhost:${AT##*:}/" \
		sleep 100 2>client.err
	wait_until 10 grep -q opened client.err
	monitor=$(pgrep -P "${STARTED[0]}")
	worker=$(pgrep -P "$monitor" -x vm-ws-proxy)
	secret=$(scalar_of server.key)
	[ ${#secret} -ge 60 ]
	knows "$monitor" "$secret"
	not knows "$worker" "$secret"
	not knows "$worker" "$(scalar_of other.key)"
	grep -q $'^Seccomp:\t2$' "/proc/$worker/status"
	[ "$(cut -d' ' -f6 "/proc/$worker/stat")" = "$worker" ]
	[ "$(stat -c %U "/proc/$worker/fd")" = root ]
}

@test "SIGHUP loads a new certificate, but not an invalid one" {
	make_cert one
	make_cert two
	cp one.pem cert.pem && cp one.key cert.key
	start_proxy -c cert.pem -k cert.key cat
	local proxy=${STARTED[-1]} url=wss://localhost:${AT##*:}/
	pin() { openssl x509 -in "$1" -outform der | sha256sum | cut -c1-64; }
	echoes -f "$(pin one.pem)" -C "$url"
	echo none >cert.pem
	kill -HUP "$proxy"
	wait_until 5 grep -q "unable to use cert.pem" proxy.err
	echoes -f "$(pin one.pem)" -C "$url"
	cp two.pem cert.pem && cp two.key cert.key
	kill -HUP "$proxy"
	takes_two() { vm-ws-proxy -f "$(pin two.pem)" -C "$url" </dev/null; }
	wait_until 5 takes_two
	fails 77 vm-ws-proxy -f "$(pin one.pem)" -C "$url" </dev/null
}

@test "a stopped server closes every connection with the reason" {
	start_proxy -v cat
	local proxy=${STARTED[-1]}
	mkfifo in
	vm-ws-proxy -v -C "ws://$AT/x" <in 2>err 3>&- &
	exec 7>in
	wait_until 5 grep -q opened err
	kill -TERM "$proxy"
	wait $!
	grep -q "peer closed: 1001 the proxy is stopped" err
	wait "$proxy"
	exec 7>&-
	not pgrep -f "vm-ws-proxy -l 127.0.0.1:0 -v cat"
}
