#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vmctl without a kernel: arguments, requests, probe, export; and it shows no
# secrets. 61-vmctl-busybox.bats is this same file, with busybox's shell and
# tools only.

load helper

vmctl() {
	"$VM_SHELL" "$BUILD/bin/vmctl" "$@"
}

setup() {
	export VM_RUN_DIR=$BATS_TEST_TMPDIR/run VM_CONF=$BATS_TEST_TMPDIR/conf
	export TMPDIR=$BATS_TEST_TMPDIR
	VM_SHELL=dash
	case $BATS_TEST_FILENAME in
	*busybox*) under_busybox ;;
	esac
	cd "$BATS_TEST_TMPDIR"
}
teardown() {
	cleanup
	! mountpoint -q full || umount full
	[ -z "${BUSYBOX:-}" ] || rm -rf "$BUSYBOX"
}

# start_server: serves a tiny ISO at $URL/MODE/x.iso; the requests are in
# $PWD/log.
start_server() {
	mkdir root && echo hello >root/HELLO.TXT
	xorriso -as mkisofs -quiet -V TEST -o x.iso root
	background hostile -L log x.iso >port
	wait_until 5 test -s port
	URL=http://127.0.0.1:$(cat port)
}

# under_busybox: from now on, only busybox's sh and tools, our own programs and
# nbdkit can be found.
under_busybox() {
	BUSYBOX=$(mktemp -d -p /tmp)
	chmod 755 "$BUSYBOX" # nbdkit is looked for there as nobody
	busybox --install -s "$BUSYBOX"
	ln -s "$(PATH=/usr/sbin:/usr/bin command -v nbdkit)" "$BUSYBOX/nbdkit"
	export VM_PATH=$BUSYBOX
	VM_SHELL=$BUSYBOX/sh
}

@test "help, version and no argument" {
	[[ $(vmctl help) == "usage: vmctl VERB"*"mount URL"* ]]
	[[ $(vmctl mount --help) == "usage: vmctl mount [OPTION]... URL"* ]]
	[[ $(vmctl mount --help) == *"image:NAME"* ]]
	[[ $(vmctl eject -h) == "usage: vmctl eject [OPTION]... [SLOT]"* ]]
	[ "$(vmctl help eject)" = "$(vmctl eject -h)" ]
	# A wrong setting does not hide the help.
	echo nonsense >conf
	[[ $(vmctl help serve) == "usage: vmctl serve"*"WHERE  ws"* ]]
	rm conf
	fails 64 vmctl help frobnicate
	[[ $(vmctl version) == "vmctl "[0-9]* ]]
	run vmctl
	[ "$status" = 64 ]
	fails 64 vmctl frobnicate
}

@test "wrong arguments are usage errors of one line" {
	fails 64 vmctl mount
	fails 64 vmctl mount --frob https://a/b
	fails 64 vmctl mount -s 8 https://a/b
	fails 64 vmctl mount -s
	fails 64 vmctl mount -t floppy https://a/b
	fails 64 vmctl mount --timeout=0 https://a/b
	fails 64 vmctl mount --timeout x https://a/b
	fails 64 vmctl mount --expires 0 https://a/b
	fails 64 vmctl mount --expires 08m
	grep -q "mount needs a URL" stderr
	fails 64 vmctl mount https://a/b https://a/c
	fails 77 vmctl mount /etc/passwd
	fails 77 vmctl mount file:///etc/passwd
	fails 64 vmctl mount ftp://a/b
	fails 64 vmctl eject https://a/b
	fails 64 vmctl eject -t cd
	fails 64 vmctl status -P /etc/passwd
}

@test "a wrong command line is told what was meant" {
	: >x.iso
	fails 64 vmctl mount https://a/b 0
	grep -q "for slot 0, write -s 0" stderr
	fails 64 vmctl mount 1 https://a/b
	grep -q "for slot 1, write -s 1" stderr
	fails 64 vmctl eject 0 1
	fails 64 vmctl mount -u bob:topsecret https://a/b
	grep -q -- "--password FILE, or -P - to be asked" stderr
	not grep topsecret stderr
	fails 64 vmctl probe x.iso
	grep -q "x.iso: write the whole path: $PWD/x.iso" stderr
	fails 64 vmctl probe none.iso
	grep -q "not an absolute path" stderr
	[[ $(vmctl help ticket) == "usage: vmctl ticket [OPTION]... SLOT"* ]]
	[[ $(vmctl help attach) == "usage: vmctl attach [OPTION]... -"* ]]
	fails 64 vmctl attach x
	fails 66 vmctl renew https://a/b
	grep -q "slot 0 has no image: use vmctl mount" stderr
}

@test "a busy server is asked again, which the progress line tells" {
	start_server
	TERM=xterm script -qec "stty rows 24 cols 200; vmctl probe '$URL/retry-after/2/1/x.iso'" /dev/null \
		>terminal </dev/null
	grep -q 'connecting to [^ ]*x.iso: the server is busy or in maintenance (HTTP 503), trying again in' terminal
	grep -q iso9660 terminal
	# vm-fetchd or vmctl may give up first; both say why.
	run vmctl probe --timeout 3 "$URL/status/503/x.iso"
	[ "$status" = 69 ] || [ "$status" = 75 ]
	[[ $output == *'HTTP 503'*'use a longer --timeout' ]]
}

@test "a busy server is asked until shortly before --timeout" {
	local start=$SECONDS
	start_server
	run vmctl probe --timeout 8 "$URL/status/503/x.iso"
	[ "$status" = 69 ] || [ "$status" = 75 ]
	[ $((SECONDS - start)) -ge 7 ]
}

@test "an invalid URL is shown without its secrets" {
	fails 64 vmctl probe 'ftp://alice:topsecret@host/x?sig=topsecret'
	grep -q 'ftp://host/x' stderr
	not grep -q topsecret stderr
}

@test "a password with a slash or a question mark is not shown either" {
	start_server
	for secret in top/secret 'top?secret' 'top#secret' 'a@top/secret' \
		'top/secret@x' '@/secret' 'p@w/x@secret'; do
		run vmctl probe "${URL%%:*}://bob:$secret@127.0.0.1:1/ok/x.iso"
		[ "$status" != 0 ]
		[[ $output != *secret* && $output != *bob* ]]
	done
}

@test "a missing password, CA or key file is named" {
	fails 66 vmctl probe -P /nonexistent https://a/b
	fails 66 vmctl probe --cacert=/nonexistent https://a/b
	grep -q /nonexistent stderr
}

@test "the configuration is checked" {
	echo 'slots = cd cd disk' >conf
	vmctl list | wc -l | grep -qx 3
	echo 'slots = cd floppy' >conf
	fails 78 vmctl probe https://a/b
	grep -q 'conf: slots = cd floppy (line 1): .*cd or disk' stderr
	printf '  slots=disk  cd \n\t\n' >conf
	[ "$(vmctl list | cut -c 1-7 | paste -sd,)" = "0  disk,1  cd  " ]
	echo 'speed = 3' >conf
	fails 78 vmctl probe https://a/b
	echo 'slots' >conf
	fails 78 vmctl probe https://a/b
	printf '# all is default\n\n' >conf
	vmctl list
}

@test "probe says what an image is" {
	start_server
	vmctl probe "$URL/ok/x.iso" >out
	grep -qx 'format: iso9660' out
	grep -qx 'label: TEST' out
	grep -qx 'media: cd' out
	[ "$(vmctl probe -j "$URL/ok/x.iso" | jq -r .label)" = TEST ]
}

@test "probe reads the URL and the password from standard input" {
	start_server
	printf '%s\n%s\n' "$URL/auth/bob/s3cret/x.iso" s3cret |
		vmctl probe -u bob -P - - | grep -qx 'label: TEST'
}

