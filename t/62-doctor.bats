#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What vmctl says to do when an image cannot be opened: each row of the table in
# scripts/lib/remedy.sh, from a server that fails like that.

load helper
load servers

setup() {
	export VM_RUN_DIR=$BATS_TEST_TMPDIR/run VM_CONF=$BATS_TEST_TMPDIR/conf
	export TMPDIR=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR" || return
	mkdir root
	head -c 5000 /dev/urandom >root/image
}
teardown() {
	cleanup
}

# remedy TEXT [OPTION...] URL: doctor fails with a line that has TEXT behind the
# reason. Of vm-fetchd and vmctl, who both count --timeout, either may give up.
remedy() {
	local want=$1 rc=0 line
	shift
	vmctl doctor "$@" >out 2>err || rc=$?
	cat err >&2
	line=$(grep '^FAIL .*\(unable to open\|gave up after\)' out)
	echo "$line" >&2
	[ "$rc" = 1 ] && [[ $line == *": "*": "*"$want"* ]]
}

# start_tls [OPTION...]: `openssl s_server` listens at https://127.0.0.1:$PORT.
start_tls() {
	PORT=$(free_port)
	background openssl s_server -quiet -accept "127.0.0.1:$PORT" \
		-cert server.pem -key server.key "$@" </dev/null >tls.out 2>&1
	wait_until 10 eval 'grep -q ":$(printf %04X "$PORT") 00000000:0000 0A" /proc/net/tcp'
}

@test "doctor: each HTTP status has its own remedy" {
	local status
	start_hostile root/image
	declare -A words=(
		[400]="is it https://" [401]="use --user and --password"
		[402]="wants to be paid" [403]="ask for permission"
		[404]="check the path" [405]="must allow GET"
		[406]="no such format" [407]="use --proxy"
		[408]="try again" [409]="somebody changes the image"
		[410]="look for a newer version" [412]="mount the image again"
		[414]="use a shorter URL" [417]="which requests it allows"
		[418]="does not like this request" [421]="use the name in the URL"
		[423]="somebody changes the image" [425]="try again"
		[426]="must allow HTTP/1.1" [429]="try again later"
		[431]="use fewer or shorter lines"
		[451]="may not give it out" [500]="the error is on the server"
		[501]="must allow GET" [505]="must allow HTTP/1.1"
	)
	for status in "${!words[@]}"; do
		remedy "${words[$status]}" --timeout 5 "$HOSTILE/status/$status/x"
	done
}

@test "doctor: each login that a 401 names has its own remedy" {
	start_hostile root/image
	remedy "use --user and --password, or --netrc" "$HOSTILE/auth/a/b/x"
	remedy "use --header with a file" "$HOSTILE/bearer/a/x"
	remedy "use a server that takes Basic" "$HOSTILE/wants/Negotiate/x"
	remedy "NTLM is not supported" "$HOSTILE/wants/NTLM/x"
	remedy "use --user and --password, or --header" "$HOSTILE/wants/Other/x"
}

@test "doctor: the server, the network and the image" {
	start_hostile root/image
	remedy "use a server that knows range requests" "$HOSTILE/ignore-range/x"
	remedy "use the link of the image itself" "$HOSTILE/html206/x"
	remedy "check the network" http://127.0.0.1:1/x
	remedy "check the host's name" http://no-such-host.invalid/x
	remedy "check --proxy" --proxy http://no-such-host.invalid:1 http://127.0.0.1/x
	# A word in the URL is no reason.
	remedy "check the network" "http://127.0.0.1:1/SSL certificate.iso"
}

@test "doctor: plain HTTP on a TLS port, and TLS on an HTTP port" {
	make_cert server
	start_nginx
	remedy "is it https:// and not http://?" "${HTTPS/https/http}/image"
	remedy "is it https:// and not http://?" "${HTTPS/https/Http}/image"
	start_tls
	remedy "is it https:// and not http://?" "http://127.0.0.1:$PORT/image"
	start_hostile root/image
	remedy "is it http:// and not https://?" "${HOSTILE/http/https}/ok/x"
	printf 'server.port = %s\nserver.bind = "127.0.0.1"\nserver.document-root = "%s"\n' \
		"$(free_port)" "$PWD/root" >lighttpd.conf
	background lighttpd -D -f lighttpd.conf
	PORT=$(sed -n 's/^server.port = //p' lighttpd.conf)
	wait_until 10 curl -s -o /dev/null "http://127.0.0.1:$PORT/"
	remedy "is it http:// and not https://?" "https://127.0.0.1:$PORT/image"
}

