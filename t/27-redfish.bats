#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-redfish: HTTP, authentication and the services that are not a slot's.

load helper
load servers
load redfish
load door

# vm-redfish runs as nobody, which must not enter the test's directory.
setup() {
	own_spool
	cd "$SPOOL" || return
}

teardown() {
	cleanup
	remove_spool
}

# cgi METHOD PATH [VARIABLE=VALUE...]: asks vm-redfish through CGI.
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
	for origin in https://evil.example null "https://${BMC#https://}.evil" \
		"http://${BMC#https://}" "x-https://${BMC#https://}"; do
		[ "$(ask POST /redfish/v1/Systems -H "Origin: $origin")" = 403 ]
	done
	[ "$(ask POST /redfish/v1/Systems -H "Origin: $BMC")" = 401 ]
	[ "$(ask GET /redfish/v1/ -H "Origin: https://evil.example")" = 200 ]
	[[ $(header Access-Control-Allow-Origin) = https://127.0.0.1* ]]
	[ "$(ask GET /redfish/v1/ -H "Origin: $BMC")" = 200 ]
	[ "$(header Access-Control-Allow-Origin)" = "$BMC" ]
}

@test "a request that is no SCGI is refused, and the next one answered" {
	local head
	start_redfish
	for head in nonsense 3:abc, 70000:; do
		timeout 5 vm-connect "$PWD/redfish.sock" \
			sh -c 'printf %s "$1"; cat >&2' - $head 2>answer || :
		grep -q '^Status: 400' answer
	done
	[ "$(ask GET /redfish/v1/)" = 200 ]
}

@test "it ends when told, and removes nothing of others" {
	start_redfish
	kill "$REDFISH"
	wait "$REDFISH"
}

# --- with vm-door -----------------------------------------------------------

V1=/redfish/v1
SESSIONS=$V1/SessionService/Sessions
ACCOUNTS=$V1/AccountService/Accounts

@test "a session: made, used, listed and ended" {
	requires_root
	start_both
	session root 0penBmc
	[[ $TOKEN =~ ^[0-9a-f]{40}$ ]]
	[ "$(json '.["@odata.id"]')" = "$SESSION" ]
	[ "$(json '.UserName, .Password')" = $'root\nnull' ]
	not grep -q 0penBmc body
	[ "$(ask GET "$SESSION" -H "X-Auth-Token: $TOKEN")" = 200 ]
	[ "$(ask GET $SESSIONS -H "X-Auth-Token: $TOKEN")" = 200 ]
	[ "$(json '.Members[0]["@odata.id"], .["Members@odata.count"]')" = \
		"$SESSION"$'\n'1 ]
	[ "$(ask GET $SESSIONS -H "X-Auth-Token: 0$TOKEN")" = 401 ]
	[ "$(ask DELETE "$SESSION" -H "X-Auth-Token: $TOKEN")" = 204 ]
	[ ! -s body ]
	[ "$(ask GET "$SESSION" -H "X-Auth-Token: $TOKEN")" = 401 ]
	[ "$(ask GET "$SESSION" "${ROOT[@]}")" = 404 ]
}

@test "a session that can't be made" {
	requires_root
	start_both
	[ "$(post $SESSIONS '{"UserName":"root","Password":"wrong"}')" = 401 ]
	[ "$(message)" = AccessUnauthorized ]
	not grep -q wrong body
	[ -n "$(header WWW-Authenticate)" ]
	[ "$(post $SESSIONS '{"UserName":"root"}')" = 400 ]
	[ "$(message)" = PropertyMissing ]
	[ "$(post $SESSIONS '{"UserName":"root","Password":7}')" = 400 ]
	not grep -q "'7'" body
	[ "$(post $SESSIONS '{"UserName":"root","UserName":"root"}')" = 400 ]
	[ "$(post $SESSIONS '[]')" = 400 ]
	[ "$(post $SESSIONS '{')" = 400 ]
	[ "$(message)" = MalformedJSON ]
	[ "$(ask POST $SESSIONS -d '{}')" = 415 ]
	[ "$(ask POST $SESSIONS)" = 400 ]
}

@test "a password by Basic: right, wrong, and not Base64" {
	requires_root
	start_both
	[ "$(ask GET $V1/AccountService "${ROOT[@]}")" = 200 ]
	[ "$(ask GET $V1/AccountService -u root:wrong)" = 401 ]
	[ "$(ask GET $V1/AccountService -H 'Authorization: Basic !')" = 401 ]
	[ "$(ask GET $V1/AccountService -H 'Authorization: Bearer abc')" = 401 ]
}

@test "what each role may" {
	requires_root
	start_both
	for path in $V1/SessionService $V1/Registries $V1/AccountService/Roles; do
		[ "$(ask GET "$path" -u reader:readonly1)" = 200 ]
	done
	[ "$(patch $V1/SessionService '{"SessionTimeout":600}' -u op:operator1)" = 403 ]
	[ "$(message)" = InsufficientPrivilege ]
	[ "$(ask GET $ACCOUNTS/root -u reader:readonly1)" = 403 ]
	[ "$(ask GET $ACCOUNTS/reader -u reader:readonly1)" = 200 ]
	[ "$(patch $ACCOUNTS/reader '{"RoleId":"Administrator"}' -u reader:readonly1)" = 403 ]
	[ "$(post $ACCOUNTS '{"UserName":"x","Password":"longenough","RoleId":"ReadOnly"}' \
		-u op:operator1)" = 403 ]
	[ "$(ask DELETE $ACCOUNTS/op -u op:operator1)" = 403 ]
	session root 0penBmc
	[ "$(ask DELETE "$SESSION" -u reader:readonly1)" = 403 ]
}

@test "an account: made, changed, and removed" {
	requires_root
	start_both
	[ "$(post $ACCOUNTS \
		'{"UserName":"ann","Password":"first-one","RoleId":"ReadOnly"}' \
		"${ROOT[@]}")" = 201 ]
	[ "$(header Location)" = $ACCOUNTS/ann ]
	[ "$(json '.RoleId, .Enabled, .Password')" = $'ReadOnly\ntrue\nnull' ]
	not grep -q first-one body
	[ "$(post $ACCOUNTS \
		'{"UserName":"ann","Password":"first-one","RoleId":"ReadOnly"}' \
		"${ROOT[@]}")" = 400 ]
	[ "$(message)" = ResourceAlreadyExists ]
	# The name would make $ACCOUNTS/Members, which is another resource.
	[ "$(post $ACCOUNTS '{"UserName":"Members","Password":"first-one","RoleId":"ReadOnly"}' \
		"${ROOT[@]}")" = 400 ]
	[ "$(message)" = PropertyValueError ]
	not grep -q ^Members accounts
	[ "$(patch $ACCOUNTS/ann '{"UserName":"Members"}' "${ROOT[@]}")" = 400 ]
	[ "$(patch $ACCOUNTS/ann '{"Password":"second-one"}' -u ann:first-one)" = 204 ]
	[ "$(ask GET $ACCOUNTS/ann -u ann:first-one)" = 401 ]
	[ "$(patch $ACCOUNTS/ann '{"Enabled":false}' "${ROOT[@]}")" = 204 ]
	[ "$(ask GET $ACCOUNTS/ann -u ann:second-one)" = 401 ]
	[ "$(ask DELETE $ACCOUNTS/ann "${ROOT[@]}")" = 204 ]
	[ "$(ask GET $ACCOUNTS/ann "${ROOT[@]}")" = 404 ]
	[ "$(ask DELETE $ACCOUNTS/root "${ROOT[@]}")" = 400 ]
}

@test "a PATCH that is wrong changes nothing" {
	requires_root
	start_both
	patch_op() {
		patch $ACCOUNTS/op "$1" "${ROOT[@]}"
	}
	[ "$(patch_op '{"RoleId":"ReadOnly","Colour":"red"}')" = 400 ]
	[ "$(message)" = PropertyUnknown ]
	[ "$(json '.error["@Message.ExtendedInfo"][0].RelatedProperties[0]')" = /Colour ]
	[ "$(patch_op '{"RoleId":"ReadOnly","Id":"x"}')" = 400 ]
	[ "$(message)" = PropertyNotWritable ]
	[ "$(patch_op '{"RoleId":"King"}')" = 400 ]
	[ "$(message)" = PropertyValueNotInList ]
	[ "$(patch_op '{"RoleId":"ReadOnly","Enabled":"yes"}')" = 400 ]
	[ "$(message)" = PropertyValueTypeError ]
	[ "$(patch_op '{"Password":"short"}')" = 400 ]
	[ "$(json '.error["@Message.ExtendedInfo"][0].RelatedProperties[0]')" = /Password ]
	for empty in '{}' '{"@odata.id":"/x"}'; do
		[ "$(patch_op "$empty")" = 400 ]
		[ "$(message)" = NoOperation ]
	done
	[ "$(ask GET $ACCOUNTS/op "${ROOT[@]}")" = 200 ]
	[ "$(json '.RoleId, .Enabled')" = $'Operator\ntrue' ]
}

@test "If-Match: only a wrong one is 412, and a POST ignores it" {
	requires_root
	start_both
	[ "$(ask GET $ACCOUNTS/op "${ROOT[@]}")" = 200 ]
	etag=$(header ETag)
	[[ $etag =~ ^\"[0-9a-f]+\"$ ]]
	[ "$(json '.["@odata.etag"]')" = "$etag" ]
	change() {
		patch $ACCOUNTS/op '{"Enabled":true}' "${ROOT[@]}" -H "If-Match: $1"
	}
	for form in "$etag" "W/$etag" "${etag//\"/}" '*'; do
		[ "$(change "$form")" = 204 ]
	done
	[ "$(change '"0000000000000000"')" = 412 ]
	[ "$(message)" = PreconditionFailed ]
	[ "$(ask DELETE $ACCOUNTS/op "${ROOT[@]}" -H 'If-Match: "0"')" = 412 ]
	[ "$(post $SESSIONS '{"UserName":"root","Password":"0penBmc"}' \
		-H 'If-Match: "0"')" = 201 ]
	[ "$(patch $ACCOUNTS/op '{"RoleId":"ReadOnly"}' "${ROOT[@]}")" = 204 ]
	[ "$(change "$etag")" = 412 ]
}

@test "If-None-Match: 304 only where all of a resource is in its ETag" {
	requires_root
	start_both
	for path in $V1/AccountService $V1/AccountService/Roles/Operator; do
		[ "$(ask GET $path "${ROOT[@]}")" = 200 ]
		[ "$(ask GET $path "${ROOT[@]}" -H "If-None-Match: $(header ETag)")" = 304 ]
	done
	# The ETag does not change when an account is locked, or a host's power
	# changes.
	for path in $ACCOUNTS/op $V1/Systems/system; do
		[ "$(ask GET $path "${ROOT[@]}")" = 200 ]
		[ "$(ask GET $path "${ROOT[@]}" -H "If-None-Match: $(header ETag)")" = 200 ]
	done
}

@test "who must change the password can do that, and nothing else" {
	requires_root
	start_both
	session new changeme1
	[ "$(json '.["@Message.ExtendedInfo"][0].MessageId')" = \
		Base.1.22.PasswordChangeRequired ]
	local token=$TOKEN
	[ "$(ask GET $SESSIONS -H "X-Auth-Token: $token")" = 403 ]
	[ "$(message)" = PasswordChangeRequired ]
	[ "$(json '.error["@Message.ExtendedInfo"][0].MessageArgs[0]')" = $ACCOUNTS/new ]
	[ "$(ask GET $ACCOUNTS/root -H "X-Auth-Token: $token")" = 403 ]
	[ "$(ask GET $ACCOUNTS/new -H "X-Auth-Token: $token")" = 200 ]
	[ "$(patch $ACCOUNTS/new '{"Password":"changeme1"}' -H "X-Auth-Token: $token")" = 400 ]
	[ "$(message)" = PropertyValueError ]
	[ "$(ask GET $SESSIONS -H "X-Auth-Token: $token")" = 403 ]
	[ "$(patch $ACCOUNTS/new '{"Password":"better-one"}' -H "X-Auth-Token: $token")" = 204 ]
	[ "$(ask GET $SESSIONS -u new:better-one)" = 200 ]
}

@test "a method that a resource does not have is 405, and Allow names the others" {
	requires_root
	start_both
	for method in POST PUT DELETE BREW; do
		[ "$(ask $method $V1/SessionService "${ROOT[@]}")" = 405 ]
		[ "$(header Allow)" = "GET, HEAD, PATCH" ]
	done
	[ "$(ask GET $V1/Nothing "${ROOT[@]}")" = 404 ]
	[ "$(ask GET $V1/AccountService/Roles/King "${ROOT[@]}")" = 404 ]
	[ "$(ask GET $V1/Registries/Base.9.9 "${ROOT[@]}")" = 404 ]
}

@test "the settings of sessions and accounts" {
	requires_root
	start_both
	[ "$(patch $V1/SessionService '{"SessionTimeout":600}' "${ROOT[@]}")" = 200 ]
	[ "$(json .SessionTimeout)" = 600 ]
	[ "$(patch $V1/SessionService '{"SessionTimeout":-1}' "${ROOT[@]}")" = 400 ]
	[ "$(json '.error["@Message.ExtendedInfo"][0].RelatedProperties[0]')" = \
		/SessionTimeout ]
	[ "$(patch $V1/AccountService '{"MinPasswordLength":12}' "${ROOT[@]}")" = 200 ]
	[ "$(json .MinPasswordLength)" = 12 ]
}

@test "50 requests at once are all answered" {
	requires_root
	start_both
	session root 0penBmc
	seq 50 | xargs -P 50 -I{} curl -sS -o /dev/null -w '%{http_code}\n' \
		-H "X-Auth-Token: $TOKEN" "$BMC$SESSIONS" >statuses
	[ "$(sort statuses | uniq -c | tr -s ' ')" = " 50 200" ]
}

@test "more requests at once than it may have are told to come again" {
	requires_root
	start_redfish -n 1
	# A request that never completes holds the only place.
	background vm-connect "$PWD/redfish.sock" sleep 1000
	wait_until 10 has_child "$REDFISH"
	[ "$(ask GET /redfish/v1/)" = 503 ]
	[ -n "$(header Retry-After)" ]
	[ "$(message)" = ServiceTemporarilyUnavailable ]
}
has_child() {
	[ -n "$(pgrep -P "$1")" ]
}

@test "it runs as its user, with no rights, no core dumps and no other programs" {
	requires_root
	start_redfish
	grep -qx $'Uid:\t65534\t65534\t65534\t65534' "/proc/$REDFISH/status"
	grep -qx $'NoNewPrivs:\t1' "/proc/$REDFISH/status"
	grep -qx $'CapEff:\t0000000000000000' "/proc/$REDFISH/status"
	grep -q '^Max core file size *0 *0 ' "/proc/$REDFISH/limits"
	[ "${BUILD##*/}" = san ] || grep -qx $'Seccomp:\t2' "/proc/$REDFISH/status"
}
