# OpenEmbedded has no libnbd. This one has no parser of nbd:// addresses and no TLS,
# which vmedia does not use: the image needs neither libxml2 nor GnuTLS.
SUMMARY = "Client of the NBD protocol"
HOMEPAGE = "https://gitlab.com/nbdkit/libnbd"
LICENSE = "LGPL-2.1-or-later"
LIC_FILES_CHKSUM = "file://COPYING.LIB;md5=13491c437f1f737d366322a97a7a1d96"

SRC_URI = "https://download.libguestfs.org/libnbd/1.14-stable/libnbd-${PV}.tar.gz"
SRC_URI[sha256sum] = "83cc3a88d63b17353275ff4c7c8dcc778437f48ca5d51caa76da415981a7a0cf"

inherit autotools-brokensep pkgconfig

EXTRA_OECONF = "--without-gnutls --without-libxml2 --disable-fuse --disable-golang \
    --disable-ocaml --disable-python"

# What it has beside the library: nbdinfo, nbdcopy and nbdsh.
PACKAGES =+ "${PN}-bin"
FILES:${PN}-bin = "${bindir} ${datadir}/bash-completion"