@test "doctor: certificates: unknown CA, self-signed, name, expired, too early" {
	make_cert server
	start_nginx
	remedy "use --cacert with the certificate of the CA" "$HTTPS/image"
	make_cert server DNS:elsewhere.example
	start_nginx
	remedy "use the name that the server has in its certificate" \
		--cacert ca.pem "$HTTPS/image"
	make_cert server '' 200101 210101
	start_nginx
	remedy "renew the server's certificate, or set this machine's clock" \
		--cacert ca.pem "$HTTPS/image"
	make_cert server '' "$(date -u -d '2 days' +%y%m%d)" 491231
	start_nginx
	remedy "set this machine's clock" --cacert ca.pem "$HTTPS/image"
	cp ca.pem server.pem
	cp ca.key server.key
	start_nginx
	remedy "use --cacert with the certificate of the CA" "$HTTPS/image"
}

@test "doctor: a weak certificate, old TLS, and a server without that name" {
	openssl req -x509 -newkey rsa:1024 -nodes -keyout server.key \
		-out server.pem -days 3 -subj /CN=localhost \
		-addext subjectAltName=IP:127.0.0.1 2>/dev/null
	start_tls -cipher DEFAULT@SECLEVEL=0
	remedy "the server needs a new certificate" --cacert server.pem \
		"https://127.0.0.1:$PORT/image"
	make_cert server
	start_tls -tls1_1 -cipher DEFAULT@SECLEVEL=0
	remedy "the server knows only old TLS" --cacert ca.pem \
		"https://127.0.0.1:$PORT/image"
	start_nginx "ssl_reject_handshake on;"
	remedy "use the server's name in the URL, not its address" \
		--cacert ca.pem "$HTTPS/image"
}

@test "doctor: a client certificate is wanted, by TLS 1.3, 1.2 and HTTP" {
	make_cert server
	start_tls -Verify 1 -verify_return_error -CAfile ca.pem
	remedy "does the server want a certificate? use --cert and --key" \
		--cacert ca.pem "https://127.0.0.1:$PORT/image"
	start_tls -tls1_2 -Verify 1 -verify_return_error -CAfile ca.pem
	remedy "does the server want a certificate? use --cert and --key" \
		--cacert ca.pem "https://127.0.0.1:$PORT/image"
	start_nginx "ssl_client_certificate $PWD/ca.pem; ssl_verify_client on;"
	remedy "does the server want a certificate? use --cert and --key" \
		--cacert ca.pem "$HTTPS/image"
	remedy "check --cert, --key and --cacert" --cacert ca.pem \
		--cert server.pem --key ca.key "$HTTPS/image"
}

@test "doctor: NFS permissions" {
	requires_root
	start_nfs
	head -c 5000 /dev/urandom >"$NFS_DIR/image"
	chmod 600 "$NFS_DIR/image"
	remedy "export it to this machine" "$NFS/image$NFS_ARGS"
	kill -KILL "$NFSD"
	rm -rf "${NFS_DIR:?}"
}

@test "doctor: SMB: a wrong password, and a server that knows SMB 1 only" {
	requires_root
	chmod 755 . .. ../..
	start_smb
	cp root/image share/image
	echo wrong >wrong
	remedy "check --user, --password and --domain" -u root -P wrong \
		"$SMB/closed/image"
	kill -KILL -- "-$SMBD"
	wait "$SMBD" || :
	sed -i 's/^\[global\]/&\nserver min protocol = NT1\nserver max protocol = NT1/' \
		smb.conf
	background smbd -F -s smb.conf -l samba >/dev/null 2>&1
	SMBD=${STARTED[-1]}
	wait_until 20 smbclient -N -p "${SMB##*:}" \
		--option='client min protocol=NT1' //127.0.0.1/open -c ls
	remedy "switch on SMB 2 or 3 on the server" "$SMB/open/image"
	kill -KILL -- "-$SMBD"
}

@test "the remedy stands in the message of a failed mount or probe, too" {
	make_cert server
	start_nginx
	fails 77 vmctl probe "$HTTPS/image"
	grep -q "local issuer certificate: use --cacert with" stderr
	# As vm-slot answers.
	# shellcheck disable=SC2016 # for the inner shell to expand
	URL=$HTTPS/image REQ=. run -77 sh -c '
		. "$1/common.sh" && . "$1/remedy.sh" && . "$1/slot.sh"
		WHY=$2
		mount_failed 77' sh "$BUILD/lib/vmedia" \
		"vm-fetchd: unable to open $HTTPS/image: self-signed certificate"
	[[ $output == *"self-signed certificate: use --cacert with"* ]]
}
