# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The servers of the tests, and vm-fetchd itself. Load `helper` first. Each
# function starts a server in the current directory, which is the test's own,
# and waits until it is ready; `cleanup` ends them.

MIB=1048576

# start_hostile IMAGE [OPTION...]: t/hostile serves IMAGE at $HOSTILE/MODE/... and
# logs to ./log. With `-l localhost` it listens on both loopback addresses.
start_hostile() {
	local image=$1
	shift
	rm -f hostile.port
	background hostile -L log "$@" "$image" >hostile.port
	wait_until 5 test -s hostile.port
	HOSTILE=http://127.0.0.1:$(cat hostile.port)
}

FETCHD_IN=() # a command that starts vm-fetchd, such as nsenter(1)

# start_fetchd ARGUMENT...: vm-fetchd serves on $SOCK; its process is $FETCHD,
# its messages are in ./fetchd.err. If it ends instead, prints them and fails.
start_fetchd() {
	SOCK=$PWD/nbd
	rm -f fetchd.out
	background "${FETCHD_IN[@]}" vm-fetchd -U "$SOCK" "$@" >fetchd.out 2>fetchd.err
	FETCHD=${STARTED[-1]}
	wait_until 20 is_true_or_ended "$FETCHD" test -s fetchd.out
	[ -s fetchd.out ] || cat fetchd.err >&2
	[ -s fetchd.out ]
}

stop_fetchd() {
	kill "$FETCHD"
	wait "$FETCHD"
}

# own_spool: for setup. The directory SPOOL is for files that vm-fetchd fetches
# whole: nbdkit's user writes there, because it may not enter the test's
# directory.
own_spool() {
	SPOOL=$(mktemp -d /tmp/vmedia.XXXXXX)
	chmod 1777 "$SPOOL"
	export TMPDIR=$SPOOL
}

# remove_spool: for teardown. A test may have mounted a file system there.
remove_spool() {
	umount "$SPOOL" 2>/dev/null || :
	rm -rf "$SPOOL"
}

# serves_file FILE ARGUMENT...: vm-fetchd serves the bytes of FILE.
serves_file() {
	start_fetchd "${@:2}"
	nbdread -f "$1" "$SOCK" 0 "$(stat -c %s "$1")"
	stop_fetchd
}

# refused STATUS URL TEXT [ARGUMENT...]: vm-fetchd exits with STATUS and one
# line that contains TEXT, and leaves nothing behind.
refused() {
	fails "$1" timeout 40 "${FETCHD_IN[@]}" vm-fetchd -U "$PWD/nbd" "$2" \
		"${@:4}"
	grep -qiF -- "$3" stderr
	nothing_left
}

# ranges: prints the ranges that start_hostile's server received, in order.
ranges() {
	sed -n 's/^[0-9]* .* range=\([^ ]*\) .*/\1/p' log
}

# another_than PID: does an nbdkit run that is not PID?
another_than() {
	local pid
	pid=$(nbdkits)
	[ -n "$pid" ] && [ "$pid" != "$1" ]
}

# said_times COUNT TEXT: has vm-fetchd logged TEXT COUNT times? A message may
# come later than the answer that it explains.
said_times() {
	[ "$(grep -c "$2" fetchd.err)" = "$1" ]
}

# grep_after_read TEXT: reads a little; has vm-fetchd logged TEXT after that?
grep_after_read() {
	nbdread -n 20 -r "$SECONDS" "$SOCK" 2>/dev/null || :
	grep -q "$1" fetchd.err
}

# nbdkits: prints the pids of this test's nbdkits with vm-fetchd's plugin.
nbdkits() {
	local pid
	for pid in $(pgrep -x nbdkit); do
		grep -qsF report-fd= "/proc/$pid/cmdline" &&
			grep -qsF "TMPDIR=$BATS_TEST_TMPDIR" "/proc/$pid/environ" &&
			echo "$pid"
	done
	return 0
}

# nothing_left: no vm-fetchd of this test is left.
nothing_left() {
	[ ! -e nbd ] && [ -z "$(nbdkits)" ]
}

# no_secret_in FILE...: these files contain no line of ./secrets. (grep takes
# the secrets from a file, because its own argv is searched, too.)
no_secret_in() {
	! grep -qasFf secrets "$@"
}

