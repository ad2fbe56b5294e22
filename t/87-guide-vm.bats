#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Documented command lines for virtual media, in the virtual machine: those of a
# guide to OpenBMC, word for word, and those of OpenShift. The addresses in them
# belong to servers here: nginx, NFS-Ganesha and Samba. The host reads what each
# line has mounted.
# vm-run: -m 1536

load helper
load column
load door
load servers
load bmc

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	ip addr add 192.168.1.100/32 dev lo
	ip addr add 192.168.1.101/32 dev lo
	echo "192.168.1.101 example.com server" >>/etc/hosts
	make_cert images DNS:example.com,DNS:server
	# This CA replaces the others, because reading all of them takes an
	# emulated machine seconds.
	cat ca.pem >/etc/ssl/certs/ca-certificates.crt
	# The server refuses a client that sends a login, because it has none.
	bmc_start "server { listen 192.168.1.101:443 ssl; root $PWD/www;
		ssl_certificate $PWD/images.pem;
		ssl_certificate_key $PWD/images.key;
		if (\$http_authorization) { return 403; } }"
	NFS_ADDR=192.168.1.100 NFS_PSEUDO=/exports start_nfs 2049
	useradd user
	SMB_ADDR=192.168.1.100 SMB_USER=user SMB_SHARE=share start_smb 445 password
	export SERVICES="$SERVICES ${STARTED[*]}" NFS_DIR SHARE=$PWD/share
	mkdir "$WWW/images" "$NFS_DIR/images" "$SHARE/images"
	make_iso "$WWW/images/ubuntu-22.04.iso" 1 WEB
	make_iso "$NFS_DIR/images/boot.iso" 1 NFS
	make_iso "$SHARE/images/install.iso" 1 SMB
	make_iso "$WWW/ubuntu.iso" 1 SERVER
	make_iso "$WWW/image.iso" 1 IMAGE
}
teardown_file() {
	bmc_stop
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	: >"$HOST/log"
	lines_are_typed
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || cat answer
	bmc_empty
}

# lines_are_typed: from now on, a curl line uses HTTP version $VERSION, and
# writes its body to ./answer. It fails unless the status is a good one.
lines_are_typed() {
	curl() {
		local code
		code=$(command curl "--http$VERSION" -sS -o answer \
			-w '%{http_code}' "$@")
		case $code in
		200 | 204) cat answer ;;
		*)
			echo "HTTP $code: $*" >&2
			return 1
			;;
		esac
	}
}
# is_in URL FILE: do clients see it in slot 0, and does the host read it?
is_in() {
	[ "$(slot_says 0 '[.Inserted, .Image] | join(" ")')" = "true $1" ]
	host_reads 0 "$2"
}

# guide VERSION: each curl line is the guide's, from its `curl` to its URL.
guide() {
	VERSION=$1
	curl -k -u root:0penBmc \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia
	# Three mounts into one slot, without ejects between them.
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
	is_in https://example.com/images/ubuntu-22.04.iso "$WWW/images/ubuntu-22.04.iso"
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{
	        "Image": "nfs://192.168.1.100/exports/images/boot.iso",
	        "Inserted": true
	    }' \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	is_in nfs://192.168.1.100/exports/images/boot.iso "$NFS_DIR/images/boot.iso"
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{
	        "Image": "smb://192.168.1.100/share/images/install.iso",
	        "UserName": "user",
	        "Password": "password",
	        "Inserted": true
	    }' \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	is_in smb://192.168.1.100/share/images/install.iso "$SHARE/images/install.iso"
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
	is_out 0
	# An eject of an empty slot.
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
	# All lines for a boot from a CD.
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{"Image": "https://server/ubuntu.iso", "Inserted": true}' \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	is_in https://server/ubuntu.iso "$WWW/ubuntu.iso"
	curl -k -u root:0penBmc -X PATCH \
	    -H "Content-Type: application/json" \
	    -d '{"Boot": {"BootSourceOverrideTarget": "Cd", "BootSourceOverrideEnabled": "Once"}}' \
	    https://localhost/redfish/v1/Systems/system
	grep -q "^cd once" "$HOST/boot"
	curl -k -u root:0penBmc -X POST \
	    -H "Content-Type: application/json" \
	    -d '{"ResetType": "ForceRestart"}' \
	    https://localhost/redfish/v1/Systems/system/Actions/ComputerSystem.Reset
	grep -q "^reset\|^restart\|^cycle" "$HOST/log"
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
	is_in https://server/image.iso "$WWW/image.iso"
	# The host has locked its drive.
	lock_drive IMAGE
	curl -k -u root:0penBmc -X POST \
	    https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0/Actions/VirtualMedia.EjectMedia
	is_out 0
}

