#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-netboot-script: iPXE and GRUB read what was meant, or nothing is written.

load helper

setup() {
	own_directory
}

# script STATUS WORD...: runs it in each shell; its output is in `said`.
script() {
	local want=$1 shell
	shift
	for shell in dash 'busybox sh'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr -"$want" $shell "$BUILD/bin/vm-netboot-script" "$@"
		printf '%s\n' "$output" >said
	done
}
# refuses WHAT WORD...: it fails with 65, and one line that has WHAT.
refuses() {
	local what=$1
	shift
	script 65 "$@"
	[ -z "$output" ]
	[[ $stderr == "vm-netboot-script: unable to write the script: "*"$what"* ]]
	[[ $stderr != *$'\n'* ]]
}
letters() {
	head -c "$1" /dev/zero | tr '\0' "$2"
}

@test "iPXE: the initrds are on the command line by name, in order, before the rest" {
	script 0 -k http://h/T/kernel -i http://h/T/a -i http://h/T/b -c 'console=ttyS0 x="a b"' ipxe
	diff - said <<-'END'
		#!ipxe
		kernel http://h/T/kernel initrd=initrd0 initrd=initrd1 console=ttyS0 x="a b"
		initrd --name initrd0 http://h/T/a
		initrd --name initrd1 http://h/T/b
		boot
	END
}

@test "iPXE: a kernel without initrd and command line" {
	script 0 -k http://h/kernel ipxe
	printf '#!ipxe\nkernel http://h/kernel\nboot\n' | diff - said
}

@test "GRUB: each word is in single quotes" {
	# shellcheck disable=SC2016 # the text is meant
	script 0 -k /kernel -i /initrd0 -i /initrd1 -c 'a=${b} c;d e#f * $(g)' grub
	tr -d '\t' <said | diff - /dev/fd/3 3<<-'END'
		set timeout=0
		set default=0
		menuentry "vmedia" {
		linux '/kernel' 'a=${b}' 'c;d' 'e#f' '*' '$(g)'
		initrd '/initrd0' '/initrd1'
		}
	END
	grub-script-check said
}

@test "sanboot: a note says what the system does not find" {
	script 0 -s http://h/T/image.iso ipxe
	printf '#!ipxe\nsanboot http://h/T/image.iso\n' | diff - said
	[[ $stderr == *"finds no disk"* ]]
}

@test "exit: the next boot device" {
	script 0 exit
	printf '#!ipxe\nexit\n' | diff - said
}

@test "what would end the line or the script is refused" {
	local language
	for language in ipxe grub; do
		refuses "control character" -k /k -c $'a\nboot' $language
		refuses "control character" -k /k -c $'a\rb' $language
		refuses "control character" -k /k -c $'a\eb' $language
		refuses "not ASCII" -k /k -c $'a\303\244' $language
		refuses "control character" -k $'/k\n' $language
		refuses "a boot loader would not take" -k '/k b' $language
		refuses "a boot loader would not take" -k /k -i "/i'" $language
		refuses "is empty" -k '' $language
		refuses "more than 2048 bytes" -k /k -c "$(letters 2049 a)" $language
		script 0 -k /k -c "$(letters 2048 a)" $language
	done
}

@test "iPXE: settings and the words that end a command are refused" {
	# shellcheck disable=SC2016 # the text is meant
	refuses 'has ${' -k /k -c 'a ${net0/mac}' ipxe
	refuses 'the word ||' -k /k -c 'a || shell' ipxe
	refuses 'the word &&' -k /k -c 'a && shell' ipxe
	refuses 'the word ;' -k /k -c 'a ; shell' ipxe
	refuses 'the word #b' -k /k -c 'a #b' ipxe
	script 0 -k /k -c 'a||b c;d e#f' ipxe
}

@test "GRUB: quotes and backslashes, which it would change, are refused" {
	refuses "a quote or backslash" -k /k -c "a'b" grub
	refuses "a quote or backslash" -k /k -c 'a="b c"' grub
	refuses "a quote or backslash" -k /k -c 'a\b' grub
}

@test "a full standard output: 74, and one line" {
	local shell words
	for shell in dash 'busybox sh'; do
		for words in -h -V exit '-k /k ipxe' '-k /k -i /i grub'; do
			# shellcheck disable=SC2016,SC2086 # words
			run -74 sh -c '"$@" 2>&1 >/dev/full' sh \
				$shell "$BUILD/bin/vm-netboot-script" $words
			[ "$output" = "vm-netboot-script: unable to write standard output" ]
		done
	done
}

@test "wrong usage: 64, and help" {
	script 64
	script 64 ipxe
	script 64 -k /k
	script 64 -k /k lilo
	script 64 -k /k -s /i ipxe
	script 64 -s /i grub
	script 64 -x
	script 0 -h
	[[ $output == "usage: vm-netboot-script "* ]]
	script 0 -V
	[[ $output == "vm-netboot-script "[0-9]* ]]
}
