/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/sched.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

#include <seccomp.h>

#include "unix/sandbox.h"

/*
 * A list of refused calls, not of allowed ones: the next version of libcurl,
 * libnfs, libsmbclient or the C library may need another call, and reading an
 * image would fail.
 */
static const int refused[] = {
    /* other programs, and other processes */
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(ptrace),
    /* mounts and namespaces */
    SCMP_SYS(chroot),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fspick),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(mount),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(move_mount),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(open_tree),
    SCMP_SYS(pivot_root),
    SCMP_SYS(setns),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    /* large parts of the kernel that nothing here needs */
    SCMP_SYS(add_key),
    SCMP_SYS(bpf),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(keyctl),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(request_key),
    SCMP_SYS(userfaultfd),
    /* the machine */
    SCMP_SYS(acct),
    SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(clock_adjtime64),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_settime64),
    SCMP_SYS(delete_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(init_module),
    SCMP_SYS(ioperm),
    SCMP_SYS(iopl),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(kexec_load),
    SCMP_SYS(personality),
    SCMP_SYS(quotactl),
    SCMP_SYS(quotactl_fd),
    SCMP_SYS(reboot),
    SCMP_SYS(sethostname),
    SCMP_SYS(settimeofday),
    SCMP_SYS(swapoff),
    SCMP_SYS(swapon),
    SCMP_SYS(syslog),
};

/* Refuse a call with an errno if all these arguments match. */
static int
refuse_where(scmp_filter_ctx filter, int error, int call, unsigned count,
    const struct scmp_arg_cmp *arguments)
{
	return seccomp_rule_add_array(
	    filter, SCMP_ACT_ERRNO(error), call, count, arguments);
}

/* Refuse socket(2) for the families that match this comparison. */
static int
refuse_family(scmp_filter_ctx filter, enum scmp_compare compare, int family)
{
	const struct scmp_arg_cmp first = {
	    .arg = 0, .op = compare, .datum_a = (scmp_datum_t)family};

	return refuse_where(filter, EPERM, SCMP_SYS(socket), 1, &first);
}

/*
 * Allow sockets of the local machine, of the Internet and, for names and
 * routes, of rtnetlink(7); refuse all other families and netlink protocols.
 *
 * Some 32-bit machines (i386) make every socket by socketcall(2), whose
 * arguments are in memory, where no filter can read them. libseccomp would
 * refuse all sockets there, so they keep all families.
 */
static int
refuse_sockets(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp netlink[] = {
	    {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = AF_NETLINK},
	    {.arg = 2, .op = SCMP_CMP_NE, .datum_a = NETLINK_ROUTE}};
	int family, rc;

	if (SCMP_SYS(socketcall) >= 0)
		return 0;
	rc = refuse_family(filter, SCMP_CMP_GT, AF_NETLINK);
	for (family = AF_UNIX + 1; family < AF_NETLINK && rc == 0; family++)
		if (family != AF_INET && family != AF_INET6)
			rc = refuse_family(filter, SCMP_CMP_EQ, family);
	if (rc == 0)
		rc = refuse_where(filter, EPERM, SCMP_SYS(socket), 2, netlink);
	return rc;
}

/*
 * Refuse clone(2) with a new namespace. In its own user namespace, a process
 * has all capabilities, and reaches much more of the kernel. The flags of
 * clone3(2) are in memory, so that call fails with ENOSYS: then the C library
 * makes threads by clone(2).
 */
static int
refuse_namespaces(scmp_filter_ctx filter)
{
	static const unsigned flags[] = {CLONE_NEWNS, CLONE_NEWCGROUP,
	    CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,
	    CLONE_NEWNET};
	struct scmp_arg_cmp has = {.op = SCMP_CMP_MASKED_EQ};
	size_t i;
	int rc = 0;

#ifdef __s390__
	has.arg = 1; /* the stack is the first argument there */
#endif
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]) && rc == 0; i++) {
		has.datum_a = has.datum_b = flags[i];
		rc = refuse_where(filter, EPERM, SCMP_SYS(clone), 1, &has);
	}
	if (rc == 0)
		rc = refuse_where(filter, ENOSYS, SCMP_SYS(clone3), 0, NULL);
	return rc;
}

/*
 * Refuse requests that type into an open terminal, or change its line
 * discipline (ioctl_tty(2)). The kernel uses the lower 32 bits of a request.
 */
static int
refuse_terminals(scmp_filter_ctx filter)
{
	static const unsigned requests[] = {TIOCSTI, TIOCLINUX, TIOCSETD};
	struct scmp_arg_cmp is = {
	    .arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX};
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]) && rc == 0;
	     i++) {
		is.datum_b = requests[i];
		rc = refuse_where(filter, EPERM, SCMP_SYS(ioctl), 1, &is);
	}
	return rc;
}

