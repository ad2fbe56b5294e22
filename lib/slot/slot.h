/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The vmedia authors
 *
 * The life of one slot. First its programs make the medium: they start the
 * source, attach a block device, look at the image and insert it. Then a loop
 * keeps the medium alive. One way undoes all of it, from any point. Only
 * vm-slot uses this folder. It knows in which order programs run, what the end
 * of each means, and what then happens to the slot. It does not know what the
 * programs do.
 *
 *	loop.c      the loop around poll(2)
 *	programs.c  what the programs print, and how they end
 *	requests.c  the requests of vmctl
 *	phases.c    the table: phase, event, action, next phase
 *	live.c      a medium that is inserted: restarts, source, host
 *	undo.c      the way out, from any phase
 *	make.c      the way in: source -> attach -> look -> drive -> insert
 *	drive.c     the kernel's drive or a vm-drive: the choice and the change
 *	expiry.c    limits of a medium: time, idleness, one boot
 *	tell.c      telling clients whether the host reads
 *	hooks.c     running the hooks
 *	end-tickets.c  telling a client that comes back how its medium ended
 *	common.c    what these files share
 *	control.c   the socket for requests; ask.c: its client, which shows the
 *	            progress (progress.c)
 *	watch.c     the drive and the USB port, by the kernel's events
 *	child.c     one program; state.c: the slot's directory; event-log.c: the
 *	            last events of all slots
 *
 * Each file calls only files below it in this list. To reach a file above it,
 * it raises an event. The files write to standard error only by slot_say(), and
 * pass on the lines of the programs.
 */
#ifndef VM_SLOT_SLOT_H
#define VM_SLOT_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/restart.h"
#include "slot/child.h"
#include "slot/state.h"
#include "slot/watch.h"

/* The phases of a slot. Each is one bit: a row of the table may have
 * several. */
enum phase {
	PHASE_SOURCE = 1 << 0,	  /* start the source, or wait for it */
	PHASE_ATTACH = 1 << 1,	  /* attach a block device to it */
	PHASE_LOOK = 1 << 2,	  /* find out what the image is */
	PHASE_INSERT = 1 << 3,	  /* insert it into the drive */
	PHASE_RELEASE = 1 << 13,  /* a vm-drive will show it instead */
	PHASE_DRIVE = 1 << 14,	  /* start the vm-drive, or end it */
	PHASE_IN = 1 << 4,	  /* the medium is in the drive */
	PHASE_ASK = 1 << 5,	  /* try to eject: the host may refuse */
	PHASE_EMPTY = 1 << 6,	  /* take the medium out of the drive */
	PHASE_WRITE_OUT = 1 << 7, /* send written data to the source */
	PHASE_FREE = 1 << 8,	  /* if EMPTY was stuck: detach, then empty */
	PHASE_DETACH = 1 << 9,	  /* detach the block device */
	PHASE_STOP = 1 << 10,	  /* end the programs */
	PHASE_TELL = 1 << 11,	  /* run the hooks */
	PHASE_OVER = 1 << 12,
	PHASE_SAME = 0, /* as the next phase of a row: no change */
};

#define PHASES_MAKE                                                 \
	(PHASE_SOURCE | PHASE_ATTACH | PHASE_LOOK | PHASE_RELEASE | \
	    PHASE_DRIVE | PHASE_INSERT)
#define PHASES_LIVE (PHASE_IN | PHASE_ASK)
#define PHASES_UNDO \
	(PHASE_EMPTY | PHASE_FREE | PHASE_WRITE_OUT | PHASE_DETACH | PHASE_STOP)

