/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * What the sandbox refuses, and what it must allow because the libraries need
 * it. Each check runs in a process of its own that has entered the sandbox.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/netlink.h>
#include <linux/sched.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "unix/sandbox.h"

/* High bits of an argument, which the kernel cuts off, but a filter
 * compares. */
#define HIGH ((unsigned long)UINT32_MAX + 1)

/*
 * Returns the errno with which a call fails in the sandbox, 0 if it works, or
 * 255 if the sandbox can't be entered.
 */
static int
errno_after(int (*enter)(void), long (*call)(long), long argument)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (enter() == -1)
			_exit(255);
		_exit(call(argument) == -1 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static int
errno_inside(long (*call)(long), long argument)
{
	return errno_after(sandbox_enter, call, argument);
}

/* --- namespaces -------------------------------------------------------- */

static long
make_child(long flags)
{
	long pid =
	    syscall(SYS_clone, (unsigned long)flags | SIGCHLD, 0L, 0L, 0L, 0L);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
make_child_by_clone3(long flags)
{
	struct clone_args args = {
	    .flags = (uint64_t)flags, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid;
}

static void *
nothing(void *argument)
{
	return argument;
}

static long
make_thread(long unused)
{
	pthread_t thread;

	(void)unused;
	errno = pthread_create(&thread, NULL, nothing, NULL);
	if (errno != 0)
		return -1;
	return pthread_join(thread, NULL) == 0 ? 0 : -1;
}

static void
test_namespaces(void)
{
	static const unsigned flags[] = {CLONE_NEWUSER, CLONE_NEWNET,
	    CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWIPC, CLONE_NEWUTS,
	    CLONE_NEWCGROUP, CLONE_NEWUSER | CLONE_NEWNET};
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		CHECK(errno_inside(make_child, (long)flags[i]) == EPERM);
	CHECK(errno_inside(make_child_by_clone3, CLONE_NEWUSER) == ENOSYS);
	CHECK(errno_inside(make_child_by_clone3, 0) == ENOSYS);
	CHECK(errno_inside(make_child, 0) == 0);
	CHECK(errno_inside(make_thread, 0) == 0);
}

/* --- sockets ----------------------------------------------------------- */

static long
make_netlink(long protocol)
{
	return syscall(SYS_socket, (long)AF_NETLINK, (long)SOCK_RAW, protocol);
}

static long
make_socket(long family)
{
	return syscall(SYS_socket, family, (long)SOCK_STREAM, 0L);
}

/* A socket as the C library makes it, perhaps with socketcall(2). */
static long
make_usual_socket(long family)
{
	return socket((int)family, SOCK_STREAM, 0);
}

static void
test_sockets(void)
{
	CHECK(errno_inside(make_usual_socket, AF_INET) == 0);
	CHECK(errno_inside(make_usual_socket, AF_INET6) != EPERM);
	CHECK(errno_inside(make_usual_socket, AF_UNIX) == 0);
	CHECK(errno_inside(make_netlink, NETLINK_ROUTE) == 0);
#ifndef SYS_socketcall
	CHECK(errno_inside(make_netlink, NETLINK_NETFILTER) == EPERM);
	CHECK(errno_inside(make_netlink, NETLINK_GENERIC) == EPERM);
	CHECK(errno_inside(make_netlink, NETLINK_XFRM) == EPERM);
	CHECK(errno_inside(make_socket, AF_PACKET) == EPERM);
	CHECK(errno_inside(make_socket, AF_VSOCK) == EPERM);
	CHECK(errno_inside(make_socket, AF_ALG) == EPERM);
#endif
#if UINTPTR_MAX > UINT32_MAX
	CHECK(errno_inside(make_netlink, (long)(NETLINK_NETFILTER | HIGH)) ==
	      EPERM);
	CHECK(
	    errno_inside(make_netlink, (long)(NETLINK_ROUTE | HIGH)) == EPERM);
	CHECK(errno_inside(make_socket, (long)(AF_ALG | HIGH)) == EPERM);
#endif
}

/* --- local ------------------------------------------------------------- */

static long
open_null(long flags)
{
	return open("/dev/null", (int)flags);
}

static long
make_directory(long unused)
{
	(void)unused;
	return mkdir("/tmp", 0700); /* EEXIST without the sandbox */
}

static void
test_local(void)
{
	CHECK(errno_after(sandbox_enter_local, open_null, O_RDONLY) == 0);
	CHECK(errno_after(sandbox_enter_local, open_null, O_WRONLY) == EPERM);
	CHECK(errno_after(sandbox_enter_local, open_null, O_RDWR) == EPERM);
	CHECK(errno_after(sandbox_enter_local, make_directory, 0) == EPERM);
	CHECK(
	    errno_after(sandbox_enter_local, make_usual_socket, AF_UNIX) == 0);
	CHECK(errno_after(sandbox_enter_local, make_child, 0) == 0);
	CHECK(errno_after(sandbox_enter_local, make_child, CLONE_NEWUSER) ==
	      EPERM);
#ifndef SYS_socketcall
	CHECK(errno_after(sandbox_enter_local, make_socket, AF_INET) == EPERM);
	CHECK(
	    errno_after(sandbox_enter_local, make_socket, AF_NETLINK) == EPERM);
#endif
}

/* --- terminals --------------------------------------------------------- */

static int terminal = -1; /* the controlling terminal of this process */

static long
type(long request)
{
	return syscall(SYS_ioctl, (long)terminal, request, "x");
}

static long
change_discipline(long request)
{
	int n_tty = 0;

	return syscall(SYS_ioctl, (long)terminal, request, &n_tty);
}

static long
ask_size(long request)
{
	struct winsize size;

	return syscall(SYS_ioctl, (long)terminal, request, &size);
}

/* A session of our own on a new terminal, as an operator's shell has it. */
static int
get_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1)
		return -1;
	setsid();
	terminal = open(ptsname(master), O_RDWR);
	return terminal == -1 ? -1 : ioctl(terminal, TIOCSCTTY, 0);
}

static void
test_terminals(void)
{
	CHECK(get_terminal() == 0);
	CHECK(errno_inside(ask_size, TIOCGWINSZ) == 0);
	CHECK(errno_inside(type, TIOCSTI) == EPERM);
	CHECK(errno_inside(type, TIOCLINUX) == EPERM);
	CHECK(errno_inside(change_discipline, TIOCSETD) == EPERM);
#if UINTPTR_MAX > UINT32_MAX
	CHECK(errno_inside(type, (long)(TIOCSTI | HIGH)) == EPERM);
	CHECK(errno_inside(type, (long)(TIOCLINUX | HIGH)) == EPERM);
#endif
}

/* --- strict ------------------------------------------------------------ */

static int
errno_strict(long (*call)(long), long argument)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (sandbox_enter_strict() == -1)
			_exit(255);
		_exit(call(argument) == -1 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static long
open_file(long unused)
{
	(void)unused;
	return open("/dev/null", O_RDONLY);
}

static long
signal_parent(long unused)
{
	(void)unused;
	return kill(getppid(), 0);
}

static long
write_nothing(long fd)
{
	return write((int)fd, "", 0);
}

/* With sanitizers there is no strict sandbox. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_STRICT false
#else
#define HAS_STRICT true
#endif

static void
test_strict(void)
{
	if (!HAS_STRICT)
		return;
	CHECK(errno_strict(open_file, 0) == EPERM);
	CHECK(errno_strict(make_usual_socket, AF_INET) == EPERM);
	CHECK(errno_strict(make_usual_socket, AF_UNIX) == EPERM);
	CHECK(errno_strict(make_child, 0) == EPERM);
	CHECK(errno_strict(make_thread, 0) != 0);
	CHECK(errno_strict(signal_parent, 0) == EPERM);
	CHECK(errno_strict(write_nothing, STDERR_FILENO) == 0);
}

int
main(void)
{
	int status;

	test_namespaces();
	test_sockets();
	test_local();
	test_strict();
	/* In a child, because a process group's leader cannot start a session
	 * and get a terminal. */
	if (fork() == 0) {
		test_terminals();
		_exit(check_status());
	}
	wait(&status);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return check_status();
}