@test "user and password in the URL work and are not shown" {
	start_server
	vmctl probe "http://bob:s3cret@${URL#http://}/auth/bob/s3cret/x.iso" |
		grep -qx 'label: TEST'
	fails 77 vmctl probe "http://bob:topsecret@${URL#http://}/auth/bob/s/x.iso?k=topsecret"
	not grep -q topsecret stderr
}

@test "each error has its own status and one line" {
	start_server
	fails 66 vmctl probe "$URL/status/404/x.iso"
	fails 77 vmctl probe "$URL/status/403/x.iso"
	fails 65 vmctl probe "$URL/html206/x.iso"
	fails 65 vmctl probe "$URL/empty/x.iso"
	fails 68 vmctl probe http://no-such-host.invalid/x.iso
	fails 69 vmctl probe http://127.0.0.1:1/x.iso
}

@test "a file that is not an image is named by its URL" {
	echo hello | gzip >x.gz
	background hostile x.gz >port
	wait_until 5 test -s port
	fails 65 vmctl probe "http://127.0.0.1:$(cat port)/ok/x.gz"
	grep -q "http://127.0.0.1:$(cat port)/ok/x.gz" stderr
}

@test "probe gives up after --timeout if the server never answers" {
	start_server
	fails 75 vmctl probe --timeout 1 "$URL/stall/x.iso"
	grep -q 'gave up after 1 s while connecting to .*: use a longer --timeout$' stderr
	not pgrep -f "$BATS_TEST_TMPDIR"
}

@test "a probe leaves nothing behind" {
	start_server
	vmctl probe "$URL/ok/x.iso" >out
	fails 66 vmctl probe "$URL/status/404/x.iso"
	[ -z "$(find . -name 'tmp.*')" ] && [ ! -e run/0 ]
	not pgrep -f "vm-fetchd.*$BATS_TEST_TMPDIR"
}

# no_fetchd: does no vm-fetchd and no nbdkit of this test run?
no_fetchd() {
	local pid
	not pgrep -f "vm-fetchd.*$BATS_TEST_TMPDIR" || return 1
	for pid in $(pgrep -x nbdkit); do
		not grep -qsF "$BATS_TEST_TMPDIR" "/proc/$pid/environ" || return 1
	done
}
has_fetchd() {
	pgrep -f "vm-fetchd.*$BATS_TEST_TMPDIR" >/dev/null
}

@test "a vmctl that is killed takes its vm-fetchd along" {
	local verb
	start_server
	background "$BUILD/bin/vmctl" export -U "$PWD/nbd" "$URL/ok/x.iso" >out
	wait_until 20 test -s out
	kill -KILL "${STARTED[-1]}"
	wait_until 10 no_fetchd
	[ ! -e nbd ]
	background "$BUILD/bin/vmctl" export -j -U "$PWD/nbd" "$URL/ok/x.iso" >json
	wait_until 20 test -s json
	kill -KILL "${STARTED[-1]}"
	wait_until 10 no_fetchd
	for verb in probe doctor; do
		background "$BUILD/bin/vmctl" $verb "$URL/stall/x.iso"
		wait_until 20 has_fetchd
		kill -KILL "${STARTED[-1]}"
		wait_until 10 no_fetchd
	done
}

# is_asking PATTERN: does a vmctl hold the password in such a directory?
is_asking() {
	grep -qs s3cret $1/request/password
}
is_gone() {
	! ls -d $1 2>/dev/null
}

@test "secrets lie in memory only, and not for longer than vmctl lives" {
	start_server
	echo s3cret >password
	mkdir tmp
	export TMPDIR=$PWD/tmp
	background "$VM_SHELL" "$BUILD/bin/vmctl" probe -u bob -P password \
		"$URL/stall/x.iso"
	wait_until 10 is_asking "run/tmp.*"
	[ "$(stat -c %a run/tmp.*)" = 700 ]
	[ -z "$(ls tmp)" ]
	kill -KILL "${STARTED[-1]}"
	wait_until 10 is_gone "run/tmp.*"
	# An ordinary user cannot make a directory in /run.
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/test .
	chmod 644 password
	chmod 755 run
	background setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$VM_SHELL" "$BUILD/bin/vmctl" probe -u bob -P password "$URL/stall/x.iso"
	wait_until 10 is_asking "/dev/shm/tmp.*"
	[ -z "$(ls tmp)" ]
	kill -TERM "${STARTED[-1]}"
	wait_until 10 is_gone "/dev/shm/tmp.*"
	pkill -KILL -f "vm-fetchd.*$PWD/run/tmp" || :
}

@test "export serves until it is stopped, and removes its socket" {
	start_server
	background "$VM_SHELL" "$BUILD/bin/vmctl" export -U "$PWD/sock" "$URL/ok/x.iso" >ready
	wait_until 10 test -s ready
	[ "$(cat ready)" = "$PWD/sock" ]
	nbdcopy "nbd+unix:///?socket=$PWD/sock" copy
	cmp -n "$(stat -c %s x.iso)" x.iso copy
	cleanup
	[ ! -e sock ]
}

@test "the usual proxy variables count, and are not passed on" {
	start_server
	http_proxy=http://127.0.0.1:1 fails 69 vmctl probe "$URL/ok/x.iso"
	http_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 \
		vmctl probe "$URL/ok/x.iso" | grep -qx 'label: TEST'
	http_proxy=http://127.0.0.1:1 vmctl probe --proxy "$URL" \
		"$URL/ok/x.iso" | grep -qx 'label: TEST'
}

@test "an insecure source gets a warning" {
	start_server
	vmctl probe --insecure "$URL/ok/x.iso" 2>err
	grep -q WARNING err
}

@test "doctor looks at the machine and at a URL" {
	start_server
	vmctl doctor "$URL/ok/x.iso" >out || [ $? = 1 ]
	grep -q '^ok .*round trip' out
	vmctl doctor "$URL/status/404/x.iso" >out || [ $? = 1 ]
	grep -q '^FAIL .*no such image' out
	vmctl doctor http://no-such-host.invalid/ >out || [ $? = 1 ]
	grep -q '^FAIL .*no-such-host.invalid.*resolv.conf' out
}

@test "status and list of slots that were never used" {
	vmctl list | grep -q '^0  cd    empty'
	[ "$(vmctl status -j | jq -r '.slots[1].state')" = empty ]
	vmctl eject -s 0 | grep -q empty
}

# write_stats SOURCE MAP: writes a slot's stats as vm-fetchd does; the values
# may be malicious.
write_stats() {
	mkdir -p "$VM_RUN_DIR/0"
	printf '{"source": "%s", "size": 8388608, "read": 4194304, "fetched": 6291456, "written": 0, "hits": 90, "misses": 7, "retries": 2, "connections": 3, "rate": 2097152, "latency_ms": 50.1, "map": "%s"}\n' \
		"$1" "$2" >"$VM_RUN_DIR/0/stats"
}

@test "status shows the state of the source" {
	write_stats ok 9999999900005555
	run -0 vmctl status -s 0
	[[ $output == *"source  ok: 2048 KiB/s, 3 connections in use, latency 50.1 ms"* ]]
	[[ $output == *"4 MiB read, 6 MiB fetched; 90 hits, 7 misses, 2 retries"* ]]
	[[ $output == *"map     @@@@@@@@....++++"* ]]
	vmctl status -j >json
	[ "$(jq -r '.slots[0].source | "\(.state) \(.fetched) \(.latency_ms)"' \
		json)" = "ok 6291456 50.1" ]
	# Small sizes have a fraction, and the status shows how the medium
	# boots.
	sed -i 's/6291456/629146/' "$VM_RUN_DIR/0/stats"
	echo "boots by UEFI x64 only" >"$VM_RUN_DIR/0/boot"
	vmctl status -s 0 | grep -q "4 MiB read, 0.6 MiB fetched"
	vmctl status -s 0 | grep -qx "  boot    boots by UEFI x64 only"
	[ "$(vmctl status -j | jq -r '.slots[0].boot')" = \
		"boots by UEFI x64 only" ]
	rm "$VM_RUN_DIR/0/boot"
	# A value from the network can't add a slot.
	write_stats 'x", "slot": "7' '12"}, {"slot": "9'
	vmctl status -j >json
	[ "$(jq -c '[.slots[].slot]' json)" = "[0,1]" ]
}

