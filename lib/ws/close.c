/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "base/clock.h"
#include "ws/close.h"

#define FAIL_MS	 1000 /* the backend must take what a failed peer sent */
#define QUIET_MS 250  /* a backend that is quiet this long has sent all */
#define LAST_MS	 2000 /* the longest time for the backend to send */

static void
set_end(
    struct pump *p, bool by_peer, unsigned code, const char *text, size_t len)
{
	size_t i;

	p->end->by_peer = by_peer;
	p->end->code = code;
	if (len >= sizeof(p->end->text))
		len = sizeof(p->end->text) - 1;
	for (i = 0; i < len; i++)
		p->end->text[i] =
		    text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	p->end->text[len] = '\0';
}

static void
owe_close(struct pump *p, unsigned code, const char *reason)
{
	if (p->owes_close || p->sent_close)
		return;
	p->owes_close = true;
	p->sent_at = clock_ms();
	p->close_len = ws_close_payload(p->close, code, reason);
}

void
pump_close(struct pump *p, const struct ws_reason *why)
{
	if (!p->got_close && !p->failed)
		set_end(p, false, why->code, why->text, strlen(why->text));
	owe_close(p, why->code, why->text);
}

/* Does the peer's answer to our normal close name an error? */
static bool
is_complaint(const struct pump *p, unsigned code)
{
	return p->end->code == WS_NORMAL && code != 0 && code != WS_NORMAL &&
	       code != WS_GOING_AWAY;
}

void
pump_take_close(struct pump *p, const struct ws_event *e)
{
	bool is_first = !p->sent_close && !p->owes_close;

	p->got_close = true;
	/* The reason is that of the side which closes first (7.1.5), unless
	 * the other side's close names an error. */
	if (is_first || is_complaint(p, e->code))
		set_end(p, true, e->code != 0 ? e->code : WS_NO_CODE,
		    (const char *)e->bytes, e->len);
	owe_close(p, e->code != 0 ? e->code : WS_NORMAL, "");
}

void
pump_fail(struct pump *p, const struct ws_event *e)
{
	set_end(p, false, e->code, e->text, strlen(e->text));
	owe_close(p, e->code, e->text);
	p->failed = true;
}

void
pump_lose(struct pump *p, const char *why)
{
	p->net_ended = p->net_lost = true;
	if (!p->got_close && !p->failed)
		set_end(p, true, WS_NO_CLOSE, why, strlen(why));
}

void
pump_take_backend_end(struct pump *p)
{
	struct ws_reason why = {WS_NORMAL, ""};

	if (!p->in_ended || p->owes_close || p->sent_close ||
	    clock_ms() - p->in_ended_at < p->b->end_wait)
		return;
	if (p->in_failed)
		why = (struct ws_reason){WS_INTERNAL, "the backend is lost"};
	if (p->b->explain_end != NULL)
		p->b->explain_end(&why, &p->texts);
	pump_close(p, &why);
}

void
pump_tell_backend(struct pump *p)
{
	if (p->told)
		return;
	p->told = true;
	p->told_at = p->quiet_at = clock_ms();
	if (p->b->input_done != NULL)
		p->b->input_done(p->b, p->end);
}

bool
pump_is_last(const struct pump *p)
{
	return (p->got_close || p->failed) && !p->net_lost;
}

bool
pump_may_close(struct pump *p)
{
	int64_t now = clock_ms();

	if (!pump_is_last(p))
		return true;
	if (p->payload_len == 0 || (p->failed && now - p->moved_at > FAIL_MS))
		pump_tell_backend(p);
	return p->told && (p->in_ended || now - p->quiet_at > QUIET_MS ||
			      now - p->told_at > LAST_MS);
}
