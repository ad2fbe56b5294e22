/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <time.h>

#include <curl/curl.h>

#include "sources/http-error.h"

/* What the HTTP statuses mean; 0 ends the table. */
static const struct {
	int http, status;
	enum cause cause;
	enum fault_kind kind;
	const char *text;
} statuses[] = {
    {403, EX_NOPERM, CAUSE_FORBIDDEN, FAULT_REQUEST,
	"the server forbids it (no permission, or an expired link)"},
    {404, EX_NOINPUT, CAUSE_MISSING, FAULT_REQUEST,
	"no such image on the server"},
    {407, EX_NOPERM, CAUSE_CREDENTIALS, FAULT_REQUEST,
	"the proxy wants a user and a password"},
    {408, EX_TEMPFAIL, CAUSE_SERVER, FAULT_TRANSIENT, "the server timed out"},
    {410, EX_NOINPUT, CAUSE_MISSING, FAULT_REQUEST,
	"the image is gone from the server"},
    {412, EX_DATAERR, CAUSE_CHANGED, FAULT_CHANGED,
	"the image changed on the server"},
    {425, EX_TEMPFAIL, CAUSE_SERVER, FAULT_TRANSIENT,
	"the server says: too early"},
    {429, EX_TEMPFAIL, CAUSE_SERVER, FAULT_TRANSIENT,
	"the server says: too many requests"},
    {503, EX_UNAVAILABLE, CAUSE_SERVER, FAULT_TRANSIENT,
	"the server is busy or in maintenance"},
    {0, 0, 0, 0, NULL},
};

static void
set_fault(struct fault *f, enum fault_kind kind, int status, const char *text)
{
	f->kind = kind;
	f->status = status;
	f->cause = CAUSE_USUAL;
	snprintf(f->text, sizeof(f->text), "%s", text);
}

/* After a 401: say which ways to log in the server accepts. */
static void
fault_of_login(const struct http_answer *a, struct fault *f)
{
	const char *wants = "a user and a password, or rejects those given";

	set_fault(f, FAULT_REQUEST, EX_NOPERM, "");
	f->cause = CAUSE_CREDENTIALS;
	if (strcasecmp(a->logins, "Bearer") == 0)
		wants = "a token, or rejects the one given";
	else if (strcasecmp(a->logins, "Negotiate") == 0)
		wants = (curl_version_info(CURLVERSION_NOW)->features &
			    CURL_VERSION_SPNEGO) != 0
			    ? "a Kerberos ticket"
			    : "a Kerberos ticket, which this libcurl cannot "
			      "use (it is built without GSS-API)";
	snprintf(f->text, sizeof(f->text), "the server wants %s (HTTP 401%s%s)",
	    wants, a->logins[0] != '\0' ? ", " : "", a->logins);
}

/* Fill in the fault for a status that is neither 200 nor 206. */
static void
fault_of_status(int http, struct fault *f)
{
	size_t i;

	for (i = 0; statuses[i].http != 0; i++)
		if (statuses[i].http == http)
			break;
	if (statuses[i].http != 0) {
		snprintf(f->text, sizeof(f->text), "%s (HTTP %d)",
		    statuses[i].text, http);
		f->kind = statuses[i].kind;
		f->status = statuses[i].status;
		f->cause = statuses[i].cause;
		return;
	}
	f->kind = http >= 500 ? FAULT_TRANSIENT : FAULT_REQUEST;
	f->status = http >= 500 ? EX_UNAVAILABLE : EX_PROTOCOL;
	f->cause = CAUSE_SERVER;
	snprintf(f->text, sizeof(f->text), "the server %s (HTTP %d)",
	    http >= 500 ? "has an error" : "does not accept the request", http);
}

bool
http_is_about_place(int status)
{
	return status == 403 || status == 404 || status == 410;
}

bool
http_is_busy(int status)
{
	return status == 408 || status == 425 || status == 429 ||
	       (status >= 500 && status != 501 && status != 505);
}

/*
 * A flaw in the first answer shows what the server cannot do. In a later
 * answer, the same flaw may come from a proxy, for example, and another try may
 * help.
 */
static bool
flaw(bool is_probe, int status, const char *text, struct fault *f)
{
	set_fault(f, is_probe ? FAULT_REQUEST : FAULT_TRANSIENT, status, text);
	return true;
}

