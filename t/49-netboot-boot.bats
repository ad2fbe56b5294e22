#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-netboot, and PCs that boot from it with each firmware: QEMU without KVM, in
# a network of the test.

load helper
load netboot

A=52:54:00:12:34:81
B=52:54:00:12:34:82

setup_file() {
	requires_root
	start_net
	cd "$BATS_FILE_TMPDIR" || return
	make_system
	make_uefi_iso uefi.iso vmtest.dhcp
	chmod 644 uefi.iso
}
teardown_file() {
	stop_net
}
setup() {
	requires_root
	own_directory
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf
	mkdir run
	SYSTEM=("$BATS_FILE_TMPDIR/kernel" "$BATS_FILE_TMPDIR/initrd")
	FULL=(-r 10.77.0.50-10.77.0.60 --ra)
}
teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 30 said ./*.console || :
	cleanup
	no_other_server
	wait_until 20 nothing_runs
}

# booted NAME TEXT...: has the PC's system printed all of these?
booted() {
	local name=$1 text
	shift
	for text; do
		await_console "$name" "$text"
	done
}

@test "BIOS PXE: the kernel and its initrd, and its second question ends --count 1" {
	runs "${FULL[@]}" -m $A --count 1 "${SYSTEM[@]}" "console=ttyS0 quiet vmtest.dhcp"
	pc one tap0 $A bios
	booted one "BOOTED: .*console=ttyS0 quiet vmtest.dhcp" "MAC: $A"
	ends 0
}

@test "the kernel starts and has no initrd under UEFI (netboot#55): both, in order, by UEFI PXE" {
	mkdir extra
	echo "SECOND: read" >extra/second
	(cd extra && echo second | cpio -o -H newc --quiet | gzip) >second.gz
	chmod 644 second.gz
	runs "${FULL[@]}" -m $A --count 1 --initrd second.gz "${SYSTEM[@]}" \
		"console=ttyS0 quiet vmtest.dhcp"
	pc one tap0 $A uefi
	booted one "BOOTED: .*initrd=initrd0 initrd=initrd1 console=ttyS0" "SECOND: read" "MAC: $A"
	ends 0
}

@test "UEFI HTTP Boot of the kernel, and a live ISO finds its medium (netboot.xyz#333)" {
	cat >iso.profile <<-END
		mac = $B
		image = $BATS_FILE_TMPDIR/uefi.iso
	END
	runs "${FULL[@]}" -m $A -p iso.profile --count 2 "${SYSTEM[@]}" \
		"console=ttyS0 quiet vmtest.dhcp"
	pc kernel tap0 $A http
	pc iso tap1 $B http
	booted kernel "BOOTED: .*console=ttyS0" "MAC: $A"
	booted iso "BOOTED: .*vmtest.dhcp" "MAC: $B" "ISO: read by the system"
	ends 0
}

@test "Secure Boot: signed GRUB by TFTP, a signed ISO by HTTP" {
	cat >iso.profile <<-END
		mac = $B
		image = $BATS_FILE_TMPDIR/uefi.iso
		secure = yes
	END
	runs "${FULL[@]}" -m $A --secure -p iso.profile --count 2 "${SYSTEM[@]}" \
		"console=ttyS0 quiet vmtest.dhcp"
	pc grub tap0 $A secure
	pc iso tap1 $B secure-http
	booted grub "BOOTED: .*vmtest.dhcp" "MAC: $A"
	booted iso "BOOTED: .*vmtest.dhcp" "ISO: read by the system"
	ends 0
}

@test "Secure Boot refuses unsigned iPXE, and the cause is named" {
	runs "${FULL[@]}" -m $A "${SYSTEM[@]}" "console=ttyS0 quiet"
	pc one tap0 $A secure
	booted one "Access Denied"
	grep "$A loader snponly.efi" said
	not grep "$A script" said
}

@test "boot-once: the system says done, and the next boot is the PC's own disk" {
	runs "${FULL[@]}" -m $A --boot-once "${SYSTEM[@]}" \
		"console=ttyS0 quiet vmtest.done=%done"
	pc one tap0 $A bios
	booted one "TOLD: done"
	pc two tap1 $A bios
	booted two "boot.ipxe : .* bytes .script." "No bootable device"
	not grep -a BOOTED two.console
}

@test "Debian's installer reaches its first screen, over BIOS PXE and over UEFI" {
	local at=usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64
	apt-get -q download debian-installer-12-netboot-amd64
	dpkg-deb --fsys-tarfile debian-installer-*.deb |
		tar -xf - "./$at/linux" "./$at/initrd.gz"
	rm debian-installer-*.deb
	runs "${FULL[@]}" -m $A -m $B "$at/linux" "$at/initrd.gz" "console=ttyS0 quiet"
	MEMORY=1024 pc bios tap0 $A bios
	pc uefi tap1 $B uefi
	booted bios "Select a language"
	booted uefi "Select a language"
}

# --- beside another server ------------------------------------------------------------

@test "No ProxyDHCP response, retrying (netboot#38): BIOS and UEFI PXE beside another server" {
	other_server
	runs -m $A -m $B --count 2 "${SYSTEM[@]}" "console=ttyS0 quiet vmtest.done=%done"
	pc bios tap0 $A bios
	pc uefi tap1 $B uefi
	booted bios "BOOTED: .*console=ttyS0" "TOLD: done"
	booted uefi "BOOTED: .*console=ttyS0" "TOLD: done"
	ends 0
}

@test "UEFI clients ignore the proxy's offer (pixiecore#8): HTTP Boot beside another server" {
	other_server
	runs -m $A --count 1 --timeout 300 "$BATS_FILE_TMPDIR/uefi.iso"
	pc iso tap0 $A http
	booted iso "BOOTED: .*vmtest.dhcp" "ISO: read by the system"
	# The system got its address from the other server.
	ends 0
}
