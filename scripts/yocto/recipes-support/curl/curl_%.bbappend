# vmedia needs HTTP, HTTPS and proxies of libcurl. This is for all that the image has
# with libcurl: if you need more protocols, remove this file.
PACKAGECONFIG:class-target = "${@bb.utils.filter('DISTRO_FEATURES', 'ipv6', d)} openssl proxy threaded-resolver verbose"
