# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The rows of NFS and SMB, for t/bench/run.

# rows_of NAME PEER SECONDS URL FAR-URL [ARGUMENT...]: compares with the
# protocol's own client for the whole image, and at 50 ms with reads one at a
# time.
rows_of() {
	local name=$1 peer=$2 theirs ours far median single
	theirs=$(calc "$SIZE / 1000000 / $3")
	start_fetchd "$4" "${@:6}" >/dev/null
	ours=$(speed "$SIZE")
	stop_last
	row "$name" "no delay: $ours MB/s" "$peer $theirs" "as much" \
		"$ours >= $theirs"
	start_fetchd "$5" "${@:6}" >/dev/null
	read -r _ _ median _ < <(nbdread -t -n 16 -r 5 "$SOCK")
	far=$(speed $((SIZE / 4)))
	stop_last
	single=$(calc "131.072 / $median")
	row "$name" "50 ms: $far MB/s" "one read at a time $single" \
		"10 times" "$far >= 10 * $single"
}
row_nfs() {
	local near far
	[ "$(id -u)" = 0 ] || { row nfs "needs root" "" "" n/a; return; }
	start_nfs
	cp root/image "$NFS_DIR"
	near=$NFS/image$NFS_ARGS
	start_link 127.0.0.1 "${NFS_ARGS##*=}" -d 50
	far=$NFS/image${NFS_ARGS%=*}=${LINK##*:}
	rows_of nfs nfs-cat "$(seconds_of nfs-cat "$near")" "$near" "$far"
	rm -rf "$NFS_DIR"
}
row_smb() {
	local port near far
	[ "$(id -u)" = 0 ] || { row smb "needs root" "" "" n/a; return; }
	start_smb
	ln root/image share/image
	chmod 755 . share
	port=${SMB##*:}
	near=$SMB/open/image
	start_link 127.0.0.1 "$port" -d 50
	far=smb://127.0.0.1:${LINK##*:}/open/image
	rows_of smb smbclient "$(seconds_of smbclient -N -p "$port" \
		//127.0.0.1/open -c "get image /dev/null")" "$near" "$far"
}
