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
static int
get_events(struct aio *aio, long min, struct io_event *events, long max)
{
	static long now[2]; /* the old struct timespec, of zeros */

	return (int)syscall(SYS_io_getevents, aio->context, min, max, events,
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

/* --- beginning ------------------------------------------------------------ */

/* The number of a free block, or -1. */
static int
find_free(const struct aio *aio)
{
	int i = 0;

	while (i < AIO_DEPTH && aio->states[i].is_used)
		i++;
	return i == AIO_DEPTH ? -1 : i;
}

static int
queue(struct aio *aio, unsigned opcode, unsigned flags, int fd, uintptr_t bytes,
    size_t len, unsigned tag)
{
	const int i = find_free(aio);

	if (i == -1)
		return -1;
	aio->blocks[i] = (struct iocb){.aio_data = (uint64_t)i,
	    .aio_lio_opcode = (uint16_t)opcode,
	    .aio_fildes = (uint32_t)fd,
	    .aio_buf = bytes,
	    .aio_nbytes = len,
	    .aio_flags = flags,
	    .aio_resfd = (uint32_t)aio->event};
	aio->states[i].is_used = true;
	aio->states[i].tag = tag;
	aio->queue[aio->queued++] = &aio->blocks[i];
	return 0;
}

int
aio_send(struct aio *aio, int fd, const void *bytes, size_t len, unsigned tag)
{
	return queue(aio, IOCB_CMD_PWRITE, IOCB_FLAG_RESFD, fd,
	    (uintptr_t)bytes, len, tag);
}

int
aio_send_quietly(
    struct aio *aio, int fd, const void *bytes, size_t len, unsigned tag)
{
	return queue(aio, IOCB_CMD_PWRITE, 0, fd, (uintptr_t)bytes, len, tag);
}

int
aio_receive(struct aio *aio, int fd, void *bytes, size_t len, unsigned tag)
{
	return queue(aio, IOCB_CMD_PREAD, IOCB_FLAG_RESFD, fd, (uintptr_t)bytes,
	    len, tag);
}

int
aio_send_parts(
    struct aio *aio, int fd, const struct iovec parts[2], unsigned tag)
{
	const int i = find_free(aio);

	if (i == -1)
		return -1;
	memcpy(aio->states[i].parts, parts, sizeof(aio->states[i].parts));
	return queue(aio, IOCB_CMD_PWRITEV, 0, fd,
	    (uintptr_t)aio->states[i].parts, 2, tag);
}

/* It could not be begun, and ends with that. */
static void
end_at_once(struct aio *aio, const struct iocb *block, int error)
{
	aio->ends[(aio->first_end + aio->end_count++) % AIO_DEPTH] =
	    (struct io_event){.data = block->aio_data, .res = -error};
}

/* Where one can't be begun, those behind it must not be: their bytes would take its
 * place. */
void
aio_begin(struct aio *aio)
{
	unsigned done = 0;
	long n = 0;

	while (done < aio->queued) {
		if (n >= 0)
			n = syscall(SYS_io_submit, aio->context,
			    (long)(aio->queued - done), &aio->queue[done]);
		if (n > 0) {
			aio->under_way += (unsigned)n;
			done += (unsigned)n;
		} else {
			end_at_once(aio, aio->queue[done++], errno);
			errno = ECANCELED;
		}
	}
	aio->queued = 0;
}

/* --- ending ------------------------------------------------------------------ */

/* The ring that the kernel maps at the context's address (fs/aio.c, struct
 * aio_ring): to read there needs no system call. */
struct ring {
	unsigned id, size, head, tail;
	unsigned magic, compatible, incompatible, header;
	struct io_event events[];
};
#define RING_MAGIC 0xa10a10a1u

/* As io_getevents(2) without waiting. Returns -1 if that must be asked. */
static int
read_ring(const struct aio *aio, struct io_event *events, int max)
{
	struct ring *ring = (struct ring *)aio->context;
	unsigned head = ring->head;
	int n = 0;

	if (ring->magic != RING_MAGIC || ring->incompatible != 0 ||
	    ring->header != sizeof(*ring))
		return -1;
	while (
	    n < max && head != __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE)) {
		events[n++] = ring->events[head];
		head = (head + 1) % ring->size;
	}
	__atomic_store_n(&ring->head, head, __ATOMIC_RELEASE);
	return n;
}

/* Fetch what has ended, at least min, behind what is to be told. */
static void
fetch(struct aio *aio, long min)
{
	struct io_event events[AIO_DEPTH];
	int i, n;

	if (aio->under_way == 0)
		return;
	n = min == 0 ? read_ring(aio, events, AIO_DEPTH) : -1;
	if (n == -1)
		n = get_events(aio, min, events, AIO_DEPTH);
	for (i = 0; i < n; i++)
		aio->ends[(aio->first_end + aio->end_count++) % AIO_DEPTH] =
		    events[i];
	if (n > 0)
		aio->under_way -= (unsigned)n;
}

int
aio_next(struct aio *aio, struct aio_end *end)
{
	const struct io_event *event;

	if (aio->end_count == 0)
		fetch(aio, 0);
	if (aio->end_count == 0)
		return 0;
	event = &aio->ends[aio->first_end];
	aio->first_end = (aio->first_end + 1) % AIO_DEPTH;
	aio->end_count--;
	end->tag = aio->states[event->data].tag;
	end->result = event->res;
	aio->states[event->data].is_used = false;
	return 1;
}

bool
aio_has_ends(const struct aio *aio)
{
	return aio->end_count > 0;
}

/* It says EINPROGRESS, and the end comes as of any other transfer. */
static void
cancel(struct aio *aio, struct iocb *block)
{
	struct io_event unused;

	syscall(SYS_io_cancel, aio->context, block, &unused);
}

void
aio_cancel(struct aio *aio, unsigned tag)
{
	unsigned i;

	for (i = 0; i < AIO_DEPTH; i++)
		if (aio->states[i].is_used && aio->states[i].tag == tag)
			cancel(aio, &aio->blocks[i]);
}

void
aio_cancel_all(struct aio *aio)
{
	unsigned i;

	aio->queued = 0;
	for (i = 0; i < AIO_DEPTH; i++)
		if (aio->states[i].is_used)
			cancel(aio, &aio->blocks[i]);
	while (aio->under_way > 0)
		fetch(aio, 1);
	aio->end_count = 0;
	for (i = 0; i < AIO_DEPTH; i++)
		aio->states[i].is_used = false;
}
