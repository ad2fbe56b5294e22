# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The rows of vm-drive, for t/bench/run.

# mb_per_s MIB SECONDS
mb_per_s() {
	calc "$1 * 1.048576 / $2"
}

row_drive() {
	local mib=128 rounds=5
	local kernel ours kernel_random ours_random kernel_cpu ours_cpu
	[ "$SIZE" -gt $((100 << 20)) ] || mib=16 rounds=1
	cd "$TOP" || return
	read -r kernel ours kernel_random ours_random kernel_cpu ours_cpu < <(
		t/vm/vm-run -c 1 -m 1024 -t 900 env VM_BUILD="$VM_BUILD" \
			t/bench/drive $mib $rounds 2>"$DIR/vm.log")
	cd "$DIR" || return
	if [ -z "${ours_cpu:-}" ]; then
		row drive "a CD of the host" "" "" "n/a"
		return
	fi
	row drive "the host reads a CD: $(mb_per_s $mib "$ours") MB/s" \
		"the kernel's function $(mb_per_s $mib "$kernel") MB/s" \
		"as fast" "$ours <= $kernel"
	row drive "1000 reads of 4 KiB: $ours_random s" \
		"the kernel's function $kernel_random s" "as fast" \
		"$ours_random <= $kernel_random"
	row drive "processor: $ours_cpu s" "the kernel's function $kernel_cpu s" \
		"1.3 times" "$ours_cpu <= 1.3 * $kernel_cpu"
}

row_drive-bmc() {
	local mib=16 rounds=5 kernel ours kernel_cpu ours_cpu
	[ "$SIZE" -gt $((100 << 20)) ] || rounds=1
	target_root
	target_make all install DESTDIR="$DIR/bmc" PREFIX=/usr >"$DIR/bmc.log" 2>&1
	cp "$TOP/t/bmc/bench" bmc/bench
	"$TOP/t/vm/bmc-run" -m 256 -u dummy -t 900 -d bmc sh /bench $mib $rounds \
		>>"$DIR/bmc.log" 2>&1
	read -r kernel ours kernel_cpu ours_cpu < <(sed -n 's/^bench: //p' "$DIR/bmc.log")
	if [ -z "${ours_cpu:-}" ]; then
		row drive-bmc "a CD of a BMC's host" "" "" "n/a"
		return
	fi
	row drive-bmc "a BMC's host reads a CD: $(mb_per_s $mib "$ours") MB/s" \
		"the kernel's function $(mb_per_s $mib "$kernel") MB/s" \
		"as fast" "$ours <= $kernel"
	row drive-bmc "processor: $ours_cpu s" "the kernel's function $kernel_cpu s" \
		"1.3 times" "$ours_cpu <= 1.3 * $kernel_cpu"
}
