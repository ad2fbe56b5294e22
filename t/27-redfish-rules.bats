#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The rules of DSP0266, of the schemas, and of Ironic's interoperability
# profile, on every resource, as DMTF's three validators test them: over TLS,
# through nginx with the files that vmedia installs. Slot 0 has an image, and
# slot 1 is empty.

load helper
load web
load redfish
load door

V1=/redfish/v1
SLOTS=$V1/Systems/system/VirtualMedia

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 50 head body || :
	cleanup
}
setup() {
	requires_root
	own_directory
	start_service
	export CURL_CA_BUNDLE=$PWD/etc/web.pem
	BMC=$AT
	session root 0penBmc
	ADMIN=(-H "X-Auth-Token: $TOKEN")
	[ "$(post $SLOTS/Slot_0/Actions/VirtualMedia.InsertMedia \
		'{"Image":"http://h.example/x.iso"}' "${ADMIN[@]}")" = 204 ]
}

# links: prints the paths that the body links to.
links() {
	jq -r '.. | objects | .["@odata.id"]? // empty, (.Uri? // empty)' body
}

# each_resource COMMAND...: follows the links from the root, in their order, and
# calls COMMAND with each path after a GET of it.
each_resource() {
	local todo=($V1/) path seen=" "
	while [ "${#todo[@]}" -gt 0 ]; do
		path=${todo[0]} todo=("${todo[@]:1}")
		case $seen in *" $path "*) continue ;; esac
		seen+="$path "
		[ "$(ask GET "$path" "${ADMIN[@]}")" = 200 ]
		mapfile -t -O "${#todo[@]}" todo < <(links)
		"$@" "$path"
	done
}

# is_right METHOD: an answer, in ./head and ./body, has the headers of every
# answer; if it is an error, it has every part of one.
is_right() {
	local status
	status=$(sed -n '1s,^HTTP/[0-9.]* \([0-9]*\).*,\1,p' head)
	[ "$(header OData-Version)" = 4.0 ]
	[ -n "$(header Cache-Control)" ]
	[ -z "$(header Set-Cookie)" ]
	case $status in
	204 | 304) [ ! -s body ] ;;
	401) [[ $(header WWW-Authenticate) == Basic\ realm=* ]] ;;
	405) [ -n "$(header Allow)" ] ;;
	503) [ -n "$(header Retry-After)" ] ;;
	esac
	if [ "$1" = HEAD ] || [ ! -s body ]; then
		return
	fi
	[[ $(header Content-Type) == application/@(json|xml)\;charset=utf-8 ]]
	[ "$(header Content-Length)" = "$(stat -c %s body)" ]
	[ "$status" -lt 400 ] || jq -e '.error | (.code | test("^Base\\.1\\.22\\.[A-Z]"))
		and (.message | length > 0) and (."@Message.ExtendedInfo" | length > 0
		and all(."@odata.type" == "#Message.v1_1_1.Message"
			and (.MessageId | test("^Base\\.1\\.22\\.[A-Z][A-Za-z]+$"))
			and (.Message | length > 0 and (contains("%") | not))
			and (.MessageArgs | type == "array" and all(type == "string"))
			and .Severity == .MessageSeverity and (.Severity | test("^(Critical|Warning)$"))
			and (.Resolution | length > 0) and (.Resolution != "None.")))' body
}

# answers STATUS METHOD PATH [CURL-OPTION...]: asks, and checks the answer.
answers() {
	local got
	got=$(ask "${@:2}")
	[ "$got" = "$1" ] || {
		echo "$got, not $1: ${*:2}" >&2
		return 1
	}
	is_right "$2"
}

# --- reading ----------------------------------------------------------------------

