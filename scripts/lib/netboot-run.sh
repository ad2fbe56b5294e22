# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# How vm-netboot runs programs: as unprivileged users, with only the
# capabilities that their ports need, in a box that has only the system's
# programs and DIR. All of them end when vm-netboot ends in any way: see
# --die-with-parent of bwrap(1), and start_keeper(). Sourced by vm-netboot.

DHCP_USER=vmedia-dhcp	# runs dnsmasq, vm-dhcp-probe, and the filter of their log
HTTP_USER=vmedia-http	# runs lighttpd and vm-netboot-http
CHILDREN=''		# words NAME:PID

# become PROGRAM [ARGUMENT...]: replace this process by PROGRAM. With -n, only
# print the command.
become() {
	[ -n "$DRY" ] || exec "$@"
	show_words "$@"
}

# show_words WORD...: print a command for a shell, without the secrets of URLs.
show_words() {
	local word line
	line=
	for word; do
		case $word in *://*) word=$(shown_source "$word") ;; esac
		case $word in '' | *[!A-Za-z0-9_./,:=+%@-]*) word="'$(printf '%s\n' "$word" |
			sed "s/'/'\\\\''/g")'" ;; esac
		line="$line${line:+ }$word"
	done
	out '%s\n' "$line"
}

# box CAPABILITIES [BWRAP-OPTION...] -- PROGRAM...: become PROGRAM in its box,
# as root with only these capabilities, words such as chown. Without --perms,
# bwrap would make directories that only root can enter.
box() {
	local caps name
	caps=$1
	shift
	set -- --bind "$DIR" "$DIR" --ro-bind "$BIN" "$BIN" "$@"
	for name in "$BIN" "$DIR"; do
		while name=${name%/*} && [ -n "$name" ]; do
			set -- --perms 0755 --dir "$name" "$@"
		done
	done
	for name in bin sbin lib lib32 lib64; do
		if [ -L "/$name" ]; then
			set -- --symlink "usr/$name" "/$name" "$@"
		elif [ -d "/$name" ]; then
			set -- --ro-bind "/$name" "/$name" "$@"
		fi
	done
	for name in setuid setgid setpcap $caps; do
		set -- --cap-add "CAP_$(printf %s "$name" | tr a-z A-Z)" "$@"
	done
	umask 022
	become bwrap --die-with-parent --new-session --unshare-pid --unshare-ipc \
		--unshare-uts --cap-drop ALL --ro-bind /usr /usr --proc /proc --dev /dev \
		--perms 0755 --dir /etc --ro-bind "$DIR/passwd" /etc/passwd \
		--ro-bind "$DIR/group" /etc/group "$@"
}

# as_user USER CAPABILITIES: set AS_USER to a command that becomes USER and
# keeps these.
as_user() {
	local keep name
	keep=-all
	for name in $2; do
		keep=$keep,+$name
	done
	AS_USER="setpriv --reuid $1 --regid $1 --clear-groups --no-new-privs"
	AS_USER="$AS_USER --inh-caps=$keep --ambient-caps=$keep --bounding-set=$keep"
}

# write_users: write /etc/passwd and /etc/group of the boxes.
write_users() {
	local user
	{
		echo root:x:0:0:::
		for user in "$DHCP_USER" "$HTTP_USER"; do
			echo "$user:x:$(id -u "$user"):$(id -g "$user"):::"
		done
	} >"$DIR/passwd"
	sed 's/^\([^:]*:x:\)[^:]*:\([^:]*\):.*/\1\2:/' "$DIR/passwd" >"$DIR/group"
}

# --- the programs -----------------------------------------------------------------

# shellcheck disable=SC2086 # AS_USER is words
run_dnsmasq() {
	local line caps
	caps='net_bind_service net_raw net_admin'
	as_user "$DHCP_USER" "$caps"
	set --
	while IFS= read -r line; do
		[ -z "$line" ] ||
			set -- "$@" --ro-bind "${line%|*}" "$DIR/tftp/${line##*|}"
	done <<-END
		$TFTP_FILES
	END
	box "$caps" "$@" -- $AS_USER dnsmasq -k -C "$DIR/dnsmasq.conf"
}

# shellcheck disable=SC2086
run_lighttpd() {
	as_user "$HTTP_USER" net_bind_service
	box net_bind_service -- $AS_USER lighttpd -D -f "$DIR/lighttpd.conf"
}

# run_http: its box has the files that everybody may read, by their numbers.
# vm-netboot-http changes to its user itself.
run_http() {
	local line
	set --
	while IFS= read -r line; do
		[ -n "$line" ] && [ -f "$STAGE/sources/${line%%|*}/file" ] || continue
		set -- "$@" --ro-bind "${line#*|}" "$DIR/sources/${line%%|*}/file"
	done <<-END
		$SOURCES
	END
	box chown "$@" -- "$BIN/vm-netboot-http" -u "$HTTP_USER" -g "$HTTP_USER" \
		-i "$ADAPTER" -s "$DIR/http.sock" "$DIR/machines"
}

# run_probe: watch for systems that ask another server for an address: as a
# proxy, dnsmasq does not learn of them.
# shellcheck disable=SC2086
run_probe() {
	as_user "$DHCP_USER" net_raw
	box net_raw -- $AS_USER "$BIN/vm-dhcp-probe" -w "$ADAPTER"
}

# shellcheck disable=SC2086
run_log() {
	as_user "$DHCP_USER" ''
	box '' -- $AS_USER "$BIN/vm-netboot-log" -m "$DIR/machines" -t 1
}

# --- their lives ------------------------------------------------------------------

# start_keeper: when vm-netboot has ended, kill what it has started. A bwrap
# that is just starting may set --die-with-parent too late, and would run for
# ever. All our processes have VM_NETBOOT_KEPT in their environment. Only
# vm-netboot has the FIFO open for writing, thus the FIFO ends with it.
start_keeper() {
	mkfifo -m 600 "$DIR/alive"
	# grep fails on a process that has just ended.
	# shellcheck disable=SC2016 # for the inner shell to expand
	(
		set -- "$VM_NETBOOT_KEPT"
		unset VM_NETBOOT_KEPT
		exec setsid sh -c '
			cd /
			trap "" HUP INT TERM
			read -r _
			for quiet in 1 2; do
				while
					pids=$(grep -lsF "VM_NETBOOT_KEPT=$1" /proc/[0-9]*/environ)
					[ -n "$pids" ]
				do
					for pid in $pids; do
						pid=${pid#/proc/}
						kill -KILL "${pid%/environ}"
					done
					sleep 0.1
				done
				sleep 0.1
			done
		' keeper "$1"
	) <"$DIR/alive" >/dev/null 2>&1 7>&- 8>&- 9>&- &
	exec 6>"$DIR/alive"
}

# start NAME: call run_NAME in the background, and add it to CHILDREN. The
# program can write to the log, but not read what others have written.
start() {
	local to
	to=/dev/null
	case $1 in
	http) to=$DIR/http.ready ;; # it prints its socket when it listens
	probe) to=$DIR/log ;;
	esac
	"run_$1" </dev/null >"$to" 2>"$DIR/log" 6>&- 7>&- 8>&- 9>&- &
	CHILDREN="$CHILDREN $1:$!"
}

