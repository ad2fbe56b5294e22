#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# vm-redfish: events of the slots as server-sent events, behind nginx. The tests
# write the event log, as vm-slot does.

load helper
load servers
load redfish
load door

setup() {
	own_spool
	cd "$SPOOL" || return
	mkdir -p run
	start_both
	STREAM=/redfish/v1/EventService/SSE
}
teardown() {
	cleanup
	remove_spool
}

# event NUMBER SLOT EVENT [REASON]: adds an event to the log.
event() {
	mkdir -p run/events
	echo "1790000000 ${*:2}" >run/events/.new
	mv run/events/.new "run/events/$1"
}

# listen NAME [CURL-OPTION...]: starts a client that writes what it receives to
# the file NAME. Returns when the stream has begun.
listen() {
	background curl -sSN -o "$1" -u root:0penBmc "${@:2}" "$BMC$STREAM"
	LISTENER=${STARTED[-1]}
	wait_until 20 is_true_or_ended "$LISTENER" grep -q . "$1"
}

# heard NAME JQ-FILTER: prints what the filter makes of all events in that file.
heard() {
	sed -n 's/^data: //p' "$1" | jq -rs "$2"
}
heard_count() {
	[ "$(grep -c '^data: ' "$1")" -ge "$2" ]
}

@test "the service names its stream, and is linked from the root" {
	[ "$(ask GET /redfish/v1/EventService "${ROOT[@]}")" = 200 ]
	[ "$(json .ServerSentEventUri)" = "$STREAM" ]
	[ "$(json '.EventFormatTypes[0]')" = Event ]
	[ "$(ask GET /redfish/v1/)" = 200 ]
	[ "$(json '.EventService["@odata.id"]')" = /redfish/v1/EventService ]
}

@test "only who is authenticated may listen, and HEAD does not" {
	[ "$(ask GET "$STREAM")" = 401 ]
	[ "$(ask GET "$STREAM" -u root:wrong)" = 401 ]
	[ "$(ask HEAD "$STREAM" "${ROOT[@]}")" = 200 ]
	[ "$(ask POST "$STREAM" "${ROOT[@]}" -d '')" = 405 ]
}

@test "a new event is told at once, by two records with the slot as its origin" {
	listen heard -D head
	grep -qi '^content-type: text/event-stream' head
	event 1 0 inserted https://example.org/x.iso
	wait_until 20 heard_count heard 1
	grep -qx 'id: 1' heard
	[ "$(heard heard '.[0].Events | map(.MessageId) | join(" ")')" = \
		"Vmedia.1.0.Inserted ResourceEvent.1.4.ResourceChanged" ]
	[ "$(heard heard '.[0].Events[0].MessageArgs | join(" ")')" = \
		"0 https://example.org/x.iso" ]
	[ "$(heard heard '.[0].Events | map(.OriginOfCondition["@odata.id"]) | unique[]')" = \
		/redfish/v1/Systems/system/VirtualMedia/Slot_0 ]
	[ "$(heard heard '.[0].Events[0].EventTimestamp')" = 2026-09-21T14:13:20Z ]
	event 2 1 degraded the server is away
	event 3 1 activating
	wait_until 20 heard_count heard 3
	[ "$(heard heard '.[1].Events[0].MessageSeverity')" = Warning ]
	[ "$(heard heard '.[2].Events | map(.MessageId) | join(" ")')" = \
		ResourceEvent.1.4.ResourceChanged ]
}