@test "status --watch goes on until it is stopped" {
	write_stats ok 99
	background "$VM_SHELL" "$BUILD/bin/vmctl" status -s 0 --watch >seen
	wait_until 10 eval '[ "$(grep -c "^  source" seen)" -ge 2 ]'
	kill -0 "${STARTED[-1]}"
}

@test "a rate that is not a size is a usage error" {
	fails 64 vmctl mount --limit-rate fast https://a/b
	fails 64 vmctl mount --limit-rate https://a/b
}

@test "after SIGPIPE nothing is left behind" {
	mkdir tmp
	"$VM_SHELL" "$BUILD/bin/vmctl" doctor | head -n 1
	wait_until 5 eval '[ -z "$(ls run)" ]'
}

@test "a slot that there is not" {
	fails 64 vmctl status -s 5
	grep -q "the last one is slot 1" stderr
}

@test "a slot with a medium that another program inserted is not empty" {
	local lun=configfs/usb_gadget/vmedia/functions/mass_storage.0/lun.0
	export VM_CONFIGFS=$PWD/configfs VM_SYS=$PWD/sys
	mkdir -p "$lun" configfs/usb_gadget/vmedia/configs/c.1
	ln -s "$PWD/configfs/usb_gadget/vmedia/functions/mass_storage.0" \
		configfs/usb_gadget/vmedia/configs/c.1
	echo 1 >"$lun/cdrom"
	echo 1 >"$lun/ro"
	echo /some/where.iso >"$lun/file"
	: >configfs/usb_gadget/vmedia/UDC
	[[ $(vmctl status -s 0) != *"no drive until"* ]]
	mkdir -p configfs/usb_gadget/vmedia/configs/c.1/strings/0x409
	echo on-demand >configfs/usb_gadget/vmedia/configs/c.1/strings/0x409/configuration
	[[ $(vmctl status -s 0) == *"drive   no drive until a medium is mounted"* ]]
	vmctl status -j | jq -e '.slots[0].drives == "on-demand"'
	# The drive is of another kind than the configuration says.
	vmctl doctor >out || :
	grep -q "^FAIL  slot 0: the drive is on-demand, but .*conf says permanent" out
	rm -r configfs/usb_gadget/vmedia/configs/c.1/strings
	[[ $(vmctl list) == "0  cd    other"* ]]
	[[ $(vmctl status -s 0) == *"medium  /some/where.iso"* ]]
}

@test "URLs as people type them: CRLF, capitals, spaces, after --" {
	start_server
	printf '%s/ok/x.iso\r\n' "$URL" >link.txt
	[[ $(vmctl probe - <link.txt) == *"label: TEST"* ]]
	[[ $(vmctl probe -- "HTTP${URL#http}/ok/x.iso") == *"label: TEST"* ]]
	[[ $(vmctl probe "  $URL/ok/sp ace.iso ") == *"label: TEST"* ]]
	[[ $(vmctl probe "$URL/ok/a%20b/ü%.iso") == *"label: TEST"* ]]
	grep -q 'GET /ok/sp%20ace.iso range' log
	grep -q 'GET /ok/a%20b/%C3%BC%25.iso range' log
	# The message shows the URL as it was typed.
	fails 66 vmctl probe "$URL/status/404/sp ace/ü.iso"
	grep -qF "$URL/status/404/sp ace/ü.iso: no such image" stderr
	fails 66 vmctl probe "$URL/status/404/$(printf 'a\033[1mb\302\233c\342\200\256d')"
	grep -qF "/a?[1mb?c?d: no such image" stderr
	# libcurl turns the host into xn--bcher-kva.localhost, which is this
	# machine.
	[[ $(vmctl probe "http://bücher.localhost:${URL##*:}/ok/x.iso") == *"label: TEST"* ]]
}

@test "NFS and SMB as people write it are understood, and a Windows path is not" {
	local place
	for place in 'nowhere.invalid:/srv/x.iso' '\\nowhere.invalid\share\x.iso' \
		'//nowhere.invalid/share/x.iso' 'CIFS://nowhere.invalid/share/x.iso' \
		'NFS://nowhere.invalid/srv/x.iso' 'Smb://nowhere.invalid/share/x.iso'; do
		fails 68 vmctl probe "$place"
		grep -qF "unable to open $place: Could not resolve host: nowhere.invalid" stderr
	done
	fails 64 vmctl probe 'C:/x.iso'
	fails 64 vmctl probe 'joe:topsecret@nowhere.invalid:/x.iso'
	not grep -q topsecret stderr
}

@test "an installed vmctl reads the configuration that was installed" {
	make -s -C "$TOP" install O="$BUILD" DESTDIR="$PWD/dest" PREFIX=/usr \
		SYSCONFDIR=/opt/etc
	[ -f dest/opt/etc/vmedia/vmedia.conf ]
	grep -q /opt/etc/vmedia/vmedia.conf dest/usr/lib/vmedia/config.sh
	not grep -r '[^t]/etc/vmedia' dest/usr/lib/vmedia dest/usr/bin/vmctl
	# vm-slot runs the hooks there, however it is started.
	[ -d dest/opt/etc/vmedia/hooks.d ]
	grep -q 'export VM_HOOK_DIR=.*:-/opt/etc/vmedia/hooks.d' dest/usr/lib/vmedia/config.sh
	grep -rqx 'Environment=VM_HOOK_DIR=/opt/etc/vmedia/hooks.d' dest/
}

@test "-w without a place to write to: 64" {
	fails 64 vmctl mount -w https://a/b
	grep -q -- "--overlay" stderr
	fails 64 vmctl mount -w -t cd nfs://a/b/c
	fails 64 vmctl mount --overlay-size much --overlay x https://a/b
	fails 64 vmctl renew
}

@test "a local image, if the configuration allows its directory" {
	start_server
	mkdir images other
	cp x.iso images/x.iso
	cp x.iso other/x.iso
	ln -s ../other/x.iso images/link.iso
	fails 77 vmctl probe "$PWD/images/x.iso"
	# The line in the message is enough, even if another directory is set
	# already.
	echo "allow_file = /none" >conf
	fails 77 vmctl probe "$PWD/images/x.iso"
	grep -q "write into $PWD/conf: allow_file = /none $PWD/images$" stderr
	sed -n 's/.*: \(allow_file = .*\)/\1/p' stderr >conf
	[ "$(cat conf)" = "allow_file = /none $PWD/images" ]
	[[ $(vmctl probe "$PWD/images/x.iso") == *iso9660* ]]
	[[ $(vmctl probe "file://$PWD/images/x.iso") == *iso9660* ]]
	fails 77 vmctl probe "$PWD/images/link.iso"
	fails 77 vmctl probe "$PWD/images/../other/x.iso"
	fails 64 vmctl probe "file://host/x.iso"
	fails 64 vmctl probe "$PWD/images/x.iso"$'\nb'
}

@test "a setting, a URL and a ticket may lack their newline" {
	printf 'slots = cd\ncacert = none.pem' >conf
	VM_CONF=conf fails 66 vmctl probe https://localhost:1/x
	grep -q "none.pem" stderr
	rm conf
	printf 'http://127.0.0.1:1/x' | fails 69 vmctl probe -
	fails 64 vmctl probe - </dev/null
}

@test "a mount that was cancelled before its vm-slot listened is not made" {
	mkdir -p run/0/request
	echo http://127.0.0.1:1/x >run/0/request/url
	echo auto >run/0/request/type
	: >run/0/called-off
	run -75 vm-slot 0
	[[ $output == *"the mount was cancelled"* ]]
	[ "$(cat run/0/status run/0/state | paste -sd,)" = 75,empty ]
	[ ! -e run/0/called-off ] && [ ! -e run/0/request ] && [ ! -e run/0/work ]
}

