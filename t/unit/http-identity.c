/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "sources/http-identity.h"

static struct http_identity id;

/* An answer with these header lines; NULL: without that header. */
static const struct http_answer *
answer(const char *etag, const char *modified)
{
	static struct http_answer a;
	char line[512];

	http_answer_init(&a);
	a.total = 1000;
	if (etag != NULL) {
		snprintf(line, sizeof(line), "ETag: %s", etag);
		http_answer_line(&a, line, strlen(line));
	}
	if (modified != NULL) {
		snprintf(line, sizeof(line), "Last-Modified: %s", modified);
		http_answer_line(&a, line, strlen(line));
	}
	return &a;
}

static void
test_kinds(void)
{
	http_identity_learn(&id, answer("\"1\"", "Monday"));
	CHECK(id.size == 1000 && !id.is_weak);
	CHECK(http_identity_knows(&id, answer("\"1\"", "Tuesday")));
	CHECK(!http_identity_knows(&id, answer("\"2\"", "Monday")));
	CHECK(!http_identity_knows(&id, answer(NULL, "Monday")));
	http_identity_learn(&id, answer(NULL, "Monday"));
	CHECK(http_identity_knows(&id, answer("\"1\"", "Monday")));
	CHECK(!http_identity_knows(&id, answer(NULL, "Tuesday")));
	http_identity_learn(&id, answer(NULL, NULL));
	CHECK(http_identity_knows(&id, answer("\"1\"", "Monday")));
}

/* Weak comparison: RFC 9110 section 8.8.3.2. */
static void
test_weak(void)
{
	http_identity_learn(&id, answer("W/\"1\"", NULL));
	CHECK(id.is_weak && strcmp(id.shown, "W/\"1\"") == 0);
	CHECK(http_identity_knows(&id, answer("\"1\"", NULL)));
	CHECK(!http_identity_knows(&id, answer("W/\"2\"", NULL)));
	http_identity_learn(&id, answer("\"1\"", NULL));
	CHECK(http_identity_knows(&id, answer("W/\"1\"", NULL)));
}

static void
test_accept(void)
{
	char etag[32];
	unsigned i;

	http_identity_learn(&id, answer("\"0\"", NULL));
	http_identity_try(&id, answer("\"1\"", NULL));
	CHECK(!http_identity_knows(&id, answer("\"1\"", NULL)));
	http_identity_accept(&id);
	CHECK(http_identity_knows(&id, answer("\"0\"", NULL)));
	CHECK(http_identity_knows(&id, answer("\"1\"", NULL)));
	for (i = 2; !id.ignored && i < 100; i++) {
		snprintf(etag, sizeof(etag), "\"%u\"", i);
		CHECK(!http_identity_knows(&id, answer(etag, NULL)));
		http_identity_try(&id, answer(etag, NULL));
		http_identity_accept(&id);
	}
	CHECK(i == HTTP_VALIDATORS_MAX);
	CHECK(http_identity_knows(&id, answer("\"any\"", NULL)));
}

static void
test_size(void)
{
	struct http_answer a = *answer(NULL, NULL);

	http_identity_learn(&id, &a);
	CHECK(!http_identity_has_other_size(&id, &a));
	a.total = 999;
	CHECK(http_identity_has_other_size(&id, &a));
	a.total = 0; /* "bytes 0-9" with the total "*" */
	CHECK(!http_identity_has_other_size(&id, &a));
}

int
main(void)
{
	test_kinds();
	test_weak();
	test_accept();
	test_size();
	return check_status();
}
