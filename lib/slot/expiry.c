/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The limits of a medium: it is ejected after a time (expires), when the host
 * has not used it for a time (idle), when its source has not answered for a
 * time (degraded), or at the end of one boot (boot-once).
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "slot/slot.h"

#define TICK_MS	      5000 /* between two checks of what nobody reports */
#define POWER_SECONDS 20   /* for the site's command */

/* If the host has used the medium since the last check, restart the idle
 * time. */
static void
count_requests(struct slot *s)
{
	char limit[STATE_VALUE_MAX], count[64];
	int64_t seconds;

	if (!slot_asked(s, "idle", limit))
		return;
	slot_medium_requests(s, count);
	if (strcmp(count, s->counted) == 0)
		return;
	snprintf(s->counted, sizeof(s->counted), "%s", count);
	seconds = state_get_number(&s->state, "request/idle");
	slot_put_number(s, "idle", state_now() + seconds);
}

void
slot_limits_begin(struct slot *s)
{
	int64_t expires = state_get_number(&s->state, "request/expires");

	if (slot_is_asked(s, "boot-once"))
		slot_put(s, "once", "waiting");
	if (expires >= 0)
		slot_put_number(s, "expires", state_now() + expires);
	slot_limits_resume(s);
}

void
slot_limits_degraded(struct slot *s, bool degraded)
{
	static const char *const names[] = {"degraded", NULL};

	if (!degraded)
		state_remove(&s->state, names);
	else if (slot_is_asked(s, "degraded"))
		slot_put_number(s, "degraded",
		    state_now() +
			state_get_number(&s->state, "request/degraded"));
}

void
slot_limits_resume(struct slot *s)
{
	*s->counted = *s->port = '\0';
	s->tick_at = slot_is_asked(s, "idle") || slot_is_asked(s, "expires") ||
			     slot_is_asked(s, "degraded") ||
			     slot_is_asked(s, "boot-once")
			 ? clock_ms() + TICK_MS
			 : 0;
	count_requests(s);
}

/* Run the command of the site that tells whether the host is off. */
static void
ask_power(struct slot *s)
{
	char power[STATE_VALUE_MAX], *rest = power, *word;
	const char *argv[CHILD_ARGS_MAX];
	int n = 0;

	if (!state_has(&s->state, "once") || slot_runs(s, CHILD_POWER) ||
	    !slot_asked(s, "power", power))
		return;
	while ((word = strsep(&rest, " \t")) != NULL)
		if (*word != '\0' && n < CHILD_ARGS_MAX - 1)
			argv[n++] = word;
	argv[n] = NULL;
	if (n > 0)
		slot_start(s, CHILD_POWER, POWER_SECONDS, argv);
}

static bool
is_past(const struct slot *s, const char *name)
{
	int64_t moment = state_get_number(&s->state, name);

	return moment >= 0 && state_now() >= moment;
}

void
slot_limits_check(struct slot *s)
{
	char limit[STATE_VALUE_MAX], why[256];

	if (s->tick_at == 0 || (s->phase & PHASES_LIVE) == 0 ||
	    clock_ms() < s->tick_at)
		return;
	s->tick_at = clock_ms() + TICK_MS;
	ask_power(s);
	count_requests(s);
	if (is_past(s, "expires")) {
		slot_over(s, "the time of --expires is over");
	} else if (is_past(s, "degraded")) {
		slot_asked(s, "degraded", limit);
		snprintf(why, sizeof(why),
		    s->served ? "no client has served the image for %.20s s"
			      : "the source has not answered for %.20s s",
		    limit);
		slot_over(s, why);
	} else if (is_past(s, "idle")) {
		slot_asked(s, "idle", limit);
		snprintf(why, sizeof(why),
		    "the host has not used the medium for %.20s s", limit);
		slot_over(s, why);
	}
}

int
slot_limits_left(const struct slot *s, int64_t now)
{
	if (s->tick_at == 0 || (s->phase & PHASES_LIVE) == 0)
		return -1;
	return s->tick_at > now ? (int)(s->tick_at - now) : 0;
}

/* --- the host ------------------------------------------------------------------ */

/* Is the medium for one boot, and has the host read it? */
static bool
is_over_for_host(const struct slot *s)
{
	return state_has(&s->state, "once") &&
	       slot_medium_reads(s) > state_get_number(&s->state, "reads");
}

/* Only "not attached" means that the host is off or the cable is unplugged. A
 * reset passes through all other states. */
void
slot_hear_port(struct slot *s, const char *state)
{
	if (strcmp(state, s->port) == 0)
		return;
	snprintf(s->port, sizeof(s->port), "%s", state);
	slot_say(s, "the host's port: %s",
	    *state != '\0' ? state : "no drive is connected to it");
	if (strcmp(state, "not attached") == 0 && is_over_for_host(s))
		slot_over(
		    s, "the host's USB port was disconnected (--boot-once)");
}

/* The line comes from the command of the site: any words that end in on or
 * off. */
void
slot_hear_power(struct slot *s, const char *line)
{
	size_t len = strlen(line);

	while (len > 0 && isspace((unsigned char)line[len - 1]))
		len--;
	if ((s->phase & PHASES_LIVE) != 0 && len >= 3 &&
	    strncasecmp(line + len - 3, "off", 3) == 0 && is_over_for_host(s))
		slot_over(s, "the host was switched off (--boot-once)");
}