# table NAME: a table of vmctl, such as OPTIONS, without its empty lines.
table() {
	"$VM_SHELL" -c '. "$1" && eval "printf %s \"\$$2\""' sh \
		"$TOP/scripts/lib/option-table.sh" "$1" | grep .
}

@test "an option applies to the verbs of its row of the table, and no others" {
	local name letter value verbs verb all
	all=$(table VERBS | cut -d '|' -f 1)
	[ "$(table OPTIONS | wc -l)" -gt 40 ]
	while IFS='|' read -r name letter value verbs _; do
		[ "$verbs" != all ] || continue
		# Some code handles the option.
		grep -qE "^	(.* \| )?$name( \|.*)?\)" \
			"$TOP"/scripts/lib/{options,request}.sh ||
			{ echo "nothing takes --$name"; false; }
		for verb in $all; do
			table OPTIONS | grep -q "^$name|.*|.*|\(.* \)\?$verb[ |]" ||
				break
		done
		fails 64 vmctl "$verb" "--$name${value:+=1}"
		grep -q -- "--$name does not apply to $verb (see vmctl help $verb)" \
			stderr
	done < <(table OPTIONS)
	fails 64 vmctl status -w
	grep -q -- "-w does not apply to status" stderr
	fails 64 vmctl status --frob
	grep -q "there is no option --frob" stderr
}

@test "help VERB has each option of the verb, in 80 columns" {
	local verb option
	for verb in $(table VERBS | cut -d '|' -f 1); do
		vmctl help "$verb" >help
		case $verb in
		complete) ;;
		*) diff <(vmctl "$verb" --help </dev/null) help ;;
		esac
		not grep -q '.\{81\}' help
		for option in $(table OPTIONS | grep "|\(.* \)\?$verb[ |]" |
			grep "^[^|]*|[^|]*|[^|]*|[^|]*\b$verb\b" | cut -d '|' -f 1); do
			grep -q -- "--$option\b" help
		done
	done
	vmctl help mount | grep -qx '  -s, --slot SLOT  .*'
	not grep -q -- --replace <(vmctl help status)
}

@test "letters are joined, values stand behind them, and -- ends the options" {
	[ "$(vmctl eject -fjs0 | jq .changed)" = false ]
	[ "$(vmctl status -js1 | jq -c '[.slots[].slot]')" = '[1]' ]
	[ "$(vmctl status -j1 2>&1 >/dev/null)" = \
		"vmctl: there is no option -1 (see vmctl help status)" ]
	fails 64 vmctl status -fj
	fails 64 vmctl status --json=1
	grep -q "takes no value" stderr
	fails 64 vmctl status -s
	grep -q "needs a value: SLOT" stderr
	fails 64 vmctl probe -- -s0
	grep -q "not an http" stderr
	fails 64 vmctl status ''
}

@test "a slot may be a word" {
	vmctl eject 0 | grep -qx "slot 0 is empty"
	[ "$(vmctl status 1 | head -n 1)" = "slot 1: disk, empty" ]
	[ "$(vmctl list 1 | wc -l)" = 1 ]
	vmctl log 1
	fails 64 vmctl eject 7
	grep -q "the last one is slot 1" stderr
	fails 64 vmctl eject 0 1
	grep -q "only one argument" stderr
	vmctl eject -s 0 0
	fails 64 vmctl eject -s 1 0
	grep -q "one slot, but --slot 1 and 0 are given" stderr
	fails 64 vmctl eject 0 -s 1
}

@test "verbs of other tools: did you mean ...?" {
	local pair
	for pair in umount:eject unmount:eject insert:mount ls:list; do
		fails 64 vmctl "${pair%:*}" 0
		grep -q "did you mean vmctl ${pair#*:}?" stderr
	done
	fails 64 vmctl -j status
	grep -q "write the verb first" stderr
}

# words_in SHELL WORD...: prints what that shell offers to complete the last
# WORD.
words_in() {
	local shell=$1
	shift
	case $shell in
	bash)
		. "$TOP/scripts/completion/vmctl"
		COMP_WORDS=(vmctl "$@") COMP_CWORD=$# COMPREPLY=()
		_vmctl
		printf '%s\n' "${COMPREPLY[@]}"
		;;
	zsh) zsh -fc '_describe() { print -rl -- ${(@P)3}; }
		compadd() { print -l $begun; }
		_files() { print -l -- $words[-1]*(N); }
		words=(vmctl "$@") CURRENT=$#words
		source '"$TOP"'/scripts/completion/_vmctl' zsh "$@" | cut -d : -f 1 ;;
	fish) HOME=$PWD TYPED="vmctl $*" fish -c "set fish_complete_path $TOP/scripts/completion
		complete -C \"\$TYPED\"" | cut -f 1 ;;
	esac
}

@test "completion in bash, zsh and fish" {
	local shell
	: >an.iso
	for shell in bash zsh fish; do
		[ "$(words_in $shell mo)" = mount ]
		[ "$(words_in $shell eject --fo)" = --force ]
		[ "$(words_in $shell status -s '' | grep -c '^[0-7]$')" = 8 ]
		[ "$(words_in $shell mount --type di)" = disk ]
		[ "$(words_in $shell serve an)" = an.iso ]
		[ "$(words_in $shell serve -w --take an)" = an.iso ]
		[ "$(words_in $shell serve --ticket an)" = an.iso ]
		words_in $shell serve an.iso ss | grep -q '^ssh'
		words_in $shell probe '' | grep -q '^https'
		[ -z "$(words_in $shell list --fo)" ]
		[ "$(words_in $shell host cy)" = cycle ]
		[ "$(words_in $shell host boot bi)" = bios ]
		[ "$(words_in $shell host boot cd --mode l)" = legacy ]
	done
}

@test "completion of a name that is typed with quotes, in bash, zsh and fish" {
	local shell
	echo "store = $PWD/store" >conf
	mkdir -p store/images/00000000000000aa
	echo root >store/images/00000000000000aa/owner
	echo "Win XP.iso" >store/images/00000000000000aa/name
	for shell in bash zsh fish; do
		words_in $shell image rm 'Win\ ' | grep -qx 'Win\\\? XP.iso'
		words_in $shell image rm '"Win ' | grep -qx 'Win XP.iso'
		[ -z "$(words_in $shell image rm 'Win\ 7')" ]
	done
}

@test "completion knows each option of each verb" {
	local verb
	for verb in $(table VERBS | cut -d '|' -f 1); do
		vmctl complete "$verb" -- | cut -f 1 | sort >offered
		vmctl help "$verb" | grep -oE -- '^  (-., |    )--[a-z0-9-]+' |
			grep -oE -- '--.*' | sort >wanted
		diff offered wanted
	done
	vmctl complete '' | cut -f 1 | grep -qx serve
}

@test "a ticket: 32 random bytes, stored as a hash, valid for half a minute" {
	local ticket file
	ticket=$(vmctl ticket 0)
	[[ $ticket =~ ^[A-Za-z0-9_-]{43}$ ]]
	file=run/tickets/$(printf %s "$ticket" | sha256sum | cut -d ' ' -f 1)
	[ "$(stat -c %a run/tickets "$file" | paste -sd,)" = 700,600 ]
	[ "$(sed 1d "$file" | paste -sd,)" = \
		"path /vm/0,path /vm/0/0,path /nbd/0,once yes" ]
	read -r word end <"$file"
	[ "$word" = expires ]
	local left=$((end - $(cut -d . -f 1 /proc/uptime)))
	[ $left -gt 25 ] && [ $left -le 30 ]
	not grep -rqF "$ticket" run
	# Tickets of other slots, and expired tickets.
	printf 'expires 1\nonce yes\n' >run/tickets/old
	[ "$(vmctl ticket -s 1)" != "$ticket" ]
	[ ! -e run/tickets/old ] && [ -e "$file" ]
	[ "$(cat run/tickets/* | grep -c /vm/0/0)" = 1 ]
	fails 64 vmctl ticket
	fails 64 vmctl ticket 9
	fails 64 vmctl ticket 0/../1
}

