# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What may help when an image cannot be opened. It depends on the reason that
# vm-fetchd gave, or else on CAUSE. Sourced by vmctl, after cause.sh.

CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt

# remedy_for STATUS WHY: print what may help; URL is the image's.
remedy_for() {
	local remedy
	remedy=$(remedy_for_reason "$2")
	printf '%s\n' "${remedy:-$(remedy_for_cause \
		"${CAUSE:-$(usual_cause "$1")}")}"
}

# remedy_for_reason WHY: the same, or nothing if WHY is not listed.
remedy_for_reason() {
	# Cut off the URL before it, which may have any of these words.
	set -- "${1##*"$URL: "}"
	case $CAUSE-$1 in
	*"(HTTP "[1-9]*) remedy_for_http "$1" ;;
	*"proxy refuses"* | *"resolve proxy"*)
		echo "check --proxy, or add the host to no_proxy" ;;
	tls-* | *"HTTP/0.9"* | *"Empty reply"*) remedy_for_tls "$1" ;;
	ranges-*) echo "use a server that supports range requests, or make room" ;;
	*"web page"*) echo "use the link of the image itself; it may need a login" ;;
	*"the server forbids it (permissions"*)
		echo "export it to this machine (on Linux, with the option" \
			"insecure), or add the IDs of its owner to the URL:" \
			"?uid=N&gid=N" ;;
	*"wrong user or password"*)
		echo "check --user, --password and --domain" ;;
	*"SMB 1 only"*) echo "switch on SMB 2 or 3 on the server" ;;
	esac
}

# remedy_for_http WHY: ... for an answer "(HTTP NNN...".
remedy_for_http() {
	local status
	status=${1##*"(HTTP "}
	case ${status%%[!0-9]*} in
	400) remedy_for_400 ;;
	401) remedy_for_login "$status" ;;
	402) echo "the server asks for payment: ask its operator" ;;
	403) echo "ask for permission, or for a new link if this one has expired" ;;
	404) echo "check the path in the URL" ;;
	405 | 501) echo "the server must allow GET for this path" ;;
	406) echo "the server has no such format: use the link of the image itself" ;;
	407) echo "use --proxy http://USER:PASSWORD@HOST:PORT" ;;
	408 | 425) echo "try again" ;;
	409 | 423) echo "somebody is changing the image: try again later" ;;
	410) echo "look for a newer version of the image" ;;
	412) echo "mount the image again" ;;
	414) echo "use a shorter URL" ;;
	416) echo "the file on the server has another size now: check it" ;;
	417 | 428) echo "ask the server's operator which requests it allows" ;;
	421) echo "in the URL, use the name in the server's certificate" ;;
	426 | 505)
		echo "the server must allow HTTP/1.1, or the URL must begin" \
			"with https://"
		;;
	429) echo "try again later, or set connections lower in $CONF" ;;
	431) echo "use fewer or shorter lines with --header" ;;
	451) echo "the law forbids the server to give it out: use another server" ;;
	4*) echo "the server refuses this request: see its log" ;;
	503) echo "try again later, or use a longer --timeout" ;;
	5*) echo "the error is on the server: try again, or see its log" ;;
	esac
}

# remedy_for_400: a server says this on a TLS port to a client that speaks plain
# HTTP; some say it to a client without a certificate.
remedy_for_400() {
	case $URL in
	[Hh][Tt][Tt][Pp]:*) echo "is it https:// and not http://?" ;;
	*) echo "does the server want a certificate? use --cert and --key" ;;
	esac
}

# remedy_for_login WHY: WHY names the ways to log in that the server accepts.
remedy_for_login() {
	case $1 in
	*Basic* | *Digest*) echo "use --user and --password, or --netrc" ;;
	*Bearer*) echo "use --header with a file that has the line" \
		"Authorization: Bearer TOKEN" ;;
	*Negotiate*) echo "use a server that accepts Basic or Digest, or use" \
		"a token with --header" ;;
	*NTLM*) echo "NTLM is not supported: use a server that accepts Basic" \
		"or Digest, or use a token with --header" ;;
	*) echo "use --user and --password, or --header with a token" ;;
	esac
}

# remedy_for_tls WHY: ... for a TLS connection that failed.
remedy_for_tls() {
	case $1 in
	*"certificate has expired"*)
		echo "renew the server's certificate, or set this machine's clock" ;;
	*"not yet valid"*) echo "set this machine's clock" ;;
	*"too weak"*)
		echo "the server needs a new certificate: a key of 2048 bits or" \
			"more, and SHA-256" ;;
	*"matches target host"*)
		echo "in the URL, use the name in the server's certificate" ;;
	*issuer* | *self-signed*) remedy_for_issuer ;;
	*"certificate required"* | *"handshake failure"* | *"bad certificate"*)
		echo "does the server want a certificate? use --cert and --key" ;;
	*"unrecognized name"*)
		echo "use the server's name in the URL, not its address" ;;
	*"legacy sigalg"* | *"unsupported protocol"* | *"protocol version"* | \
		*"internal error"*)
		echo "the server is too old: it must support TLS 1.2 or newer" ;;
	*"wrong version number"* | *SSL_ERROR_SYSCALL* | *"unexpected eof"*)
		echo "is it http:// and not https://?" ;;
	*"HTTP/0.9"* | *"Empty reply"*) echo "is it https:// and not http://?" ;;
	*) echo "check --cert, --key and --cacert" ;;
	esac
}

remedy_for_issuer() {
	if [ ! -f "$REQ/cacert" ] && [ ! -f $CA_BUNDLE ]; then
		echo "install the package ca-certificates, or use --cacert"
	else
		echo "use --cacert with the certificate of the CA that signed it"
	fi
}

remedy_for_cause() {
	case $1 in
	usage) echo "check the URL" ;;
	missing) echo "check the path in the URL" ;;
	name) echo "check the host's name and /etc/resolv.conf" ;;
	unreachable)
		echo "check the network, the port, and any firewall on the way" ;;
	busy | locked | timeout) echo "try again, or use a longer --timeout" ;;
	credentials | forbidden) echo "check --user, --cacert and the clock" ;;
	server | internal) echo "check the server's log" ;;
	*) echo "use another server or another image" ;;
	esac
}

# with_remedy WHY: print it as a message, with what may help if that is known.
# Name an image of the store by its name, not by its path.
with_remedy() {
	local remedy
	[ ! -f "$REQ/image" ] ||
		set -- "$(renamed "$1" "$(read_value "$REQ/url")" "$URL")"
	remedy=$(remedy_for_reason "$1")
	case $remedy-$1 in
	-*"gave up after "*) remedy="use a longer --timeout" ;;
	esac
	printf '%s\n' "$1${remedy:+: $remedy}"
}