# take_child NAME: remove the program from CHILDREN, and set VALUE to its pid.
# False if it was not started.
take_child() {
	local child rest
	rest='' VALUE=''
	for child in $CHILDREN; do
		case $child in
		"$1":*) VALUE=${child#*:} ;;
		*) rest="$rest $child" ;;
		esac
	done
	CHILDREN=$rest
	[ -n "$VALUE" ]
}

# stop NAME: end the program, and wait for its end. Its box ends with it; but
# bwrap's own child may not have set --die-with-parent yet, thus kill that, too.
stop() {
	local inner
	! take_child "$1" || {
		read -r inner <"/proc/$VALUE/task/$VALUE/children" || inner=
		kill "$VALUE" 2>/dev/null
		wait "$VALUE" 2>/dev/null
		case $1 in source*) inner= ;; esac
		# shellcheck disable=SC2086 # words
		[ -z "$inner" ] || kill -KILL $inner
	} 2>/dev/null
	return 0
}

stop_all() {
	local child
	for child in $CHILDREN; do
		stop "${child%%:*}"
	done
}

# is_alive NAME: does the program run? One that has ended is a zombie until the
# shell waits for it.
is_alive() {
	local state
	case " $CHILDREN " in *" $1:"*) ;; *) return 1 ;; esac
	set -- "${CHILDREN##*" $1:"}"
	state=Z
	{ read -r _ _ state _ <"/proc/${1%% *}/stat"; } 2>/dev/null
	[ "$state" != Z ]
}

