# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Run the EXAMPLES of a man page: each line after a "$ " or "# ", one after
# another in a new directory. The output that the page shows below a command
# must be the command's output, except for long numbers and the UDC's name.
#
# In a virtual machine (VM_RUN) every command must succeed. Elsewhere, a command
# that needs the kernel's NBD or a USB gadget must exit with 69 (unavailable):
# that shows that it understood its command line; otherwise it would exit with
# 64 (usage).
#
# This changes /etc/hosts, the CA certificates, /run and /srv: run it in
# separate namespaces (unshare -mnpf), or in a virtual machine.
#
# usage: bash examples.bash PAGE
set -u

PAGE=$1
FAILED=0	# the exit status
JOBS=()		# processes in the background, until the block ends
NGINX='' BMC=''	# the servers that run
LIMIT=20	# seconds for a program to become ready
[ -z "${VM_RUN:-}" ] || LIMIT=100
DIR='' OUT='' ERR=''	# a directory; the output of the current command
BEGUN=''	# the command that begin() has started
SHOWN=''	# the output that the page shows for it

# examples PAGE: "$ COMMAND" for each command and "> TEXT" for each line that
# it prints; an empty line before each block.
examples() {
	awk '
	function put(line) {
		gsub(/\\e/, "\\", line)
		gsub(/\\-/, "-", line)
		if (joined != "")
			line = joined line
		joined = ""
		if (line ~ /\\$/) {
			joined = substr(line, 1, length(line) - 1)
			return
		}
		if (sub(/^[$#] /, "", line)) {
			print "$ " line
			command = 1
		} else if (command)
			print "> " line
	}
	/^\.Sh / { on = ($2 == "EXAMPLES") }
	!on { next }
	/^\.Bd -literal/ { block = 1; command = 0; print ""; next }
	/^\.Ed/ { block = 0; next }
	/^\.Dl / { command = 0; print ""; put(substr($0, 5)); next }
	block { put($0) }' "$1"
}

# --- the world that the examples name --------------------------------------

# prepare: in a directory of our own, with the files that they name.
prepare() {
	DIR=$(mktemp -d)
	export VM_SSH="$DIR/bin/ssh" TMPDIR=/tmp LC_ALL=C
	chmod 755 "$DIR"
	cd "$DIR" || exit
	OUT=$DIR/out.txt ERR=$DIR/err.txt
	mkdir bin
	write_ssh >bin/ssh
	chmod +x bin/ssh
	PATH=$DIR/bin:$PATH
	if [ -z "${VM_RUN:-}" ]; then
		isolate
	else
		modprobe -a dummy_hcd usb-storage sr_mod sd_mod
		modprobe nbd max_part=0
		write_names >>/etc/hosts
		configure_host
	fi
	cp "$EXAMPLES_FILES"/* .
	cat ca.pem >>/etc/ssl/certs/ca-certificates.crt
	case $PAGE in
	*vm-image.8)
		echo "store = $DIR/store" >vmedia.conf
		export VM_CONF=$DIR/vmedia.conf
		;;
	*vm-dhcp-probe.8) start_dhcp ;;
	*vm-netboot.8)
		ip link add eth1 type bridge
		ip address add 192.0.2.1/24 dev eth1
		ip link set eth1 up
		echo kernel >vmlinuz
		echo initrd >initrd.gz
		;;
	esac
	echo secret >password.txt
	echo 'https://example.org/debian.iso?sig=1' >link.txt
	echo 'https://example.org/debian.iso?sig=2' >new-link.txt
}

# start_dhcp: a server on the network of eth1.
start_dhcp() {
	ip link add eth1 type veth peer name net
	ip link set eth1 up
	ip link set net up
	ip address add 192.0.2.1/24 dev net
	dnsmasq -k -C /dev/null --port=0 --interface=net --bind-interfaces --user=root \
		--dhcp-range=192.0.2.57,192.0.2.57 --dhcp-leasefile="$DIR/leases" \
		--dhcp-match=set:efi,option:client-arch,7 \
		--dhcp-boot=tag:efi,snponly.efi 2>"$DIR/dnsmasq.err" &
}

# configure_host: vm-host has a command, for a host that is always on.
configure_host() {
	# shellcheck disable=SC2016 # for the program
	printf '%s\n' '#!/bin/sh' '[ "$1" != status ] || echo "power on' \
		'actions on off reset' 'targets cd usb' 'boot none disabled"' >/run/example-host
	chmod 755 /run/example-host
	mkdir -p /etc/vmedia
	! grep -q "^host = " /etc/vmedia/vmedia.conf 2>/dev/null || return 0
	printf '%s\n' "host = command /run/example-host" "host_boot_time = 1" \
		>>/etc/vmedia/vmedia.conf
}

# isolate: nothing that we do outside of our directory stays.
isolate() {
	ip link set lo up
	mount -t tmpfs -o mode=755 none /run
	mount -t tmpfs -o mode=755 none /srv
	mount -t tmpfs none /sys # no kernel to attach to, also where there is one
	{ cat /etc/hosts; write_names; } >hosts
	mount --bind hosts /etc/hosts
	cp /etc/ssl/certs/ca-certificates.crt cas
	mount --bind cas /etc/ssl/certs/ca-certificates.crt
}

# write_ssh: an ssh(1) for which the other machine is this one. As there, a
# shell reads the command.
write_ssh() {
	cat <<-'SSH'
		#!/bin/sh
		while :; do
			case $1 in
			-o) shift 2 ;;
			-*) shift ;;
			*) break ;;
			esac
		done
		shift
		exec sh -c "$*"
	SSH
}

write_names() {
	echo "127.0.0.2 example.org"
	echo "127.0.0.3 bmc.example.org"
}

# start_nginx: https://example.org, where private.iso wants a password.
start_nginx() {
	[ -z "$NGINX" ] || return 0
	mkdir "$DIR/nginx"
	echo 'alice:{PLAIN}secret' >"$DIR/nginx/users"
	cat >"$DIR/nginx/conf" <<-NGINX
		daemon off; master_process off; pid $DIR/nginx/pid; user root;
		error_log $DIR/nginx/error;
		events {}
		http {
			access_log off;
			server {
				listen 127.0.0.2:443 ssl;
				ssl_certificate $DIR/chain.pem;
				ssl_certificate_key $DIR/key.pem;
				root $DIR;
				location = /private.iso {
					auth_basic x;
					auth_basic_user_file $DIR/nginx/users;
				}
			}
		}
	NGINX
	nginx -e "$DIR/nginx/error" -c "$DIR/nginx/conf" 9>&- &
	NGINX=$!
	await test -s "$DIR/nginx/pid" || complain "no server" nginx
}

# start_bmc: wss://bmc.example.org, with a ticket in ticket.txt.
start_bmc() {
	[ -z "$BMC" ] || return 0
	vm-ws-proxy -l 127.0.0.3:443 -c "$DIR/chain.pem" -k "$DIR/key.pem" \
		-e -t /run/vmedia/tickets vmctl attach --web >"$DIR/bmc.txt" &
	BMC=$!
	await test -s "$DIR/bmc.txt" || complain "no server" vm-ws-proxy
}

# --- one example -----------------------------------------------------------

# await COMMAND...: until it succeeds; false after $LIMIT seconds.
await() {
	local end=$((SECONDS + LIMIT))
	until "$@"; do
		[ $SECONDS -lt $end ] || return
		sleep 0.1
	done
}

# expected COMMAND: the exit statuses that it may have here.
expected() {
	[ -z "${VM_RUN:-}" ] || { echo 0; return; }
	case $1 in
	# It inserts what the command before it serves.
	"vm-connect "*" vmctl attach "*) echo 69 ;;
	"lsblk "* | "nbd-client "* | "mount "* | "umount "*) echo 1 32 ;;
	# It waits for one that listens, and has just gone.
	"vm-connect "*" vm-nbd-attach -j "*) echo 0 69 75 ;;
	"vmctl doctor "*) echo 1 ;; # there is no such kernel
	"vm-nbd-attach -D "*) echo 66 ;; # no such device
	"vm-drive "* | "vm-gadget "* | "vm-nbd-attach "* | "vm-connect "* | "vm-slot "*) echo 69 ;;
	"vmctl mount "* | "vmctl serve "* | "vm-ws-proxy -C "*) echo 69 ;;
	"vmctl host "*) echo 69 ;;
	"vmctl renew "*) echo 66 ;; # the slot holds nothing
	*) echo 0 ;;
	esac
}

# stays COMMAND: does it run until it is told to end?
stays() {
	case $1 in
	*"&" | "vm-fetchd -c "* | "vm-gadget wait "*) return 1 ;;
	"vm-fetchd "* | "vm-ws-proxy "* | "vm-connect "* | "vm-door "*) ;;
	"vmctl netboot -n "*) return 1 ;;
	"vm-netboot-http "* | "vmctl netboot "*) ;;
	"vm-slot "* | "vmctl serve "* | "vmctl export "*) ;;
	"qemu-system-"*) ;;
	*) return 1 ;;
	esac
}

# try COMMAND: run it as the page has it.
try() {
	local want status=0
	echo "# $1"
	case $1 in
	*"https://example.org/"* | *link.txt) start_nginx ;;
	esac
	case $1 in
	*wss://*) start_bmc ;;
	modprobe*) [ -n "${VM_RUN:-}" ] || return 0 ;;
	"vmctl mount "*) empty_slots ;;
	"vm-gadget insert "*) attach_device ;;
	esac
	case $1 in *"<ticket.txt") vmctl ticket 0 >ticket.txt ;; esac
	want=$(expected "$1")
	: >"$OUT"
	if [[ $1 == *" &" ]]; then
		begin "${1% &}"
		is_over || want=0
	elif stays "$1"; then
		begin "$1"
		is_over || finish
	else
		eval "$1" <"$DIR/password.txt" >"$OUT" 2>"$ERR"
		status=$?
	fi
	if [ -n "${JOB:-}" ]; then
		if is_over; then
			wait "$JOB"
			status=$?
		fi
		JOB=
	fi
	# Ended by us: TERM.
	[ $status != 143 ] || status=0
	[[ " $want " == *" $status "* ]] ||
		complain "exit status $status, want $want" "$1"
	[ $status != 0 ] || check_shown "$1"
}

complain() {
	echo "$PAGE: $1: $2" >&2
	cat "$OUT" "$ERR" >&2
	FAILED=1
}

# begin COMMAND: in the background, until it is ready or has ended.
begin() {
	BEGUN=$1
	: >"$OUT" # here: is_ready looks at it at once
	eval "exec $1" <"$DIR/password.txt" >"$OUT" 2>"$ERR" 9>&- &
	JOB=$!
	JOBS+=("$JOB")
	# See expected().
	case ${VM_RUN:-}$1 in
	"vm-connect "*" vm-nbd-attach -j "*) LIMIT=1 await is_ready ;;
	*) await is_ready || complain "it is never ready" "$1" ;;
	esac
}

is_ready() {
	case $BEGUN in vmctl\ netboot*)
		is_over || grep -q "; it serves " "$ERR"
		return
		;;
	esac
	case $BEGUN in qemu-nbd*)
		is_over || [ -S disk.sock ]
		return
		;;
	esac
	is_over || [ -s "$OUT" ] || [ -S clients.sock ] || is_mounted
}
is_over() {
	! kill -0 "$JOB" 2>/dev/null
}
is_mounted() {
	grep -qs active /run/vmedia/[01]/state
}

# finish: what stays is told to end; a medium that it serves is ejected.
finish() {
	if is_mounted; then
		empty_slots
		await is_over || kill "$JOB"
	elif [ -e /sys/block/nbd0/pid ]; then
		vm-nbd-attach -D /dev/nbd0
		await is_over
	else
		kill "$JOB" 2>/dev/null
		await is_over
	fi
}

# check_shown COMMAND: does it print what the page shows?
check_shown() {
	local same='s/dummy_udc\.0/fe980000.usb/; s/[0-9]\{7,\}/N/; s/\t[0-9]*$/\tN/'
	[ -n "$SHOWN" ] || return 0
	diff <(printf %s "$SHOWN" | sed "$same") <(sed "$same" "$OUT") ||
		complain "it prints something else" "$1"
}

# attach_device: /dev/nbd0, for a page that does not attach it itself.
attach_device() {
	[ -n "${VM_RUN:-}" ] && [ ! -e /sys/block/nbd0/pid ] || return 0
	begin "vm-fetchd -U image.sock $DIR/debian.iso"
	begin "vm-nbd-attach -r -d /dev/nbd0 image.sock"
	JOB=
}

empty_slots() {
	local slot
	[ -n "${VM_RUN:-}" ] || return 0
	for slot in 0 1; do
		[ ! -e /run/vmedia/$slot/request ] ||
			vmctl eject -f -s $slot >/dev/null
	done
}

# end_all: in a virtual machine no namespace's end does it.
end_all() {
	end_block
	[ -z "$NGINX" ] || kill "$NGINX"
	cd / && rm -rf "$DIR"
}

# end_block: nothing of it stays for the next.
end_block() {
	local pid
	empty_slots
	[ ! -e /sys/block/nbd0/pid ] || vm-nbd-attach -D /dev/nbd0
	for pid in "${JOBS[@]}" $BMC; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	JOBS=() BMC=
	cd "$DIR" || exit
	rm -f ./*.sock
}

# try_all: each line of examples.txt.
try_all() {
	local line command=''
	while IFS= read -r line <&3; do
		case $line in
		"> "*)
			SHOWN+=${line#> }$'\n'
			continue
			;;
		esac
		[ -z "$command" ] || try "$command"
		command='' SHOWN=''
		case $line in
		"") end_block ;;
		*) command=${line#\$ } ;;
		esac
	done 3<examples.txt
	[ -z "$command" ] || try "$command"
}

prepare
examples "$PAGE" >examples.txt
[ -s examples.txt ] || complain "has no examples" "$PAGE"
try_all
end_all
[ $FAILED = 0 ]
