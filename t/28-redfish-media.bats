#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The resources of the host and its slots: vm-redfish behind nginx, with a real
# vm-door, and with simulated vmctl and vm-host.

load helper
load servers
load redfish
load door

MEDIA=/redfish/v1/Systems/system/VirtualMedia

setup() {
	requires_root
	own_directory
	make_accounts
	hold_slots
	start_door
	# The user nobody cannot reach vm-door's socket in a test's directory.
	start_redfish -u root
}

# as USER PASSWORD METHOD PATH [CURL-OPTION...]: asks with Basic authentication.
as() {
	local user=$1 password=$2
	shift 2
	ask "$@" -u "$user:$password"
}
admin() {
	as root 0penBmc "$@"
}
# send METHOD PATH JSON: asks as administrator, with that body.
send() {
	admin "$1" "$2" -H "Content-Type: application/json" -d "$3"
}
insert() {
	send POST "$MEDIA/Slot_$1/Actions/VirtualMedia.InsertMedia" "$2"
}
# value FILTER: prints what the filter makes of the body.
value() {
	jq -r "$1" body
}

@test "the tree: links lead from the root to each slot, at both places" {
	for path in /redfish/v1/Systems /redfish/v1/Systems/system /redfish/v1/Managers \
	    /redfish/v1/Managers/bmc; do
		[ "$(admin GET $path)" = 200 ]
		[ "$(value '."@odata.id"')" = $path ]
	done
	[ "$(value '.VirtualMedia."@odata.id"')" = $MEDIA ]
	[ "$(ask GET /redfish/v1/Systems/system)" = 401 ]
	for media in $MEDIA /redfish/v1/Managers/bmc/VirtualMedia; do
		[ "$(admin GET $media/)" = 200 ]
		[ "$(value '.Members[]."@odata.id"')" = "$media/Slot_0
$media/Slot_1" ]
		[ "$(admin GET $media/Slot_1)" = 200 ]
		[ "$(value '."@odata.id"')" = $media/Slot_1 ]
		[ "$(value '.Actions."#VirtualMedia.EjectMedia".target')" = \
			$media/Slot_1/Actions/VirtualMedia.EjectMedia ]
	done
	for id in Slot_2 Slot_ Slot_00 slot_0 0; do
		[ "$(admin GET $MEDIA/$id)" = 404 ]
	done
}

@test "an empty slot has all properties" {
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.Image, .ImageName, .Inserted, .WriteProtected, .ConnectedVia, .UserName,
		.Password, .TransferProtocolType, .VerifyCertificate, .EjectPolicy,
		.EjectTimeout] | tostring')" = \
		'[null,null,false,true,"NotConnected",null,null,null,true,"Persistent",null]' ]
	jq -e 'has("Image") and has("Password") and has("UserName") and has("TransferMethod")' body
	[ "$(value '.MediaTypes | tostring')" = '["CD","DVD"]' ]
	[ "$(value .Oem.OpenBMC.WebSocketEndpoint)" = /nbd/0 ]
	[ "$(value .Oem.Vmedia.State)" = empty ]
	[ "$(value .Certificates.\"@odata.id\")" = $MEDIA/Slot_0/Certificates ]
	[ "$(admin GET $MEDIA/Slot_1)" = 200 ]
	[ "$(value '.MediaTypes | tostring')" = '["USBStick"]' ]
}

@test "InsertMedia with the Image alone, the same again, another, and EjectMedia" {
	[ "$(insert 0 '{"Image":"http://h.example/x.iso?sig=1"}')" = 204 ]
	[ ! -s body ]
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.Image, .ImageName, .Inserted, .ConnectedVia, .TransferProtocolType,
		.TransferMethod, .WriteProtected] | tostring')" = \
		'["http://h.example/x.iso?sig=1","x.iso",true,"URI","HTTP","Stream",true]' ]
	echo '{"schema":1,"error":{"status":75,"cause":"busy","message":"slot 0 holds x.iso"}}' >says
	echo 75 >status
	[ "$(insert 0 '{"Image":"http://h.example/y.iso"}')" = 409 ]
	[ "$(message)" = ResourceInUse ]
	# No body, no Content-Type, no Content-Length.
	[ "$(admin POST $MEDIA/Slot_0/Actions/VirtualMedia.EjectMedia)" = 204 ]
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.Image, .ImageName, .Inserted] | tostring')" = '[null,null,false]' ]
	[ "$(admin POST $MEDIA/Slot_0/Actions/VirtualMedia.EjectMedia)" = 204 ]
	[ "$(send POST $MEDIA/Slot_0/Actions/VirtualMedia.EjectMedia '{}')" = 204 ]
	[ "$(send POST $MEDIA/Slot_0/Actions/VirtualMedia.EjectMedia '{"Force":true}')" = 400 ]
}

