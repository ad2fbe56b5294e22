#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-probe on how an image boots: what a BIOS and UEFI find, in images made by
# the usual tools.

load helper

setup() {
	make_tree
}

# make_fat FILE SIZE BITS [LOADER...]: makes a FAT with these files in
# \EFI\BOOT.
make_fat() {
	local file=$1 loader
	truncate -s "$2" "$file"
	mkfs.fat -F "$3" "$file" >log 2>&1
	mmd -i "$file" ::/EFI ::/EFI/BOOT
	echo MZ >loader
	for loader in "${@:4}"; do
		mcopy -i "$file" loader "::/EFI/BOOT/$loader"
	done
}
# put_fat DISK SECTOR: copies the file `fat` to that sector.
put_fat() {
	dd if=fat of="$1" bs=512 seek="$2" conv=notrunc status=none
}
# boots FILE BOOT [ARCH]
boots() {
	[ "$(vm-probe -f boot "$1")" = "$2" ]
	[ "$(vm-probe -f efi "$1")" = "${3:-}" ]
}

@test "UEFI finds its loader in a FAT of any partition type, and in none" {
	local type
	make_fat fat 40M 32 BOOTX64.EFI
	boots fat efi x64
	[ "$(vm-probe -f summary fat)" = "boots by UEFI x64 only" ]
	truncate -s 50M disk
	for type in 0c 07 ef 83; do
		printf '2048,,%s\n' $type | sfdisk -q -w always disk
		put_fat disk 2048
		boots disk efi x64
	done
	truncate -s 60M disk
	printf 'label: dos\nstart=2048,size=4096,type=83\nstart=10240,type=f\nstart=14336,size=90000,type=c\n' |
		sfdisk -q -w always disk
	put_fat disk 14336
	boots disk efi x64
}

@test "the type of a GPT partition does not count either" {
	local type
	make_fat fat 40M 16 BOOTAA64.EFI
	truncate -s 50M disk
	for type in U EBD0A0A2-B9E5-4433-87C0-68B6B72699C7 L; do
		printf 'label: gpt\nstart=4096, type=%s\n' $type |
			sfdisk -q -w always disk
		put_fat disk 4096
		boots disk efi aa64
		[ "$(vm-probe -f format disk)" = gpt ]
	done
	# an EFI system partition without a loader starts nothing
	mdel -i fat ::/EFI/BOOT/BOOTAA64.EFI
	put_fat disk 4096
	boots disk none
	[ "$(vm-probe -f summary disk)" = "nothing bootable found" ]
}

