/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <string.h>

#include "ws/frame.h"

#define FIN	 0x80
#define RESERVED 0x70
#define OPCODE	 0x0f
#define MASKED	 0x80
#define LENGTH	 0x7f
#define LENGTH16 126
#define LENGTH64 127

/* --- UTF-8 ---------------------------------------------------------------- */

/*
 * The state of the UTF-8 check: how many bytes of a character are missing, and
 * the range of the next byte. It is one word that is kept between the parts of
 * a text.
 */
static unsigned
utf8_state(unsigned left, unsigned from, unsigned to)
{
	return left << 16 | from << 8 | to;
}

/* Begin a character with its first byte (RFC 3629 section 4). 1: invalid. */
static unsigned
utf8_begin(unsigned char c)
{
	if (c < 0x80)
		return 0;
	if (c >= 0xc2 && c <= 0xdf)
		return utf8_state(1, 0x80, 0xbf);
	if (c == 0xe0)
		return utf8_state(2, 0xa0, 0xbf);
	if (c == 0xed) /* no surrogates */
		return utf8_state(2, 0x80, 0x9f);
	if (c >= 0xe1 && c <= 0xef)
		return utf8_state(2, 0x80, 0xbf);
	if (c == 0xf0)
		return utf8_state(3, 0x90, 0xbf);
	if (c >= 0xf1 && c <= 0xf3)
		return utf8_state(3, 0x80, 0xbf);
	if (c == 0xf4) /* not above U+10FFFF */
		return utf8_state(3, 0x80, 0x8f);
	return 1;
}

bool
ws_utf8(unsigned *state, const unsigned char *bytes, size_t len)
{
	unsigned s = *state;
	size_t i;

	for (i = 0; i < len; i++) {
		if (s == 0) {
			s = utf8_begin(bytes[i]);
			if (s == 1)
				return false;
			continue;
		}
		if (bytes[i] < (s >> 8 & 0xff) || bytes[i] > (s & 0xff))
			return false;
		s = s >> 16 == 1 ? 0 : utf8_state((s >> 16) - 1, 0x80, 0xbf);
	}
	*state = s;
	return true;
}

/* --- writing -------------------------------------------------------------- */

size_t
ws_header(unsigned char buf[WS_HEADER_MAX], enum ws_opcode opcode, uint64_t len,
    const unsigned char key[4])
{
	unsigned bytes = len < LENGTH16 ? 0 : len <= 0xffff ? 2 : 8, i;
	size_t n = 2;

	buf[0] = (unsigned char)(FIN | opcode);
	buf[1] = bytes == 0   ? (unsigned char)len
		 : bytes == 2 ? LENGTH16
			      : LENGTH64;
	for (i = bytes; i > 0; i--)
		buf[n++] = (unsigned char)(len >> 8 * (i - 1));
	if (key != NULL) {
		buf[1] |= MASKED;
		memcpy(buf + n, key, 4);
		n += 4;
	}
	return n;
}

void
ws_mask(unsigned char *buf, size_t len, const unsigned char key[4], uint64_t at)
{
	unsigned char turned[8];
	uint64_t word, mask;
	size_t i;

	for (i = 0; i < sizeof(turned); i++)
		turned[i] = key[(at + i) % 4];
	memcpy(&mask, turned, sizeof(mask));
	for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, buf + i, sizeof(word));
		word ^= mask;
		memcpy(buf + i, &word, sizeof(word));
	}
	for (; i < len; i++)
		buf[i] ^= turned[i % 4];
}

size_t
ws_close_payload(
    unsigned char buf[WS_CONTROL_MAX], unsigned code, const char *reason)
{
	size_t len = strlen(reason);

	if (len > WS_CONTROL_MAX - 2)
		len = WS_CONTROL_MAX - 2;
	/* The text must not end in the middle of a character. */
	while (len > 0 && reason[len] != '\0' &&
	       ((unsigned char)reason[len] & 0xc0) == 0x80)
		len--;
	buf[0] = (unsigned char)(code >> 8);
	buf[1] = (unsigned char)code;
	memcpy(buf + 2, reason, len);
	return len + 2;
}

