# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The page in Chromium, with a server that follows a test's orders. Load
# `helper` and `servers` first.

# ready_page: for setup_file: installs what node needs for the page's tests.
ready_page() {
	export PAGE_DIR=$BUILD/page
	"$TOP/t/page/ready" "$PAGE_DIR"
}

# in_browser TEST [MIB [LOCATION]]: runs this test of t/page/browser/ over https
# and wss, with an image of MIB MiB.
in_browser() {
	head -c "${2:-16}M" /dev/urandom >image
	ln -sfn "$TOP/scripts/web" root
	make_cert server
	start_nginx 'include /etc/nginx/mime.types;' \
		"location /vm/ {
			proxy_pass http://unix:$PWD/ws:;
			proxy_http_version 1.1;
			proxy_set_header Upgrade \$http_upgrade;
			proxy_set_header Connection upgrade;
			proxy_set_header Host \$http_host;
			proxy_buffering off;
		} ${3:-}"
	drive_browser "$1" "$HTTPS"
}

# drive_browser TEST URL [ARGUMENT...]: runs the test with the page at URL.
drive_browser() {
	HOME=$PWD node "$TOP/t/page/browser.mjs" "$@" 3>&-
}

# redfish_location: prints nginx's configuration for a machine with Redfish.
redfish_location() {
	cat <<-E
		location /redfish {
			proxy_pass http://unix:$PWD/redfish:;
			proxy_http_version 1.1;
			proxy_set_header Host \$http_host;
			proxy_buffering off;
		}
	E
}