# start_log: start the filter that makes events of the programs' messages;
# descriptor 8 reads the events. The log stays open for writing until we end,
# and the events end when the filter ends.
start_log() {
	mkfifo -m 666 "$DIR/log"
	mkfifo -m 600 "$DIR/events"
	exec 7<>"$DIR/log"
	run_log <&7 >"$DIR/events" 6>&- 7>&- 9>&- &
	CHILDREN="$CHILDREN log:$!"
	exec 8<"$DIR/events"
}

# see_exports: set EXPORTS to the sources that vmctl export must serve.
see_exports() {
	local line
	EXPORTS=''
	while IFS= read -r line; do
		[ -n "$line" ] && [ ! -f "$STAGE/sources/${line%%|*}/file" ] || continue
		EXPORTS="$EXPORTS ${line%%|*}"
	done <<-END
		$SOURCES
	END
}

# start_sources: start a vmctl export for each of EXPORTS, and wait until all
# serve.
start_sources() {
	local n
	see_exports
	for n in $EXPORTS; do
		start_source "$n"
	done
	for n in $EXPORTS; do
		await_source "$n"
	done
}
EXPORTS=''		# numbers of the sources that vmctl export serves, words

# source_of N: set VALUE to the source with that number.
source_of() {
	VALUE=$NEWLINE$SOURCES
	VALUE=${VALUE#*"$NEWLINE$1|"}
	VALUE=${VALUE%%"$NEWLINE"*}
}

# run_source N: pass the URL by standard input, because it may have a secret.
run_source() {
	local number IFS
	number=$1 IFS=$NEWLINE
	set -f
	# shellcheck disable=SC2086 # lines
	set -- $SOURCE_OPTIONS
	# shellcheck disable=SC2086
	[ "$number" != "$CHECKED" ] || set -- "$@" $CHECKS
	set +f
	case " $IMAGES " in *" $number "*) ;; *) set -- "$@" --raw ;; esac
	source_of "$number"
	[ -z "$DRY" ] || out "printf '%%s\\\\n' '%s' | " "$(shown_source "$VALUE")"
	become setpriv --pdeathsig TERM vmctl export \
		--socket "$DIR/sources/$number/nbd" "$@" - <<-END
			$VALUE
		END
}

start_source() {
	rm -f "$DIR/sources/$1/nbd"
	run_source "$1" >"$DIR/sources/$1/said" 2>"$DIR/sources/$1/why" \
		6>&- 7>&- 8>&- 9>&- &
	CHILDREN="$CHILDREN source$1:$!"
}

# await_source N: wait until vmctl export serves it; if it ends, fail as it did.
await_source() {
	local status
	until give_source "$1"; do
		is_alive "source$1" || {
			status=0
			! take_child "source$1" || wait "$VALUE" || status=$?
			[ $status != 0 ] || status=$EX_OSERR
			complain "$(tail -n 1 "$DIR/sources/$1/why")"
			exit $status
		}
		pause
	done
}

# give_source N: give the socket to vm-netboot-http as soon as vmctl export has
# printed a line. Then empty the file with this line, so that this is done once.
give_source() {
	[ -s "$DIR/sources/$1/said" ] || return
	chown "$HTTP_USER" "$DIR/sources/$1/nbd" && : >"$DIR/sources/$1/said"
}
