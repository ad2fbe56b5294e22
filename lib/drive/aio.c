/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "drive/aio.h"

/* The C library has no wrappers, and libaio is no more than these. */
static long
get_events(struct aio *aio, long min, struct io_event *event)
{
	static long now[2]; /* the old struct timespec, of zeros */

	return syscall(SYS_io_getevents, aio->context, min, 1L, event,
	    min == 0 ? now : NULL);
}

int
aio_open(struct aio *aio)
{
	memset(aio, 0, sizeof(*aio));
	aio->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (aio->event == -1)
		return -1;
	return (int)syscall(SYS_io_setup, AIO_DEPTH, &aio->context);
}

static int
submit(struct aio *aio, unsigned opcode, int fd, uintptr_t bytes, size_t len,
    unsigned tag)
{
	struct iocb *block = aio->blocks;

	while (block < aio->blocks + AIO_DEPTH && block->aio_data != 0)
		block++;
	if (block == aio->blocks + AIO_DEPTH) {
		errno = EAGAIN;
		return -1;
	}
	memset(block, 0, sizeof(*block));
	block->aio_lio_opcode = (uint16_t)opcode;
	block->aio_fildes = (uint32_t)fd;
	block->aio_buf = bytes;
	block->aio_nbytes = len;
	block->aio_flags = IOCB_FLAG_RESFD;
	block->aio_resfd = (uint32_t)aio->event;
	if (syscall(SYS_io_submit, aio->context, 1L, &block) != 1)
		return -1;
	block->aio_data = (uint64_t)(block - aio->blocks) + 1;
	aio->tags[block - aio->blocks] = tag;
	aio->under_way++;
	return 0;
}

int
aio_send(struct aio *aio, int fd, const void *bytes, size_t len, unsigned tag)
{
	return submit(aio, IOCB_CMD_PWRITE, fd, (uintptr_t)bytes, len, tag);
}

int
aio_receive(struct aio *aio, int fd, void *bytes, size_t len, unsigned tag)
{
	return submit(aio, IOCB_CMD_PREAD, fd, (uintptr_t)bytes, len, tag);
}

static int
take(struct aio *aio, long min, struct aio_end *end)
{
	struct io_event event;
	struct iocb *block;

	if (aio->under_way == 0 || get_events(aio, min, &event) != 1)
		return 0;
	block = (struct iocb *)(uintptr_t)event.obj;
	end->tag = aio->tags[block - aio->blocks];
	end->result = event.res;
	block->aio_data = 0;
	aio->under_way--;
	return 1;
}

int
aio_next(struct aio *aio, struct aio_end *end)
{
	return take(aio, 0, end);
}

static void
cancel(struct aio *aio, struct iocb *block)
{
	struct io_event unused;

	/* It says EINPROGRESS, and the end comes as of any other transfer. */
	syscall(SYS_io_cancel, aio->context, block, &unused);
}

void
aio_cancel(struct aio *aio, unsigned tag)
{
	unsigned i;

	for (i = 0; i < AIO_DEPTH; i++)
		if (aio->blocks[i].aio_data != 0 && aio->tags[i] == tag)
			cancel(aio, &aio->blocks[i]);
}

void
aio_cancel_all(struct aio *aio)
{
	struct aio_end unused;
	unsigned i;

	for (i = 0; i < AIO_DEPTH; i++)
		if (aio->blocks[i].aio_data != 0)
			cancel(aio, &aio->blocks[i]);
	while (aio->under_way > 0)
		take(aio, 1, &unused);
}