@test "every message that events have is in the registry, with as many arguments" {
	[ "$(ask GET /redfish/v1/Registries/Vmedia.1.0/Vmedia.1.0.0.json "${ROOT[@]}")" = 200 ]
	listen heard
	number=0
	for word in inserted ejected host-read degraded recovered failed; do
		number=$((number + 1))
		event $number 0 $word words
	done
	wait_until 20 heard_count heard 6
	heard heard '.[].Events[0] | [.MessageId, (.MessageArgs | length), .MessageSeverity] | @tsv' >told
	[ "$(wc -l <told)" = 6 ]
	while IFS=$'\t' read -r id args severity; do
		[ "$(json ".Messages[\"${id##*.}\"].NumberOfArgs")" = "$args" ]
		[ "$(json ".Messages[\"${id##*.}\"].MessageSeverity")" = "$severity" ]
	done <told
}

@test "a client that comes back hears what it has missed, and a new one does not" {
	for number in 1 2 3; do
		event $number 0 degraded
	done
	listen new
	listen back -H 'Last-Event-ID: 1'
	wait_until 20 heard_count back 2
	[ "$(grep '^id: ' back | paste -sd,)" = "id: 2,id: 3" ]
	event 4 0 recovered
	wait_until 20 heard_count new 1
	[ "$(grep '^id: ' new)" = "id: 4" ]
	wait_until 20 heard_count back 3
}

@test "eight listen, the ninth is told to wait, and a place becomes free" {
	for n in 1 2 3 4 5 6 7 8; do
		listen "heard$n"
	done
	[ "$(ask GET "$STREAM" "${ROOT[@]}")" = 503 ]
	[ "$(message)" = ServiceTemporarilyUnavailable ]
	[ -n "$(header Retry-After)" ]
	kill "$LISTENER"
	wait_until 20 is_admitted
}

# is_admitted: may one more client listen? It leaves at once.
is_admitted() {
	[ "$(curl -sS -o /dev/null -m 1 -w '%{http_code}' "${ROOT[@]}" "$BMC$STREAM")" = 200 ]
}

@test "the stream ends when its session ends" {
	session root 0penBmc
	background curl -sSN -o heard -H "X-Auth-Token: $TOKEN" "$BMC$STREAM"
	pid=${STARTED[-1]}
	wait_until 20 is_true_or_ended "$pid" grep -q retry heard
	[ "$(ask DELETE "$SESSION" -H "X-Auth-Token: $TOKEN")" = 204 ]
	wait_until 40 has_ended "$pid"
}

@test "who only listens does not keep the session alive" {
	session root 0penBmc
	background curl -sSN -o heard -H "X-Auth-Token: $TOKEN" "$BMC$STREAM"
	wait_until 20 is_true_or_ended "${STARTED[-1]}" grep -q retry heard
	file=$(echo "run-door/sessions/${SESSION##*/}"*)
	touch -d '-1000 seconds' "$file"
	wait_until 40 is_true_or_ended "${STARTED[-1]}" grep -q '^:' heard
	[ "$(stat -c %Y "$file")" -lt $(($(date +%s) - 900)) ]
}

@test "listeners take no places of requests" {
	kill "$REDFISH"
	wait "$REDFISH"
	start_redfish -n 2
	for n in 1 2 3 4 5 6 7 8; do
		listen "heard$n"
	done
	[ "$(ask GET /redfish/v1/ "${ROOT[@]}")" = 200 ]
	# Clients that have left do not take places either.
	kill "${STARTED[@]: -8}"
	wait_until 20 eval '[ "$(pgrep -cP "$REDFISH")" = 0 ]'
	background vm-connect "$PWD/redfish.sock" sleep 1000
	background vm-connect "$PWD/redfish.sock" sleep 1000
	wait_until 20 eval '[ "$(pgrep -cP "$REDFISH")" = 2 ]'
	[ "$(ask GET /redfish/v1/)" = 503 ]
}

has_ended() {
	! kill -0 "$1" 2>/dev/null
}

@test "a listener sleeps while nothing happens" {
	listen heard
	pid=$(pgrep -P "$REDFISH" | head -n 1)
	event 1 0 inserted x
	wait_until 20 heard_count heard 1
	# A process that polls would have many context switches.
	switches() { awk '/^voluntary_ctxt/ {print $2}' "/proc/$pid/status"; }
	first=$(switches)
	sleep 2
	[ $(($(switches) - first)) -lt 10 ]
}
