/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 */
#include <sys/inotify.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "drive/place.h"
#include "gadget/attr.h"
#include "gadget/status.h"
#include "slot/watch.h"

#define PAUSE_MIN  1000
#define PAUSE_MAX  10000
#define STACK_SIZE (64 * 1024)

/* What the thread owns. */
struct looker {
	unsigned slot;
	int asked, tell;
};

/* --- the thread --------------------------------------------------------- */

static void
take_look(unsigned slot, struct look *look)
{
	static struct gadget_status status; /* only one thread uses it */
	struct gadget gadget;

	memset(look, 0, sizeof(*look));
	if (gadget_open_slot(&gadget, slot, ATTR_FOREVER) == -1 ||
	    gadget_get_status(&gadget, slot, &status) == -1) {
		look->error = errno;
		/* A drive that was removed has no medium. */
		look->empty = errno == ENOENT || errno == ENODEV;
		gadget_close(&gadget);
		return;
	}
	gadget_close(&gadget);
	look->empty = *status.medium.file == '\0';
	strcpy(look->udc, status.udc);
	strcpy(look->state, status.state);
}

static void *
looker_thread(void *arg)
{
	struct looker looker = *(struct looker *)arg;
	struct look look;
	char byte;

	free(arg);
	while (read(looker.asked, &byte, 1) == 1) {
		take_look(looker.slot, &look);
		if (write(looker.tell, &look, sizeof(look)) == -1)
			break;
	}
	close(looker.asked);
	close(looker.tell);
	return NULL;
}

static int
start_thread(struct looker *looker)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	error = pthread_create(&thread, &attr, looker_thread, looker);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = error;
	return error == 0 ? 0 : -1;
}

/* --- starting and stopping ---------------------------------------------- */

void
watch_init(struct watch *w)
{
	memset(w, 0, sizeof(*w));
	w->inotify = w->port = w->ask = w->told = -1;
}

/* A vm-drive replaces the file that tells its medium. */
static void
watch_medium(int inotify, unsigned slot, const char *device)
{
	char path[PATH_MAX];

	if (device != NULL)
		inotify_add_watch(inotify, device, IN_CLOSE);
	else
		inotify_add_watch(
		    inotify, drive_path(slot, "", path), IN_MOVED_TO);
}

int
watch_start(struct watch *w, unsigned slot, const char *device)
{
	int ask[2] = {-1, -1}, tell[2] = {-1, -1}, saved;
	struct looker *looker = NULL;

	watch_init(w);
	if (pipe2(ask, O_CLOEXEC) == -1 || pipe2(tell, O_CLOEXEC) == -1)
		goto failed;
	looker = malloc(sizeof(*looker));
	if (looker == NULL)
		goto failed;
	*looker = (struct looker){slot, ask[0], tell[1]};
	if (start_thread(looker) == -1)
		goto failed;
	fcntl(tell[0], F_SETFL, O_NONBLOCK);
	w->ask = ask[1];
	w->told = tell[0];
	w->pause = PAUSE_MIN;
	w->next = clock_ms();
	/* Without inotify, we see the host's eject later, but do see it. */
	w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->inotify != -1)
		watch_medium(w->inotify, slot, device);
	return 0;
failed:
	saved = errno;
	free(looker);
	close(ask[0]);
	close(ask[1]);
	close(tell[0]);
	close(tell[1]);
	errno = saved;
	return -1;
}

void
watch_stop(struct watch *w)
{
	close(w->inotify);
	close(w->port);
	close(w->ask); /* this ends the thread */
	close(w->told);
	watch_init(w);
}

/* --- looking ------------------------------------------------------------ */

/* Open the port's state, whose changes the kernel reports. */
static void
follow_port(struct watch *w, const char *udc)
{
	const char *sys = getenv("VM_SYS");
	char path[PATH_MAX], state[UDC_STATE_SIZE];

	if (strcmp(w->udc, udc) == 0)
		return;
	close(w->port);
	strcpy(w->udc, udc);
	snprintf(path, sizeof(path), "%s/class/udc/%s/state",
	    sys != NULL ? sys : "/sys", udc);
	w->port = *udc != '\0' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	/* Only a file that was read once reports changes
	 * (Documentation/filesystems/sysfs). */
	if (w->port != -1 && pread(w->port, state, sizeof(state), 0) == -1) {
		close(w->port);
		w->port = -1;
	}
}

void
watch_poll(const struct watch *w, struct pollfd p[WATCH_POLLS])
{
	p[0] = (struct pollfd){w->inotify, POLLIN, 0};
	p[1] = (struct pollfd){w->port, POLLPRI, 0};
	p[2] = (struct pollfd){w->told, POLLIN, 0};
}

int
watch_left(const struct watch *w, int64_t now, int max)
{
	int64_t left = w->next - now;

	if (w->ask == -1 || w->looking)
		return -1;
	if (max > 0 && w->pause > max)
		left -= w->pause - max;
	return left > 0 ? (int)left : 0;
}

/* Has an event come? Consume it: any event is answered with a look. */
static bool
take_events(struct watch *w)
{
	char buf[4096] __attribute__((aligned(8)));
	struct pollfd p = {w->port, POLLPRI, 0};
	bool any = false;

	while (w->inotify != -1 && read(w->inotify, buf, sizeof(buf)) > 0)
		any = true;
	if (w->port != -1 && poll(&p, 1, 0) == 1) {
		if (pread(w->port, buf, sizeof(buf), 0) == -1) {
			close(w->port); /* it is gone: open it again later */
			w->port = -1;
			*w->udc = '\0';
		}
		any = true;
	}
	return any;
}

static void
ask(struct watch *w)
{
	w->looking = write(w->ask, "", 1) == 1;
	w->again = false;
	w->next = clock_ms() + w->pause;
	w->pause = w->pause < PAUSE_MAX / 2 ? 2 * w->pause : PAUSE_MAX;
}

bool
watch_move(struct watch *w, struct look *look, int max)
{
	bool is_new;

	if (w->ask == -1)
		return false;
	if (take_events(w)) {
		w->again = true;
		w->pause = PAUSE_MIN;
	}
	is_new = w->looking &&
		 read(w->told, look, sizeof(*look)) == (ssize_t)sizeof(*look);
	if (is_new) {
		w->looking = false;
		follow_port(w, look->udc);
	}
	if (!w->looking && (w->again || watch_left(w, clock_ms(), max) == 0))
		ask(w);
	return is_new;
}
