#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# make builds and installs what its variables select; if a selected library is
# missing, it says so.

load helper

LEAST="WEB=0 WS=0 REDFISH=0 IMAGES=0 NETBOOT=0"

setup() {
	own_directory
	OUT=$PWD/out
}

# other_make [WORD...]: runs make with the test's own output directory.
other_make() {
	# (make check sets these two variables itself.)
	env -u MAKELEVEL -u MAKEFLAGS make -s -C "$TOP" O="$OUT" "$@" 3>&-
}

# pkg_config_without LIBRARY: makes a pkg-config that does not know it.
pkg_config_without() {
	cat >pkg-config <<-END
		#!/bin/sh
		case " \$* " in *" $1 "*) exit 1 ;; esac
		exec /usr/bin/pkg-config "\$@"
	END
	chmod +x pkg-config
}

# lacks LIBRARY PACKAGE [WORD...]: make stops before it compiles, with one line
# that names both.
lacks() {
	local library=$1 package=$2
	shift 2
	rm -rf "$OUT"
	run other_make "$@" all
	[ "$status" = 2 ]
	[ "$(grep -c "unable to find $library: install $package (Debian)" <<<"$output")" = 1 ]
	[ "$(grep -vc '^make: \*\*\* ' <<<"$output")" = 1 ]
	[ -z "$(find "$OUT" -name '*.o')" ]
}

@test "a library that is asked for and missing: one line, with Debian's package" {
	local need
	for need in libnfs:libnfs-dev smbclient:libsmbclient-dev libnbd:libnbd-dev \
		libcurl:libcurl4-openssl-dev jansson:libjansson-dev; do
		pkg_config_without "${need%:*}"
		lacks "${need%:*}" "${need#*:}" PKG_CONFIG="$PWD/pkg-config" SOURCES="nfs smb"
	done
	cat >cc <<-'END'
		#!/bin/sh
		case $* in *-fsyntax-only*) ! grep -q "$MISSING" ;; *) exec cc "$@" ;; esac
	END
	chmod +x cc
	for need in bearssl.h:libbearssl-dev crypt.h:libcrypt-dev \
		nbdkit-plugin.h:nbdkit-plugin-dev security/pam_appl.h:libpam0g-dev; do
		export MISSING=${need%:*}
		lacks "${need%:*}" "${need#*:}" CC="$PWD/cc" PAM=1
	done
}

@test "a module whose library is missing is left out where nobody asked for it" {
	pkg_config_without libnfs
	other_make -n PKG_CONFIG="$PWD/pkg-config" all >lines
	not grep -q vm-source-nfs.so lines
	grep -q vm-source-smb.so lines
	other_make -n SOURCES=nfs all >lines
	not grep -q vm-source-smb.so lines
	grep -q vm-source-nfs.so lines
	other_make -n SOURCES= all >lines
	not grep -q 'vm-source-[^f]' lines
	grep -q vm-source-file.so lines
}

