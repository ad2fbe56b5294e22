# SPDX-License-Identifier: BSD-2-Clause
# Prints a shell script without the lines that are only comments, except the
# licence, for a firmware: make install SMALL=1. Here-documents stay as they
# are.
end {
	print
	if ($0 ~ end)
		end = ""
	next
}
NR > 1 && /^[\t ]*#/ && !/SPDX-License/ { next }
{ print }
match($0, /<<-?[A-Za-z"'\\]+/) {
	end = substr($0, RSTART, RLENGTH)
	tabs = end ~ /-/ ? "\t*" : ""
	gsub(/[^A-Za-z]/, "", end)
	end = "^" tabs end "$"
}