@test "an image of the store is inserted by its name" {
	[ "$(insert 0 '{"Image":"image:x (1).iso"}')" = 204 ]
	[ "$(cat stdin)" = 'image:x (1).iso' ]
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.Image, .ImageName, .Inserted, .TransferProtocolType] | tostring')" = \
		'["image:x (1).iso","x (1).iso",true,"OEM"]' ]
	# After vmctl's mount, the request has a path, and the state has the
	# name.
	mkdir -p run/1/request
	echo /var/lib/vmedia/images/0123456789abcdef/data >run/1/request/url
	echo image:bob/y.img >run/1/url
	echo active >run/1/state
	ln -f held run/1/pid
	[ "$(admin GET $MEDIA/Slot_1)" = 200 ]
	[ "$(value '[.Image, .ImageName] | tostring')" = '["image:bob/y.img","y.img"]' ]
	[ "$(insert 1 '{"Image":"image:../x"}')" = 400 ]
}

@test "Inserted false keeps an image for later, and inserts nothing" {
	[ "$(insert 0 '{"Image":"http://h.example/x.iso?sig=1","Inserted":false}')" = 204 ]
	[ ! -e all ] || not grep -q mount all
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.Image, .ImageName, .Inserted] | tostring')" = \
		'["http://h.example/x.iso?sig=1",null,false]' ]
	[ "$(as reader readonly1 GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value .Image)" = http://h.example/x.iso ]
	[ "$(send PATCH $MEDIA/Slot_0 '{"WriteProtected":true}')" = 400 ]
	[ "$(send PATCH $MEDIA/Slot_0 '{"Inserted":true}')" = 204 ]
	[ "$(cat stdin)" = "http://h.example/x.iso?sig=1" ]
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.ImageName, .Inserted] | tostring')" = '["x.iso",true]' ]
	# A POST does not replace an inserted image by one to insert later; a
	# PATCH ejects it first.
	[ "$(insert 0 '{"Image":"http://h.example/y.iso","Inserted":false}')" = 409 ]
	[ "$(message)" = ResourceInUse ]
	[ "$(send PATCH $MEDIA/Slot_0 '{"Image":"http://h.example/y.iso","Inserted":false}')" = 204 ]
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.Image, .Inserted] | tostring')" = '["http://h.example/y.iso",false]' ]
	[ "$(insert 0 '{"Image":"file:///etc/shadow","Inserted":false}')" = 400 ]
	# An eject drops the image that was kept for later.
	[ "$(send POST $MEDIA/Slot_0/Actions/VirtualMedia.EjectMedia '{}')" = 204 ]
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value .Image)" = null ]
}

@test "a PATCH replaces, and ejects in each of its three ways" {
	for image in http://h.example/a.iso nfs://h.example/b.iso smb://h.example/s/c.iso; do
		echo '{"schema":1,"error":{"status":75,"cause":"busy","message":"in use"}}' >says
		echo 75 >status
		[ "$(send PATCH $MEDIA/Slot_0 "{\"Image\":\"$image\",\"Inserted\":true}")" = 204 ]
		[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
		[ "$(value .Image)" = "$image" ]
	done
	for eject in '{"Image":null}' '{"Image":""}' '{"Inserted":false}' \
	    '{"Image":null,"Inserted":false}' '{"Inserted":false,"WriteProtected":false}'; do
		[ "$(send PATCH $MEDIA/Slot_0 '{"Image":"http://h.example/a.iso"}')" = 204 ]
		[ "$(send PATCH $MEDIA/Slot_0 "$eject")" = 204 ]
		[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
		[ "$(value .Inserted)" = false ]
	done
}

@test "a PATCH of the same Image with another query renews the link" {
	[ "$(insert 0 '{"Image":"https://h.example/x.iso?sig=1"}')" = 204 ]
	[ "$(send PATCH $MEDIA/Slot_0 '{"Image":"https://h.example/x.iso?sig=2"}')" = 204 ]
	[ "$(cat args)" = "renew --json --slot 0 -" ]
	[ "$(cat stdin)" = "https://h.example/x.iso?sig=2" ]
	[ "$(send PATCH $MEDIA/Slot_0 '{"Image":"https://h.example/x.iso?sig=3","UserName":"u","Password":"hush"}')" = 204 ]
	[ "$(cat args)" = "renew --json --slot 0 --user u --password /dev/fd/3 -" ]
	[ "$(cat secret3)" = hush ]
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value .UserName)" = u ]
}

@test "what an image came in with stays until its eject, and a PATCH does not say otherwise" {
	local live='"Image":"https://h.example/x.iso?sig=2",'
	[ "$(send PATCH $MEDIA/Slot_0 '{"Image":"https://h.example/x.iso?sig=1","EjectPolicy":"Timed","EjectTimeout":"PT1H"}')" = 204 ]
	rm args
	for wanted in '"VerifyCertificate":false' '"EjectPolicy":"OnPowerOff"' \
		'"EjectPolicy":"Timed","EjectTimeout":"PT2H"' '"EjectPolicy":null,"EjectTimeout":null'; do
		for body in "{$wanted}" "{$live$wanted}"; do
			[ "$(send PATCH $MEDIA/Slot_0 "$body")" = 400 ]
			[ "$(message)" = PropertyValueError ]
		done
	done
	[ ! -e args ]
	[ "$(send PATCH $MEDIA/Slot_0 '{"VerifyCertificate":true,"EjectPolicy":"Timed","EjectTimeout":"PT1H"}')" = 204 ]
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.VerifyCertificate, .EjectPolicy, .EjectTimeout] | tostring')" = '[true,"Timed","PT1H"]' ]
	# Together with an eject, the settings are for the next image.
	[ "$(send PATCH $MEDIA/Slot_0 '{"Image":null,"VerifyCertificate":false,"EjectPolicy":"OnPowerOff"}')" = 204 ]
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.Image, .VerifyCertificate, .EjectPolicy, .EjectTimeout] | tostring')" = '[null,false,"OnPowerOff",null]' ]
	# `Timed` needs a time, also if only one of the two is set.
	[ "$(send PATCH $MEDIA/Slot_0 '{"EjectPolicy":"Timed","EjectTimeout":"P365D"}')" = 204 ]
	[ "$(send PATCH $MEDIA/Slot_0 '{"EjectTimeout":null}')" = 400 ]
	[ "$(message)" = PropertyMissing ]
	[ "$(send PATCH $MEDIA/Slot_0 '{"EjectTimeout":"P366D"}')" = 400 ]
	[ "$(message)" = PropertyValueFormatError ]
}

@test "settings are PATCHed before or with the Image" {
	[ "$(send PATCH $MEDIA/Slot_1 '{"VerifyCertificate":false,"EjectPolicy":"Timed","EjectTimeout":"PT1H"}')" = 204 ]
	[ "$(admin GET $MEDIA/Slot_1)" = 200 ]
	[ "$(value '[.VerifyCertificate, .EjectPolicy, .EjectTimeout] | tostring')" = '[false,"Timed","PT1H"]' ]
	[ "$(send PATCH $MEDIA/Slot_1 '{"Image":"https://h.example/d.img","WriteProtected":false,"UserName":"u","Password":"hush"}')" = 204 ]
	grep -q -- "--type disk --writable --user u --password /dev/fd/3 --insecure --expires 3600s -" args
	[ "$(admin GET $MEDIA/Slot_1)" = 200 ]
	[ "$(value '[.UserName, .Password] | tostring')" = '["u",null]' ]
	not grep -q hush body log
	[ "$(admin POST $MEDIA/Slot_1/Actions/VirtualMedia.EjectMedia)" = 204 ]
	[ "$(admin GET $MEDIA/Slot_1)" = 200 ]
	[ "$(value '[.VerifyCertificate, .EjectPolicy, .UserName] | tostring')" = '[true,"Persistent",null]' ]
}

@test "images that are refused before anything is done" {
	refused() {
		rm -f args
		[ "$(insert "$1" "$2")" = 400 ]
		[ "$(message)" = "$3" ]
		[ ! -e args ]
	}
	refused 0 '{}' ActionParameterMissing
	refused 0 '{"Image":1}' ActionParameterValueTypeError
	refused 0 '{"Image":"file:///etc/shadow"}' ActionParameterValueFormatError
	refused 0 '{"Image":"/etc/shadow"}' ActionParameterValueFormatError
	refused 0 '{"Image":"ftp://h/x.iso"}' ActionParameterValueFormatError
	refused 0 '{"Image":"http://h/x.iso","TransferProtocolType":"NFS"}' SourceDoesNotSupportProtocol
	refused 0 '{"Image":"http://h/x.iso","TransferProtocolType":"TFTP"}' ActionParameterValueNotInList
	refused 0 '{"Image":"http://h/x.iso","WriteProtected":false}' ActionParameterNotSupported
	grep -q "use Slot_1" body
	refused 0 '{"Image":"http://h/x.iso","More":1}' ActionParameterUnknown
	refused 0 '{"Image":"http://h/x.iso","UserName":"a\tb"}' ActionParameterValueFormatError
	refused 0 "{\"Image\":\"http://h/x.iso\",\"Password\":\"$(printf %0512d 0)\"}" ActionParameterValueFormatError
	[ "$(send PATCH $MEDIA/Slot_0 '{"Image":"http://h/x.iso","ImageName":"y"}')" = 400 ]
	[ "$(message)" = PropertyNotWritable ]
	[ "$(send PATCH $MEDIA/Slot_0 '{"@odata.id":"x"}')" = 400 ]
	[ "$(message)" = NoOperation ]
	[ ! -e args ]
}

@test "each cause of a failure has its status and message" {
	while read -r cause status message; do
		printf '{"schema":1,"error":{"status":65,"cause":"%s","message":"words"}}' "$cause" >says
		echo 65 >status
		[ "$(insert 1 '{"Image":"https://u:hush@h.example/x.iso?sig=hush"}')" = "$status" ]
		[ "$(message)" = "$message" ]
		not grep -q hush body
	done <<-'E'
		name 400 CouldNotEstablishConnection
		unreachable 400 CouldNotEstablishConnection
		tls 400 CouldNotEstablishConnection
		credentials 400 ResourceAtUriUnauthorized
		forbidden 400 AccessDenied
		missing 400 ResourceMissingAtURI
		ranges 400 SourceDoesNotSupportProtocol
		server 400 CouldNotEstablishConnection
		not-image 400 ResourceAtUriInUnknownFormat
		too-large 400 ResourceAtUriInUnknownFormat
		type 400 ActionParameterValueFormatError
		busy 409 ResourceInUse
		timeout 503 ServiceTemporarilyUnavailable
		locked 503 ServiceTemporarilyUnavailable
		internal 500 InternalError
		E
	[ "$(grep -c . says 2>/dev/null || :)" = "" ]
}

@test "an eject that loses what the host wrote is 500, and says so" {
	[ "$(insert 1 '{"Image":"http://h.example/x.img","WriteProtected":false}')" = 204 ]
	echo 74 >locked
	for body in '{"Image":null}' '{"Inserted":false}'; do
		[ "$(send PATCH $MEDIA/Slot_1 "$body")" = 500 ]
		[ "$(message)" = InternalError ]
		grep -q "data is lost" body
	done
	[ "$(admin POST $MEDIA/Slot_1/Actions/VirtualMedia.EjectMedia)" = 500 ]
}

@test "Status tells why a slot is degraded, or has failed" {
	local words="its server has been away for 12 s"
	mkdir run/0
	ln held run/0/pid
	echo http://h.example/x.iso >run/0/url
	echo "$words" | tee run/0/reason >run/0/error
	while read -r state inserted health message severity; do
		echo "$state" >run/0/state
		[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
		[ "$(value '"\(.Inserted) \(.Status.State) \(.Status.Health)"')" = "$inserted Enabled $health" ]
		[ "$(value '.Status.Conditions[0] | [.MessageId, .Message, .Severity] | tostring')" = \
			"[\"Vmedia.1.0.$message\",\"$words\",\"$severity\"]" ]
		value '.Status.Conditions[0].Timestamp' | grep -Eqx '[0-9-]{10}T[0-9:]{8}Z'
	done <<-'E'
		degraded true Warning Degraded Warning
		failed false Critical Failed Critical
	E
	rm run/0/reason run/0/error
	echo active >run/0/state
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '.Status | tostring')" = '{"State":"Enabled","Health":"OK"}' ]
}

@test "roles: reading is everybody's, mounting is the administrator's" {
	insert 0 '{"Image":"https://h.example/x.iso?sig=secret"}'
	for who in "op operator1" "reader readonly1"; do
		# shellcheck disable=SC2086 # two words
		[ "$(as $who GET $MEDIA/Slot_0)" = 200 ]
		[ "$(value .Image)" = https://h.example/x.iso ]
		[ "$(as $who POST $MEDIA/Slot_0/Actions/VirtualMedia.EjectMedia)" = 403 ]
		[ "$(message)" = InsufficientPrivilege ]
		[ "$(as $who PATCH $MEDIA/Slot_0 -H Content-Type:application/json -d '{"Image":null}')" = 403 ]
	done
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value .Inserted)" = true ]
}

@test "the ETag is of what a PATCH can change, and If-Match is looked at" {
	[ "$(admin GET $MEDIA/Slot_1)" = 200 ]
	etag=$(header ETag)
	insert 0 '{"Image":"http://h.example/x.iso"}'
	[ "$(admin GET $MEDIA/Slot_1)" = 200 ]
	[ "$(header ETag)" = "$etag" ]
	for match in "$etag" "W/$etag" "${etag//\"/}" "*"; do
		[ "$(send PATCH $MEDIA/Slot_1 '{"VerifyCertificate":true}')" = 204 ]
		[ "$(admin PATCH $MEDIA/Slot_1 -H "If-Match: $match" \
			-H Content-Type:application/json -d '{"VerifyCertificate":true}')" = 204 ]
	done
	[ "$(admin PATCH $MEDIA/Slot_1 -H 'If-Match: "other"' \
		-H Content-Type:application/json -d '{"VerifyCertificate":false}')" = 412 ]
	[ "$(admin POST $MEDIA/Slot_0/Actions/VirtualMedia.EjectMedia -H 'If-Match: "other"')" = 204 ]
}

@test "certificates of a slot" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-keyout k.pem -out c.pem -subj /CN=ca -days 30 2>/dev/null
	body=$(jq -n --rawfile pem c.pem '{CertificateString: $pem, CertificateType: "PEM"}')
	[ "$(send POST $MEDIA/Slot_0/Certificates "$body")" = 201 ]
	location=$(header Location)
	[ "$location" = $MEDIA/Slot_0/Certificates/1 ]
	[ "$(admin GET "$location")" = 200 ]
	value .CertificateString | cmp -n "$(wc -c <c.pem)" - c.pem
	while read -r message property wrong; do
		[ "$(send POST $MEDIA/Slot_0/Certificates "$wrong")" = 400 ]
		[ "$(message)" = "$message" ]
		[ "$(value '.error."@Message.ExtendedInfo"[0].RelatedProperties[0]')" = "/$property" ]
	done <<-'E'
		PropertyValueError CertificateString {"CertificateString":"x","CertificateType":"PEM"}
		PropertyValueTypeError CertificateString {"CertificateString":7}
		PropertyValueTypeError CertificateType {"CertificateString":"x","CertificateType":7}
		PropertyValueNotInList CertificateType {"CertificateString":"x","CertificateType":"PKCS7"}
		PropertyUnknown Nope {"CertificateString":"x","Nope":1}
		PropertyMissing CertificateString {"CertificateType":"PEM"}
	E
	[ "$(send POST $MEDIA/Slot_0/Certificates "$(jq -n --rawfile pem k.pem \
		'{CertificateString: $pem}')")" = 400 ]
	insert 0 '{"Image":"https://h.example/x.iso"}'
	grep -q -- --cacert args
	for number in 2 3 4 5 6 7 8; do
		[ "$(send POST $MEDIA/Slot_0/Certificates "$body")" = 201 ]
	done
	[ "$(send POST $MEDIA/Slot_0/Certificates "$body")" = 400 ]
	[ "$(message)" = CreateLimitReachedForResource ]
	for number in 8 7 6 5 4 3 2 1; do
		[ "$(admin DELETE "${location%1}$number")" = 204 ]
	done
	[ "$(admin GET "$location")" = 404 ]
	[ "$(admin GET $MEDIA/Slot_0/Certificates)" = 200 ]
	[ "$(value '."Members@odata.count"')" = 0 ]
}

@test "power and boot override, as far as vm-host offers them" {
	[ "$(admin GET /redfish/v1/Systems/system)" = 200 ]
	[ "$(value .PowerState)" = On ]
	[ "$(value '.Actions."#ComputerSystem.Reset"."ResetType@Redfish.AllowableValues" | tostring')" = "[]" ]
	[ "$(send POST /redfish/v1/Systems/system/Actions/ComputerSystem.Reset '{"ResetType":"On"}')" = 400 ]
	cat >host-says <<-'E'
		{"schema": 1, "power": "off", "actions": ["on", "off", "reset"],
		"boot": {"target": "none", "enabled": "disabled", "mode": "uefi"},
		"targets": ["none", "cd", "pxe"], "modes": ["uefi"]}
		E
	[ "$(admin GET /redfish/v1/Systems/system)" = 200 ]
	etag=$(header ETag)
	[ "$(value '[.PowerState, .Boot.BootSourceOverrideTarget, .Boot.BootSourceOverrideEnabled,
		.Boot.BootSourceOverrideMode] | tostring')" = '["Off","None","Disabled","UEFI"]' ]
	[ "$(value '.Boot."BootSourceOverrideTarget@Redfish.AllowableValues" | tostring')" = '["None","Cd","Pxe"]' ]
	boot() {
		send PATCH /redfish/v1/Systems/system "$1"
	}
	[ "$(boot '{"Boot":{"BootSourceOverrideTarget":"Cd","BootSourceOverrideEnabled":"Once"}}')" = 204 ]
	[ "$(cat host-args)" = "boot cd --once" ]
	[ "$(boot '{"Boot":{"BootSourceOverrideTarget":"Pxe"}}')" = 204 ]
	[ "$(cat host-args)" = "boot pxe --once" ]
	[ "$(boot '{"Boot":{"BootSourceOverrideTarget":"Cd","BootSourceOverrideEnabled":"Continuous","BootSourceOverrideMode":"UEFI"}}')" = 204 ]
	[ "$(cat host-args)" = "boot cd --always -m uefi" ]
	[ "$(boot '{"Boot":{"BootSourceOverrideTarget":"None","BootSourceOverrideEnabled":"Once"}}')" = 204 ]
	[ "$(cat host-args)" = "boot none" ]
	rm host-args
	[ "$(boot '{"Boot":{"BootSourceOverrideTarget":"Usb"}}')" = 400 ]
	[ "$(message)" = PropertyValueNotInList ]
	[ "$(boot '{"Boot":{}}')" = 400 ]
	[ "$(boot '{"Boot":{"Other":1}}')" = 400 ]
	[ "$(boot '{"AssetTag":"x"}')" = 400 ]
	[ "$(boot '{}')" = 400 ]
	[ ! -e host-args ]
	[ "$(boot '{"Boot":{"BootSourceOverrideTarget":"Pxe","HttpBootUri":"http://h.example/x"}}')" = 400 ]
	[ "$(message)" = PropertyUnknown ]
	[ ! -e host-args ]
	sed -i 's/"power": "off"/"power": "on"/' host-says
	[ "$(admin GET /redfish/v1/Systems/system)" = 200 ]
	[ "$(header ETag)" = "$etag" ]
	[ "$(as op operator1 POST /redfish/v1/Systems/system/Actions/ComputerSystem.Reset \
		-H Content-Type:application/json -d '{"ResetType":"ForceRestart"}')" = 204 ]
	[ "$(cat host-args)" = reset ]
	rm host-args
	[ "$(send POST /redfish/v1/Systems/system/Actions/ComputerSystem.Reset '{"ResetType":"ForceRestart","Delay":5}')" = 400 ]
	[ "$(message)" = ActionParameterUnknown ]
	[ ! -e host-args ]
	[ "$(as reader readonly1 POST /redfish/v1/Systems/system/Actions/ComputerSystem.Reset \
		-H Content-Type:application/json -d '{"ResetType":"On"}')" = 403 ]
}

@test "UefiHttp boots what HttpBootUri says, where vm-host can set it" {
	local url=http://h.example/x.efi
	cat >host-says <<-'E'
		{"schema": 1, "power": "off", "actions": ["on"],
		"boot": {"target": "none", "enabled": "disabled", "mode": "uefi", "uri": null},
		"targets": ["none", "cd", "http"], "modes": ["uefi"]}
		E
	boot() {
		send PATCH /redfish/v1/Systems/system "{\"Boot\":{$1}}"
	}
	[ "$(admin GET /redfish/v1/Systems/system)" = 200 ]
	[ "$(value '.Boot | has("HttpBootUri"), .HttpBootUri | tostring' | tr '\n' ' ')" = "true null " ]
	value '.Boot."@Redfish.WriteableProperties" | tostring' | grep HttpBootUri
	[ "$(boot '"BootSourceOverrideTarget":"UefiHttp","HttpBootUri":"'$url'"')" = 204 ]
	[ "$(cat host-args)" = "boot http --once --uri $url" ]
	rm host-args
	[ "$(boot '"BootSourceOverrideTarget":"Cd","HttpBootUri":"'$url'"')" = 400 ]
	[ "$(message)" = PropertyValueError ]
	[ "$(boot '"HttpBootUri":"'$url'"')" = 400 ]
	[ "$(boot '"BootSourceOverrideTarget":"UefiHttp","HttpBootUri":"ftp://h"')" = 400 ]
	[ "$(message)" = PropertyValueFormatError ]
	[ "$(boot '"BootSourceOverrideTarget":"UefiHttp","HttpBootUri":7')" = 400 ]
	[ "$(message)" = PropertyValueTypeError ]
	[ ! -e host-args ]
	# Clients send back values that they have read; null means "as DHCP
	# says".
	[ "$(boot '"BootSourceOverrideTarget":"Cd","HttpBootUri":null')" = 204 ]
	[ "$(cat host-args)" = "boot cd --once" ]
	jq '.boot.uri = "'$url'"' host-says >says
	cat says >host-says
	[ "$(admin GET /redfish/v1/Systems/system)" = 200 ]
	[ "$(value .Boot.HttpBootUri)" = $url ]
	[ "$(boot '"BootSourceOverrideTarget":"UefiHttp","HttpBootUri":null')" = 204 ]
	[ "$(cat host-args)" = "boot http --once --uri " ]
}

@test "a slot that is changing is read at once" {
	mkfifo hold
	touch holds
	(insert 0 '{"Image":"http://h.example/x.iso"}' >status.insert) &
	client=$!
	wait_until 20 test -e waits
	mkdir -p run/0
	ln held run/0/pid
	ln held run/0/lock
	echo activating >run/0/state
	[ "$(admin GET $MEDIA/Slot_0)" = 200 ]
	[ "$(value '[.Inserted, .Status.State, .Oem.Vmedia.State] | tostring')" = '[false,"Updating","activating"]' ]
	rm holds
	echo go >hold
	wait "$client"
	[ "$(cat status.insert)" = 204 ]
}