enum event {
	EVENT_READY,	/* the child of this phase has succeeded */
	EVENT_OWN,	/* a vm-drive must show the medium */
	EVENT_FAILED,	/* the child failed, or the medium cannot be kept */
	EVENT_TIMEOUT,	/* the mount takes too long */
	EVENT_EJECT,	/* a client requests an eject; the host may refuse */
	EVENT_DISCARD,	/* eject at once, and give up what the host wrote */
	EVENT_END,	/* eject, the host cannot refuse: force, a limit, ... */
	EVENT_REFUSED,	/* the host has locked its drive */
	EVENT_STUCK,	/* a read of the host blocks the eject */
	EVENT_DONE,	/* this step of the undo phases is done */
	EVENT_STEPS_MAX /* the number of events */
};

struct slot {
	unsigned number;
	struct state state;
	enum phase phase;
	struct child children[CHILDREN];
	struct watch watch;
	int lock;    /* the descriptor that holds the lock; see state.h */
	int signals; /* slot_catch_signals() */
	bool verbose;
	bool quiet;	    /* do not log the children's messages */
	size_t logged;	    /* bytes since slot_shorten_log() */
	const char *notify; /* systemd's socket, or NULL */

	/* The request. */
	bool writable, served;
	int64_t timeout; /* seconds until a mount is given up */
	int64_t give_up; /* the same as a time of clock_ms() */

	/* The medium, for hooks that run after its files were removed. */
	char url[STATE_VALUE_MAX], media[8];
	/* What the drive shows: a block device or, for a vm-drive, the source's
	 * socket. "": nothing yet. */
	char device[128];
	bool own; /* a vm-drive shows it, or will */

	/* The source, and restarts. */
	bool waits;	 /* vm-fetchd asks a busy server again */
	char source[16]; /* ok waiting down refused changed gone starting */
	struct restart restart[2]; /* of CHILD_SOURCE and CHILD_ATTACH */

	/* The end. */
	const char *end;  /* the final state: empty or failed */
	int status;	  /* exit status; 0: somebody wanted the end */
	enum cause cause; /* why, in a word */
	char error[CHILD_LINE_MAX]; /* the reason, if status is not 0 */
	char reason[256];	    /* why vm-slot ejected without a request */
	bool was_in;	    /* it was inserted: run the hooks at the end */
	bool in_log;	    /* the error is a line of a program, in the log */
	bool misfit;	    /* the error is that the drive has another type */
	bool cleaning;	    /* vm-slot -k: its caller reports the end */
	bool discarded;	    /* do not wait for data */
	bool stuck;	    /* the drive could not be emptied */
	unsigned ejects;    /* how often a vm-drive's eject was retried */
	bool emptied_again; /* vm-slot has tried again to empty the drive */
	bool writer_due;    /* wait for the writer's result */
	bool restarting;    /* systemd restarts us */
	bool interrupted;   /* end a running vm-gadget before the eject */
	bool to_make;	    /* after the end, carry out the request */
	bool tickets_ended; /* `ended` has the tickets to rewrite */
	char **ended;
	size_t nended;

	/* Hooks: the events that wait, and how many hooks ran for the first. */
	char hooks[256];
	unsigned hooked;
	int64_t
	    degraded_at; /* when to tell the hooks, by clock_ms(); 0: never */
	bool degraded_told; /* the hooks know of it, and will hear recovered */
	bool hurried;	    /* the next mount waits for us */

	/* Limits. */
	int64_t tick_at;	   /* time of the next check; 0: no limits */
	char counted[64];	   /* the requests at the last check */
	char port[UDC_STATE_SIZE]; /* the state of the host's port */

	/* What clients that watch the medium are told, and whether the hooks
	 * have been told that the host has read it. */
	char watched[64]; /* the requests at the last look; "": none yet */
	int64_t used_at;  /* ms: when they changed; 0: never */
	int64_t watch_at; /* ms: the next look */
	int64_t look_ms;  /* ms between these two; 0: no look yet */
	const char *told; /* the word that was told last */
	bool host_has_read;

	bool reload_due;   /* reload as soon as no hook runs */
	int reload_client; /* the client that waits, or -1 */

	enum event events[8]; /* that slot_act() has not handled yet */
	unsigned nevents;

	struct control *control;
	void (*reload)(struct slot *); /* returns only if it fails */
};