@test "each processor has a loader of its own, in short and in long names" {
	make_fat fat 8M 12 bootia32.efi BootX64.efi BOOTRISCV64.EFI
	boots fat efi "x64 ia32 riscv64"
	vm-probe -j fat | jq -e '.boot == {"bios": false, "efi": true,
		"arch": ["x64", "ia32", "riscv64"]}'
	# a directory with that name is not a loader, and neither is a file with
	# another name
	make_fat other 8M 12 GRUBX64.EFI
	mmd -i other ::/EFI/BOOT/BOOTX64.EFI
	boots other none
	# the loader is far down in a directory of many clusters
	make_fat many 40M 32
	mkdir names
	(cd names && seq -f "a long name, number %g" 300 | xargs -d '\n' touch)
	mcopy -i many names/* ::/EFI/BOOT/
	mcopy -i many loader ::/EFI/BOOT/BOOTX64.EFI
	boots many efi x64
	# and its directory is far down in a root directory of many clusters
	rm many
	truncate -s 40M many
	mkfs.fat -F 32 -s 1 many >log 2>&1
	mcopy -i many names/* ::/
	mmd -i many ::/EFI ::/EFI/BOOT
	mcopy -i many loader ::/EFI/BOOT/BOOTX64.EFI
	boots many efi x64
}

@test "UEFI finds its loader in the last of many partitions" {
	local i
	make_fat fat 8M 12 BOOTX64.EFI
	truncate -s 20M disk
	{
		echo "label: gpt"
		for ((i = 1; i <= 127; i++)); do
			echo "start=$((2048 + 64 * i)), size=64, type=L"
		done
		echo "start=20480, size=16384, type=U"
	} | sfdisk -q -w always disk
	put_fat disk 20480
	boots disk efi x64
	{
		echo "label: dos"
		echo "start=2048, type=f"
		for ((i = 1; i <= 11; i++)); do
			echo "start=$((2048 + 128 * i)), size=64, type=83"
		done
		echo "start=20480, size=16384, type=c"
	} | sfdisk -q -w always disk
	put_fat disk 20480
	boots disk efi x64
}

@test "a boot sector that says it is not bootable is none" {
	truncate -s 8M fat
	mkfs.fat fat >log
	boots fat none
	rm fat
	truncate -s 8M fat
	mformat -i fat ::
	boots fat none
	rm fat
	truncate -s 16M fs
	mkntfs -q -F fs >log 2>&1
	boots fs none
	mkfs.exfat fs >log
	boots fs none
}

@test "a mark of Apple's in the first sector is no boot code" {
	local code
	truncate -s 8M disk
	printf 'ER\010\0\353\002\377\377' | dd of=disk conv=notrunc status=none
	printf '2048,,83\n' | sfdisk -q disk
	boots disk none
	# the code of grub-mkrescue follows
	printf '\315\023' | dd of=disk bs=1 seek=8 conv=notrunc status=none
	boots disk bios
	# a sector of zeros that ends like genisoimage's HFS volume
	truncate -s 0 disk
	truncate -s 8M disk
	for code in 446 462 478 494; do
		printf '\377' | dd of=disk bs=1 seek=$code conv=notrunc status=none
	done
	printf '\125\252' | dd of=disk bs=1 seek=510 conv=notrunc status=none
	boots disk none
}

@test "code of Microsoft's needs the file that it names" {
	truncate -s 8M fat
	mkfs.fat fat >log
	printf '\315\023 BOOTMGR    ' |
		dd of=fat bs=1 seek=100 conv=notrunc status=none
	boots fat none
	echo x >BOOTMGR
	mcopy -i fat BOOTMGR ::
	boots fat bios
}

@test "generic code in an MBR needs an active partition that boots" {
	truncate -s 50M disk
	make_fat fat 40M 32 BOOTX64.EFI
	parted -s disk mklabel msdos mkpart primary fat32 1MiB 100%
	put_fat disk 2048
	boots disk efi x64
	parted -s disk set 1 boot on
	boots disk efi x64
	printf '\315\023' | dd of=disk bs=1 seek=$((1048576 + 100)) \
		conv=notrunc status=none
	boots disk "bios efi" x64
	[ "$(vm-probe -f summary disk)" = "boots by BIOS and UEFI x64" ]
}

@test "GRUB's code in an MBR boots" {
	truncate -s 8M disk
	printf '2048,,83\n' | sfdisk -q disk
	dd if=/usr/lib/grub/i386-pc/boot.img of=disk bs=440 count=1 \
		conv=notrunc status=none
	boots disk bios
}

@test "El Torito for BIOS and EFI is found, by what its images hold" {
	printf boot >tree/bios.img
	make_fat tree/efi.img 1440K 12 BOOTX64.EFI BOOTIA32.EFI
	truncate -s 64K tree/empty.img
	xorriso -as mkisofs -quiet -V X -o boot.iso -b bios.img -no-emul-boot \
		-boot-load-size 4 -eltorito-alt-boot -e efi.img -no-emul-boot tree
	boots boot.iso "bios efi" "x64 ia32"
	[ "$(vm-probe -t disk -f boot boot.iso)" = none ]
	vm-probe -t disk -f warning boot.iso |
		grep -q "as a cd it boots by BIOS and UEFI x64 ia32"
	xorriso -as mkisofs -quiet -V X -o none.iso -b empty.img -no-emul-boot \
		-boot-load-size 4 -eltorito-alt-boot -e empty.img -no-emul-boot \
		tree
	boots none.iso none
}

@test "a hybrid with an appended EFI partition in a GPT boots both ways" {
	make_fat efi.img 1440K 12 BOOTX64.EFI
	xorriso -as mkisofs -quiet -V X -o gpt.iso -append_partition 2 0xef \
		efi.img -appended_part_as_gpt -e \
		--interval:appended_partition_2:all:: -no-emul-boot tree
	[ "$(vm-probe -f format gpt.iso)" = hybrid ]
	boots gpt.iso efi x64
	[ "$(vm-probe -t disk -f boot gpt.iso)" = efi ]
	[ -z "$(vm-probe -t disk -f warning gpt.iso)" ]
}

@test "a hybrid that must be a disk, and loses a way to boot, says so" {
	make_fat tree/efi.img 1440K 12 BOOTX64.EFI
	xorriso -as mkisofs -quiet -V X -o big.iso -e efi.img -no-emul-boot tree
	printf '1,100,17,*\n' | sfdisk -q -W never -w never big.iso
	truncate -s 3G big.iso
	[ "$(vm-probe -f media big.iso)" = disk ]
	vm-probe -f warning big.iso | grep -q "as a cd it boots by UEFI x64"
}

@test "a drive in which a host cannot read the image is warned about" {
	xorriso -as mkisofs -quiet -V X -o plain.iso tree
	vm-probe -t disk -f warning plain.iso | grep -q "many hosts cannot read it in a disk drive: .* is made for CD drives$"
	[ -z "$(vm-probe -f warning plain.iso)" ]
	truncate -s 8M disk
	printf '2048,,c\n' | sfdisk -q disk
	vm-probe -t cd -f warning disk | grep -q "no host can read it in a CD drive: .* is made for disks$"
	[ -z "$(vm-probe -f warning disk)" ]
}

@test "disks with sectors of 4096 bytes are known" {
	truncate -s 64M gpt
	printf 'EFI PART\0\0\1\0\134\0\0\0' |
		dd of=gpt bs=4096 seek=1 conv=notrunc status=none
	printf '\1' | dd of=gpt bs=1 seek=$((4096 + 24)) conv=notrunc status=none
	[ "$(vm-probe -f format gpt)" = gpt ]
	[ "$(vm-probe -f sector gpt)" = 4096 ]
	truncate -s 300M fat
	mkfs.fat -S 4096 -h 256 fat >log
	[ "$(vm-probe -f sector fat)" = 4096 ]
	truncate -s 310M mbr
	printf '256,70000,c\n' | sfdisk -q mbr
	dd if=fat of=mbr bs=4096 seek=256 conv=notrunc,sparse status=none
	[ "$(vm-probe -f format mbr)" = mbr ]
	[ "$(vm-probe -f sector mbr)" = 4096 ]
}