# check_resource PATH: every rule for a resource that can be read.
check_resource() {
	local path=$1 type allow method options=(-H "Content-Type: application/json" -d '{}')
	echo "$path" >>tree
	cp body first
	is_right GET
	allow=", $(header Allow),"
	[[ $allow == *", GET, HEAD,"* ]]
	# The registry and our own schemas are files, not resources.
	case $path in
	*/Registries/*/*) ;;
	*)
		type=$(json '.["@odata.type"]')
		[ "$(json '.["@odata.id"]')" = "$path" ]
		[ -n "$(json '.Name // empty')" ]
		[ "$(header Link)" = "<http://redfish.dmtf.org/schemas/v1/$(sed \
			's/^#\(.*\)\..*/\1/' <<<"$type").json>; rel=describedby" ]
		[ -z "$(header ETag)" ] || [ "$(header ETag)" = "$(json '.["@odata.etag"]')" ]
		case $type in *Collection) [ "$(json '.Members | length')" = \
			"$(json '.["Members@odata.count"]')" ] ;;
		esac
		jq -r '.. | objects | ."@odata.type"? // empty' body >>types
		;;
	esac
	answers 200 GET "${path%/}/" "${ADMIN[@]}" -d '{}' -H 'Accept:'
	cmp body first
	answers 200 HEAD "$path" "${ADMIN[@]}"
	[ "$(header Content-Length)" = "$(stat -c %s first)" ]
	[ ", $(header Allow)," = "$allow" ]
	for method in POST PATCH DELETE; do
		[[ $allow == *", $method,"* ]] ||
			answers 405 $method "$path" "${ADMIN[@]}" "${options[@]}"
	done
	case $path in $V1/) return ;; esac
	answers 401 GET "$path"
	for method in POST PATCH DELETE; do
		case "$method $path" in "POST "*/Sessions) continue ;; esac
		[[ $allow != *", $method,"* ]] ||
			answers 401 $method "$path" "${options[@]}"
	done
}