# make_cert NAME [SUBJECT-ALT-NAME [START END]]: makes NAME.pem and NAME.key,
# signed by the CA ca.pem, which is made if missing; START and END are YYMMDD.
make_cert() {
	local name=$1 alt=${2:-DNS:localhost,IP:127.0.0.1,IP:::1}
	[ -e ca.pem ] || make_ca ca
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" \
		2>/dev/null
	openssl ca -batch -notext -config <(
		printf '%s\n' '[ca]' 'default_ca=own' '[own]' 'database=ca.db' \
			'new_certs_dir=.' 'rand_serial=yes' 'policy=any' \
			'unique_subject=no' 'default_md=sha256' \
			'x509_extensions=alt' \
			'[any]' 'commonName=supplied' \
			'[alt]' "subjectAltName=$alt"
	) -cert ca.pem -keyfile ca.key -in "$name.csr" -out "$name.pem" \
		-startdate "${3:-200101}000000Z" -enddate "${4:-491231}000000Z" \
		2>openssl.err || cat openssl.err >&2
	[ -s "$name.pem" ]
}

# make_ca NAME: makes NAME.pem and NAME.key of a new CA.
make_ca() {
	: >"$1.db"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -keyout "$1.key" -out "$1.pem" -days 30 \
		-subj "/CN=$1" 2>/dev/null
}

