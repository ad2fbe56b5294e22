#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd against a real web server over TLS, and through a real proxy.
# run: alone

load helper
load servers

SIZE=3000001

setup() {
	own_directory
	mkdir root
	head -c $SIZE /dev/urandom >root/image
	make_cert server
}

# is_right: is the export the image?
is_right() {
	nbdcopy "nbd+unix:///?socket=$SOCK" copy
	cmp -n $SIZE root/image copy
}
# serves URL [ARGUMENT...]: vm-fetchd serves the right bytes.
serves() {
	start_fetchd "$@"
	is_right
	stop_fetchd
}
# with_password LOGIN:PASSWORD: prints lines for nginx that require this login.
with_password() {
	printf '%s:%s\n' "${1%%:*}" "$(openssl passwd -apr1 "${1#*:}")" >htpasswd
	printf '%s\n' 'auth_basic vm;' "auth_basic_user_file $PWD/htpasswd;"
}

@test "https with our own CA, over IPv4 and IPv6" {
	start_nginx
	serves "$HTTPS/image" cacert=ca.pem
	serves "$HTTPS6/image" cacert=ca.pem
	serves "${HTTPS/127.0.0.1/localhost}/image" cacert=ca.pem
	[ "$(grep -vc '"GET /image HTTP/1.1" 206' nginx/access)" = 0 ]
}

# cipher_with CPU PROTOCOL: prints the cipher that the plugin uses on this
# processor.
cipher_with() {
	rm -f ciphers
	start_nginx "access_log $PWD/ciphers cipher;" "ssl_protocols $2;"
	background qemu-x86_64-static -cpu "$1" "$(command -v nbdkit)" -f \
		-U "$PWD/plain" \
		"$BUILD/lib/vmedia/nbdkit-vm-fetchd-plugin.so" \
		url="$HTTPS/image" insecure=1 >&2
	wait_until 60 test -S plain
	nbdread -f root/image plain 0 4096
	cleanup
	rm -f plain
	sort -u ciphers
}

@test "ChaCha20 is offered first where the processor has no AES" {
	[ "${BUILD##*/}" != san ] || return 0 # not under the emulator
	[[ $(cipher_with qemu64 TLSv1.3) == "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256" ]]
	[[ $(cipher_with qemu64 TLSv1.2) == "TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305" ]]
	[[ $(cipher_with max TLSv1.3) == "TLSv1.3 TLS_AES_"* ]]
	[[ $(cipher_with max TLSv1.2) == "TLSv1.2 ECDHE-ECDSA-AES"* ]]
}

@test "an unknown CA: 77, with the reason" {
	make_ca other
	start_nginx
	refused 77 "$HTTPS/image" 'unable to get local issuer certificate'
	refused 77 "$HTTPS/image" certificate cacert=other.pem
}

@test "insecure=1 does not verify the server" {
	make_cert server DNS:elsewhere.example 200101 210101
	start_nginx
	serves "$HTTPS/image" insecure=1
	refused 77 "$HTTPS/image" '' insecure=0
}

@test "a certificate for another host: 77" {
	make_cert server DNS:elsewhere.example
	start_nginx
	refused 77 "$HTTPS/image" "certificate" cacert=ca.pem
	refused 77 "${HTTPS/127.0.0.1/localhost}/image" "'localhost'" cacert=ca.pem
}

@test "an expired certificate: 77, with the date of this machine's clock" {
	make_cert server '' 200101 210101
	start_nginx
	refused 77 "$HTTPS/image" "expired; this machine's clock says $(date -u +%F)" \
		cacert=ca.pem
}

@test "a certificate not valid before tomorrow: 77, with the date of this machine's clock" {
	make_cert server '' "$(date -u -d '2 days' +%y%m%d)" 491231
	start_nginx
	refused 77 "$HTTPS/image" "clock says $(date -u +%F)" cacert=ca.pem
}

@test "a cacert= file without a certificate: 77" {
	start_nginx
	echo garbage >garbage.pem
	refused 77 "$HTTPS/image" '' cacert=garbage.pem
	: >empty.pem
	refused 65 "$HTTPS/image" 'empty' cacert=empty.pem
}

@test "http to a TLS port, and TLS to an HTTP port" {
	start_nginx
	start_hostile root/image
	refused 76 "${HTTPS/https/http}/image" 'HTTP 400'
	refused 77 "${HOSTILE/http/https}/ok/x" ''
}

@test "a client certificate is sent when the server wants one" {
	make_cert client
	start_nginx "ssl_client_certificate $PWD/ca.pem; ssl_verify_client on;"
	serves "$HTTPS/image" cacert=ca.pem cert=client.pem key=client.key
	refused 76 "$HTTPS/image" 'HTTP 400' cacert=ca.pem
}

@test "a client certificate with no key, or with a wrong key: 77" {
	make_cert client
	start_nginx "ssl_client_certificate $PWD/ca.pem; ssl_verify_client on;"
	refused 77 "$HTTPS/image" '' cacert=ca.pem cert=client.pem
	refused 77 "$HTTPS/image" '' cacert=ca.pem cert=client.pem key=ca.key
}

@test "an encrypted key is refused without asking for its passphrase: 77" {
	make_cert client
	openssl ec -in client.key -aes128 -passout pass:hush -out locked.key \
		2>/dev/null
	start_nginx "ssl_client_certificate $PWD/ca.pem; ssl_verify_client on;"
	# With a terminal, on which a program could ask for the key's password.
	run timeout 10 script -qec "vm-fetchd -U nbd $HTTPS/image cacert=ca.pem \
		cert=client.pem key=locked.key" /dev/null </dev/null
	[ "$status" = 77 ]
	[[ $output != *"pass phrase:"* ]]
}

@test "Basic authentication by user= and password=" {
	start_nginx "$(with_password 'joe:a:b@c d')"
	printf 'a:b@c d' >password
	serves "$HTTPS/image" cacert=ca.pem user=joe password=+password
	refused 77 "$HTTPS/image" 'user and a password' cacert=ca.pem
	refused 77 "$HTTPS/image" 'user and a password' cacert=ca.pem \
		user=jim password=+password
}

@test "Basic authentication by the URL, percent-encoded" {
	start_nginx "$(with_password 'joe:a:b@c%d')"
	serves "${HTTPS/\/\//\/\/joe:a:b%40c%25d@}/image" cacert=ca.pem
}

@test "Basic authentication by netrc=, a file that only root can read" {
	start_nginx "$(with_password joe:hush)"
	echo 'machine 127.0.0.1 login joe password hush' >netrc
	chmod 600 netrc
	serves "$HTTPS/image" cacert=ca.pem netrc=netrc
	sed -i s/127.0.0.1/elsewhere.example/ netrc
	refused 77 "$HTTPS/image" 'user and a password' cacert=ca.pem netrc=netrc
}

@test "a redirect from https to http is refused: 76" {
	start_hostile root/image
	start_nginx "location /away { return 302 $HOSTILE/ok/x; }"
	refused 76 "$HTTPS/away" 'redirects' cacert=ca.pem
	[ ! -s log ]
}

@test "a redirect from http to https is followed, once" {
	start_nginx
	start_hostile root/image
	serves "$HOSTILE/redirect-to?$HTTPS/image" cacert=ca.pem
	[ "$(grep -c GET log)" = 1 ]
}

@test "a proxy by proxy=: a tunnel for https, requests for http" {
	start_nginx
	start_hostile root/image
	start_tinyproxy
	serves "$HTTPS/image" cacert=ca.pem proxy="$PROXY"
	grep -q "CONNECT ${HTTPS#https://}" tinyproxy.log
	serves "$HOSTILE/ok/x" proxy="$PROXY"
	grep -q "GET $HOSTILE/ok/x" tinyproxy.log
}

@test "a proxy by the environment" {
	start_nginx
	start_hostile root/image
	start_tinyproxy
	https_proxy=$PROXY serves "$HTTPS/image" cacert=ca.pem
	grep -q "CONNECT ${HTTPS#https://}" tinyproxy.log
	http_proxy=$PROXY serves "$HOSTILE/ok/x"
	grep -q "GET $HOSTILE/ok/x" tinyproxy.log
}

@test "noproxy= and no_proxy bypass the proxy" {
	start_hostile root/image
	serves "$HOSTILE/ok/x" proxy=http://127.0.0.1:1 noproxy=127.0.0.1
	http_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 serves "$HOSTILE/ok/x"
	http_proxy=http://127.0.0.1:1 serves "$HOSTILE/ok/x" noproxy='*'
	refused 69 "$HOSTILE/ok/x" 'port 1' proxy=http://127.0.0.1:1
}

@test "a proxy's password: used, never shown, missing" {
	start_nginx
	start_hostile root/image
	start_tinyproxy 'BasicAuth joe hush'
	echo "${PROXY/\/\//\/\/joe:hush@}" >proxy
	start_fetchd "$HTTPS/image" cacert=ca.pem proxy=+proxy
	echo joe:hush >secrets
	no_secret_in /proc/[0-9]*/cmdline /proc/[0-9]*/environ
	is_right
	stop_fetchd
	serves "$HOSTILE/ok/x" proxy=+proxy
	refused 77 "$HTTPS/image" 'the proxy refuses' cacert=ca.pem proxy="$PROXY"
	refused 77 "$HOSTILE/ok/x" 'proxy wants a user' proxy="$PROXY"
}

@test "a proxy that refuses: 69; an unknown one: 68" {
	refused 69 http://127.0.0.1:2/x 'port 1' proxy=http://127.0.0.1:1
	refused 68 http://127.0.0.1:2/x 'proxy' proxy=http://nowhere.invalid:1
}

@test "a restart of the web server causes no read error" {
	start_nginx
	start_fetchd "$HTTPS/image" cacert=ca.pem
	kill "${STARTED[0]}"
	wait "${STARTED[0]}" || :
	background nbdcopy "nbd+unix:///?socket=$SOCK" copy
	background nginx -p "$PWD/nginx" -e "$PWD/nginx/error" -c "$PWD/nginx/conf"
	wait "${STARTED[2]}"
	cmp -n $SIZE root/image copy
}

@test "a replaced image on the server is noticed" {
	start_nginx
	start_fetchd "$HTTPS/image" cacert=ca.pem
	head -c $SIZE /dev/urandom >other
	touch -d yesterday other
	mv other root/image
	fails 1 nbdread "$SOCK" 2000000 512
	wait_until 10 grep -q 'the image changed on the server' fetchd.err
}

@test "SIGTERM ends it within a second during a TLS handshake" {
	start_hostile root/image
	background vm-fetchd -U "$PWD/nbd" "${HOSTILE/http/https}/stall/x"
	wait_until 5 nbdkits_run
	kill "${STARTED[1]}"
	wait "${STARTED[1]}" || :
	nothing_left
}
nbdkits_run() {
	[ -n "$(nbdkits)" ]
}
