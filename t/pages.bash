# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# For the tests that run the examples of the pages. Load `helper` and `servers`
# first.

# make_examples: for setup_file. Makes the files that the examples name.
make_examples() {
	export EXAMPLES_FILES=$BATS_FILE_TMPDIR/files
	[ "$(id -u)" = 0 ] || return 0
	mkdir "$EXAMPLES_FILES"
	cd "$EXAMPLES_FILES" || return
	make_cert bmc DNS:example.org,DNS:bmc.example.org
	cat bmc.pem ca.pem >chain.pem
	mv bmc.key key.pem
	make_debian_iso
	cp debian.iso rescue.iso
	cp debian.iso private.iso
	head -c 1M /dev/urandom >tools.img
	cp tools.img disk.img
	qemu-img convert -f raw -O qcow2 tools.img disk.qcow2
	cp "$TOP/t/netboot/full-bios.log" boot.log
}

# make_debian_iso: makes the debian.iso for which vm-probe prints what
# vm-probe(1) shows.
make_debian_iso() {
	mkdir tree
	head -c 700000 /dev/urandom >tree/data
	printf boot >tree/bios.img
	mkfs.vfat -C efi.img 64 >/dev/null
	mmd -i efi.img ::/EFI ::/EFI/BOOT
	mcopy -i efi.img tree/bios.img ::/EFI/BOOT/BOOTX64.EFI
	xorriso -as mkisofs -quiet -V "Debian 12.11.0 amd64 n" -J -R \
		-o debian.iso -b bios.img -no-emul-boot -boot-load-size 4 \
		-eltorito-alt-boot -append_partition 2 0xef efi.img \
		-appended_part_as_gpt -e --interval:appended_partition_2:all:: \
		-no-emul-boot tree
	truncate -s 9M debian.iso
	rm -r tree efi.img
}

# run_examples PAGE: runs them; outside the virtual machine, they change nothing
# here.
run_examples() {
	requires_root
	if [ -n "${VM_RUN:-}" ]; then
		bash "$HERE/examples.bash" "$TOP/man/$1" 3>&-
	else
		unshare -mnpf --mount-proc --kill-child \
			bash "$HERE/examples.bash" "$TOP/man/$1" 3>&-
	fi
}