bool
http_fault_of_answer(
    const struct http_answer *a, bool is_probe, struct fault *f)
{
	/* For a range of an empty file, nginx answers 200. */
	if (((a->status == 416 && a->has_size && a->total == 0) ||
		(a->status == 200 && a->has_length && a->length == 0)) &&
	    is_probe)
		return flaw(true, EX_DATAERR, "the image is empty", f);
	if (a->status == 200 && a->is_html)
		return flaw(is_probe, EX_DATAERR,
		    "the server answers with a web page (a login page?)", f);
	/* Without the length, we would not notice a file that is cut short. */
	if (a->status == 200 && a->bad_length)
		return flaw(is_probe, EX_PROTOCOL,
		    "the server sends a Content-Length that is no number of "
		    "bytes",
		    f);
	/* Some servers refuse every range by 416; the file is not empty. */
	if (a->status == 200 || (a->status == 416 && is_probe)) {
		flaw(is_probe, EX_DATAERR,
		    "the server cannot send parts of a file (no ranges)", f);
		f->cause = CAUSE_RANGES;
		if (is_probe)
			f->kind = FAULT_NO_RANGES;
		f->size = a->status == 416 ? a->total
			  : a->has_length  ? a->length
					   : 0;
		return true;
	}
	if (a->status == 401) {
		fault_of_login(a, f);
		return true;
	}
	if (a->status != 206) {
		fault_of_status(a->status, f);
		return true;
	}
	if (a->is_multipart)
		return flaw(is_probe, EX_PROTOCOL,
		    "the server sends several ranges (multipart/byteranges)",
		    f);
	if (!a->has_range)
		return flaw(is_probe, EX_PROTOCOL,
		    "the server does not say which range it sends", f);
	return false;
}

bool
http_fault_of_whole(const struct http_answer *a, struct fault *f)
{
	if (a->status == 200 && !a->is_html)
		return false;
	if (a->status == 206)
		set_fault(f, FAULT_TRANSIENT, EX_PROTOCOL,
		    "the server sends a range that nobody asked for");
	else
		http_fault_of_answer(a, true, f);
	return true;
}

/*
 * If this machine's clock is wrong (on a board without a battery), every
 * certificate seems to be expired or not yet valid: mention the clock.
 */
static void
add_clock(struct fault *f)
{
	time_t now = time(NULL);
	size_t used = strlen(f->text);
	char date[32];
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL)
		return;
	strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	if (now < RELEASE_TIME)
		snprintf(f->text + used, sizeof(f->text) - used,
		    "; this machine's clock is wrong (%s): set it", date);
	else if (strstr(f->text, "not yet valid") != NULL ||
		 strstr(f->text, "expired") != NULL)
		snprintf(f->text + used, sizeof(f->text) - used,
		    "; this machine's clock says %s", date);
}

/* The connection broke: find out whether by a TLS alert, a proxy's refusal, or
 * another cause. */
static void
kind_of_broken(const char *text, struct fault *f)
{
	if (strstr(text, "alert") != NULL) {
		f->status = EX_NOPERM;
		f->cause = CAUSE_TLS;
	} else if (strstr(text, "tunnel failed, response 4") != NULL) {
		f->kind = FAULT_REQUEST;
		f->status = EX_NOPERM;
		f->cause = strstr(text, "response 407") != NULL
			       ? CAUSE_CREDENTIALS
			       : CAUSE_FORBIDDEN;
	} else if (strstr(text, "tunnel failed") != NULL) {
		f->status = EX_UNAVAILABLE;
	}
}

static void
kind_of_curl(int code, const char *text, struct fault *f)
{
	f->kind = FAULT_TRANSIENT;
	f->status = EX_IOERR;
	f->cause = CAUSE_UNREACHABLE;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		f->status = EX_NOHOST;
		f->cause = CAUSE_NAME;
		break;
	case CURLE_COULDNT_CONNECT:
	case CURLE_GOT_NOTHING:
		f->status = EX_UNAVAILABLE;
		break;
	case CURLE_OPERATION_TIMEDOUT:
		/* The server was reached, but sent nothing: it may be busy. */
		f->status = EX_UNAVAILABLE;
		if (strncmp(text, "Operation too slow", 18) == 0) {
			f->status = EX_TEMPFAIL;
			f->cause = CAUSE_TIMEOUT;
		}
		break;
	case CURLE_SSL_CONNECT_ERROR:
		f->status = EX_NOPERM;
		f->cause = CAUSE_TLS;
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
		f->kind = FAULT_REQUEST;
		f->status = EX_NOPERM;
		f->cause = CAUSE_TLS;
		break;
	case CURLE_RECV_ERROR:
		kind_of_broken(text, f);
		break;
	case CURLE_UNSUPPORTED_PROTOCOL:
		f->status = EX_PROTOCOL; /* an unknown HTTP version */
		f->cause = CAUSE_SERVER;
		break;
	case CURLE_URL_MALFORMAT:
		f->kind = FAULT_REQUEST;
		f->status = EX_PROTOCOL;
		f->cause = CAUSE_SERVER;
		break;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		f->status = EX_PROTOCOL;
		f->cause = CAUSE_SERVER;
		break;
	}
}

void
http_fault_of_curl(int code, const char *text, struct fault *f)
{
	const char *what = "";

	if (*text == '\0')
		text = curl_easy_strerror((CURLcode)code);
	kind_of_curl(code, text, f);
	if (strstr(text, "tunnel failed") != NULL)
		what = "the proxy refuses: ";
	snprintf(f->text, sizeof(f->text), "%s%s", what, text);
	if (f->status == EX_NOPERM)
		add_clock(f);
}
