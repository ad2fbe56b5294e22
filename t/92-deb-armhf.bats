#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The Debian packages for 32-bit ARM, made on this machine: the same as this
# machine's own packages, except for the architecture.

load helper
load armhf

setup_file() {
	export DEBS=$BUILD/debs
	VM_BUILD=$BUILD "$HERE/deb/build" 3>&-
	target_root
	cd "$BATS_FILE_TMPDIR"
	git clone -q "$TOP" clone
	DEB_BUILD_OPTIONS=parallel=2 make -C clone deb DEB_ARCH=armhf \
		DEB_ROOT="$TARGET_ROOT" >log 2>&1 3>&- || {
		tail -n 30 log >&2
		return 1
	}
	mv clone/build/deb/*.deb .
	rm -f ./*dbgsym*
	for deb in ./*.deb; do
		dpkg -x "$deb" all
	done
}

setup() {
	cd "$BATS_FILE_TMPDIR"
}

# own DEB: prints this machine's own package of that name.
own() {
	echo "$DEBS/${1/_armhf/_$(dpkg --print-architecture)}"
}

@test "each package is for the target, but the one that is for all" {
	[ "$(ls ./*.deb | wc -l)" = "$(cd "$DEBS" && ls ./*.deb | grep -vc dbgsym)" ]
	for deb in ./*.deb; do
		case $deb in
		./vmedia-web_*) [ "$(dpkg -f "$deb" Architecture)" = all ] ;;
		*) [ "$(dpkg -f "$deb" Architecture)" = armhf ] ;;
		esac
	done
}

@test "each program and module is for the target, and knows nothing of this machine" {
	find all -type f -exec sh -c 'head -c 4 "$1" | grep -q ELF' - {} \; -print >elfs
	[ "$(wc -l <elfs)" = $((4 + $(ls "$TOP"/bin/*.c | wc -l))) ]
	xargs file <elfs | not grep -v 'ELF 32-bit LSB .* ARM, EABI5 .* stripped'
	not grep -rl "$TARGET_ROOT\|$PWD" all
}

# entries DEB: prints its files and directories, with modes, owners and links.
entries() {
	dpkg -c "$1" | awk '{ print $1, $2, $6, $7, $8 }'
}

@test "each package has the files that this machine's own has" {
	for deb in ./*.deb; do
		diff <(entries "$(own "$deb")") <(entries "$deb")
	done
}

# needs DEB: prints the packages that it depends on, without the versions of
# libraries, which may differ here.
needs() {
	dpkg -f "$1" Depends | tr , '\n' | sed '/vmedia/!s/ (.*//; s/^ //' | sort
}

@test "each package depends on what this machine's own does" {
	needs ./vmedia_*.deb | grep -qx libc6
	for deb in ./*.deb; do
		diff <(needs "$(own "$deb")") <(needs "$deb")
	done
	# The versions come from the target's packages.
	dpkg -f ./vmedia_*.deb Depends | grep -q 'libc6 (>= [0-9]'
}
