/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sysexits.h>

#include "ws/close-code.h"

int
ws_end_status(const struct ws_end *end)
{
	switch (end->code) {
	case WS_NORMAL:
	case WS_GOING_AWAY:
	case WS_NO_CODE:
		return end->clean ? 0 : EX_IOERR;
	case WS_PROTOCOL_ERROR:
	case WS_UNACCEPTABLE:
	case WS_BAD_DATA:
	case WS_TOO_BIG:
		return EX_PROTOCOL;
	case WS_POLICY:
		return EX_NOPERM;
	case WS_TAKEN:
	case WS_TRY_AGAIN:
		return EX_TEMPFAIL;
	default:
		if (end->code >= WS_STATUS + EX__BASE &&
		    end->code <= WS_STATUS + EX__MAX)
			return (int)end->code - WS_STATUS;
		return EX_IOERR;
	}
}

int
ws_end_cause(const struct ws_end *end)
{
	switch (ws_end_status(end)) {
	case 0:
		return -1;
	case EX_IOERR:
		return CAUSE_UNREACHABLE;
	case EX_TEMPFAIL:
		return end->code == WS_TRY_AGAIN ? CAUSE_TIMEOUT : CAUSE_BUSY;
	default:
		/* A code such as 4065 has several causes. */
		return end->code >= WS_STATUS ? -1 : CAUSE_USUAL;
	}
}

unsigned
ws_status_code(int status, enum cause cause)
{
	switch (status) {
	case 0:
		return WS_NORMAL;
	case EX_TEMPFAIL:
		return cause == CAUSE_TIMEOUT ? WS_TRY_AGAIN : WS_TAKEN;
	case EX_NOPERM:
		return WS_POLICY;
	default:
		return status >= EX__BASE && status <= EX__MAX
			   ? WS_STATUS + (unsigned)status
			   : WS_INTERNAL;
	}
}
