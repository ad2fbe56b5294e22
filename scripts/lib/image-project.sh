# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# The limit of an owner as a project quota of the file system, so that it limits
# uploads by sftp, too: the ledger counts them, but cannot stop them. XFS has
# project quotas if it is mounted with prjquota. Sourced by vm-image, after
# image-ledger.sh.
#
# The number of the project is that of the owner's user. The limit is for the drop box;
# images count in the ledger only.

# has_projects DIRECTORY: set MOUNT to its file system. False if that has no
# project quotas.
MOUNT=''
has_projects() {
	local point type how
	MOUNT=$(df -Pk "$1" 2>/dev/null | sed '1d; s/.*% //')
	while read -r _ point type how _; do
		[ "$point-$type" = "$MOUNT-xfs" ] || continue
		case ,$how, in *,prjquota,* | *,pquota,*) return 0 ;; esac
	done </proc/mounts
	return 1
}

# limit_box OWNER: let the kernel enforce the limit of the owner, if it can.
limit_box() {
	local box number said
	box=$STORE/boxes/$1/images
	[ -d "$box" ] && has_projects "$box" || return 0
	command -v xfs_quota >/dev/null || {
		echo "$PROG: xfs_quota is not installed: the file system does not" \
			"limit the drop box of $1: install the package xfsprogs" >&2
		return
	}
	number=$(id -u "$1" 2>/dev/null) || return 0
	quota_of "$1" || BYTES=0 # no limit
	said=$(xfs_quota -x -c "project -s -p $box $number" \
		-c "limit -p bhard=$BYTES $number" "$MOUNT" 2>&1 >/dev/null) &&
		[ -z "$said" ] || die $EX_IOERR \
		"unable to limit the drop box of $1: ${said##*"$NEWLINE"}"
}

# free_project OWNER: remove the limit: another owner may get this number later.
free_project() {
	local number
	[ -d "$STORE/boxes/$1/images" ] && has_projects "$STORE/boxes/$1/images" &&
		number=$(id -u "$1" 2>/dev/null) || return 0
	xfs_quota -x -c "limit -p bhard=0 $number" "$MOUNT" >/dev/null 2>&1
}
