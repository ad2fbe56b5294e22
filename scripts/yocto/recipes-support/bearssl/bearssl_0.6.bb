# OpenEmbedded has no BearSSL.
SUMMARY = "TLS in a fixed amount of memory"
HOMEPAGE = "https://bearssl.org"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE.txt;md5=1fc37e1037ae673975fbcb96a98f7191"

SRC_URI = "https://bearssl.org/bearssl-${PV}.tar.gz"
SRC_URI[sha256sum] = "6705bba1714961b41a728dfc5debbe348d2966c117649392f8c8139efc83ff14"

# Build only the static library: each program of vmedia has only the functions
# that it calls.
EXTRA_OEMAKE = "CC='${CC}' LD='${CC}' AR='${AR}' CFLAGS='${CFLAGS} -W -Wall -fPIC' \
    LDFLAGS='${LDFLAGS}' DLL=no TOOLS=no TESTS=no"

do_compile() {
	oe_runmake lib
}

do_install() {
	install -d ${D}${libdir} ${D}${includedir}
	install -m 644 build/libbearssl.a ${D}${libdir}
	install -m 644 inc/*.h ${D}${includedir}
}

ALLOW_EMPTY:${PN} = "1"