@test "a value that is none is refused, and so are tests of a part of the product" {
	run -2 other_make WEB=yes
	[[ $output == *"WEB=yes: it is 0 or 1"* && ${#lines[@]} = 1 ]]
	run -2 other_make SOURCES="nfs ftp"
	[[ $output == *"there is no ftp, use nfs and smb"* && ${#lines[@]} = 1 ]]
	run -2 other_make TARGET=mips size
	[[ $output == *"TARGET=mips: use armhf, or none for this machine"* && ${#lines[@]} = 1 ]]
	run -2 other_make WS=0 tests
	[[ $output == *"the tests need all parts"* && ${#lines[@]} = 1 ]]
}

@test "make help lists each variable of a part" {
	local name
	other_make help >help
	for name in $(sed -n 's/^parts = //p' "$TOP/Makefile") PAM SMALL SOURCES; do
		grep -qE "^  $name=" help
	done
	[ "$(sed -n '/^What is built/,$p' help | wc -L)" -le 80 ]
}

# installed [WORD...]: prints the files that make install writes, from what is
# already built.
installed() {
	[ -e "$OUT" ] || {
		mkdir "$OUT"
		cp -a "$BUILD"/{bin,lib,libvm.a,obj} "$OUT"
	}
	rm -rf root
	other_make install DESTDIR="$PWD/root" PREFIX=/usr "$@" >&2
	(cd root && find . ! -type d | sort)
}

@test "make install leaves out what was not asked for, and nothing else" {
	local part
	installed >all
	for part in WEB:/web/.*,vmedia-certificate WS:vm-ws-proxy REDFISH:vm-redfish \
		IMAGES:vm-image,vm-upload,vm-import,lib/vmedia/image-,vmedia-image,vmedia-fetch@,vmedia-export@,sftp,sshd/ \
		NETBOOT:vm-netboot,netboot-,vmedia-netboot,vm-dhcp-probe; do
		installed "${part%%:*}=0" >some
		comm -23 all some >missing
		tr , '\n' <<<"${part#*:}" >patterns
		# (mount needs the script that finds an image in the store.)
		grep -f patterns all | grep -v /image-store.sh | diff - missing
		[ "$(comm -13 all some)" = "" ]
		while read -r pattern; do
			grep -q -e "$pattern" missing
		done <patterns
	done
	installed SOURCES= >some
	[ "$(comm -23 all some | sed 's,.*/,,' | tr '\n' ' ')" = "vm-source-nfs.so vm-source-smb.so " ]
}

# code FILE: prints a script as bash reads it: without comments, in one form.
code() {
	bash --pretty-print "$1" | grep .
}

@test "SMALL=1: scripts lose their comments, and nothing else" {
	local file
	installed SMALL=0 >all
	mv root whole
	installed SMALL=1 >some
	{
		sed 's,\(/share/vmedia/web/.*\),\1.gz,' all
		echo ./usr/bin/vm-small
	} | sort | diff - some
	(cd root && grep -l '^# SPDX' usr/bin/* usr/lib/vmedia/*.sh) >scripts
	[ "$(wc -l <scripts)" -gt 60 ]
	while read -r file; do
		sh -n "root/$file"
		diff <(code "whole/$file") <(code "root/$file")
		[ "$(stat -c %a "root/$file")" = "$(stat -c %a "whole/$file")" ]
		[ "$(grep -c '^[[:space:]]*#' "root/$file")" -le 4 ]
	done <scripts
	# A quarter of the scripts were comments.
	[ "$(cat $(sed 's,^,root/,' scripts) | wc -c)" -lt \
		$(($(cat $(sed 's,^,whole/,' scripts) | wc -c) * 3 / 4)) ]
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf VM_PATH=/usr/sbin:/usr/bin:/sbin:/bin
	touch conf
	for words in help "mount --help" "status -j" version config "complete mount --"; do
		diff <(whole/usr/bin/vmctl $words 2>&1) <(root/usr/bin/vmctl $words 2>&1)
	done
	root/usr/bin/vmctl help | grep -q '^  mount'
}

@test "SMALL=1: six programs are one, and each is what it was" {
	local name
	installed SMALL=0 >all
	mv root whole
	installed SMALL=1 >some
	(cd root/usr/bin && find . -type l | sort) >links
	[ "$(wc -l <links)" = 6 ]
	while read -r name; do
		[ "$(readlink "root/usr/bin/$name")" = vm-small ]
		"whole/usr/bin/$name" -h | diff - <("root/usr/bin/$name" -h)
		(cd root/usr/bin && PATH=$PWD:$PATH "${name#./}" -V) |
			diff - <("whole/usr/bin/$name" -V)
	done <links
	run -64 root/usr/bin/vm-small
	[ "$output" = "vm-small: use the links to it: vm-fetchd, vm-slot and others" ]
	truncate -s 1M image
	[ "$(root/usr/bin/vm-probe -t disk -f size image)" = 1048576 ]
	other_make uninstall DESTDIR="$PWD/root" PREFIX=/usr
	[ -z "$(find root/usr/bin ! -type d)" ]
}

@test "scripts/small.awk: here-documents, # within a line, the licence" {
	printf '%s\n' '#!/bin/sh' '# SPDX-License-Identifier: X' '# gone' \
		'x=${y#z} # stays' 'cat <<-"END"' '	# text' '	END' '	# gone' 'cat <<END' \
		'	END' '# text' 'END' '# gone' 'echo "$((1 << 2))"' '# gone' >script
	grep -v gone script >wanted
	awk -f "$TOP/scripts/small.awk" script | diff wanted -
	busybox awk -f "$TOP/scripts/small.awk" script | diff wanted -
}

@test "the smallest product builds without jansson and libcrypt, and says what it lacks" {
	pkg_config_without jansson
	# shellcheck disable=SC2086 # words
	other_make CFLAGS=-O0 SOURCES= PKG_CONFIG="$PWD/pkg-config" $LEAST \
		install DESTDIR="$PWD/root" PREFIX=/usr >&2
	not grep -q 'jansson\|libcrypt\|libnfs\|libsmb' <(readelf -d root/usr/bin/* \
		root/usr/lib/vmedia/*.so 2>/dev/null | grep NEEDED)
	export VM_RUN_DIR=$PWD/run VM_CONF=$PWD/conf VM_PATH=/usr/sbin:/usr/bin:/sbin:/bin
	touch conf
	PATH=/usr/sbin:/usr/bin:/sbin:/bin
	root/usr/bin/vmctl help | grep -q '^  mount'
	root/usr/bin/vmctl status
	for verb in attach serve web user ticket; do
		[[ $(root/usr/bin/vmctl $verb --help 2>&1) == "usage: vmctl $verb "* ]]
	done
	[ -z "$(root/usr/bin/vmctl complete image '')$(root/usr/bin/vmctl complete netboot '')" ]
	fails 69 root/usr/bin/vmctl image ls
	grep -qx 'vmctl: unable to run vm-image: install vmedia-images' stderr
	fails 69 root/usr/bin/vmctl mount image:x
	fails 69 root/usr/bin/vmctl netboot --help
	grep -q 'vmedia-netboot$' stderr
	fails 69 root/usr/bin/vmctl user ls
	fails 69 root/usr/bin/vmctl door
	fails 69 root/usr/bin/vmctl redfish
	fails 69 root/usr/bin/vmctl web proxy
	fails 69 root/usr/bin/vmctl serve conf wss://localhost/vm/0
	grep -q 'install vmedia with WebSockets (WS=1)$' stderr
}
