# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Builds for 32-bit ARM with Debian's libraries, which are below $TARGET_ROOT.

TARGET=arm-linux-gnueabihf
export TARGET_ROOT=$BUILD/armhf-root TARGET_OUT=$BUILD/armhf

# The packages that vmedia needs there to be built, and to run.
TARGET_PACKAGES=busybox-static,libbearssl-dev,libc6-dev,libcrypt-dev,libcrypt1
TARGET_PACKAGES+=,libcurl4-openssl-dev,libjansson-dev,libmnl-dev,libnbd-dev,libnfs-dev
TARGET_PACKAGES+=,libseccomp-dev,libsmbclient-dev,nbdkit,nbdkit-plugin-dev

# relink: links to /lib/... mean the target's /lib: make them relative.
relink() {
	local link
	find "$TARGET_ROOT/usr/lib/$TARGET" -name '*.so' -lname '/lib/*' | while read -r link; do
		ln -sf "../../..$(readlink "$link")" "$link"
	done
}

# debian_mirror: prints the mirror from which this machine gets its packages.
debian_mirror() {
	sed -n 's/^URIs: //p; s/^deb \([^ ]*\) .*/\1/p' \
		/etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
		head -1
}

# target_root: unpacks Debian's armhf libraries from that mirror, once.
target_root() {
	local uri
	mkdir -p "$BUILD"
	exec 8>"$BUILD/armhf-root.lock"
	flock 8
	if [ "$(cat "$TARGET_ROOT/done" 2>/dev/null)" != "$TARGET_PACKAGES" ] ||
		[ ! -s "$TARGET_ROOT/var/lib/dpkg/status" ]; then
		uri=$(debian_mirror)
		rm -rf "$TARGET_ROOT"
		mmdebstrap -q --arch=armhf --variant=extract \
			--include=$TARGET_PACKAGES --extract-hook="$TOP/t/deb/installed" \
			bookworm "$TARGET_ROOT" "deb $uri bookworm main" >&2 3>&- 8>&- || return
		relink
		echo "$TARGET_PACKAGES" >"$TARGET_ROOT/done"
	fi
	exec 8>&-
}

# target_make [VARIABLE=VALUE...] GOAL: make for the target, into $TARGET_OUT. A
# second caller waits until the first has finished.
target_make() {
	local lib=$TARGET_ROOT/usr/lib/$TARGET
	PKG_CONFIG_LIBDIR=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$TARGET_ROOT \
		flock "$TARGET_OUT.lock" make -s -C "$TOP" O="$TARGET_OUT" \
		CC=$TARGET-gcc AR=$TARGET-gcc-ar SOURCES="nfs smb" \
		CFLAGS="-Os -g -flto=auto -Werror --sysroot=$TARGET_ROOT" \
		LDFLAGS="--sysroot=$TARGET_ROOT -Wl,-rpath-link,$lib:$TARGET_ROOT/lib/$TARGET" \
		STRIP=$TARGET-strip READELF=$TARGET-readelf NBDKIT="$TARGET_ROOT/usr/bin/nbdkit" \
		"$@" 3>&- 8>&-
}
