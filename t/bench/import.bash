# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The row of vm-import, for t/bench/run.

# from_disk FILE: drops the file's bytes from the page cache.
from_disk() {
	sync "$1"
	dd if="$1" iflag=nocache count=0 status=none
}

# row_import: a file of eight times the size, compared with cp(1) and
# sha256sum(1) of the same file. Only vm-import also waits until all of it is on
# the disk.
row_import() {
	local ours=() theirs=() share=() i
	for i in 0 1 2 3 4 5 6 7; do
		cat root/image
	done >large
	for i in 0 1 2; do
		from_disk large
		theirs[i]=$(seconds_of sh -c "cp large copy && sha256sum copy")
		rm -f copy
		from_disk large
		ours[i]=$(seconds_of vm-import large copy)
		rm -f copy
		share[i]=$(calc "100 * ${theirs[i]} / ${ours[i]}")
	done
	rm -f large
	row import "a file of $((SIZE >> 17)) MiB: $(median "${ours[@]}") s" \
		"cp and sha256sum $(median "${theirs[@]}") s: $(median "${share[@]}") %" \
		"70 % of their speed" "$(median "${share[@]}") >= 70"
}
