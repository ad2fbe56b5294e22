# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A network in a namespace of the test's own, and PCs in it that boot from it:
# QEMU without KVM. Load `helper` first.

# start_net: the namespace $NET has a bridge br0 with our address, and the taps tap0
# and tap1 for PCs. In it, iPXE would wait for router advertisements.
start_net() {
	export NET=nb$$
	ip netns add "$NET"
	in_net ip link set lo up
	in_net ip link add br0 type bridge
	in_net ip addr add 10.77.0.1/24 dev br0
	in_net ip -6 addr add fd77::1/64 dev br0 nodad
	in_net ip link set br0 up
	add_tap tap0
	add_tap tap1
}
add_tap() {
	in_net ip tuntap add dev "$1" mode tap
	in_net ip link set "$1" master br0 up
}
stop_net() {
	ip netns pids "$NET" | xargs -r kill -KILL
	ip netns del "$NET"
}
in_net() {
	ip netns exec "$NET" "$@"
}
nothing_runs() {
	[ -z "$(ip netns pids "$NET")" ]
}

# runs WORD...: starts vm-netboot; $RUNS is its pid, `said` its messages.
runs() {
	background ip netns exec "$NET" vm-netboot -i br0 "$@" >out 2>said
	RUNS=${STARTED[-1]}
	wait_until 60 has_begun
	cat said
	kill -0 "$RUNS"
}
# has_begun: vm-netboot serves, or it has ended.
has_begun() {
	grep -q "; it serves " said || not kill -0 "$RUNS"
}
# ends STATUS: vm-netboot ends by itself, with this status.
ends() {
	local status=0
	wait "$RUNS" || status=$?
	cat said
	[ "$status" = "$1" ]
}

# other_server: starts another DHCP server in the network, 10.77.0.9, in its own
# namespace; it knows nothing of network boot.
other_server() {
	ip netns add "$NET-o"
	ip link add "o$$" type veth peer name o1 netns "$NET"
	ip link set "o$$" netns "$NET-o" name o0
	ip -n "$NET-o" addr add 10.77.0.9/24 dev o0
	ip -n "$NET-o" -6 addr add fd77::9/64 dev o0 nodad
	ip -n "$NET-o" link set o0 up
	in_net ip link set o1 master br0 up
	background ip netns exec "$NET-o" dnsmasq -k -C /dev/null -p 0 -i o0 -z --user=root \
		--dhcp-leasefile="$PWD/leases" --dhcp-range=10.77.0.100,10.77.0.120,1h \
		--enable-ra --dhcp-range=fd77::,ra-only --no-ping \
		--log-facility="$PWD/other.log" --log-dhcp
	wait_until 20 grep -qs started other.log
}
no_other_server() {
	[ ! -e "/run/netns/$NET-o" ] || {
		ip netns pids "$NET-o" | xargs -r kill
		in_net ip link del o1
		ip netns del "$NET-o"
	}
}

# make_system: makes ./kernel and ./initrd. That system prints its command line
# and MAC, and the content of an ISO that UEFI loaded; then it asks for an
# address as a system does, if the command line says so, and switches the PC
# off.
make_system() {
	local cache=${VM_CACHE:-$HOME/.cache/vm-run} kernel module
	"$TOP/t/vm/vm-run" true
	cp "$cache/vmlinuz" kernel
	rm -rf initrd.d
	mkdir initrd.d
	(cd initrd.d && zstdcat "$cache/initrd" | cpio -idm --quiet)
	kernel=$(ls "$cache/drivers/lib/modules")
	for module in virtio_net isofs nfit nd_btt nd_pmem; do
		modprobe -d "$cache/drivers" -S "$kernel" --show-depends $module
	done | sed -n "s,^insmod .*/\(lib/modules/[^ ]*\).*,\1,p" | sort -u |
		(cd "$cache/drivers" && cpio -pdm --quiet "$OLDPWD/initrd.d")
	depmod -b initrd.d "$kernel"
	cat >initrd.d/init <<-'INIT'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev
		for m in virtio_pci virtio_net isofs nfit nd_btt nd_pmem; do modprobe $m; done
		echo "BOOTED: $(cat /proc/cmdline)"
		echo "MAC: $(cat /sys/class/net/eth0/address)"
		cat /second 2>/dev/null
		for d in /dev/pmem0 /dev/sr0; do
			mount -t iso9660 -o ro $d /mnt 2>/dev/null && echo "ISO: $(cat /mnt/content)"
		done
		if grep -q vmtest.dhcp /proc/cmdline; then
			ip link set eth0 up
			udhcpc -i eth0 -n -q -s /bin/true
		fi
		for w in $(cat /proc/cmdline); do
			case $w in vmtest.done=*)
				ip link set eth0 up
				ip addr add 10.77.0.200/24 dev eth0
				wget -q -O /dev/null "${w#*=}" && echo "TOLD: done" ;;
			esac
		done
		poweroff -f
	INIT
	chmod +x initrd.d/init
	mkdir -p initrd.d/mnt
	(cd initrd.d && find . | cpio -o -H newc --quiet | gzip -1) >initrd
	chmod 644 kernel initrd
}

