#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Every lint tool finds the sources clean.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

@test "make lint finds nothing" {
	make -s -C "$TOP" O="$BUILD" lint 3>&-
}

@test "every program has a man page, and help that its page agrees with" {
	cd "$TOP"
	for program in bin/*.c scripts/vmctl; do
		name=$(basename "${program%.c}")
		ls "man/$name".[18]
	done
	# Each single-letter option of the help is in the man page.
	for name in vm-connect vm-dhcp-probe vm-drive vm-fetchd vm-import vm-lock vm-nbd-attach \
		vm-netboot-conf vm-netboot-http vm-netboot-log vm-netboot-script vm-probe \
		vm-redfish vm-slot vm-upload vm-user; do
		for letter in $("$name" -h | tr ' ' '\n' |
			sed -n 's/^\[-\([A-Za-z]*\)\]*$/\1/p' | fold -w 1 | sort -u); do
			grep -qE "Fl [A-Za-z]*$letter" man/"$name".[18] ||
				{ echo "$name -$letter"; false; }
		done
	done
}

# is_elf FILE...: prints those that are ELF files.
is_elf() {
	file -L "$@" | sed -n 's/:.* ELF .*//p'
}

@test "what is installed is linked with all symbols bound and read-only" {
	local file files
	files=$(is_elf "$BUILD"/bin/* "$BUILD"/lib/vmedia/*)
	[ "$(wc -w <<<"$files")" -ge 10 ]
	for file in $files; do
		echo "$file"
		readelf -dW "$file" | grep -q 'BIND_NOW\|Flags:.*NOW'
		readelf -lW "$file" | grep -q GNU_RELRO
		readelf -lW "$file" | grep -q 'GNU_STACK.* RW '
		# The C libraries of Debian 11 and musl do not have it.
		not grep -q closefrom <(readelf -sW "$file")
	done
	# With the sanitizers, the C library's own checks are not used.
	[ "${BUILD##*/}" != san ] || return 0
	readelf -sW "$BUILD/bin/vm-slot" | grep -q '__snprintf_chk@'
}

# compiles [VARIABLE=VALUE...]: prints the command lines that would compile
# everything.
compiles() {
	make -n -B -s -C "$TOP" O="$BUILD" "$@" tests 2>/dev/null 3>&- |
		sed -n 's/^echo [^;]*;//; / -c -o /p'
}

@test "flags from outside are added to ours, and take none away" {
	local how
	for how in "" -e; do
		CPPFLAGS=-DOUTSIDE CFLAGS='-O1 -D_FORTIFY_SOURCE=3' \
			compiles ${how:+"$how"} >lines
		compiles CPPFLAGS=-DOUTSIDE CFLAGS='-O1 -D_FORTIFY_SOURCE=3' >>lines
		[ "$(wc -l <lines)" -gt 100 ]
		for flag in -D_FILE_OFFSET_BITS=64 -Iplugins -std=c11 -DOUTSIDE \
			-D_FORTIFY_SOURCE=3; do
			[ "$(grep -c -e " $flag " lines)" = "$(wc -l <lines)" ]
		done
		not grep -e '-D_FORTIFY_SOURCE=2' lines
	done
	compiles >lines
	[ "$(grep -c -e ' -D_FORTIFY_SOURCE=2 ' lines)" = "$(wc -l <lines)" ]
	compiles CFLAGS=-O0 >lines
	not grep FORTIFY lines
}

@test "nothing is unfinished" {
	cd "$TOP"
	not grep -rnwE 'TODO|FIXME|XXX' bin lib plugins scripts man README Makefile
}

@test "nothing is at the top that does not belong there" {
	cd "$TOP"
	{ git ls-files 2>/dev/null || ls -A; } | sed 's,/.*,,' | sort -u |
		not grep -vxE '\.(ci|clang-format|git|gitignore|shellcheckrc)|COPYING|Makefile|README|bin|build|lib|man|plugins|scripts|t'
}