@test "with a full /run: one line and 73, and nothing is left" {
	local words
	mkdir full
	mount -t tmpfs -o size=128k full full
	mkdir -p full/0 full/tickets
	head -c 256k /dev/zero >full/filler 2>/dev/null || :
	for words in "ticket 0" "probe http://127.0.0.1:1/x" "attach -" \
		"export http://127.0.0.1:1/x" "image fetch http://127.0.0.1:1/x"; do
		echo "store = $PWD/store" >conf
		# shellcheck disable=SC2086 # words
		VM_RUN_DIR=$PWD/full fails 73 vmctl $words
		[ "$(wc -l <stderr)" = 1 ] && grep "is .* full?" stderr
		case $words in attach*) continue ;; esac
		# shellcheck disable=SC2086 # words
		VM_RUN_DIR=$PWD/full json_fails 73 internal vmctl $words -j
		[ "$(wc -l <stderr)" = 1 ]
	done
	[ "$(find full -type f)" = full/filler ]
}

@test "attach: wrong arguments, and options that need a URL" {
	fails 64 vmctl attach
	fails 64 vmctl attach https://a/b
	fails 64 vmctl attach --client ../x -
	fails 64 vmctl attach --client "$(printf %065d 0)" -
	fails 64 vmctl attach --who "$(printf 'a\033b')" -
	fails 64 vmctl attach --name "$(printf 'a\nb')" -
	fails 64 vmctl attach --name "$(printf %0256d 0)" -
	fails 64 vmctl attach -u bob -
	fails 64 vmctl attach --overlay x -
	fails 64 vmctl attach -w -t cd -
	fails 64 vmctl attach -s 5 -
	# Standard input is the source's connection, so no password is read from
	# it.
	echo secret | fails 64 vmctl attach -P - -
}

# web PATH QUERY [PEER]: runs vmctl attach --web with these values from
# vm-ws-proxy. As there are no drives, it ends with 69. The cause of a failure is in
# the file states.
web() {
	local rc=0
	export VM_CONFIGFS=$PWD/none
	VM_WS_PATH=$1 VM_WS_QUERY=$2 VM_WS_PEER=${3:-10.0.0.5} \
		vmctl attach --web 2>web.err || rc=$?
	sed -n '/^state: failed /p' web.err >states
	sed '/^state: failed /d' web.err >&2
	return "$rc"
}

@test "attach --web: the client's query is parsed, and wrong words are refused" {
	local bad
	run -69 web /vm/0 ''
	run -69 web /vm/0/0 'client=aB-_9&name=my%20disk.iso&take=1&rw=0'
	run -69 web /nbd/1 'rw=1&name=%ff%41%e2%82%ac&'
	run -69 web /vm/0 'expires=60&idle=2h&degraded=600'
	for bad in '' / /vm /vm/ /vm/8 /vm/00 /vm/0/1 /vm/0/ /nbd/0/0 /vm/../0 \
		'/vm/*' '/vm/[0-7]' /vm/0%00 '/vm/$(id)' x/vm/0; do
		fails 66 web "$bad" ''
		grep -qx "state: failed usage" states
	done
	fails 64 web /vm/5 ''
	for bad in client= client=../x 'client=a%20b' 'client=a;b' name= name=%2f \
		name=%4 name=%zz name=% take=2 take rw=yes x=1 '&&' slot=1 '%63lient=a' \
		expires= expires=0 idle=x degraded=-1 degraded=400d 'idle=$(id)' \
		'client=a&client=' "name=$(printf %0256d 0)" "$(printf %02000d 0)"; do
		fails 64 web /vm/0 "$bad"
	done
	fails 64 web /vm/0 '' "$(printf 'a\nb')"
	fails 64 web $'/vm/0\nx' ''
	# The shell never evaluates the query.
	run -69 web /vm/0 'name=%24(touch%20evil)%60touch%20evil%60%27;touch'
	fails 64 web /vm/0 'client=$(touch${IFS}evil)'
	[ ! -e evil ] && [ ! -e run/0 ]
}