# pc NAME TAP MAC bios|uefi|http|secure|secure-http [QEMU-OPTION...]: starts a
# PC; its output goes to NAME.console. $PC is its pid. MEMORY is the memory of a
# BIOS PC, in MiB.
pc() {
	local name=$1 tap=$2 mac=$3 mode=$4 fw=/usr/share/OVMF
	shift 4
	set -- -accel tcg,thread=multi -cpu max -display none -monitor none \
		-serial "file:$name.console" -no-reboot \
		-netdev "tap,id=n0,ifname=$tap,script=no,downscript=no" "$@"
	case $mode in
	bios)
		set -- "$@" -m "${MEMORY:-512}" -machine pc,graphics=off -boot n \
			-device "virtio-net-pci,netdev=n0,mac=$mac"
		;;
	uefi | http)
		cp $fw/OVMF_VARS_4M.fd "$name.vars"
		set -- "$@" -machine q35 \
			-drive "if=pflash,format=raw,unit=0,readonly=on,file=$fw/OVMF_CODE_4M.fd"
		;;
	secure | secure-http)
		cp $fw/OVMF_VARS_4M.ms.fd "$name.vars"
		set -- "$@" -machine q35,smm=on \
			-global driver=cfi.pflash01,property=secure,value=on \
			-drive "if=pflash,format=raw,unit=0,readonly=on,file=$fw/OVMF_CODE_4M.secboot.fd"
		;;
	esac
	case $mode in
	bios) ;;
	*)
		set -- "$@" -drive "if=pflash,format=raw,unit=1,file=$name.vars" \
			-device "virtio-net-pci,netdev=n0,mac=$mac,romfile=" \
			-fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n
		;;
	esac
	case $mode in
	*http) set -- "$@" -m 2048 -fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=n ;;
	uefi | secure) set -- "$@" -m 1024 ;;
	esac
	background ip netns exec "$NET" qemu-system-x86_64 "$@" 2>"$name.qemu"
	PC=${STARTED[-1]}
}

# await_console NAME TEXT [SECONDS]: waits until the PC has printed TEXT.
await_console() {
	wait_until "${3:-240}" grep -aqs -e "$2" "$1.console"
}

# make_uefi_iso FILE [CMDLINE]: makes an ISO with a signed loader, the kernel
# and initrd of make_system, and a file `content`.
make_uefi_iso() {
	local iso=$1
	shift
	rm -rf iso.d
	mkdir -p iso.d/boot/grub/x86_64-efi iso.d/.disk
	: >iso.d/.disk/info
	echo "read by the system" >iso.d/content
	cp kernel initrd iso.d/
	cat >iso.d/boot/grub/x86_64-efi/grub.cfg <<-CFG
		linux /kernel console=ttyS0 quiet $*
		initrd /initrd
		boot
	CFG
	truncate -s 6M iso.d/boot/grub/efi.img
	mformat -i iso.d/boot/grub/efi.img ::
	mmd -i iso.d/boot/grub/efi.img ::EFI ::EFI/BOOT
	mcopy -i iso.d/boot/grub/efi.img /usr/lib/shim/shimx64.efi.signed ::EFI/BOOT/BOOTX64.EFI
	mcopy -i iso.d/boot/grub/efi.img /usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed \
		::EFI/BOOT/grubx64.efi
	xorriso -as mkisofs -quiet -V VMTEST -e boot/grub/efi.img -no-emul-boot \
		-o "$iso" iso.d
}