@test "each resource: its names, headers, methods, HEAD, a slash at its end, and 401" {
	each_resource check_resource
	[ "$(ask GET $SLOTS/Slot_0 "${ADMIN[@]}")" = 200 ]
	[ "$(json .Inserted)" = true ]
	sed "s,$SESSION,$V1/SessionService/Sessions/ID," tree | sort >got
	sort >want <<-E
		$V1/
		$V1/AccountService
		$V1/AccountService/Accounts
		$V1/AccountService/Accounts/new
		$V1/AccountService/Accounts/off
		$V1/AccountService/Accounts/op
		$V1/AccountService/Accounts/reader
		$V1/AccountService/Accounts/root
		$V1/AccountService/Roles
		$V1/AccountService/Roles/Administrator
		$V1/AccountService/Roles/Operator
		$V1/AccountService/Roles/ReadOnly
		$V1/EventService
		$V1/Managers
		$V1/Managers/bmc
		$V1/Registries
		$V1/Registries/Base.1.22
		$V1/Registries/ResourceEvent.1.4
		$V1/Registries/Vmedia.1.0
		$V1/Registries/Vmedia.1.0/Vmedia.1.0.0.json
		$V1/SessionService
		$V1/SessionService/Sessions
		$V1/SessionService/Sessions/ID
		$V1/Systems
		$V1/Systems/system
		$SLOTS
		$SLOTS/Slot_0
		$SLOTS/Slot_0/Certificates
		$SLOTS/Slot_1
		$SLOTS/Slot_1/Certificates
	E
	diff want got
	answers 200 GET "$V1/\$metadata"
	while read -r type; do
		type=${type#\#}
		grep -qF "<edmx:Include Namespace=\"${type%.*}\"/>" body
	done < <(sort -u types)
}

@test "what everybody may read: versions, the root, odata, \$metadata" {
	answers 200 GET $V1/
	jq -r '(to_entries[] | select(.value | objects | has("@odata.id")) |
		.value."@odata.id"), .Links.Sessions."@odata.id"' body | sort >children
	root=$(json '.["@odata.type"]')
	[ "$(json '.Links.Sessions["@odata.id"]')" = $V1/SessionService/Sessions ]
	[ "$(json '[.ProtocolFeaturesSupported | .. | booleans] | unique | tostring')" = "[false]" ]
	answers 200 GET $V1/SessionService "${ADMIN[@]}"
	[ "$(json '.Sessions["@odata.id"]')" = $V1/SessionService/Sessions ]
	for path in /redfish /redfish/; do
		answers 200 GET $path
		[ "$(cat body)" = '{"v1":"/redfish/v1/"}' ]
	done
	answers 200 GET $V1/odata
	[ "$(json '.["@odata.context"]')" = "$V1/\$metadata" ]
	[ "$(json '.value[] | select(.name == "Service") | .url')" = $V1/ ]
	json '.value[] | select(.name != "Service" and .kind == "Singleton") | .url' |
		sort | diff children -
	answers 200 GET "$V1/\$metadata" -H 'Accept: application/xml'
	xmllint --noout body
	root=${root#\#}
	grep -qF "Extends=\"${root%.*}.ServiceContainer\"" body
}

@test "all of Oem is in the schemas that \$metadata names, and no more" {
	answers 200 GET "$V1/\$metadata"
	sed -n 's/.*Uri="\(\/[^"]*\)".*/\1/p' body >own
	[ "$(wc -l <own)" = 2 ]
	while read -r schema; do
		answers 401 GET "$schema"
		answers 200 GET "$schema" "${ADMIN[@]}"
		xmllint --noout body
		name=${schema##*/}
		sed -n 's/.*<Property Name="\([^"]*\)".*/\1/p' body | sort >"${name%_v1.xml}"
	done <own
	for slot in Slot_0 Slot_1; do
		answers 200 GET $SLOTS/$slot "${ADMIN[@]}"
		for part in OpenBMC Vmedia; do
			json ".Oem.$part | keys[] | select(. != \"@odata.type\")" |
				sort | diff "${part}VirtualMedia" -
		done
	done
}

@test "Accept: JSON for all that clients ask for" {
	for type in '*/*' application/json 'application/json;charset=utf-8' \
		'application/*;q=0.5, text/html'; do
		answers 200 GET $V1/Systems "${ADMIN[@]}" -H "Accept: $type"
		[[ $(header Content-Type) == application/json* ]]
	done
}

# --- changing ---------------------------------------------------------------------

# is_changed_right PATH GOOD: PATCHes the resource in right and wrong ways; GOOD
# is a member that it accepts.
is_changed_right() {
	local path=$1 good=$2 etag
	local json=(-H "Content-Type: application/json")
	answers 200 GET "$path" "${ADMIN[@]}"
	etag=$(header ETag)
	[[ $etag =~ ^\"[0-9a-f]+\"$ ]]
	cp body before
	for empty in '{}' '{"@odata.id":"/x"}' '{"@Nothing.Else":1,"@odata.etag":"x"}'; do
		answers 400 PATCH "$path" "${ADMIN[@]}" "${json[@]}" -d "$empty"
		[ "$(message)" = NoOperation ]
	done
	# All members wrong, and wrong ones beside a right one.
	for body in '{"Nope":1,"Id":"x"}' "{$good,\"Nope\":1,\"Id\":\"x\"}"; do
		answers 400 PATCH "$path" "${ADMIN[@]}" "${json[@]}" -d "$body"
		[ "$(json '[.error["@Message.ExtendedInfo"][] |
			.MessageId + " " + .MessageArgs[0] + " " + .RelatedProperties[0]] |
			sort | join(", ")')" = "Base.1.22.PropertyNotWritable Id /Id, \
Base.1.22.PropertyUnknown Nope /Nope" ]
	done
	answers 412 PATCH "$path" "${ADMIN[@]}" "${json[@]}" -d "{$good}" -H 'If-Match: "0"'
	[ "$(message)" = PreconditionFailed ]
	answers 415 PATCH "$path" "${ADMIN[@]}" -H "Content-Type: text/plain" -d "{$good}"
	answers 400 PATCH "$path" "${ADMIN[@]}" "${json[@]}" -d "{$good"
	[ "$(message)" = MalformedJSON ]
	answers 200 GET "$path" "${ADMIN[@]}"
	cmp body before
	[[ $(ask PATCH "$path" "${ADMIN[@]}" "${json[@]}" -d "{$good}" \
		-H "If-Match: $etag") == 20[04] ]]
	is_right PATCH
	answers 200 GET "$path" "${ADMIN[@]}"
	not cmp -s body before
	[ "$(header ETag)" != "$etag" ]
}

# takes_patch PATH: notes a resource that has PATCH.
takes_patch() {
	[[ $(header Allow) != *PATCH* ]] || echo "$1" >>patched
}

@test "PATCH: nothing, all wrong, half wrong, If-Match, and right" {
	while read -r path good; do
		echo "$path" >>checked
		is_changed_right "$path" "$good"
	done <<-E
		$V1/SessionService "SessionTimeout":600
		$V1/AccountService "MinPasswordLength":9
		$V1/AccountService/Accounts/op "RoleId":"ReadOnly"
		$V1/Systems/system "Boot":{"BootSourceOverrideTarget":"Cd"}
		$SLOTS/Slot_1 "VerifyCertificate":false
		${SLOTS/Systems\/system/Managers/bmc}/Slot_0 "Image":"http://h.example/y.iso"
	E
	each_resource takes_patch
	# Every resource that has PATCH was tested. Of all accounts, and of all
	# slots, one is enough.
	while read -r path; do
		grep -qF "${path%[/_]*}" checked
	done <patched
}

@test "sessions and accounts are also made at Members, and roles are not changed" {
	for at in $V1/SessionService/Sessions $V1/SessionService/Sessions/Members; do
		answers 201 POST $at -H "Content-Type: application/json" \
			-d '{"UserName":"op","Password":"operator1"}'
		[[ $(header Location) == $V1/SessionService/Sessions/* ]]
		[[ $(header X-Auth-Token) =~ ^[0-9a-f]{40}$ ]]
		header X-Auth-Token >>tokens
		[ "$(json '.["@odata.id"]')" = "$(header Location)" ]
		[[ $(json '.["@odata.type"]') == "#Session."* ]]
	done
	[ "$(sort -u tokens | wc -l)" = 2 ]
	for at in $V1/AccountService/Accounts $V1/AccountService/Accounts/Members; do
		name=user$((++number))
		answers 201 POST $at "${ADMIN[@]}" -H "Content-Type: application/json" \
			-d "{\"UserName\":\"$name\",\"Password\":\"longenough\",\"RoleId\":\"Operator\"}"
		[ "$(header Location)" = $V1/AccountService/Accounts/$name ]
		answers 200 GET "$(header Location)" "${ADMIN[@]}"
		[ "$(json .RoleId)" = Operator ]
	done
	while read -r role privileges; do
		answers 200 GET $V1/AccountService/Roles/$role "${ADMIN[@]}"
		[ "$(json '.AssignedPrivileges | sort | join(" ")')" = "$privileges" ]
		[ "$(json .IsPredefined)" = true ]
		answers 405 PATCH $V1/AccountService/Roles/$role "${ADMIN[@]}" \
			-H "Content-Type: application/json" -d '{"AssignedPrivileges":["Login"]}'
	done <<-'E'
		Administrator ConfigureComponents ConfigureManager ConfigureSelf ConfigureUsers Login
		Operator ConfigureComponents ConfigureSelf Login
		ReadOnly ConfigureSelf Login
	E
}

@test "each failure has the registry's message, arguments and severity" {
	number=0
	while read -r status message severity args method path body; do
		number=$((number + 1))
		case $body in
		"") set -- ;;
		*) set -- -H "Content-Type: application/json" -d "$body" ;;
		esac
		case $path in *wrong*) ;; *) set -- "$@" "${ADMIN[@]}" ;; esac
		answers "$status" "$method" "$path" "$@"
		[ "$(json '.error["@Message.ExtendedInfo"][0] |
			"\(.MessageId) \(.Severity) \(.MessageArgs | tostring)"')" = \
			"Base.1.22.$message $severity $args" ]
	done <<-E
		401 NoValidSession Critical [] GET $V1/wrong
		404 ResourceMissingAtURI Critical ["$V1/Nothing"] GET $V1/Nothing
		405 OperationNotAllowed Critical [] DELETE $V1/Systems
		501 QueryParameterUnsupported Warning ["\$expand"] GET $V1/Systems?\$expand=.
		501 QueryParameterUnsupported Warning ["\$filter"] GET $V1/Systems?a&\$filter=x%20eq%201
		501 QueryParameterUnsupported Warning ["\$select"] GET $V1/Systems?%24select=Name
		501 QueryParameterUnsupported Warning ["\$skip"] GET $V1/Systems?\$skip=1
		501 QueryParameterUnsupported Warning ["\$rfp"] GET $V1/Systems?\$rfp
		400 MalformedJSON Critical [] POST $V1/SessionService/Sessions {
		400 UnrecognizedRequestBody Warning [] POST $V1/SessionService/Sessions []
		400 PropertyMissing Warning ["UserName"] POST $V1/SessionService/Sessions {"Password":"x"}
		401 AccessUnauthorized Critical [] POST $V1/SessionService/Sessions {"UserName":"root","Password":"no"}
		400 PropertyMissing Warning ["RoleId"] POST $V1/AccountService/Accounts {"UserName":"x","Password":"longenough"}
		400 PropertyValueNotInList Warning ["King","RoleId"] PATCH $V1/AccountService/Accounts/op {"RoleId":"King"}
		400 ResourceAlreadyExists Critical ["ManagerAccount","UserName","op"] POST $V1/AccountService/Accounts {"UserName":"op","Password":"longenough","RoleId":"ReadOnly"}
		400 ActionParameterMissing Critical ["ComputerSystem.Reset","ResetType"] POST $V1/Systems/system/Actions/ComputerSystem.Reset
		400 ActionParameterValueNotInList Warning ["Explode","ResetType","ComputerSystem.Reset"] POST $V1/Systems/system/Actions/ComputerSystem.Reset {"ResetType":"Explode"}
		400 PropertyValueNotInList Warning ["Tape","BootSourceOverrideTarget"] PATCH $V1/Systems/system {"Boot":{"BootSourceOverrideTarget":"Tape"}}
		400 ActionParameterMissing Critical ["InsertMedia","Image"] POST $SLOTS/Slot_1/Actions/VirtualMedia.InsertMedia {}
		400 ActionParameterUnknown Warning ["InsertMedia","Nope"] POST $SLOTS/Slot_1/Actions/VirtualMedia.InsertMedia {"Image":"http://h/x","Nope":1}
		400 ActionParameterUnknown Warning ["EjectMedia","Nope"] POST $SLOTS/Slot_1/Actions/VirtualMedia.EjectMedia {"Nope":1}
		400 ActionParameterValueTypeError Warning ["7","Image","InsertMedia"] POST $SLOTS/Slot_1/Actions/VirtualMedia.InsertMedia {"Image":7}
	E
	[ "$number" = 22 ]
}

@test "Ironic's profile: what it demands of the system and of each slot" {
	answers 200 GET $V1/
	[ "$(json '.RedfishVersion | split(".") | map(tonumber) >= [1, 6, 0]')" = true ]
	[ "$(json '.Systems["@odata.id"]')" = $V1/Systems ]
	answers 200 GET $V1/Systems "${ADMIN[@]}"
	[ "$(json '.Members | length')" -ge 1 ]
	answers 200 GET "$(json '.Members[0]["@odata.id"]')" "${ADMIN[@]}"
	jq -e '.PowerState == "On" and (.Links.ManagedBy | length == 1) and (.Boot |
		has("BootSourceOverrideEnabled") and has("BootSourceOverrideMode")
		and has("BootSourceOverrideTarget")
		and (["Once", "Continuous"]
			- ."BootSourceOverrideEnabled@Redfish.AllowableValues" == [])
		and (["Pxe", "Hdd", "Cd"]
			- ."BootSourceOverrideTarget@Redfish.AllowableValues" == [])
		and (["BootSourceOverrideEnabled", "BootSourceOverrideMode",
			"BootSourceOverrideTarget"] - ."@Redfish.WriteableProperties" == []))
		and (["On", "ForceOff", "ForceRestart", "GracefulShutdown", "GracefulRestart",
			"Nmi"] - .Actions."#ComputerSystem.Reset"."ResetType@Redfish.AllowableValues"
			== [])' body
	answers 200 GET "$(json '.VirtualMedia["@odata.id"]')" "${ADMIN[@]}"
	[[ $(json '.["@odata.type"]') == "#VirtualMediaCollection."* ]]
	for slot in $(json '.Members[]["@odata.id"]'); do
		answers 200 GET "$slot" "${ADMIN[@]}"
		jq -e 'has("Image") and has("Inserted") and has("WriteProtected")
			and (.MediaTypes | length > 0)
			and (["Image", "Inserted", "WriteProtected"]
				- ."@Redfish.WriteableProperties" == [])
			and (.Actions."#VirtualMedia.InsertMedia" | has("target")
				and has("TransferMethod@Redfish.AllowableValues")
				and has("TransferProtocolType@Redfish.AllowableValues"))
			and (.Actions."#VirtualMedia.EjectMedia" | has("target"))' body
	done
	answers 200 GET $V1/Managers/bmc "${ADMIN[@]}"
	[ -n "$(json '.FirmwareVersion // empty')" ]
}
