#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Documented command lines for virtual media: those of a guide to OpenBMC, word for
# word, and those of OpenShift. They go through nginx with the files that vmedia
# installs; vm-door and vm-redfish are real, and the drives are those of a vmctl that
# pretends.

load helper
load web
load door

setup() {
	requires_root
	own_directory
	start_service
	lines_are_typed
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || cat answer redfish.err log
	cleanup
}

# lines_are_typed: from here on, a curl line goes by HTTP version $VERSION to our
# port, with its body in ./answer. It fails unless the status is a good one.
lines_are_typed() {
	curl() {
		local code
		code=$(command curl "--http$VERSION" -sS -o answer \
			-w '%{http_code}' \
			--connect-to "localhost:443:localhost:$HTTPS" "$@")
		case $code in
		200 | 204) cat answer ;;
		*)
			echo "HTTP $code: $*" >&2
			return 1
			;;
		esac
	}
}
is_in() {
	[ "$(cat run/0/request/url)" = "$1" ]
}
is_out() {
	[ ! -e run/0/url ]
	VERSION=2 curl -k -u root:0penBmc \
		https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	[ "$(jq -c '[.Inserted, .Image, .ImageName]' answer)" = \
		"[false,null,null]" ]
}

# guide VERSION: each curl line is the guide's, from its `curl` to its URL.
guide() {
	VERSION=$1
	curl -k -u root:0penBmc \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia
	# Three mounts into one slot, with none taken out between them.
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{
	        "Image": "https://example.com/images/ubuntu-22.04.iso",
	        "TransferProtocolType": "HTTPS",
	        "UserName": "",
	        "Password": "",
	        "WriteProtected": true,
	        "Inserted": true
	    }' \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	is_in https://example.com/images/ubuntu-22.04.iso
	not grep -q -- "--user\|--password" args
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{
	        "Image": "nfs://192.168.1.100/exports/images/boot.iso",
	        "Inserted": true
	    }' \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	is_in nfs://192.168.1.100/exports/images/boot.iso
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{
	        "Image": "smb://192.168.1.100/share/images/install.iso",
	        "UserName": "user",
	        "Password": "password",
	        "Inserted": true
	    }' \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	is_in smb://192.168.1.100/share/images/install.iso
	grep -q -- "--user user" args
	not grep -q "password$" args
	grep -qx password secret*
	curl -k -u root:0penBmc \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	jq -e '.["@odata.id"] == "/redfish/v1/Managers/bmc/VirtualMedia/Slot_0" and
		.Id == "Slot_0" and .MediaTypes == ["CD", "DVD"] and
		.Image == "smb://192.168.1.100/share/images/install.iso" and
		.ImageName == "install.iso" and .Inserted and .WriteProtected and
		.ConnectedVia == "URI" and .Password == null' answer
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{"Inserted": false}' \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	is_out
	# Of an empty slot.
	curl -k -u root:0penBmc -X POST \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0/Actions/VirtualMedia.EjectMedia
	curl -k -u root:0penBmc \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia | jq '.Members'
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{
	        "Boot": {
	            "BootSourceOverrideTarget": "Cd",
	            "BootSourceOverrideEnabled": "Once"
	        }
	    }' \
	    https://localhost/redfish/v1/Systems/system
	# The whole of a boot from a CD.
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{"Image": "https://server/ubuntu.iso", "Inserted": true}' \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	is_in https://server/ubuntu.iso
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{"Boot": {"BootSourceOverrideTarget": "Cd", "BootSourceOverrideEnabled": "Once"}}' \
	    https://localhost/redfish/v1/Systems/system
	grep -q "^cd once" host/boot
	curl -k -u root:0penBmc -X POST \
	    -H "Content-Type: application/json" \
	    -d '{"ResetType": "ForceRestart"}' \
	    https://localhost/redfish/v1/Systems/system/Actions/ComputerSystem.Reset
	grep -q "^reset\|^restart\|^cycle" host/log
	curl -k -u root:0penBmc \
	    https://localhost/redfish/v1/AccountService/Roles
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{
	        "Image": "https://server/image.iso",
	        "WriteProtected": true,
	        "Inserted": true
	    }' \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	is_in https://server/image.iso
	# The host has its drive locked.
	echo 75 >locked
	curl -k -u root:0penBmc -X POST \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0/Actions/VirtualMedia.EjectMedia
	is_out
}

