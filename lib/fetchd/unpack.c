/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "fetchd/spool.h"
#include "fetchd/unpack.h"
#include "unix/privileges.h"
#include "unix/socket.h"

#define FIRST_FD 3 /* the first of the process's own descriptors */

/*
 * An image may be a thousand times as large as its compressed file: the program
 * must fail before the disk, or the memory of a tmpfs, is full.
 */
static void
limit_size(int spool)
{
	uint64_t room = spool_room(spool);
	struct rlimit limit;

	if (room == UINT64_MAX)
		return;
	limit.rlim_cur = limit.rlim_max = (rlim_t)room;
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, SIG_IGN);
}

/* Close all descriptors above standard error except these: some are secret. */
static int
keep(const int fds[3])
{
	int high[3], i;

	for (i = 0; i < 3; i++) {
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST_FD + 3);
		if (high[i] == -1)
			return -1;
	}
	for (i = 0; i < 3; i++)
		if (dup3(high[i], FIRST_FD + i, O_CLOEXEC) == -1)
			return -1;
	close_from(FIRST_FD + 3);
	return 0;
}

static void __attribute__((noreturn))
begin_job(struct unpack_job *job, const char *user, pid_t parent)
{
	const int fds[3] = {job->nbd, job->spool, job->news};
	sigset_t none;

	/* If compromised, we must not type into vm-fetchd's terminal. */
	setsid();
	limit_size(job->spool);
	if (keep(fds) == -1 || become_user(user) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(EX_OSERR);
	job->nbd = FIRST_FD;
	job->spool = FIRST_FD + 1;
	job->news = FIRST_FD + 2;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	unpack_run(job);
}

int
unpack_start(struct unpacking *u, const struct compression *compression,
    const char *socket, const char *user, uint64_t block_max,
    struct failure *why)
{
	struct unpack_job job = {
	    .compression = compression, .block_max = block_max};
	pid_t parent = getpid();
	int pair[2];

	job.spool = u->spool = spool_open(why);
	if (u->spool == -1)
		return -1;
	job.nbd = connect_unix(socket);
	if (job.nbd == -1)
		return fail_errno(why, EX_OSERR, "unable to connect to nbdkit");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1) {
		close(job.nbd);
		return fail_errno(why, EX_OSERR, "unable to make a socket");
	}
	u->news = pair[0];
	job.news = pair[1];
	u->pid = fork();
	if (u->pid == 0)
		begin_job(&job, user, parent);
	close(job.nbd);
	close(job.news);
	if (u->pid != -1)
		return 0;
	u->pid = 0;
	return fail_errno(why, EX_OSERR, "unable to start a process");
}

void
unpack_take(struct unpacking *u, struct unpack_news *news)
{
	char *p;

	memset(news, 0, sizeof(*news));
	if (recv(u->news, news, sizeof(*news), MSG_DONTWAIT) != sizeof(*news)) {
		news->kind = UNPACK_FAILED;
		news->status = EX_OSERR;
		strcpy(
		    news->text, "the process that decompresses it was ended");
	}
	if (news->status < EX__BASE || news->status > EX__MAX)
		news->status = EX_OSERR;
	news->text[sizeof(news->text) - 1] = '\0';
	for (p = news->text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

void
unpack_stop(struct unpacking *u)
{
	if (u->pid > 0) {
		/* Kill its process group, which has the program, too. */
		kill(-u->pid, SIGKILL);
		kill(u->pid, SIGKILL);
		waitpid(u->pid, NULL, 0);
	}
	u->pid = 0;
	if (u->news != -1)
		close(u->news);
	u->news = -1;
}
