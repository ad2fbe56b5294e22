#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The man pages: what each must have, and their examples, run exactly as
# printed, without a kernel that attaches or inserts (see t/examples.bash).

load helper
load servers
load pages

setup_file() {
	make_examples
}

@test "each page has its sections, and examples that are tried" {
	cd "$TOP/man"
	for page in *.[18]; do
		for section in NAME SYNOPSIS DESCRIPTION "EXIT STATUS" EXAMPLES; do
			grep -qx ".Sh $section" "$page" ||
				{ echo "$page: no $section"; false; }
		done
		grep -qx "	run_examples $page" "$BATS_TEST_FILENAME" ||
			{ echo "$page: its examples are not tried"; false; }
	done
}

@test "each program answers -h and --help, -V and --version" {
	local page program
	for page in "$TOP"/man/*.[18]; do
		program=$(basename "${page%.*}")
		"$program" -h >short
		"$program" --help >long
		grep -q "^usage: " short
		diff short long
		[ "$program" != vm-image-keys ] || continue
		"$program" -V >short
		"$program" --version >long
		grep -qE "^$program [0-9]" short
		diff short long
	done
	# The options also work after a verb and before the operands, and then
	# nothing else is done.
	vm-gadget setup --help | grep "^usage: vm-gadget setup"
	vm-gadget teardown --version | grep "^vm-gadget [0-9]"
	not vm-gadget --setup 2>errors
	not vm-probe --jason file 2>>errors
	[ "$(grep -c "unrecognized option" errors)" = 2 ]
	fails 69 vm-connect /no/socket echo --help
}

@test "quotes in the pages are shown, and each has its end" {
	cd "$TOP/man"
	# In a macro's line, mdoc takes a quote for the beginning of an
	# argument.
	not grep -nE '^\.(Dl|Li|Ql|Pq) .*"' ./*.[1-8]
	for page in *.[1-8]; do
		mandoc -T utf8 "$page" 2>/dev/null | tr '\n' ' ' >"$BATS_TEST_TMPDIR/page"
		[ -s "$BATS_TEST_TMPDIR/page" ]
		LC_ALL=C.UTF-8 not grep -oE '“[^”]*“.{20}' "$BATS_TEST_TMPDIR/page"
	done
}

@test "vmedia-hacking(7) names files that there are, and what is in them" {
	cd "$TOP"
	sed -n '/^\.Ss Folders/,/^\.Ss Add a program/p' man/vmedia-hacking.7 |
		awk '/^\.(It |Pq )?Pa / { sub(/^\.(It |Pq )?Pa /, ""); gsub(/ [,.;]/, "")
			for (i = 1; i <= NF; i++) print $i }' >"$BATS_TEST_TMPDIR/files"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/files")" -gt 20 ]
	while read -r file; do
		[ -e "$file" ] || { echo "no $file"; false; }
	done <"$BATS_TEST_TMPDIR/files"
	# .Dv NAME or .Fn NAME, "in", .Pa FILE
	sed -n '/^\.Ss Where to change/,/^\.Ss Add a program/p' man/vmedia-hacking.7 |
		awk '/^\.(Dv|Fn) / { name = $2 }
			/^\.Pa / && name != "" { print name, $2; name = "" }' \
			>"$BATS_TEST_TMPDIR/places"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/places")" -ge 9 ]
	while read -r name file; do
		grep -qw "$name" "$file" || { echo "no $name in $file"; false; }
	done <"$BATS_TEST_TMPDIR/places"
}

# table NAME: a table of vmctl, such as OPTIONS, without its empty lines.
table() {
	sh -c '. "$1" && eval "printf %s \"\$$2\""' sh \
		"$TOP/scripts/lib/option-table.sh" "$1" | grep .
}

# page_options: prints "VERB -LETTER --NAME" for each option of vmctl(8) and
# each verb that the option lists.
page_options() {
	awk '/^\.It Fl / {
		n = 0; letter = "-"
		for (i = 3; i <= NF; i++) {
			if ($i ~ /^-[a-z]/) names[++n] = "-" $i
			else if ($i ~ /^[a-zA-Z]$/ && $(i - 1) == "Fl") letter = "-" $i
		}
		getline
		gsub(/ ,/, "")
		first = $0 == ".Pq all verbs" ? 2 : 3
		if (first == 2) $0 = ". all"
		for (k = 1; k <= n; k++)
			for (i = first; i <= NF; i++)
				print $i, letter, names[k]
	}' "$TOP/man/vmctl.8"
}

@test "vmctl(8) has each option of the table under its verbs, and no other" {
	table OPTIONS | awk -F '|' '{
		n = split($4, verbs, " ")
		for (i = 1; i <= n; i++)
			print verbs[i], "-" $2, "--" $1
	}' | sort >"$BATS_TEST_TMPDIR/table"
	page_options | sort >"$BATS_TEST_TMPDIR/page"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/table")" -gt 100 ]
	diff "$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/page"
}

@test "vmctl(8) has each verb of the table in its synopsis and its list" {
	local verb takes
	while IFS='|' read -r verb takes _; do
		grep -qE "^\.It Cm $verb( |$)" "$TOP/man/vmctl.8" ||
			{ echo "$verb is not in the list"; false; }
		[ "$verb" = complete ] || grep -qx "\.Cm $verb" "$TOP/man/vmctl.8" ||
			{ echo "$verb is not in the synopsis"; false; }
	done < <(table VERBS)
	for verb in $(sed -n '/^\.Sh DESC/,/^\.El/s/^\.It Cm \([a-z]*\).*/\1/p' \
		"$TOP/man/vmctl.8"); do
		table VERBS | grep -q "^$verb|" || { echo "no verb $verb"; false; }
	done
}

