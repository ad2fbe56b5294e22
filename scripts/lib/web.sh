# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl web: let browsers and Redfish clients in. It makes the certificate,
# switches the units and nginx on or off, and starts vm-ws-proxy for its unit.
# Sourced by vmctl.

# Also in share/vmedia/nginx/server.conf and share/vmedia/lighttpd.conf.
CERTIFICATE=${CONF%/*}/web.pem
KEY=${CONF%/*}/web.key
ACCOUNTS=${CONF%/*}/accounts
NGINX=/etc/nginx/conf.d		# where nginx looks for more servers
SERVER=$BIN/../share/vmedia/nginx/server.conf
WEB_UNITS='vm-door.socket vm-redfish.socket vm-upload.socket vm-ws-proxy.socket'
# A clock that has not been set yet is years behind, and a certificate that is
# made then must still be valid later.
CERTIFICATE_DAYS=36500

# --- the certificate ------------------------------------------------------

# each_name COMMAND...: run COMMAND with each name and address of this machine.
each_name() {
	local name
	set -f
	# shellcheck disable=SC2046 # a list of words
	for name in ${WEB_NAMES:-$(uname -n) $(ip -o addr show scope global \
		2>/dev/null | awk '{ sub("/.*", "", $4); print $4 }') localhost}; do
		"$@" "$name"
	done
	set +f
}

# subject_name NAME: print it as a subjectAltName of openssl has it.
subject_name() {
	case $1 in
	*:*) out '%s' "IP:$1," ;;
	*[!0-9.]*) out '%s' "DNS:$1," ;;
	*) out '%s' "IP:$1," ;;
	esac
}

# certificate_conf: print the configuration for openssl req. (The system's own
# file may say anything.)
certificate_conf() {
	local names name
	names=$(each_name subject_name)
	# RFC 5280: a common name has at most 64 characters.
	name=${names%%,*}
	out '%s\n' '[req]' 'distinguished_name = subject' 'prompt = no' \
		'x509_extensions = extensions' '[subject]' \
		"CN = $(printf %.64s "${name#*:}")" '[extensions]' \
		"subjectAltName = ${names%,}" \
		'basicConstraints = critical, CA:FALSE' \
		'keyUsage = critical, digitalSignature' \
		'extendedKeyUsage = serverAuth' \
		'subjectKeyIdentifier = hash'
}

# run_openssl WHAT WORD...: run openssl, or say that WHAT cannot be made.
run_openssl() {
	local what why
	what=$1
	shift
	why=$(openssl "$@" 2>&1) || die $EX_CANTCREAT \
		"unable to make $what: ${why%%"$NEWLINE"*}"
}

# put_file NEW FILE: give the new file its name, unless somebody else has made
# one meanwhile: a certificate or a key is never replaced.
put_file() {
	ln "$1" "$2" 2>/dev/null || [ -e "$2" ] ||
		die $EX_CANTCREAT "unable to make $2"
}

# make_certificate: make the certificate and the key, unless they exist. If only
# the certificate was removed, the new one has the same key.
make_certificate() {
	local dir
	if [ ! -e "$KEY" ]; then
		[ ! -e "$CERTIFICATE" ] || die $EX_CONFIG \
			"unable to use $CERTIFICATE: its key $KEY is missing:" \
			"remove the certificate, then type vmctl web"
	elif [ -e "$CERTIFICATE" ]; then
		return
	fi
	command -v openssl >/dev/null || die $EX_UNAVAILABLE \
		"unable to make a certificate: install openssl, or copy your" \
		"own to $CERTIFICATE and its key to $KEY"
	# In the same file system, for put_file.
	dir=$(mktemp -d "${CONF%/*}/.web.XXXXXX") ||
		die $EX_CANTCREAT "unable to write ${CONF%/*}"
	(
		[ -e "$KEY" ] || {
			run_openssl "a key" genpkey -algorithm EC -pkeyopt \
				ec_paramgen_curve:P-256 -out "$dir/key"
			put_file "$dir/key" "$KEY"
		}
		certificate_conf >"$dir/conf" &&
			run_openssl "a certificate" req -x509 -new -sha256 \
				-days $CERTIFICATE_DAYS -config "$dir/conf" \
				-key "$KEY" -out "$dir/certificate"
		chmod 644 "$dir/certificate"
		put_file "$dir/certificate" "$CERTIFICATE"
	)
	set -- $?
	rm -rf "$dir"
	[ "$1" = 0 ] || exit "$1"
}

# print_fingerprint: print the certificate's SHA-256, as browsers show it.
print_fingerprint() {
	local line
	line=$(openssl x509 -in "$CERTIFICATE" -noout -fingerprint -sha256 \
		2>/dev/null) || die $EX_CONFIG \
		"unable to read $CERTIFICATE: not a certificate, or no openssl"
	echo "${line#*=}"
}

# --- on and off -----------------------------------------------------------

# use_unit VERB UNIT: enable or disable it, now.
use_unit() {
	systemctl -q "$1" --now "$2" || die $EX_UNAVAILABLE \
		"unable to $1 $2: type systemctl status $2"
}

# reload_nginx: let a running nginx take its configuration, or start it.
reload_nginx() {
	systemctl -q reload-or-restart nginx || die $EX_UNAVAILABLE \
		"unable to start nginx: type nginx -t, and systemctl status nginx"
}

# is_unit_wanted UNIT: does the configuration need it, and is it installed?
is_unit_wanted() {
	command -v "${1%.socket}" >/dev/null || return
	case $1 in
	vm-upload.socket) [ -n "$STORE" ] ;;
	vm-ws-proxy.socket) [ "$WEB_VM$WEB_NBD" != nono ] ;;
	esac
}

# need_web: fail unless the parts to be switched on are installed.
need_web() {
	need_part vm-redfish vmedia-redfish
	[ -z "$STORE" ] || need_part vm-upload vmedia-images
}

switch_on() {
	local unit
	[ ! -d "$NGINX" ] || [ -e "$SERVER" ] ||
		die $EX_UNAVAILABLE "unable to serve the page: install vmedia-web"
	make_system_user vmedia-redfish
	make_system_user vmedia-upload
	for unit in $WEB_UNITS; do
		! is_unit_wanted "$unit" || use_unit enable "$unit"
	done
	# A vm-door that runs has read the configuration when it was started.
	systemctl -q try-restart vm-door.service || :
	[ -d "$NGINX" ] || return 0
	[ -e "$NGINX/vmedia.conf" ] || ln -s "$SERVER" "$NGINX/vmedia.conf" ||
		die $EX_CANTCREAT "unable to write $NGINX/vmedia.conf"
	use_unit enable nginx
	reload_nginx
}

switch_off() {
	local unit
	need_systemd
	if [ -L "$NGINX/vmedia.conf" ]; then
		rm -f "$NGINX/vmedia.conf"
		! systemctl -q is-active nginx || reload_nginx
	fi
	for unit in $WEB_UNITS; do
		command -v "${unit%.socket}" >/dev/null || continue
		use_unit disable "$unit"
		systemctl -q stop "${unit%.socket}.service"
	done
}

need_systemd() {
	has_systemd || die $EX_UNAVAILABLE "unable to switch the web server" \
		"off: systemd does not run: stop the programs that you started"
}

# --- what it prints -------------------------------------------------------

print_url() {
	case $1 in
	localhost) ;;
	*:*) out '%-12s https://[%s]/\n' address "$1" ;;
	*) out '%-12s https://%s/\n' address "$1" ;;
	esac
}

# print_todo LINE...: print what is left to do by hand.
print_todo() {
	out '%-12s %s\n' type "$*"
}

# print_steps: print the commands that start the parts where systemd does not
# run.
print_steps() {
	local sockets
	sockets='/run/vm-redfish.sock /run/vm-ws-proxy.sock'
	[ -z "$STORE" ] || sockets="$sockets /run/vm-upload.sock"
	print_todo 'vmctl door &'
	print_todo 'vmctl redfish &'
	[ -z "$STORE" ] || print_todo 'vm-upload &'
	print_todo "VM_WS_OPTIONS='-x -l /run/vm-ws-proxy.sock' vmctl web proxy &"
	# The group of nginx's workers, on Debian.
	print_todo "chgrp www-data $sockets"
	print_todo "chmod 660 $sockets"
	print_todo "ln -s $SERVER $NGINX/vmedia.conf"
	print_todo 'nginx -s reload'
}

print_web() {
	each_name print_url
	out '%-12s %s\n' certificate "$CERTIFICATE"
	out '%-12s %s\n' SHA-256 "$1"
	has_systemd || print_steps
	[ ! -d /etc/nginx ] && has_systemd &&
		print_todo "apt-get install nginx, and vmctl web again" \
			"(lighttpd: ${SERVER%nginx/*}lighttpd.conf)"
	[ -e "$ACCOUNTS" ] || print_todo 'vmctl user add NAME'
	[ "$WEB_INSECURE" = no ] || out '%-12s %s\n' warning \
		"web_insecure: everybody can insert an image by WebSocket"
}

json_url() {
	case $1 in
	localhost) return ;;
	*:*) set -- "[$1]" ;;
	esac
	out '%s' "$COMMA"
	json_string "https://$1/"
	COMMA=', '
}

json_web() {
	COMMA=
	json_begin
	out ', "urls": ['
	each_name json_url
	out '], "certificate": '
	json_string "$CERTIFICATE"
	out ', "fingerprint": '
	json_string "$1"
	json_end
}

# --- the verb -------------------------------------------------------------

# run_proxy: become vm-ws-proxy, with the options that follow from the
# configuration, and those that the administrator has set in VM_WS_OPTIONS of
# the service.
run_proxy() {
	local n
	need_part vm-ws-proxy "vmedia with WebSockets (WS=1)"
	need_conf
	[ "$WEB_VM$WEB_NBD" != nono ] || die $EX_CONFIG \
		"WebSockets are switched off: see web_vm and web_nbd in $CONF"
	set -- -e -t "$RUN/tickets"
	if [ "$WEB_INSECURE" = yes ]; then
		set -- "$@" -A true
	elif command -v vm-door >/dev/null; then
		set -- "$@" -A 'exec vm-door -c'
	fi
	n=0
	while [ "$WEB_VM$WEB_NBD" != yesyes ] && [ $n -lt "$(count_slots)" ]; do
		[ "$WEB_VM" = no ] || set -- "$@" -p "/vm/$n"
		[ "$WEB_NBD" = no ] || set -- "$@" -p "/nbd/$n"
		[ "$WEB_VM-$n" != yes-0 ] || set -- "$@" -p /vm/0/0
		n=$((n + 1))
	done
	set -f
	# shellcheck disable=SC2086 # a list of words
	exec vm-ws-proxy "$@" ${VM_WS_OPTIONS:-} vmctl attach --web
}

cmd_web() {
	local fingerprint
	parse "$@"
	case $ARGUMENT in
	'')
		need_conf
		need_web
		make_certificate
		fingerprint=$(print_fingerprint) || exit
		! has_systemd || switch_on
		if [ -n "$JSON" ]; then json_web "$fingerprint"; else
			print_web "$fingerprint"
		fi
		;;
	certificate) make_certificate ;;
	off) switch_off ;;
	proxy) run_proxy ;;
	*) misuse "web takes certificate, off or proxy, not $ARGUMENT" ;;
	esac
}
