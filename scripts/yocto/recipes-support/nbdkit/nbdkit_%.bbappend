# vmedia loads its own plugin, on a Unix socket: no TLS, no SELinux, no other language,
# and no libcurl of nbdkit's own. (xz and zlib are for compressed images.)
DEPENDS:remove = "curl e2fsprogs"
EXTRA_OECONF:append = " --without-curl --without-ext2 --without-gnutls --without-selinux \
    --disable-golang --disable-lua --disable-ocaml --disable-perl --disable-python \
    --disable-ruby --disable-rust --disable-tcl --disable-vddk"
