# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# vm-image fetch --wait: show how much of the image at hand has come, until it
# is there. Sourced by vm-image, after image-fetch.sh.

SEEN=0 SEEN_AT=0	# what had arrived a second ago or longer, and when
RATE=			# bytes per second since then

# fetch_progress BEGAN: on a terminal, show how much has come.
fetch_progress() {
	local text bytes at
	[ -t 2 ] || return 0
	bytes=$(received "$REC")
	at=$(now)
	if [ "$at" -gt $SEEN_AT ]; then
		[ $SEEN_AT = 0 ] || [ "$bytes" -lt $SEEN ] ||
			RATE=$(((bytes - SEEN) / (at - SEEN_AT)))
		SEEN=$bytes SEEN_AT=$at
	fi
	text="$NAME: $(mib_of "$bytes")"
	DIR=$REC
	! value_of size || text="$text of $(mib_of "$VALUE")"
	text="$text MiB${RATE:+, $(mib_of "$RATE") MiB/s}"
	! value_of error || text="$text ($VALUE)"
	progress "$text" $((at - $1))
}

# wait_fetch: wait until the image is there, or the fetch has ended. If we are ended,
# the fetch goes on.
wait_fetch() {
	local began alive status
	began=$(now) alive=$began
	while [ ! -d "$STORE/images/$ID" ]; do
		REC=$STORE/incoming/$ID DIR=$STORE/incoming/$ID
		[ -d "$REC" ] || [ -d "$STORE/images/$ID" ] ||
			die $EX_TEMPFAIL "somebody has removed $NAME meanwhile"
		! is_at_work "$REC" || alive=$(now)
		if value_of status; then
			status=$VALUE
			value_of error || :
			progress_end
			die "$status" "unable to fetch $NAME: $VALUE"
		fi
		[ $(($(now) - alive)) -lt $WAIT_SECONDS ] || die $EX_OSERR \
			"the fetch of $NAME was ended: type $TOOL gc to go on with it"
		fetch_progress "$began"
		pause
	done
	progress_end
	if [ -n "$JSON" ]; then say_begun true; else say_fetched; fi
}

# say_fetched: print the same line as put about the image at hand.
say_fetched() {
	# shellcheck source=scripts/lib/image-put.sh
	. "$BIN/../lib/vmedia/image-put.sh"
	take_record images "$ID" && value_of size ||
		die $EX_TEMPFAIL "somebody has removed $NAME meanwhile"
	COPIED=$VALUE
	value_of sha256 || :
	SUM=$VALUE
	value_of verified || :
	VERIFIED=$VALUE
	say_kept
}