@test "the guide's lines, in its order, by HTTP/1.1" {
	guide 1.1
}

@test "the guide's lines, in its order, by HTTP/2" {
	guide 2
}

@test "the guide's WebSocket: wss://.../nbd/0 and /vm/0/0, with a password or a session" {
	local path
	background vm-ws-proxy -v -x -A 'exec vm-door -c' -l "$PWD/ws.sock" cat \
		>ws.at 2>ws.err
	wait_until 10 test -s ws.at
	printf 'Authorization: Basic %s\n' "$(printf root:0penBmc | base64)" >login
	log_in root 0penBmc
	(umask 077 && echo "$TOKEN" >token)
	for path in /nbd/0 /vm/0/0; do
		# As webui-vue does: the token is the only subprotocol.
		for how in "-H login -s binary" "-S token"; do
			# shellcheck disable=SC2086 # words
			timeout 60 vm-ws-proxy -C "wss://localhost:$HTTPS$path" \
				-a etc/web.pem $how \
				sh -c 'echo hello; read -r said; echo "$said" >said'
			[ "$(cat said)" = hello ]
			rm said
		done
		run -77 timeout 60 vm-ws-proxy -C "wss://localhost:$HTTPS$path" \
			-a etc/web.pem -s binary true
	done
	not grep "$TOKEN\|0penBmc" ws.err nginx.log nginx.err
}

# OpenShift's documentation, "Booting from an HTTP-hosted ISO image using the Redfish
# API": its lines, with the names that this BMC's resources have.
@test "OpenShift's lines: insert, boot the CD once, restart; and no override afterwards" {
	VERSION=1.1
	curl -k -u root:0penBmc \
		-d '{"Image":"https://example.com/images/ubuntu-22.04.iso", "Inserted": true}' \
		-H "Content-Type: application/json" \
		-X POST https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0/Actions/VirtualMedia.InsertMedia
	is_in https://example.com/images/ubuntu-22.04.iso
	curl -k -u root:0penBmc \
		-X PATCH -H 'Content-Type: application/json' \
		-d '{"Boot": {"BootSourceOverrideTarget": "Cd", "BootSourceOverrideMode": "UEFI", "BootSourceOverrideEnabled": "Once"}}' \
		https://localhost/redfish/v1/Systems/system
	grep -q "^cd once uefi" host/boot
	curl -k -u root:0penBmc \
		-d '{"ResetType": "ForceRestart"}' \
		-H 'Content-type: application/json' \
		-X POST https://localhost/redfish/v1/Systems/system/Actions/ComputerSystem.Reset
	echo off >host/power
	curl -k -u root:0penBmc -d '{"ResetType": "On"}' \
		-H 'Content-type: application/json' \
		-X POST https://localhost/redfish/v1/Systems/system/Actions/ComputerSystem.Reset
	[ "$(cat host/power)" = on ]
	# As somebody ends an override: it is none, though it says "once".
	curl --globoff -L -k -u root:0penBmc -X PATCH \
		-H "Content-Type: application/json" -H "Accept: application/json" \
		-d '{"Boot": {"BootSourceOverrideTarget": "None", "BootSourceOverrideEnabled": "Once"}}' \
		https://localhost/redfish/v1/Systems/system
	grep -q "^none" host/boot
	# A second run of a script: the same image changes nothing.
	: >all
	curl --globoff -L -k -u root:0penBmc -X POST \
		-H "Content-Type: application/json" -H "Accept: application/json" \
		-d '{"Image":"https://example.com/images/ubuntu-22.04.iso"}' \
		https://localhost/redfish/v1/Systems/system/VirtualMedia/Slot_0/Actions/VirtualMedia.InsertMedia
	not grep -q eject all
	curl --globoff -L -k -u root:0penBmc -X POST \
		-H "Content-Type: application/json" -H "Accept: application/json" \
		-d '{}' \
		https://localhost/redfish/v1/Systems/system/VirtualMedia/Slot_0/Actions/VirtualMedia.EjectMedia
	is_out
}