@test "attach --web: a ticket is exchanged for a key, which is good for an hour" {
	local name now
	name=$(printf %064d 7)
	mkdir -p run/tickets
	now=$(sed 's/[. ].*//' /proc/uptime)
	printf '%s\n' "expires $((now + 299))" 'once no' 'resume yes' 'path /vm/0' \
		>run/tickets/$name
	export VM_WS_RESUME=$name VM_WS_PROTOCOL=vm.nbd.v1-state
	run -0 --separate-stderr web /vm/0 hold=1
	[ "$stderr" = "state: held
slot 0: no image was attached" ]
	grep -qx 'resume held' run/tickets/$name
	grep -qx 'path /vm/0' run/tickets/$name
	[ "$(sed -n 's/^expires //p' run/tickets/$name)" -ge $((now + 3600)) ]
	vmctl ticket --list | grep -q '^00000000  0     key'
	# A second request does not extend it, nor that of a client with a
	# medium.
	sed -i 's/^expires .*/expires 4000000000/' run/tickets/$name
	web /vm/0 hold=1
	grep -qx 'expires 4000000000' run/tickets/$name
	sed -i 's/held/yes/' run/tickets/$name
	web /vm/0 hold=1
	grep -qx 'expires 4000000000' run/tickets/$name
	grep -qx 'resume yes' run/tickets/$name
	# Without such a ticket there is no key.
	VM_WS_RESUME='' run -0 --separate-stderr web /vm/0 hold=1
	[ "$stderr" = "slot 0: no image was attached" ]
	[ ! -e run/0 ]
}

@test "attach --web: a client that comes back learns how the medium ended" {
	export VM_WS_ENDED='0 ejected by the host'
	run -0 --separate-stderr web /vm/0 'client=a&again=1'
	[ "$stderr" = "slot 0: ejected: ejected by the host" ]
	export VM_WS_ENDED='65 the image changed on the server'
	fails 65 web /vm/0 'client=a&again=1'
	grep -qx "vmctl: slot 0: the image changed on the server" stderr
	# 74 would mean a lost connection, after which the client would try
	# again.
	export VM_WS_ENDED='74 some of the written data is lost'
	fails 73 web /vm/0 ''
}

@test "export --overlay: written data is kept, and the image is unchanged" {
	start_server
	background "$VM_SHELL" "$BUILD/bin/vmctl" export --overlay over -U nbd "$URL/ok/x.iso"
	wait_until 10 test -S nbd
	qemu-io -f raw -c "write -P 7 0 64k" nbd+unix:///?socket=nbd
	cleanup
	start_server_again
	background "$VM_SHELL" "$BUILD/bin/vmctl" export --overlay over -U nbd "$URL/ok/x.iso"
	wait_until 10 test -S nbd
	qemu-io -f raw -c "read -P 7 0 64k" nbd+unix:///?socket=nbd
	[ -s over ]
}
start_server_again() {
	background hostile -L log -p "${URL##*:}" x.iso >port
	wait_until 5 test -s port
}

@test "a compressed image is reported" {
	start_server
	head -c 1M /dev/zero >root/data
	xorriso -as mkisofs -quiet -V TEST -o large.iso root
	xz -0 -c large.iso >packed
	background hostile -L log2 packed >port2
	wait_until 5 test -s port2
	run -0 --separate-stderr vmctl probe "http://127.0.0.1:$(cat port2)/ok/x"
	[[ $output == *iso9660* ]]
}

@test "a wrong configuration: 78, with the line" {
	local line
	for line in 'timeout = x' 'timeout = 0' 'limit_rate = fast' \
		'overlay_size = 5X' 'cache = big' 'cache = 1M' 'outage = -1' \
		'limit_rate = 10K' 'connections = 0' 'stall = no' 'dvd = 1' \
		'udc = a b' 'allow_file = images' 'spool = tmp' 'slots = tape' \
		'slots = cd cd cd cd cd cd cd cd cd' \
		'drives = sometimes' 'usb_vendor_id = 12' 'usb_product_id = 0x12g4' \
		'usb_manufacturer = Grün' 'usb_serial = 12345678901' \
		'usb_serial = 12345678901a' 'inquiry_vendor = 123456789' \
		'inquiry_product = 12345678901234567' 'inquiry_revision = 1.0.0'; do
		printf '# a comment\n%s\n' "$line" >conf
		fails 78 vmctl probe https://a/b
		grep -qF "conf: $line (line 2): the value must be" stderr
		fails 0 vmctl list
		grep -qF "conf: $line (line 2)" stderr
	done
}

@test "doctor: every error of the configuration, in this shell too" {
	printf '%s\n' 'slots = cd floppy' 'cache = 1M' 'slot1 = --frob https://a/b' \
		'cache = 8M' 'cache = 9M' >conf
	vmctl doctor >out || [ $? = 1 ]
	grep -qF "conf: slots = cd floppy (line 1): the value must be 1 to 8" out
	grep -qF "conf: cache = 1M (line 2): the value must be a size of 4M" out
	grep -qF "conf: slot1 (line 3): there is no option --frob" out
	grep -qF "conf: cache (line 5): it is set more than once, in the lines 4, 5: delete all but one" out
	[ "$(grep -c '^FAIL  configuration' out)" = 4 ]
}

# json_fails STATUS CAUSE COMMAND...: COMMAND fails like this, and prints an
# object that says so.
json_fails() {
	local want=$1 cause=$2 rc=0
	shift 2
	"$@" >json 2>stderr </dev/null || rc=$?
	cat json stderr
	[ "$rc" = "$want" ]
	jq -e ".schema == 1 and .error.status == $want and
		.error.cause == \"$cause\" and (.error.message | length) > 5" json
	# The message is the same as people read.
	grep -qF -- "$(jq -r .error.message json)" stderr
	not grep -F cause: stderr
}

@test "-j: a failure is an object, whatever fails" {
	local verb
	start_server
	json_fails 66 missing vmctl probe -j "$URL/status/404/x.iso"
	json_fails 65 not-image vmctl probe -j "$URL/html206/x.iso"
	json_fails 69 unreachable vmctl export -j http://127.0.0.1:1/x.iso
	json_fails 64 usage vmctl mount -j 'ftp://host/"x"'
	json_fails 64 usage vmctl eject --frob -j
	json_fails 64 usage vmctl status -s 7 --json
	json_fails 66 usage vmctl renew -j "$URL/ok/x.iso"
	json_fails 66 missing vmctl serve -j nothing ssh:host
	json_fails 64 usage vmctl host -j frob
	json_fails 64 usage vmctl user -j frob
	json_fails 64 usage vmctl web -j frob
	json_fails 64 usage vmctl image ls --frob -j
	json_fails 64 usage vmctl netboot --frob -j
	# Also with -j among other letters.
	json_fails 64 usage vmctl eject --frob -fj
	json_fails 64 usage vmctl host -mnone -j
	json_fails 64 usage vmctl probe --frob -jt cd
	run -64 --separate-stderr vmctl probe --frob -tj
	[ -z "$output" ]
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/test .
	for verb in mount:wj eject:fj attach:h start:hj; do
		verb=${verb/:/ -}
		case $verb in
		*h*) set -- 0 usage: ;;
		*) set -- 77 '"message": "only root can' ;;
		esac
		# shellcheck disable=SC2086 # words
		run -"$1" --separate-stderr setpriv --reuid 65534 --regid 65534 \
			--clear-groups "$VM_SHELL" "$BUILD/bin/vmctl" $verb
		[[ $output == *"$2"* ]]
	done
	json_fails 66 usage vmctl mount -j -P nothing "$URL/ok/x.iso"
	VM_CONFIGFS=$PWD/none json_fails 69 internal vmctl mount -j "$URL/ok/x.iso"
	VM_CONFIGFS=$PWD/none json_fails 69 internal vmctl start -j
	echo 'slots = floppy' >conf
	json_fails 78 internal vmctl mount -j "$URL/ok/x.iso"
}

@test "-j: each verb that prints has one object with its schema" {
	start_server
	vmctl list -j >json
	[ "$(jq -c '.slots[1]' json)" = \
		'{"slot":1,"type":"disk","state":"empty","url":null}' ]
	vmctl ticket -j 1 >json
	jq -e '.schema == 1 and .slot == 1 and (.ticket | length) == 43' json
	[ "$(vmctl version -j | jq -r .version)" = \
		"$(vmctl version | cut -d ' ' -f 2)" ]
	vmctl doctor -j "$URL/status/404/x.iso" >json || [ $? = 1 ]
	jq -e '.ok == false and .checks[0].ok and (.checks[-1].ok | not)' json
	vmctl eject -j >json
	jq -e '.schema == 1 and .changed == false and .slot == 0' json
	background "$VM_SHELL" "$BUILD/bin/vmctl" export -j -U "$PWD/sock" "$URL/ok/x.iso" >json
	wait_until 10 test -s json
	[ "$(jq -r .socket json)" = "$PWD/sock" ]
	nbdcopy "nbd+unix:///?socket=$PWD/sock" copy
	cleanup
	[ ! -e sock ]
}

@test "-j: all members of a slot are there, and what is empty is null" {
	vmctl status -j >json
	jq -e '.slots[0] | has("url") and has("label") and has("source") and
		(to_entries | map(select(.value == "")) | length) == 0 and
		.url == null and .size == null and .source == null' json
	mkdir -p run/0
	echo 'a "b" \c' >run/0/label
	: >run/0/note
	vmctl status -j >json
	[ "$(jq -r '.slots[0].label' json)" = 'a "b" \c' ]
	jq -e '.slots[0].note == null' json
	# An image without a label.
	head -c 1M /dev/zero >blank.img
	[ "$(vm-probe -j -t disk blank.img | jq .label)" = null ]
}

@test "-j: valid JSON in UTF-8, whatever a program has written" {
	mkdir -p run/0
	printf '{"source": "ok", "rate": 1.5, "read": 09, "hits": abc\n' >run/0/stats
	printf 'x\377y\n' >run/0/url
	printf '2026-01-01T00:00:00Z vm-slot: slot 0: a\303\n' >run/0/log
	vmctl status >/dev/null
	vmctl status -j >out
	iconv -f UTF-8 -t UTF-8 out >/dev/null
	jq -e '.slots[0] | .url == "x?y" and .source.rate == 1 and
		.source.read == 9 and .source.hits == 0' out
	vmctl log -j >out
	iconv -f UTF-8 -t UTF-8 out >/dev/null
	jq -e '.lines[0].text == "a?"' out
}

@test "status -q tells the state by its exit status" {
	run -1 vmctl status -q
	[ -z "$output" ]
	# A wrong setting does not matter here.
	echo nonsense >conf
	run -1 vmctl status -q
	[ -z "$output" ]
	rm conf
	mkdir -p run/0
	exec 8>>run/0/pid
	vm-lock -w 5 8
	echo active >run/0/state
	mkdir -p sys/block/nbd0 run/0/request
	run -0 vmctl status -q 0
	[ -z "$output" ]
	run -0 vmctl status -q
	echo degraded >run/0/state
	run -75 vmctl status -q 0
	[ -z "$output" ]
	echo failed >run/0/state
	run -1 vmctl status -q 0
	exec 8>&-
	# As if its vm-slot had been killed.
	echo active >run/0/state
	run -1 vmctl status -q 0
}

