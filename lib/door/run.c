/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "door/run.h"
#include "unix/privileges.h"

#define FIRST_SECRET 3 /* the program has the first secret at this descriptor */
#define MOVED_SECRET 20 /* before that, the first is here or above */

void
run_add(struct run *r, const char *arg)
{
	if (r->count < RUN_ARGS - 1)
		r->args[r->count++] = arg;
}

void
run_add_secret(
    struct run *r, const char *option, const char *secret, size_t len)
{
	unsigned i = r->secret_count;

	if (i == RUN_SECRETS)
		return;
	r->secrets[i] = secret_to_fd(secret, len);
	snprintf(
	    r->paths[i], sizeof(r->paths[i]), "/dev/fd/%u", FIRST_SECRET + i);
	r->secret_count++;
	run_add(r, option);
	run_add(r, r->paths[i]);
}

/* --- the child ------------------------------------------------------------ */

/* Move the secrets to the descriptors in their paths, and close all above. */
static void
place_secrets(const struct run *r)
{
	int moved[RUN_SECRETS];
	unsigned i;

	/* Move all of them away first: one may have a number that
	 * another one needs. */
	for (i = 0; i < r->secret_count; i++)
		moved[i] = fcntl(r->secrets[i], F_DUPFD, MOVED_SECRET);
	for (i = 0; i < r->secret_count; i++)
		dup2(moved[i], FIRST_SECRET + (int)i);
	close_from(FIRST_SECRET + (int)r->secret_count);
}

static void
start(const struct run *r, int in, int out, int errors)
{
	static const char *const environment[] = {"PATH", "VM_RUN_DIR",
	    "VM_CONF", "VM_CONFIGFS", "VM_SYS", "VM_IMAGE_DIR", "VM_PATH",
	    "VM_DEV"};
	const char *values[sizeof(environment) / sizeof(environment[0])];
	sigset_t none;
	size_t i, count = sizeof(environment) / sizeof(environment[0]);

	for (i = 0; i < count; i++) {
		values[i] = getenv(environment[i]);
		values[i] = values[i] != NULL ? strdup(values[i]) : NULL;
	}
	clearenv();
	for (i = 0; i < count; i++)
		if (values[i] != NULL)
			setenv(environment[i], values[i], 1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	place_secrets(r);
	execvp(r->args[0], (char *const *)(void *)r->args);
	_exit(errno == ENOENT ? 127 : 126);
}

/* --- what it says --------------------------------------------------------- */

/* Read what has arrived, and keep it if there is room. Returns
 * false at the end. */
static bool
keep(int fd, char *buf, size_t *len)
{
	char rest[4096];
	bool is_full = *len == RUN_OUTPUT - 1;
	ssize_t n = is_full ? read(fd, rest, sizeof(rest))
			    : read(fd, buf + *len, RUN_OUTPUT - 1 - *len);

	if (n == -1 && errno == EINTR)
		return true;
	if (n > 0 && !is_full)
		*len += (size_t)n;
	return n > 0;
}

static void
keep_both(struct run *r, int out, int errors)
{
	struct pollfd p[2] = {
	    {.fd = out, .events = POLLIN}, {.fd = errors, .events = POLLIN}};
	char *bufs[2] = {r->output, r->errors};
	size_t lens[2] = {0, 0};
	unsigned i;

	while (p[0].fd != -1 || p[1].fd != -1) {
		if (poll(p, 2, -1) == -1 && errno != EINTR)
			return;
		for (i = 0; i < 2; i++)
			if (p[i].fd != -1 && p[i].revents != 0 &&
			    !keep(p[i].fd, bufs[i], &lens[i]))
				p[i].fd = -1;
	}
}

int
run_program(struct run *r)
{
	int out[2] = {-1, -1}, errors[2] = {-1, -1}, in, status = -1, error;
	const char *input = r->input != NULL ? r->input : "";
	pid_t pid = -1;
	unsigned i;

	r->args[r->count] = NULL;
	r->output = calloc(1, RUN_OUTPUT);
	r->errors = calloc(1, RUN_OUTPUT);
	in = secret_to_fd(input, strlen(input));
	if (in != -1 && r->output != NULL && r->errors != NULL &&
	    pipe(out) == 0 && pipe(errors) == 0)
		pid = fork();
	if (pid == 0)
		start(r, in, out[1], errors[1]);
	error = errno;
	if (in != -1)
		close(in);
	close(out[1]);
	close(errors[1]);
	for (i = 0; i < r->secret_count; i++)
		close(r->secrets[i]);
	if (pid != -1) {
		keep_both(r, out[0], errors[0]);
		while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
			;
		status = WIFEXITED(status) ? WEXITSTATUS(status)
					   : 128 + WTERMSIG(status);
	}
	close(out[0]);
	close(errors[0]);
	errno = error;
	return status;
}

const char *
run_reason(struct run *r)
{
	char *line = r->errors != NULL ? r->errors : NULL, *end, *colon;
	size_t len = line != NULL ? strlen(line) : 0;

	while (len > 0 && line[len - 1] == '\n')
		line[--len] = '\0';
	if (len == 0)
		return "";
	end = strrchr(line, '\n');
	line = end != NULL ? end + 1 : line;
	colon = strstr(line, ": ");
	return colon != NULL && strcspn(line, " ") > (size_t)(colon - line)
		   ? colon + 2
		   : line;
}

void
run_free(struct run *r)
{
	free(r->output);
	free(r->errors);
	*r = (struct run){.count = 0};
}
