# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Reading JSON (RFC 8259) with only sh and awk. Sourced by host-redfish.sh.

JSON_FLAT=	# each value on a line: /MEMBER/0/MEMBER, a tab, the value

# An awk program that makes such lines from an HTTP answer with its headers, or
# from a JSON text. The status and the ETag of HTTP are /:status and /:etag. The
# line /:bad means that the text is malformed, or nested too deeply. Only paths
# that match the variable `want` are printed, because sh is slow to find a
# pattern in a long text.
# shellcheck disable=SC2016 # awk's own variables
AWK_FLAT='
	function bad() {
		print "/:bad\t1"
		exit
	}
	function skip() {
		sub(/^[ \t\r\n]+/, "", text)
	}
	function string(    s) {
		if (!match(text, /^"([^"\\]|\\.)*"/))
			bad()
		s = substr(text, 2, RLENGTH - 2)
		text = substr(text, RLENGTH + 1)
		gsub(/\\\\/, "\001", s)
		gsub(/\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]/, "?", s)
		gsub(/\\[bfnrt]/, " ", s)
		gsub(/\\/, "", s)
		gsub(/\001/, "\\", s)
		gsub(/[\001-\037\177]/, " ", s)
		return s
	}
	function members(path, depth,    name) {
		text = substr(text, 2)
		skip()
		if (text ~ /^[}]/) {
			text = substr(text, 2)
			return
		}
		for (;;) {
			skip()
			name = string()
			skip()
			if (text !~ /^:/)
				bad()
			text = substr(text, 2)
			value(path "/" name, depth)
			skip()
			if (text ~ /^[}]/)
				break
			if (text !~ /^,/)
				bad()
			text = substr(text, 2)
		}
		text = substr(text, 2)
	}
	function elements(path, depth,    n) {
		text = substr(text, 2)
		skip()
		if (text ~ /^\]/) {
			text = substr(text, 2)
			return
		}
		for (n = 0;; n++) {
			value(path "/" n, depth)
			skip()
			if (text ~ /^\]/)
				break
			if (text !~ /^,/)
				bad()
			text = substr(text, 2)
		}
		text = substr(text, 2)
	}
	function show(path, text) {
		if (path ~ want)
			print path "\t" text
	}
	function value(path, depth) {
		if (depth > 20)
			bad()
		skip()
		if (text ~ /^[{]/) {
			members(path, depth + 1)
		} else if (text ~ /^\[/) {
			elements(path, depth + 1)
		} else if (text ~ /^"/) {
			show(path, string())
		} else if (match(text, /^[-+.0-9a-zA-Z]+/)) {
			show(path, substr(text, 1, RLENGTH))
			text = substr(text, RLENGTH + 1)
		} else {
			bad()
		}
	}
	{ sub(/\r$/, "") }
	/^HTTP\/[0-9.]+ [0-9][0-9][0-9]/ && !body {
		status = $2
		etag = ""
		head = 1
		next
	}
	head && /^$/ {
		head = 0
		next
	}
	head {
		if (tolower($1) == "etag:") {
			etag = $0
			sub(/^[^:]*:[ \t]*/, "", etag)
		}
		next
	}
	{
		body = 1
		text = text $0 "\n"
	}
	END {
		if (status != "") {
			print "/:status\t" status
			print "/:etag\t" etag
		}
		skip()
		if (text != "")
			value("", 0)
	}'

# json_at PATH: set VALUE to the value there. False if there is none, or null.
json_at() {
	VALUE=
	case $NEWLINE$JSON_FLAT in
	*"$NEWLINE$1$TAB"*) ;;
	*) return 1 ;;
	esac
	VALUE=$NEWLINE$JSON_FLAT
	VALUE=${VALUE#*"$NEWLINE$1$TAB"}
	VALUE=${VALUE%%"$NEWLINE"*}
	[ "$VALUE" != null ]
}

# json_list PATH: set VALUE to the words of the array there, with blanks around
# each; empty if there is no array.
json_list() {
	local path n list
	path=$1 n=0 list=
	while json_at "$path/$n"; do
		list="$list $VALUE "
		n=$((n + 1))
	done
	VALUE=$list
}