@test "tickets are listed, and revoked by their ID" {
	local id
	vmctl ticket 0 >word
	id=$(printf %s "$(cat word)" | sha256sum | cut -c1-8)
	vmctl ticket -j 1 >other
	[ "$(jq -r .id other)" != "$id" ]
	vmctl ticket --list >list
	grep -q "^$id  0     once   [0-9]*$" list
	not grep -q "$(cat word)" list
	printf 'expires 99999999999\nonce no\nresume yes\npath /vm/0\n' >run/tickets/"${id}0"
	vmctl ticket --list | grep -q "^$id  0     again  until its medium is ejected$"
	rm run/tickets/"${id}0"
	# A client that has a medium may reconnect.
	printf 'expires 99999999999\nonce no\nresume yes\npath /vm/1\n' \
		>"run/tickets/$(printf x | sha256sum | cut -c1-64)"
	[ "$(vmctl ticket --list -j 1 | jq -r '.tickets[].use' | sort | tr '\n' ' ')" = 'again once ' ]
	[ "$(vmctl ticket --list -j | jq '.tickets | length')" = 3 ]
	[ "$(vmctl ticket -j --revoke "$id" | jq -c .)" = \
		'{"schema":1,"changed":true,"slot":0}' ]
	[ "$(vmctl ticket --list -j | jq '.tickets | length')" = 2 ]
	fails 66 vmctl ticket --revoke "$id"
	fails 64 vmctl ticket --revoke '*'
	fails 64 vmctl ticket
}

# unread COMMAND...: prints the status of COMMAND, whose standard output is a
# pipe without a reader. If IGNORES is set, the parent ignores SIGPIPE, as
# services do.
unread() {
	python3 -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
n = subprocess.call(sys.argv[1:], stdout=w, restore_signals="IGNORES" not in os.environ)
print(n if n >= 0 else 128 - n)' "$@"
}

# writes COMMAND...: with a full standard output, it exits with 74 and one line;
# after the reader has gone, with 141 and without a line.
writes() {
	run -74 sh -c '"$@" 2>&1 >/dev/full' sh "$@"
	[ "${#lines[@]}" = 1 ] && [[ $output == *"unable to write standard output"* ]]
	[ "$(unread "$@" 2>err)" = 141 ] && [ ! -s err ]
}

@test "closed standard streams: the same, without words" {
	start_server
	vmctl probe "$URL/ok/x.iso" 2>&- <&- | grep -qx "label: TEST"
	local rc=0
	vmctl list >&- 2>err || rc=$?
	[ "$rc-$(cat err)" = "74-vmctl: unable to write standard output" ]
	vmctl eject 0 >out 2>&- <&-
	grep -qx "slot 0 is empty" out
	rc=0
	vmctl list 7 2>&- || rc=$?
	[ $rc = 64 ]
}

@test "standard output: a full disk is an error, and a closed pipe is silent" {
	local verb program
	mkdir -p run/0
	echo "2026-01-01T00:00:00Z vm-slot: slot 0: x" >run/0/log
	for verb in help "help mount" "mount -h" version "version -j" list "list -j" \
		status "status -j" log "log -j" "ticket 0" "ticket -j 0" "ticket --list" \
		"eject 0" "eject -j 0" doctor "doctor -j" "complete mou" \
		"complete mount --" "help image" "image -V" "image put -h" "help netboot" \
		"netboot -V" host "host -j" "host power" "host boot" "host boot -j" \
		"user -h" "web -h" "door -h"; do
		# shellcheck disable=SC2086 # words
		writes "$VM_SHELL" "$BUILD/bin/vmctl" $verb
	done
	head -c 1M /dev/zero >blank.img
	writes vm-probe -t disk blank.img
	writes vm-probe -j -t disk blank.img
	writes vm-fetchd -n http://x/y
	writes vm-slot -a eject 0
	for program in fetchd nbd-attach probe gadget slot lock connect ws-proxy; do
		writes "vm-$program" -V
		writes "vm-$program" -h
	done
	[ "$(IGNORES=1 unread vm-probe -V 2>err)" = 141 ] && [ ! -s err ]
}

