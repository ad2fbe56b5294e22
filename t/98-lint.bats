#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Every lint tool finds the sources clean.

load helper

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
	for name in vm-connect vm-fetchd vm-lock vm-nbd-attach vm-probe vm-slot; do
		for letter in $("$name" -h | tr ' ' '\n' |
			sed -n 's/^\[-\([A-Za-z]*\)\]*$/\1/p' | fold -w 1 | sort -u); do
			grep -qE "Fl [A-Za-z]*$letter" man/"$name".[18] ||
				{ echo "$name -$letter"; false; }
		done
	done
}

@test "nothing is unfinished" {
	cd "$TOP"
	not grep -rnwE 'TODO|FIXME|XXX' bin lib plugins scripts man README Makefile
}