@test "the guide's lines, in its order, by HTTP/1.1" {
	guide 1.1
}

@test "the guide's lines, in its order, by HTTP/2" {
	guide 2
}

@test "NFS and CIFS without a scheme, and cifs://, as TransferProtocolType has it" {
	local slot=https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0
	VERSION=1.1
	typed() {
		curl -k -u root:0penBmc -X PATCH -H "Content-Type: application/json" \
			-d "{\"Image\": \"$1\", \"TransferProtocolType\": \"$2\",
			\"UserName\": \"$3\", \"Password\": \"$4\"}" $slot
	}
	typed 192.168.1.100:/exports/images/boot.iso NFS
	is_in 192.168.1.100:/exports/images/boot.iso "$NFS_DIR/images/boot.iso"
	typed //192.168.1.100/share/images/install.iso CIFS user password
	is_in //192.168.1.100/share/images/install.iso "$SHARE/images/install.iso"
	typed nfs://192.168.1.100/exports/images/boot.iso NFS
	typed cifs://192.168.1.100/share/images/install.iso CIFS user password
	is_in cifs://192.168.1.100/share/images/install.iso "$SHARE/images/install.iso"
	curl -k -u root:0penBmc -X POST $slot/Actions/VirtualMedia.EjectMedia
	is_out 0
}

# OpenShift's documentation, "Booting from an HTTP-hosted ISO image using the
# Redfish API": its lines, with the names of this BMC's resources.
@test "OpenShift's lines: insert, boot the CD once, restart; and no override afterwards" {
	local pid
	VERSION=1.1
	curl -k -u root:0penBmc \
		-d '{"Image":"https://example.com/images/ubuntu-22.04.iso", "Inserted": true}' \
		-H "Content-Type: application/json" \
		-X POST https://localhost/redfish/v1/Managers/bmc/VirtualMedia/Slot_0/Actions/VirtualMedia.InsertMedia
	is_in https://example.com/images/ubuntu-22.04.iso "$WWW/images/ubuntu-22.04.iso"
	curl -k -u root:0penBmc \
		-X PATCH -H 'Content-Type: application/json' \
		-d '{"Boot": {"BootSourceOverrideTarget": "Cd", "BootSourceOverrideMode": "UEFI", "BootSourceOverrideEnabled": "Once"}}' \
		https://localhost/redfish/v1/Systems/system
	grep -q "^cd once uefi" "$HOST/boot"
	curl -k -u root:0penBmc \
		-d '{"ResetType": "ForceRestart"}' \
		-H 'Content-type: application/json' \
		-X POST https://localhost/redfish/v1/Systems/system/Actions/ComputerSystem.Reset
	echo off >"$HOST/power"
	curl -k -u root:0penBmc -d '{"ResetType": "On"}' \
		-H 'Content-type: application/json' \
		-X POST https://localhost/redfish/v1/Systems/system/Actions/ComputerSystem.Reset
	[ "$(cat "$HOST/power")" = on ]
	# As some clients end an override: it is off, although the request says
	# "Once".
	curl --globoff -L -k -u root:0penBmc -X PATCH \
		-H "Content-Type: application/json" -H "Accept: application/json" \
		-d '{"Boot": {"BootSourceOverrideTarget": "None", "BootSourceOverrideEnabled": "Once"}}' \
		https://localhost/redfish/v1/Systems/system
	grep -q "^none" "$HOST/boot"
	# When a script runs again, the same image changes nothing.
	pid=$(cat /run/vmedia/0/pid)
	curl --globoff -L -k -u root:0penBmc -X POST \
		-H "Content-Type: application/json" -H "Accept: application/json" \
		-d '{"Image":"https://example.com/images/ubuntu-22.04.iso"}' \
		https://localhost/redfish/v1/Systems/system/VirtualMedia/Slot_0/Actions/VirtualMedia.InsertMedia
	[ "$(cat /run/vmedia/0/pid)" = "$pid" ]
	curl --globoff -L -k -u root:0penBmc -X POST \
		-H "Content-Type: application/json" -H "Accept: application/json" \
		-d '{}' \
		https://localhost/redfish/v1/Systems/system/VirtualMedia/Slot_0/Actions/VirtualMedia.EjectMedia
	is_out 0
}