@test "what is printed last: probe and export to a full disk" {
	local word
	start_server
	run -74 sh -c '"$@" 2>&1 >/dev/full' sh "$VM_SHELL" "$BUILD/bin/vmctl" \
		probe "$URL/ok/x.iso"
	[[ $output == *"unable to write standard output"* && ${#lines[@]} = 1 ]]
	run -74 sh -c '"$@" 2>&1 >/dev/full' sh "$VM_SHELL" "$BUILD/bin/vmctl" \
		export -j -U "$PWD/sock" "$URL/ok/x.iso"
	[[ $output == *"unable to write standard output"* && ${#lines[@]} = 1 ]]
	wait_until 10 test ! -e sock
	run -74 sh -c '"$@" 2>&1 >/dev/full' sh "$VM_SHELL" "$BUILD/bin/vmctl" \
		probe -j "$URL/ok/x.iso"
	[[ $output == *"unable to write standard output"* && ${#lines[@]} = 1 ]]
	# Without a reader.
	for word in '' -j; do
		# shellcheck disable=SC2086 # a word, or none
		[ "$(unread "$VM_SHELL" "$BUILD/bin/vmctl" probe $word "$URL/ok/x.iso" \
			2>err)" = 141 ] && [ ! -s err ]
	done
}

@test "-j: of a failure that nobody reads, people read one line" {
	local words
	for words in "list --frob -j" "host --frob -j" "image ls --frob -j" \
		"netboot --frob -j" "start -j"; do
		# shellcheck disable=SC2086 # words
		[ "$(VM_CONFIGFS=$PWD/none unread "$VM_SHELL" "$BUILD/bin/vmctl" $words \
			2>err)" = 141 ]
		[ "$(wc -l <err)" = 1 ] && not grep "standard output" err
	done
	[ -z "$(find run -name 'tmp.*')" ]
}

@test "a killed vm-fetchd: probe says so, with -j too" {
	local word
	start_server
	for word in '' -j; do
		# shellcheck disable=SC2086 # a word, or none
		background "$VM_SHELL" "$BUILD/bin/vmctl" probe $word "$URL/stall/x.iso" \
			>out 2>err
		wait_until 20 has_fetchd
		pkill -KILL -f "vm-fetchd.*$BATS_TEST_TMPDIR"
		wait_until 20 grep -q 'killed by signal 9: is there enough memory' err
		! wait "${STARTED[-1]}"
	done
	jq -e '.error.status == 71 and .error.cause == "internal"' out
}

watched_twice() {
	[ "$(grep -c "^slot 0:" plain)" -ge 2 ]
}

@test "progress is as wide as the terminal; on a plain one, a line each 5 seconds" {
	start_server
	TERM=xterm script -qec "stty rows 24 cols 40; vmctl probe --timeout 2 \
		'$URL/stall/a-name-that-is-longer-than-the-terminal.iso'" /dev/null \
		>wide </dev/null || [ $? = 75 ]
	tr '\r' '\n' <wide | sed -n 's/^\x1b\[K\(.*\) \.\.\. \([0-9]*\) s$/\1 ... \2 s/p' >drawn
	grep -q '^connecting to .* [.][.][.] 1 s$' drawn
	[ "$(wc -L <drawn)" = 39 ]
	TERM=dumb script -qec "vmctl probe --timeout 7 '$URL/stall/x.iso'" /dev/null \
		>plain </dev/null || [ $? = 75 ]
	[ "$(grep -c ' [.][.][.] 5 s' plain)" = 1 ]
	[ "$(wc -l <plain)" = 2 ] # and the reason of the failure
	not grep -q "$(printf '\033')" plain
	background env TERM=dumb script -qefc \
		"$VM_SHELL $BUILD/bin/vmctl status --watch" plain >/dev/null
	wait_until 60 watched_twice
	not grep -q "$(printf '\033')" plain
}

@test "the lines of vm-netboot are no longer than the terminal is wide" {
	mkdir -p net/seen/52-54-00-12-34-81
	cat >inner <<-'END'
		TEMP='' JSON='' DIR=net
		for part in common json parse netboot-plan netboot-watch; do
			. "$1/$part.sh"
		done
		SEEN=52:54:00:12:34:81 KNOWN=1
		see_machine $SEEN
		keep why "it has taken the boot loader three times, and never the script"
		draw
		draw
	END
	TERM=xterm script -qec "stty rows 24 cols 50; $VM_SHELL inner $TOP/scripts/lib" \
		/dev/null >shown </dev/null
	sed 's/\x1b\[[0-9]*[AJ]//g; s/\r$//' shown >drawn
	[ "$(grep -c '^52:54:00:12:34:81 ' drawn)" = 2 ]
	[ "$(wc -L <drawn)" = 49 ]
}

@test "the bytes and the rate of a checksum are shown" {
	start_server
	head -c 24M /dev/zero >zero.img
	background hostile -L log3 zero.img >port3
	wait_until 5 test -s port3
	TERM=xterm script -qec "stty rows 24 cols 200; vmctl probe --limit-rate 6M \
		--sha256 $(sha256sum zero.img | cut -d ' ' -f 1) \
		-t disk http://127.0.0.1:$(cat port3)/ok/zero.img" /dev/null >shown </dev/null
	grep -qE 'verifying [^ ]*zero.img: [0-9]+ of 24 MiB, [0-9]+[.][0-9] MiB/s [.]' shown
	fails 75 vmctl probe --timeout 4 --limit-rate 1M --sha256 \
		"$(sha256sum zero.img | cut -d ' ' -f 1)" -t disk "http://127.0.0.1:$(cat port3)/ok/zero.img"
	grep -q 'gave up after 4 s while verifying .*: use a longer --timeout$' stderr
}

@test "values with newlines, blanks, dashes and globs stay what they are" {
	local option
	start_server
	for option in --user --proxy --overlay --cacert --header --ticket --sha256-file -P; do
		case $option in
		--ticket) set -- serve x.iso wss://127.0.0.1:1/vm/0 ;;
		--overlay) set -- export "$URL/ok/x.iso" ;;
		*) set -- probe "$URL/ok/x.iso" ;;
		esac
		fails 64 vmctl "$@" $option $'a\nb'
		grep -q "the value has control characters" stderr
	done
	fails 64 vmctl probe "$URL/ok/x.iso"$'\n'http://127.0.0.1:1/y
	fails 64 vmctl probe -- -x
	# Characters that a shell would expand.
	touch a.pem b.pem
	fails 66 vmctl probe --cacert '*.pem' "$URL/ok/x.iso"
	grep -qF "cacert file *.pem" stderr
	fails 77 vmctl probe -u '*' -P - "$URL/auth/a/b/x.iso" <<<'$(id) * -n'
	fails 66 vmctl probe "$URL/status/404/*;x"
	grep -qF "$URL/status/404/*;x" stderr
	: >'odd  name -n*.iso'
	fails 77 vmctl probe "$PWD/odd  name -n*.iso"
	grep -qF "odd  name -n*.iso" stderr
}

# globals: prints the names of vmctl's variables.
globals() {
	grep -ohE '\$\{?[A-Z][A-Z_0-9]*' "$TOP"/scripts/vmctl "$TOP"/scripts/lib/*.sh |
		tr -d '${' | sort -u |
		grep -vE '^(VM_.*|TERM|PATH|HTTPS_PROXY|ALL_PROXY|NO_PROXY|SSH_CONNECTION|SUDO_USER|PWD|PPID|IFS)$'
}

@test "the environment changes nothing but what is documented" {
	local words
	echo 'echo evil' >evil.sh
	[ "$(globals | wc -l)" -gt 100 ]
	for words in list "status -j" log "ticket --list" "eject 0" "help mount" version \
		"probe http://127.0.0.1:1/x" "mount -j http://127.0.0.1:1/x" \
		"serve none ssh:host" "complete mount -" "start -j"; do
		# shellcheck disable=SC2086 # words
		vmctl $words >plain 2>&1 || echo $? >>plain
		# shellcheck disable=SC2046,SC2086 # words
		env $(globals | sed 's/$/=evil/') IFS=lsx ENV="$PWD/evil.sh" \
			BASH_ENV="$PWD/evil.sh" PATH=/nowhere CDPATH=/ \
			"$(command -v "$VM_SHELL")" "$BUILD/bin/vmctl" $words >evil 2>&1 || echo $? >>evil
		diff <(sed 's/ after [0-9]* ms//' plain) <(sed 's/ after [0-9]* ms//' evil)
	done
}

@test "a number that begins with 0 is decimal, or refused" {
	start_server
	vmctl probe --timeout 08 --outage 009 "$URL/ok/x.iso" >out
	fails 75 vmctl probe --timeout 02 "$URL/stall/x.iso"
	grep -q "gave up after 2 s" stderr
	printf 'timeout = 02\noutage = 08\nconnections = 08\n' >conf
	fails 75 vmctl probe "$URL/stall/x.iso"
	grep -q "gave up after 2 s" stderr
	rm conf
	fails 64 vmctl probe --timeout 00 "$URL/ok/x.iso"
	printf '%s\n' "store = $PWD/store" 'store_reserve = 08' 'store_size = 09G' \
		'host_timeout = 08' 'host = redfish https://127.0.0.1:1/x' >conf
	[ "$(vmctl image quota -j 2>err | jq '.room > 0 and .limit == 9663676416')" = true ]
	[ ! -s err ]
	fails 69 vmctl host # at once, or without curl
	not grep "gave no reason" stderr
	rm conf
	fails 64 vmctl status -s 010
	fails 64 vmctl status -s 00
	fails 64 vmctl eject 01
	fails 64 vmctl ticket -s 08
}

@test "CDPATH, and links to vmctl, do not hide its parts" {
	local word
	word=$(vmctl version)
	(cd "$BUILD" && CDPATH=.:/ && export CDPATH &&
		[ "$("$VM_SHELL" bin/vmctl version)" = "$word" ])
	mkdir links
	ln -s "$BUILD/bin/vmctl" links/vmctl
	ln -s vmctl links/other
	(cd links && [ "$("$VM_SHELL" ./other version)" = "$word" ])
	[ "$("$VM_SHELL" links/vmctl version)" = "$word" ]
	(cd links && [ "$("$VM_SHELL" vmctl version)" = "$word" ])
	chmod +x links/vmctl
	(PATH=$PWD/links:$PATH && [ "$("$PWD/links/vmctl" version)" = "$word" ])
}

@test "a signal at the password prompt gives the terminal its echo back" {
	local signal words
	mkfifo keys
	exec 8<>keys
	for signal in TERM:143 INT:130 HUP:129 TERM:143:user; do
		words="probe -u bob -P - http://127.0.0.1:1/x"
		case $signal in *:user) words="user add bob" signal=TERM:143 ;; esac
		cat >inner <<-END
			trap : INT HUP TERM
			$VM_SHELL -c 'echo \$\$ >pid; exec $VM_SHELL $BUILD/bin/vmctl $words'
			echo \$? >status
			stty -a >after
		END
		rm -f after status pid typed
		# What bash starts in the background ignores INT.
		env --default-signal=INT script -qfc "$VM_SHELL inner" \
			/dev/null >typed <keys 3>&- &
		STARTED+=("$!")
		wait_until 10 grep -q Password: typed
		wait_until 10 test -s pid
		wait_until 10 eval 'ps -o args= --ppid "$(cat pid)" | not grep stty'
		kill -"${signal%:*}" "$(cat pid)"
		wait_until 10 test -s after
		[ "$(cat status)" = "${signal#*:}" ]
		grep -q ' echo ' after
	done
	exec 8>&-
}