/* --- phases.c ------------------------------------------------------------ */

/* Enter a phase, and run its action. */
void slot_enter(struct slot *, enum phase);

/* Handle the events that slot_event() has noted. */
void slot_act(struct slot *);

/* --- programs.c ---------------------------------------------------------- */

/* A child has ended, or has written a line: on standard error if said is true,
 * else on standard output. */
void slot_child_ended(struct slot *, enum child_id, int status);
void slot_child_heard(void *slot, struct child *, bool said, const char *line);

/* --- requests.c ---------------------------------------------------------- */

/* Carry out a request of a client: eject [force|take|source|discard], renew,
 * reload, follow, watch or leave. */
void slot_asked_for(struct slot *, const char *request, int client);

/* The check before a reload has ended. Status 0: the installed vm-slot runs. */
void slot_checked(struct slot *, int status);

/* Reload, if a reload is due and no hook runs. */
void slot_reload(struct slot *);

/* --- what all parts use (common.c) --------------------------------------- */

/* Note an event. It has no effect if no row of the table names it. */
void slot_event(struct slot *, enum event);

/* Write a line to the journal, or with the time to the slot's log. */
void slot_say(const struct slot *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Log that somebody asks to do this. vmctl has left the name in the file
 * `asker`, which this removes, because the name is for one request. */
void slot_say_asked(const struct slot *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Tell systemd the state, if systemd has started us: sd_notify(3). */
void slot_notify(const struct slot *, const char *state, bool ready);

/*
 * Set the exit status, the cause and the reason of the failure. A later call
 * changes nothing. The caller must raise EVENT_FAILED.
 */
void slot_set_error(struct slot *, enum cause, int status, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

/* Eject for this reason, without a request. */
void slot_over(struct slot *, const char *reason);

/* Write a value of the state. A failure is logged; a mount then fails. */
void slot_put(struct slot *, const char *name, const char *value);
void slot_put_number(struct slot *, const char *name, int64_t value);

/* Set the step that users see: what the slot does at the moment. */
void slot_step(struct slot *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Set the note: a warning for the user who mounts. */
void slot_note(struct slot *, const char *text);

/* Does the request have a value of this name? slot_asked() also copies it. */
bool slot_is_asked(const struct slot *, const char *name);
bool slot_asked(
    const struct slot *, const char *name, char value[static STATE_VALUE_MAX]);

/* Start a child. It is killed after `seconds` (0: never). NULL ends argv. */
void slot_start(
    struct slot *, enum child_id, unsigned seconds, const char *const argv[]);
bool slot_runs(const struct slot *, enum child_id);

/* A child has failed that must not fail: its last message becomes the
 * reason. */
void slot_fail_by_child(struct slot *, enum child_id, int status);

/* Is there a block device that is attached to the source? */
bool slot_has_device(const struct slot *);

/* Returns the reads of the block device or the vm-drive since it exists, or -1.
 * slot_medium_requests() writes them and the writes as "reads+writes", or "" if
 * unknown. */
int64_t slot_medium_reads(const struct slot *);
void slot_medium_requests(const struct slot *, char text[static 64]);

/* Write a child's line to the log, and limit the length of the log. */
void slot_log(struct slot *, const struct child *, const char *line);

/* Limit the length of the log file, which is in memory. */
void slot_shorten_log(const struct slot *);

/* --- make.c -------------------------------------------------------------- */

void slot_start_source(struct slot *);
void slot_start_attach(struct slot *);
void slot_start_look(struct slot *);
void slot_start_insertion(struct slot *);
void slot_spawn_source(struct slot *);
void slot_spawn_attach(struct slot *, bool adopt);
void slot_attend_writer(struct slot *);

/*
 * The writer has ended. If it was killed, another one does its work, and this
 * returns true.
 */
bool slot_replaces_writer(struct slot *, int status);

void slot_hear_probe(struct slot *, const char *line);
void slot_make_ended(struct slot *, enum child_id, int status);

/* --- drive.c -------------------------------------------------------------- */

/* The source is ready, or a client's image is awaited: raise EVENT_READY for a
 * block device, or EVENT_OWN if none is needed. */
void slot_begin_way(struct slot *);

/* Does a client serve the image, while this kernel has no block device for
 * it? */
bool slot_lacks_nbd(const struct slot *);

/* Has the look failed because only a vm-drive can show such a large image? */
bool slot_needs_own(const struct slot *);

void slot_release_device(struct slot *);
void slot_released(struct slot *, enum child_id, int status);

/* Change the slot's drive to the one that the medium needs. */
void slot_start_drive(struct slot *);
void slot_drive_ended(struct slot *, int status);

/* Start or restart the vm-drive. After a restart it inserts its medium
 * again. */
void slot_start_keeper(struct slot *);

/* --- live.c, expiry.c ---------------------------------------------------- */

void slot_begin(struct slot *);	 /* the medium was inserted */
void slot_resume(struct slot *); /* adopt an inserted medium */
void slot_hear_source(struct slot *, const char *word);
void slot_live_ended(struct slot *, enum child_id, int status);
void slot_restart(struct slot *, enum child_id);
void slot_hear_watch(struct slot *, const struct look *);
void slot_hear_server(struct slot *, const char *line);

void slot_limits_begin(struct slot *);
void slot_limits_resume(struct slot *);
void slot_limits_degraded(struct slot *, bool degraded); /* after a change */
void slot_limits_check(struct slot *);
int slot_limits_left(const struct slot *, int64_t now); /* ms; -1: no limits */
void slot_hear_port(struct slot *, const char *state);
void slot_hear_power(struct slot *, const char *line);

/* --- tell.c -------------------------------------------------------------- */

/* From now on, tell this client the state of the inserted medium. */
void slot_begin_watching(struct slot *, int client);

/* Tell the watching clients what has changed, if the next look is due. */
void slot_tell_watchers(struct slot *);
int slot_watchers_left(const struct slot *, int64_t now); /* ms; -1: none */

/* --- undo.c -------------------------------------------------------------- */

void slot_ask_host(struct slot *);
void slot_refused(struct slot *);
void slot_begin_end(struct slot *);
void slot_empty_drive(struct slot *);
void slot_free_drive(struct slot *);
void slot_write_out(struct slot *);
void slot_detach(struct slot *);
void slot_stop(struct slot *);
void slot_finish(struct slot *);
void slot_remove_leftovers(struct slot *);
void slot_hear_writer(struct slot *);
void slot_hear_job(struct slot *, const char *line);
void slot_undo_ended(struct slot *, enum child_id, int status);

/* --- hooks.c, end-tickets.c----------------------------------------------- */

/* Copy the values that hooks get for the inserted medium. */
void slot_hooks_know(struct slot *);

/* The slot became degraded, or active again. The hooks hear of it only if it
 * lasts: a client that connects again within seconds is not an event. */
void slot_hooks_degraded(struct slot *, bool degraded);

/* slot_hooks_left() returns the ms until the hooks are told, or -1.
 * slot_hooks_check() tells them then. */
int slot_hooks_left(const struct slot *, int64_t now);
void slot_hooks_check(struct slot *, int64_t now);
void slot_hook(struct slot *, const char *event);
void slot_note_event(
    const struct slot *, const char *event); /* without hooks */
void slot_next_hook(struct slot *);
void slot_tell(struct slot *);
void slot_leave(struct slot *, int client);

/*
 * Rewrite the tickets that clients of this medium hold: such a ticket is no
 * longer valid for a medium, but tells the client how this medium ended. Call
 * this when the end begins, and again when an error follows.
 */
void slot_end_tickets(struct slot *);

/* --- loop.c -------------------------------------------------------------- */

/* Block the signals. Returns a descriptor from which the loop reads them. */
int slot_catch_signals(void);

/* Run the slot until its end. Returns the exit status. */
int slot_loop(struct slot *);

#endif
