/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * Tickets: what they let in, and until when.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bearssl.h>

#include "check.h"
#include "ws-monitor/ticket-check.h"

#define WORD   "abcdefghijklmnopqrstuvwxyz-_0123456789"
#define RESUME "RESUME-RESUME-RESUME-RESUME"
#define OTHER  "another-word-that-is-long-enough-to-be-secret"

static char dir[] = "/tmp/ticket.XXXXXX";
static struct ticket_grant grant;

static const char *
file_of(const char *word)
{
	static char path[256];
	unsigned char hash[br_sha256_SIZE];
	br_sha256_context sha;
	unsigned i;

	br_sha256_init(&sha);
	br_sha256_update(&sha, word, strlen(word));
	br_sha256_out(&sha, hash);
	i = (unsigned)sprintf(path, "%s/", dir);
	for (const unsigned char *h = hash; h < hash + sizeof(hash); h++)
		i += (unsigned)sprintf(path + i, "%02x", *h);
	return path;
}

static void
make(const char *word, const char *text)
{
	FILE *f = fopen(file_of(word), "w");

	CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static bool
is_there(const char *word)
{
	return access(file_of(word), F_OK) == 0;
}

#define LATER "expires 99999999999\n"

static void
test_once(void)
{
	make(WORD, LATER "path /vm/0\npath /nbd/0\nonce yes\n");
	CHECK(!ticket_use(dir, WORD, "/vm/1", NULL, &grant));
	CHECK(!ticket_use(dir, WORD, "/vm/", NULL, &grant));
	CHECK(!ticket_use(dir, WORD "x", "/vm/0", NULL, &grant));
	CHECK(!ticket_use(dir, "", "/vm/0", NULL, &grant));
	/* A request for another slot did not use up the ticket. */
	CHECK(is_there(WORD));
	CHECK(ticket_use(dir, WORD, "/nbd/0", NULL, &grant));
	CHECK(!is_there(WORD));
	CHECK(!ticket_use(dir, WORD, "/nbd/0", NULL, &grant));
	/* A ticket is good for one use unless it says otherwise. */
	make(WORD, LATER "path /vm/0\n");
	CHECK(ticket_use(dir, WORD, "/vm/0", NULL, &grant) && !is_there(WORD));
	make(WORD, LATER "path /vm/0\nonce no\n");
	CHECK(ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	CHECK(ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	unlink(file_of(WORD));
}

static void
test_time(void)
{
	struct timespec t;
	char text[128];

	clock_gettime(CLOCK_BOOTTIME, &t);
	snprintf(
	    text, sizeof(text), "expires %ld\npath /vm/0\n", (long)t.tv_sec);
	make(WORD, text);
	CHECK(!ticket_use(dir, WORD, "/vm/0", NULL, &grant) && !is_there(WORD));
	snprintf(text, sizeof(text), "expires %ld\npath /vm/0\n",
	    (long)t.tv_sec + 60);
	make(WORD, text);
	CHECK(ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	/* A ticket without `expires` has expired. */
	make(WORD, "path /vm/0\n");
	CHECK(!ticket_use(dir, WORD, "/vm/0", NULL, &grant));
}

static void
test_none(void)
{
	static const char *const wrong[] = {"", "\n", "expires\n",
	    "expires x\npath /vm/0\n", LATER "path /vm/0\nadmin yes\n",
	    LATER "path  /vm/0\n", LATER "path /vm/0 \n"};
	char other[256];
	unsigned i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		make(WORD, wrong[i]);
		CHECK(!ticket_use(dir, WORD, "/vm/0", NULL, &grant));
		unlink(file_of(WORD));
	}
	/* A short word can be guessed, and a symbolic link leads elsewhere. */
	make("short", LATER "path /vm/0\nonce no\n");
	CHECK(!ticket_use(dir, "short", "/vm/0", NULL, &grant));
	unlink(file_of("short"));
	make(RESUME, LATER "path /vm/0\n");
	strcpy(other, file_of(RESUME));
	CHECK(symlink(other, file_of(WORD)) == 0);
	CHECK(!ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	unlink(other);
	unlink(file_of(WORD));
	CHECK(!ticket_use("/nonexistent", WORD, "/vm/0", NULL, &grant));
}

/* A key that never had a session does not resume one. */
static void
test_held(void)
{
	make(WORD, LATER "path /vm/0\nonce no\nresume held\n");
	CHECK(ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	CHECK(!grant.is_back && strlen(grant.resume) == 64);
	make(WORD, LATER "path /vm/0\nonce no\nresume yes\n");
	CHECK(ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	CHECK(grant.is_back && strlen(grant.resume) == 64);
	unlink(file_of(WORD));
}

/* The file's time is the last use: vm-slot compares it at a take-over. */
static void
test_newest(void)
{
	const struct timespec old[2] = {{1, 0}, {1, 0}};
	struct stat st;

	make(WORD, LATER "path /vm/0\nonce no\n");
	CHECK(utimensat(AT_FDCWD, file_of(WORD), old, 0) == 0);
	CHECK(!ticket_use(dir, WORD, "/vm/1", NULL, &grant));
	CHECK(stat(file_of(WORD), &st) == 0 && st.st_mtime == 1);
	CHECK(ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	CHECK(stat(file_of(WORD), &st) == 0 && st.st_mtime > 1);
	unlink(file_of(WORD));
}

static void
test_ended(void)
{
	char text[512];

	make(WORD, LATER "path /vm/0\nended 0 ejected by the host\n");
	CHECK(ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	CHECK(strcmp(grant.ended, "0 ejected by the host") == 0);
	CHECK(!is_there(WORD));
	CHECK(!ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	CHECK(grant.ended[0] == '\0');
	/* A ticket whose session has ended can't be resumed. */
	make(WORD, LATER "path /vm/0\nended 0 ejected\n");
	CHECK(ticket_use(dir, WORD, "/vm/0", RESUME, &grant));
	CHECK(!is_there(WORD) && !is_there(RESUME));
	snprintf(text, sizeof(text), LATER "path /vm/0\nended 65 %0300d\n", 0);
	make(WORD, text);
	CHECK(ticket_use(dir, WORD, "/vm/0", NULL, &grant));
	CHECK(strlen(grant.ended) == sizeof(grant.ended) - 1);
}

/* The key expires in at most 5 minutes: a client that is then refused cannot
 * use it longer. */
static void
check_minutes(const char *word)
{
	struct timespec now;
	long expires = 0;
	FILE *f = fopen(file_of(word), "r");

	CHECK(f != NULL && fscanf(f, "expires %ld", &expires) == 1);
	if (f != NULL)
		fclose(f);
	clock_gettime(CLOCK_BOOTTIME, &now);
	CHECK(expires > (long)now.tv_sec && expires <= (long)now.tv_sec + 300);
}

static void
test_again(void)
{
	struct stat st;

	make(WORD, LATER "path /vm/0\npath /nbd/0\nonce yes\n");
	CHECK(ticket_use(dir, WORD, "/vm/0", RESUME, &grant));
	CHECK(!grant.is_back);
	CHECK(strcmp(grant.resume, strrchr(file_of(RESUME), '/') + 1) == 0);
	CHECK(!ticket_use(dir, WORD, "/vm/0", RESUME, &grant));
	CHECK(is_there(RESUME));
	check_minutes(RESUME);
	CHECK(ticket_use(dir, RESUME, "/vm/0", NULL, &grant));
	CHECK(grant.is_back);
	CHECK(strcmp(grant.resume, strrchr(file_of(RESUME), '/') + 1) == 0);
	CHECK(ticket_use(dir, RESUME, "/nbd/0", NULL, &grant));
	CHECK(!ticket_use(dir, RESUME, "/vm/1", NULL, &grant));
	CHECK(stat(file_of(RESUME), &st) == 0 && st.st_size < 200);
	/* The use of a key makes no further key, which would start a new
	 * session. */
	CHECK(ticket_use(dir, RESUME, "/vm/0", OTHER, &grant));
	CHECK(!is_there(OTHER));
	make(RESUME, LATER "path /vm/0\nonce no\nresume held\n");
	CHECK(ticket_use(dir, RESUME, "/vm/0", OTHER, &grant));
	CHECK(!is_there(OTHER));
	unlink(file_of(RESUME));
	/* A word that is too short for a secret does not become a key. */
	make(WORD, LATER "path /vm/0\nonce yes\n");
	CHECK(ticket_use(dir, WORD, "/vm/0", "short", &grant));
	CHECK(!is_there("short"));
}

int
main(void)
{
	CHECK(mkdtemp(dir) != NULL);
	test_once();
	test_time();
	test_none();
	test_held();
	test_newest();
	test_ended();
	test_again();
	CHECK(rmdir(dir) == 0);
	return check_status();
}
