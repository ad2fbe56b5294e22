/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <string.h>
#include <unistd.h>

#include "drive/store.h"
#include "unix/fd-store.h"

enum {
	SHARED,
	IMAGE
};
#define LAYOUT "1" /* of the memory: another program may have left it */

static const char *const names[] = {
    "control", "in", "out", "shared." LAYOUT, "image." LAYOUT};
#define NAMES (sizeof(names) / sizeof(*names))
static const char *const *const function_names = names;
static const char *const *const memory_names = names + 3;
static const size_t memory_sizes[] = {
    sizeof(struct drive_shared), sizeof(struct store_image)};

static void
close_if_open(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static bool
has_size(int fd, size_t size)
{
	struct stat st;

	return fd != -1 && fstat(fd, &st) == 0 && (size_t)st.st_size == size;
}

/* All of it, or nothing. */
static bool
take(struct drive_store *s)
{
	struct function *f = &s->function;
	int i;

	f->control = fd_store_take(function_names[0]);
	f->in = fd_store_take(function_names[1]);
	f->out = fd_store_take(function_names[2]);
	for (i = 0; i < 2; i++)
		s->memory[i] = fd_store_take(memory_names[i]);
	return f->control != -1 && f->in != -1 && f->out != -1 &&
	       has_size(s->memory[SHARED], memory_sizes[SHARED]) &&
	       has_size(s->memory[IMAGE], memory_sizes[IMAGE]);
}

static void *
map(int fd, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at != MAP_FAILED ? at : NULL;
}

static int
map_all(struct drive_store *s)
{
	s->shared = map(s->memory[SHARED], memory_sizes[SHARED]);
	s->image = map(s->memory[IMAGE], memory_sizes[IMAGE]);
	return s->shared != NULL && s->image != NULL ? 0 : -1;
}

static int
make(struct drive_store *s)
{
	int i;

	for (i = 0; i < 2; i++) {
		s->memory[i] = memfd_create(memory_names[i], MFD_CLOEXEC);
		if (s->memory[i] == -1 ||
		    ftruncate(s->memory[i], (off_t)memory_sizes[i]) == -1)
			return -1;
	}
	return map_all(s);
}

int
store_open(struct drive_store *s)
{
	s->is_kept = take(s);
	fd_store_drop_others(names, NAMES);
	return s->is_kept ? map_all(s) : store_renew(s);
}

int
store_renew(struct drive_store *s)
{
	int i;

	s->is_kept = false;
	function_close(&s->function);
	for (i = 0; i < 2; i++)
		close_if_open(&s->memory[i]);
	store_drop();
	return make(s);
}

void
store_put(struct drive_store *s, const struct function *f)
{
	int i;

	if (!s->is_kept) {
		fd_store_put(function_names[0], f->control);
		fd_store_put(function_names[1], f->in);
		fd_store_put(function_names[2], f->out);
	}
	for (i = 0; i < 2; i++) {
		if (!s->is_kept)
			fd_store_put(memory_names[i], s->memory[i]);
		close_if_open(&s->memory[i]);
	}
}

void
store_drop(void)
{
	size_t i;

	for (i = 0; i < NAMES; i++)
		fd_store_drop(names[i]);
	fd_store_wait();
}
