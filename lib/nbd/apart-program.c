/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <unistd.h>

#include "nbd/apart-program.h"

extern char **environ;

/* Unblock the signals: a caller that uses signalfd(2) has blocked them. */
static int
block_none(posix_spawnattr_t *attributes)
{
	sigset_t none;
	int error;

	sigemptyset(&none);
	error = posix_spawnattr_setsigmask(attributes, &none);
	return error != 0 ? error
			  : posix_spawnattr_setflags(
				attributes, POSIX_SPAWN_SETSIGMASK);
}

static int
place(posix_spawn_file_actions_t *actions, int socket, int back)
{
	int error =
	    posix_spawn_file_actions_adddup2(actions, socket, STDIN_FILENO);

	return error != 0 ? error
			  : posix_spawn_file_actions_adddup2(
				actions, back, STDOUT_FILENO);
}

pid_t
nbd_apart_spawn(int socket, int back, const struct nbd_wish *wish)
{
	char limit[12], *argv[] = {NBD_APART_PROGRAM, "-H", limit,
			    wish->read_only ? "-r" : NULL, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t child = -1;
	int error;

	snprintf(limit, sizeof(limit), "%d", wish->limit);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	error = place(&actions, socket, back);
	if (error == 0)
		error = block_none(&attributes);
	if (error == 0)
		error = posix_spawnp(
		    &child, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	errno = error;
	return error == 0 ? child : -1;
}
