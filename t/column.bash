# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# For tests of all programs together in the virtual machine: nginx serves images
# over HTTPS, and this machine is also the host at the other end of the USB
# cable.

# column_start [UDCS]: for setup_file. Makes a USB device controller that is
# wired to this machine's own USB host, and starts nginx with its own CA.
column_start() {
	modprobe -a usb-storage sr_mod sd_mod
	modprobe dummy_hcd num="${1:-1}"
	export VM_RUN_DIR=/run/vmedia VM_CONF=/tmp/vmedia.conf
	export WWW=$BATS_FILE_TMPDIR/www CA=$BATS_FILE_TMPDIR/ca.pem
	mkdir -p "$WWW"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "${BATS_FILE_TMPDIR%/*}"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$BATS_FILE_TMPDIR/key.pem" -out "$CA" 2>/dev/null
	cat >"$BATS_FILE_TMPDIR/nginx.conf" <<-NGINX
		daemon off; pid $BATS_FILE_TMPDIR/nginx.pid;
		error_log $BATS_FILE_TMPDIR/nginx.err;
		events {}
		http {
			access_log $BATS_FILE_TMPDIR/nginx.log; sendfile on;
			server {
				listen 443 ssl;
				ssl_certificate $CA;
				ssl_certificate_key $BATS_FILE_TMPDIR/key.pem;
				root $WWW;
			}
		}
	NGINX
	nginx -c "$BATS_FILE_TMPDIR/nginx.conf" 3>&- 2>/dev/null &
	wait_until 30 curl -sk -o /dev/null https://localhost/
	export URL=https://localhost
}

# column_stop: for teardown_file.
column_stop() {
	kill "$(cat "$BATS_FILE_TMPDIR/nginx.pid")" || :
}

# mount_image NAME [OPTION...]: mounts this image of $WWW with vmctl.
mount_image() {
	local name=$1
	shift
	vmctl mount --cacert "$CA" "$@" "$URL/$name"
}

# host_drive SLOT: prints the host's device of that slot, /dev/sr0 or /dev/sdX.
# The USB interface's number tells the function, and so the slot.
host_drive() {
	local dir
	for dir in /sys/block/sr* /sys/block/sd*; do
		case $(cd -P "$dir/device" 2>/dev/null && pwd) in
		*:1."$1"/*) echo "/dev/${dir##*/}" ;;
		esac
	done
}

# host_size SLOT: prints the medium's size in bytes as the host sees it. The
# kernel checks a drive when it is opened.
host_size() {
	local drive sectors
	drive=$(host_drive "$1")
	[ -n "$drive" ] && : <"$drive" && read -r sectors <"/sys/block/${drive#/dev/}/size" &&
		echo $((sectors * 512))
} 2>/dev/null

# host_has SLOT: does the host have that drive, with a medium in it?
host_has() {
	local size
	size=$(host_size "$1") && [ "$size" -gt 0 ]
}

# host_patience: from now on the host waits longer for a read than 30 s, after
# which it would reset a drive.
host_patience() {
	local file
	for file in /sys/block/s[rd]*/device/timeout; do
		[ ! -e "$file" ] || echo 300 >"$file"
	done
}

# drop_caches: makes the next read go through all programs.
drop_caches() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

# start_reading SLOT FILE: the host repeatedly reads its whole medium through
# all programs, and compares it with FILE.
start_reading() {
	READING=$BATS_TEST_TMPDIR/reading
	rm -f "$READING"*
	dmesg -C
	read_again "$@" 3>&- &
	READER=$!
	wait_until 30 test -e "$READING.begun"
}
read_again() {
	until [ -e "$READING.end" ]; do
		drop_caches
		dd if="$(host_drive "$1")" bs=64k iflag=direct 2>"$READING.err" |
			{ head -c 1M && : >"$READING.begun" && cat; } |
			cmp -n "$(stat -c %s "$2")" "$2" - || return
	done
}
# is_clean: has the host read only right bytes so far, without an error?
is_clean() {
	kill -0 "$READER"
	: >"$READING.end"
	wait "$READER"
	! dmesg | grep "I/O error"
}

# nothing_left [SLOT]: the slot has no process, socket, device or state left,
# after vm-slot ran the hooks for the end.
nothing_left() {
	wait_until 5 is_nothing_left "$@"
}
is_nothing_left() {
	local slot=${1:-0}
	! pgrep -a 'vm-fetchd|vm-nbd-attach|vm-slot|nbdkit' &&
		! grep -qv '^0$' /sys/block/nbd*/size &&
		[ "$(vm-gadget status -f file "$slot")" = "" ] &&
		[ ! -e "$VM_RUN_DIR/$slot/request" ] &&
		[ ! -e "$VM_RUN_DIR/$slot/work" ]
}

# make_iso FILE MIB LABEL: makes an ISO of that size with random content, and a
# file that has the label.
make_iso() {
	local root
	root=$(mktemp -d)
	echo "$3" >"$root/MARKER.TXT"
	[ "$2" = 0 ] || head -c "$2M" /dev/urandom >"$root/data"
	xorriso -as mkisofs -quiet -V "$3" -o "$1" "$root" 2>/dev/null
	rm -r "$root"
}
