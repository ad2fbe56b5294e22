# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# vm-redfish behind nginx, for tests. Load `helper` and `servers` first.

# start_redfish [OPTION...]: starts vm-redfish, which answers by SCGI behind
# nginx; its address is $BMC ("https://127.0.0.1:PORT"), and curl trusts its
# certificate.
start_redfish() {
	[ -e server.pem ] || openssl req -x509 -newkey ec \
		-pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
		-keyout server.key -out server.pem 2>/dev/null
	rm -f redfish.out
	background vm-redfish -u nobody -s "$PWD/redfish.sock" "$@" \
		>redfish.out 2>redfish.err
	REDFISH=${STARTED[-1]}
	wait_until 10 is_true_or_ended "$REDFISH" test -s redfish.out
	[ -s redfish.out ] || { cat redfish.err >&2 && return 1; }
	start_nginx "location /redfish { include /etc/nginx/scgi_params;" \
		"scgi_pass unix:$PWD/redfish.sock; client_max_body_size 1m; }"
	export CURL_CA_BUNDLE=$PWD/server.pem
	BMC=$HTTPS
}

# ask METHOD PATH [CURL-OPTION...]: prints the HTTP status. The answer's header
# goes to ./head, its body to ./body.
ask() {
	local method=$1 path=$2
	shift 2
	[ "$method" != HEAD ] || set -- -I "$@"
	curl -sS -X "$method" -D head -o body -w '%{http_code}' "$@" "$BMC$path"
}

# header NAME: prints that header field of the answer.
header() {
	sed -n "s/^$1: //Ip" head | tr -d '\r'
}

# message: prints the id of the answer's first message, without its registry.
message() {
	jq -r '.error["@Message.ExtendedInfo"][0].MessageId' body | sed 's/.*\.//'
}

# start_both: starts vm-door with the accounts of make_accounts (load
# t/door.bash, too), and vm-redfish.
start_both() {
	make_accounts
	start_door -u nobody
	start_redfish "$@"
	ROOT=(-u root:0penBmc)
}

# json JQ-FILTER: prints what the filter makes of the body.
json() {
	jq -r "$1" body
}

# post PATH JSON [CURL-OPTION...], patch PATH JSON [CURL-OPTION...]: as ask,
# with a body.
post() {
	ask POST "$1" -H 'Content-Type: application/json' -d "$2" "${@:3}"
}
patch() {
	ask PATCH "$1" -H 'Content-Type: application/json' -d "$2" "${@:3}"
}

# session USER PASSWORD: logs in. Sets TOKEN, and sets SESSION to the session's
# path.
session() {
	[ "$(post /redfish/v1/SessionService/Sessions \
		"{\"UserName\":\"$1\",\"Password\":\"$2\"}")" = 201 ]
	TOKEN=$(header X-Auth-Token)
	SESSION=$(header Location)
}
