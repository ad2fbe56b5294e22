/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>

#include <seccomp.h>

#include "sandbox.h"

/*
 * This list refuses calls, and does not allow them: libcurl, libnfs,
 * libsmbclient and the C library may need another call in their next version,
 * and an image would fail.
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
    SCMP_SYS(clock_settime),
    SCMP_SYS(delete_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(init_module),
    SCMP_SYS(ioperm),
    SCMP_SYS(iopl),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(kexec_load),
    SCMP_SYS(personality),
    SCMP_SYS(quotactl),
    SCMP_SYS(reboot),
    SCMP_SYS(sethostname),
    SCMP_SYS(settimeofday),
    SCMP_SYS(swapoff),
    SCMP_SYS(swapon),
    SCMP_SYS(syslog),
};

/* Refuse socket(2) for the families that compare with this one like that. */
static int
refuse_family(scmp_filter_ctx filter, enum scmp_compare compare, int family)
{
	const struct scmp_arg_cmp first = {
	    .arg = 0, .op = compare, .datum_a = (scmp_datum_t)family};

	return seccomp_rule_add_array(
	    filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, &first);
}

/*
 * Allow sockets of the local machine, of the Internet and, for names and
 * routes, of netlink; refuse all other families.
 */
static int
refuse_sockets(scmp_filter_ctx filter)
{
	int family, rc = refuse_family(filter, SCMP_CMP_GT, AF_NETLINK);

	for (family = AF_UNIX + 1; family < AF_NETLINK && rc == 0; family++)
		if (family != AF_INET && family != AF_INET6)
			rc = refuse_family(filter, SCMP_CMP_EQ, family);
	return rc;
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
		rc = seccomp_rule_add(
		    filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
	if (rc == 0)
		rc = refuse_sockets(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	errno = -rc;
	return rc == 0 ? 0 : -1;
}
