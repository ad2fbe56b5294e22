#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-redfish: HTTP, authentication and the services that are not a slot's.

load helper
load servers
load redfish

setup() {
	own_directory
	# vm-redfish runs as nobody here.
	chmod 755 .
}

# cgi METHOD PATH [VARIABLE=VALUE...]: asks vm-redfish by CGI.
cgi() {
	local method=$1 path=$2
	shift 2
	env -i GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD="$method" \
		REQUEST_URI="$path" HTTP_HOST=bmc "$@" "$BUILD/bin/vm-redfish" -u nobody
}

@test "wrong usage exits 64" {
	run -64 vm-redfish -d floppy
	run -64 vm-redfish -n 0
	run -64 vm-redfish extra
	run -64 vm-redfish -x
}

@test "without its user, or where something else listens, it says what to type" {
	requires_root
	run -67 vm-redfish -u no-such-user -s sock
	[[ $output = *"use -u for another"* ]]
	background vm-redfish -u nobody -s other >out
	wait_until 10 test -s out
	run -75 vm-redfish -u nobody -s other
	[[ $output = *"use -s for another"* ]]
}

@test "CGI: everybody may read the root and what describes it" {
	for path in /redfish /redfish/ /redfish/v1 /redfish/v1/ /redfish/v1/odata; do
		cgi GET "$path" >answer
		grep -q '^Status: 200 OK' answer
		grep -q '^OData-Version: 4.0' answer
		sed '1,/^\r$/d' answer | jq -e . >/dev/null
	done
	cgi GET "/redfish/v1/\$metadata" >answer
	grep -q '^Content-Type: application/xml' answer
	sed '1,/^\r$/d' answer | xmllint --noout -
}

@test "SCGI: the service root is the same with a slash, by HEAD and with a body" {
	start_redfish
	[ "$(ask GET /redfish)" = 200 ]
	[ "$(cat body)" = '{"v1":"/redfish/v1/"}' ]
	[ "$(ask GET /redfish/v1)" = 200 ]
	mv body first
	[ "$(jq -r '.["@odata.id"]' first)" = /redfish/v1/ ]
	[ "$(ask GET /redfish/v1/ -d '{}')" = 200 ]
	cmp body first
	[ "$(ask HEAD /redfish/v1/)" = 200 ]
	[ "$(header Content-Length)" = "$(stat -c %s first)" ]
	[ "$(header Allow)" = "GET, HEAD" ]
	[[ $(header Link) = "<http"*".json>; rel=describedby" ]]
}

@test "without credentials all else is 401" {
	start_redfish
	for path in /redfish/v1/Systems /redfish/v1/Nothing /redfish/v2 \
		/redfish/v1/AccountService/Accounts/root; do
		[ "$(ask GET "$path")" = 401 ]
		[[ $(header WWW-Authenticate) = Basic* ]]
		[ "$(message)" = NoValidSession ]
	done
	[ "$(ask DELETE /redfish/v1/)" = 401 ]
	[ "$(ask GET /redfish/v1/Systems -H 'X-Auth-Token;')" = 401 ]
}

@test "a \$ query is 501, and another is ignored" {
	start_redfish
	[ "$(ask GET '/redfish/v1/?x=$y&only')" = 200 ]
	[ "$(ask GET '/redfish/v1?a&$expand=*')" = 501 ]
	[ "$(message)" = QueryParameterUnsupported ]
	[ "$(jq -r '.error["@Message.ExtendedInfo"][0].MessageArgs[0]' body)" = \
		"\$expand" ]
}

@test "another OData-Version than 4.0 is 412" {
	start_redfish
	[ "$(ask GET /redfish/v1/ -H 'OData-Version: 4.0')" = 200 ]
	[ "$(ask GET /redfish/v1/ -H 'OData-Version: 4.1')" = 412 ]
}

@test "a change that comes from a page of another site is 403" {
	start_redfish
	for origin in https://evil.example null "https://${BMC#https://}.evil"; do
		[ "$(ask POST /redfish/v1/Systems -H "Origin: $origin")" = 403 ]
	done
	[ "$(ask POST /redfish/v1/Systems -H "Origin: $BMC")" = 401 ]
	[ "$(ask GET /redfish/v1/ -H "Origin: https://evil.example")" = 200 ]
	[[ $(header Access-Control-Allow-Origin) = https://127.0.0.1* ]]
	[ "$(ask GET /redfish/v1/ -H "Origin: $BMC")" = 200 ]
	[ "$(header Access-Control-Allow-Origin)" = "$BMC" ]
}

@test "a request that is no SCGI is refused, and the next one answered" {
	start_redfish
	printf 'nonsense' | vm-connect "$PWD/redfish.sock" cat >answer || :
	printf '3:abc,' | vm-connect "$PWD/redfish.sock" cat >answer || :
	[ "$(ask GET /redfish/v1/)" = 200 ]
}

@test "it ends when told, and removes nothing of others" {
	start_redfish
	kill "$REDFISH"
	wait "$REDFISH"
}