/* --- reading -------------------------------------------------------------- */

void
ws_parser_init(struct ws_parser *p, bool is_server, bool accepts_text)
{
	memset(p, 0, sizeof(*p));
	p->is_server = is_server;
	p->accepts_text = accepts_text;
	p->need = 2;
}

static void
fail(struct ws_parser *p, struct ws_event *event, unsigned code,
    const char *text)
{
	p->ended = true;
	event->kind = WS_ERROR;
	event->code = code;
	event->text = text;
}

static bool
is_control(unsigned opcode)
{
	return opcode >= WS_CLOSE;
}

/* Check the first two bytes of a header. Returns NULL; or what is wrong. */
static const char *
check_start(const struct ws_parser *p)
{
	unsigned first = p->header[0], length = p->header[1] & LENGTH;
	unsigned opcode = first & OPCODE;

	if (first & RESERVED)
		return "a reserved bit is set";
	if (opcode > WS_PONG || (opcode > WS_BINARY && opcode < WS_CLOSE))
		return "an unknown opcode";
	if (is_control(opcode) && !(first & FIN))
		return "a control frame in fragments";
	if (is_control(opcode) && length > WS_CONTROL_MAX)
		return "a control frame that is too long";
	if (opcode == WS_CONTINUATION && !p->in_message)
		return "a continuation without a message";
	if ((opcode == WS_TEXT || opcode == WS_BINARY) && p->in_message)
		return "a message within a message";
	if (p->is_server != ((p->header[1] & MASKED) != 0))
		return p->is_server ? "a frame that is not masked"
				    : "a frame that is masked";
	return NULL;
}

/* The number of bytes of an extended length (5.2). */
static unsigned
length_bytes(const struct ws_parser *p)
{
	unsigned length = p->header[1] & LENGTH;

	return length == LENGTH16 ? 2 : length == LENGTH64 ? 8 : 0;
}

/* Take the length, which has arrived. Returns NULL; or what is wrong. */
static const char *
take_length(struct ws_parser *p)
{
	unsigned length = p->header[1] & LENGTH, bytes = length_bytes(p), i;

	p->left = bytes == 0 ? length : 0;
	for (i = 0; i < bytes; i++)
		p->left = p->left << 8 | p->header[2 + i];
	if ((bytes == 2 && p->left < LENGTH16) ||
	    (bytes == 8 && p->left <= 0xffff))
		return "a length in more bytes than it needs";
	if (p->left >> 63 != 0)
		return "a length of 2^63 bytes or more";
	return NULL;
}

/* The caller has made sure that the whole header is there. */
static void
take_header(struct ws_parser *p)
{
	if (p->is_server)
		memcpy(p->key, p->header + 2 + length_bytes(p), 4);
	p->key_at = 0;
	p->opcode = p->header[0] & OPCODE;
	p->is_final = (p->header[0] & FIN) != 0;
	p->in_payload = true;
	p->control_len = 0;
	if (is_control(p->opcode))
		return;
	if (p->opcode != WS_CONTINUATION) {
		p->is_text = p->opcode == WS_TEXT;
		p->utf8 = 0;
	}
	p->in_message = !p->is_final;
}

/* Check the p->have bytes of the header that have arrived. Returns 0; or the
 * close code for what is wrong, and *why. */
static unsigned
check_header(struct ws_parser *p, const char **why)
{
	*why = NULL;
	if (p->have == 2) {
		*why = check_start(p);
		p->need = 2 + length_bytes(p) + (p->is_server ? 4 : 0);
	}
	if (*why == NULL && p->have == 2 + length_bytes(p))
		*why = take_length(p);
	if (*why != NULL)
		return WS_PROTOCOL_ERROR;
	*why = "text messages are not accepted";
	return (p->header[0] & OPCODE) == WS_TEXT && !p->accepts_text
		   ? WS_UNACCEPTABLE
		   : 0;
}