@test "vmedia.conf(5) and the installed file have each setting of the table" {
	local setting
	# shellcheck disable=SC2016 # for the inner shell to expand
	sh -c 'PROG=x; . "$1/common.sh"; . "$1/config.sh"; printf %s "$SETTINGS"' sh \
		"$TOP/scripts/lib" | sed -n 's/|.*//p' | sort >"$BATS_TEST_TMPDIR/table"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/table")" -ge 22 ]
	while read -r setting; do
		case $setting in
		slot[0-7]) ;;
		*)
			grep -qE "^\.It Sy (.* )?$setting( |$)" "$TOP/man/vmedia.conf.5" &&
				grep -q "^#$setting =" "$TOP/scripts/vmedia.conf"
			;;
		esac || { echo "no $setting"; false; }
	done <"$BATS_TEST_TMPDIR/table"
	sed -n 's/^#\([a-z_0-9]*\) =.*/\1/p' "$TOP/scripts/vmedia.conf" | sort -u |
		comm -13 "$BATS_TEST_TMPDIR/table" - | not grep .
}

@test "the settings that vmedia.conf(5) shows can be read" {
	sed -n '/^\.Sh EXAMPLES/,/^\.Ed/s/^[a-z].*=.*/&/p' \
		"$TOP/man/vmedia.conf.5" >"$BATS_TEST_TMPDIR/conf"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/conf")" -ge 5 ]
	VM_CONF=$BATS_TEST_TMPDIR/conf VM_RUN_DIR=$BATS_TEST_TMPDIR vmctl list
}

@test "examples of vm-connect(1)" {
	run_examples vm-connect.1
}

@test "examples of vm-fetchd(1)" {
	run_examples vm-fetchd.1
}

@test "examples of vm-dhcp-probe(8)" {
	run_examples vm-dhcp-probe.8
}

@test "examples of vm-drive(8)" {
	run_examples vm-drive.8
}

@test "examples of vm-netboot(8)" {
	run_examples vm-netboot.8
}

@test "examples of vm-netboot-script(8)" {
	run_examples vm-netboot-script.8
}

@test "examples of vm-netboot-conf(8)" {
	run_examples vm-netboot-conf.8
}

@test "examples of vm-netboot-log(8)" {
	run_examples vm-netboot-log.8
}

@test "examples of vm-gadget(8)" {
	run_examples vm-gadget.8
}

@test "examples of vm-import(8)" {
	run_examples vm-import.8
}

@test "examples of vm-lock(1)" {
	run_examples vm-lock.1
}

@test "examples of vm-nbd-attach(8)" {
	run_examples vm-nbd-attach.8
}

@test "examples of vm-netboot-http(8)" {
	run_examples vm-netboot-http.8
}

@test "examples of vm-probe(1)" {
	run_examples vm-probe.1
}

@test "examples of vm-door(8)" {
	run_examples vm-door.8
}

@test "examples of vm-host(8)" {
	run_examples vm-host.8
}

@test "examples of vm-image(8)" {
	run_examples vm-image.8
}

@test "examples of vm-image-keys(8)" {
	run_examples vm-image-keys.8
}

@test "examples of vm-redfish(8)" {
	run_examples vm-redfish.8
}

@test "examples of vm-upload(8)" {
	run_examples vm-upload.8
}

@test "examples of vm-user(8)" {
	run_examples vm-user.8
}

@test "examples of vm-slot(8)" {
	run_examples vm-slot.8
}

@test "examples of vm-ws-proxy(1)" {
	run_examples vm-ws-proxy.1
}

@test "examples of vmedia-hardware(7)" {
	run_examples vmedia-hardware.7
}

@test "the disk that vmedia-hardware(7) shows is one for libvirt" {
	local type
	cd "$BATS_TEST_TMPDIR"
	{
		echo '<domain type="kvm"><name>x</name><memory>1048576</memory>'
		echo '<os><type>hvm</type></os><devices>'
		sed -n '/^<disk /,/^<\/disk>/p' "$TOP/man/vmedia-hardware.7"
		echo '</devices></domain>'
	} >domain.xml
	grep -q '<source protocol="nbd">' domain.xml
	virt-xml-validate domain.xml domain
	sed -i 's/bus="sata"/bus="none"/' domain.xml
	not virt-xml-validate domain.xml domain
}

@test "examples of vmctl(8)" {
	run_examples vmctl.8
}