# sources: prints all C and sh files, including the tests' tools.
sources() {
	find bin lib plugins t -name '*.[ch]'
	find scripts bin t .ci -type f -exec grep -lE '^#! ?/(usr/bin/env |bin/)(ba)?sh|^# shellcheck shell' {} +
	ls scripts/lib/*.sh t/*.bash
}

@test "no file of C or sh has more than 450 lines, no function more than 80" {
	local long
	cd "$TOP"
	sources | sort -u >"$BATS_TEST_TMPDIR/sources"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/sources")" -gt 600 ]
	# shellcheck disable=SC2046 # no name has a space
	long=$(wc -l $(cat "$BATS_TEST_TMPDIR/sources") |
		awk '$1 > 450 && $2 != "total"')
	[ -z "$long" ] || { echo "$long"; false; }
	# shellcheck disable=SC2046
	long=$(awk 'FNR == 1 { start = 0 }
		/^\{$/ || /^[a-z_]+\(\) [{(]/ { start = FNR }
		/^[})]/ && start {
			if (FNR - start >= 80) print FILENAME ":" start
			start = 0
		}' $(cat "$BATS_TEST_TMPDIR/sources"))
	[ -z "$long" ] || { echo "$long"; false; }
}

@test "README has at most 150 lines" {
	[ "$(wc -l <"$TOP/README")" -le 150 ]
}

# arrows: prints "A B" for each file A (a .c with its .h) of lib and plugins that
# includes B's header, or uses what B defines.
arrows() {
	local d from to
	grep -rnoE '^#include "[^"]*"' lib plugins --include='*.[ch]' |
		sed -E 's/^(.*)\.[ch]:[0-9]*:#include "(.*)\.h"$/\1 \2/' |
		while read -r from to; do
			for d in lib plugins "${from%/*}"; do
				[ ! -e "$d/$to.h" ] || echo "$from $d/$to"
			done
		done
	find lib plugins -name '*.c' | sed 's/c$/o/' | (cd "$BUILD/obj" && xargs nm -A) |
		awk '{ file = $1; sub(/\.o:.*/, "", file) }
			$(NF - 1) ~ /^[TDBRVC]$/ { defines[$NF] = file }
			$(NF - 1) == "U" { user[++n] = file; used[n] = $NF }
			END { for (i = 1; i <= n; i++) if (used[i] in defines)
				print user[i], defines[used[i]] }'
}

@test "no files of lib and plugins form a circle" {
	cd "$TOP"
	arrows | awk '$1 != $2' | sort -u >"$BATS_TEST_TMPDIR/arrows"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/arrows")" -gt 1000 ]
	# tsort(1) says which files form a circle.
	tsort "$BATS_TEST_TMPDIR/arrows" >/dev/null
}

@test "make uninstall removes what make install made, but the configuration" {
	local to
	to="DESTDIR=$PWD/root PREFIX=/usr UNITDIR=/usr/lib/systemd/system"
	# shellcheck disable=SC2086 # two words
	make -s -C "$TOP" O="$BUILD" install $to 3>&-
	[ -x root/usr/bin/vmctl ]
	[ "$(find root -type f | wc -l)" -ge 60 ]
	echo "# mine" >>root/etc/vmedia/vmedia.conf
	# shellcheck disable=SC2086
	make -s -C "$TOP" O="$BUILD" uninstall $to 3>&-
	[ "$(find root -type f)" = root/etc/vmedia/vmedia.conf ]
}

@test "make removes the programs of an older source, and nothing elsewhere" {
	cd "$BATS_TEST_TMPDIR"
	for name in Makefile bin lib plugins scripts t man; do
		ln -s "$TOP/$name" "$name"
	done
	mkdir -p build/bin build/lib/vmedia build/t/unit other/bin
	touch build/bin/vm-old build/bin/vmctl build/lib/vmedia/old.sh build/t/unit/old other/bin/vm-old
	make -n all >said
	grep -qx "rm -f build/bin/vm-old build/lib/vmedia/old.sh build/t/unit/old" said
	make -n all O=other >said
	not grep -q "^rm -f other" said
}

@test "make build-deps: each package that README and the Makefile need is listed" {
	local package
	for package in $(sed -n 's/^PKGS_[a-z_-]* *[:+]*= *//p' "$TOP/Makefile"); do
		echo "$package"
		grep -qi "${package#lib}" "$TOP/t/build-packages"
	done
	"$TOP/t/deps" "$TOP/t/build-packages"
}
