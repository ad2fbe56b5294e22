#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Images of the store in a slot, without a kernel: see pretend.bash.
# 37-image-mount-busybox.bats is this same file, with busybox's shell and tools.

load helper
load pretend

vmctl() {
	"$VM_SHELL" "$PWD/bin/vmctl" "$@" 3>&-
}

setup() {
	requires_root
	pretend
	export VM_CONF=$PWD/conf VM_PATH=$PATH
	cp "$BUILD/bin/vmctl" "$BUILD/bin/vm-image" "$BUILD/bin/vm-lock" \
		"$BUILD/bin/vm-import" bin/
	ln -s "$BUILD/lib" lib
	pretend_drive 1 0
	VM_SHELL=dash
	case $BATS_TEST_FILENAME in
	*busybox*)
		mkdir box
		busybox --install -s box
		export VM_PATH=$PWD/box
		VM_SHELL=$PWD/box/sh
		;;
	esac
	STORE=$PWD/store
	echo "store = $STORE" >"$VM_CONF"
	head -c 8192 /dev/urandom >one
	vmctl image put one "x (1).iso" >/dev/null
	ID=$(vmctl image path "x (1).iso" | cut -c 1-16)
}
teardown() {
	# A vm-slot would restart its programs, so kill it first.
	kill -KILL $(cat run/[0-7]/pid) 2>/dev/null || :
	pkill -KILL -f "$BATS_TEST_TMPDIR/bin/" || :
	cleanup
}

@test "a name with a space and parentheses is mounted, shown and ejected" {
	vmctl mount "image:x (1).iso" | grep "^slot 0: image:x (1).iso is in the host's cd drive"
	[ "$(cat "$D/url")" = "image:x (1).iso" ]
	[ "$(cat "$D/request/url")" = "$STORE/images/$ID/data" ]
	# The slot's state names the image, for users who may not read requests.
	[ "$(cat "$D/image")" = "$ID" ]
	[ "$(vmctl status -j | jq -r .slots[0].image)" = "$ID" ]
	vmctl status -s 0 | grep "url     image:x (1).iso"
	[ "$(vmctl mount -j "image:x (1).iso" | jq .changed)" = false ]
	vmctl image ls | grep "in slot 0"
	vmctl eject 0 | grep "image:x (1).iso was ejected"
	[ ! -e "$D/image" ]
	not grep -q "in slot" <(vmctl image ls)
}

@test "image:NAME is root's, image:OWNER/NAME another's, and no other is found" {
	mkdir "$STORE/owners/alice"
	vmctl image put one alice/y.iso >/dev/null
	fails 66 vmctl mount image:y.iso
	grep "there is no image y.iso: type vmctl image ls" stderr
	fails 64 vmctl mount image:../../etc/passwd
	fails 64 vmctl mount image:alice/../x
	fails 64 vmctl mount image:
	vmctl mount image:alice/y.iso | grep "image:alice/y.iso is in"
	fails 64 vmctl renew image:alice/y.iso
	: >"$VM_CONF"
	fails 78 vmctl mount image:alice/y.iso
}

@test "no upload while something is mounted: only that image cannot be replaced" {
	vmctl mount "image:x (1).iso"
	fails 75 vmctl image rm "x (1).iso"
	grep "x (1).iso is in slot 0: type vmctl eject -s 0 first" stderr
	fails 75 vmctl image put --replace one "x (1).iso"
	vmctl image put one z
	fails 75 vmctl image mv --replace z "x (1).iso"
	vmctl image rm z
	# An image in use can be renamed: the host does not notice.
	vmctl image mv "x (1).iso" w
	fails 75 vmctl image rm w
	grep "w is in slot 0" stderr
	vmctl eject 0
	vmctl image rm w
}

@test "an image that is in the slot of a killed vm-slot is in use" {
	vmctl mount "image:x (1).iso"
	kill -KILL "$(cat "$D/pid")"
	wait_until 10 not vm-lock -t "$D/pid"
	fails 75 vmctl image rm "x (1).iso"
	vmctl eject -s 0
	vmctl image rm "x (1).iso"
}

@test "mounted by the path of its bytes, an image is in use as well" {
	echo "allow_file = $STORE/images" >>"$VM_CONF"
	vmctl mount -s 0 "$STORE/images/$ID/data"
	fails 75 vmctl image rm "x (1).iso"
	grep "x (1).iso is in slot 0" stderr
}

@test "writable images: -w, and the checksum is stale before the host can write" {
	sed 's/cd/disk/g' bin/vm-probe >bin/disk
	cp bin/disk bin/vm-probe
	vmctl mount -w -s 1 "image:x (1).iso"
	[ "$(cat "$STORE/images/$ID/sha256")" = stale ]
	vmctl image ls | grep "was written to: no checksum, in slot 1"
	fails 75 vmctl image verify "x (1).iso"
	vmctl eject 1
	vmctl image verify "x (1).iso"
	[ "$(cat "$STORE/images/$ID/sha256")" = "$(sha256sum one | cut -c 1-64)" ]
	# With an overlay, the host's writes do not go into the image.
	vmctl mount --overlay "$PWD/over" -s 1 "image:x (1).iso"
	[ "$(cat "$STORE/images/$ID/sha256")" != stale ]
	vmctl image verify "x (1).iso"
}

@test "an image that its owner has by sftp is not mounted" {
	: >"$STORE/images/$ID/exported"
	exec 4<"$STORE/images/$ID/exported"
	vm-lock 4
	fails 75 vmctl mount -s 0 "image:x (1).iso" 4<&-
	grep "image:x (1).iso is exported: end its vmctl image export first" stderr
	[ ! -e "$D/request" ]
	fails 75 vmctl image verify "x (1).iso"
	exec 4<&-
	vmctl mount -s 0 "image:x (1).iso"
}

@test "an image that is removed while it is being mounted" {
	cat >bin/vm-gadget.new <<-END
		#!/bin/sh
		[ "\$1" != setup ] || rm -rf "$STORE/images/$ID"
		exec "$PWD/bin/vm-gadget.old" "\$@"
	END
	sed 's,\${0##\*/},vm-gadget,' bin/common >bin/common.new
	mv bin/common.new bin/common
	mv bin/vm-gadget bin/vm-gadget.old
	mv bin/vm-gadget.new bin/vm-gadget
	chmod +x bin/vm-gadget
	fails 75 vmctl mount -s 0 "image:x (1).iso"
	grep "image:x (1).iso was changed in this moment: try again" stderr
	[ ! -e "$D/request" ]
}

@test "completion: image: and the names behind it" {
	vmctl complete mount im | cut -f 1 | grep -qx image:
	[ "$(vmctl complete mount image:x | cut -f 1)" = "image:x (1).iso" ]
	[ "$(vmctl complete image rm x | cut -f 1)" = "x (1).iso" ]
	vmctl complete image pu | cut -f 1 | grep -qx put
	vmctl complete image put '' | cut -f 1 | grep -qx :files
	: >"$VM_CONF"
	[ -z "$(vmctl complete mount image:)" ]
}