# take_certs: copies the certificates that setup_file made into the test's
# directory.
take_certs() {
	cd "$BATS_TEST_TMPDIR" || return
	cp "$BATS_FILE_TMPDIR"/*.pem "$BATS_FILE_TMPDIR"/*.key .
}

# ws_cases FILE SCHEME GROUP...: all these cases of t/ws/FILE.mjs pass, and
# leave no process running.
ws_cases() {
	node "$HERE/ws/$1.mjs" -s "${@:2}" 3>&-
}

# start_nginx [LINE...]: nginx serves ./root over TLS with server.pem and
# server.key at $HTTPS (127.0.0.1) and $HTTPS6 ([::1]), with LINEs in its
# server block; it logs in ./nginx/.
start_nginx() {
	local port
	mkdir -p nginx root
	rm -f nginx/pid
	for _ in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 10000))
		nginx_conf "$port" "$@" >nginx/conf
		background nginx -p "$PWD/nginx" -e "$PWD/nginx/error" \
			-c "$PWD/nginx/conf" 2>nginx/stderr
		wait_until 10 is_true_or_ended "${STARTED[-1]}" test -s nginx/pid
		HTTPS=https://127.0.0.1:$port
		HTTPS6="https://[::1]:$port"
		! kill -0 "${STARTED[-1]}" 2>/dev/null || return 0
	done
	cat nginx/stderr nginx/error >&2
	return 1
}

nginx_conf() {
	local port=$1 module
	shift
	# A single process runs as this user, and ends with one signal.
	cat <<-END
		daemon off;
		master_process off;
		pid pid;
		events { }
		http {
			log_format cipher '\$ssl_protocol \$ssl_cipher';
			access_log $PWD/nginx/access;
			server {
				listen 127.0.0.1:$port ssl;
				listen [::1]:$port ssl;
				ssl_certificate $PWD/server.pem;
				ssl_certificate_key $PWD/server.key;
				root $PWD/root;
				$(printf '%s\n' "$@")
			}
	END
	for module in client_body proxy fastcgi uwsgi scgi; do
		echo "	${module}_temp_path $PWD/nginx/$module;"
	done
	echo "}"
}

# start_apache [LINE...]: Apache serves ./root at $APACHE, with LINEs in its
# configuration.
start_apache() {
	local port
	mkdir -p apache root
	for _ in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 10000))
		cat >apache/conf <<-END
			ServerRoot $PWD/apache
			ServerName localhost
			Listen 127.0.0.1:$port
			PidFile $PWD/apache/pid
			ErrorLog $PWD/apache/error
			Mutex file:$PWD/apache
			LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
			LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
			DocumentRoot $PWD/root
			$(printf '%s\n' "$@")
		END
		background apache2 -X -f "$PWD/apache/conf" 2>apache/stderr
		wait_until 10 is_true_or_ended "${STARTED[-1]}" test -s apache/pid
		APACHE=http://127.0.0.1:$port
		! kill -0 "${STARTED[-1]}" 2>/dev/null || return 0
	done
	cat apache/stderr apache/error >&2
	return 1
}

# start_kerberos: starts a KDC that has the user joe, with the password
# `secret`, and the service HTTP/localhost, whose key is in ./keytab. Exports
# where clients find it; kinit(1) puts tickets into ./ccache.
start_kerberos() {
	local port
	port=$(free_port)
	mkdir kdc
	cat >krb5.conf <<-END
		[libdefaults]
			default_realm = VMEDIA.TEST
			dns_lookup_realm = false
			dns_lookup_kdc = false
			dns_canonicalize_hostname = false
			rdns = false
		[realms]
			VMEDIA.TEST = {
				kdc = 127.0.0.1:$port
			}
		[domain_realm]
			localhost = VMEDIA.TEST
	END
	cat >kdc.conf <<-END
		[kdcdefaults]
			kdc_listen = 127.0.0.1:$port
			kdc_tcp_listen = 127.0.0.1:$port
		[realms]
			VMEDIA.TEST = {
				database_name = $PWD/kdc/principal
				key_stash_file = $PWD/kdc/stash
				acl_file = $PWD/kdc/acl
			}
		[logging]
			kdc = FILE:$PWD/kdc/log
	END
	export KRB5_CONFIG=$PWD/krb5.conf KRB5_KDC_PROFILE=$PWD/kdc.conf
	export KRB5CCNAME=FILE:$PWD/ccache
	{
		kdb5_util create -s -P master -r VMEDIA.TEST
		kadmin.local -q "addprinc -pw secret joe"
		kadmin.local -q "addprinc -randkey HTTP/localhost"
		kadmin.local -q "ktadd -k $PWD/keytab HTTP/localhost"
	} >kdc/out 2>&1
	background krb5kdc -n -r VMEDIA.TEST 2>kdc/err
	wait_until 20 grep -qs "commencing operation" kdc/log
}

# start_link HOST PORT [OPTION...]: starts t/wan with these options in front of
# that server, at $LINK.
start_link() {
	local out=link.$RANDOM
	background wan "${@:3}" "$1" "$2" >"$out" </dev/null
	wait_until 5 test -s "$out"
	LINK=127.0.0.1:$(cat "$out")
}

# ganesha_conf VERSION PORTS: prints a configuration of NFS-Ganesha for
# $NFS_DIR.
ganesha_conf() {
	: "${NFS_DIR:=$(mktemp -d /dev/shm/vmedia.XXXXXX)}"
	chmod 755 "$NFS_DIR" # vm-fetchd reads as the user nobody
	rm -f ganesha.log
	cat >ganesha.conf <<-END
		NFS_CORE_PARAM {
			Protocols = $1; $2
			Enable_NLM = false; Enable_RQUOTA = false;
			Enable_UDP = false;
		}
		NFSv4 { Graceless = true; RecoveryBackend = fs; }
		EXPORT {
			Export_Id = 1; Path = $NFS_DIR; Pseudo = ${NFS_PSEUDO:-/export};
			Access_Type = RW; Squash = No_Root_Squash;
			SecType = sys; Protocols = $1;
			Attr_Expiration_Time = 0; FSAL { Name = VFS; }
		}
	END
}

# start_nfs [PORT]: makes $NFS_DIR, which NFS-Ganesha exports with NFS 4. A URL
# is $NFS/...$NFS_ARGS; the process is $NFSD, the log ./ganesha.log. The
# directory is on a tmpfs, because not every file system has file handles. It is
# exported as $NFS_PSEUDO (/export); the server listens at $NFS_ADDR
# (127.0.0.1).
start_nfs() {
	local port=${1:-$((20000 + RANDOM % 10000))}
	ganesha_conf 4 "NFS_Port = $port; Bind_addr = ${NFS_ADDR:-127.0.0.1};"
	background ganesha.nfsd -F -f ganesha.conf -p "$PWD/ganesha.pid" \
		-N NIV_EVENT -L "$PWD/ganesha.log" >/dev/null 2>&1
	NFSD=${STARTED[-1]}
	wait_until 20 is_true_or_ended "$NFSD" \
		grep -qs "NFS SERVER INITIALIZED" ganesha.log
	kill -0 "$NFSD" || cat ganesha.log >&2
	NFS=nfs://127.0.0.1/export NFS_ARGS="?version=4&nfsport=$port"
}

# start_nfs3: the same with NFS 3 and the port mapper that it needs, in a
# network namespace, in which vm-fetchd starts, too. Killing the process ends
# them all.
start_nfs3() {
	ganesha_conf 3 "NFS_Port = 2049; MNT_Port = 20048;"
	# shellcheck disable=SC2016 # for the inner shell to expand
	background unshare -n -m -p -f --kill-child sh -c '
		mount -t tmpfs none /run && ip link set lo up
		rpcbind -w
		exec ganesha.nfsd -F -f ganesha.conf -p "$PWD/ganesha.pid" \
			-N NIV_EVENT -L "$PWD/ganesha.log"' >/dev/null 2>&1
	NFSD=${STARTED[-1]}
	wait_until 20 is_true_or_ended "$NFSD" \
		grep -qs "NFS SERVER INITIALIZED" ganesha.log
	kill -0 "$NFSD" || cat ganesha.log >&2
	FETCHD_IN=(nsenter -n "--target=$(pgrep -P "$NFSD")")
	NFS=nfs://127.0.0.1$NFS_DIR NFS_ARGS="?version=3"
}

# start_smb [PORT [PASSWORD]]: Samba exports ./share as `open` for guests and as
# $SMB_SHARE (`closed`) for the user $SMB_USER (root) with PASSWORD (`secret` if it is
# not given), at $SMB/SHARE/...; its process is $SMBD. It listens at $SMB_ADDR
# (127.0.0.1).
start_smb() {
	local port=${1:-$((20000 + RANDOM % 10000))} password=${2:-secret} dir
	local addr=${SMB_ADDR:-127.0.0.1} user=${SMB_USER:-root}
	for dir in share samba/{private,lock,state,cache,pid,rpc}; do
		mkdir -p "$dir"
	done
	cat >smb.conf <<-END
		[global]
		server role = standalone server
		smb ports = $port
		interfaces = $addr ::1
		bind interfaces only = yes
		private dir = $PWD/samba/private
		lock directory = $PWD/samba/lock
		state directory = $PWD/samba/state
		cache directory = $PWD/samba/cache
		pid directory = $PWD/samba/pid
		ncalrpc dir = $PWD/samba/rpc
		log file = $PWD/samba/log
		passdb backend = smbpasswd:$PWD/samba/private/smbpasswd
		map to guest = Bad User
		load printers = no
		disable spoolss = yes
		[open]
		path = $PWD/share
		guest ok = yes
		[${SMB_SHARE:-closed}]
		path = $PWD/share
		valid users = $user
		read only = no
	END
	printf '%s\n' "$password" "$password" |
		smbpasswd -c smb.conf -s -a "$user" >/dev/null 2>&1
	background smbd -F -s smb.conf -l samba \
		>/dev/null 2>&1
	SMBD=${STARTED[-1]}
	SMB=smb://$addr:$port
	wait_until 20 smbclient -N -p "$port" "//$addr/open" -c ls >/dev/null 2>&1
}

# start_tinyproxy [LINE...]: starts an HTTP proxy at $PROXY, with LINEs in its
# configuration; it logs its requests to ./tinyproxy.log.
start_tinyproxy() {
	local port
	rm -f tinyproxy.log
	for _ in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 10000))
		printf '%s\n' "Port $port" "Listen 127.0.0.1" "Timeout 60" \
			"LogFile \"$PWD/tinyproxy.log\"" "LogLevel Info" \
			"MaxClients 100" "$@" >tinyproxy.conf
		background tinyproxy -d -c tinyproxy.conf 2>tinyproxy.err
		wait_until 10 is_true_or_ended "${STARTED[-1]}" \
			grep -qs "Accepting connections" tinyproxy.log
		PROXY=http://127.0.0.1:$port
		! kill -0 "${STARTED[-1]}" 2>/dev/null || return 0
	done
	cat tinyproxy.err tinyproxy.log >&2
	return 1
}

# is_true_or_ended PID COMMAND...: COMMAND succeeds, or PID has ended.
is_true_or_ended() {
	! kill -0 "$1" 2>/dev/null || "${@:2}"
}