/* Load the filter, unless rc is an error, and free it. */
static int
enter(scmp_filter_ctx filter, int rc)
{
	if (filter == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	errno = -rc;
	return rc == 0 ? 0 : -1;
}

int
sandbox_enter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	size_t i;
	int rc;

	if (filter == NULL) {
		errno = ENOMEM;
		return -1;
	}
	/* A library may have started threads already. */
	rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]) && rc == 0; i++)
		rc = refuse_where(filter, EPERM, refused[i], 0, NULL);
	if (rc == 0)
		rc = refuse_sockets(filter);
	if (rc == 0)
		rc = refuse_namespaces(filter);
	if (rc == 0)
		rc = refuse_terminals(filter);
	return enter(filter, rc);
}

/* --- local ---------------------------------------------------------------- */

/* Calls that make, change, rename or remove a file. */
static const int changing[] = {
    SCMP_SYS(chmod),
    SCMP_SYS(chown),
    SCMP_SYS(creat),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(fchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(lchown),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(openat2), /* its flags are in memory */
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(rmdir),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(truncate),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
};

/* Refuse open(2) and openat(2) for writing. */
static int
refuse_writing(scmp_filter_ctx filter)
{
	static const unsigned flags[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC};
	struct scmp_arg_cmp has = {.op = SCMP_CMP_MASKED_EQ};
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]) && rc == 0; i++) {
		has.datum_a = has.datum_b = flags[i];
		has.arg = 1;
		rc = refuse_where(filter, EPERM, SCMP_SYS(open), 1, &has);
		has.arg = 2;
		if (rc == 0)
			rc = refuse_where(
			    filter, EPERM, SCMP_SYS(openat), 1, &has);
	}
	return rc;
}

int
sandbox_enter_local(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	size_t i;
	int rc = 0;

	if (filter == NULL) {
		errno = ENOMEM;
		return -1;
	}
	for (i = 0; i < sizeof(changing) / sizeof(changing[0]) && rc == 0; i++)
		rc = refuse_where(filter, EPERM, changing[i], 0, NULL);
	if (rc == 0)
		rc = refuse_writing(filter);
	/* For socketcall(2), see refuse_sockets(). */
	if (rc == 0 && SCMP_SYS(socketcall) < 0)
		rc = refuse_family(filter, SCMP_CMP_NE, AF_UNIX);
	/* Both filters stay, and a call must pass both. */
	return enter(filter, rc) == 0 ? sandbox_enter() : -1;
}

bool
sandbox_is_missing(int error)
{
	return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

/* --- strict -------------------------------------------------------------- */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Calls of a process that only moves bytes, and of the C library for it. */
static const int allowed[] = {
    /* descriptors */
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    /* sockets */
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(send),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(mmap),
    SCMP_SYS(mmap2),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    /* the process itself, and its end */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigreturn),
    /* time and random numbers */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(getrandom),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(nanosleep),
    SCMP_SYS(time),
};

/* Further calls of a process that already has a device or a file open. */
static const int allowed_device[] = {
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(fallocate),
    SCMP_SYS(fdatasync),
    SCMP_SYS(io_cancel),
    SCMP_SYS(io_destroy),
    SCMP_SYS(io_getevents),
    SCMP_SYS(io_submit),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
};

static int
allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < count && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return rc;
}

/* Returns a filter that allows only these, and its state in *rc; or NULL. */
static scmp_filter_ctx
make_strict(int *rc)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (filter == NULL)
		return NULL;
	/* Use a tree instead of a list: each read and write passes it. */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	*rc = allow(filter, allowed, sizeof(allowed) / sizeof(*allowed));
	return filter;
}
#endif

int
sandbox_enter_strict(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	int rc = 0;
	scmp_filter_ctx filter = make_strict(&rc);

	return enter(filter, rc);
#else
	return 0;
#endif
}

int
sandbox_enter_device(unsigned request)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	const struct scmp_arg_cmp is = {.arg = 1,
	    .op = SCMP_CMP_MASKED_EQ,
	    .datum_a = UINT32_MAX,
	    .datum_b = request};
	int rc = -1;
	scmp_filter_ctx filter = make_strict(&rc);

	if (filter != NULL && rc == 0)
		rc = allow(filter, allowed_device,
		    sizeof(allowed_device) / sizeof(*allowed_device));
	if (filter != NULL && rc == 0)
		rc = seccomp_rule_add_array(
		    filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, &is);
	return enter(filter, rc);
#else
	(void)request;
	return 0;
#endif
}
