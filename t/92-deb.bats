#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The Debian packages: their contents, and that they are made as Debian wants
# it. (t/93-deb-vm.bats installs them.)

load helper

setup_file() {
	export DEBS=$BUILD/debs ALL=$BATS_FILE_TMPDIR/all
	VM_BUILD=$BUILD "$HERE/deb/build" 3>&-
	local deb
	for deb in $(packages); do
		dpkg -x "$DEBS/$deb" "$ALL"
	done
}

# packages: prints the files of the packages, without those with debugging
# symbols.
packages() {
	(cd "$DEBS" && ls ./*.deb | grep -v dbgsym)
}

@test "lintian has no error and no warning" {
	cd "$DEBS"
	lintian --pedantic --allow-root --fail-on error,warning --show-overrides \
		./*.changes | tee "$BATS_TEST_TMPDIR/tags"
	# Each package may override this tag.
	not grep -v '^O: [a-z-]*: initial-upload-closes-no-bugs$' \
		"$BATS_TEST_TMPDIR/tags"
}

@test "every compiler was told to harden" {
	grep -c ' -o build/bin/vm-' "$DEBS/log"
	blhc --all "$DEBS/log"
	sed 's/-fstack-protector-strong//g' "$DEBS/log" >"$BATS_TEST_TMPDIR/soft"
	not blhc --all "$BATS_TEST_TMPDIR/soft" >/dev/null
}

# elfs: prints the programs and modules of the packages.
elfs() {
	find "$ALL" -type f -exec sh -c 'head -c 4 "$1" | grep -q ELF' - {} \; -print
}

@test "every program and module is hardened" {
	elfs >"$BATS_TEST_TMPDIR/elfs"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/elfs")" = $((4 + $(ls "$TOP"/bin/*.c | wc -l))) ]
	# (No program of Debian 12 has control-flow protection: its
	# dpkg-buildflags do not request it, and the linker would drop it,
	# because crt1.o is not marked for it.)
	xargs hardening-check --nocfprotection <"$BATS_TEST_TMPDIR/elfs" \
		>"$BATS_TEST_TMPDIR/said" || {
		grep -B9 'no, ' "$BATS_TEST_TMPDIR/said"
		false
	}
}

# contents DEB: prints its files.
contents() {
	dpkg -c "$DEBS/$1" | sed -n 's,^[^d].* \./\([^ ]*\).*,\1,p'
}

@test "each file of make install is in one package, and nothing else is" {
	cd "$BATS_TEST_TMPDIR"
	make -s -C "$TOP" O="$BUILD" DESTDIR="$PWD/tree" PREFIX=/usr \
		UNITDIR=/lib/systemd/system install 3>&-
	(cd tree && find . ! -type d) | sed 's,^\./,,; s,^usr/share/man/.*,&.gz,' |
		sort >want
	for deb in $(packages); do
		contents "$deb"
	done | sort >have
	uniq -d <have | not grep .
	comm -23 want have | not grep .
	comm -13 want have | grep -v '^usr/share/doc/\|^usr/share/lintian/' >more
	diff - more <<-END
		etc/lighttpd/conf-available/50-vmedia.conf
		lib/modprobe.d/vmedia.conf
		usr/lib/sysusers.d/vmedia.conf
		usr/lib/tmpfiles.d/vmedia.conf
	END
	[ -d "$ALL/etc/vmedia/hooks.d" ]
}

# needs PACKAGE: prints the packages that it depends on.
needs() {
	dpkg -f "$DEBS/$1"_[0-9]*.deb Depends | tr '|' ',' | tr -d ' ' | tr , '\n' |
		sed 's/(.*//'
}

@test "each package depends on what it uses, and on no more" {
	needs vmedia | not grep 'nfs\|smb\|samba\|jansson\|libcrypt\|lighttpd\|nginx'
	needs vmedia | grep -qx 'libcurl4.*'
	needs vmedia | grep -qx nbdkit
	[ "$(needs vmedia-nfs | grep -v '^libc6$' | sort | xargs)" = "libnfs13 vmedia" ]
	[ "$(needs vmedia-smb | grep -v '^libc6$' | sort | xargs)" = "libsmbclient vmedia" ]
	needs vmedia-redfish | grep -qx 'libjansson4'
	needs vmedia-netboot | grep -qx dnsmasq-base
	needs vmedia-web | grep -qx vmedia-redfish
	# The changelog and the Makefile have the same version.
	[ "$(dpkg -f "$DEBS"/vmedia_[0-9]*.deb Version)" = \
		"$(sed -n 's/^VERSION = //p' "$TOP/Makefile")" ]
}

@test "no program needs a part that another package has, but says its name" {
	cd "$BATS_TEST_TMPDIR"
	dpkg -x "$DEBS"/vmedia_[0-9]*.deb alone
	export VM_PATH=/usr/sbin:/usr/bin:/sbin:/bin VM_CONF=$PWD/conf VM_RUN_DIR=$PWD/run
	: >conf
	local bin=$PWD/alone/usr/bin
	fails 69 "$bin/vm-fetchd" -U nbd nfs://127.0.0.1/export/x.iso
	[ "$(cat stderr)" = "vm-fetchd: unable to open nfs://127.0.0.1/export/x.iso: install vmedia-nfs" ]
	fails 69 "$bin/vm-fetchd" -U nbd smb://u:secret@127.0.0.1/share/x.iso
	grep -q 'smb://127.0.0.1/share/x.iso: install vmedia-smb' stderr
	fails 69 "$bin/vmctl" export nfs://127.0.0.1/export/x.iso
	grep -q 'install vmedia-nfs$' stderr
	run "$bin/vmctl" doctor nfs://127.0.0.1/export/x.iso
	grep -q 'install vmedia-nfs$' <<<"$output"
	fails 69 "$bin/vmctl" netboot -i eth1 /vmlinuz /initrd
	[ "$(cat stderr)" = "vmctl: unable to run vm-netboot: install vmedia-netboot" ]
	fails 69 "$bin/vmctl" image ls
	[ "$(cat stderr)" = "vmctl: unable to run vm-image: install vmedia-images" ]
	fails 69 "$bin/vmctl" user ls
	grep -q 'install vmedia-redfish$' stderr
	fails 69 "$bin/vmctl" redfish
	grep -q 'install vmedia-redfish$' stderr
	fails 69 "$bin/vmctl" door
	fails 69 "$bin/vmctl" web
	# The shell's completion prints nothing.
	[ -z "$("$bin/vmctl" complete image ls '' 2>&1)" ]
	[ -z "$("$bin/vmctl" complete netboot '' 2>&1)" ]
	# All files that vmctl itself sources are there.
	for verb in attach ticket serve log web user doctor; do
		"$bin/vmctl" "$verb" --help >/dev/null
	done
}

@test "a second build elsewhere, at another time and place, is the same" {
	cd "$BATS_TEST_TMPDIR"
	umask 077
	git clone -q "$TOP" another-place
	DEB_BUILD_OPTIONS="nocheck parallel=3" TZ=Asia/Kathmandu LC_ALL=C \
		make -C another-place deb >log 2>&1 3>&- || {
		tail -n 30 log
		false
	}
	(cd another-place/build/deb && sha256sum ./*.deb) >second
	[ "$(wc -l <second)" -ge 7 ]
	cd "$DEBS"
	sha256sum -c "$BATS_TEST_TMPDIR/second"
}
