# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vmctl log: the logs of the slots, merged by time. A line that vm-slot writes is
# TIME PROGRAM: slot N: TEXT. Sourced by vmctl for this verb only.

TAB='	'

# from_files [max=N] FILE...: print the lines of these logs, or the first N, sorted
# by time, as SLOT<tab>LINE. A line without a time belongs to the line before it.
from_files() {
	awk '
		max != "" && FNR > max { next }
		FNR == 1 {
			time = ""
			slot = FILENAME
			sub(/\/log$/, "", slot)
			sub(/.*[\/.]/, "", slot)
		}
		/^[0-9][-0-9]*T[0-9:]*Z / { time = $1 }
		{ print time "\t" slot "\t" $0 }
	' "$@" | sort -s -t "$TAB" -k 1,1 | cut -f 2-
}

# from_journal OPTION...: print the lines of the journal in the same form, those of
# systemd and others too.
from_journal() {
	journalctl -q --no-pager --utc --no-hostname -o short-iso "$@" | awk '
		{
			sub(/[+]00:?00 /, "Z ")
			sub(/ vm-(slot|drive)\[[0-9]*\]: /, " ")
			slot = ""
			if (match($0, /: slot [0-7]: /))
				slot = substr($0, RSTART + 7, 1)
			else if (match($0, /vmedia-(slot|drive)@[0-7]/))
				slot = substr($0, RSTART + RLENGTH - 1, 1)
			if ($2 ~ /\[[0-9]+\]:$/)
				sub(/\[[0-9]+\]: /, ": ")
			print slot "\t" $0
		}
	'
}

# lines_json: print such lines as the members of an array.
lines_json() {
	awk "$AWK_UTF8"'
		function string(text) {
			if (text == "")
				return "null"
			text = utf8(text)
			gsub(/[\001-\037\177]/, " ", text)
			gsub(/[\\"]/, "\\\\&", text)
			return "\"" text "\""
		}
		{
			at = index($0, "\t")
			slot = at > 1 ? substr($0, 1, at - 1) : "null"
			text = substr($0, at + 1)
			time = program = ""
			if (match(text, /^[0-9][-0-9]*T[0-9:]*Z /)) {
				time = substr(text, 1, RLENGTH - 1)
				text = substr(text, RLENGTH + 1)
			}
			if (match(text, /^[^ :]+: /)) {
				program = substr(text, 1, RLENGTH - 2)
				text = substr(text, RLENGTH + 1)
			}
			sub(/^slot [0-7]: /, "", text)
			printf "%s\n{\"time\": %s, \"slot\": %s, ", \
				(NR > 1 ? "," : ""), string(time), slot
			printf "\"program\": %s, \"text\": %s}", \
				string(program), string(text)
		}
	'
}

# show_lines COMMAND...: COMMAND prints lines of the log; show them.
show_lines() {
	if [ -z "$JSON" ]; then
		# cut of busybox does not tell that it could not write.
		"$@" | cut -f 2- | cat 2>/dev/null || copy_failed $?
		return
	fi
	json_begin
	out ', "lines": ['
	"$@" | lines_json 2>/dev/null || copy_failed $?
	out ']'
	json_end
}

# follow_files FILE...: show the lines, and new ones as they come.
follow_files() {
	local file count
	for file; do
		count=$(wc -l <"$file")
		set -- "$@" "max=$count" "$file"
		shift
		tail -n +$((count + 1)) -f "$file" &
		TAILS="$TAILS $!"
	done
	show_lines from_files "$@"
	wait
}

cmd_log() {
	local slot
	parse "$@"
	need_run
	[ -z "$FOLLOW" ] || [ -z "$JSON" ] ||
		misuse "--follow does not work with --json"
	set --
	for slot in ${SLOT:-0 1 2 3 4 5 6 7}; do
		if has_systemd; then
			set -- "$@" -u "vmedia-slot@$slot" -u "vmedia-drive@$slot"
			continue
		fi
		[ -f "$RUN/$slot/log" ] || continue
		[ -r "$RUN/$slot/log" ] || die $EX_NOPERM \
			"unable to read $RUN/$slot/log: run vmctl as root"
		set -- "$@" "$RUN/$slot/log"
		[ ! -r "$RUN/drive.$slot/log" ] || set -- "$@" "$RUN/drive.$slot/log"
	done
	if [ $# = 0 ]; then
		[ -z "$JSON" ] || show_lines :
	elif has_systemd; then
		[ -n "$JSON" ] ||
			exec journalctl -q --no-pager -o short-iso ${FOLLOW:+-f} "$@"
		show_lines from_journal "$@"
	elif [ -n "$FOLLOW" ]; then
		follow_files "$@"
	else
		show_lines from_files "$@"
	fi
}
