# SPDX-License-Identifier: BSD-2-Clause
# Completion of vmctl for fish. vmctl complete knows the words.

function __vmctl_complete
	set -l words (commandline -opc)
	set -l last (commandline -ct)
	# What was typed, without quotes.
	set -l plain (string unescape -- "$last")
	for line in ($words[1] complete $words[2..-1] "$plain" 2>/dev/null)
		switch $line
			case ':files*'
				__fish_complete_path "$last"
			case '*'
				echo -- $line
		end
	end
end
complete -c vmctl -f -a '(__vmctl_complete)'
