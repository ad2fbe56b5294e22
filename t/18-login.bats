#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-fetchd's way to an image over HTTP: URLs as people paste them, logins,
# tokens, cookies and redirects.

load helper
load servers

setup() {
	own_directory
	head -c $((3 * MIB)) /dev/urandom >image
	start_hostile image
}

# serves URL [ARGUMENT...]: vm-fetchd serves the right bytes.
serves() {
	serves_file image "$@"
}
# start_digest: lighttpd serves the image at $DIGEST/image to joe, by Digest.
start_digest() {
	local port
	port=$(free_port)
	mkdir -p root
	cp image root/image
	printf 'joe:vm:%s\n' "$(printf 'joe:vm:a@b/c' | md5sum | cut -d ' ' -f 1)" \
		>htdigest
	cat >lighttpd.conf <<-END
		server.modules = ("mod_auth", "mod_authn_file", "mod_accesslog")
		server.document-root = "$PWD/root"
		server.bind = "127.0.0.1"
		server.port = $port
		accesslog.filename = "$PWD/access"
		auth.backend = "htdigest"
		auth.backend.htdigest.userfile = "$PWD/htdigest"
		auth.require = ("" => ("method" => "digest", "realm" => "vm",
			"require" => "valid-user"))
	END
	background lighttpd -D -f lighttpd.conf
	DIGEST=http://127.0.0.1:$port
	wait_until 10 eval 'curl -s -o /dev/null "$DIGEST"'
}

# --- tokens ----------------------------------------------------------------

@test "header=: a token reaches the server with every request" {
	printf 'X-Token: hush1\r\n\nX-Other: x' >headers
	serves "$HOSTILE/token/hush1/x" header=+headers
	[ "$(grep -c 'token=sent' log)" = "$(grep -c 'GET /token' log)" ]
	printf 'Authorization: Bearer hush1\n' >headers
	serves "$HOSTILE/bearer/hush1/x" header=-9 9<headers
}

@test "header=: no other host gets it, not even after a redirect" {
	local other=${HOSTILE/127.0.0.1/localhost}
	echo 'X-Token: hush1' >headers
	serves "$HOSTILE/redirect-to/x?$other/ok/x" header=+headers
	grep -q 'GET /redirect-to.* token=sent' log
	[ "$(grep -c 'GET /ok' log)" -ge 2 ]
	not grep 'GET /ok.* token=sent' log
	# The same host in other letter case is not another host.
	: >log
	serves "${HOSTILE/127.0.0.1/LocalHost}/redirect/token/hush1/x" \
		header=+headers
	[ "$(grep -c 'GET /token.* token=sent' log)" -ge 2 ]
}

@test "header=: no argv, environment, message or description shows it" {
	echo 'X-Token: hush1' >headers
	echo hush1 >secrets
	start_fetchd "$HOSTILE/ok/x" header=+headers
	nbdread -d "$SOCK" >description
	no_secret_in /proc/"$(nbdkits)"/cmdline /proc/"$(nbdkits)"/environ \
		/proc/"$FETCHD"/environ fetchd.err description
	stop_fetchd
	refused 77 "$HOSTILE/status/403/x" 'HTTP 403' header=+headers
	no_secret_in stderr
}

@test "header=: what is no header, or would change the answer, is refused" {
	local line
	for line in hush1 ': hush1' 'X Y: hush1' 'X-Token:' 'Range: bytes=0-1' \
		'host: hush1' $'X: a\001hush1'; do
		printf 'A: b\n%s\n' "$line" >headers
		refused 65 "$HOSTILE/ok/x" 'line 2 of the headers' header=+headers
		not grep hush1 stderr
	done
	fails 64 vm-fetchd "$HOSTILE/ok/x" 'header=X: hush1'
	not grep hush1 stderr
	fails 66 vm-fetchd "$HOSTILE/ok/x" header=+no-such-file
}

# --- cookies and redirects -------------------------------------------------

@test "a redirect that sets a cookie and comes back is no loop" {
	serves "$HOSTILE/cookie/x"
	[ "$(grep -c 'status=302' log)" = 1 ]
}

@test "a server that sets cookie after cookie takes no memory with them" {
	local before after
	truncate -s 4G image
	start_hostile image
	start_fetchd "$HOSTILE/cookies/x" cache=4M
	nbdread -n 50 "$SOCK"
	before=$(awk '/VmRSS/ { print $2 }' "/proc/$(nbdkits)/status")
	nbdread -n 600 -r 2 "$SOCK"
	[ "$(grep -c GET log)" -gt 500 ]
	after=$(awk '/VmRSS/ { print $2 }' "/proc/$(nbdkits)/status")
	echo "$before $after KiB"
	[ $((after - before)) -lt 4000 ] # for 24,000 cookies
}

@test "ten redirects are followed, eleven are not: 76" {
	serves "$HOSTILE/hops/10/ok/x"
	refused 76 "$HOSTILE/hops/11/ok/x" 'redirects more than ten times'
}

# --- logins ----------------------------------------------------------------

@test "Digest, where the server wants it" {
	start_digest
	printf 'a@b/c' >password
	serves "$DIGEST/image" user=joe password=+password
	# At most one refusal for each connection, not one for each read.
	[ "$(grep -c ' 401 ' access)" -le 10 ]
	serves "${DIGEST/\/\//\/\/joe:a%40b%2Fc@}/image"
	printf 'machine 127.0.0.1 login joe password a@b/c' >netrc
	serves "$DIGEST/image" netrc=netrc
	printf wrong >password
	refused 77 "$DIGEST/image" 'or rejects those given (HTTP 401, Digest)' \
		user=joe password=+password
	refused 77 "$DIGEST/image" 'or rejects those given (HTTP 401, Digest)'
}

@test "a 401 names the login that the server wants: 77" {
	echo x >password
	refused 77 "$HOSTILE/auth/joe/hush/x" '(HTTP 401, Basic)'
	refused 77 "$HOSTILE/bearer/hush/x" 'wants a token, or rejects the one given (HTTP 401, Bearer)'
	refused 77 "$HOSTILE/wants/Negotiate/x" 'wants a Kerberos ticket (HTTP 401, Negotiate)'
	refused 77 "$HOSTILE/wants/NTLM/x" '(HTTP 401, NTLM)' user=joe password=+password
}

@test "Negotiate at a real server: with a Kerberos ticket, and not without" {
	local url
	# nbdkit's user must be able to read the ticket.
	[ "$(id -u)" != 0 ] || chmod 755 . .. ../..
	start_kerberos
	mkdir root
	cp image root/image
	start_apache "$(printf 'LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n' \
		authn_core authn_core authz_user authz_user auth_gssapi auth_gssapi)" \
		"<Location />" "AuthType GSSAPI" "AuthName test" \
		"GssapiCredStore keytab:$PWD/keytab" "Require valid-user" \
		"</Location>"
	url=http://localhost:${APACHE##*:}/image
	refused 77 "$url" 'wants a Kerberos ticket (HTTP 401, Negotiate)'
	echo secret | kinit joe >/dev/null
	chmod 644 ccache
	serves "$url"
	kdestroy
	refused 77 "$url" 'wants a Kerberos ticket (HTTP 401, Negotiate)'
}