/* Collect the header. Returns the bytes taken; a failure is in *event. An error
 * is reported at the first byte that shows it. */
static size_t
parse_header(struct ws_parser *p, const unsigned char *buf, size_t len,
    struct ws_event *event)
{
	const char *why;
	unsigned code;
	size_t n = 0;

	while (p->have < p->need && n < len) {
		p->header[p->have++] = buf[n++];
		code = p->have >= 2 ? check_header(p, &why) : 0;
		if (code != 0) {
			fail(p, event, code, why);
			return n;
		}
	}
	if (p->have == p->need)
		take_header(p);
	return n;
}

/* May a close frame have that code (7.4)? */
static bool
is_code(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static void
take_close(struct ws_parser *p, struct ws_event *event)
{
	unsigned state = 0;

	event->code = 0;
	if (p->control_len == 1) {
		fail(p, event, WS_PROTOCOL_ERROR, "a close code of one byte");
		return;
	}
	if (p->control_len >= 2) {
		event->code = (unsigned)p->control[0] << 8 | p->control[1];
		event->bytes = p->control + 2;
		event->len = p->control_len - 2;
		if (!is_code(event->code)) {
			fail(p, event, WS_PROTOCOL_ERROR,
			    "an invalid close code");
			return;
		}
		if (!ws_utf8(&state, event->bytes, event->len) || state != 0) {
			fail(p, event, WS_BAD_DATA,
			    "a reason that is not UTF-8");
			return;
		}
	}
	event->kind = WS_GOT_CLOSE;
	p->ended = true;
}

static void
take_control(struct ws_parser *p, struct ws_event *event)
{
	event->bytes = p->control;
	event->len = p->control_len;
	if (p->opcode == WS_CLOSE)
		take_close(p, event);
	else
		event->kind = p->opcode == WS_PING ? WS_GOT_PING : WS_GOT_PONG;
}

/* Take some of a data frame's payload. */
static void
take_data(
    struct ws_parser *p, unsigned char *buf, size_t n, struct ws_event *event)
{
	bool is_end = p->left == 0 && p->is_final;

	if (p->is_text &&
	    (!ws_utf8(&p->utf8, buf, n) || (is_end && p->utf8 != 0))) {
		fail(p, event, WS_BAD_DATA, "a text that is not UTF-8");
		return;
	}
	if (n == 0)
		return;
	event->kind = WS_DATA;
	event->bytes = buf;
	event->len = n;
}

static size_t
parse_payload(
    struct ws_parser *p, unsigned char *buf, size_t len, struct ws_event *event)
{
	size_t n = len < p->left ? len : (size_t)p->left;

	if (n == 0 && p->left > 0)
		return 0;
	if (p->is_server)
		ws_mask(buf, n, p->key, p->key_at);
	p->key_at = (p->key_at + n) % 4;
	p->left -= n;
	if (is_control(p->opcode)) {
		memcpy(p->control + p->control_len, buf, n);
		p->control_len += (unsigned)n;
	}
	if (p->left == 0) {
		p->in_payload = false;
		p->have = 0;
		p->need = 2;
	}
	if (!is_control(p->opcode))
		take_data(p, buf, n, event);
	else if (p->left == 0)
		take_control(p, event);
	return n;
}

size_t
ws_parse(
    struct ws_parser *p, unsigned char *buf, size_t len, struct ws_event *event)
{
	size_t used = 0;

	memset(event, 0, sizeof(*event));
	if (p->ended)
		return 0;
	/* Go on to the first event in these bytes, if any. */
	while (event->kind == WS_NOTHING && !p->ended) {
		if (!p->in_payload)
			used += parse_header(p, buf + used, len - used, event);
		if (event->kind != WS_NOTHING || !p->in_payload)
			break;
		if (used == len && p->left > 0)
			break;
		used += parse_payload(p, buf + used, len - used, event);
	}
	return used;
}
